"""Pages of a unit's month, of moving somebody, and of the gaps."""

from datetime import time, timedelta
from itertools import groupby
from operator import itemgetter

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from volunteer.core import clock
from volunteer.core.actor import SCHEDULERS
from volunteer.core.addresses import number_asked
from volunteer.core.clock import Month
from volunteer.core.errors import NotFound
from volunteer.core.login import current_actor
from volunteer.shifts import queries as shifts
from volunteer.units import queries as units
from volunteer.units.models import Unit

from . import (
    access,
    calendar_views,
    inspections,
    months,
    queries,
    rules,
    service,
    watch_views,
)
from .forms import MoveForm

bp = Blueprint("boards", __name__)

Page = tuple[str, int]
#: How many units a choice offers.
CHOICES = 500


def unit_with(code: str) -> Unit:
    """Return a unit that the caller reads; those of others do not exist."""
    unit = units.by_code(code, under=access.require_reader(current_actor()))
    if unit is None:
        raise NotFound()
    return unit


def month_with(text: str) -> Month:
    try:
        return Month.parse(text)
    except ValueError:
        raise NotFound() from None


@bp.get("/boards/<string:code>")
def this_month(code: str) -> str:
    return month_page(unit_with(code), Month.of(clock.now()))


@bp.get("/boards/<string:code>/<string:month>")
def month(code: str, month: str) -> str:
    return month_page(unit_with(code), month_with(month))


def month_page(unit: Unit, asked: Month) -> str:
    """Show every post and activity of a unit's month, the gaps in red."""
    actor, now = current_actor(), clock.now()
    under, today = (unit.path,), clock.local_day(now)
    begins = max(asked.start, now)
    schedules = access.may_schedule(actor, unit.path)
    return render_template(
        "boards/month.html",
        unit=unit,
        month=asked,
        this_month=Month.of(now),
        today=today,
        board=months.board(
            asked.start, asked.end, under=under, now=now, page=number_asked("page") or 1
        ),
        gaps_only=request.args.get("gaps") == "1",
        whole=shifts.demand_between(asked.start, asked.end, under=under),
        ahead=shifts.demand_between(begins, asked.end, under=under) if begins < asked.end else None,
        inspections=inspections.going_on(asked.first_day, until=asked.last_day, under=under),
        moved=queries.move_made(number_asked("moved"), under=actor.paths(*SCHEDULERS), now=now),
        may_schedule=schedules,
        marks=months.marks(asked.first_day, asked.last_day),
    )


@bp.get("/boards/places/<id:place_id>")
def place(place_id: int) -> Page:
    return move_page(place_id, MoveForm())


@bp.post("/boards/places/<id:place_id>/move")
def move(place_id: int) -> Response | Page:
    actor, now = current_actor(), clock.now()
    form = MoveForm()
    if form.validate_on_submit():
        with form.refusals():
            moved = service.move(
                place_id,
                form.to.data or form.beyond.data,
                beyond_wanted=bool(form.beyond.data),
                actor=actor,
                now=now,
            )
            target = moved.to_shift
            return redirect(
                url_for(
                    ".month",
                    code=form.unit.data or target.unit.code,
                    month=Month.of(target.starts_at),
                    moved=moved.id,
                    _anchor=f"d{clock.local_day(target.starts_at):%d}",
                ),
                303,
            )
    return move_page(place_id, form)


def move_page(place_id: int, form: MoveForm) -> Page:
    """Show who is to be moved, and every shift of ten days with what speaks against it."""
    actor, now = current_actor(), clock.now()
    under = access.require_scheduler(actor)
    found = queries.place(place_id, under=under)
    first = clock.local_day(max(now, found.starts_at - timedelta(days=3)))
    day = rules.day_asked(request.args.get("from", ""), otherwise=first)
    page = render_template(
        "boards/place.html",
        form=form,
        place=found,
        shift=found.shift,
        stands=found.state == "assigned" and found.ends_at > now,
        day=day,
        earlier=day - queries.AHEAD,
        later=day + queries.AHEAD,
        today=clock.local_day(now),
        days=[
            (day, list(these))
            for day, these in groupby(
                queries.choices_for(found, since=clock.at(day, time()), under=under, now=now),
                lambda choice: clock.local_day(choice.shift.starts_at),
            )
        ],
        month=Month.of(found.starts_at),
    )
    return page, form.status


@bp.post("/boards/moves/<id:move_id>/undo")
def undo(move_id: int) -> Response:
    made = service.undo_move(move_id, actor=current_actor(), now=clock.now())
    flash(gettext("%(name)s is back on the old shift.", name=made.person.name), "success")
    back = made.from_shift
    month = Month.of(back.starts_at)
    return redirect(url_for(".month", code=back.unit.code, month=month), 303)


@bp.get("/boards/gaps")
def gaps() -> str:
    """Say who is missing where on a day, tomorrow unless another one is asked for."""
    actor, now = current_actor(), clock.now()
    readable = access.require_reader(actor)
    today = clock.local_day(now)
    day = rules.day_asked(request.args.get("day", ""), otherwise=today + timedelta(days=1))
    cut = units.cut(unit=request.args.get("unit", ""), grid="", under=readable)
    grid = units.grid_named(request.args.get("grid", ""), under=readable)
    grid_id = grid.id if grid else None
    found = queries.gaps_of_day(day, under=cut.paths, scopes=cut.paths, grid_id=grid_id, now=now)
    groups = queries.grouped(found)
    ordered = [(group, gap) for group in groups for gap in group.gaps]
    page, pages = paged(len(ordered))
    shown = ordered[(page - 1) * queries.PAGE : page * queries.PAGE]
    midnight = clock.at(day, time())
    return render_template(
        "boards/gaps.html",
        day=day,
        today=today,
        tomorrow=today + timedelta(days=1),
        step=timedelta(days=1),
        unit=cut.unit,
        units=[line for line in units.listing(under=readable, on=today) if line.depth < 2][
            :CHOICES
        ],
        grid=grid,
        grids=units.grid_choices(under=readable),
        demand=shifts.demand_between(
            midnight, midnight + timedelta(days=1), under=cut.paths, grid_id=grid_id
        ),
        groups=groups,
        missing=sum(group.missing for group in groups),
        gaps=len(found),
        shown=[
            (group, [gap for _, gap in these]) for group, these in groupby(shown, itemgetter(0))
        ],
        calls=queries.calls_of([gap.shift_id for _, gap in shown]),
        page=page,
        pages=pages,
        inspections=inspections.going_on(day, under=cut.paths),
        schedules=actor.paths(*SCHEDULERS),
    )


def paged(lines: int) -> tuple[int, int]:
    """Return which page of the gaps is asked for, and how many there are."""
    pages = max(1, -(-lines // queries.PAGE))
    return min(max(number_asked("page") or 1, 1), pages), pages


@bp.post("/boards/gaps/ask")
def ask() -> Response:
    """Ask the free people of the unit whose shift the button names."""
    found = shifts.shift(
        request.form.get("shift", ""), under=access.require_scheduler(current_actor())
    )
    asked = service.ask(found, actor=current_actor(), now=clock.now())
    flash(
        ngettext(
            "%(num)s person of %(unit)s who is free has been asked, and can sign up now.",
            "%(num)s people of %(unit)s who are free have been asked, and can sign up now.",
            asked,
            unit=found.unit.name,
        ),
        "success",
    )
    day = clock.local_day(found.starts_at)
    unit, grid = request.form.get("unit") or None, request.form.get("grid") or None
    there = url_for(".gaps", day=day, unit=unit, grid=grid, _anchor=f"s{found.public_id}")
    return redirect(there, 303)


blueprints = (bp, watch_views.bp, calendar_views.bp)
