"""Pages of the register: search, and one person."""

from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from volunteer.core import clock, workbooks
from volunteer.core.actor import SCHEDULERS, Actor
from volunteer.core.clock import Month
from volunteer.core.login import current_actor
from volunteer.core.settings import Settings
from volunteer.units import queries as units

from . import (
    access,
    card_views,
    categories,
    exports,
    hooks,
    import_views,
    merge_views,
    own_views,
    queries,
    record_views,
    records,
    register,
    rules,
)
from .forms import CONSENTS, QUALIFICATIONS, STATES, ExportForm
from .models import PersonState
from .queries import Wanted

bp = Blueprint("people", __name__)

#: Whose records can still be changed.
KEPT = {PersonState.ACTIVE, PersonState.LEFT}


@bp.get("/people")
def index() -> tuple[str, int]:
    return people_page(ExportForm())


def people_page(form: ExportForm) -> tuple[str, int]:
    actor = current_actor()
    readable = access.require_readable(actor)
    cut = asked_cut(readable)
    wanted = Wanted.of(request.args)
    page = queries.search(
        under=cut.paths,
        wanted=wanted,
        after=request.args.get("after"),
        before=request.args.get("before"),
    )
    return render_template(
        "people/index.html",
        page=page,
        wanted=wanted,
        filters={**wanted.filters, **cut.filters},
        unit=cut.unit,
        grid=cut.grid,
        grids=units.grid_choices(under=readable),
        listing=units.listing(under=readable),
        categories=[each.name for each in categories.every()],
        consents=CONSENTS,
        may_import=access.may_import(actor),
        may_print=access.may_print_cards(actor),
        may_take_whole=all(access.may_keep(actor, path) for path in cut.paths),
        requests=requests_waiting(actor),
        form=form,
    ), form.status


def asked_cut(readable: Sequence[str]) -> units.Cut:
    """Return what the filters of the address mean by unit and grid."""
    unit, grid = request.args.get("unit", ""), request.args.get("grid", "")
    return units.cut(unit=unit, grid=grid, under=readable)


def requests_waiting(actor: Actor) -> int:
    names, deletions = access.names_decided(actor), access.deletions_seen(actor)
    return records.requests_waiting(names=names, deletions=deletions)


def settings() -> Settings:
    return current_app.extensions["settings"]


@bp.post("/people/export")
def export() -> Response | tuple[str, int]:
    actor, now = current_actor(), clock.now()
    readable = access.require_readable(actor)
    form = ExportForm()
    cut = asked_cut(readable)
    if form.validate_on_submit():
        heads = [each.name for each in (cut.unit, cut.grid) if each]
        name = " · ".join(heads) or gettext("All your units")
        with form.refusals():
            file = exports.save(
                exports.Stamp(settings().city_name, name, actor.name, now),
                under=cut.paths,
                wanted=Wanted.of(request.args),
                whole=form.whole.data,
                reason=form.reason.data,
                actor=actor,
                now=now,
            )
            title = gettext("%(unit)s people %(day)s.xlsx", unit=name, day=clock.local_day(now))
            return workbooks.send(file, title)
    return people_page(form)


@bp.get("/people/<string:public_id>")
def show(public_id: str) -> Response | str:
    actor, now = current_actor(), clock.now()
    if kept := records.kept_id(public_id):
        return redirect(url_for(".show", public_id=kept), 301)
    person = queries.by_public_id(public_id, under=access.readable(actor))
    belongings = queries.memberships_of(person.id)
    path = belongings[0].unit_path
    return render_template(
        "people/show.html",
        person=person,
        phone=rules.mask_phone(person.phone),
        belongings=belongings,
        planned=records.planned_move_of(person.id),
        undoable=register.undoable(person, belongings, actor=actor, now=now),
        qualifications=records.qualifications_of(person.id),
        consents=records.consents_of(person.id),
        requests=records.requests_of(person.id),
        merged=records.merged_into(person.id),
        deeds=deeds_of(person.id, now),
        states=STATES,
        consent_words=CONSENTS,
        kinds=QUALIFICATIONS,
        today=clock.local_day(now),
        month=Month.of(now),
        may_keep=access.may_keep(actor, path) and person.state in KEPT,
        may_serve=actor.holds(path, *SCHEDULERS) and person.state in KEPT,
    )


def deeds_of(person_id: int, now: datetime) -> records.Deeds:
    return next((asked(person_id, now) for asked in hooks.deeds), records.NOTHING)


blueprints = (
    bp,
    import_views.bp,
    record_views.bp,
    merge_views.bp,
    own_views.bp,
    card_views.bp,
)
