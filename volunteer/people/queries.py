"""Reads of the register. Who belongs nowhere in the caller's paths is never selected."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from volunteer.core.db import db
from volunteer.core.errors import NotFound
from volunteer.units import queries as units
from volunteer.units.models import Unit

from . import records, rules
from .models import ConsentState, ImportRun, ImportState, Membership, Person, PersonState

# What other features read through here.
same_person = records.same_person
kept_people = records.kept_people
current_notice = records.current_notice
notice_shown = records.notice_shown
asks_consent = records.asks_consent
Deeds = records.Deeds
ExemptOf = records.ExemptOf
Line = records.Line
MonthOf = records.MonthOf
ShiftOf = records.ShiftOf

Found = TypeVar("Found")

PAGE = 50
#: How many people are read at a time where all are.
STEP = 1000
#: A run whose process has been silent for so long has died with it.
SILENT = timedelta(seconds=60)
AT_WORK = (ImportState.READING, ImportState.LANDING)


class PersonLine(NamedTuple):
    """A person as lists show them; the phone is masked."""

    id: int
    public_id: str
    volunteer_number: str
    name: str
    phone: str
    category: str | None
    state: str
    consent: str
    unit_code: str
    unit_name: str


class Page(NamedTuple):
    """A page of people; `after` and `before` are the public ids to turn from, or None."""

    people: int
    lines: list[PersonLine]
    after: str | None
    before: str | None


class Belonging(NamedTuple):
    """One stretch of a person's membership; `until_on` is the first day elsewhere."""

    unit_code: str
    unit_name: str
    unit_path: str
    from_on: date
    until_on: date | None

    @property
    def last_day(self) -> date | None:
        """The last day there, None where it goes on."""
        return self.until_on and self.until_on - timedelta(days=1)


class Wanted(NamedTuple):
    """Who is looked for: words, and what the record says; an empty text asks for nothing."""

    words: str = ""
    category: str = ""
    #: `active` or `left`.
    state: str = PersonState.ACTIVE
    consent: str = ""

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "Wanted":
        """Return what the filters of a page say; a word that means nothing asks for nothing."""
        state, consent = said.get("state", ""), said.get("consent", "")
        return cls(
            said.get("q", "")[:100],
            said.get("category", "")[:20],
            state if state == PersonState.LEFT else PersonState.ACTIVE,
            consent if consent in list(ConsentState) else "",
        )

    @property
    def filters(self) -> dict[str, str]:
        """What an address has to say to be asked for the same; what is usual is left out."""
        said = {
            "q": self.words,
            "category": self.category,
            "state": "" if self.state == PersonState.ACTIVE else str(self.state),
            "consent": self.consent,
        }
        return {name: text for name, text in said.items() if text}

    @property
    def is_everybody(self) -> bool:
        return self == Wanted(self.words) and means(self.words) is None


EVERYBODY = Wanted()


def people_of(
    columns: Sequence[Any], under: Sequence[str], wanted: Wanted = EVERYBODY
) -> Select[Any]:
    """Return the selection of those wanted who belong, or last belonged, within `under`."""
    statement = (
        select(*columns)
        .select_from(Person)
        .join(Membership, Membership.person_id == Person.id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(units.within(under))
    )
    if wanted.state == PersonState.LEFT:
        statement = statement.where(Person.state == PersonState.LEFT, _is_newest())
    else:
        statement = statement.where(Membership.until_on.is_(None))
    if wanted.category:
        statement = statement.where(Person.category == wanted.category)
    if wanted.consent:
        statement = statement.where(Person.consent == wanted.consent)
    return statement if (fits := means(wanted.words)) is None else statement.where(fits)


def means(words: str, *, whole: bool = False) -> ColumnElement[bool] | None:
    """Return the condition that a person is looked for by `words`, None where they say nothing.

    They are those of `rules.search_kind`: a name is found by a part of it or by the first
    letters of its reading, with `whole` by all of it. A record merged into another is found
    as that one.
    """
    kind, text = rules.search_kind(words)
    match kind:
        case "phone":
            return _named_by(Person.phone, text)
        case "tail":
            return _named_by(Person.phone_tail, text)
        case "number":
            return _named_by(Person.volunteer_number, text)
        case "name" if whole:
            return Person.name == text
        case "name":
            has_case = text.lower() != text.upper()
            contains = Person.name.icontains if has_case else Person.name.contains
            named = contains(text, autoescape=True)
            if text.isascii() and text.isalpha():
                return named | Person.name_pinyin.startswith(text.lower(), autoescape=True)
            return named
    return None


def _named_by(column: InstrumentedAttribute[Any], text: str) -> ColumnElement[bool]:
    """Return the condition that this record, or one merged into it, has `text` in a column."""
    other = Person.__table__.alias("other")
    kept = func.coalesce(other.c.merged_into_id, other.c.id)
    return Person.id.in_(select(kept).where(other.c[column.key] == text))


def count(*, under: Sequence[str], wanted: Wanted = EVERYBODY) -> int:
    """Return how many people are wanted within `under`."""
    if wanted.is_everybody:  # a membership is a person: three times as fast
        belonging = select(func.count()).join(Unit, Unit.id == Membership.unit_id)
        going_on = belonging.where(Membership.until_on.is_(None), units.within(under))
        return db.session.scalar(going_on.select_from(Membership)) or 0
    return db.session.scalar(people_of([func.count()], under, wanted)) or 0


COLUMNS = (
    Person.id,
    Person.public_id,
    Person.volunteer_number,
    Person.name,
    Person.phone,
    Person.category,
    Person.state,
    Person.consent,
    Unit.code,
    Unit.name,
)


def search(
    *,
    under: Sequence[str],
    words: str = "",
    wanted: Wanted | None = None,
    after: str | None = None,
    before: str | None = None,
    skip: int = 0,
    limit: int = PAGE,
) -> Page:
    """Return a page of the people within `under`, by name and id.

    `words` is a part of a name, the first letters of its reading, the last four or all
    digits of a phone, or a volunteer number; `wanted` says more. `after` and `before` are
    public ids; one that is not found begins anew. `skip` leaves out so many first.
    """
    order = (Person.name, Person.id)
    wanted = wanted or Wanted(words)
    statement = people_of(COLUMNS, under, wanted)
    place = None
    if mark := before or after:
        where = people_of(order, under, Wanted(state=wanted.state))
        place = db.session.execute(where.where(Person.public_id == mark)).one_or_none()
    backwards = place is not None and before is not None
    if place is not None:
        here = tuple_(*order)
        statement = statement.where(here < tuple(place) if backwards else here > tuple(place))
    if backwards:
        statement = statement.order_by(Person.name.desc(), Person.id.desc())
    else:
        statement = statement.order_by(*order)
    rows = list(db.session.execute(statement.offset(skip or None).limit(limit + 1)))
    more = len(rows) > limit
    rows = rows[:limit]
    if backwards:
        rows.reverse()
    lines = [line_of(row) for row in rows]
    has_next, has_previous = (True, more) if backwards else (more, place is not None)
    return Page(
        count(under=under, wanted=wanted),
        lines,
        lines[-1].public_id if lines and has_next else None,
        lines[0].public_id if lines and has_previous else None,
    )


def chosen(public_ids: Sequence[str], *, under: Sequence[str]) -> list[PersonLine]:
    """Return those of the people named who belong within `under`, by name; phones masked."""
    statement = people_of(COLUMNS, under).where(Person.public_id.in_(public_ids))
    rows = db.session.execute(statement.order_by(Person.name, Person.id))
    return [line_of(row) for row in rows]


def line_of_person(person_id: int) -> PersonLine:
    """Return a person as lists do, with the unit that they (last) belong to; raises NotFound."""
    statement = people_of(COLUMNS, units.EVERYWHERE).where(Person.id == person_id)
    return line_of(_one(db.session.execute(statement).one_or_none()))


def everybody(*, under: Sequence[str], wanted: Wanted) -> Iterator[PersonLine]:
    """Yield all who are wanted within `under` by name, their phones whole: mask or ask first."""
    statement = people_of(COLUMNS, under, wanted).order_by(Person.name, Person.id)
    for row in db.session.execute(statement.execution_options(yield_per=STEP)):
        yield PersonLine(*row)


def line_of(row: Sequence[Any]) -> PersonLine:
    """Return a row of `COLUMNS` as lists show it."""
    line = PersonLine(*row)
    return line._replace(phone=rules.mask_phone(line.phone))


def _is_newest() -> ColumnElement[bool]:
    """Return the condition that a membership is the person's last one so far."""
    later = Membership.__table__.alias("later")
    return ~(
        select(later.c.id)
        .where(later.c.person_id == Membership.person_id, later.c.from_on > Membership.from_on)
        .exists()
    )


def _seen_from(under: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a person's newest membership lies within `under`."""
    return (
        select(Membership.id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.person_id == Person.id, _is_newest(), units.within(under))
        .exists()
    )


def by_public_id(public_id: str, *, under: Sequence[str]) -> Person:
    """Return the person; raises NotFound where unknown or not (last) within `under`."""
    wanted = select(Person).where(Person.public_id == public_id, _seen_from(under))
    return _one(db.session.scalar(wanted))


def by_phone(phone: str, *, under: Sequence[str] = units.EVERYWHERE) -> Person | None:
    """Return the person with this phone number of 11 digits within `under`, or None."""
    return db.session.scalar(select(Person).where(Person.phone == phone, _seen_from(under)))


def memberships_of(person_id: int) -> list[Belonging]:
    """Return where a person belongs and belonged, the newest first."""
    statement = (
        select(Unit.code, Unit.name, Unit.path, Membership.from_on, Membership.until_on)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.person_id == person_id)
        .order_by(Membership.from_on.desc())
    )
    return [Belonging(*row) for row in db.session.execute(statement)]


def open_membership(person_id: int) -> tuple[Membership, Unit]:
    """Return the membership that goes on, with its unit; raises NotFound for a leaver."""
    wanted = (
        select(Membership, Unit)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.person_id == person_id, Membership.until_on.is_(None))
    )
    found = db.session.execute(wanted).one_or_none()
    return _one(found and (found[0], found[1]))


def unit_on(person_id: int, day: date) -> Unit | None:
    """Return the unit that a person belongs to on a day, or None (R29)."""
    statement = (
        select(Unit)
        .join(Membership, Membership.unit_id == Unit.id)
        .where(Membership.person_id == person_id, on(day))
    )
    return db.session.scalar(statement)


def on(day: date) -> ColumnElement[bool]:
    """Return the condition that a membership holds on `day`."""
    ended_later = or_(Membership.until_on.is_(None), Membership.until_on > day)
    return (Membership.from_on <= day) & ended_later


def counts_by_unit(*, under: Sequence[str], day: date) -> dict[int, int]:
    """Return how many people each unit itself has on `day`, by unit id; empty units lack."""
    statement = (
        select(Membership.unit_id, func.count().label("people"))
        .join(Unit, Unit.id == Membership.unit_id)
        .where(units.within(under), on(day))
        .group_by(Membership.unit_id)
    )
    return {row.unit_id: row.people for row in db.session.execute(statement)}


def import_run(public_id: str, *, account_id: int | None, for_update: bool = False) -> ImportRun:
    """Return an import of this account; raises NotFound for anybody else's."""
    wanted = select(ImportRun).where(
        ImportRun.public_id == public_id, ImportRun.account_id == account_id
    )
    return _one(db.session.scalar(wanted.with_for_update() if for_update else wanted))


def landed_with(sha256: str) -> ImportRun | None:
    """Return the newest landed import of a file with this SHA-256, or None."""
    wanted = select(ImportRun).where(
        ImportRun.sha256 == sha256, ImportRun.state == ImportState.LANDED
    )
    return db.session.scalar(wanted.order_by(ImportRun.id.desc()).limit(1))


def runs_landed() -> int:
    """Return how many imports have landed so far."""
    landed = select(func.count()).where(ImportRun.state == ImportState.LANDED)
    return db.session.scalar(landed) or 0


def is_abandoned(run: ImportRun, *, now: datetime) -> bool:
    """Tell whether the process that worked on a run has died."""
    return run.state in AT_WORK and now - run.beat_at > SILENT


def _one(found: Found | None) -> Found:
    if found is None:
        raise NotFound()
    return found
