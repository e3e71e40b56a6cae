"""What a leader or coordinator records by hand: the roll, forgotten check-outs, held ones."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from volunteer.core import journal
from volunteer.core.actor import KEEPERS, SYSTEM, Actor
from volunteer.core.clock import local_day
from volunteer.core.db import LostRace, again_on_conflict, db, transaction
from volunteer.core.errors import NotFound
from volunteer.hours.models import SourceClass
from volunteer.shifts import notices
from volunteer.shifts.errors import ShiftCancelled
from volunteer.shifts.models import Shift, ShiftState
from volunteer.shifts.notices import Notice

from . import access, presence, queries
from .errors import ForAdministrator, NothingToConfirm, NotOpenYet, SelfConfirmation, TimesOutside
from .models import (
    Attendance,
    AttendanceState,
    Channel,
    Direction,
    EvidenceClass,
    Reason,
    Review,
)
from .presence import Place
from .queries import Posting
from .recording import arrive, key_of, leave, new_act, write_scan
from .service import earned, settle

#: Who has not checked out is reminded so long after the end, and no longer than this.
GRACE, MISSED = timedelta(minutes=10), timedelta(minutes=60)
#: What is held for these an administrator confirms, not who led the shift (checkin.md 1.8).
FOR_KEEPERS = {
    Reason.DEVICE_SHARED,
    Reason.BURST,
    Reason.CLOCK_FUTURE,
    Reason.CLOCK_BEFORE_SYNC,
    Reason.CLOCK_MOVED,
}
#: How the keys of confirmations begin.
CONFIRM = "confirm"


def opens_at(shift: Shift) -> datetime:
    """Return from when on the roll may be called: as soon as check-in opens."""
    return shift.starts_at - timedelta(minutes=shift.settings.opens_before_minutes)


def may_begin(shift: Shift, now: datetime) -> bool:
    """Tell whether the roll of the shift may be called now."""
    return shift.state == ShiftState.PLANNED and now >= opens_at(shift)


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
        if now < opens_at(shift):
            raise NotOpenYet(opens=opens_at(shift))
        everybody = presence.places(shift.id, local_day(shift.starts_at))
        wished = set(person_public_ids)
        chosen = [place for place in everybody if place.public_id in wished]
        if len(chosen) != len(wished):
            raise NotFound()
        if any(place.person_id == actor.person_id for place in chosen):
            raise SelfConfirmation()
        elsewhere = presence.open_elsewhere([place.person_id for place in chosen], shift.id)
        changed, act = 0, new_act("roll")
        for place in chosen:
            is_elsewhere = place.person_id in elsewhere
            changed += _record(shift, place, direction, is_elsewhere, act, reason, actor, now)
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
    is_elsewhere: bool,
    act: str,
    reason: str,
    actor: Actor,
    now: datetime,
) -> bool:
    over = now >= shift.ends_at
    if direction is Direction.IN and place.is_free:
        if over:
            return was_there(shift, place, act=act, reason=reason, actor=actor, now=now)
        review = Review.PENDING if is_elsewhere else Review.NONE
        arrives = {"state": AttendanceState.OPEN, "arrived_at": now, "review": review}
        here = place.person_id, place.attendance_id
        came = arrive(shift, *here, arrives, act=act, reason=reason, actor=actor, now=now)
        return came is not None
    if direction is Direction.OUT and place.state == AttendanceState.OPEN:
        left = max(min(now, shift.ends_at), place.arrived_at or shift.starts_at)
        leave(place.attendance_id or 0, shift, left, act=act, reason=reason, actor=actor, now=now)
        return True
    return False


def was_there(
    shift: Shift,
    place: Place,
    *,
    arrived_at: datetime | None = None,
    left_at: datetime | None = None,
    act: str,
    channel: Channel = Channel.MANUAL,
    reason: str,
    actor: Actor,
    now: datetime,
) -> bool:
    """Record a presence that is over at once: the whole shift, or a stated part of it.

    The person may be open at another one by now. Part of a verb.
    """
    left = left_at or shift.ends_at
    whole = {
        "state": AttendanceState.AUTO_CLOSED,
        "arrived_at": arrived_at or shift.starts_at,
        "left_at": left,
        "review": Review.NONE,
    }
    how: dict[str, Any] = {"act": act, "channel": channel, "reason": reason}
    here = place.person_id, place.attendance_id
    attendance_id = arrive(shift, *here, whole, **how, actor=actor, now=now)
    if attendance_id is None:
        return False
    leave(attendance_id, shift, left, **how, actor=actor, now=now)
    return True


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
        facts = open_question(attendance_id, actor)
        require_confirmable(facts, actor, now)
        queries.member(facts.person_id, local_day(now), lock=True)
        shift = db.session.get_one(Shift, facts.shift_id)
        forgotten = facts.state == AttendanceState.AUTO_CLOSED
        if left_at is None:
            left_at = facts.ends_at if forgotten or facts.left_at is None else facts.left_at
        elif not (facts.arrived_at or facts.starts_at) <= left_at <= facts.ends_at:
            raise TimesOutside()
        scan_id = write_scan(
            key_of(new_act(CONFIRM), facts.person_id, Direction.OUT),
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
        facts = open_question(attendance_id, actor)
        moved = db.session.execute(
            update(Attendance)
            .where(
                Attendance.id == attendance_id,
                Attendance.state == facts.state,
                Attendance.review == facts.review,
                Attendance.revision == facts.revision,
            )
            .values(state=AttendanceState.VOID, review=Review.REJECTED)
            .returning(Attendance.id)
        )
        if moved.first() is None:
            raise LostRace()
        _write_down("attendance.reject", facts, actor, now, reason=reason)


def open_question(attendance_id: int, actor: Actor) -> Posting:
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


def require_confirmable(facts: Posting, actor: Actor, now: datetime) -> None:
    """Refuse before the shift has begun, and where only an administrator confirms."""
    if now < facts.starts_at:
        raise NothingToConfirm()
    if facts.review != Review.PENDING or actor.holds(facts.unit_path, *KEEPERS):
        return
    if FOR_KEEPERS & presence.doubts_about([facts.attendance_id])[facts.attendance_id]:
        raise ForAdministrator()


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
    while unfinished := presence.forgotten(now):
        closed += _close_batch(unfinished, now)
        if len(unfinished) < 500:
            break
    return closed


def remind_forgetful(*, now: datetime) -> int:
    """Remind those still checked in 10 minutes after the end of their shift; return how many
    shifts were looked at.

    Shift and person are the key, so a further run reminds nobody again; a run missed for
    more than an hour is let go, for nobody can check out by then.
    """
    by_shift: dict[int, list[int]] = defaultdict(list)
    for shift_id, person_id in presence.still_in(now, since=MISSED, until=GRACE):
        by_shift[shift_id].append(person_id)
    with transaction():
        for shift_id, people in by_shift.items():
            notices.tell(
                Notice.CHECK_OUT_MISSING,
                people,
                about=f"shift:{shift_id}",
                shift_id=shift_id,
                now=now,
            )
    return len(by_shift)


@again_on_conflict
def _close_batch(unfinished: Iterable[presence.Unfinished], now: datetime) -> int:
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
            write_scan(
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
