"""Who should stand where now, and who has come."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import joinedload

from volunteer.attendance.models import Attendance, AttendanceState, Review
from volunteer.core.db import db, within
from volunteer.people.models import Person
from volunteer.shifts.models import Assignment, AssignmentState, Shift, ShiftState
from volunteer.units.models import Unit

from . import rules

#: The most shifts on one page.
PAGE = 50


class Standing(StrEnum):
    """Where a person is who should be there now."""

    HERE = "here"
    HELD = "held"
    GONE = "gone"
    AWAITED = "awaited"
    LATE = "late"


class Someone(NamedTuple):
    name: str
    standing: Standing
    arrived_at: datetime | None


class Watch(NamedTuple):
    """A shift that goes on now or begins within half an hour, with its people."""

    shift: Shift
    people: Sequence[Someone]

    @property
    def came(self) -> int:
        return sum(each.standing in (Standing.HERE, Standing.HELD) for each in self.people)

    @property
    def expected(self) -> int:
        """How many should stand there: as many as are wanted, or more where more have come."""
        return max(self.shift.wanted, len(self.people))


class Board(NamedTuple):
    """The shifts of now, by unit; `more` tells whether there are others."""

    watches: Sequence[Watch]
    more: bool

    @property
    def came(self) -> int:
        return sum(each.came for each in self.watches)

    @property
    def expected(self) -> int:
        return sum(each.expected for each in self.watches)


def board(*, under: Sequence[str], now: datetime, page: int = 1) -> Board:
    """Return who should stand where now in the subtrees, by unit: two statements."""
    goes_on = and_(
        Shift.starts_at <= now + rules.BEFORE,
        Shift.ends_at > now,
        Shift.state == ShiftState.PLANNED,
        within(Unit.path, under),
    )
    statement = (
        select(Shift)
        .join(Shift.unit)
        .where(goes_on)
        .options(joinedload(Shift.unit), joinedload(Shift.site), joinedload(Shift.leader))
        .order_by(Unit.path, Shift.starts_at, Shift.id)
        .offset((page - 1) * PAGE)
        .limit(PAGE + 1)
    )
    shifts = db.session.scalars(statement).all()
    people = _people([shift.id for shift in shifts[:PAGE]], now) if shifts else {}
    watches = [Watch(shift, people.get(shift.id, ())) for shift in shifts[:PAGE]]
    return Board(watches, len(shifts) > PAGE)


def _people(shift_ids: Sequence[int], now: datetime) -> dict[int, list[Someone]]:
    """Return who is assigned to each shift or present at it, by name."""
    statement = (
        select(
            Assignment.shift_id,
            Assignment.starts_at,
            Person.name,
            Attendance.state,
            Attendance.review,
            Attendance.arrived_at,
        )
        .join(Person, Person.id == Assignment.person_id)
        .outerjoin(
            Attendance,
            and_(
                Attendance.shift_id == Assignment.shift_id,
                Attendance.person_id == Assignment.person_id,
            ),
        )
        .where(
            Assignment.shift_id.in_(shift_ids),
            or_(
                Assignment.state.in_([AssignmentState.ASSIGNED, AssignmentState.WALK_IN]),
                Attendance.state == AttendanceState.OPEN,
            ),
        )
        .order_by(Assignment.shift_id, Person.name, Person.id)
    )
    found: defaultdict[int, list[Someone]] = defaultdict(list)
    for shift_id, starts_at, name, state, review, arrived_at in db.session.execute(statement):
        standing = standing_of(state, review, starts_at, now)
        found[shift_id].append(Someone(name, standing, arrived_at))
    return found


def standing_of(
    state: str | None, review: str | None, starts_at: datetime, now: datetime
) -> Standing:
    """Say where somebody is: until five minutes after the start nobody is late (R50)."""
    if state == AttendanceState.OPEN:
        return Standing.HELD if review == Review.PENDING else Standing.HERE
    if state in (AttendanceState.CLOSED, AttendanceState.AUTO_CLOSED):
        return Standing.GONE
    return Standing.LATE if now > starts_at + rules.TOLERANCE else Standing.AWAITED
