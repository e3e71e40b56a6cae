"""Questions about the ledger."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    bindparam,
    func,
    select,
)

from volunteer.core.clock import Month
from volunteer.core.db import db, run, within
from volunteer.people.models import Person
from volunteer.people.queries import same_person
from volunteer.shifts.models import Nature
from volunteer.units.models import Unit

from .models import BY_NO_SCAN, LedgerEntry, SourceClass


def counts_for_target(*, duty_counts: bool) -> ColumnElement[bool]:
    """Return the condition that an entry counts to the monthly minimum (R21)."""
    if duty_counts:
        return LedgerEntry.nature.in_([Nature.VOLUNTARY, Nature.DUTY])
    return LedgerEntry.nature == Nature.VOLUNTARY


def served_by_person(month: Month, *, duty_counts: bool) -> Select[int, int]:
    """Return the statement (person_id, served minutes) of a month, people with entries only.

    Merged records stand for themselves: `people.kept_people` says of whom that is not all.
    """
    return (
        select(LedgerEntry.person_id, func.sum(LedgerEntry.minutes).label("served"))
        .where(LedgerEntry.month == str(month), counts_for_target(duty_counts=duty_counts))
        .group_by(LedgerEntry.person_id)
    )


def served_of(
    person_id: SQLColumnExpression[int], month: Month, *, duty_counts: bool
) -> ScalarSelect[int]:
    """Return the expression of what the person of an outer row has served in a month, 0 if none."""
    return (
        select(func.coalesce(func.sum(LedgerEntry.minutes), 0))
        .where(
            LedgerEntry.person_id == person_id,
            LedgerEntry.month == str(month),
            counts_for_target(duty_counts=duty_counts),
        )
        .correlate_except(LedgerEntry)
        .scalar_subquery()
    )


def served_by_merged(month: Month, *, duty_counts: bool) -> dict[int, int]:
    """Return what the merged records of each kept person have served in a month."""
    statement = (
        select(Person.merged_into_id, func.sum(LedgerEntry.minutes))
        .join(LedgerEntry, LedgerEntry.person_id == Person.id)
        .where(
            Person.merged_into_id.is_not(None),
            LedgerEntry.month == str(month),
            counts_for_target(duty_counts=duty_counts),
        )
        .group_by(Person.merged_into_id)
    )
    return {row[0] or 0: row[1] for row in db.session.execute(statement)}


def served_with_merged_of(
    person_id: SQLColumnExpression[int], month: Month, *, duty_counts: bool
) -> ColumnElement[int]:
    """Return the expression of `served_of` together with the person's merged records."""
    of_others = (
        select(func.coalesce(func.sum(LedgerEntry.minutes), 0))
        .join(Person, Person.id == LedgerEntry.person_id)
        .where(
            Person.merged_into_id == person_id,
            LedgerEntry.month == str(month),
            counts_for_target(duty_counts=duty_counts),
        )
        .correlate_except(LedgerEntry, Person)
        .scalar_subquery()
    )
    return served_of(person_id, month, duty_counts=duty_counts) + of_others


def minutes_of(person_id: int, month: Month, *, duty_counts: bool = False) -> int:
    """Return one person's minutes of a month that count to the minimum."""
    return db.session.scalars(
        select(func.coalesce(func.sum(LedgerEntry.minutes), 0)).where(
            LedgerEntry.person_id.in_(same_person(person_id)),
            LedgerEntry.month == str(month),
            counts_for_target(duty_counts=duty_counts),
        )
    ).one()


class NotScanned(NamedTuple):
    """Minutes that no scan has recorded; totals tell them apart (R18)."""

    manual: int = 0
    imported: int = 0


def not_scanned(month: Month, *, under: Sequence[str]) -> NotScanned:
    """Return a month's minutes by hand and imported for units of the subtrees, of any nature."""
    statement = (
        select(LedgerEntry.source_class, func.sum(LedgerEntry.minutes))
        .where(LedgerEntry.month == str(month), BY_NO_SCAN)
        .group_by(LedgerEntry.source_class)
    )
    if tuple(under) != ("/",):
        statement = statement.join(Unit, Unit.id == LedgerEntry.unit_id).where(
            within(Unit.path, under)
        )
    found = {row[0]: row[1] for row in db.session.execute(statement)}
    return NotScanned(found.get(SourceClass.MANUAL, 0), found.get(SourceClass.IMPORTED, 0))


_person_id = bindparam("person_id", type_=LedgerEntry.person_id.type)
_posted = select(func.coalesce(func.sum(LedgerEntry.minutes), 0)).where(
    LedgerEntry.person_id.in_(same_person(_person_id)),
    LedgerEntry.month == bindparam("month"),
    LedgerEntry.service_day == bindparam("day"),
)


def posted_on(person_id: int, day: date) -> int:
    """Return the minutes already in the ledger for a person and a day of service."""
    facts = {"person_id": person_id, "month": str(Month.of_day(day)), "day": day}
    return run(_posted, facts).scalar_one()


class Line(NamedTuple):
    """One entry as its person reads it."""

    id: int
    service_day: date
    minutes: int
    nature: str
    source: str
    source_class: str
    reason: str | None


def entries_of(person_id: int, month: Month, *, limit: int = 200) -> Sequence[Line]:
    """Return a person's entries of a month, newest day first."""
    statement = (
        select(
            LedgerEntry.id,
            LedgerEntry.service_day,
            LedgerEntry.minutes,
            LedgerEntry.nature,
            LedgerEntry.source,
            LedgerEntry.source_class,
            LedgerEntry.reason,
        )
        .where(LedgerEntry.person_id.in_(same_person(person_id)), LedgerEntry.month == str(month))
        .order_by(LedgerEntry.service_day.desc(), LedgerEntry.id.desc())
        .limit(limit)
    )
    return [Line(*row) for row in db.session.execute(statement)]


def with_source(source: str) -> LedgerEntry | None:
    return db.session.scalar(select(LedgerEntry).where(LedgerEntry.source == source))
