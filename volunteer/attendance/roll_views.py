"""Pages of a shift's leader: who is there, the roll, and taking back what was just recorded."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as AnyResponse

from volunteer.core import clock
from volunteer.core.actor import KEEPERS, READERS
from volunteer.core.fragments import render
from volunteer.core.login import current_actor
from volunteer.people.rules import mask_phone
from volunteer.shifts.models import Shift, ShiftState

from . import access, enrolment, forms, overriding, presence, rules, undoing
from . import roll_call as roll
from .by_hand import OverrideReason
from .models import Direction
from .presence import Place

#: The pages of the codes (`views`) belong to it, too.
bp = Blueprint("attendance", __name__)

#: A person on the list, how the person stands, the masked phone.
Line = tuple[Place, str, str]


def lines_of(shift: Shift, *, over: bool) -> list[Line]:
    """Return everybody of the shift, by name: one query."""
    people = presence.places(shift.id, clock.local_day(shift.starts_at))
    return [(p, rules.standing(p.state, p.review, over=over), mask_phone(p.phone)) for p in people]


def runs(shift: Shift, now: datetime) -> bool:
    """Tell whether something may still change by itself on the page of the shift."""
    closes_at = shift.ends_at + timedelta(minutes=shift.settings.closes_after_minutes)
    return roll.may_begin(shift, now) and now <= closes_at


@bp.get("/shifts/<string:public_id>/live")
def live(public_id: str) -> Response:
    shift = presence.shift_with(public_id)
    actor, now = current_actor(), clock.now()
    access.require_look(actor, shift.unit.path, shift.leader_id)
    not_synced = (
        enrolment.not_synced([shift.id], now).get(shift.id, 0) if now >= shift.ends_at else 0
    )
    over = now >= shift.ends_at and not not_synced
    lines = lines_of(shift, over=over)
    may_call = access.may_call_roll(actor, shift.unit.path, shift.leader_id)
    return render(
        "attendance/live.html",
        "attendance/_live.html",
        shift=shift,
        lines=lines,
        count=Counter(standing for _, standing, _ in lines),
        not_synced=not_synced,
        over=over,
        runs=runs(shift, now),
        now=now,
        manages=actor.holds(shift.unit.path, *READERS),
        leads=may_call,
        may_call=may_call and roll.may_begin(shift, now),
        may_show=may_call and now < shift.ends_at and shift.state == ShiftState.PLANNED,
    )


@bp.get("/shifts/<string:public_id>/roll-call")
def roll_page(public_id: str) -> Response:
    shift = presence.shift_with(public_id)
    access.require_roll(current_actor(), shift.unit.path, shift.leader_id)
    words = request.args.get("q", "")[:40]
    return shown(shift, forms.RollForm(formdata=None), words=words)


def shown(
    shift: Shift,
    form: forms.RollForm,
    *,
    words: str = "",
    taking_back: forms.UndoForm | None = None,
) -> Response:
    """Render the roll; who is ticked stays in sight, whatever is searched for."""
    actor, now = current_actor(), clock.now()
    ticked = set(form.person.data or ())
    everybody = lines_of(shift, over=now >= shift.ends_at)
    wanted = [
        line for line in everybody if line[0].public_id in ticked or presence.fits(line[0], words)
    ]
    taking_back = taking_back or forms.UndoForm(formdata=None)
    page = render_template(
        "attendance/roll.html",
        shift=shift,
        words=words,
        waiting=[line for line in wanted if line[0].is_free],
        there=[line for line in wanted if line[0].state == "open"],
        recorded=sum(not line[0].is_free for line in everybody),
        people=len(everybody),
        ticked=ticked,
        over=now >= shift.ends_at,
        may_begin=roll.may_begin(shift, now),
        opens_at=roll.opens_at(shift),
        undoable=undoing.undoable(shift.id, actor=actor, now=now),
        form=form,
        taking_back=taking_back,
    )
    return make_response(page, max(form.status, taking_back.status))


@bp.post("/shifts/<string:public_id>/roll-call")
def roll_call(public_id: str) -> AnyResponse:
    shift = presence.shift_with(public_id)
    access.require_roll(current_actor(), shift.unit.path, shift.leader_id)
    form = forms.RollForm()
    words = request.form.get("q", "")[:40]
    if "find" not in request.form and form.validate_on_submit():
        changed = roll.call_roll(
            shift,
            form.person.data,
            Direction(form.direction.data),
            reason=form.note,
            actor=current_actor(),
            now=clock.now(),
        )
        told = ngettext("%(num)s person recorded.", "%(num)s people recorded.", changed)
        flash(told, "success" if changed else "info")
        return redirect(url_for("attendance.roll_page", public_id=public_id), 303)
    return shown(shift, form, words=words)


@bp.post("/shifts/<string:public_id>/roll-call/undo")
def undo(public_id: str) -> AnyResponse:
    shift = presence.shift_with(public_id)
    actor, now = current_actor(), clock.now()
    access.require_roll(actor, shift.unit.path, shift.leader_id)
    form = forms.UndoForm()
    if form.validate_on_submit():
        keys = keys_of(form.person.data, undoing.undoable(shift.id, actor=actor, now=now))
        undone = undoing.undo(shift, keys, reason=form.note, actor=actor, now=now)
        told = ngettext("Taken back for %(num)s person.", "Taken back for %(num)s people.", undone)
        flash(told, "success" if undone else "info")
        return redirect(url_for("attendance.roll_page", public_id=public_id), 303)
    return shown(shift, forms.RollForm(formdata=None), taking_back=form)


@bp.get("/shifts/<string:public_id>/override")
def override_page(public_id: str) -> Response:
    shift = presence.shift_with(public_id)
    access.require_roll(current_actor(), shift.unit.path, shift.leader_id)
    return override_shown(shift, forms.OverrideForm(formdata=None))


def override_shown(shift: Shift, form: forms.OverrideForm) -> Response:
    page = render_template(
        "attendance/override.html",
        shift=shift,
        form=form,
        had=overriding.exceptions_of(shift),
        keeps=current_actor().holds(shift.unit.path, *KEEPERS),
    )
    return make_response(page, form.status)


@bp.post("/shifts/<string:public_id>/override")
def override(public_id: str) -> AnyResponse:
    shift = presence.shift_with(public_id)
    access.require_roll(current_actor(), shift.unit.path, shift.leader_id)
    form = forms.OverrideForm()
    if form.validate_on_submit():
        with form.refusals():
            name = overriding.override(
                shift,
                form.who.data,
                Direction(form.direction.data),
                at=forms.moment_after(shift.starts_at - overriding.EARLY, form.at.data),
                code=OverrideReason(form.reason.data),
                words=form.words.data,
                reason=form.note,
                actor=current_actor(),
                now=clock.now(),
            )
            flash(gettext("%(name)s is recorded.", name=name), "success")
            return redirect(url_for("attendance.live", public_id=public_id), 303)
    return override_shown(shift, form)


def keys_of(people: Sequence[str], undoable: Sequence[undoing.Undoable]) -> list[str]:
    """Return the keys of what was recorded of these people; who is not among them stays out."""
    return [each.key for each in undoable if each.public_id in people]
