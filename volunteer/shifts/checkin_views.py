"""Pages on which a unit, an activity, a post or a shift says how check-in works there."""

from collections.abc import Sequence
from typing import NamedTuple

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from volunteer.core import clock
from volunteer.core.actor import READERS
from volunteer.core.errors import NotFound
from volunteer.core.login import current_actor
from volunteer.units import queries as units
from volunteer.units.models import Unit

from . import access, checkin, editing, queries
from .checkin import Series, Setting
from .forms import CheckinForm
from .models import ShiftKind, ShiftState

bp = Blueprint("checkin", __name__)

Page = Response | tuple[str, int]


class Here(NamedTuple):
    """Of what the page is: its name, the page about it, how check-in works there."""

    kind: str
    name: str
    back: str
    settings: Sequence[Setting]
    may_keep: bool


@bp.get("/units/<string:code>/check-in")
def unit(code: str) -> tuple[str, int]:
    here = of_unit(readable(code))
    return page_of(here, shown(here))


@bp.post("/units/<string:code>/check-in")
def wish(code: str) -> Page:
    actor, found = current_actor(), readable(code)
    access.require_keep(actor, found.path)
    form = CheckinForm()
    if form.validate_on_submit():
        tell(checkin.wish(found, form.wanted, actor=actor, now=clock.now()))
        return redirect(url_for(".unit", code=code), 303)
    return page_of(of_unit(found), form)


def of_unit(found: Unit) -> Here:
    return Here(
        "unit",
        found.name,
        url_for("structure.show", code=found.code),
        checkin.at_unit(found),
        access.may_keep(current_actor(), found.path),
    )


def readable(code: str) -> Unit:
    """Return a unit whose shifts the caller may look at; others do not exist."""
    found = units.by_code(code, under=current_actor().paths(*READERS))
    if found is None:
        raise NotFound()
    return found


@bp.route("/activities/<string:public_id>/check-in", methods=["GET", "POST"])
def activity(public_id: str) -> Page:
    kind = ShiftKind.ACTIVITY
    found = checkin.series_named[kind](public_id, under=access.require_reader(current_actor()))
    back = url_for("activities.show", public_id=public_id)
    return series_page(Series(kind, found, found.public_id, found.title), back)


@bp.route("/posts/<string:code>/check-in", methods=["GET", "POST"])
def post(code: str) -> Page:
    kind = ShiftKind.POST
    found = checkin.series_named[kind](code, under=access.require_reader(current_actor()))
    back = url_for("posts.show", code=code)
    return series_page(Series(kind, found, found.code, found.name), back)


def series_page(series: Series, back: str) -> Page:
    actor, path = current_actor(), series.row.unit.path
    may_keep = access.may_schedule(actor, path) and not series.row.ended_at
    here = Here(series.kind, series.title, back, checkin.at_series(series), may_keep)
    if request.method == "GET":
        return page_of(here, shown(here))
    access.require_schedule(actor, path)
    form = CheckinForm()
    if form.validate_on_submit():
        tell(checkin.wish_of_series(series, form.wanted, actor=actor, now=clock.now()))
        return redirect(request.path, 303)
    return page_of(here, form)


@bp.route("/shifts/<string:public_id>/check-in", methods=["GET", "POST"])
def shift(public_id: str) -> Page:
    actor, now = current_actor(), clock.now()
    found = queries.shift(public_id, under=access.require_reader(actor))
    waits = found.state == ShiftState.PLANNED and found.starts_at > now
    here = Here(
        "shift",
        found.title,
        url_for("shifts.show", public_id=public_id),
        checkin.at_shift(found),
        waits and access.may_schedule(actor, found.unit.path),
    )
    if request.method == "GET":
        return page_of(here, shown(here))
    access.require_schedule(actor, found.unit.path)
    form = CheckinForm()
    if form.validate_on_submit():
        with form.refusals():
            editing.wish(found, form.wanted, actor=actor, now=now)
            flash(gettext("Saved. This shift works so from now on."), "success")
            return redirect(request.path, 303)
    return page_of(here, form)


def shown(here: Here) -> CheckinForm:
    return CheckinForm(data=CheckinForm.shown({each.name: each.own for each in here.settings}))


def tell(changed: int) -> None:
    told = ngettext(
        "%(num)s shift to come works so from now on.",
        "%(num)s shifts to come work so from now on.",
        changed,
    )
    flash(told if changed else gettext("Saved. No shift to come works otherwise."), "success")


def page_of(here: Here, form: CheckinForm) -> tuple[str, int]:
    return render_template("shifts/checkin.html", form=form, here=here), form.status
