"""Pages of the register: search, and one person."""

from flask import Blueprint, render_template, request

from volunteer.core import clock
from volunteer.core.actor import SCHEDULERS
from volunteer.core.clock import Month
from volunteer.core.login import current_actor
from volunteer.units import queries as units

from . import access, import_views, queries, rules

bp = Blueprint("people", __name__)


@bp.get("/people")
def index() -> str:
    actor = current_actor()
    readable = access.require_readable(actor)
    words = request.args.get("q", "")[:100]
    cut = units.cut(
        unit=request.args.get("unit", ""), grid=request.args.get("grid", ""), under=readable
    )
    page = queries.search(
        under=cut.paths,
        words=words,
        after=request.args.get("after"),
        before=request.args.get("before"),
    )
    return render_template(
        "people/index.html",
        page=page,
        words=words,
        unit=cut.unit,
        grid=cut.grid,
        grids=units.grid_choices(under=readable),
        listing=units.listing(under=readable),
        may_import=access.may_import(actor),
    )


@bp.get("/people/<string:public_id>")
def show(public_id: str) -> str:
    actor = current_actor()
    person = queries.by_public_id(public_id, under=access.readable(actor))
    belongings = queries.memberships_of(person.id)
    return render_template(
        "people/show.html",
        person=person,
        phone=rules.mask_phone(person.phone),
        belongings=belongings,
        month=Month.of(clock.now()),
        may_serve=any(actor.holds(each.unit_path, *SCHEDULERS) for each in belongings[:1]),
    )


blueprints = (bp, import_views.bp)
