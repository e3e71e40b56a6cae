"""What a leader sees who has scanned somebody's card, or typed its code."""

from typing import Any
from uuid import uuid4

from flask import (
    Blueprint,
    current_app,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from volunteer.core import clock
from volunteer.core.actor import READERS
from volunteer.core.errors import NotAllowed, wants_json
from volunteer.core.i18n import local_time
from volunteer.core.login import current_actor
from volunteer.core.tokens import TokenKind

from . import forms, receipts, rules, scanned, service, tickets, tokens, tries
from .asking import Request
from .counting import counted
from .errors import CodeWrongKind, KeyMissing, TooManyTries
from .models import Channel
from .receipts import Read, Receipt
from .scanned import Met

bp = Blueprint("scanned", __name__)

CARD = {Read.CARD, Read.FRESH_CARD, Read.TYPED}


def enter(token: str) -> Response:
    """Take a person's card for a receipt of five minutes, and go on to an address without it.

    Nobody needs to be logged in for that; what the card says, only who leads is told.
    """
    now = clock.now()
    card = tokens.read_card(token, current_app.extensions["settings"].token_keys)
    read = Read.FRESH_CARD if card.is_fresh(now) else Read.CARD
    return go_on(Receipt(read, card.public_id, now))


def go_on(receipt: Receipt) -> Response:
    there = url_for("scanned.show", public_id=receipt.public_id)
    return receipts.keep(redirect(there, 303), receipt, there)


@bp.get("/scanned/<string:public_id>")
def show(public_id: str) -> Response:
    """Tell whose card it is, and offer what can be recorded."""
    receipts.shown(public_id, CARD, now=clock.now())
    return page(public_id, forms.WalkInForm(formdata=None))


def page(public_id: str, form: forms.WalkInForm, ticket: dict[str, Any] | None = None) -> Response:
    actor, now = current_actor(), clock.now()
    met = scanned.meet(public_id, actor=actor, now=now)
    form.shift.choices = [
        SelectChoice(each.public_id, f"{local_time(each.starts_at)} {each.title}")
        for each in met.others
    ]
    shown = render_template(
        "attendance/scanned.html",
        met=met,
        lines=[(here, foreseen(met, here)) for here in met.expected],
        form=form,
        ticket=ticket,
        said=tickets.told_leader(ticket) if ticket else None,
        keeps=bool(met.owner.unit_path) and actor.holds(met.owner.unit_path, *READERS),
        key=uuid4(),
    )
    return make_response(shown, tickets.status(ticket) if ticket else form.status)


def foreseen(met: Met, here: scanned.Here) -> str:
    """Return what the leader is told of a shift before anything is pressed."""
    decision = here.offer.decision
    ticket = tickets.foreseen(decision, here.shift.site_name, clock.now())
    if here.offer.direction and not decision.reason:
        return ""
    return tickets.told_leader({**ticket, "name": met.owner.name})


@bp.post("/scanned/<string:public_id>/check-in")
def check_in(public_id: str) -> Response:
    asked = asked_of(public_id)
    return told(public_id, service.check_in(asked, actor=current_actor(), now=clock.now()))


@bp.post("/scanned/<string:public_id>/check-out")
def check_out(public_id: str) -> Response:
    asked = asked_of(public_id)
    return told(public_id, service.check_out(asked, actor=current_actor(), now=clock.now()))


@bp.post("/scanned/<string:public_id>/walk-in")
def walk_in(public_id: str) -> Response:
    asked, form = asked_of(public_id), forms.WalkInForm()
    if not form.validate_on_submit():
        return page(public_id, form)
    asked = asked._replace(note=form.note)
    return told(public_id, scanned.walk_in(asked, actor=current_actor(), now=clock.now()))


def asked_of(public_id: str) -> Request:
    """Read what is asked about the person whose card has been read; raises ReceiptMissing."""
    now = clock.now()
    receipt = receipts.shown(public_id, CARD, now=now)
    owner = scanned.meet(public_id, actor=current_actor(), now=now).owner
    asked = Request(
        site=None,
        key=request.form.get("key", ""),
        token_hash=receipt.hashed,
        shift=request.form.get("shift", ""),
        ip_prefix=rules.ip_prefix(request.remote_addr),
        browser_class=rules.browser_class(request.user_agent.string),
        channel=Channel.PERSONAL,
        person_id=owner.person_id,
        fresh=receipt.read is Read.FRESH_CARD,
    )
    if not rules.is_key(asked.key):
        raise KeyMissing()
    return asked


def told(public_id: str, answer: dict[str, Any]) -> Response:
    ticket = tickets.ticket_of(answer)
    if wants_json():
        said = jsonify({**answer, "message": tickets.told_leader(ticket)})
        return make_response(said, tickets.status(answer))
    return page(public_id, forms.WalkInForm(formdata=None), ticket)


@bp.get("/typed-code")
def typed() -> str:
    if not scanned.leads_now(current_actor(), clock.now()):
        raise NotAllowed()
    return render_template("attendance/typed.html", form=forms.TypedForm(formdata=None))


@bp.post("/typed-code")
@counted
def use_typed() -> Response:
    """Go on to whose code it is; ten wrong ones in a row lock the field for a minute."""
    actor, now = current_actor(), clock.now()
    if not scanned.leads_now(actor, now):
        raise NotAllowed()
    form, who = forms.TypedForm(), f"typed:{actor.account_id}"
    if form.validate_on_submit():
        text = tokens.cleaned(form.code.data)
        kind = tokens.kind_of(text) if len(text) > tokens.SHORTEST else None
        if kind is TokenKind.PERSONAL:
            return enter(text)
        if kind is not None:
            raise CodeWrongKind()
        if tries.must_wait(who, now=now):
            raise TooManyTries()
        if found := scanned.typed(text, actor=actor, now=now):
            tries.forget(who)
            return go_on(Receipt(Read.TYPED, found, now))
        tries.count_wrong(who, now=now)
        form.code.errors = [gettext("Nobody has this code. Compare it with the card.")]
        form.status = 404
    return make_response(render_template("attendance/typed.html", form=form), form.status)
