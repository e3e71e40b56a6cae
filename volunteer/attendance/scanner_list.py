"""What a scanner takes along: the own shifts of a week, with their people, by hashed code."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from itsdangerous import BadSignature, Signer
from sqlalchemy import and_, false, or_, select, tuple_
from sqlalchemy.orm import joinedload

from volunteer.core.actor import SCHEDULERS, Actor
from volunteer.core.clock import local_day
from volunteer.core.db import db, within
from volunteer.core.errors import NotFound
from volunteer.people.models import Membership, Person
from volunteer.people.rules import short_code
from volunteer.shifts.models import Assignment, AssignmentState, Shift, ShiftState
from volunteer.units.models import Unit

from . import access
from .models import Attendance

#: How far ahead, and how long after its end a shift is still taken along.
AHEAD, BEHIND = timedelta(days=7), timedelta(hours=4)
#: Shifts in one answer.
PAGE = 50


def person_seal(public_id: str) -> str:
    """Return what stands for a person in a list: sixteen hex digits of a hash.

    Of a card's token only the person's part is hashed: the rest changes with each printing.

    >>> person_seal("00ff00ff00ff00ff")
    '69157b437bfa5178'
    """
    return hashlib.sha256(bytes.fromhex(public_id)).hexdigest()[:16]


def short_seal(public_id: str) -> str:
    """Return what stands for a person's short code in a list.

    >>> short_seal("00ff00ff00ff00ff")
    '9426c66430c8bdef'
    """
    plain = short_code(public_id).replace("-", "")
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def owner_seal(actor: Actor) -> str:
    """Return what stands for whoever scans, so that a phone keeps people's scans apart."""
    return hashlib.sha256(f"scanner:{actor.account_id}".encode()).hexdigest()[:16]


def sync_id(account_id: int, at: datetime, secret: str) -> str:
    """Return the signed name of an answer: the account's, given at this moment."""
    return _signer(secret).sign(f"{account_id}.{round(at.timestamp() * 1000)}").decode()


def synced_at(text: str, account_id: int, secret: str) -> int | None:
    """Return when an answer was given, in milliseconds; None where it is not ours.

    >>> from datetime import UTC
    >>> name = sync_id(7, datetime(2026, 3, 7, tzinfo=UTC), "secret")
    >>> synced_at(name, 7, "secret"), synced_at(name, 8, "secret"), synced_at("7.1.x", 7, "secret")
    (1772841600000, None, None)
    """
    try:
        owner, ms = _signer(secret).unsign(text).decode().split(".")
    except (BadSignature, UnicodeError, ValueError):
        return None
    return int(ms) if owner == str(account_id) else None


def _signer(secret: str) -> Signer:
    return Signer(secret, salt="scanner-sync")


class Part(NamedTuple):
    """One answer of the list; `after` names the last shift of it where more follow."""

    shifts: list[dict[str, Any]]
    after: str | None


def part(actor: Actor, *, after: str | None, limit: int = PAGE, now: datetime) -> Part:
    """Return the next of the shifts that the actor leads or schedules, soonest first.

    `after` is the shift that the part before ended with; NotFound where it is not one of
    the actor's. Three queries, however many shifts.
    """
    person_id = access.require_self(actor)
    own = (
        select(Shift)
        .join(Unit, Unit.id == Shift.unit_id)
        .where(
            Shift.state == ShiftState.PLANNED,
            or_(within(Unit.path, actor.paths(*SCHEDULERS)), Shift.leader_id == person_id),
        )
    )
    if after is not None:
        last = db.session.scalar(own.where(Shift.public_id == after))
        if last is None:
            raise NotFound()
        own = own.where(tuple_(Shift.starts_at, Shift.id) > (last.starts_at, last.id))
    statement = (
        own.where(Shift.ends_at > now - BEHIND, Shift.starts_at < now + AHEAD)
        .options(joinedload(Shift.site), joinedload(Shift.settings))
        .order_by(Shift.starts_at, Shift.id)
        .limit(limit + 1)
    )
    found = db.session.scalars(statement).all()
    people = _people([each.id for each in found[:limit]], now)
    shifts = [_line(each, people.get(each.id, [])) for each in found[:limit]]
    return Part(shifts, found[limit - 1].public_id if len(found) > limit else None)


def _people(shift_ids: Sequence[int], now: datetime) -> dict[int, list[dict[str, Any]]]:
    day = local_day(now)
    statement = (
        select(
            Assignment.shift_id,
            Person.public_id,
            Person.name,
            Unit.name,
            Assignment.state,
            Attendance.state,
        )
        .join(Person, Person.id == Assignment.person_id)
        .outerjoin(
            Attendance,
            and_(
                Attendance.shift_id == Assignment.shift_id,
                Attendance.person_id == Assignment.person_id,
            ),
        )
        .outerjoin(
            Membership,
            and_(
                Membership.person_id == Person.id,
                Membership.from_on <= day,
                or_(Membership.until_on.is_(None), Membership.until_on > day),
            ),
        )
        .outerjoin(Unit, Unit.id == Membership.unit_id)
        .where(
            Assignment.shift_id.in_(shift_ids) if shift_ids else false(),
            Assignment.state.in_([AssignmentState.ASSIGNED, AssignmentState.WALK_IN]),
        )
        .order_by(Assignment.shift_id, Person.name_pinyin, Person.id)
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for shift_id, public_id, name, unit, assignment, state in db.session.execute(statement):
        found.setdefault(shift_id, []).append(
            {
                "token": person_seal(public_id),
                "code": short_seal(public_id),
                "name": name,
                "unit": unit or "",
                "assignment": assignment,
                "state": state,
            }
        )
    return found


def _line(shift: Shift, people: list[dict[str, Any]]) -> dict[str, Any]:
    held = shift.settings
    stay, late = timedelta(minutes=held.min_stay_minutes), held.closes_after_minutes
    return {
        "shift": shift.public_id,
        "title": shift.title,
        "site": shift.site.name,
        "starts_at": shift.starts_at.isoformat(),
        "ends_at": shift.ends_at.isoformat(),
        "opens_at": (shift.starts_at - timedelta(minutes=held.opens_before_minutes)).isoformat(),
        "in_until": max(shift.ends_at - stay, shift.starts_at).isoformat(),
        "out_until": (shift.ends_at + timedelta(minutes=late)).isoformat(),
        "settings": {
            "min_stay_minutes": held.min_stay_minutes,
            "require_out": held.require_out,
            "return_allowed": held.return_allowed,
        },
        "people": people,
    }
