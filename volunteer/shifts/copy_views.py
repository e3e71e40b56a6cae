"""The page on which a week or a month of single shifts is copied into another one."""

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from volunteer.core import clock
from volunteer.core.actor import SCHEDULERS
from volunteer.core.login import current_actor

from . import access, copying, queries
from .copying import Preview, Verdict
from .forms import CopyForm
from .rules import Span, Week

bp = Blueprint("copying", __name__)

#: How many lines a preview shows; the numbers are of all.
LISTED = 100


@bp.get("/shifts/copy")
def copy() -> tuple[str, int]:
    access.require_scheduler(current_actor())
    today = clock.local_day(clock.now())
    copied = Week.of(today).monday
    form = CopyForm(unit=request.args.get("unit"), copied=copied, into=copied + timedelta(days=7))
    return copy_page(form, None)


@bp.post("/shifts/copy")
def copy_shifts() -> Response | tuple[str, int]:
    """Look at what is copied; the second button of the page does it."""
    actor, now = current_actor(), clock.now()
    under = access.require_scheduler(actor)
    form = CopyForm().offer(queries.unit_choices(under=under))
    if form.validate_on_submit():
        with form.refusals():
            unit = queries.own_unit(form.unit.data, under=under)
            asked = unit, Span(form.span.data), form.copied.data, form.into.data
            if request.form.get("step") != "apply":
                return copy_page(form, copying.preview(*asked, now=now))
            opened = copying.copy(*asked, actor=actor, now=now)
            told = ngettext("%(num)s shift copied.", "%(num)s shifts copied.", opened)
            flash(told if opened else gettext("All of it is there already."), "success")
            week = Week.of(form.into.data)
            return redirect(url_for("shifts.index", week=week, unit=unit.code), 303)
    return copy_page(form, None)


def copy_page(form: CopyForm, found: Preview | None) -> tuple[str, int]:
    form.offer(queries.unit_choices(under=current_actor().paths(*SCHEDULERS)))
    page = render_template(
        "shifts/copy.html", form=form, found=found, verdicts=Verdict, listed=LISTED
    )
    return page, form.status
