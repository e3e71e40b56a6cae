"""The thread that works on an uploaded file while its page shows how far it is."""

from collections.abc import Callable
from datetime import datetime
from threading import Thread
from typing import Any

from flask import Flask, current_app

from volunteer.core.actor import Actor
from volunteer.core.logs import log

from . import runs


def starter(actor: Actor, clock: Callable[[], datetime]) -> runs.Start:
    """Return what starts a step of a run in a thread of its own, for this application."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]

    def start(step: Callable[..., None], run_id: int) -> None:
        facts = {"app": app, "step": step, "run_id": run_id, "actor": actor, "clock": clock}
        Thread(target=_work, kwargs=facts, name=f"import {run_id}", daemon=True).start()

    return start


def _work(
    app: Flask,
    step: Callable[..., None],
    run_id: int,
    actor: Actor,
    clock: Callable[[], datetime],
) -> None:
    with app.app_context():
        try:
            step(run_id, actor=actor, clock=clock)
        except Exception as error:  # the page must learn of it, whatever it was
            facts: dict[str, Any] = {"run": run_id}
            log.error("import failed", exc_info=error, extra={"facts": facts})
            runs.give_up(run_id, clock=clock)
