"""The thread that works on something long while its page shows how far it is.

What it has done is written down in a row, so that the page may be asked of any process; one
whose process has died shows it by silence.
"""

from collections.abc import Callable
from datetime import datetime
from threading import Thread
from typing import Any, Protocol

from flask import Flask, current_app

from .actor import Actor
from .logs import log

#: Gives the present moment to a step that lasts.
Clock = Callable[[], datetime]
#: Starts a step in the background: the step's verb, the id of the row that it works on.
Start = Callable[[Callable[..., None], int], None]


class GiveUp(Protocol):
    """Writes down that a step broke for a reason of ours."""

    def __call__(self, run_id: int, *, clock: Clock) -> None: ...


def starter(actor: Actor, clock: Clock, give_up: GiveUp) -> Start:
    """Return what starts a step of a run in a thread of its own, for this application.

    A step that raises is logged, and `give_up` is told of the run.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]

    def start(step: Callable[..., None], run_id: int) -> None:
        facts = {"app": app, "step": step, "run_id": run_id, "actor": actor, "clock": clock}
        name = f"{step.__module__}.{step.__name__} {run_id}"
        Thread(target=_work, kwargs={**facts, "give_up": give_up}, name=name, daemon=True).start()

    return start


def _work(
    app: Flask,
    step: Callable[..., None],
    run_id: int,
    actor: Actor,
    clock: Clock,
    give_up: GiveUp,
) -> None:
    with app.app_context():
        try:
            step(run_id, actor=actor, clock=clock)
        except Exception as error:  # the page must learn of it, whatever it was
            facts: dict[str, Any] = {"run": run_id, "step": step.__name__}
            log.error("background step failed", exc_info=error, extra={"facts": facts})
            give_up(run_id, clock=clock)
