"""Pages of series of activities."""

from collections.abc import Sequence
from datetime import time

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from volunteer.core import clock
from volunteer.core.actor import SCHEDULERS
from volunteer.core.login import current_actor
from volunteer.shifts import queries as shifts
from volunteer.shifts import rules as shift_rules
from volunteer.shifts import service as shift_service
from volunteer.shifts.models import ShiftState
from volunteer.units import queries as units

from . import access, opening, queries, rules, series_views, service
from . import words as words_of
from .forms import ActivityForm, DayForm, EndForm
from .models import Activity, ExceptionKind

bp = Blueprint("activities", __name__)


@bp.get("/activities")
def index() -> str:
    actor = current_actor()
    readable = access.require_reader(actor)
    words = request.args.get("q", "").strip()[:60]
    unit = units.named(request.args.get("unit", ""), under=readable)
    over = request.args.get("over") == "1"
    return render_template(
        "activities/index.html",
        page=queries.activities(
            under=[unit.path] if unit else readable,
            today=clock.local_day(clock.now()),
            words=words,
            over=over,
            after=request.args.get("after", ""),
        ),
        words=words,
        unit=unit,
        units=units.listing(under=readable),
        over=over,
        rule_text=words_of.rule_text,
        categories=words_of.CATEGORIES,
        may_plan=bool(actor.paths(*SCHEDULERS)),
    )


@bp.get("/activities/new")
def create() -> tuple[str, int]:
    access.require_planner(current_actor())
    form = ActivityForm(
        key=shift_service.new_public_id(),
        unit=request.args.get("unit"),
        site=request.args.get("site"),
        starts=time(15),
        first_on=clock.local_day(clock.now()),
    )
    return create_page(form)


@bp.post("/activities/new")
def create_activity() -> Response | tuple[str, int]:
    actor, now = current_actor(), clock.now()
    under = access.require_planner(actor)
    form = offering(ActivityForm(), under)
    if form.validate_on_submit():
        with form.refusals():
            unit = shifts.own_unit(form.unit.data, under=under)
            made = service.create(
                unit=unit,
                site=shifts.site_by_code(form.site.data, under=under),
                **form.facts,
                first_on=form.first_on.data,
                leader_id=shifts.leader_for(unit, form.leader.data, day=clock.local_day(now)),
                key=form.key.data if shift_rules.is_key(form.key.data or "") else None,
                actor=actor,
                now=now,
            )
            flash(
                ngettext(
                    "The activity is planned; %(num)s shift is open.",
                    "The activity is planned; %(num)s shifts are open.",
                    made.opened,
                ),
                "success",
            )
            return redirect(url_for(".show", public_id=made.activity.public_id), 303)
    return create_page(form)


def create_page(form: ActivityForm) -> tuple[str, int]:
    offering(form, current_actor().paths(*SCHEDULERS))
    page = render_template("activities/create.html", form=form, most_sites=shifts.CHOICES)
    return page, form.status


@bp.get("/activities/<string:public_id>")
def show(public_id: str) -> tuple[str, int]:
    activity = queries.activity(public_id, under=access.require_reader(current_actor()))
    return show_page(activity, DayForm(formdata=None))


def show_page(activity: Activity, day_form: DayForm) -> tuple[str, int]:
    now = clock.now()
    today = clock.local_day(now)
    source = rules.source(activity.id)
    page = render_template(
        "activities/show.html",
        activity=activity,
        rule=words_of.rule_text(activity.rrule),
        words=words_of,
        today=today,
        day_form=day_form,
        exceptions=opening.exceptions([activity.id], since=today),
        next_lines=shifts.opened_by(source, site_id=activity.site_id, now=now),
        past_lines=shifts.opened_by(source, site_id=activity.site_id, now=now, past=True),
        may_plan=access.may_plan(current_actor(), activity.unit.path),
    )
    return page, day_form.status


@bp.post("/activities/<string:public_id>/days")
def except_day(public_id: str) -> Response | tuple[str, int]:
    actor, now = current_actor(), clock.now()
    activity = own_activity(public_id)
    form = DayForm()
    if form.validate_on_submit():
        with form.refusals():
            verb = (
                service.put_in
                if request.form.get("kind") == ExceptionKind.EXTRA
                else service.take_out
            )
            verb(activity, form.day.data, reason=form.reason.data, actor=actor, now=now)
            flash(gettext("Written down. Opening shifts keeps to it."), "success")
            return redirect(url_for(".show", public_id=public_id), 303)
    return show_page(activity, form)


@bp.get("/activities/<string:public_id>/end")
def end(public_id: str) -> tuple[str, int]:
    return end_page(own_activity(public_id), EndForm())


@bp.post("/activities/<string:public_id>/end")
def end_activity(public_id: str) -> Response | tuple[str, int]:
    activity = own_activity(public_id)
    form = EndForm()
    if form.validate_on_submit():
        cancelled = service.end(
            activity, reason=form.reason.data, actor=current_actor(), now=clock.now()
        )
        flash(
            ngettext(
                "The activity is ended; %(num)s shift without people is cancelled.",
                "The activity is ended; %(num)s shifts without people are cancelled.",
                cancelled,
            ),
            "success",
        )
        return redirect(url_for(".show", public_id=public_id), 303)
    return end_page(activity, form)


def end_page(activity: Activity, form: EndForm) -> tuple[str, int]:
    lines = shifts.opened_by(
        rules.source(activity.id), site_id=activity.site_id, now=clock.now(), limit=200
    )
    planned = [line for line in lines if line.shift.state == ShiftState.PLANNED]
    page = render_template(
        "activities/end.html",
        form=form,
        activity=activity,
        idle=sum(not line.assigned for line in planned),
        remaining=[line for line in planned if line.assigned],
    )
    return page, form.status


def offering(form: ActivityForm, under: Sequence[str]) -> ActivityForm:
    """Return the form with the units and sites there are to choose from."""
    sites = shifts.site_choices(under=under, chosen=form.site.data)
    return form.offer(shifts.unit_choices(under=under), sites)


def own_activity(public_id: str) -> Activity:
    """Return an activity that the caller plans; those of others do not exist."""
    return queries.activity(public_id, under=current_actor().paths(*SCHEDULERS))


blueprints = (bp, series_views.bp)
