"""Which of our people a record is about: by phone, then by the number learnt from a phone.

A name alone is never enough; where it disagrees, the record stays in doubt.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, insert, select
from sqlalchemy.orm import aliased

from volunteer.core.db import db, transaction
from volunteer.core.db import within as at_or_under
from volunteer.people.models import Membership, Person, PersonState
from volunteer.units.models import Unit

from . import rules
from .models import Doubt, ExchangeLink
from .reading import Facts

#: Up to so many phones or numbers are asked for by name, more by all that there are.
FEW = 5_000
STEP = 1_000


_kept = aliased(Person)


class Somebody(NamedTuple):
    """One of our people whom a phone or a number names."""

    person_id: int
    name: str


class Match(NamedTuple):
    """Whom a record is about, and why that is not sure."""

    person_id: int | None
    doubt: Doubt | None = None


NOBODY = Match(None)


def people_within(under: Sequence[str]) -> Select[int]:
    """Return the statement of the people whose newest membership lies within `under`."""
    later = aliased(Membership)
    newer = select(later.id).where(
        later.person_id == Membership.person_id, later.from_on > Membership.from_on
    )
    return (
        select(Membership.person_id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(at_or_under(Unit.path, under), ~newer.exists())
    )


def match_all(good: Sequence[Facts], *, under: Sequence[str]) -> tuple[list[Match], dict[str, int]]:
    """Return for each record whom it is about, and the numbers that can be learnt from them.

    Only people within `under` are found; anybody else is as unknown as a stranger.
    """
    phones = _named(Person.phone, {facts.phone for facts in good if facts.phone}, under)
    numbers = _numbers({facts.number for facts in good if facts.number}, under)
    matches, learnt = [], {}
    for facts in good:
        by_phone = phones.get(facts.phone or "")
        by_number = numbers.get(facts.number or "")
        match = _match(facts, by_phone, by_number)
        matches.append(match)
        if facts.number and by_phone and not match.doubt and by_number is None:
            learnt[facts.number] = by_phone.person_id
    return matches, learnt


def _match(facts: Facts, by_phone: Somebody | None, by_number: Somebody | None) -> Match:
    somebody = by_phone or by_number
    if somebody is None:
        return NOBODY
    if by_phone and by_number and by_phone.person_id != by_number.person_id:
        return Match(somebody.person_id, Doubt.NUMBER)
    if facts.name != somebody.name and not rules.same_name(facts.name, somebody.name):
        return Match(somebody.person_id, Doubt.NAME)
    return Match(somebody.person_id)


def _named(column: Any, wanted: set[str], under: Sequence[str]) -> dict[str, Somebody]:
    columns: tuple[Any, ...] = (column, _kept.id, _kept.name)
    statement = select(*columns).select_from(Person)
    return _found(statement.where(column.is_not(None)), column, wanted, under)


def _numbers(wanted: set[str], under: Sequence[str]) -> dict[str, Somebody]:
    number = ExchangeLink.number
    columns: tuple[Any, ...] = (number, _kept.id, _kept.name)
    statement = select(*columns).select_from(ExchangeLink)
    statement = statement.join(Person, Person.id == ExchangeLink.person_id)
    return _found(statement, number, wanted, under)


def _found(
    statement: Select[Any], column: Any, wanted: set[str], under: Sequence[str]
) -> dict[str, Somebody]:
    """Return people by phone or number; of merged records the person who was kept."""
    statement = statement.join(
        _kept, _kept.id == func.coalesce(Person.merged_into_id, Person.id)
    ).where(_kept.state != PersonState.ERASED, _kept.id.in_(people_within(under)))
    return {row[0]: Somebody(*row[1:]) for row in _asked(statement, column, wanted)}


def _asked(statement: Select[Any], column: Any, wanted: set[str]) -> Iterable[Any]:
    if len(wanted) > FEW:
        yield from (row for row in db.session.execute(statement) if row[0] in wanted)
        return
    sought = sorted(wanted)
    for start in range(0, len(sought), STEP):
        part: ColumnElement[bool] = column.in_(sought[start : start + STEP])
        yield from db.session.execute(statement.where(part))


def learn(learnt: dict[str, int], *, now: datetime) -> None:
    """Keep their numbers of people; a number that is known keeps its person."""
    with transaction() as session:
        known: set[str] = set()
        sought = sorted(learnt)
        for start in range(0, len(sought), STEP):
            part = sought[start : start + STEP]
            known.update(
                session.scalars(select(ExchangeLink.number).where(ExchangeLink.number.in_(part)))
            )
        rows = [
            {"number": number, "person_id": person_id, "linked_at": now}
            for number, person_id in learnt.items()
            if number not in known
        ]
        if rows:
            session.execute(insert(ExchangeLink), rows)
