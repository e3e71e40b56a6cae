"""The queue of what waits for a decision: one by one, many at once, a whole shift's list."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as AnyResponse

from volunteer.core import clock
from volunteer.core.actor import READERS, SCHEDULERS
from volunteer.core.addresses import number_asked
from volunteer.core.login import current_actor

from . import access, claims, deciding, forms, presence
from . import roll_call as roll
from .by_hand import Ruling
from .roll_views import bp as bp

#: How many questions stand on one page.
PAGE = 20


@bp.get("/confirmations")
def confirmations() -> str:
    return queue_page(shift=request.args.get("shift"), before=number_asked("before"))


def queue_page(
    *,
    shift: str | None = None,
    before: int | None = None,
    wrong: tuple[int, forms.DecisionForm] | None = None,
    bulk: forms.BulkForm | None = None,
) -> str:
    """Render what waits for the actor; `wrong` is the form that was sent back, by its number."""
    actor, now = current_actor(), clock.now()
    lines = presence.to_confirm(
        under=actor.paths(*SCHEDULERS),
        leader_id=actor.person_id,
        shift=shift,
        before=before,
        limit=PAGE + 1,
    )
    shown = lines[:PAGE]
    asked = {
        line.attendance_id: forms.DecisionForm(line.attendance_id, formdata=None) for line in shown
    }
    if wrong:
        asked[wrong[0]] = wrong[1]
    last = shown[-1].attendance_id if len(lines) > PAGE else None
    return render_template(
        "attendance/confirmations.html",
        works=actor.is_any(*READERS),
        lines=shown,
        forms=asked,
        bulk=bulk or forms.BulkForm(formdata=None),
        shift=shift,
        recent=deciding.recent(actor=actor, now=now),
        claims=claims.waiting(under=actor.paths(*SCHEDULERS), leader_id=actor.person_id),
        answer=forms.AnswerForm(formdata=None),
        next_url=url_for("attendance.confirmations", shift=shift, before=last) if last else None,
    )


@bp.post("/confirmations/<id:attendance_id>/confirm")
def confirm(attendance_id: int) -> AnyResponse | tuple[str, int]:
    facts = roll.open_question(attendance_id, current_actor())
    form = forms.DecisionForm(attendance_id)
    if form.validate_on_submit():
        with form.refusals():
            decided = deciding.decide(
                [attendance_id],
                Ruling.APPROVED,
                left_at=forms.moment_after(facts.arrived_at or facts.starts_at, form.left_at.data),
                reason=form.reason.data,
                actor=current_actor(),
                now=clock.now(),
            )
            minutes = decided.minutes
            told = ngettext("%(num)s minute entered.", "%(num)s minutes entered.", minutes)
            flash(told, "success")
            return redirect(url_for("attendance.confirmations"), 303)
    return queue_page(before=attendance_id + 1, wrong=(attendance_id, form)), form.status


@bp.post("/confirmations/<id:attendance_id>/reject")
def reject(attendance_id: int) -> AnyResponse | tuple[str, int]:
    roll.open_question(attendance_id, current_actor())
    form = forms.DecisionForm(attendance_id)
    if form.validate_on_submit():
        deciding.decide(
            [attendance_id],
            Ruling.REJECTED,
            reason=form.reason.data,
            actor=current_actor(),
            now=clock.now(),
        )
        flash(gettext("Decided: it does not count."), "success")
        return redirect(url_for("attendance.confirmations"), 303)
    return queue_page(before=attendance_id + 1, wrong=(attendance_id, form)), form.status


@bp.post("/confirmations/decide")
def decide() -> AnyResponse | tuple[str, int]:
    """Decide about all that are ticked; those decided in the meantime are left."""
    form = forms.BulkForm()
    shift = request.form.get("shift") or None
    if form.validate_on_submit():
        decided = deciding.decide(
            form.chosen.data,
            Ruling(form.ruling.data),
            reason=form.reason.data,
            actor=current_actor(),
            now=clock.now(),
        )
        told(decided)
        return redirect(url_for("attendance.confirmations", shift=shift), 303)
    return queue_page(shift=shift, bulk=form), form.status


def told(decided: deciding.Decided) -> None:
    """Say how many were decided and how many left."""
    words = ngettext("%(num)s record decided.", "%(num)s records decided.", decided.done)
    flash(words, "success" if decided.done else "info")
    if decided.left:
        left = gettext(
            "%(num)s were left: your own, decided before, or for an administrator.",
            num=decided.left,
        )
        flash(left, "info")


@bp.post("/confirmations/decisions/<id:decision_id>/undo")
def undo_decision(decision_id: int) -> AnyResponse:
    reason = gettext("Pressed by mistake")
    deciding.undo(decision_id, reason=reason, actor=current_actor(), now=clock.now())
    flash(gettext("Taken back; the record waits again."), "success")
    return redirect(url_for("attendance.confirmations"), 303)


@bp.post("/shifts/<string:public_id>/confirm-list")
def confirm_list(public_id: str) -> AnyResponse:
    shift = presence.shift_with(public_id)
    access.require_roll(current_actor(), shift.unit.path, shift.leader_id)
    decided = deciding.confirm_list(
        shift, reason=gettext("Seen on site"), actor=current_actor(), now=clock.now()
    )
    told(decided)
    return redirect(url_for("attendance.live", public_id=public_id), 303)
