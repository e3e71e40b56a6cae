"""Pages on which one shift is changed, and a day is called off for all."""

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext, ngettext
from werkzeug.wrappers import Response

from volunteer.core import clock
from volunteer.core.actor import SCHEDULERS
from volunteer.core.login import current_actor

from . import access, calling_off, editing, queries, taking_back
from .calling_off import Concerned
from .editing import Details
from .forms import CallOffForm, EditForm
from .models import CallOff, Shift, ShiftState
from .rules import Week
from .taking_back import Comeback, Why

bp = Blueprint("editing", __name__)

#: How many shifts a preview lists; the numbers are of all.
LISTED = 100
#: How many people are named in the message afterwards.
NAMED = 10
WHYS = {
    Why.ELSEWHERE: lazy_gettext("serves elsewhere by now"),
    Why.FULL: lazy_gettext("the shift is full"),
    Why.GONE: lazy_gettext("no longer of this unit"),
}


@bp.get("/shifts/<string:public_id>/edit")
def edit(public_id: str) -> tuple[str, int]:
    shift = own_shift(public_id)
    starts = clock.local(shift.starts_at)
    kept = ("title", "content", "wanted", "capacity", "nature", "sign_up")
    form = EditForm(
        **{name: getattr(shift, name) for name in kept},
        site=shift.site.code,
        day=starts.date(),
        starts=starts.time(),
        minutes=(shift.ends_at - shift.starts_at) // timedelta(minutes=1),
        leader=shift.leader.name if shift.leader else "",
        needs=shift.needs or "",
        grants=shift.grants or "",
    )
    return edit_page(shift, form)


@bp.post("/shifts/<string:public_id>/edit")
def change(public_id: str) -> Response | tuple[str, int]:
    actor, now = current_actor(), clock.now()
    shift = own_shift(public_id)
    form = EditForm()
    offer_sites(form)
    if form.validate_on_submit():
        with form.refusals():
            told = editing.edit(shift, asked_details(shift, form), actor=actor, now=now)
            flash(
                ngettext(
                    "The shift is changed; %(num)s person is told.",
                    "The shift is changed; %(num)s people are told.",
                    told,
                )
                if told
                else gettext("The shift is changed."),
                "success",
            )
            return redirect(url_for("shifts.show", public_id=public_id), 303)
    return edit_page(own_shift(public_id), form)


def asked_details(shift: Shift, form: EditForm) -> Details:
    """Return what the form asks for; a leader whose name was left as it stood stays."""
    site = queries.site_by_code(form.site.data, under=current_actor().paths(*SCHEDULERS))
    starts_at = clock.at(form.day.data, form.starts.data)
    leader_id = shift.leader_id
    if form.leader.data != (shift.leader.name if shift.leader else ""):
        day = clock.local_day(clock.now())
        named = queries.leader_for(shift.unit, form.leader.data, day=day)
        leader_id = named or queries.coordinator_of(shift.unit)
    return Details(
        title=form.title.data or site.name,
        content=form.content.data or form.title.data or site.name,
        site_id=site.id,
        leader_id=leader_id,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=form.minutes.data),
        wanted=form.wanted.data,
        capacity=form.capacity.data,
        nature=form.nature.data,
        sign_up=form.sign_up.data,
        needs=form.needs.data or None,
        grants=form.grants.data or None,
    )


def edit_page(shift: Shift, form: EditForm) -> tuple[str, int]:
    offer_sites(form)
    page = render_template(
        "shifts/edit.html",
        form=form,
        shift=shift,
        assigned=queries.assigned_count(shift.id),
        is_series=bool(shift.source),
        may_change=shift.state == ShiftState.PLANNED and shift.ends_at > clock.now(),
    )
    return page, form.status


def offer_sites(form: EditForm) -> None:
    under = current_actor().paths(*SCHEDULERS)
    form.offer(queries.site_choices(under=under, chosen=form.site.data))


@bp.get("/shifts/call-off")
def call_off() -> tuple[str, int]:
    access.require_scheduler(current_actor())
    tomorrow = clock.local_day(clock.now()) + timedelta(days=1)
    return call_off_page(CallOffForm(unit=request.args.get("unit"), day=tomorrow), None)


@bp.post("/shifts/call-off")
def call_off_day() -> Response | tuple[str, int]:
    """Look at what is called off; the second button of the page does it."""
    actor, now = current_actor(), clock.now()
    under = access.require_scheduler(actor)
    form = CallOffForm().offer(queries.unit_choices(under=under))
    if form.validate_on_submit():
        with form.refusals():
            unit = queries.own_unit(form.unit.data, under=under)
            hours = {"since": form.since.data, "until": form.until.data}
            if request.form.get("step") != "apply":
                starts, ends = calling_off.stretch(form.day.data, **hours)
                found = calling_off.concerned(starts, ends, under=[unit.path], now=now)
                return call_off_page(form, found)
            done = calling_off.call_off(
                unit, form.day.data, **hours, reason=form.told, actor=actor, now=now
            )
            told = ngettext("%(num)s person is told.", "%(num)s people are told.", done.people)
            shifts = ngettext(
                "%(num)s shift is called off.", "%(num)s shifts are called off.", len(done.going)
            )
            hint = gettext("Called off by mistake? Here you can take it back.")
            flash(f"{shifts}{told}{hint}", "success")
            record = done.record.public_id if done.record else None
            return redirect(url_for("editing.called_off", call_off_id=record), 303)
    return call_off_page(form, None)


def call_off_page(form: CallOffForm, found: Concerned | None) -> tuple[str, int]:
    under = current_actor().paths(*SCHEDULERS)
    form.offer(queries.unit_choices(under=under))
    lately = taking_back.lately(under=under, now=clock.now())
    page = render_template(
        "shifts/call_off.html", form=form, found=found, lately=lately, listed=LISTED
    )
    return page, form.status


@bp.get("/shifts/call-off/<string:call_off_id>")
def called_off(call_off_id: str) -> str:
    """Show what taking a calling-off back does; the button of the page does it."""
    call_off = taking_back.own(call_off_id, under=current_actor().paths(*SCHEDULERS))
    return render_template(
        "shifts/take_back.html",
        call_off=call_off,
        found=taking_back.comeback(call_off, now=clock.now()),
        whys=WHYS,
        listed=LISTED,
        week=week_of(call_off),
    )


@bp.post("/shifts/call-off/<string:call_off_id>")
def take_back(call_off_id: str) -> Response:
    actor, now = current_actor(), clock.now()
    call_off = taking_back.own(call_off_id, under=actor.paths(*SCHEDULERS))
    week, unit = week_of(call_off), call_off.unit.code
    done = taking_back.take_back(call_off, actor=actor, now=now)
    flash(words_of(done), "success")
    if done.left_out:
        flash(words_of_left_out(done), "info")
    return redirect(url_for("shifts.index", week=week, unit=unit), 303)


def week_of(call_off: CallOff) -> Week:
    return Week.of(clock.local_day(call_off.starts_at))


def words_of(done: Comeback) -> str:
    shifts = ngettext(
        "Taken back: %(num)s shift is planned again.",
        "Taken back: %(num)s shifts are planned again.",
        len(done.coming),
    )
    people = ngettext(
        "%(num)s person is assigned again and told.",
        "%(num)s people are assigned again and told.",
        len(done.places),
    )
    return f"{shifts}{people}"


def words_of_left_out(done: Comeback) -> str:
    """Say how many do not come back, and who, as far as there is room."""
    names = list(dict.fromkeys(each.name for each in done.left_out))
    listed = "、".join(names[:NAMED]) + ("…" if len(names) > NAMED else "")
    return ngettext(
        "%(num)s person could not be assigned again: %(people)s.",
        "%(num)s people could not be assigned again: %(people)s.",
        len(done.left_out),
        people=listed,
    )


def own_shift(public_id: str) -> Shift:
    """Return a shift that the caller schedules; those of others do not exist."""
    return queries.shift(public_id, under=current_actor().paths(*SCHEDULERS))
