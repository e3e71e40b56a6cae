"""What a leader or coordinator records by hand: the roll, forgotten check-outs, held ones."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import insert, update

from volunteer.core import journal
from volunteer.core.actor import SYSTEM, Actor
from volunteer.core.clock import local_day
from volunteer.core.db import LostRace, again_on_conflict, db, transaction
from volunteer.core.errors import NotFound
from volunteer.hours.models import SourceClass
from volunteer.shifts.errors import ShiftCancelled
from volunteer.shifts.models import Shift, ShiftState

from . import access, queries
from .errors import NothingToConfirm, NotOpenYet, SelfConfirmation, TimesOutside
from .models import (
    Attendance,
    AttendanceState,
    Channel,
    Direction,
    EvidenceClass,
    Position,
    Review,
    Scan,
    TimeQuality,
    Verdict,
)
from .queries import Place, Posting
from .service import earned, settle

_insert_scan = insert(Scan).returning(Scan.id)


@again_on_conflict
def call_roll(
    shift: Shift,
    person_public_ids: Sequence[str],
    direction: Direction,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Record people of a shift as present, or as gone; return how many were changed.

    While the shift runs the time is now; once it is over, "present" means the whole
    shift, in and out (a paper list typed in later, R57). Somebody already recorded is
    left as is, so a repeat changes nothing. Nobody records themselves. The minutes are
    `manual` (R18).
    """
    with transaction():
        access.require_roll(actor, shift.unit.path, shift.leader_id)
        if shift.state == ShiftState.CANCELLED:
            raise ShiftCancelled()
        opens = shift.starts_at - timedelta(minutes=shift.settings.opens_before_minutes)
        if now < opens:
            raise NotOpenYet(opens=opens)
        everybody = queries.places(shift.id, local_day(shift.starts_at))
        wished = set(person_public_ids)
        chosen = [place for place in everybody if place.public_id in wished]
        if len(chosen) != len(wished):
            raise NotFound()
        if any(place.person_id == actor.person_id for place in chosen):
            raise SelfConfirmation()
        changed = 0
        for place in chosen:
            changed += _record(shift, place, direction, reason=reason, actor=actor, now=now)
        journal.write(
            "attendance.roll_call",
            "shift",
            shift.public_id,
            actor=actor,
            now=now,
            unit_path=shift.unit.path,
            people=changed,
            direction=direction,
        )
        return changed


def _record(
    shift: Shift,
    place: Place,
    direction: Direction,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
) -> bool:
    over = now >= shift.ends_at
    if direction is Direction.IN and place.attendance_id is None:
        arrived = shift.starts_at if over else now
        if not _arrive(shift, place, arrived, reason=reason, actor=actor, now=now):
            return False
        if not over:
            return True
    elif direction is Direction.IN or place.state != AttendanceState.OPEN:
        return False
    left = min(now, shift.ends_at)
    attendance_id = place.attendance_id or _attendance_id(shift.id, place.person_id)
    facts = queries.posting(attendance_id)
    if facts is None:
        raise LostRace()
    _leave(facts, shift, left, reason=reason, actor=actor, now=now)
    return True


def _attendance_id(shift_id: int, person_id: int) -> int:
    found = db.session.query(Attendance.id).filter_by(shift_id=shift_id, person_id=person_id)
    return int(found.scalar() or 0)


def _arrive(
    shift: Shift, place: Place, arrived: datetime, *, reason: str, actor: Actor, now: datetime
) -> bool:
    day = local_day(shift.starts_at)
    member = queries.member(place.person_id, day, lock=True)
    if member.unit_id is None:
        return False
    scan_id = _scan(
        f"roll:{shift.id}:{place.person_id}:in",
        shift,
        place.person_id,
        Direction.IN,
        Channel.MANUAL,
        arrived,
        note=reason,
        actor=actor,
        now=now,
    )
    db.session.execute(
        insert(Attendance),
        {
            "shift_id": shift.id,
            "person_id": place.person_id,
            "unit_id": member.unit_id,
            "state": AttendanceState.OPEN,
            "in_scan_id": scan_id,
            "arrived_at": arrived,
            "evidence_class": EvidenceClass.D,
            "review": Review.NONE,
            "revision": 0,
        },
    )
    return True


def _leave(
    facts: Posting, shift: Shift, left: datetime, *, reason: str, actor: Actor, now: datetime
) -> None:
    scan_id = _scan(
        f"roll:{shift.id}:{facts.person_id}:out",
        shift,
        facts.person_id,
        Direction.OUT,
        Channel.MANUAL,
        left,
        note=reason,
        actor=actor,
        now=now,
    )
    earns = earned(facts, left)
    waits = earns.waits or facts.review == Review.PENDING
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


def _scan(
    key: str,
    shift: Shift,
    person_id: int,
    direction: Direction,
    channel: Channel,
    effective_at: datetime,
    *,
    note: str | None,
    actor: Actor,
    now: datetime,
) -> int:
    """Write the scan row of a record made by hand or by a job; the key makes it single."""
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
        "verdict": Verdict.ACCEPTED,
        "flags": [],
        "answer": {"verdict": Verdict.ACCEPTED, "at": effective_at.isoformat()},
        "offline": False,
        "note": note,
    }
    return db.session.execute(_insert_scan, row).scalar_one()


@again_on_conflict
def confirm(
    attendance_id: int, *, left_at: datetime | None, reason: str, actor: Actor, now: datetime
) -> int:
    """Confirm a forgotten check-out or a held attendance; return the minutes entered.

    `left_at` is when the person really left, within the shift; None is its planned end
    (for a held one: as scanned). Forgotten ones are `manual`, capped at the planned end
    (R15); held ones keep their class. Nobody confirms the own; a decided one is refused.
    """
    with transaction():
        facts = _open_question(attendance_id, actor)
        shift = db.session.get_one(Shift, facts.shift_id)
        forgotten = facts.state == AttendanceState.AUTO_CLOSED
        if left_at is None:
            left_at = facts.ends_at if forgotten or facts.left_at is None else facts.left_at
        elif not (facts.arrived_at or facts.starts_at) <= left_at <= facts.ends_at:
            raise TimesOutside()
        scan_id = _scan(
            f"confirm:{attendance_id}:{facts.revision}",
            shift,
            facts.person_id,
            Direction.OUT,
            Channel.OVERRIDE,
            left_at,
            note=reason,
            actor=actor,
            now=now,
        )
        earns = earned(facts, left_at)
        by_hand = forgotten or facts.evidence_class == EvidenceClass.D
        settle(
            facts,
            earns,
            scan_id=scan_id,
            left_at=left_at,
            review=Review.APPROVED,
            source_class=SourceClass.MANUAL if by_hand else SourceClass.SCANNED,
            reason=reason,
            actor=actor,
            now=now,
        )
        _write_down("attendance.confirm", facts, actor, now, minutes=earns.minutes)
        return earns.minutes


@again_on_conflict
def reject(attendance_id: int, *, reason: str, actor: Actor, now: datetime) -> None:
    """Decide that a forgotten or held attendance earns nothing; its rows stay (R20)."""
    with transaction():
        facts = _open_question(attendance_id, actor)
        moved = db.session.execute(
            update(Attendance)
            .where(Attendance.id == attendance_id, Attendance.state == facts.state)
            .values(state=AttendanceState.VOID, review=Review.REJECTED)
        )
        if moved.rowcount != 1:
            raise LostRace()
        _write_down("attendance.reject", facts, actor, now, reason=reason)


def _open_question(attendance_id: int, actor: Actor) -> Posting:
    """Return what waits for a decision by this actor, or say why it may not be decided."""
    facts = queries.posting(attendance_id)
    if facts is None:
        raise NotFound()
    access.require_roll(actor, facts.unit_path, facts.leader_id)
    if actor.person_id == facts.person_id:
        raise SelfConfirmation()
    held = facts.state == AttendanceState.CLOSED and facts.review == Review.PENDING
    if not held and facts.state != AttendanceState.AUTO_CLOSED:
        raise NothingToConfirm()
    return facts


def _write_down(action: str, facts: Posting, actor: Actor, now: datetime, **body: object) -> None:
    journal.write(
        action,
        "attendance",
        facts.attendance_id,
        actor=actor,
        now=now,
        unit_path=facts.unit_path,
        **body,
    )


def close_forgotten(*, now: datetime) -> int:
    """Close what nobody checked out of, once the check-out has closed; return how many (R15).

    They earn nothing until somebody confirms them. Keyed to the attendance, not to the
    day, so a late run or a second one closes each exactly once, at its own shift's end.
    """
    closed = 0
    while unfinished := queries.forgotten(now):
        closed += _close_batch(unfinished, now)
        if len(unfinished) < 500:
            break
    return closed


@again_on_conflict
def _close_batch(unfinished: Iterable[queries.Unfinished], now: datetime) -> int:
    closed = 0
    with transaction() as session:
        for each in unfinished:
            moved = session.execute(
                update(Attendance)
                .where(
                    Attendance.id == each.attendance_id,
                    Attendance.state == AttendanceState.OPEN,
                )
                .values(state=AttendanceState.AUTO_CLOSED, left_at=each.ends_at)
                .returning(Attendance.person_id)
            ).scalar()
            if moved is None:
                continue
            shift = session.get_one(Shift, each.shift_id)
            _scan(
                f"auto:{each.attendance_id}",
                shift,
                moved,
                Direction.OUT,
                Channel.AUTO,
                each.ends_at,
                note=None,
                actor=SYSTEM,
                now=now,
            )
            closed += 1
    return closed
