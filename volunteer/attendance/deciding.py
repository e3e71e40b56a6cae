"""Deciding about records that wait: one, many, a whole list, and taking it back."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import insert, select, update

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import again_on_conflict, db, transaction
from volunteer.core.errors import NotFound
from volunteer.hours import service as hours
from volunteer.people import service as people
from volunteer.people.models import Person
from volunteer.shifts.models import Shift

from . import access, presence, queries, roll_call
from .by_hand import AttendanceDecision, Ruling
from .errors import (
    ForAdministrator,
    NothingToConfirm,
    NothingToUndo,
    SelfConfirmation,
    UndoneByAnother,
    UndoTooLate,
)
from .intervals import UNDO
from .models import (
    Attendance,
    AttendanceState,
    Channel,
    Direction,
    EvidenceClass,
    Reason,
    Review,
    Scan,
)
from .queries import Posting
from .recording import key_of, new_act, write_scan
from .service import earned
from .undoing import PATIENCE

#: What is held for want of evidence alone; a leader who has seen the people confirms it.
NO_EVIDENCE = ("location_missing", "location_imprecise")


#: What it may be held for besides; those wait for a look at each of them.
OTHER_HOLDS = roll_call.FOR_KEEPERS | {
    Reason.OVERLAP_ACTIVE,
    Reason.ROSTER_CHANGED,
    Reason.OUTSIDE_FENCE,
}


class Decided(NamedTuple):
    """How many records were decided, and how many were left: one's own, decided before, or for
    an administrator."""

    done: int
    left: int
    minutes: int = 0


@again_on_conflict
def decide(
    attendance_ids: Sequence[int],
    ruling: Ruling,
    *,
    left_at: datetime | None = None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Decided:
    """Approve or reject records that wait. A foreign one among them stops everything.

    Of several, one's own, those that somebody has decided already and those that only an
    administrator confirms are left as they are, so a repeat changes nothing;
    a single one says why not (as `roll_call.confirm`).
    """
    done = left = minutes = 0
    with transaction():
        access.require_self(actor)
        for attendance_id in dict.fromkeys(attendance_ids):
            try:
                facts = roll_call.open_question(attendance_id, actor)
                if ruling is Ruling.APPROVED:
                    roll_call.require_confirmable(facts, actor, now)
            except (SelfConfirmation, NothingToConfirm, ForAdministrator):
                if len(attendance_ids) == 1:
                    raise
                left += 1
                continue
            given = {"left_at": left_at, "reason": reason, "actor": actor, "now": now}
            minutes += _decide(facts, ruling, **given)  # type: ignore[arg-type]
            done += 1
    return Decided(done, left, minutes)


def _decide(
    facts: Posting,
    ruling: Ruling,
    *,
    left_at: datetime | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> int:
    there = db.session.get_one(Attendance, facts.attendance_id, populate_existing=True)
    row = {
        "attendance_id": facts.attendance_id,
        "ruling": ruling,
        "left_at": left_at,
        "reason": reason,
        "decided_by": actor.account_id,
        "decided_at": now,
        "was_state": facts.state,
        "was_review": facts.review,
        "was_left_at": facts.left_at,
        "was_out_scan_id": there.out_scan_id,
    }
    db.session.execute(insert(AttendanceDecision), row)
    number = facts.attendance_id
    if ruling is Ruling.REJECTED:
        roll_call.reject(number, reason=reason, actor=actor, now=now)
        return 0
    return roll_call.confirm(number, left_at=left_at, reason=reason, actor=actor, now=now)


@again_on_conflict
def confirm_list(shift: Shift, *, reason: str, actor: Actor, now: datetime) -> Decided:
    """Confirm everybody of a shift who is held only for want of evidence: "they are here".

    Those still there will be entered when they check out, those gone are entered now. What
    is held for another reason stays, and so does one's own. A repeat changes nothing.
    """
    with transaction() as session:
        access.require_roll(actor, shift.unit.path, shift.leader_id)
        held = (
            select(Attendance.id, Attendance.state)
            .join(Scan, Scan.id == Attendance.in_scan_id)
            .where(
                Attendance.shift_id == shift.id,
                Attendance.review == Review.PENDING,
                Attendance.evidence_class == EvidenceClass.C,
                Attendance.state.in_([AttendanceState.OPEN, AttendanceState.CLOSED]),
                Attendance.person_id != actor.person_id,
                Scan.reason.in_(NO_EVIDENCE),
            )
            .order_by(Attendance.id)
        )
        every = session.execute(held).all()
        doubts = presence.doubts_about([number for number, _ in every])
        rows = [row for row in every if not OTHER_HOLDS & doubts[row[0]] and not _waits(*row)]
        there = [number for number, state in rows if state == AttendanceState.OPEN]
        gone = [number for number, state in rows if state == AttendanceState.CLOSED]
        gone = gone if now >= shift.starts_at else []
        elsewhere = presence.serve_elsewhere(there, shift.id)
        seen = [number for number in there if number not in elsewhere]
        if seen:
            session.execute(
                update(Attendance)
                .where(Attendance.id.in_(seen), Attendance.state == AttendanceState.OPEN)
                .values(review=Review.APPROVED)
            )
        ruling = Ruling.APPROVED
        done = decide(gone, ruling, reason=reason, actor=actor, now=now) if gone else Decided(0, 0)
        journal.write(
            "attendance.confirm_list",
            "shift",
            shift.public_id,
            actor=actor,
            now=now,
            unit_path=shift.unit.path,
            people=len(seen) + done.done,
        )
        return Decided(done.done + len(seen), done.left + len(elsewhere), done.minutes)


def _waits(attendance_id: int, state: str) -> bool:
    """Tell whether somebody has left with more minutes than one record may have (R13)."""
    if state != AttendanceState.CLOSED:
        return False
    facts = queries.posting(attendance_id)
    return facts is None or facts.left_at is None or earned(facts, facts.left_at).waits


class Recent(NamedTuple):
    """A decision that its maker may still take back."""

    id: int
    name: str
    title: str
    ruling: str
    decided_at: datetime


def recent(*, actor: Actor, now: datetime, limit: int = 20) -> Sequence[Recent]:
    """Return what the actor decided in the last 15 minutes, newest first."""
    decision = AttendanceDecision
    statement = (
        select(decision.id, Person.name, Shift.title, decision.ruling, decision.decided_at)
        .join(Attendance, Attendance.id == decision.attendance_id)
        .join(Person, Person.id == Attendance.person_id)
        .join(Shift, Shift.id == Attendance.shift_id)
        .where(
            decision.decided_by == actor.account_id,
            decision.decided_at >= now - PATIENCE,
            decision.undone_at.is_(None),
        )
        .order_by(decision.id.desc())
        .limit(limit)
    )
    return [Recent._make(row) for row in db.session.execute(statement)]


def _stands(decision: AttendanceDecision, there: Attendance) -> bool:
    """Tell whether a record stands as this decision left it, and nothing came of it since."""
    if there.review != decision.ruling:
        return False
    if decision.ruling == Ruling.REJECTED:
        return there.state == AttendanceState.VOID
    went = db.session.get(Scan, there.out_scan_id) if there.out_scan_id else None
    return (
        went is not None
        and went.received_at == decision.decided_at
        and went.actor_account_id == decision.decided_by
        and went.key.startswith(f"{roll_call.CONFIRM}:")
    )


@again_on_conflict
def undo(decision_id: int, *, reason: str, actor: Actor, now: datetime) -> None:
    """Take one's own decision of the last 15 minutes back: the record waits again.

    What was entered is entered the other way round; the scans stay. A repeat is refused as
    nothing to undo; so is a record that has moved on since.
    """
    with transaction() as session:
        decision = session.get(AttendanceDecision, decision_id, with_for_update=True)
        facts = queries.posting(decision.attendance_id) if decision else None
        if decision is None or facts is None:
            raise NotFound()
        access.require_roll(actor, facts.unit_path, facts.leader_id)
        if decision.decided_by != actor.account_id:
            raise UndoneByAnother()
        queries.member(facts.person_id, local_day(now), lock=True)
        there = session.get_one(Attendance, facts.attendance_id, populate_existing=True)
        if decision.undone_at or not _stands(decision, there):
            raise NothingToUndo()
        if now - decision.decided_at > PATIENCE:
            raise UndoTooLate()
        if there.revision:
            source = f"attendance:{there.id}:{there.revision}"
            hours.take_back(source, reason=reason, entered_by=actor.account_id, now=now)
        if facts.grants and decision.ruling == Ruling.APPROVED:
            source = f"shift:{facts.shift_id}"
            people.take_back_training(facts.person_id, source=source, actor=actor, now=now)
        confirmed = there.out_scan_id if decision.ruling == Ruling.APPROVED else None
        there.state, there.review = decision.was_state, decision.was_review
        there.left_at, there.out_scan_id = decision.was_left_at, decision.was_out_scan_id
        decision.undone_at = now
        session.flush()
        if confirmed:
            write_scan(
                key_of(new_act(UNDO), facts.person_id, Direction.OUT),
                session.get_one(Shift, facts.shift_id),
                facts.person_id,
                Direction.OUT,
                Channel.MANUAL,
                now,
                note=reason,
                supersedes_id=confirmed,
                actor=actor,
                now=now,
            )
        journal.write(
            "attendance.undo_decision",
            "attendance",
            facts.attendance_id,
            actor=actor,
            now=now,
            unit_path=facts.unit_path,
        )
