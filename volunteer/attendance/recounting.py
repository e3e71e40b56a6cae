"""Scans that arrive in another order than they happened: attendance as if they had not."""

from datetime import datetime

from flask_babel import gettext
from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.orm import aliased

from volunteer.core.actor import Actor
from volunteer.core.db import LostRace, run
from volunteer.hours import service as hours
from volunteer.hours.models import SourceClass
from volunteer.shifts.models import Shift

from . import queries, service
from .asking import Request
from .models import (
    Attendance,
    AttendanceState,
    Channel,
    Direction,
    EvidenceClass,
    Reason,
    Review,
    Scan,
    TimeQuality,
    Verdict,
)

#: It counts now that the check-in before it has come from another phone.
LATE = "late_arrival_of_data"

_counted = aliased(Scan)
_waited = (
    select(
        Scan.id,
        Scan.effective_at,
        Scan.claimed_at,
        Scan.time_quality,
        Scan.raw_token_hash,
        Scan.flags,
    )
    .where(
        Scan.person_id == bindparam("person_id"),
        Scan.direction == Direction.OUT,
        Scan.reason == Reason.NOT_CHECKED_IN,
        Scan.offline.is_(True),
        ~exists().where(
            _counted.person_id == Scan.person_id,
            _counted.direction == Direction.OUT,
            _counted.effective_at == Scan.effective_at,
            _counted.verdict.in_([Verdict.ACCEPTED, Verdict.HELD]),
        ),
        Scan.effective_at > bindparam("since", type_=Scan.effective_at.type),
        Scan.effective_at < bindparam("until", type_=Scan.effective_at.type),
    )
    .order_by(Scan.effective_at.desc())
    .limit(1)
)
_entered = (
    select(Attendance.id, Attendance.in_scan_id, Attendance.out_scan_id)
    .join(Shift, Shift.id == Attendance.shift_id)
    .where(
        Shift.public_id == bindparam("shift"),
        Attendance.person_id == bindparam("person_id"),
        Attendance.state.in_(
            [AttendanceState.OPEN, AttendanceState.CLOSED, AttendanceState.AUTO_CLOSED]
        ),
        Attendance.review != Review.APPROVED,
        Attendance.arrived_at > bindparam("arrived", type_=Attendance.arrived_at.type),
        Attendance.evidence_class != EvidenceClass.D,
    )
)
_in_scan = select(Scan.id).where(
    Scan.key == bindparam("key"), Scan.actor_account_id == bindparam("by")
)
_arrive = (
    update(Attendance)
    .where(Attendance.id == bindparam("attendance_id"))
    .values(
        arrived_at=bindparam("arrived", type_=Attendance.arrived_at.type),
        in_scan_id=bindparam("scan_id"),
    )
)


def check_out_that_waited(came: Request, at: datetime, *, actor: Actor, now: datetime) -> None:
    """Carry out a check-out that another phone sent in before this check-in had arrived.

    Both were true when they were scanned; only the order of their arrival was not. Where
    it does not fit the shift it is refused once more, and that is all.
    """
    facts = {"person_id": came.person_id, "since": at, "until": at + queries.REACH}
    waited = run(_waited, facts).first()
    if waited is None:
        return
    number, left_at, claimed_at, quality, token_hash, flags = waited
    went = Request(
        site=None,
        key=f"late-out-{number}-{came.shift}",  # it may have been refused at another shift
        token_hash=token_hash,
        shift=came.shift,
        channel=Channel.PERSONAL,
        person_id=came.person_id,
        effective_at=left_at,
        claimed_at=claimed_at,
        time_quality=TimeQuality(quality),
        offline=True,
        doubts=tuple(Reason(each) for each in flags if each.startswith("clock_")),
        flags=(LATE,),
    )
    service.check_out(went, actor=actor, now=now)


def arrive_earlier(came: Request, at: datetime, *, actor: Actor, now: datetime) -> None:
    """Let somebody's presence begin with this scan, where the one known so far was later.

    Minutes that were entered for it are taken back and entered anew, or wait where they are
    too many now (R13). What a leader has recorded or decided by hand stays as it is, and so
    does what began before `at`, or before check-in opened.
    """
    asked = {"shift": came.shift, "person_id": came.person_id, "arrived": at}
    entered = run(_entered, asked).first()
    if entered is None or not _is_open_at(came, at):
        return
    attendance_id, in_scan_id, out_scan_id = entered
    facts = queries.posting(attendance_id)
    if facts is None:
        raise LostRace()
    held = facts.review == Review.PENDING
    if not held:  # why it is held stands at the scan by which somebody came
        in_scan_id = run(_in_scan, {"key": came.key, "by": actor.account_id}).scalar_one()
    run(_arrive, {"attendance_id": attendance_id, "arrived": at, "scan_id": in_scan_id})
    if held or facts.state != AttendanceState.CLOSED or facts.left_at is None:
        return
    hours.take_back(
        f"attendance:{attendance_id}:{facts.revision}",
        reason=gettext("An earlier arrival was sent in by another phone."),
        entered_by=actor.account_id,
        now=now,
    )
    left_at, facts = facts.left_at, facts._replace(arrived_at=at)
    earns = service.earned(facts, left_at)
    service.settle(
        facts,
        earns,
        scan_id=out_scan_id,
        left_at=left_at,
        review=Review.PENDING if earns.waits else Review.NONE,
        source_class=SourceClass.SCANNED,
        actor=actor,
        now=now,
    )


def _is_open_at(came: Request, at: datetime) -> bool:
    """Tell whether check-in was open then: an arrival before that is no arrival."""
    meant = [
        each for each in queries.candidates(came.person_id or 0, at) if each.shift == came.shift
    ]
    return any(each.opens_at <= at for each in meant)
