"""Bringing checked rows into the register: what each would change, and the bulk writes.

The writes go to the driver itself (executemany on SQLite, COPY on PostgreSQL): 60,000
people and their memberships are written in well under a second.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select, text, update
from sqlalchemy.orm import Session

from volunteer.core.clock import local_day
from volunteer.core.db import dialect
from volunteer.units.models import Unit

from . import rules
from .importer import STEP, Checked, Facts, Progress
from .models import ConsentState, Membership, Person, PersonState

#: The PostgreSQL lock under which numbers are given and files land, one at a time.
LOCK = 7_230_001
#: Up to so many phones are asked for by name, more by their range.
FEW = 1_000

PERSON_COLUMNS = (
    "id",
    "public_id",
    "volunteer_number",
    "name",
    "name_pinyin",
    "phone",
    "phone_tail",
    "category",
    "state",
    "consent",
    "registered_at",
)
MEMBERSHIP_COLUMNS = ("id", "person_id", "unit_id", "from_on")


class Known(NamedTuple):
    """Who has a phone number already; `unit_id` is empty for one who has left."""

    person_id: int
    name: str
    category: str | None
    state: str
    unit_id: int | None
    unit_path: str | None
    from_on: date | None


@dataclass(slots=True)
class Plan:
    """What the right rows of a file change; `updated` and `moved` pair a row with its person."""

    new: list[Facts] = field(default_factory=list)
    updated: list[tuple[Facts, Known]] = field(default_factory=list)
    moved: list[tuple[Facts, Known]] = field(default_factory=list)
    unchanged: int = 0

    @property
    def accepted(self) -> int:
        return self.landing + self.unchanged

    @property
    def landing(self) -> int:
        """How many rows change the register."""
        return len(self.new) + len(self.updated) + len(self.moved)


def take_lock(session: Session) -> None:
    """Wait for one's turn: on SQLite the writing transaction is the lock already."""
    if dialect() == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


def known_people(session: Session, phones: Sequence[str]) -> dict[str, Known]:
    """Return those of the register who have one of `phones`, by phone."""
    if not phones:
        return {}
    statement = (
        select(
            Person.phone,
            Person.id,
            Person.name,
            Person.category,
            Person.state,
            Membership.unit_id,
            Unit.path,
            Membership.from_on,
        )
        .outerjoin(Membership, (Membership.person_id == Person.id) & Membership.until_on.is_(None))
        .outerjoin(Unit, Unit.id == Membership.unit_id)
    )
    if len(phones) <= FEW:
        statement = statement.where(Person.phone.in_(phones))
    else:
        statement = statement.where(Person.phone.between(min(phones), max(phones)))
    return {row[0] or "": Known(*row[1:]) for row in session.execute(statement)}


def plan(checked: Checked, known: dict[str, Known], *, under: Sequence[str]) -> Plan:
    """Divide the right rows by what they change; adds `duplicate_phone` errors to `checked`.

    A phone belongs to the same name within `under`, or the row is refused. Who has left
    stays so: a return is a verb of its own.
    """
    made = Plan()
    if not known:
        made.new = checked.good
        return made
    paths = tuple(under)
    for facts in checked.good:
        person = known.get(facts.phone)
        if person is None:
            made.new.append(facts)
        elif person.name != facts.name or (
            person.unit_path and not person.unit_path.startswith(paths)
        ):
            checked.refuse(facts.row, "phone", "duplicate_phone", facts.phone)
        elif person.state == PersonState.LEFT or person.unit_id is None:
            made.unchanged += 1
        elif person.unit_id != facts.unit_id:
            made.moved.append((facts, person))
        elif facts.category and facts.category != person.category:
            made.updated.append((facts, person))
        else:
            made.unchanged += 1
    return made


def write(session: Session, made: Plan, *, now: datetime, progress: Progress) -> None:
    """Write a plan in the open transaction; the caller holds the lock."""
    today = local_day(now)
    _write_new(session, made.new, now=now, progress=progress)
    changed = [pair for pair in (*made.updated, *made.moved) if pair[0].category]
    if changed:
        session.connection().execute(
            update(Person).where(Person.id == bindparam("who")).values(category=bindparam("what")),
            [{"who": person.person_id, "what": facts.category} for facts, person in changed],
        )
    move(session, [(person, facts.unit_id) for facts, person in made.moved], on=today)
    if len(made.new) >= STEP:  # the planner must learn of so many, or lists sort all of them
        for table in ("unit", "person", "membership"):
            session.connection().exec_driver_sql(f"ANALYZE {table}")


def move(session: Session, moves: Sequence[tuple[Known, int]], *, on: date) -> None:
    """End each open membership and begin one in another unit on the day `on`.

    A membership that begins on that day or later was never lived: it is corrected in place.
    """
    lived = [(who, unit) for who, unit in moves if who.from_on and who.from_on < on]
    others = [(who, unit) for who, unit in moves if not (who.from_on and who.from_on < on)]
    open_one = (Membership.person_id == bindparam("who")) & Membership.until_on.is_(None)
    connection = session.connection()
    if lived:
        connection.execute(
            update(Membership).where(open_one).values(until_on=on),
            [{"who": person.person_id} for person, _ in lived],
        )
        connection.execute(
            insert(Membership),
            [
                {"person_id": person.person_id, "unit_id": unit, "from_on": on}
                for person, unit in lived
            ],
        )
    if others:
        connection.execute(
            update(Membership).where(open_one).values(unit_id=bindparam("whither")),
            [{"who": person.person_id, "whither": unit} for person, unit in others],
        )
    session.expire_all()


def _write_new(
    session: Session, rows: Sequence[Facts], *, now: datetime, progress: Progress
) -> None:
    if not rows:
        return
    connection = session.connection()
    load = _load_sqlite if dialect() == "sqlite" else _load_postgresql
    ids = reserve(connection, "person", len(rows))
    first_number = next_number(session)
    random = secrets.token_hex(8 * len(rows))
    stored_now = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    today = local_day(now)

    def told(lines: Iterable[tuple[Any, ...]], base: int) -> Iterable[tuple[Any, ...]]:
        for done, line in enumerate(lines, start=1):
            yield line
            if done % STEP == 0 or done == len(rows):
                progress("land", (base + done) // 2, len(rows))

    people = (
        (
            person_id,
            random[16 * at : 16 * at + 16],
            rules.volunteer_number(first_number + at),
            facts.name,
            rules.pinyin_key(facts.name),
            facts.phone,
            facts.phone[7:],
            facts.category,
            PersonState.ACTIVE.value,
            ConsentState.PENDING.value,
            stored_now,
        )
        for at, (person_id, facts) in enumerate(zip(ids, rows, strict=True))
    )
    load(connection, "person", PERSON_COLUMNS, told(people, 0))
    memberships = (
        (membership_id, person_id, facts.unit_id, (facts.joined or today).isoformat())
        for membership_id, person_id, facts in zip(
            reserve(connection, "membership", len(rows)), ids, rows, strict=True
        )
    )
    load(connection, "membership", MEMBERSHIP_COLUMNS, told(memberships, len(rows)))


def reserve(connection: Connection, table: str, number: int) -> Sequence[int]:
    """Return `number` ids that nobody else will get.

    PostgreSQL's sequence hands them out; on SQLite the writing transaction keeps others out.
    """
    if connection.dialect.name == "postgresql":
        asked = text(
            "SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :number)"
        )
        return connection.execute(asked, {"table": table, "number": number}).scalars().all()
    last = connection.exec_driver_sql(f"SELECT coalesce(max(id), 0) FROM {table}").scalar_one()
    return range(last + 1, last + 1 + number)


def next_number(session: Session) -> int:
    """Return the first volunteer number that is free, as are all above; the caller has the lock."""
    last = session.scalar(select(func.max(Person.volunteer_number)))
    return int(last[1:]) + 1 if last else 1


def _load_sqlite(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    rows: Iterable[tuple[Any, ...]],
) -> None:
    cursor: Any = connection.connection.cursor()
    places = ", ".join("?" * len(columns))
    cursor.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)
    cursor.close()


def _load_postgresql(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    rows: Iterable[tuple[Any, ...]],
) -> None:
    cursor: Any = connection.connection.cursor()
    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cursor.close()
