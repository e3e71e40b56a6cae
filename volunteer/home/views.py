"""The front pages, the language, the help."""

from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, session
from werkzeug.wrappers import Response

from volunteer.audits import queries as audits
from volunteer.boards import queries as boards
from volunteer.core import clock
from volunteer.core.access import require_person
from volunteer.core.actor import READERS, SCHEDULERS, Actor, Role
from volunteer.core.clock import Month
from volunteer.core.i18n import LANGUAGES
from volunteer.core.jobs import TICK_SECONDS
from volunteer.core.login import current_actor, public, safe_next
from volunteer.people import queries as people
from volunteer.shifts import queries as shifts
from volunteer.signups import queries as signups

from . import demo, navigation, queries

bp = Blueprint("home", __name__)
bp.app_context_processor(navigation.context)
bp.app_context_processor(demo.context)

#: How many shifts of today the front page shows.
SHOWN = 12
#: How far ahead gaps are shown on the front page.
AHEAD = timedelta(days=2)
#: How long the scheduler may be silent before somebody should look.
SILENCE = timedelta(seconds=TICK_SECONDS * 4)


@bp.get("/")
def index() -> str:
    """The work page for those who read figures, the own page for everybody else."""
    actor = current_actor()
    return work_page(actor) if actor.is_any(*READERS) else my_page(actor)


@bp.get("/my")
def mine() -> str:
    return my_page(current_actor())


def my_page(actor: Actor) -> str:
    person_id = require_person(actor)
    now = clock.now()
    coming = shifts.next_shifts(person_id, now=now, limit=4)
    return render_template(
        "home/mine.html",
        shifts=coming,
        arrival=queries.arrival(coming[0].id, person_id) if coming else None,
        led=queries.led_by(person_id, now=now),
        waiting=navigation.waiting_for(actor),
        stands=audits.person_month(person_id, Month.of(now), today=clock.local_day(now)),
        is_today=bool(coming) and clock.local_day(coming[0].starts_at) == clock.local_day(now),
        works=actor.is_any(*READERS),
        answers=signups.answers_due(person_id, now=now),
        asks_consent=people.asks_consent(person_id),
    )


def work_page(actor: Actor) -> str:
    now = clock.now()
    under = actor.paths(*READERS)
    month = Month.of(now)
    is_office = actor.is_any(Role.CITY_OFFICE)
    return render_template(
        "home/work.html",
        now=now,
        month=month,
        tally=audits.head_count(month, under=under, today=clock.local_day(now)),
        day=queries.figures_of_day(now, under=under),
        today=queries.todays_shifts(now, under=under, limit=SHOWN),
        shown=SHOWN,
        demand=shifts.demand_between(now, now + AHEAD, under=under),
        gaps=shifts.shifts_between(now, now + AHEAD, under=under, gaps_only=True, limit=6).lines,
        waiting=navigation.waiting_for(actor),
        may_schedule=actor.is_any(*SCHEDULERS),
        tick=queries.last_tick() if is_office else None,
        silence=SILENCE,
        inspections=boards.inspections_on(clock.local_day(now), under=under),
        is_office=is_office,
    )


@bp.get("/help")
@public
def guide() -> str:
    """What to do with and without a phone, and whom to ask."""
    return render_template("home/guide.html")


@bp.post("/language")
@public
def language() -> Response:
    """Remember the language of this browser and go back to the page."""
    chosen = request.form.get("language", "")
    if chosen in LANGUAGES:
        session["language"] = chosen
    return redirect(safe_next(request.form.get("next")), 303)


blueprints = (bp,)
