"""The rows that a leader or a job writes: a scan, an arrival, a leaving."""

import hashlib
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update

from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import LostRace, db
from volunteer.hours.models import SourceClass
from volunteer.shifts.models import Shift

from . import queries
from .intervals import UNDO, standing
from .models import (
    Attendance,
    AttendanceState,
    Channel,
    Direction,
    EvidenceClass,
    Position,
    Reason,
    Review,
    Scan,
    TimeQuality,
    Verdict,
)
from .service import answer_by_hand, earned, settle

_insert_scan = insert(Scan).returning(Scan.id)
_insert_attendance = insert(Attendance).returning(Attendance.id)


def new_act(kind: str) -> str:
    """Return the beginning of the keys of all that one press of a button records."""
    return f"{kind}:{secrets.token_hex(5)}"


def key_of(act: str, person_id: int, direction: Direction) -> str:
    """Return the key of one person's scan within an act."""
    return f"{act}:{person_id}:{direction}"


def act_of(key: str) -> str:
    """Return the act that a key belongs to.

    >>> act_of(key_of("roll:0a1b2c3d4e", 17, Direction.IN))
    'roll:0a1b2c3d4e'
    """
    return key.rsplit(":", 2)[0]


def write_scan(
    key: str,
    shift: Shift,
    person_id: int,
    direction: Direction,
    channel: Channel,
    effective_at: datetime,
    *,
    note: str | None,
    held_for: Reason | None = None,
    supersedes_id: int | None = None,
    actor: Actor,
    now: datetime,
) -> int:
    """Write the scan row of a record made by hand or by a job; return its number."""
    verdict = Verdict.HELD if held_for else Verdict.ACCEPTED
    row = {
        "key": key,
        "body_hash": hashlib.sha256(key.encode()).hexdigest(),
        "direction": direction,
        "channel": channel,
        "shift_id": shift.id,
        "person_id": person_id,
        "site_id": shift.site_id,
        "actor_account_id": actor.account_id,
        "received_at": now,
        "effective_at": effective_at,
        "time_quality": TimeQuality.STATED if effective_at != now else TimeQuality.SERVER,
        "position": Position.NONE,
        "verdict": verdict,
        "reason": held_for,
        "flags": [],
        "answer": answer_by_hand(verdict, held_for, effective_at.isoformat()),
        "offline": False,
        "note": note,
        "supersedes_id": supersedes_id,
    }
    return db.session.execute(_insert_scan, row).scalar_one()


def set_aside(
    shift: Shift,
    person_id: int,
    *,
    but: Collection[int],
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Take back every scan of a person at a shift that counts, save those numbered `but`."""
    act = new_act(UNDO)
    for number, direction in standing(shift.id, person_id):
        if number in but:
            continue
        write_scan(
            f"{act}:{number}:{direction}",
            shift,
            person_id,
            direction,
            Channel.MANUAL,
            now,
            note=reason,
            supersedes_id=number,
            actor=actor,
            now=now,
        )


def arrive(
    shift: Shift,
    person_id: int,
    attendance_id: int | None,
    arrives: Mapping[str, Any],
    *,
    act: str,
    channel: Channel = Channel.MANUAL,
    reason: str,
    actor: Actor,
    now: datetime,
) -> int | None:
    """Write the scan and the attendance; None where the person belongs to no unit that day.

    `attendance_id` is the row of somebody whose arrival was taken back; it is used again.
    """
    member = queries.member(person_id, local_day(shift.starts_at), lock=True)
    if member.unit_id is None:
        return None
    held = arrives["review"] == Review.PENDING
    scan_id = write_scan(
        key_of(act, person_id, Direction.IN),
        shift,
        person_id,
        Direction.IN,
        channel,
        arrives["arrived_at"],
        held_for=Reason.OVERLAP_ACTIVE if held else None,
        note=reason,
        actor=actor,
        now=now,
    )
    facts = {
        "unit_id": member.unit_id,
        "in_scan_id": scan_id,
        "evidence_class": EvidenceClass.D,
        **arrives,
    }
    if attendance_id is None:
        facts |= {"shift_id": shift.id, "person_id": person_id, "revision": 0}
        return db.session.execute(_insert_attendance, facts).scalar_one()
    again = (
        update(Attendance)
        .where(Attendance.id == attendance_id, Attendance.state == AttendanceState.EXPECTED)
        .values(**facts)
        .returning(Attendance.id)
    )
    moved = db.session.scalar(again)
    if moved is None:
        raise LostRace()
    return moved


def leave(
    attendance_id: int,
    shift: Shift,
    left: datetime,
    *,
    act: str,
    channel: Channel = Channel.MANUAL,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Write the scan, close the attendance and enter its minutes by hand (R18)."""
    facts = queries.posting(attendance_id)
    if facts is None:
        raise LostRace()
    queries.member(facts.person_id, local_day(now), lock=True)
    earns = earned(facts, left)
    waits = earns.waits or facts.review == Review.PENDING
    scan_id = write_scan(
        key_of(act, facts.person_id, Direction.OUT),
        shift,
        facts.person_id,
        Direction.OUT,
        channel,
        left,
        note=reason,
        actor=actor,
        now=now,
    )
    settle(
        facts,
        earns,
        scan_id=scan_id,
        left_at=left,
        review=Review.PENDING if waits else Review.NONE,
        source_class=SourceClass.MANUAL,
        reason=reason,
        actor=actor,
        now=now,
    )
