"""Pages of days off: the own ones, and those of somebody without a phone."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from volunteer.core import clock
from volunteer.core.login import current_actor
from volunteer.people import queries as people

from . import access, days_off, queries, rules
from .forms import DaysOffForm

bp = Blueprint("signups", __name__)


@bp.get("/my-days-off")
def my_days_off() -> tuple[str, int]:
    return my_days_page(DaysOffForm(formdata=None))


@bp.post("/my-days-off")
def save_my_days_off() -> Response | tuple[str, int]:
    actor, now = current_actor(), clock.now()
    form = DaysOffForm()
    if form.validate_on_submit():
        since, until = window_of(form, today=clock.local_day(now))
        days_off.choose_own(form.days.data, since=since, until=until, actor=actor, now=now)
        flash(gettext("Saved. Nobody counts on you on these days."), "success")
        return redirect(url_for(".my_days_off"), 303)
    return my_days_page(form)


def my_days_page(form: DaysOffForm) -> tuple[str, int]:
    person_id = access.require_self(current_actor())
    page = render_template("signups/my_days_off.html", form=form, **sheets_of(person_id))
    return page, form.status


@bp.get("/people/<string:public_id>/days-off")
def days_off_of(public_id: str) -> tuple[str, int]:
    return days_page(public_id, DaysOffForm(formdata=None))


@bp.post("/people/<string:public_id>/days-off")
def save_days_off_of(public_id: str) -> Response | tuple[str, int]:
    actor, now = current_actor(), clock.now()
    form = DaysOffForm()
    if form.validate_on_submit():
        since, until = window_of(form, today=clock.local_day(now))
        days_off.choose_for(
            public_id, form.days.data, since=since, until=until, actor=actor, now=now
        )
        flash(gettext("Saved. Nobody counts on this person on these days."), "success")
        return redirect(url_for(".days_off_of", public_id=public_id), 303)
    return days_page(public_id, form)


def days_page(public_id: str, form: DaysOffForm) -> tuple[str, int]:
    under = access.require_scheduler(current_actor())
    person = people.by_public_id(public_id, under=under)
    page = render_template(
        "signups/days_off.html", form=form, person=person, **sheets_of(person.id)
    )
    return page, form.status


def window_of(form: DaysOffForm, *, today: date) -> rules.Span:
    """Return the days that the form speaks of: those its page offered and that are not over."""
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
