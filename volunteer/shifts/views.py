"""Pages of sites, of the week's shifts, and of one shift."""

from collections.abc import Sequence
from datetime import date, time, timedelta
from itertools import groupby

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from volunteer.core import clock
from volunteer.core.actor import SCHEDULERS
from volunteer.core.login import current_actor
from volunteer.units import queries as units

from . import (
    access,
    candidates,
    checkin_views,
    copy_views,
    edit_views,
    gate,
    place_views,
    queries,
    rules,
    service,
)
from .forms import AssignForm, CancelForm, SingleForm, SiteForm
from .models import Nature, Shift, ShiftState, Site
from .queries import ShiftLine
from .rules import Week

bp = Blueprint("shifts", __name__)


@bp.get("/sites")
def sites() -> tuple[str, int]:
    access.require_reader(current_actor())
    return sites_page(SiteForm())


@bp.post("/sites")
def create_site() -> Response | tuple[str, int]:
    actor = current_actor()
    under = access.require_scheduler(actor)
    form = SiteForm().offer(queries.unit_choices(under=under), queries.grid_choices(under=under))
    if form.validate_on_submit():
        with form.refusals():
            site = service.create_site(
                code=form.code.data,
                name=form.name.data,
                unit=queries.own_unit(form.unit.data, under=under),
                address=form.address.data or None,
                grid_id=form.grid.data or None,
                actor=actor,
                now=clock.now(),
            )
            flash(gettext("The site is there. Print its poster and hang it up."), "success")
            return redirect(url_for(".site", code=site.code), 303)
    return sites_page(form)


def sites_page(form: SiteForm) -> tuple[str, int]:
    actor = current_actor()
    words = request.args.get("q", "").strip()[:60]
    readable = access.require_reader(actor)
    grid = units.grid_named(request.args.get("grid", ""), under=readable)
    schedules = actor.paths(*SCHEDULERS)
    form.offer(queries.unit_choices(under=schedules), queries.grid_choices(under=schedules))
    page = render_template(
        "shifts/sites.html",
        form=form,
        words=words,
        grid=grid,
        grids=units.grid_choices(under=readable),
        page=queries.sites(
            under=readable,
            grid_id=grid.id if grid else None,
            words=words,
            after=request.args.get("after", ""),
        ),
        may_schedule=bool(schedules),
    )
    return page, form.status


@bp.get("/sites/<string:code>")
def site(code: str) -> str:
    actor = current_actor()
    found = queries.site_by_code(code, under=access.require_reader(actor))
    return render_template(
        "shifts/site.html",
        site=found,
        lines=queries.next_at_site(found.id, now=clock.now()),
        may_schedule=access.may_schedule(actor, found.unit.path),
    )


@bp.post("/sites/<string:code>/revoke")
def revoke(code: str) -> Response:
    actor = current_actor()
    service.revoke_posters(own_site(code), actor=actor, now=clock.now())
    flash(gettext("All printed codes of this site are void. Print the new poster now."), "success")
    return redirect(url_for(".site", code=code), 303)


@bp.get("/shifts")
def index() -> str:
    actor = current_actor()
    readable = access.require_reader(actor)
    week = rules.week_asked(request.args.get("week", ""), today=clock.local_day(clock.now()))
    unit = units.named(request.args.get("unit", ""), under=readable)
    grid = units.grid_named(request.args.get("grid", ""), under=readable)
    grid_id = grid.id if grid else None
    under = [unit.path] if unit else readable
    gaps_only = request.args.get("gaps") == "1"
    since, until = clock.at(week.monday, time()), clock.at(week.next.monday, time())
    page = queries.shifts_between(
        since,
        until,
        under=under,
        grid_id=grid_id,
        gaps_only=gaps_only,
        after=request.args.get("after", ""),
    )
    return render_template(
        "shifts/index.html",
        week=week,
        this_week=Week.of(clock.local_day(clock.now())),
        unit=unit,
        units=units.listing(under=readable),
        grid=grid,
        grids=units.grid_choices(under=readable),
        gaps_only=gaps_only,
        demand=queries.demand_between(since, until, under=under, grid_id=grid_id),
        days=by_day(page.lines),
        after=page.after,
        may_schedule=bool(actor.paths(*SCHEDULERS)),
    )


def by_day(lines: Sequence[ShiftLine]) -> list[tuple[date, list[ShiftLine]]]:
    """Return the lines, which are in the order of time, by the local day of their start."""
    days = groupby(lines, lambda line: clock.local_day(line.shift.starts_at))
    return [(day, list(these)) for day, these in days]


@bp.get("/shifts/new")
def single() -> tuple[str, int]:
    access.require_scheduler(current_actor())
    day = clock.local_day(clock.now()) + timedelta(days=1)
    form = SingleForm(
        key=service.new_public_id(), site=request.args.get("site"), day=day, starts=time(9)
    )
    return single_page(form)


@bp.post("/shifts/new")
def open_single() -> Response | tuple[str, int]:
    actor, now = current_actor(), clock.now()
    under = access.require_scheduler(actor)
    form = SingleForm()
    form.offer(queries.site_choices(under=under, chosen=form.site.data))
    if form.validate_on_submit():
        with form.refusals():
            site = own_site(form.site.data)
            starts_at = clock.at(form.day.data, form.starts.data)
            shift = service.open_shift(
                site=site,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(minutes=form.minutes.data),
                title=form.title.data or None,
                content=form.content.data or None,
                leader_id=queries.leader_for(site.unit, form.leader.data, day=clock.local_day(now)),
                wanted=form.wanted.data,
                capacity=form.capacity.data,
                nature=Nature(form.nature.data),
                key=form.key.data if rules.is_key(form.key.data or "") else None,
                actor=actor,
                now=now,
            )
            flash(gettext("The shift is open. Now assign people to it."), "success")
            return redirect(url_for(".show", public_id=shift.public_id), 303)
    return single_page(form)


def single_page(form: SingleForm) -> tuple[str, int]:
    under = current_actor().paths(*SCHEDULERS)
    form.offer(queries.site_choices(under=under, chosen=form.site.data))
    page = render_template("shifts/single.html", form=form, most_sites=queries.CHOICES)
    return page, form.status


@bp.get("/shifts/<string:public_id>")
def show(public_id: str) -> str:
    actor, now = current_actor(), clock.now()
    shift = queries.shift(public_id, under=access.require_reader(actor))
    people = candidates.assigned_to(shift)
    return render_template(
        "shifts/show.html",
        shift=shift,
        week=Week.of(clock.local_day(shift.starts_at)),
        people=people,
        missing=rules.missing(shift.wanted, len(people)),
        waiting=[each for ask in candidates.waiting for each in ask(shift.id)],
        takes_place=shift.state == ShiftState.PLANNED,
        is_over=shift.ends_at <= now,
        may_schedule=access.may_schedule(actor, shift.unit.path),
    )


@bp.get("/shifts/<string:public_id>/assign")
def assign(public_id: str) -> tuple[str, int]:
    return assign_page(own_shift(public_id), AssignForm(q=request.args.get("q", "")))


@bp.post("/shifts/<string:public_id>/assign")
def assign_people(public_id: str) -> Response | tuple[str, int]:
    shift = own_shift(public_id)
    form = AssignForm()
    if form.validate_on_submit():
        with form.refusals():
            new = service.assign_listed(
                shift,
                form.people.data,
                beyond_wanted=form.beyond_wanted.data == "yes",
                actor=current_actor(),
                now=clock.now(),
            )
            flash(ngettext("%(num)s person assigned.", "%(num)s people assigned.", new), "success")
            if names := gate.untrained_listed(shift, form.people.data, clock.now()):
                told = gettext(
                    "Not trained yet, or too long ago: %(people)s.", people="、".join(names)
                )
                flash(told, "warning")
            return redirect(url_for(".show", public_id=public_id), 303)
    return assign_page(shift, form)


def assign_page(shift: Shift, form: AssignForm) -> tuple[str, int]:
    """Show whom one may assign: those searched for, else those of the shift's unit and of its
    grid's units; after a refusal those who were chosen."""
    under = current_actor().paths(*SCHEDULERS)
    words = (form.q.data or "").strip()[:60]
    chosen = form.people.data if form.refusal else []
    page = render_template(
        "shifts/assign.html",
        form=form,
        shift=shift,
        words=words,
        chosen=chosen,
        beyond=form.refusal is not None and form.refusal.code == "beyond_wanted",
        lines=candidates.candidates(
            shift,
            under=under if words or chosen else queries.offered_paths(shift, under=under),
            words="" if chosen else words,
            only=chosen,
        ),
        limit=candidates.PAGE,
        assigned=queries.assigned_count(shift.id),
        is_open=shift.state == ShiftState.PLANNED and shift.ends_at > clock.now(),
    )
    return page, form.status


@bp.post("/shifts/<string:public_id>/people/<string:person_id>/remove")
def remove(public_id: str, person_id: str) -> Response:
    shift = own_shift(public_id)
    service.unassign(shift, person_id, actor=current_actor(), now=clock.now())
    flash(gettext("Taken off the shift."), "success")
    return redirect(url_for(".show", public_id=public_id), 303)


@bp.get("/shifts/<string:public_id>/cancel")
def cancel(public_id: str) -> tuple[str, int]:
    return cancel_page(own_shift(public_id), CancelForm())


@bp.post("/shifts/<string:public_id>/cancel")
def cancel_shift(public_id: str) -> Response | tuple[str, int]:
    shift = own_shift(public_id)
    form = CancelForm()
    if form.validate_on_submit():
        service.cancel(shift, reason=form.told, actor=current_actor(), now=clock.now())
        flash(gettext("The shift is cancelled, and the people are free again."), "success")
        return redirect(url_for(".show", public_id=public_id), 303)
    return cancel_page(shift, form)


def cancel_page(shift: Shift, form: CancelForm) -> tuple[str, int]:
    page = render_template(
        "shifts/cancel.html",
        form=form,
        shift=shift,
        assigned=queries.assigned_count(shift.id),
        takes_place=shift.state == ShiftState.PLANNED,
    )
    return page, form.status


def own_shift(public_id: str) -> Shift:
    """Return a shift that the caller schedules; those of others do not exist."""
    return queries.shift(public_id, under=current_actor().paths(*SCHEDULERS))


def own_site(code: str) -> Site:
    return queries.site_by_code(code, under=current_actor().paths(*SCHEDULERS))


blueprints = (bp, edit_views.bp, copy_views.bp, checkin_views.bp, place_views.bp)
