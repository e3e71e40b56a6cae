"""The page on which a unit says how check-in works at its shifts."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from volunteer.core import clock
from volunteer.core.actor import READERS
from volunteer.core.errors import NotFound
from volunteer.core.login import current_actor
from volunteer.units import queries as units
from volunteer.units.models import Unit

from . import access, checkin
from .forms import CheckinForm

bp = Blueprint("checkin", __name__)


@bp.get("/units/<string:code>/check-in")
def unit(code: str) -> tuple[str, int]:
    found = readable(code)
    own = {each.name: each.own for each in checkin.at_unit(found)}
    return unit_page(found, CheckinForm(data=CheckinForm.shown(own)))


@bp.post("/units/<string:code>/check-in")
def wish(code: str) -> Response | tuple[str, int]:
    actor, found = current_actor(), readable(code)
    access.require_keep(actor, found.path)
    form = CheckinForm()
    if form.validate_on_submit():
        changed = checkin.wish(found, form.wanted, actor=actor, now=clock.now())
        told = ngettext(
            "%(num)s shift to come works so from now on.",
            "%(num)s shifts to come work so from now on.",
            changed,
        )
        flash(told if changed else gettext("Saved. No shift to come works otherwise."), "success")
        return redirect(url_for(".unit", code=code), 303)
    return unit_page(found, form)


def readable(code: str) -> Unit:
    """Return a unit whose shifts the caller may look at; others do not exist."""
    found = units.by_code(code, under=current_actor().paths(*READERS))
    if found is None:
        raise NotFound()
    return found


def unit_page(found: Unit, form: CheckinForm) -> tuple[str, int]:
    page = render_template(
        "shifts/checkin.html",
        form=form,
        unit=found,
        settings=checkin.at_unit(found),
        may_keep=access.may_keep(current_actor(), found.path),
    )
    return page, form.status
