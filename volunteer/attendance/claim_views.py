"""Pages on which a volunteer says that a record is wrong, and where that is answered."""

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as AnyResponse

from volunteer.core import clock
from volunteer.core.errors import NotFound
from volunteer.core.login import current_actor
from volunteer.shifts.models import Shift

from . import access, claims, forms, presence, undoing
from .queue_views import bp as bp
from .queue_views import queue_page


@bp.get("/my/records/<string:public_id>")
def own_record(public_id: str) -> AnyResponse:
    return claim_page(own_shift(public_id), forms.ClaimForm(formdata=None))


def own_shift(public_id: str) -> Shift:
    """Return a shift that concerns whoever asks; any other does not exist."""
    person_id = access.require_self(current_actor())
    shift = presence.shift_with(public_id)
    if not claims.concerns(shift.id, person_id):
        raise NotFound()
    return shift


def claim_page(shift: Shift, form: forms.ClaimForm) -> AnyResponse:
    person_id = access.require_self(current_actor())
    there = presence.attendance_of(shift.id, person_id)
    said = claims.claims_of(shift.id, person_id)
    page = render_template(
        "attendance/own_record.html",
        shift=shift,
        there=there if there and there.state != "expected" else None,
        said=said,
        may_say=clock.now() >= shift.ends_at and not any(each.state == "asked" for each in said),
        over=clock.now() >= shift.ends_at,
        form=form,
    )
    return make_response(page, form.status)


@bp.post("/my/records/<string:public_id>")
def claim(public_id: str) -> AnyResponse:
    shift = own_shift(public_id)
    form = forms.ClaimForm()
    if form.validate_on_submit():
        arrived_at = forms.moment_after(shift.starts_at, form.arrived_at.data)
        left_at = forms.moment_after(shift.starts_at, form.left_at.data)
        if arrived_at and left_at:
            with form.refusals():
                claims.ask(
                    shift,
                    arrived_at=arrived_at,
                    left_at=left_at,
                    words=form.words.data,
                    actor=current_actor(),
                    now=clock.now(),
                )
                flash(gettext("Sent. You will read the answer here."), "success")
                return redirect(url_for("attendance.own_record", public_id=public_id), 303)
    return claim_page(shift, form)


@bp.post("/claims/<id:claim_id>/answer")
def answer(claim_id: int) -> AnyResponse:
    """Approve or decline; the queue comes back where the answer is missing."""
    form = forms.AnswerForm()
    is_approved = request.form.get("ruling") == "approved"
    if not form.validate_on_submit():
        claims.require_open(claim_id, current_actor())
        flash(gettext("Write an answer; the volunteer reads it."), "error")
        return make_response(queue_page(), form.status)
    minutes = claims.answer(
        claim_id,
        approved=is_approved,
        words=form.answer.data,
        actor=current_actor(),
        now=clock.now(),
    )
    if is_approved:
        flash(ngettext("%(num)s minute entered.", "%(num)s minutes entered.", minutes), "success")
    else:
        flash(gettext("Declined; the volunteer reads the answer."), "success")
    return redirect(url_for("attendance.confirmations"), 303)


@bp.post("/my/records/<string:public_id>/undo-check-out")
def undo_check_out(public_id: str) -> AnyResponse:
    shift = own_shift(public_id)
    reason = gettext("Pressed by mistake")
    undoing.undo_own_leaving(shift, reason=reason, actor=current_actor(), now=clock.now())
    flash(gettext("Taken back: you are still checked in. Scan again when you leave."), "success")
    return redirect(url_for("home.mine"), 303)
