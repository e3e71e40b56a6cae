"""The own places, waiting lists and what is past; who waits for a place at a shift."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import joinedload

from volunteer.core.db import db
from volunteer.people.models import Person
from volunteer.shifts.models import Assignment, AssignmentState, Shift, ShiftState
from volunteer.shifts.rules import Waits

from .models import Swap, SwapState, Waiting, WaitingState
from .queries import ON_THE_LIST


class MyPlace(NamedTuple):
    """A place of one's own, and the open request about it, if any."""

    shift: Shift
    request: Swap | None


def my_places(person_id: int, *, now: datetime, limit: int = 60) -> list[MyPlace]:
    """Return the places that a person has at shifts that are not over, soonest first."""
    mine = and_(
        Swap.shift_id == Shift.id, Swap.asker_id == person_id, Swap.state == SwapState.ASKED
    )
    rows = db.session.execute(
        select(Shift, Swap)
        .join(Assignment, Assignment.shift_id == Shift.id)
        .outerjoin(Swap, mine)
        .where(
            Assignment.person_id == person_id,
            Assignment.state == AssignmentState.ASSIGNED,
            Assignment.ends_at > now,
            Shift.state == ShiftState.PLANNED,
        )
        .options(joinedload(Shift.site), joinedload(Shift.leader), joinedload(Swap.asked))
        .order_by(Assignment.starts_at)
        .limit(limit)
    )
    return [MyPlace(*row) for row in rows]


def my_waiting(person_id: int, *, now: datetime) -> Sequence[Waiting]:
    """Return the waiting lists on which a person stands, those with an offer first."""
    return db.session.scalars(
        select(Waiting)
        .join(Waiting.shift)
        .where(Waiting.person_id == person_id, ON_THE_LIST, Shift.starts_at > now)
        .where(Shift.state == ShiftState.PLANNED)
        .options(joinedload(Waiting.shift).joinedload(Shift.site))
        .order_by(Waiting.state != WaitingState.OFFERED, Shift.starts_at)
    ).all()


def waits(shift_id: int) -> list[Waits]:
    """Return who waits for a place at a shift, first come first (hook of `shifts`)."""
    rows = db.session.execute(
        select(Person.public_id, Person.name, Waiting.offered_until)
        .join(Waiting.person)
        .where(Waiting.shift_id == shift_id, ON_THE_LIST)
        .order_by(Waiting.asked_at, Waiting.id)
    )
    return [Waits(*row) for row in rows]


class Past(NamedTuple):
    """A place that is history, and in which state it ended."""

    shift: Shift
    state: str


def my_past(person_id: int, *, now: datetime, limit: int = 20) -> list[Past]:
    """Return the places that a person had: shifts that are over, or given up; latest first."""
    rows = db.session.execute(
        select(Shift, Assignment.state)
        .join(Assignment, Assignment.shift_id == Shift.id)
        .where(
            Assignment.person_id == person_id,
            or_(
                Assignment.ends_at <= now,
                Assignment.state == AssignmentState.EXCUSED,
                Shift.state == ShiftState.CANCELLED,
            ),
        )
        .options(joinedload(Shift.site))
        .order_by(Assignment.starts_at.desc())
        .limit(limit)
    )
    return [Past(*row) for row in rows]
