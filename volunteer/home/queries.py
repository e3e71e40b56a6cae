"""What the front pages ask across features."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import and_, func, literal_column, or_, select
from sqlalchemy.orm import joinedload

from volunteer.attendance.models import Attendance, AttendanceClaim, AttendanceState, Review
from volunteer.core import clock
from volunteer.core.db import db, within
from volunteer.core.jobs import LEASE
from volunteer.core.models import Lease
from volunteer.shifts.models import Assignment, AssignmentState, Shift, ShiftState
from volunteer.units.models import Unit


class Today(NamedTuple):
    """A shift of today: how many are expected, and how many have come."""

    shift: Shift
    expected: int
    came: int


class DayFigures(NamedTuple):
    """A day of the subtrees: shifts, places wanted, people expected, people who have come."""

    shifts: int
    wanted: int
    expected: int
    came: int


HAVE_COME = (AttendanceState.OPEN, AttendanceState.CLOSED, AttendanceState.AUTO_CLOSED)

_expected = (
    select(func.count(Assignment.id))
    .where(Assignment.shift_id == Shift.id, Assignment.state == AssignmentState.ASSIGNED)
    .correlate(Shift)
    .scalar_subquery()
)
_came = (
    select(func.count(Attendance.id))
    .where(Attendance.shift_id == Shift.id, Attendance.state.in_(HAVE_COME))
    .correlate(Shift)
    .scalar_subquery()
)


#: Written out, so that both engines recognise the condition of their partial index.
_WAITS = and_(
    or_(
        Attendance.state.in_([literal_column("'open'"), literal_column("'auto_closed'")]),
        Attendance.review == literal_column("'pending'"),
    ),
    or_(
        Attendance.state == AttendanceState.AUTO_CLOSED,
        and_(Attendance.state == AttendanceState.CLOSED, Attendance.review == Review.PENDING),
    ),
)


def day_of(now: datetime) -> tuple[datetime, datetime]:
    """Return the first instant of the local day, and of the next one."""
    day = clock.local_day(now)
    return clock.at(day, time()), clock.at(day + timedelta(days=1), time())


def todays_shifts(now: datetime, *, under: Sequence[str], limit: int) -> list[Today]:
    """Return the planned shifts of today that are not over, soonest first."""
    since, until = day_of(now)
    statement = (
        select(Shift, _expected, _came)
        .join(Shift.unit)
        .where(
            Shift.starts_at >= since,
            Shift.starts_at < until,
            Shift.ends_at > now,
            Shift.state == ShiftState.PLANNED,
            within(Unit.path, under),
        )
        .options(joinedload(Shift.site), joinedload(Shift.unit))
        .order_by(Shift.starts_at, Shift.id)
        .limit(limit)
    )
    return [Today(*row) for row in db.session.execute(statement)]


def figures_of_day(now: datetime, *, under: Sequence[str]) -> DayFigures:
    """Return the figures of today: one statement."""
    since, until = day_of(now)
    lines = (
        select(Shift.wanted.label("wanted"), _expected.label("expected"), _came.label("came"))
        .join(Shift.unit)
        .where(
            Shift.starts_at >= since,
            Shift.starts_at < until,
            Shift.state == ShiftState.PLANNED,
            within(Unit.path, under),
        )
        .subquery()
    )
    row = db.session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(lines.c.wanted), 0),
            func.coalesce(func.sum(lines.c.expected), 0),
            func.coalesce(func.sum(lines.c.came), 0),
        ).select_from(lines)
    ).one()
    return DayFigures(*map(int, row))


def waiting(*, under: Sequence[str], leader_id: int | None) -> int:
    """Return how many records wait for a decision in the subtrees, or of a leader's shifts."""
    statement = (
        select(func.count(Attendance.id))
        .join(Shift, Shift.id == Attendance.shift_id)
        .join(Unit, Unit.id == Shift.unit_id)
        .where(
            _WAITS,
            or_(within(Unit.path, under), Shift.leader_id == leader_id),
        )
    )
    claims = (
        select(func.count(AttendanceClaim.id))
        .join(Shift, Shift.id == AttendanceClaim.shift_id)
        .join(Unit, Unit.id == Shift.unit_id)
        .where(
            AttendanceClaim.state == "asked",
            Shift.state == ShiftState.PLANNED,
            or_(within(Unit.path, under), Shift.leader_id == leader_id),
        )
        .scalar_subquery()
    )
    return db.session.scalars(select(statement.scalar_subquery() + claims)).one()


class Arrival(NamedTuple):
    """What has come of a person's shift so far."""

    state: str
    arrived_at: datetime | None


def arrival(shift_id: int, person_id: int) -> Arrival | None:
    """Return whether the person has checked in at the shift."""
    row = db.session.execute(
        select(Attendance.state, Attendance.arrived_at).where(
            Attendance.shift_id == shift_id, Attendance.person_id == person_id
        )
    ).one_or_none()
    return Arrival(*row) if row else None


def led_by(person_id: int, *, now: datetime, limit: int = 3) -> Sequence[Shift]:
    """Return the shifts of today and tomorrow that the person leads, soonest first."""
    since, until = day_of(now)
    statement = (
        select(Shift)
        .where(
            Shift.leader_id == person_id,
            Shift.starts_at >= since,
            Shift.starts_at < until + timedelta(days=1),
            Shift.state == ShiftState.PLANNED,
        )
        .options(joinedload(Shift.site))
        .order_by(Shift.starts_at, Shift.id)
        .limit(limit)
    )
    return db.session.scalars(statement).all()


def last_tick() -> datetime | None:
    """Return when the scheduler last gave a sign of life."""
    return db.session.scalar(select(Lease.renewed_at).where(Lease.name == LEASE))
