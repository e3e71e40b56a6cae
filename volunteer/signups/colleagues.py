"""Who may be asked to take over a place, and what is asked of whom."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import joinedload

from volunteer.core.clock import local_day
from volunteer.core.db import db
from volunteer.core.errors import NotFound
from volunteer.people import queries as people
from volunteer.people.models import Membership, Person, PersonState
from volunteer.shifts import rules as shift_rules
from volunteer.shifts.models import Assignment, AssignmentState, Shift, ShiftState
from volunteer.targets.models import Exemption
from volunteer.units.models import Unit

from .models import DayOff, Swap, SwapState, Waiting, WaitingState

#: A name is looked for from so many letters on, and so many are shown.
LEAST_LETTERS = 2
SHOWN = 20
#: So many colleagues are told at most that somebody looks for a stand-in.
MOST_TOLD = 200
#: How far ahead the places of a colleague are offered for a swap.
AHEAD = timedelta(days=28)

_assigned = Assignment.state == AssignmentState.ASSIGNED


class Colleague(NamedTuple):
    """Somebody of the own unit; no phone is shown."""

    public_id: str
    name: str
    unit_name: str


def _of_unit(columns: Sequence[Any], unit_id: int, but: int, on: date) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Person)
        .join(Membership, Membership.person_id == Person.id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(
            Membership.unit_id == unit_id,
            people.on(on),
            Person.state == PersonState.ACTIVE,
            Person.id != but,
        )
    )


def _busy_at(shift: Shift) -> ColumnElement[bool]:
    """Return the condition that a person serves somewhere while the shift lasts."""
    return (
        select(Assignment.id)
        .where(
            Assignment.person_id == Person.id,
            _assigned,
            Assignment.starts_at < shift.ends_at,
            Assignment.ends_at > shift.starts_at,
        )
        .exists()
    )


def search(words: str, *, shift: Shift, unit_id: int, but: int, on: date) -> list[Colleague]:
    """Return the people of a unit whose name, or its reading, has `words`: two letters at least.

    Whoever has a place at the shift already is left out.
    """
    words = "".join(words.split())
    if len(words) < LEAST_LETTERS:
        return []
    here = select(Assignment.id).where(
        Assignment.person_id == Person.id, _assigned, Assignment.shift_id == shift.id
    )
    named: ColumnElement[bool] = Person.name.contains(words, autoescape=True)
    if words.isascii() and words.isalpha():
        named = or_(named, Person.name_pinyin.startswith(words.lower(), autoescape=True))
    statement = _of_unit((Person.public_id, Person.name, Unit.name), unit_id, but, on)
    statement = statement.where(named, ~here.exists()).order_by(Person.name, Person.id)
    return [Colleague(*row) for row in db.session.execute(statement.limit(SHOWN))]


def named(public_id: str, *, unit_id: int, but: int, on: date) -> Person | None:
    """Return the person of the unit with this public id, or None."""
    statement = _of_unit((Person,), unit_id, but, on).where(Person.public_id == public_id)
    return db.session.scalar(statement)


def free_at(shift: Shift, *, unit_id: int, but: int) -> list[int]:
    """Return the ids of the people of a unit who have neither a place nor a day off then.

    Nobody who is exempt while it lasts, or has said not to be able to come to this very
    shift (R27).
    """
    day, last = shift_rules.span_of(shift.starts_at, shift.ends_at)
    off = select(DayOff.id).where(
        DayOff.person_id == Person.id, DayOff.from_on <= last, DayOff.until_on >= day
    )
    exempt = select(Exemption.id).where(
        Exemption.person_id == Person.id,
        Exemption.withdrawn_at.is_(None),
        Exemption.from_on <= last,
        Exemption.until_on >= day,
    )
    statement = _of_unit((Person.id,), unit_id, but, day)
    withdrew = select(Assignment.id).where(
        Assignment.person_id == Person.id,
        Assignment.shift_id == shift.id,
        Assignment.state == AssignmentState.EXCUSED,
    )
    hindered = (off, exempt, withdrew)
    statement = statement.where(~_busy_at(shift), *(~each.exists() for each in hindered))
    statement = statement.order_by(Person.id)
    return list(db.session.scalars(statement.limit(MOST_TOLD)))


def places_of(person_id: int, *, but: Shift, now: datetime) -> Sequence[Shift]:
    """Return the shifts of the next four weeks at which a colleague has a place."""
    return db.session.scalars(
        select(Shift)
        .join(Assignment, Assignment.shift_id == Shift.id)
        .where(
            Assignment.person_id == person_id,
            _assigned,
            Shift.id != but.id,
            Shift.starts_at > now,
            Shift.starts_at < now + AHEAD,
            Shift.state == ShiftState.PLANNED,
        )
        .options(joinedload(Shift.site))
        .order_by(Shift.starts_at)
    ).all()


def _to(person_id: int, on: date) -> ColumnElement[bool]:
    """Return the condition that a request is made to a person, by name or to the whole unit."""
    own = select(Membership.unit_id).where(Membership.person_id == person_id, people.on(on))
    anybody = Swap.asked_id.is_(None) & (Swap.asker_id != person_id)
    return or_(Swap.asked_id == person_id, anybody & Swap.unit_id.in_(own))


def request_to(swap_id: str, person_id: int, *, on: date) -> Swap:
    """Return a request that is made to a person; raises NotFound for those of others."""
    found = db.session.scalar(select(Swap).where(Swap.public_id == swap_id, _to(person_id, on)))
    if found is None:
        raise NotFound()
    return found


def _open_to(columns: Sequence[Any], person_id: int, now: datetime) -> Select[Any]:
    gives = select(Assignment.id).where(
        Assignment.shift_id == Swap.shift_id, Assignment.person_id == Swap.asker_id, _assigned
    )
    return (
        select(*columns)
        .select_from(Swap)
        .join(Shift, Shift.id == Swap.shift_id)
        .where(
            _to(person_id, local_day(now)),
            Swap.state == SwapState.ASKED,
            Shift.starts_at > now,
            Shift.state == ShiftState.PLANNED,
            gives.exists(),
        )
    )


def requests_to(person_id: int, *, now: datetime, limit: int = 20) -> Sequence[Swap]:
    """Return what a person is asked and may still answer, those by name first."""
    statement = _open_to((Swap,), person_id, now).options(
        joinedload(Swap.shift).joinedload(Shift.site),
        joinedload(Swap.returns).joinedload(Shift.site),
        joinedload(Swap.asker),
    )
    order = (Swap.asked_id.is_(None), Shift.starts_at, Swap.id)
    return db.session.scalars(statement.order_by(*order).limit(limit)).unique().all()


def answers_due(person_id: int, *, now: datetime) -> int:
    """Return how many requests and offered places wait for a person's answer."""
    requests = db.session.scalar(_open_to((func.count(Swap.id),), person_id, now)) or 0
    offered = (
        select(func.count(Waiting.id))
        .join(Shift, Shift.id == Waiting.shift_id)
        .where(
            Waiting.person_id == person_id,
            Waiting.state == WaitingState.OFFERED,
            Waiting.offered_until > now,
            Shift.state == ShiftState.PLANNED,
        )
    )
    return requests + (db.session.scalar(offered) or 0)
