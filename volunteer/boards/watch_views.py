"""Pages of who stands where now, and of inspections."""

from datetime import timedelta
from itertools import groupby

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from volunteer.core import clock
from volunteer.core.actor import Role
from volunteer.core.addresses import number_asked
from volunteer.core.fragments import render
from volunteer.core.login import current_actor
from volunteer.shifts import queries as shifts
from volunteer.units import queries as units

from . import access, inspections, rules, service, standing
from .forms import InspectionForm

bp = Blueprint("watch", __name__, url_prefix="/boards")

Page = tuple[str, int]


@bp.get("/now")
def now() -> Response:
    """Show who should stand where now and who has come; htmx fetches it every 30 seconds."""
    moment = clock.now()
    readable = access.require_reader(current_actor())
    unit = units.named(request.args.get("unit", ""), under=readable)
    page = max(1, number_asked("page") or 1)
    board = standing.board(under=[unit.path] if unit else readable, now=moment, page=page)
    return render(
        "boards/now.html",
        "boards/_now.html",
        now=moment,
        unit=unit,
        board=board,
        by_unit=[
            (served, list(these))
            for served, these in groupby(board.watches, lambda watch: watch.shift.unit)
        ],
        number=page,
    )


@bp.get("/inspections")
def inspection_list() -> Page:
    today = clock.local_day(clock.now())
    form = InspectionForm(from_on=today + timedelta(days=1), until_on=today + timedelta(days=5))
    return inspections_page(form)


@bp.post("/inspections")
def call() -> AnyResponse | Page:
    actor = current_actor()
    under = access.require_office(actor)
    form = InspectionForm().offer(shifts.unit_choices(under=under))
    if form.validate_on_submit():
        with form.refusals():
            made = service.call_inspection(
                name=form.name.data,
                unit=shifts.own_unit(form.unit.data, under=under),
                from_on=form.from_on.data,
                until_on=form.until_on.data,
                actor=actor,
                now=clock.now(),
            )
            flash(gettext("The inspection stands. Every post must be manned now."), "success")
            return redirect(url_for(".inspection", inspection_id=made.id), 303)
    return inspections_page(form)


def inspections_page(form: InspectionForm) -> Page:
    actor = current_actor()
    readable = access.require_reader(actor)
    may_inspect = access.may_inspect(actor)
    if may_inspect:
        form.offer(shifts.unit_choices(under=actor.paths(Role.CITY_OFFICE)))
    page = render_template(
        "boards/inspections.html",
        form=form,
        inspections=inspections.listed(under=readable),
        may_inspect=may_inspect,
        today=clock.local_day(clock.now()),
    )
    return page, form.status


@bp.get("/inspections/<id:inspection_id>")
def inspection(inspection_id: int) -> str:
    """Show for each day whether every post is manned, and the windows of one day."""
    actor, today = current_actor(), clock.local_day(clock.now())
    readable = access.require_reader(actor)
    found = inspections.by_id(inspection_id, under=readable)
    day = rules.day_asked(
        request.args.get("day", ""), otherwise=min(max(found.from_on, today), found.until_on)
    )
    days = inspections.manning(found, under=readable)
    return render_template(
        "boards/inspection.html",
        inspection=found,
        days=days,
        day=day,
        today=today,
        windows=inspections.windows_of(found, day, under=readable),
        shown=inspections.SHOWN,
        may_inspect=actor.holds(found.unit.path, Role.CITY_OFFICE),
    )


@bp.post("/inspections/<id:inspection_id>/end")
def end_inspection(inspection_id: int) -> AnyResponse:
    service.end_inspection(inspection_id, actor=current_actor(), now=clock.now())
    flash(gettext("The inspection is over; nobody is alarmed any more."), "success")
    return redirect(url_for(".inspection_list"), 303)
