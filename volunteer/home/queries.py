"""What the front pages ask across features."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from volunteer.attendance.models import Attendance, AttendanceState
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


_expected = (
    select(func.count(Assignment.id))
    .where(Assignment.shift_id == Shift.id, Assignment.state == AssignmentState.ASSIGNED)
    .correlate(Shift)
    .scalar_subquery()
)
_came = (
    select(func.count(Attendance.id))
    .where(Attendance.shift_id == Shift.id, Attendance.state != AttendanceState.VOID)
    .correlate(Shift)
    .scalar_subquery()
)


def day_of(now: datetime) -> tuple[datetime, datetime]:
    """Return the first instant of the local day, and of the next one."""
    day = clock.local_day(now)
    return clock.at(day, time()), clock.at(day + timedelta(days=1), time())


def todays_shifts(now: datetime, *, under: Sequence[str], limit: int = 12) -> list[Today]:
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
    return DayFigures(*row)


class Gap(NamedTuple):
    """A shift that still lacks people."""

    shift: Shift
    missing: int


def gaps(now: datetime, *, under: Sequence[str], days: int = 2, limit: int = 8) -> list[Gap]:
    """Return the shifts of the next days that have fewer people than wanted, soonest first."""
    statement = (
        select(Shift, Shift.wanted - _expected)
        .join(Shift.unit)
        .where(
            Shift.starts_at > now,
            Shift.starts_at <= now + timedelta(days=days),
            Shift.state == ShiftState.PLANNED,
            within(Unit.path, under),
            Shift.wanted > _expected,
        )
        .options(joinedload(Shift.site), joinedload(Shift.unit))
        .order_by(Shift.starts_at, Shift.id)
        .limit(limit)
    )
    return [Gap(*row) for row in db.session.execute(statement)]


def waiting(*, under: Sequence[str]) -> int:
    """Return how many attendances wait for somebody's decision."""
    statement = (
        select(func.count(Attendance.id))
        .join(Shift, Shift.id == Attendance.shift_id)
        .join(Unit, Unit.id == Shift.unit_id)
        .where(
            (Attendance.state == AttendanceState.AUTO_CLOSED)
            | ((Attendance.review == "pending") & (Attendance.state == AttendanceState.CLOSED)),
            within(Unit.path, under),
        )
    )
    return db.session.scalars(statement).one()


def last_tick() -> datetime | None:
    """Return when the scheduler last gave a sign of life."""
    return db.session.scalar(select(Lease.renewed_at).where(Lease.name == LEASE))
