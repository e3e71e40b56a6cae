"""The page of a run: how far drawing or publishing a month of several units is."""

from flask import Blueprint, redirect, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from volunteer.core import background, clock
from volunteer.core.actor import READERS
from volunteer.core.clock import Month
from volunteer.core.errors import NotFound
from volunteer.core.fragments import render
from volunteer.core.i18n import say
from volunteer.core.login import current_actor
from volunteer.units import queries as units
from volunteer.units.models import Unit

from . import access, runs
from .models import RosterRun, RunState, Work

bp = Blueprint("roster_runs", __name__)


@bp.get("/units/<string:code>/plan/<string:month>/progress")
def show(code: str, month: str) -> Response:
    """The last run of the unit and month, and what came of it."""
    unit, chosen, now = own_unit(code), month_asked(month), clock.now()
    run = runs.newest(unit, chosen)
    if run is None:
        raise NotFound()
    return render(
        "rosters/run.html",
        "rosters/_run.html",
        run=run,
        unit=unit,
        month=chosen,
        stage="failed" if runs.has_broken_off(run, now=now) else run.state,
        failure=failure_text(run),
        outcomes=[(roster, told, refusal_text(told)) for roster, told in runs.outcomes(run)],
        drafts=len(runs.drafts(unit.path, chosen)) if run.state == RunState.DONE else 0,
    )


@bp.post("/units/<string:code>/plan/<string:month>/publish")
def publish(code: str, month: str) -> Response:
    actor, now = current_actor(), clock.now()
    unit, chosen = own_unit(code), month_asked(month)
    start = background.starter(actor, clock.now, runs.give_up)
    runs.start_publishing(unit, chosen, actor=actor, now=now, start=start)
    return redirect(url_for(".show", code=unit.code, month=chosen), 303)


def failure_text(run: RosterRun) -> str:
    """Return why a run broke and what to do, in the reader's language."""
    if refusal := refusal_text(run.counts):
        return refusal
    is_ours = run.failure not in (None, runs.BROKEN_OFF)
    if run.work == Work.DRAW:
        return (
            gettext("The draw failed on our side. The drafts that are done stay; start it again.")
            if is_ours
            else gettext("The draw has broken off. The drafts that are done stay; start it again.")
        )
    return (
        gettext("Publishing failed on our side. What is published stays so; publish the rest.")
        if is_ours
        else gettext("Publishing has broken off. What is published stays so; publish the rest.")
    )


def refusal_text(told: dict[str, object]) -> str:
    """Return the sentence of a refusal that a run has written down; none: an empty one."""
    facts = told.get("facts")
    return say(str(told["text"]), facts) if isinstance(facts, dict) else ""


def month_asked(text: str, *, default: Month | None = None) -> Month:
    """Return the month that an address names; raises NotFound where it names none."""
    try:
        return Month.parse(text)
    except ValueError:
        if default is None or text:
            raise NotFound() from None
        return default


def own_unit(code: str) -> Unit:
    """Return a unit that the caller schedules for; who may look only is told so."""
    actor = current_actor()
    unit = units.by_code(code, under=actor.paths(*READERS) or ("-",))
    if unit is None:
        raise NotFound()
    access.require_schedule(actor, unit.path)
    return unit
