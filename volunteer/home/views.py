"""The front pages, the language, the help."""

from datetime import timedelta

from flask import Blueprint, Response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from volunteer.attendance import queries as attendance
from volunteer.audits import queries as audits
from volunteer.core import clock
from volunteer.core.actor import READERS, SCHEDULERS, Actor, Role
from volunteer.core.clock import Month
from volunteer.core.errors import NotAllowed
from volunteer.core.i18n import LANGUAGES
from volunteer.core.jobs import TICK_SECONDS
from volunteer.core.login import current_actor, public, safe_next
from volunteer.shifts import queries as shifts

from . import navigation, queries

bp = Blueprint("home", __name__)
bp.app_context_processor(navigation.context)


@bp.get("/")
def index() -> str | Response:
    """The work page for those who schedule or read figures, the own page for everybody else."""
    actor = current_actor()
    if actor.is_any(*READERS):
        return _work(actor)
    return _mine(actor)


@bp.get("/my")
def mine() -> str:
    return _mine(current_actor())


def _mine(actor: Actor) -> str:
    if actor.person_id is None:
        raise NotAllowed()
    now = clock.now()
    month = Month.of(now)
    return render_template(
        "home/mine.html",
        name=actor.name,
        shifts=shifts.next_shifts(actor.person_id, now=now, limit=4),
        balance=audits.person_month(actor.person_id, month, today=clock.local_day(now)),
        waits=sum(attendance.unconfirmed(month, people=[actor.person_id]).values()),
        now=now,
    )


def _work(actor: Actor) -> str:
    now = clock.now()
    under = actor.paths(*READERS)
    month = Month.of(now)
    tally = audits.city_tally(month, under=under, today=clock.local_day(now))
    tick = queries.last_tick()
    return render_template(
        "home/work.html",
        name=actor.name,
        now=now,
        month=month,
        tally=tally,
        day=queries.figures_of_day(now, under=under),
        today=queries.todays_shifts(now, under=under),
        gaps=queries.gaps(now, under=under),
        waiting=queries.waiting(under=under),
        may_schedule=actor.is_any(*SCHEDULERS),
        is_office=actor.is_any(Role.CITY_OFFICE),
        silent=tick is None or now - tick > timedelta(seconds=TICK_SECONDS * 4),
    )


@bp.get("/help")
@public
def guide() -> str:
    """What to do with and without a phone, and whom to ask."""
    return render_template("home/guide.html")


@bp.post("/language")
@public
def language() -> AnyResponse:
    """Remember the language of this browser and go back to the page."""
    chosen = request.form.get("language", "")
    if chosen in LANGUAGES:
        session["language"] = chosen
    return redirect(safe_next(request.form.get("next")) or url_for(".index"), 303)


blueprints = (bp,)
