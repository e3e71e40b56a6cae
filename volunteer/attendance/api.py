"""The scanner's door: its list, its enrolment, and what it has scanned, as JSON."""

import logging
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, make_response, request, url_for
from flask_wtf.csrf import generate_csrf

from volunteer.core import clock
from volunteer.core.actor import Actor
from volunteer.core.addresses import LARGEST_ID
from volunteer.core.db import db
from volunteer.core.errors import DomainError
from volunteer.core.login import current_actor

from . import enrolment, reading, rules, scanner_list, uploads
from .errors import BatchWrong
from .verdicts import about

log = logging.getLogger("volunteer.scanner")

bp = Blueprint("scanner_api", __name__, url_prefix="/api/v1")

#: The cookie by which a scanning device is known again, and for how many seconds.
COOKIE, COOKIE_SECONDS = "scanner", 400 * 24 * 3600
#: Scans in one batch.
MOST = 100


def cookie() -> str | None:
    return request.cookies.get(COOKIE)


@bp.post("/scanner/device")
def enrol() -> Response:
    """Take this browser in; a repeat changes nothing. The cookie is the device's secret."""
    secret = enrolment.enrol(
        cookie(),
        rules.browser_class(request.user_agent.string),
        actor=current_actor(),
        now=clock.now(),
    )
    answer = jsonify(enrolled=True)
    answer.set_cookie(
        COOKIE,
        secret,
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return answer


@bp.get("/scanner/roster")
def roster() -> Response:
    """Give the own shifts of the next seven days, a part at a time: `next` is the next part's
    address, and only the part without one is the end (`complete`)."""
    actor, now = current_actor(), clock.now()
    device = enrolment.device_of(cookie(), actor)
    limit = min(max(request.args.get("limit", scanner_list.PAGE, type=int), 1), scanner_list.PAGE)
    part = scanner_list.part(actor, after=request.args.get("after"), limit=limit, now=now)
    after = part.after and url_for("scanner_api.roster", after=part.after, limit=limit)
    return make_response(
        jsonify(
            server_now=now.isoformat(),
            sync_id=sync_id_at(now),
            owner=scanner_list.owner_seal(actor),
            device=device.public_id if device else None,
            csrf=generate_csrf(),
            until=(now + scanner_list.AHEAD).isoformat(),
            shifts=part.shifts,
            next=after,
            complete=after is None,
        )
    )


def sync_id_at(now: datetime) -> str:
    secret = str(current_app.config["SECRET_KEY"])
    return scanner_list.sync_id(current_actor().account_id or 0, now, secret)


@bp.post("/scans")
def scans() -> Response:
    """Take a batch in; every item gets its own answer, in order, and none stops the others.

    `left` says how many more the phone holds, `holds` which shifts' lists it has on board.
    An answer with the reason `server_error` is none: the phone keeps that item.
    """
    actor, now = current_actor(), clock.now()
    sent = request.get_json(silent=True)
    body: dict[str, Any] = sent if isinstance(sent, dict) else {}
    items = body.get("items")
    if not isinstance(items, list) or len(items) > MOST:
        raise BatchWrong(most=MOST)
    try:
        device_ms = reading.number(body, "device_ms", default=now.timestamp() * 1000)
        left = int(min(reading.number(body, "left"), LARGEST_ID - MOST))
    except reading.Unreadable:
        raise BatchWrong(most=MOST) from None
    device = enrolment.device_of(cookie(), actor)
    device_id = device.id if device else None
    sending = uploads.Sending(
        device_id=device_id,
        device_ms=device_ms,
        keys=current_app.extensions["settings"].token_keys,
        waited=len(items) > 1,
        ip_prefix=rules.ip_prefix(request.remote_addr),
        browser_class=rules.browser_class(request.user_agent.string),
    )
    answers = [answer_to(item, sending, actor, now) for item in items]
    kept = sum(each["reason"] == "server_error" for each in answers)
    if device_id is not None:
        enrolment.note_sync(
            device_id,
            holds=reading.words(body, "holds")[:1000],
            waiting=kept + left,
            actor=actor,
            now=now,
        )
    return make_response(
        jsonify(items=answers, server_now=now.isoformat(), sync_id=sync_id_at(now))
    )


def answer_to(given: Any, sending: uploads.Sending, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return the four facts of one item's answer; whatever goes wrong stays with the item."""
    key = given.get("key") if isinstance(given, dict) else None
    secret = str(current_app.config["SECRET_KEY"])
    try:
        item = reading.item(given, account_id=actor.account_id or 0, secret=secret, now=now)
        answer = uploads.take(item, sending, actor=actor, now=now)
    except reading.Unreadable:
        answer = {"verdict": rules.REFUSED, "reason": "token_malformed"}
    except DomainError as error:
        answer = {"verdict": rules.REFUSED, "reason": error.code}
    except Exception:
        db.session.rollback()
        log.exception("scan not taken in", extra={"facts": {"request": g.get("request_id")}})
        answer = {"verdict": rules.REFUSED, "reason": "server_error"}
    return {
        "key": key if isinstance(key, str) else None,
        "verdict": answer["verdict"],
        "reason": answer["reason"],
        "message": about(answer),
    }


blueprints = (bp,)
