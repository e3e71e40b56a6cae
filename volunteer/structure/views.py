"""Pages of the tree of units and of the list of aliases."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from volunteer.accounts import queries as accounts
from volunteer.core import clock
from volunteer.core.actor import Role
from volunteer.core.errors import NotFound
from volunteer.core.forms import RefusableForm
from volunteer.core.login import current_actor
from volunteer.units import queries as units
from volunteer.units import rules
from volunteer.units import service as tree
from volunteer.units.models import Unit, UnitKind

from . import access, queries, service
from .forms import (
    ACTS,
    KINDS,
    AddForm,
    AliasForm,
    CloseForm,
    MergeForm,
    MoveForm,
    RenameForm,
    SplitForm,
)

bp = Blueprint("structure", __name__)

Page = Response | tuple[str, int]


@bp.get("/units")
def index() -> str:
    actor, day = current_actor(), clock.local_day(clock.now())
    under = access.require_reader(actor)
    words = request.args.get("q", "").strip()[:60]
    tops = queries.topmost(under=under)
    heads = queries.found(words, under=under) if words else tops
    top = tops[0] if len(tops) == 1 and not words else None
    if top:
        heads = queries.below(top, day=day)
    return render_template(
        "structure/index.html",
        words=words,
        top=queries.level([top], under=under, day=day).lines[0] if top else None,
        level=queries.level(heads, under=under, day=day, after=request.args.get("after", "")),
        kinds=KINDS,
        may_add=bool(top and access.may_add(actor, top.path)),
        keeps_aliases=access.may_keep_aliases(actor),
    )


@bp.get("/units/<string:code>")
def show(code: str) -> str:
    actor, day = current_actor(), clock.local_day(clock.now())
    under = access.require_reader(actor)
    unit = own_unit(code, under)
    over = request.args.get("over") == "1"
    below = queries.below(unit, day=day, over=over)
    stands = unit.ended_on is None
    return render_template(
        "structure/show.html",
        unit=unit,
        above=units.ancestors_of(unit.path, under=under)[:-1],
        people=queries.people_in(unit, day=day),
        level=queries.level(below, under=under, day=day, after=request.args.get("after", "")),
        over=over,
        kinds=KINDS,
        coordinators=accounts.coordinators_of_unit(unit.id),
        names=units.former_names(unit.id),
        aliases=units.aliases(under=under, unit_id=unit.id),
        grids=queries.grids_of(unit.id),
        happenings=queries.history("unit", unit.code),
        acts=ACTS,
        may_add=stands and access.may_add(actor, unit.path),
        may_change=stands and access.may_change(actor, unit.kind, unit.path),
        may_rebuild=stands and unit.parent_id and access.may_rebuild(actor, unit.path),
        keeps_aliases=access.may_keep_aliases(actor),
    )


def own_unit(code: str, under: tuple[str, ...]) -> Unit:
    unit = units.by_code(code, under=under)
    if unit is None:
        raise NotFound()
    return unit


@bp.route("/units/<string:code>/add", methods=["GET", "POST"])
def add(code: str) -> Page:
    actor, now = current_actor(), clock.now()
    parent = own_unit(code, access.require_reader(actor))
    access.require_add(actor, parent.path)
    everything = actor.holds(parent.path, Role.CITY_OFFICE)
    kinds = [UnitKind.SECTION, *(k for k in UnitKind if k not in {"section", "city"})]
    form = AddForm(on=clock.local_day(now)).offer(kinds if everything else kinds[:1])

    def verb() -> Response:
        unit = tree.add(
            parent,
            code=form.code.data,
            name=form.name.data,
            kind=UnitKind(form.kind.data),
            on=form.on.data,
            actor=actor,
            now=now,
        )
        return done(unit.code, gettext("%(unit)s is set up.", unit=unit.name))

    return change(
        parent,
        form,
        verb,
        title=gettext("New unit under %(unit)s", unit=parent.name),
        lead=gettext("It has no people yet: import or transfer them afterwards."),
        button=gettext("Set up the unit"),
    )


@bp.route("/units/<string:code>/rename", methods=["GET", "POST"])
def rename(code: str) -> Page:
    actor, now = current_actor(), clock.now()
    unit = own_unit(code, access.require_reader(actor))
    access.require_change(actor, unit.kind, unit.path)
    form = RenameForm(name=unit.name, on=clock.local_day(now))

    def verb() -> Response:
        tree.rename(unit, form.name.data, on=form.on.data, actor=actor, now=now)
        return done(code, gettext("The unit is called %(unit)s now.", unit=form.name.data))

    return change(
        unit,
        form,
        verb,
        title=gettext("Rename %(unit)s", unit=unit.name),
        lead=gettext("Sheets may go on using the old name: it becomes an alias."),
        button=gettext("Rename the unit"),
    )


@bp.route("/units/<string:code>/move", methods=["GET", "POST"])
def move(code: str) -> Page:
    actor, now = current_actor(), clock.now()
    unit = own_unit(code, access.require_reader(actor))
    access.require_rebuild(actor, unit.path)
    form, today = MoveForm(on=clock.local_day(now)), clock.local_day(now)

    def verb() -> Response:
        under = actor.paths(Role.CITY_OFFICE)
        to = units.meant(form.unit.data, under=under, on=today)
        tree.move(unit, to, on=form.on.data, actor=actor, now=now)
        return done(code, gettext("The unit stands under %(unit)s now.", unit=to.name))

    return change(
        unit,
        form,
        verb,
        title=gettext("Move %(unit)s", unit=unit.name),
        lead=gettext("It moves with everything under it; its people stay where they belong."),
        button=gettext("Move the unit"),
    )


@bp.route("/units/<string:code>/merge", methods=["GET", "POST"])
def merge(code: str) -> Page:
    actor, now = current_actor(), clock.now()
    unit = own_unit(code, access.require_reader(actor))
    access.require_rebuild(actor, unit.path)
    form, today = MergeForm(on=clock.local_day(now)), clock.local_day(now)

    def verb() -> Response:
        under = actor.paths(Role.CITY_OFFICE)
        into = units.meant(form.unit.data, under=under, on=today)
        moved = service.merge(unit, into, on=form.on.data, actor=actor, now=now)
        return done(
            into.code,
            ngettext(
                "Merged; %(num)s person belongs to %(unit)s now.",
                "Merged; %(num)s people belong to %(unit)s now.",
                moved,
                unit=into.name,
            ),
        )

    return change(
        unit,
        form,
        verb,
        title=gettext("Merge %(unit)s into another unit", unit=unit.name),
        lead=gettext(
            "People, sub-units, sites, activities, posts, coming shifts and grids go over, and "
            "the name becomes an alias. Roles over the old unit end. Past months stay as they are."
        ),
        button=gettext("Merge the unit"),
        danger=True,
    )


@bp.route("/units/<string:code>/close", methods=["GET", "POST"])
def close(code: str) -> Page:
    actor, now = current_actor(), clock.now()
    unit = own_unit(code, access.require_reader(actor))
    access.require_change(actor, unit.kind, unit.path)
    form = CloseForm(on=clock.local_day(now))

    def verb() -> Response:
        service.close(unit, on=form.on.data, actor=actor, now=now)
        return done(code, gettext("%(unit)s is closed.", unit=unit.name))

    return change(
        unit,
        form,
        verb,
        title=gettext("Close %(unit)s", unit=unit.name),
        lead=gettext(
            "Only a unit without people and without work planned can be closed. Its sites close "
            "and the roles over it end; past months keep it."
        ),
        button=gettext("Close the unit"),
        danger=True,
    )


@bp.route("/units/<string:code>/split", methods=["GET", "POST"])
def split(code: str) -> Page:
    actor, now = current_actor(), clock.now()
    day = clock.local_day(now)
    unit = own_unit(code, access.require_reader(actor))
    access.require_rebuild(actor, unit.path)
    form = SplitForm(on=day)
    words = (request.args.get("q") or form.q.data or "").strip()[:40]
    if form.validate_on_submit():
        with form.refusals():
            new = service.split(
                unit,
                code=form.code.data,
                name=form.name.data,
                on=form.on.data,
                people=form.people.data or (),
                sub_units=form.sub_units.data or (),
                actor=actor,
                now=now,
            )
            return done(new.code, gettext("%(unit)s is set up.", unit=new.name))
    page = render_template(
        "structure/split.html",
        unit=unit,
        form=form,
        words=words,
        members=queries.members(unit, day=day, words=words),
        own_people=queries.people_in(unit, day=day)[0],
        below=queries.below(unit, day=day),
        most=queries.OFFERED,
    )
    return page, form.status


def change(
    unit: Unit,
    form: RefusableForm,
    verb: Callable[[], Response],
    danger: bool = False,
    **words: Any,
) -> Page:
    """Do the verb where the form is sent and right, else show it."""
    if unit.ended_on:
        rules.require_standing(unit.name, unit.ended_on, on=unit.ended_on)
    if form.validate_on_submit():
        with form.refusals():
            return verb()
    page = render_template("structure/change.html", unit=unit, form=form, danger=danger, **words)
    return page, form.status


def done(code: str, sentence: str) -> Response:
    flash(sentence, "success")
    return redirect(url_for(".show", code=code), 303)


@bp.route("/unit-aliases", methods=["GET", "POST"])
def aliases() -> Page:
    actor, now = current_actor(), clock.now()
    under = access.require_alias_keeper(actor)
    form = AliasForm(unit=request.args.get("unit"))
    if form.validate_on_submit():
        with form.refusals():
            unit = units.meant(form.unit.data, under=under, on=clock.local_day(now))
            tree.add_alias(unit, form.name.data, actor=actor, now=now)
            flash(gettext("Sheets may call %(unit)s so from now on.", unit=unit.name), "success")
            return redirect(url_for(".aliases"), 303)
    words = request.args.get("q", "").strip()[:60]
    page = render_template(
        "structure/aliases.html",
        form=form,
        words=words,
        page=queries.alias_page(under=under, words=words, after=request.args.get("after", "")),
    )
    return page, form.status


@bp.post("/unit-aliases/<id:alias_id>/remove")
def remove_alias(alias_id: int) -> Response:
    tree.end_alias(alias_id, actor=current_actor(), now=clock.now())
    flash(gettext("Sheets that still say this name will be refused."), "success")
    return redirect(url_for(".aliases"), 303)


blueprints = (bp,)
