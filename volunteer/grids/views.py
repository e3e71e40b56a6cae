"""Pages of the list of grids, of one grid, and of importing them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from volunteer.accounts import queries as accounts
from volunteer.core import clock
from volunteer.core.lists import ListForm, upload_page
from volunteer.core.login import current_actor
from volunteer.structure import queries as structure
from volunteer.units import queries as units
from volunteer.units.errors import UnitAmbiguous, UnitUnknown
from volunteer.units.models import GridKind, Unit

from . import access, queries, service
from .errors import (
    ROW_TEXTS,
    CoUnitAmbiguous,
    CoUnitUnknown,
    LeadAmbiguous,
    LeadUnknown,
    NoTownship,
)
from .forms import ACTS, KINDS, EditGridForm, EndGridForm, GridForm
from .importer import ALIASES, NEEDED
from .rules import names_in

bp = Blueprint("grids", __name__)

Page = Response | tuple[str, int]


@bp.get("/grids")
def index() -> str:
    actor, day = current_actor(), clock.local_day(clock.now())
    under = access.require_reader(actor)
    asked = {name: request.args.get(name, "").strip()[:60] for name in ("q", "township", "kind")}
    over = request.args.get("over") == "1"
    return render_template(
        "grids/index.html",
        page=queries.grids(
            under=under,
            day=day,
            words=asked["q"],
            township=asked["township"],
            kind=asked["kind"],
            over=over,
            after=request.args.get("after", ""),
        ),
        asked=asked,
        over=over,
        kinds=KINDS,
        townships=queries.townships(),
        keeps=access.may_keep(actor),
    )


@bp.get("/grids/<string:code>")
def show(code: str) -> str:
    actor, day = current_actor(), clock.local_day(clock.now())
    under = access.require_reader(actor)
    grid = units.grid(code, under=under)
    helping = units.units_of_grid(grid, under=units.EVERYWHERE)
    readable = {unit.id for unit in units.units_of_grid(grid, under=under)}
    goes_on = grid.ended_on is None or grid.ended_on > day
    return render_template(
        "grids/show.html",
        grid=grid,
        goes_on=goes_on,
        kinds=KINDS,
        sees_lead=grid.lead_unit_id in readable,
        units=[(unit, unit.id == grid.lead_unit_id, unit.id in readable) for unit in helping],
        people=queries.people_of_paths(units.cut(unit="", grid=code, under=under).paths, day=day),
        coordinators=accounts.coordinators_of_grid(grid.id, under=under),
        appoints=goes_on and access.may_appoint(actor, grid.lead_unit.path),
        sites=queries.sites_in(grid.id, under=under),
        month=clock.Month.of_day(day),
        happenings=structure.history("grid", grid.code),
        acts=ACTS,
        keeps=goes_on and access.may_change(actor, grid.lead_unit.path),
    )


@bp.route("/grids/new", methods=["GET", "POST"])
def create() -> Page:
    actor, now = current_actor(), clock.now()
    under, day = access.require_keeper(actor), clock.local_day(now)
    form = GridForm(on=day).offer(queries.townships())
    if form.validate_on_submit():
        with form.refusals():
            grid = service.add(
                code=form.code.data,
                on=form.on.data,
                actor=actor,
                now=now,
                **facts(form, under, day),
            )
            flash(gettext("The grid is set up."), "success")
            return redirect(url_for(".show", code=grid.code), 303)
    return render_template("grids/edit.html", form=form, grid=None), form.status


@bp.route("/grids/<string:code>/edit", methods=["GET", "POST"])
def edit(code: str) -> Page:
    actor, now = current_actor(), clock.now()
    under, day = access.require_keeper(actor), clock.local_day(now)
    grid = units.grid(code, under=under)
    form = EditGridForm(
        name=grid.name,
        kind=grid.kind,
        township=grid.township.code,
        lead=grid.lead_unit.code,
        co_units="、".join(
            unit.code
            for unit in units.units_of_grid(grid, under=under)
            if unit.id != grid.lead_unit_id
        ),
    ).offer(queries.townships())
    if form.validate_on_submit():
        with form.refusals():
            service.edit(grid, actor=actor, now=now, **facts(form, under, day))
            flash(gettext("The grid is changed."), "success")
            return redirect(url_for(".show", code=code), 303)
    return render_template("grids/edit.html", form=form, grid=grid), form.status


@bp.route("/grids/<string:code>/end", methods=["GET", "POST"])
def end(code: str) -> Page:
    actor, now = current_actor(), clock.now()
    grid = units.grid(code, under=access.require_keeper(actor))
    form = EndGridForm(on=clock.local_day(now))
    if form.validate_on_submit():
        with form.refusals():
            service.end(grid, on=form.on.data, actor=actor, now=now)
            flash(gettext("The grid has ended."), "success")
            return redirect(url_for(".show", code=code), 303)
    return render_template("grids/end.html", form=form, grid=grid), form.status


@bp.route("/grids/import", methods=["GET", "POST"])
def upload() -> Page:
    actor = current_actor()
    access.require_keeper(actor)
    return upload_page(
        "grids/import.html",
        ListForm().called(gettext("List of grids")),
        lambda content, dry_run: service.import_grids(
            content, dry_run=dry_run, actor=actor, now=clock.now()
        ),
        texts=ROW_TEXTS,
        aliases=ALIASES,
        needed=NEEDED,
        then=url_for(".index"),
    )


def facts(form: GridForm, under: Sequence[str], day: date) -> dict[str, Any]:
    """Return what a form says of a grid; raises what is refused beside its field."""
    township = units.by_code(form.township.data, under=under)
    if township is None:
        raise NoTownship()
    index = units.load_index(on=day, under=under)
    try:
        lead = index.find(form.lead.data).id
    except UnitUnknown as error:
        raise LeadUnknown(**error.facts) from None
    except UnitAmbiguous as error:
        raise LeadAmbiguous(**error.facts) from None
    try:
        helping = [index.find(name).id for name in names_in(form.co_units.data or "")]
    except UnitUnknown as error:
        raise CoUnitUnknown(**error.facts) from None
    except UnitAmbiguous as error:
        raise CoUnitAmbiguous(**error.facts) from None
    found: dict[int, Unit] = units.by_ids([lead, *helping])
    return {
        "name": form.name.data,
        "kind": GridKind(form.kind.data),
        "township": township,
        "lead": found[lead],
        "co_units": [found[each] for each in helping],
    }


blueprints = (bp,)
