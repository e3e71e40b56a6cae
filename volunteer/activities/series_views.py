"""Pages on which the shifts of series are opened, and series are changed."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from volunteer.core import clock
from volunteer.core.actor import SCHEDULERS
from volunteer.core.errors import NotFound
from volunteer.core.login import current_actor
from volunteer.shifts import queries as shift_queries
from volunteer.shifts.rules import AHEAD, FURTHEST
from volunteer.units import queries as units
from volunteer.units.models import Unit
from volunteer.workdays.rules import knows

from . import access, changing, queries, rules, service
from . import opening as openings
from . import words as words_of
from .forms import OpenForm, SeriesForm
from .models import Activity

bp = Blueprint("series", __name__)

#: What the form of a series shows as it stands in the row.
KEPT = (
    "title",
    "content",
    "category",
    "starts",
    "minutes",
    "last_on",
    "wanted",
    "capacity",
    "nature",
    "holidays",
    "sign_up",
)
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
    until = min(until, today + FURTHEST)
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


@bp.get("/shifts/<string:public_id>/change")
def ask(public_id: str) -> str:
    """Ask how far a change of a shift shall reach: this one, this and following, all."""
    under = current_actor().paths(*SCHEDULERS)
    shift = shift_queries.shift(public_id, under=under)
    named = rules.named_by(shift.source)
    activity = queries.by_id(named[0], under=under) if named else None
    return render_template(
        "activities/ask.html",
        shift=shift,
        activity=activity,
        since=named[1] if named else None,
        is_last=bool(activity and activity.ended_at),
    )


@bp.get("/activities/<string:public_id>/edit")
def edit(public_id: str) -> tuple[str, int]:
    activity = own_activity(public_id)
    form = SeriesForm(
        **{name: getattr(activity, name) for name in KEPT},
        site=activity.site.code,
        leader=activity.leader.name if activity.leader else "",
        needs=activity.needs or "",
        grants=activity.grants or "",
    )
    return edit_page(activity, form.show_rule(activity.rrule), None)


@bp.post("/activities/<string:public_id>/edit")
def change(public_id: str) -> Response | tuple[str, int]:
    """Look at what a change does; the second button of the page does it."""
    actor, now = current_actor(), clock.now()
    activity, since = own_activity(public_id), since_asked()
    form = SeriesForm()
    offer_sites(form)
    result = None
    if form.validate_on_submit():
        with form.refusals():
            wanted = wanted_values(activity, form)
            if request.form.get("step") != "apply":
                result = changing.outcome(activity, wanted, since=since, now=now)
                return edit_page(activity, form, result)
            reason = gettext("The series has been changed.")
            if since:
                activity = changing.change_following(
                    activity, wanted, since=since, reason=reason, actor=actor, now=now
                )
            else:
                changing.change_all(activity, wanted, reason=reason, actor=actor, now=now)
            flash(gettext("The series and its shifts to come are changed."), "success")
            return redirect(url_for("activities.show", public_id=activity.public_id), 303)
    return edit_page(own_activity(public_id), form, result)


def since_asked() -> date | None:
    """Return the day from which the address says that the change holds, None for all."""
    text = request.args.get("since", "")
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        raise NotFound() from None
    if day and day.year not in clock.YEARS:
        raise NotFound()
    return day


def wanted_values(activity: Activity, form: SeriesForm) -> dict[str, Any]:
    """Return what the form asks for; a leader whose name was left as it stood stays."""
    under = current_actor().paths(*SCHEDULERS)
    leader_id = activity.leader_id
    if form.leader.data != (activity.leader.name if activity.leader else ""):
        day = clock.local_day(clock.now())
        leader_id = shift_queries.leader_for(activity.unit, form.leader.data, day=day)
    facts = form.facts
    return {
        **facts,
        "content": facts["content"] or facts["title"],
        "site_id": shift_queries.site_by_code(form.site.data, under=under).id,
        "leader_id": leader_id,
    }


def edit_page(
    activity: Activity, form: SeriesForm, result: changing.Outcome | None
) -> tuple[str, int]:
    offer_sites(form)
    page = render_template(
        "activities/edit.html",
        form=form,
        activity=activity,
        since=since_asked(),
        rule=words_of.rule_text(activity.rrule),
        result=result,
        fates=changing.Fate,
        words=words_of,
    )
    return page, form.status


def offer_sites(form: SeriesForm) -> None:
    under = current_actor().paths(*SCHEDULERS)
    form.offer_sites(shift_queries.site_choices(under=under, chosen=form.site.data))


def own_activity(public_id: str) -> Activity:
    """Return an activity that the caller plans; those of others do not exist."""
    return queries.activity(public_id, under=current_actor().paths(*SCHEDULERS))
