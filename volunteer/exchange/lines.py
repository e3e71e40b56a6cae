"""The lines of a reconciliation, page by page."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, or_, select, tuple_
from sqlalchemy.orm import aliased

from volunteer.core.db import db
from volunteer.people.models import Membership, Person
from volunteer.people.rules import mask_name, mask_phone, search_kind
from volunteer.units.models import Unit

from .comparison import OF_NOBODY, Scope, statement_of
from .models import ExchangeRecord, ExchangeTaking
from .rules import Standing

PAGE = 50
#: How many lines are held in memory where all are written.
STEP = 1000


class Line(NamedTuple):
    """One line; minutes are None where it has none, the phone is masked.

    `key` names it in a form: a person's day, a row of the file, or a taking.
    """

    key: str
    person_id: int | None
    name: str
    phone: str
    number: str
    standing: Standing
    day: date | None = None
    theirs: int | None = None
    scanned: int = 0
    manual: int = 0
    imported: int = 0
    activity: str = ""
    records: int = 0
    row: int | None = None
    doubt: str | None = None

    @property
    def ours(self) -> int:
        """Minutes of the day in the ledger, of whatever source."""
        return self.scanned + self.manual + self.imported


def page(
    scope: Scope, standing: Standing, *, words: str = "", after: str = "", limit: int = PAGE
) -> tuple[list[Line], str | None]:
    """Return a page of lines of a standing, and the key to turn on from.

    `words` is a part of a name, a phone or its last four digits, or a number. An `after`
    that names nothing begins anew.
    """
    if standing in OF_NOBODY and not scope.whole:
        return [], None
    statement = _searched(statement_of(scope, standing), standing, words)
    statement = _after(statement, standing, after)
    rows = db.session.execute(statement.limit(limit + 1)).all()
    found = [_line(standing, row) for row in rows[:limit]]
    return found, found[-1].key if len(rows) > limit else None


def everything(scope: Scope, standing: Standing, *, words: str = "") -> Iterator[Line]:
    """Yield all lines of a standing."""
    if standing in OF_NOBODY and not scope.whole:
        return
    statement = _searched(statement_of(scope, standing), standing, words)
    for row in db.session.execute(statement.execution_options(yield_per=STEP)):
        yield _line(standing, row)


def units_of(people: Sequence[int]) -> dict[int, str]:
    """Return the name of the newest unit of each of these people."""
    later = aliased(Membership)
    newer = select(later.id).where(
        later.person_id == Membership.person_id, later.from_on > Membership.from_on
    )
    statement = (
        select(Membership.person_id, Unit.name)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.person_id.in_(people), ~newer.exists())
    )
    return {row.person_id: row.name for row in db.session.execute(statement)}


def _searched(statement: Select[Any], standing: Standing, words: str) -> Select[Any]:
    kind, text = search_kind(words)
    who: Any = ExchangeRecord if standing in OF_NOBODY else Person
    fits: dict[str, ColumnElement[bool]] = {
        "phone": who.phone == text,
        "tail": who.phone.endswith(text, autoescape=True),
        "name": who.name.contains(text, autoescape=True),
    }
    if standing in OF_NOBODY:
        number = ExchangeRecord.number == text.upper()
        fits["number"], fits["name"] = number, or_(fits["name"], number)
    else:
        fits["tail"] = Person.phone_tail == text
        fits["number"] = Person.volunteer_number == text
    return statement.where(fits[kind]) if kind in fits else statement


def _after(statement: Select[Any], standing: Standing, after: str) -> Select[Any]:
    """Return what comes after a key; all of it where the key names nothing."""
    if standing in OF_NOBODY or standing == Standing.TAKEN:
        place = ExchangeTaking.id if standing == Standing.TAKEN else ExchangeRecord.row
        known = after.isascii() and after.isdecimal() and len(after) < 10
        return statement.where(place > int(after)) if known else statement
    public_id, day = parted(after)
    wanted = select(Person.name, Person.id).where(Person.public_id == public_id)
    mark = db.session.execute(wanted).one_or_none() if public_id else None
    columns = statement.selected_columns
    if mark is None or ("day" in columns and day is None):
        return statement
    if day is None:
        return statement.where(tuple_(Person.name, Person.id) > tuple(mark))
    return statement.where(tuple_(Person.name, Person.id, columns["day"]) > (*mark, day))


def parted(key: str) -> tuple[str, date | None]:
    """Return the person and the day that a key names; nothing where it is no key.

    >>> parted("0123abcd.2026-11-05"), parted("0123abcd.5 Nov")
    (('0123abcd', datetime.date(2026, 11, 5)), ('', None))
    """
    public_id, _, text = key.partition(".")
    try:
        return public_id, date.fromisoformat(text) if text else None
    except ValueError:
        return "", None


def _line(standing: Standing, row: Any) -> Line:
    if standing in OF_NOBODY:
        record: ExchangeRecord = row[0]
        return Line(
            str(record.row),
            record.person_id,
            mask_name(record.name),
            mask_phone(record.phone),
            record.number or "",
            standing,
            record.day,
            record.minutes,
            activity=record.activity or "",
            records=1,
            row=record.row,
            doubt=record.doubt,
        )
    who = (row.name, mask_phone(row.phone))
    if standing == Standing.TAKEN:
        taking: ExchangeTaking = row[0]
        return Line(
            str(taking.id),
            taking.person_id,
            *who,
            row.volunteer_number,
            standing,
            taking.day,
            imported=taking.minutes,
            activity=taking.activity,
            records=1,
        )
    if not hasattr(row, "day"):
        number = getattr(row, "number", None) or row.volunteer_number
        return Line(row.public_id, row.id, *who, number, standing)
    return Line(
        f"{row.public_id}.{row.day.isoformat()}",
        row.id,
        *who,
        row.volunteer_number,
        standing,
        row.day,
        row.theirs,
        row.scanned,
        row.manual,
        row.imported,
        row.activity or "",
        row.records or 0,
    )
