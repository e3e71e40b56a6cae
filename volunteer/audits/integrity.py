"""`flask check`: does the ledger follow from attendance, and attendance from the scans?

Read only; it does not use the verbs that wrote the rows, and it names what it finds.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from sqlalchemy import and_, cast, func, literal, or_, select
from sqlalchemy.orm import aliased

from volunteer.attendance import service as attendance
from volunteer.attendance.models import Attendance, AttendanceState, Review, Scan, Verdict
from volunteer.core.clock import Month, local_day
from volunteer.core.db import db
from volunteer.hours.models import LedgerEntry
from volunteer.hours.rules import counted
from volunteer.shifts.models import Assignment, AssignmentState, CheckinSettings, Shift
from volunteer.targets import queries as targets

#: How many rows are held in memory at a time.
BATCH = 5000
#: What rounding and grace may add to two shifts that lie over each other.
SLACK = timedelta(minutes=60)


class Finding(NamedTuple):
    """Something that does not follow: what, and the row in which it shows."""

    code: str
    row: str


def findings() -> Iterator[Finding]:
    """Yield everything that is wrong; nothing where all is well."""
    yield from _orphans()
    yield from _scans_disagree()
    yield from _entries_disagree()
    yield from _revisions()
    yield from _corrections()
    yield from _overlaps()
    yield from _credited_twice()


_source = (
    literal("attendance:")
    + cast(Attendance.id, LedgerEntry.source.type)
    + literal(":")
    + cast(Attendance.revision, LedgerEntry.source.type)
)


def _orphans() -> Iterator[Finding]:
    """Yield entries whose attendance is not there, and attendances whose entry is not there."""
    known = set(db.session.scalars(select(Attendance.id)))
    entries = select(LedgerEntry.source).where(LedgerEntry.source.startswith("attendance:"))
    for source in db.session.scalars(entries.execution_options(yield_per=BATCH)):
        if int(source.split(":")[1]) not in known:
            yield Finding("entry_without_attendance", source)
    unposted = (
        select(Attendance.id)
        .outerjoin(LedgerEntry, LedgerEntry.source == _source)
        .where(Attendance.revision > 0, LedgerEntry.id.is_(None))
    )
    for attendance_id in db.session.scalars(unposted):
        yield Finding("attendance_without_entry", f"attendance:{attendance_id}")


def _scans_disagree() -> Iterator[Finding]:
    """Yield attendances that do not say what their scans say."""
    came, went = aliased(Scan), aliased(Scan)
    heard = [Verdict.ACCEPTED, Verdict.HELD]
    wrong = (
        select(Attendance.id)
        .outerjoin(came, came.id == Attendance.in_scan_id)
        .outerjoin(went, went.id == Attendance.out_scan_id)
        .where(
            or_(
                and_(came.id.is_(None), Attendance.state != AttendanceState.EXPECTED),
                came.person_id != Attendance.person_id,
                came.shift_id != Attendance.shift_id,
                came.effective_at != Attendance.arrived_at,
                came.verdict.not_in(heard),
                and_(Attendance.state == AttendanceState.CLOSED, went.id.is_(None)),
                went.person_id != Attendance.person_id,
                went.shift_id != Attendance.shift_id,
                went.effective_at != Attendance.left_at,
                went.verdict.not_in(heard),
            )
        )
    )
    for attendance_id in db.session.scalars(wrong):
        yield Finding("scan_disagrees", f"attendance:{attendance_id}")


def _entries_disagree() -> Iterator[Finding]:
    """Reckon every attendance again and yield those whose entry says something else.

    An entry that was taken back counts as none.
    """
    taken_back = aliased(LedgerEntry)
    statement = (
        select(
            Attendance.id,
            Attendance.person_id,
            Attendance.unit_id,
            Attendance.state,
            Attendance.review,
            Attendance.arrived_at,
            Attendance.left_at,
            Shift.starts_at,
            Shift.ends_at,
            Shift.id,
            CheckinSettings.return_allowed,
            CheckinSettings.require_out,
            LedgerEntry.person_id,
            LedgerEntry.unit_id,
            LedgerEntry.month,
            LedgerEntry.service_day,
            LedgerEntry.minutes + func.coalesce(taken_back.minutes, 0),
        )
        .join(Shift, Shift.id == Attendance.shift_id)
        .join(CheckinSettings, CheckinSettings.id == Shift.settings_id)
        .outerjoin(LedgerEntry, and_(Attendance.revision > 0, LedgerEntry.source == _source))
        .outerjoin(taken_back, taken_back.source == LedgerEntry.source + literal(":reversed"))
        .order_by(Attendance.id)
        .execution_options(yield_per=BATCH)
    )
    by_day, policy_for = _minutes_by_day(), cache(targets.policy_for)
    for row in db.session.execute(statement):
        (attendance_id, person_id, unit_id, state, review, arrived, left, starts, ends) = row[:9]
        shift_id: int = row[9]
        may_return, require_out = row[10:12]
        entry_person, entry_unit, month, day = row[12:16]
        minutes: int | None = row[16]
        pays = state == AttendanceState.CLOSED and review in {Review.NONE, Review.APPROVED}
        expected_day = local_day(starts)
        policy = policy_for(Month.of_day(expected_day))
        due = 0
        if pays and arrived and left:
            times = [(arrived if require_out else starts, left)]
            if may_return and require_out:
                times = attendance.presences(shift_id, person_id, left)
            due = counted(times, starts, ends, targets.terms_of(policy)).minutes
        full = by_day.get((person_id, expected_day), 0) >= policy.max_minutes_per_day
        right = (minutes or 0) == due or (full and (minutes or 0) < due)  # R13: the day's maximum
        if not right and (minutes or 0) < due:  # the rest was credited at another shift
            right = bool(attendance.counted_elsewhere(shift_id, person_id, starts, ends))
        if minutes is not None and right:
            right = (entry_person, entry_unit, day, month) == (
                person_id,
                unit_id,
                expected_day,
                str(Month.of(starts)),
            )
        if not right:
            yield Finding("entry_disagrees", f"attendance:{attendance_id}")


def _minutes_by_day() -> dict[tuple[int, date], int]:
    """Return the minutes of each person and day on which several records were entered."""
    found: dict[tuple[int, date], int] = defaultdict(int)
    statement = (
        select(LedgerEntry.person_id, LedgerEntry.service_day, func.sum(LedgerEntry.minutes))
        .group_by(LedgerEntry.person_id, LedgerEntry.service_day)
        .having(func.count(LedgerEntry.id) > 1)
    )
    for person_id, day, minutes in db.session.execute(statement):
        found[person_id, day] = minutes
    return found


def _revisions() -> Iterator[Finding]:
    """Yield earlier entries of an attendance that nobody took back when it was entered anew."""
    earlier = (
        literal("attendance:")
        + cast(Attendance.id, LedgerEntry.source.type)
        + literal(":")
        + cast(Attendance.revision - 1, LedgerEntry.source.type)
    )
    taken_back = aliased(LedgerEntry)
    statement = (
        select(Attendance.id)
        .join(LedgerEntry, LedgerEntry.source == earlier)
        .outerjoin(taken_back, taken_back.source == LedgerEntry.source + literal(":reversed"))
        .where(Attendance.revision > 1, taken_back.id.is_(None))
    )
    for attendance_id in db.session.scalars(statement):
        yield Finding("entered_twice", f"attendance:{attendance_id}")


def _corrections() -> Iterator[Finding]:
    corrected = aliased(LedgerEntry)
    wrong = (
        select(LedgerEntry.id)
        .join(corrected, corrected.id == LedgerEntry.corrects_id)
        .where(corrected.person_id != LedgerEntry.person_id)
    )
    for entry_id in db.session.scalars(wrong):
        yield Finding("correction_of_another", f"ledger_entry:{entry_id}")


def _overlaps() -> Iterator[Finding]:
    other = aliased(Assignment)
    wrong = (
        select(Assignment.id)
        .join(
            other,
            and_(
                other.person_id == Assignment.person_id,
                other.id > Assignment.id,
                other.state == AssignmentState.ASSIGNED,
                other.starts_at < Assignment.ends_at,
                other.ends_at > Assignment.starts_at,
            ),
        )
        .where(Assignment.state == AssignmentState.ASSIGNED)
    )
    for assignment_id in db.session.scalars(wrong):
        yield Finding("assignments_overlap", f"assignment:{assignment_id}")


def _credited_twice() -> Iterator[Finding]:
    """Yield records with more minutes than their shift leaves beside another of the same time."""
    other, beside = aliased(Attendance), aliased(Shift)
    entered = [Review.NONE, Review.APPROVED]
    pairs = (
        select(
            Attendance.id,
            Shift.starts_at,
            Shift.ends_at,
            beside.starts_at,
            beside.ends_at,
            LedgerEntry.minutes,
            other.id,
            other.revision,
        )
        .join(Shift, Shift.id == Attendance.shift_id)
        .join(LedgerEntry, and_(Attendance.revision > 0, LedgerEntry.source == _source))
        .join(other, and_(other.person_id == Attendance.person_id, other.id > Attendance.id))
        .join(beside, beside.id == other.shift_id)
        .where(
            Attendance.state == AttendanceState.CLOSED,
            Attendance.review.in_(entered),
            other.state == AttendanceState.CLOSED,
            other.review.in_(entered),
            other.revision > 0,
            beside.starts_at < Shift.ends_at,
            beside.ends_at > Shift.starts_at,
        )
        .order_by(Attendance.id)
    )
    for row in db.session.execute(pairs).all():
        number, starts, ends, begins, until, minutes, second, revision = row
        source = f"attendance:{second}:{revision}"
        more = db.session.scalar(select(LedgerEntry.minutes).filter_by(source=source)) or 0
        span = max(ends, until) - min(starts, begins) + SLACK
        if minutes + more > span // timedelta(minutes=1):
            yield Finding("credited_twice", f"attendance:{number}")
