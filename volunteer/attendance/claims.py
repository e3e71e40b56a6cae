"""What a volunteer says: "I was there", "the time is wrong"; and the answer to it (R20)."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, false, or_, select, update
from sqlalchemy.orm import aliased

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import LostRace, again_on_conflict, db, transaction, within
from volunteer.core.errors import NotFound
from volunteer.hours import queries as ledger
from volunteer.hours import service as hours
from volunteer.hours.models import SourceClass
from volunteer.people.models import Person
from volunteer.shifts.models import Assignment, Shift, ShiftState, Site
from volunteer.units.models import Unit

from . import access, presence, queries
from .by_hand import AttendanceClaim, ClaimState
from .errors import (
    ClaimOpen,
    NothingToConfirm,
    NothingToRecord,
    SelfConfirmation,
    ShiftRunning,
    TimesOutside,
)
from .models import Attendance, AttendanceState, Channel, Direction, EvidenceClass, Review
from .recording import key_of, new_act, set_aside, write_scan
from .roll_call import was_there
from .service import earned, settle


@again_on_conflict
def ask(
    shift: Shift,
    *,
    arrived_at: datetime,
    left_at: datetime,
    words: str,
    actor: Actor,
    now: datetime,
) -> AttendanceClaim:
    """Say from when until when one was at a shift that is over; somebody else decides.

    Only of a shift one was put down for or recorded at. A second one while the first is
    open is refused, and the database sees to it.
    """
    with transaction() as session:
        person_id = access.require_self(actor)
        if not concerns(shift.id, person_id):
            raise NotFound()
        if now < shift.ends_at:
            raise ShiftRunning(ends=shift.ends_at)
        if not shift.starts_at <= arrived_at < left_at <= shift.ends_at:
            raise TimesOutside()
        queries.member(person_id, local_day(now), lock=True)
        if open_claim(shift.id, person_id) is not None:
            raise ClaimOpen()
        claim = AttendanceClaim(
            shift_id=shift.id,
            person_id=person_id,
            arrived_at=arrived_at,
            left_at=left_at,
            words=words,
            state=ClaimState.ASKED,
            asked_at=now,
        )
        session.add(claim)
        session.flush()
        _write_down("attendance.claim", claim, shift.unit.path, actor, now)
        return claim


@again_on_conflict
def answer(claim_id: int, *, approved: bool, words: str, actor: Actor, now: datetime) -> int:
    """Approve or decline what somebody says, with a reason; return the minutes entered.

    Approved, the stated times hold: what was entered before is taken back, the new minutes
    are `manual`. Nobody answers the own claim; an answered one is refused.
    """
    with transaction() as session:
        claim, shift = require_open(claim_id, actor)
        claim.state = ClaimState.APPROVED if approved else ClaimState.DECLINED
        claim.answer, claim.answered_at, claim.answered_by = words, now, actor.account_id
        session.flush()
        minutes = _enter(claim, shift, words, actor, now) if approved else 0
        _write_down("attendance.answer_claim", claim, shift.unit.path, actor, now)
        return minutes


def require_open(claim_id: int, actor: Actor) -> tuple[AttendanceClaim, Shift]:
    """Return a claim that waits for an answer by this actor, or say why it may not be given."""
    claim = db.session.get(AttendanceClaim, claim_id, with_for_update=True)
    if claim is None:
        raise NotFound()
    shift = db.session.get_one(Shift, claim.shift_id)
    access.require_roll(actor, shift.unit.path, shift.leader_id)
    if claim.person_id == actor.person_id:
        raise SelfConfirmation()
    if claim.state != ClaimState.ASKED:
        raise NothingToConfirm()
    return claim, shift


def _enter(claim: AttendanceClaim, shift: Shift, reason: str, actor: Actor, now: datetime) -> int:
    queries.member(claim.person_id, local_day(now), lock=True)
    there = presence.attendance_of(shift.id, claim.person_id)
    if there is None or there.state == AttendanceState.EXPECTED:
        place = presence.place_of(shift.id, db.session.get_one(Person, claim.person_id))
        times = {"arrived_at": claim.arrived_at, "left_at": claim.left_at}
        how = {"act": new_act("claim"), "channel": Channel.OVERRIDE, "reason": reason}
        if not was_there(shift, place, **times, **how, actor=actor, now=now):  # type: ignore[arg-type]
            raise NothingToRecord()
    else:
        _restate(there, claim, shift, reason, actor, now)
    db.session.expire_all()
    stands = presence.attendance_of(shift.id, claim.person_id)
    entry = stands and ledger.with_source(f"attendance:{stands.id}:{stands.revision}")
    return entry.minutes if entry else 0


def _restate(
    there: Attendance,
    claim: AttendanceClaim,
    shift: Shift,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Let the stated times stand instead of those recorded, and enter the difference."""
    if there.revision:
        source = f"attendance:{there.id}:{there.revision}"
        hours.take_back(source, reason=reason, entered_by=actor.account_id, now=now)
    act, scans = new_act("claim"), []
    old = {Direction.IN: there.in_scan_id, Direction.OUT: there.out_scan_id}
    for direction, moment in ((Direction.IN, claim.arrived_at), (Direction.OUT, claim.left_at)):
        scans.append(
            write_scan(
                key_of(act, claim.person_id, direction),
                shift,
                claim.person_id,
                direction,
                Channel.OVERRIDE,
                moment,
                note=reason,
                supersedes_id=old[direction],
                actor=actor,
                now=now,
            )
        )
    how = {"reason": reason, "actor": actor, "now": now}
    set_aside(shift, claim.person_id, but=scans, **how)  # type: ignore[arg-type]
    db.session.execute(
        update(Attendance)
        .where(Attendance.id == there.id)
        .values(
            in_scan_id=scans[0],
            arrived_at=claim.arrived_at,
            left_at=claim.left_at,
            evidence_class=EvidenceClass.D,
        )
    )
    facts = queries.posting(there.id)
    if facts is None:
        raise LostRace()
    earns = earned(facts, claim.left_at)
    settle(
        facts,
        earns,
        scan_id=scans[1],
        left_at=claim.left_at,
        review=Review.APPROVED,
        source_class=SourceClass.MANUAL,
        reason=reason,
        actor=actor,
        now=now,
    )


def concerns(shift_id: int, person_id: int) -> bool:
    """Tell whether somebody was put down for a shift at any time, or is recorded at it."""
    put_down = select(Assignment.id).filter_by(shift_id=shift_id, person_id=person_id)
    if db.session.scalar(put_down.limit(1)) is not None:
        return True
    return presence.attendance_of(shift_id, person_id) is not None


def open_claim(shift_id: int, person_id: int) -> AttendanceClaim | None:
    asked = select(AttendanceClaim).filter_by(
        shift_id=shift_id, person_id=person_id, state=ClaimState.ASKED
    )
    return db.session.scalar(asked)


def claims_of(shift_id: int, person_id: int) -> Sequence[AttendanceClaim]:
    """Return what somebody has said about a shift, newest first."""
    asked = select(AttendanceClaim).filter_by(shift_id=shift_id, person_id=person_id)
    return db.session.scalars(asked.order_by(AttendanceClaim.id.desc())).all()


class Waiting(NamedTuple):
    """A claim that waits for an answer, beside what is recorded."""

    id: int
    person_id: int
    name: str
    shift: str
    title: str
    site_name: str
    starts_at: datetime
    ends_at: datetime
    said_arrived_at: datetime
    said_left_at: datetime
    words: str
    asked_at: datetime
    state: str | None
    arrived_at: datetime | None
    left_at: datetime | None


def waiting(*, under: Sequence[str], leader_id: int | None, limit: int = 50) -> Sequence[Waiting]:
    """Return the open claims of the subtrees or of a leader's shifts, oldest first."""
    here = aliased(Attendance)
    leads = false() if leader_id is None else Shift.leader_id == leader_id
    statement = (
        select(
            AttendanceClaim.id,
            Person.id,
            Person.name,
            Shift.public_id,
            Shift.title,
            Site.name,
            Shift.starts_at,
            Shift.ends_at,
            AttendanceClaim.arrived_at,
            AttendanceClaim.left_at,
            AttendanceClaim.words,
            AttendanceClaim.asked_at,
            here.state,
            here.arrived_at,
            here.left_at,
        )
        .join(Shift, Shift.id == AttendanceClaim.shift_id)
        .join(Site, Site.id == Shift.site_id)
        .join(Unit, Unit.id == Shift.unit_id)
        .join(Person, Person.id == AttendanceClaim.person_id)
        .outerjoin(
            here,
            and_(
                here.shift_id == AttendanceClaim.shift_id,
                here.person_id == AttendanceClaim.person_id,
            ),
        )
        .where(
            AttendanceClaim.state == ClaimState.ASKED,
            Shift.state == ShiftState.PLANNED,
            or_(within(Unit.path, under), leads),
        )
        .order_by(AttendanceClaim.id)
        .limit(limit)
    )
    return [Waiting._make(row) for row in db.session.execute(statement)]


def _write_down(
    action: str, claim: AttendanceClaim, path: str, actor: Actor, now: datetime
) -> None:
    journal.write(
        action,
        "attendance_claim",
        claim.id,
        actor=actor,
        now=now,
        unit_path=path,
        state=str(claim.state),
    )
