"""Pages of persuasion posts."""

from collections.abc import Sequence
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response

from volunteer.core import clock
from volunteer.core.actor import SCHEDULERS
from volunteer.core.login import current_actor
from volunteer.shifts import queries as shifts
from volunteer.shifts.models import ShiftState
from volunteer.units import queries as units
from volunteer.units.models import Unit

from . import access, change_views, opening, queries, rules, service, sheet_views, wording
from .facts import facts_of
from .forms import (
    HOLIDAYS,
    PLACES,
    SHOWN_WINDOWS,
    SIZES,
    TURNS,
    EndForm,
    PostForm,
)
from .models import Post
from .window_form import WEEKDAYS

bp = Blueprint("posts", __name__)

#: Shifts to come that the page of a post lists; the week view has them all.
NEXT_SHIFTS = 14


@bp.get("/posts")
def index() -> str:
    actor = current_actor()
    readable = access.require_reader(actor)
    words = request.args.get("q", "").strip()[:60]
    unit = units.named(request.args.get("unit", ""), under=readable)
    grid = units.grid_named(request.args.get("grid", ""), under=readable)
    over = request.args.get("over") == "1"
    return render_template(
        "posts/index.html",
        page=queries.posts(
            under=[unit.path] if unit else readable,
            grid_id=grid.id if grid else None,
            today=clock.local_day(clock.now()),
            words=words,
            over=over,
            after=request.args.get("after", ""),
        ),
        words=words,
        unit=unit,
        units=units.listing(under=readable),
        grid=grid,
        grids=units.grid_choices(under=readable),
        over=over,
        may_plan=bool(actor.paths(*SCHEDULERS)),
    )


@bp.get("/posts/new")
def create() -> tuple[str, int]:
    access.require_planner(current_actor())
    return create_page(
        PostForm(
            unit=request.args.get("unit"),
            site=request.args.get("site"),
            first_on=clock.local_day(clock.now()),
        )
    )


@bp.post("/posts/new")
def create_post() -> Response | tuple[str, int]:
    actor, now = current_actor(), clock.now()
    under = access.require_planner(actor)
    form = offering(PostForm(), under)
    if form.validate_on_submit():
        with form.refusals():
            unit = shifts.own_unit(form.unit.data, under=under)
            code = form.site.data
            made = service.create(
                code=form.code.data,
                unit=unit,
                site=shifts.site_by_code(code, under=under) if code else None,
                address=form.address.data or None,
                windows=form.used_windows,
                leader_id=shifts.leader_for(unit, form.leader.data, day=clock.local_day(now)),
                wanted=form.wanted.data,
                first_on=form.first_on.data,
                turns_from=form.turns_from.data,
                turn_units=queries.units_named(
                    form.unit_names, under=under, day=clock.local_day(now)
                ),
                **form.plain,
                actor=actor,
                now=now,
            )
            flash(
                ngettext(
                    "The post is set up; %(num)s shift is open.",
                    "The post is set up; %(num)s shifts are open.",
                    made.opened,
                ),
                "success",
            )
            return redirect(url_for(".show", code=made.post.code), 303)
    return create_page(form)


def create_page(form: PostForm) -> tuple[str, int]:
    offering(form, current_actor().paths(*SCHEDULERS))
    page = render_template(
        "posts/create.html", form=form, shown_windows=SHOWN_WINDOWS, most_sites=shifts.CHOICES
    )
    return page, form.status


@bp.get("/posts/<string:code>")
def show(code: str) -> str:
    actor, now = current_actor(), clock.now()
    post = queries.post(code, under=access.require_reader(actor))
    source, today = rules.source(post.id), clock.local_day(now)
    may_plan = access.may_plan(actor, post.unit.path)
    return render_template(
        "posts/show.html",
        post=post,
        today=today,
        places=PLACES,
        sizes=SIZES,
        holidays=HOLIDAYS,
        turns=TURNS,
        turn_today=turn_on(post, today),
        resting=queries.suspensions(post.id, since=today),
        newest=next(iter(queries.versions(post.id, limit=1)), None),
        windows=[(each, rules.weekdays_of(each.weekdays)) for each in post.windows],
        weekdays=WEEKDAYS,
        next_lines=shifts.opened_by(source, site_id=post.site_id, now=now, limit=NEXT_SHIFTS),
        past_lines=shifts.opened_by(source, site_id=post.site_id, now=now, past=True),
        may_plan=may_plan,
    )


@bp.get("/posts/<string:code>/history")
def history(code: str) -> str:
    actor, now = current_actor(), clock.now()
    post = queries.post(code, under=access.require_reader(actor))
    versions = queries.versions(post.id)
    named, led = wording.ids_of(versions)
    names = {each.id: each.name for each in units.by_ids(named).values()}
    leaders = queries.names_of(led)
    return render_template(
        "posts/history.html",
        post=post,
        versions=versions,
        changes={
            each.id: wording.changes_of(each, units=names, people=leaders) for each in versions
        },
        authors=queries.authors_of(versions),
        differing=opening.differing(post, now=now) if versions else [],
    )


@bp.get("/posts/<string:code>/end")
def end(code: str) -> tuple[str, int]:
    return end_page(change_views.own_post(code), EndForm())


@bp.post("/posts/<string:code>/end")
def end_post(code: str) -> Response | tuple[str, int]:
    post = change_views.own_post(code)
    form = EndForm()
    if form.validate_on_submit():
        cancelled = service.end(
            post, reason=form.reason.data, actor=current_actor(), now=clock.now()
        )
        flash(
            ngettext(
                "The post is ended; %(num)s shift without people is cancelled.",
                "The post is ended; %(num)s shifts without people are cancelled.",
                cancelled,
            ),
            "success",
        )
        return redirect(url_for(".show", code=code), 303)
    return end_page(post, form)


def end_page(post: Post, form: EndForm) -> tuple[str, int]:
    lines = shifts.opened_by(
        rules.source(post.id), site_id=post.site_id, now=clock.now(), limit=500
    )
    planned = [line for line in lines if line.shift.state == ShiftState.PLANNED]
    page = render_template(
        "posts/end.html",
        form=form,
        post=post,
        idle=sum(not line.assigned for line in planned),
        remaining=[line for line in planned if line.assigned],
    )
    return page, form.status


def offering(form: PostForm, under: Sequence[str]) -> PostForm:
    """Return the form with the units and sites there are to choose from."""
    sites = shifts.site_choices(under=under, chosen=form.site.data)
    return form.offer(shifts.unit_choices(under=under), sites)


def turn_on(post: Post, day: date) -> Unit | None:
    """Return the unit whose turn it is on a day; None where one unit keeps the post."""
    facts = facts_of(post)
    if facts.turn_by is None:
        return None
    wanted = facts.unit_on(day)
    return next(turn.unit for turn in post.turns if turn.unit_id == wanted)


blueprints = (bp, change_views.bp, sheet_views.bp)
