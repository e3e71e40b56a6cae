"""Pages of changing a post, of letting it rest, and of manning it again."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from volunteer.core import clock
from volunteer.core.actor import SCHEDULERS
from volunteer.core.login import current_actor
from volunteer.shifts import queries as shifts

from . import queries, rules, service
from .facts import Facts
from .forms import SHOWN_WINDOWS, EditForm, ResumeForm, SuspendForm
from .models import Post

bp = Blueprint("post_changes", __name__)

Page = Response | tuple[str, int]


@bp.route("/posts/<string:code>/edit", methods=["GET", "POST"])
def edit(code: str) -> Page:
    actor, now = current_actor(), clock.now()
    post, under, today = own_post(code), actor.paths(*SCHEDULERS), clock.local_day(now)
    form = EditForm.of(post, today, shifts.unit_choices(under=under))
    if form.validate_on_submit():
        with form.refusals():
            facts = facts_of_form(form, post, under=under, day=today)
            changed = service.edit(post, facts, from_on=form.from_on.data, actor=actor, now=now)
            flash(
                gettext(
                    "The change holds from %(day)s: %(updated)s shifts changed, %(opened)s "
                    "opened, %(cancelled)s cancelled.",
                    day=form.from_on.data.isoformat(),
                    updated=changed.updated,
                    opened=changed.opened,
                    cancelled=changed.cancelled,
                ),
                "success",
            )
            shown = "posts.history" if changed.kept else "posts.show"
            return redirect(url_for(shown, code=code), 303)
    page = render_template("posts/edit.html", form=form, post=post, shown_windows=SHOWN_WINDOWS)
    return page, form.status


def facts_of_form(form: EditForm, post: Post, *, under: tuple[str, ...], day: date) -> Facts:
    """Return what the form says the post is; raises what is refused beside its field."""
    unit = shifts.own_unit(form.unit.data, under=under)
    wanted = form.wanted.data
    facts = form.plain
    turns = queries.units_named(form.unit_names, under=under, day=day)
    return Facts(
        unit_id=unit.id,
        windows=tuple(form.used_windows),
        wanted=rules.WANTED[rules.Size(form.size.data)] if wanted is None else wanted,
        leader_id=shifts.leader_for(unit, form.leader.data, day=day),
        turns_from=(form.turns_from.data or form.from_on.data) if facts["turn_by"] else None,
        units=tuple(each.id for each in turns),
        **facts,
    )


@bp.route("/posts/<string:code>/suspend", methods=["GET", "POST"])
def suspend(code: str) -> Page:
    actor, now = current_actor(), clock.now()
    post = own_post(code)
    form = SuspendForm(from_on=clock.local_day(now))
    if form.validate_on_submit():
        with form.refusals():
            told = service.suspend(
                post,
                from_on=form.from_on.data,
                until_on=form.until_on.data,
                reason=form.reason.data,
                actor=actor,
                now=now,
            )
            flash(
                gettext(
                    "The post rests; %(shifts)s shifts are cancelled and %(people)s people told.",
                    shifts=told.cancelled,
                    people=told.people,
                ),
                "success",
            )
            return redirect(url_for("posts.show", code=code), 303)
    return render_template("posts/suspend.html", form=form, post=post), form.status


@bp.route("/posts/<string:code>/suspensions/<id:suspension_id>/resume", methods=["GET", "POST"])
def resume(code: str, suspension_id: int) -> Page:
    actor, now = current_actor(), clock.now()
    post, today = own_post(code), clock.local_day(now)
    resting = queries.suspension(post.id, suspension_id)
    form = ResumeForm(on=max(today, resting.from_on))
    if form.validate_on_submit():
        with form.refusals():
            opened = service.resume(post, resting.id, on=form.on.data, actor=actor, now=now)
            flash(
                ngettext(
                    "The post is manned again; %(num)s shift is opened.",
                    "The post is manned again; %(num)s shifts are opened.",
                    opened,
                ),
                "success",
            )
            return redirect(url_for("posts.show", code=code), 303)
    page = render_template("posts/resume.html", form=form, post=post, resting=resting)
    return page, form.status


def own_post(code: str) -> Post:
    """Return a post that the caller plans; those of others do not exist."""
    return queries.post(code, under=current_actor().paths(*SCHEDULERS), kept=True)
