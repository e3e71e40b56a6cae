"""The page of holidays and make-up workdays."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from volunteer.core import clock
from volunteer.core.errors import NotFound
from volunteer.core.login import current_actor

from . import access, queries, rules, service
from .forms import WORKED, DayForm

bp = Blueprint("workdays", __name__)


@bp.get("/workdays")
def index() -> tuple[str, int]:
    access.require_reader(current_actor())
    return index_page(DayForm())


@bp.post("/workdays")
def enter() -> Response | tuple[str, int]:
    actor = current_actor()
    access.require_enter(actor)
    form = DayForm()
    if form.validate_on_submit():
        with form.refusals():
            service.enter(
                form.day.data,
                worked=form.worked.data == WORKED,
                name=form.name.data,
                actor=actor,
                now=clock.now(),
            )
            flash(gettext("The day is entered. Shifts opened from now on keep to it."), "success")
            return redirect(url_for(".index", year=form.day.data.year), 303)
    return index_page(form)


@bp.post("/workdays/<string:day>/remove")
def remove(day: str) -> Response:
    wanted = day_named(day)
    service.remove(wanted, actor=current_actor(), now=clock.now())
    flash(gettext("The entry is gone; the calendar holds again for that day."), "success")
    return redirect(url_for(".index", year=wanted.year), 303)


def day_named(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound() from None


def index_page(form: DayForm) -> tuple[str, int]:
    today = clock.local_day(clock.now())
    asked = request.args.get("year", type=int)
    year = asked if asked and asked in clock.YEARS else today.year
    page = render_template(
        "workdays/index.html",
        form=form,
        year=year,
        today=today,
        known=rules.knows(year),
        next_known=rules.knows(today.year + 1),
        stretches=rules.stretches(year),
        own=queries.entered(date(year, 1, 1), date(year, 12, 31)),
        may_enter=access.may_enter(current_actor()),
    )
    return page, form.status


blueprints = (bp,)
