"""Who may be assigned to a shift, who is, and who may lead one."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, case, or_, select

from volunteer.core.clock import local_day
from volunteer.core.db import db, within
from volunteer.people import queries as people
from volunteer.people.models import Membership, Person, PersonState
from volunteer.people.rules import mask_phone
from volunteer.units.models import Unit

from . import rules
from .models import Assignment, AssignmentState, Shift

PAGE = 50

#: Says which days people have taken off, first and last of each stretch: (people, since,
#: until); `features.py` fills it.
days_off: list[
    Callable[[Collection[int], date, date], Mapping[int, Sequence[tuple[date, date]]]]
] = []


#: Says who waits for a place at a shift, first come first: (shift); `features.py` fills it.
waiting: list[Callable[[int], Sequence[rules.Waits]]] = []


class Candidate(NamedTuple):
    """A person who might be assigned; `busy` elsewhere at that time, or already `here`.

    `off` says that the person has marked the day as one on which he cannot serve: the
    coordinator may assign him all the same.
    """

    public_id: str
    name: str
    phone: str
    unit_name: str
    busy: bool
    here: bool
    person_id: int
    off: bool = False


def candidates(
    shift: Shift,
    *,
    under: Sequence[str],
    words: str = "",
    only: Collection[str] = (),
    limit: int = PAGE,
) -> Sequence[Candidate]:
    """Return active people of the subtrees by name, each with whether the time is free.

    `words` is a part of a name, a phone or its last four digits, or a volunteer number;
    `only` are public ids. Phones are masked.
    """
    theirs = select(Assignment.id).where(
        Assignment.person_id == Person.id, Assignment.state == AssignmentState.ASSIGNED
    )
    clash = theirs.where(
        Assignment.shift_id != shift.id,
        Assignment.starts_at < shift.ends_at,
        Assignment.ends_at > shift.starts_at,
    ).exists()
    here = theirs.where(Assignment.shift_id == shift.id).exists()
    statement = _belonging(
        (
            Person.public_id,
            Person.name,
            Person.phone,
            Unit.name,
            case((clash, True), else_=False),
            case((here, True), else_=False),
            Person.id,
        ),
        under,
        local_day(shift.starts_at),
    )
    if (fits := people.means(words)) is not None:
        statement = statement.where(fits)
    if only:
        statement = statement.where(Person.public_id.in_(only))
    statement = statement.order_by(Person.name, Person.id).limit(limit)
    found = [Candidate(*row) for row in db.session.execute(statement)]
    off = off_at(shift, [each.person_id for each in found])
    return [
        each._replace(phone=mask_phone(each.phone), off=each.person_id in off) for each in found
    ]


def off_at(shift: Shift, person_ids: Collection[int]) -> set[int]:
    """Return those of the people who have taken off a day on which the shift lies."""
    first, last = rules.span_of(shift.starts_at, shift.ends_at)
    return {person_id for ask in days_off for person_id in ask(person_ids, first, last)}


def _belonging(columns: Sequence[Any], under: Sequence[str], day: date) -> Select[Any]:
    """Return the selection of active people who belong to the subtrees on a day."""
    return (
        select(*columns)
        .select_from(Person)
        .join(Membership, Membership.person_id == Person.id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(
            within(Unit.path, under),
            Person.state == PersonState.ACTIVE,
            Membership.from_on <= day,
            or_(Membership.until_on.is_(None), Membership.until_on > day),
        )
    )


def people_by_phone(phones: Sequence[str]) -> dict[str, int]:
    """Return the ids of active people by their phone."""
    statement = select(Person.phone, Person.id).where(
        Person.phone.in_(phones), Person.state == PersonState.ACTIVE
    )
    return {phone: person_id for phone, person_id in db.session.execute(statement) if phone}


def people_by_public_id(
    public_ids: Collection[str], *, under: Sequence[str], day: date
) -> dict[str, int]:
    """Return the ids of active people who belong to a unit of the subtrees on a day."""
    columns = (Person.public_id, Person.id)
    statement = _belonging(columns, under, day).where(Person.public_id.in_(public_ids))
    return dict(db.session.execute(statement).all())


class Assigned(NamedTuple):
    """A person who is assigned to a shift; the phone is masked."""

    public_id: str
    name: str
    phone: str
    unit_name: str | None


def assigned_to(shift: Shift) -> Sequence[Assigned]:
    """Return who is assigned, by name, with the unit of that day."""
    day = local_day(shift.starts_at)
    belongs = and_(
        Membership.person_id == Person.id,
        Membership.from_on <= day,
        or_(Membership.until_on.is_(None), Membership.until_on > day),
    )
    statement = (
        select(Person.public_id, Person.name, Person.phone, Unit.name)
        .join(Assignment, Assignment.person_id == Person.id)
        .outerjoin(Membership, belongs)
        .outerjoin(Unit, Unit.id == Membership.unit_id)
        .where(Assignment.shift_id == shift.id, Assignment.state == AssignmentState.ASSIGNED)
        .order_by(Person.name, Person.id)
    )
    return [
        Assigned(public_id, name, mask_phone(phone), unit_name)
        for public_id, name, phone, unit_name in db.session.execute(statement)
    ]


class Leader(NamedTuple):
    person_id: int
    name: str
    phone: str
    unit_name: str


def leaders_named(
    name: str, digits: str, *, under: Sequence[str], day: date, limit: int = 6
) -> Sequence[Leader]:
    """Return the active people of the subtrees whom the words of a leader field may mean.

    A name that fits whole goes before one that fits in part.
    """
    columns = (Person.id, Person.name, Person.phone, Unit.name)
    statement = _belonging(columns, under, day).order_by(Person.name, Person.id).limit(limit)
    if name:
        statement = statement.where(Person.name.icontains(name, autoescape=True))
    if (fits := people.means(digits)) is not None:
        statement = statement.where(fits)
    if name:
        whole = [Leader(*row) for row in db.session.execute(statement.where(Person.name == name))]
        if whole:
            return whole
    return [Leader(*row) for row in db.session.execute(statement)]
