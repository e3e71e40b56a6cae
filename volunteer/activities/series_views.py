"""Pages on which the shifts of series are opened, and series are changed."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response

from volunteer.core import clock
from volunteer.core.errors import NotFound
from volunteer.core.login import current_actor
from volunteer.shifts.rules import AHEAD
from volunteer.units import queries as units
from volunteer.units.models import Unit
from volunteer.workdays.rules import knows

from . import access, queries, service
from . import opening as openings
from . import words as words_of
from .forms import OpenForm
from .models import Activity

bp = Blueprint("series", __name__)

#: How many days the preview lists; the numbers are of all.
LISTED = 150


@bp.get("/activities/opening")
def opening() -> tuple[str, int]:
    form = OpenForm(request.args, meta={"csrf": False})
    if "until" not in request.args:
        form.until.data = clock.local_day(clock.now()) + AHEAD
    elif not form.validate():
        form.status = 400
    return opening_page(form)


@bp.post("/activities/opening")
def open_shifts() -> Response | tuple[str, int]:
    actor, now = current_actor(), clock.now()
    unit, activity = asked_for()
    form = OpenForm()
    if form.validate_on_submit():
        with form.refusals():
            until = form.until.data
            if activity:
                opened = service.open_one(activity, until=until, actor=actor, now=now)
            else:
                opened = service.open_until(unit=unit, until=until, actor=actor, now=now)
            flash(ngettext("%(num)s shift opened.", "%(num)s shifts opened.", opened), "success")
            if activity:
                return redirect(url_for("activities.show", public_id=activity.public_id), 303)
            return redirect(url_for("shifts.index", unit=unit.code), 303)
    return opening_page(form)


def asked_for() -> tuple[Unit, Activity | None]:
    """Return the unit, and perhaps the one activity, that the address names: by itself it is
    the topmost unit for which the caller plans."""
    under = access.require_planner(current_actor())
    if public_id := request.args.get("activity"):
        activity = queries.activity(public_id, under=under)
        return activity.unit, activity
    unit = units.named(request.args.get("unit", ""), under=under)
    unit = unit or units.by_path(under[0])
    if unit is None:
        raise NotFound()
    return unit, None


def opening_page(form: OpenForm) -> tuple[str, int]:
    now = clock.now()
    unit, activity = asked_for()
    today = clock.local_day(now)
    until = form.until.data if isinstance(form.until.data, date) else today + AHEAD
    until = min(until, today + openings.FURTHEST)
    wanted: Sequence[Activity] = (
        [activity] if activity else queries.running(since=today, until=until, under=(unit.path,))
    )
    lines = openings.preview(wanted, until=until, now=now)
    counted = Counter(line.verdict for line in lines)
    page = render_template(
        "activities/opening.html",
        form=form,
        unit=unit,
        activity=activity,
        units=[] if activity else units.listing(under=access.require_planner(current_actor())),
        today=today,
        until=until,
        activities=len(wanted),
        lines=lines[:LISTED],
        unlisted=max(0, len(lines) - LISTED),
        counts={verdict: counted[verdict] for verdict in openings.Verdict},
        unknown_year=next((y for y in range(today.year, until.year + 1) if not knows(y)), None),
        words=words_of,
    )
    return page, form.status
