"""Pages of taking part: what one can take, the own shifts, requests, days off."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from itertools import groupby

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from volunteer.core import clock
from volunteer.core.i18n import say
from volunteer.core.login import current_actor
from volunteer.people import queries as people
from volunteer.targets.models import TrainingGate

from . import access, colleagues, days_off, places, queries, rules, swapping, taking, waitlist
from .errors import REFUSALS
from .forms import AskForm, DaysOffForm, PlaceForm
from .queries import OpenLine

bp = Blueprint("signups", __name__)

Page = tuple[str, int]
ANYBODY = "anybody"


@bp.get("/open-shifts")
def index() -> str:
    person_id = access.require_self(current_actor())
    own_unit, after = request.args.get("own") == "1", request.args.get("after", "")
    page = queries.open_shifts(person_id, own_unit=own_unit, after=after, now=clock.now())
    return render_template(
        "signups/index.html",
        days=by_day(page.lines),
        after=page.after,
        is_first=not after,
        own_unit=own_unit,
    )


def by_day(lines: Sequence[OpenLine]) -> list[tuple[date, list[OpenLine]]]:
    """Return the lines, which are in the order of time, by the local day of their start."""
    days = groupby(lines, lambda line: clock.local_day(line.shift.starts_at))
    return [(day, list(these)) for day, these in days]


@bp.get("/open-shifts/<string:public_id>")
def show(public_id: str) -> Page:
    return show_page(public_id, PlaceForm(formdata=None))


def show_page(public_id: str, form: PlaceForm) -> Page:
    person_id, now = access.require_self(current_actor()), clock.now()
    shift = queries.shift_seen(public_id, person_id, now=now)
    held = queries.assignment_of(shift.id, person_id)
    verdict, asked, mine, terms, gate = taking.look(shift, person_id, now=now)
    waits = shift.id in mine.waits
    page = render_template(
        "signups/show.html",
        form=form,
        shift=shift,
        asked=asked,
        verdict=verdict,
        why=say(REFUSALS[verdict].text, {}) if verdict in REFUSALS else "",
        line=queries.waiting_of(shift.id, person_id) if waits else None,
        may_undo=held is not None and taking.may_undo(held, terms, now=now),
        is_there=rules.is_in(asked, mine)
        and any(ask(shift.id, person_id) for ask in taking.has_checked_in),
        has_begun=shift.starts_at <= now,
        is_over=shift.ends_at <= now,
        lacks_training=gate == TrainingGate.WARN and not rules.is_qualified(asked, mine),
    )
    return page, form.status


def act(
    public_id: str, verb: Callable[..., object], said: str, back: str = ".show"
) -> Response | Page:
    """Carry out what a button of the shift's page means; a refusal is shown there."""
    form = PlaceForm()
    if form.validate_on_submit():
        with form.refusals():
            verb(public_id, actor=current_actor(), now=clock.now())
            flash(said, "success")
            return redirect(url_for(back, public_id=public_id), 303)
    return show_page(public_id, form)


@bp.post("/open-shifts/<string:public_id>/take")
def take(public_id: str) -> Response | Page:
    said = gettext("The place is yours. You will find it under “My shifts”.")
    return act(public_id, taking.take, said)


@bp.post("/open-shifts/<string:public_id>/withdraw")
def withdraw(public_id: str) -> Response | Page:
    said = gettext("Thank you for saying so. Leader and coordinator know that you cannot come.")
    return act(public_id, taking.withdraw, said)


@bp.post("/open-shifts/<string:public_id>/undo")
def undo(public_id: str) -> Response | Page:
    return act(public_id, taking.undo, gettext("You have your place again."))


@bp.post("/open-shifts/<string:public_id>/wait")
def wait(public_id: str) -> Response | Page:
    said = gettext("You stand on the waiting list. You are told as soon as a place is free.")
    return act(public_id, waitlist.wait, said)


@bp.post("/open-shifts/<string:public_id>/leave-list")
def leave_list(public_id: str) -> Response | Page:
    return act(public_id, waitlist.leave, gettext("You no longer stand on the waiting list."))


@bp.get("/my-shifts")
def mine() -> str:
    person_id, now = access.require_self(current_actor()), clock.now()
    return render_template(
        "signups/mine.html",
        requests=colleagues.requests_to(person_id, now=now),
        places=places.my_places(person_id, now=now),
        waiting=places.my_waiting(person_id, now=now),
        past=places.my_past(person_id, now=now),
        now=now,
    )


@bp.get("/open-shifts/<string:public_id>/ask")
def ask(public_id: str) -> Page:
    return ask_page(public_id, AskForm(formdata=None), request.args.get("with", ""))


@bp.post("/open-shifts/<string:public_id>/ask")
def send_request(public_id: str) -> Response | Page:
    form = AskForm()
    if form.validate_on_submit():
        with form.refusals():
            chosen = form.colleague.data
            swapping.ask(
                public_id,
                None if chosen == ANYBODY else chosen,
                form.returns.data or None,
                actor=current_actor(),
                now=clock.now(),
            )
            flash(gettext("Asked. Until somebody says yes the place is yours."), "success")
            return redirect(url_for(".mine"), 303)
    return ask_page(public_id, form, "")


def ask_page(public_id: str, form: AskForm, chosen: str) -> Page:
    person_id, now = access.require_self(current_actor()), clock.now()
    today = clock.local_day(now)
    shift = queries.shift_seen(public_id, person_id, now=now)
    unit = people.unit_on(person_id, today)
    words = request.args.get("q", "").strip()[:40]
    found: list[colleagues.Colleague] = []
    other, theirs = None, None
    if unit is not None:
        found = colleagues.search(words, shift=shift, unit_id=unit.id, but=person_id, on=today)
        other = colleagues.named(chosen, unit_id=unit.id, but=person_id, on=today)
    if other is not None:
        theirs = colleagues.places_of(other.id, but=shift, now=now)
    page = render_template(
        "signups/ask.html",
        form=form,
        shift=shift,
        unit=unit,
        words=words,
        found=found,
        other=other,
        theirs=theirs,
        least=colleagues.LEAST_LETTERS,
        anybody=ANYBODY,
    )
    return page, form.status


def answer(verb: Callable[..., object], swap_id: str, said: str) -> Response:
    verb(swap_id, actor=current_actor(), now=clock.now())
    flash(said, "success")
    return redirect(url_for(".mine"), 303)


@bp.post("/my-shifts/requests/<string:swap_id>/accept")
def accept(swap_id: str) -> Response:
    return answer(swapping.accept, swap_id, gettext("Thank you! The place is yours now."))


@bp.post("/my-shifts/requests/<string:swap_id>/refuse")
def refuse(swap_id: str) -> Response:
    return answer(swapping.refuse, swap_id, gettext("Answered. Nothing changes for you."))


@bp.post("/my-shifts/requests/<string:swap_id>/take-back")
def take_back(swap_id: str) -> Response:
    return answer(swapping.take_back, swap_id, gettext("Taken back. You keep your place."))


@bp.post("/shifts/<string:public_id>/people/<string:person_id>/excuse")
def excuse(public_id: str, person_id: str) -> Response:
    taking.excuse(public_id, person_id, actor=current_actor(), now=clock.now())
    flash(gettext("Written down: this person cannot come."), "success")
    return redirect(url_for("shifts.show", public_id=public_id), 303)


@bp.post("/shifts/<string:public_id>/waiting/<string:person_id>/offer")
def offer(public_id: str, person_id: str) -> Response:
    waitlist.offer_now(public_id, person_id, actor=current_actor(), now=clock.now())
    flash(gettext("Offered. The answer comes within the time that is shown."), "success")
    return redirect(url_for("shifts.show", public_id=public_id), 303)


@bp.get("/my-days-off")
def my_days_off() -> Page:
    return my_days_page(DaysOffForm(formdata=None))


@bp.post("/my-days-off")
def save_my_days_off() -> Response | Page:
    actor, now = current_actor(), clock.now()
    form = DaysOffForm()
    if form.validate_on_submit():
        since, until = window_of(form, now=now)
        days_off.choose_own(form.days.data, since=since, until=until, actor=actor, now=now)
        flash(gettext("Saved. Nobody counts on you on these days."), "success")
        return redirect(url_for(".my_days_off"), 303)
    return my_days_page(form)


def my_days_page(form: DaysOffForm) -> Page:
    person_id = access.require_self(current_actor())
    page = render_template("signups/my_days_off.html", form=form, **sheets_of(person_id))
    return page, form.status


@bp.get("/people/<string:public_id>/days-off")
def days_off_of(public_id: str) -> Page:
    return days_page(public_id, DaysOffForm(formdata=None))


@bp.post("/people/<string:public_id>/days-off")
def save_days_off_of(public_id: str) -> Response | Page:
    actor, now = current_actor(), clock.now()
    form = DaysOffForm()
    if form.validate_on_submit():
        since, until = window_of(form, now=now)
        days_off.choose_for(
            public_id, form.days.data, since=since, until=until, actor=actor, now=now
        )
        flash(gettext("Saved. Nobody counts on this person on these days."), "success")
        return redirect(url_for(".days_off_of", public_id=public_id), 303)
    return days_page(public_id, form)


def days_page(public_id: str, form: DaysOffForm) -> Page:
    under = access.require_scheduler(current_actor())
    person = people.by_public_id(public_id, under=under)
    page = render_template(
        "signups/days_off.html", form=form, person=person, **sheets_of(person.id)
    )
    return page, form.status


def window_of(form: DaysOffForm, *, now: datetime) -> rules.Span:
    """Return the days that the form speaks of: those its page offered and that are not over."""
    today = clock.local_day(now)
    since = form.since.data or today
    if not today - rules.DAY <= since <= today:
        since = today
    return today, rules.days_offered(since)[1]


def sheets_of(person_id: int) -> dict[str, object]:
    """Return what the sheets of days show: the months, what is marked, and where one serves."""
    since, until = rules.days_offered(clock.local_day(clock.now()))
    marked = queries.days_off([person_id], since, until).get(person_id, [])
    return {
        "since": since,
        "sheets": rules.month_sheets(since, until),
        "off": {day for first, last in marked for day in rules.days_of(first, last)},
        "places": queries.days_with_places(person_id, since, until),
    }


blueprints = (bp,)
