"""What stands there and what stands here, compared by person and day in the database.

What is here is asked of the ledger each time, so that a comparison is never stale.
"""

from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    select,
    union,
)
from sqlalchemy.orm import aliased

from volunteer.core.db import db
from volunteer.core.db import within as at_or_under
from volunteer.hours.models import LedgerEntry, SourceClass
from volunteer.people.models import Person, PersonState
from volunteer.units.models import Unit

from . import queries
from .matching import people_within
from .models import ExchangeFile, ExchangeRecord, ExchangeTaking, Kind
from .rules import TOLERANCE, Standing

#: The standings of each kind, in the order in which they are worked off.
OF_KIND = {
    Kind.DURATIONS: (
        Standing.ONLY_THERE,
        Standing.DIFFERS,
        Standing.AGREES,
        Standing.DOUBTFUL,
        Standing.UNKNOWN,
        Standing.ONLY_HERE,
        Standing.TAKEN,
    ),
    Kind.PEOPLE: (
        Standing.MATCHED,
        Standing.DOUBTFUL,
        Standing.UNKNOWN,
        Standing.ONLY_HERE,
    ),
}
#: Lines that are rows of the file and belong to no unit: only for who sees all of it.
OF_NOBODY = (Standing.DOUBTFUL, Standing.UNKNOWN)
#: Standings that are no comparison of days, so that each is counted by itself.
COUNTED_APART = (Standing.MATCHED, Standing.ONLY_HERE, Standing.TAKEN)


class Scope(NamedTuple):
    """What of a file is looked at: people within `under`; `whole` with the rows of nobody."""

    file: ExchangeFile
    under: tuple[str, ...]
    whole: bool

    @property
    def is_city(self) -> bool:
        """Tell whether everybody is within it."""
        return any(path.count("/") <= 2 for path in self.under)


def counts(scope: Scope) -> dict[Standing, int]:
    """Return how many lines stand how."""
    file = scope.file
    found = dict.fromkeys(OF_KIND[Kind(file.kind)], 0)
    asked = [each for each in COUNTED_APART if each in found]
    if scope.whole:
        asked += OF_NOBODY
    apart = [_count_of(scope, standing).label(standing.value) for standing in asked]
    for standing, count in zip(asked, db.session.execute(select(*apart)).one(), strict=True):
        found[standing] = count
    if file.kind == Kind.DURATIONS:
        theirs, ours = _theirs(scope), _ours(scope)
        days = (
            select(_standing(theirs, ours).label("stands"))
            .select_from(theirs)
            .join(Person, Person.id == theirs.c.person_id)
            .outerjoin(ours, _same_day(theirs, ours))
            .where(*_inside(scope))
            .subquery()
        )
        grouped = select(days.c.stands, func.count()).group_by(days.c.stands)
        found |= {Standing(word): count for word, count in db.session.execute(grouped)}
    return found


def _count_of(scope: Scope, standing: Standing) -> ScalarSelect[int]:
    lines = statement_of(scope, standing).order_by(None)
    column = ExchangeRecord.id if standing in OF_NOBODY else Person.id
    inner = lines.with_only_columns(column).subquery()
    return select(func.count()).select_from(inner).scalar_subquery()


class Sums(NamedTuple):
    """Minutes of the file's matched people in its period, theirs and ours, each source apart."""

    theirs: int
    scanned: int
    manual: int
    imported: int


def sums(scope: Scope) -> Sums:
    """Return the minutes of the matched records, and what the same people have here."""
    theirs, ours = _theirs(scope), _ours(scope)
    statement = (
        select(
            func.coalesce(func.sum(theirs.c.minutes), 0),
            *(func.coalesce(func.sum(ours.c[each]), 0) for each in SourceClass),
        )
        .select_from(theirs)
        .join(Person, Person.id == theirs.c.person_id)
        .outerjoin(ours, _same_day(theirs, ours))
        .where(*_inside(scope))
    )
    return Sums(*(int(value) for value in db.session.execute(statement).one()))


def _inside(scope: Scope) -> list[ColumnElement[bool]]:
    """Return the condition that a person is within the scope; none where everybody is."""
    return [] if scope.is_city else [Person.id.in_(people_within(scope.under))]


def _of_inside(scope: Scope, person_id: Any) -> list[ColumnElement[bool]]:
    """Return the condition that a person, or who was merged into one, is within the scope."""
    if scope.is_city:
        return []
    people = people_within(scope.under)
    merged = select(Person.id).where(Person.merged_into_id.in_(people))
    return [person_id.in_(union(people, merged))]


def _kept(record: Any) -> ColumnElement[int]:
    """Return the id of the person who was kept, for a record of a person.

    The cast gives the expression a type by which SQLite can look it up.
    """
    return cast(func.coalesce(record.merged_into_id, record.id), Integer)


def _sure(file: ExchangeFile) -> list[ColumnElement[bool]]:
    """Return the conditions of the records that are surely about somebody."""
    return [
        ExchangeRecord.file_id == file.id,
        ExchangeRecord.person_id.is_not(None),
        ExchangeRecord.doubt.is_(None),
    ]


def _theirs(scope: Scope) -> Subquery:
    """Return what the file has by person and day, of merged records with the person kept."""
    server = aliased(Person)
    person_id = _kept(server)
    return (
        select(
            person_id.label("person_id"),
            ExchangeRecord.day,
            func.sum(ExchangeRecord.minutes).label("minutes"),
            func.min(ExchangeRecord.activity).label("activity"),
            func.count().label("records"),
        )
        .join(server, server.id == ExchangeRecord.person_id)
        .where(*_sure(scope.file), *_of_inside(scope, ExchangeRecord.person_id))
        .group_by(person_id, ExchangeRecord.day)
        .subquery("theirs")
    )


def _ours(scope: Scope) -> Subquery:
    """Return what the ledger has by person and day of the file's period, each source apart.

    The entries of a merged record are read with the person who was kept.
    """
    file = scope.file
    earner = aliased(Person)
    person_id = _kept(earner)
    by_class = [
        func.sum(case((LedgerEntry.source_class == each, LedgerEntry.minutes), else_=0)).label(each)
        for each in SourceClass
    ]
    statement = (
        select(
            person_id.label("person_id"),
            LedgerEntry.service_day.label("day"),
            func.sum(LedgerEntry.minutes).label("minutes"),
            *by_class,
        )
        .join(earner, earner.id == LedgerEntry.person_id)
        .where(
            LedgerEntry.month.in_(queries.months_of(file)),
            LedgerEntry.service_day.between(file.first_on, file.last_on),
            *_of_inside(scope, LedgerEntry.person_id),
        )
        .group_by(person_id, LedgerEntry.service_day)
    )
    return statement.subquery("ours")


def _same_day(theirs: Subquery, ours: Subquery) -> ColumnElement[bool]:
    return and_(theirs.c.person_id == ours.c.person_id, theirs.c.day == ours.c.day)


def _standing(theirs: Subquery, ours: Subquery) -> ColumnElement[str]:
    """Return `rules.standing` as the database reckons it."""
    here = func.coalesce(ours.c.minutes, 0)
    near = here.between(theirs.c.minutes - TOLERANCE, theirs.c.minutes + TOLERANCE)
    return case(
        (here == 0, Standing.ONLY_THERE.value),
        (near, Standing.AGREES.value),
        else_=Standing.DIFFERS.value,
    )


_person = (Person.id, Person.public_id, Person.name, Person.phone, Person.volunteer_number)


def statement_of(scope: Scope, standing: Standing) -> Select[Any]:
    """Return the statement of the lines in their order, each standing's own columns."""
    if standing in OF_NOBODY:
        unsure = ExchangeRecord.person_id.is_(None)
        if standing == Standing.DOUBTFUL:
            unsure = ExchangeRecord.doubt.is_not(None)
        return (
            select(ExchangeRecord)
            .where(ExchangeRecord.file_id == scope.file.id, unsure)
            .order_by(ExchangeRecord.row)
        )
    return _narrowed(scope, standing)


def _narrowed(scope: Scope, standing: Standing) -> Select[Any]:
    file = scope.file
    if standing == Standing.TAKEN:
        return (
            select(ExchangeTaking, *_person[1:])
            .join(Person, Person.id == ExchangeTaking.person_id)
            .join(Unit, Unit.id == ExchangeTaking.unit_id)
            .where(ExchangeTaking.file_id == file.id, at_or_under(Unit.path, scope.under))
            .where(ExchangeTaking.undone_at.is_(None))
            .order_by(ExchangeTaking.id)
        )
    if file.kind == Kind.PEOPLE:
        return _people(scope, standing)
    theirs, ours = _theirs(scope), _ours(scope)
    columns = [
        *_person,
        theirs.c.minutes.label("theirs"),
        *(func.coalesce(ours.c[each], 0).label(each) for each in SourceClass),
        theirs.c.activity,
        theirs.c.records,
    ]
    if standing == Standing.ONLY_HERE:
        statement = (
            select(*columns, ours.c.day.label("day"))
            .select_from(ours)
            .join(Person, Person.id == ours.c.person_id)
            .outerjoin(theirs, _same_day(theirs, ours))
            .where(theirs.c.day.is_(None), ours.c.scanned + ours.c.manual > 0)
        )
    else:
        statement = (
            select(*columns, theirs.c.day.label("day"))
            .select_from(theirs)
            .join(Person, Person.id == theirs.c.person_id)
            .outerjoin(ours, _same_day(theirs, ours))
            .where(_standing(theirs, ours) == standing.value)
        )
    day = statement.selected_columns["day"]
    return statement.where(*_inside(scope)).order_by(Person.name, Person.id, day)


def _people(scope: Scope, standing: Standing) -> Select[Any]:
    record = and_(ExchangeRecord.person_id == Person.id, *_sure(scope.file))
    columns: tuple[Any, ...] = _person
    people = select(*columns).where(*_inside(scope)).order_by(Person.name, Person.id)
    if standing == Standing.ONLY_HERE:
        there = select(ExchangeRecord.id).where(record).exists()
        return people.where(Person.state == PersonState.ACTIVE, ~there)
    first = select(func.min(ExchangeRecord.number)).where(record).correlate(Person)
    there = select(ExchangeRecord.id).where(record).exists()
    return people.where(there).add_columns(first.scalar_subquery().label("number"))
