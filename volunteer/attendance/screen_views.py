"""The leader's screen with the code that changes, and the page that opens for who scans it."""

from datetime import datetime, timedelta

from flask import Blueprint, Response, current_app, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from volunteer.core import clock
from volunteer.core.fragments import render
from volunteer.core.login import current_actor
from volunteer.core.settings import Settings
from volunteer.people.rules import mask_name
from volunteer.shifts.models import Shift, ShiftState

from . import access, presence, receipts, rotating
from .receipts import Read, Receipt

bp = Blueprint("screen", __name__)

#: How many names stand on the screen, the latest first.
NAMES = 24


def settings() -> Settings:
    return current_app.extensions["settings"]


@bp.get("/shifts/<string:public_id>/screen")
def show(public_id: str) -> Response:
    """Show the present code and who has arrived; the fragment is the same, fetched again."""
    shift = presence.shift_with(public_id)
    access.require_roll(current_actor(), shift.unit.path, shift.leader_id)
    now = clock.now()
    opens_at = shift.starts_at - timedelta(minutes=shift.settings.opens_before_minutes)
    closes_at = shift.ends_at + timedelta(minutes=shift.settings.closes_after_minutes)
    is_open = shift.state == ShiftState.PLANNED and opens_at <= now <= closes_at
    people = presence.places(shift.id, clock.local_day(shift.starts_at))
    here = [p for p in people if p.arrived_at and p.state != "void"]
    here.sort(key=lambda place: (place.arrived_at, place.person_id), reverse=True)
    return render(
        "attendance/screen.html",
        "attendance/_screen.html",
        shift=shift,
        opens_at=opens_at,
        now=now,
        picture=rotating.picture(url_of(shift, now)) if is_open else None,
        arrived=len(here),
        expected=len(people),
        names=[mask_name(place.name) for place in here[:NAMES]],
        slot=rotating.SLOT,
    )


def url_of(shift: Shift, now: datetime) -> str:
    """Return the address that the screen's code carries now."""
    known = settings()
    code = rotating.RotatingCode(shift.public_id, rotating.slot_at(now))
    return f"{known.base_url}/q/{rotating.rotating_token(code, known.token_keys)}"


def enter(token: str) -> AnyResponse:
    """Take the present code for a receipt of five minutes, and go on to an address without it.

    Nobody needs to be logged in for that: the log-in takes longer than the code lives.
    """
    now = clock.now()
    code = rotating.read_rotating(token, settings().token_keys, now=now)
    there = url_for("attendance.on_site", public_id=code.shift)
    return receipts.keep(redirect(there, 303), Receipt(Read.SCREEN, code.shift, now), there)
