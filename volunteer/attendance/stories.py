"""What a person's month consists of: the attendances, and the shifts without one."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, select

from volunteer.core.clock import Month
from volunteer.core.db import db
from volunteer.people.queries import same_person
from volunteer.shifts.models import Assignment, AssignmentState, Shift, ShiftState, Site

from .models import Attendance, AttendanceState


class Story(NamedTuple):
    """What an attendance entry came from, for its person."""

    attendance_id: int
    title: str
    site_name: str
    starts_at: datetime
    ends_at: datetime
    arrived_at: datetime | None
    left_at: datetime | None
    state: str
    review: str
    #: The shift's public id.
    shift: str


def stories_of(person_id: int, month: Month) -> list[Story]:
    """Return a person's attendances of a month with their shifts, latest first."""
    statement = (
        select(
            Attendance.id,
            Shift.title,
            Site.name,
            Shift.starts_at,
            Shift.ends_at,
            Attendance.arrived_at,
            Attendance.left_at,
            Attendance.state,
            Attendance.review,
            Shift.public_id,
        )
        .join(Shift, Shift.id == Attendance.shift_id)
        .join(Site, Site.id == Shift.site_id)
        .where(
            Attendance.person_id.in_(same_person(person_id)),
            Attendance.state != AttendanceState.EXPECTED,
            Shift.starts_at >= month.start,
            Shift.starts_at < month.end,
        )
        .order_by(Shift.starts_at.desc())
    )
    return [Story._make(row) for row in db.session.execute(statement)]


class Missed(NamedTuple):
    """A shift that is over, for which somebody was put down and at which nobody recorded him."""

    shift: str
    title: str
    site_name: str
    starts_at: datetime
    ends_at: datetime


def missed_by(person_id: int, month: Month, *, now: datetime) -> list[Missed]:
    """Return the shifts of a month at which a person is not recorded, latest first."""
    recorded = and_(
        Attendance.shift_id == Assignment.shift_id,
        Attendance.person_id == Assignment.person_id,
        Attendance.state != AttendanceState.EXPECTED,
    )
    statement = (
        select(Shift.public_id, Shift.title, Site.name, Shift.starts_at, Shift.ends_at)
        .join(Assignment, Assignment.shift_id == Shift.id)
        .join(Site, Site.id == Shift.site_id)
        .outerjoin(Attendance, recorded)
        .where(
            Assignment.person_id == person_id,
            Assignment.state.in_([AssignmentState.ASSIGNED, AssignmentState.WALK_IN]),
            Assignment.starts_at >= month.start,
            Assignment.starts_at < month.end,
            Shift.ends_at <= now,
            Shift.state == ShiftState.PLANNED,
            Attendance.id.is_(None),
        )
        .order_by(Shift.starts_at.desc())
    )
    return [Missed._make(row) for row in db.session.execute(statement)]
