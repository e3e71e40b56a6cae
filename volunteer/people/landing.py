"""Bringing a file into the register: what each row would change, and the bulk writes.

Rows go to the staging table by the driver itself (executemany on SQLite, COPY on
PostgreSQL), and from there into the register by a few statements: 60,000 people and their
memberships are written in well under a second.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select, text
from sqlalchemy.orm import Session, aliased

from volunteer.core.clock import local_day
from volunteer.core.db import dialect
from volunteer.units.models import Unit

from . import rules
from .errors import StalePreview
from .importer import STEP, Checked, Facts, Progress
from .models import Membership, Person, PersonState
from .staging import RowAction, load

#: The PostgreSQL lock under which numbers are given and files land, one at a time.
LOCK = 7_230_001
#: Up to so many phones are asked for by name, more by their range.
FEW = 1_000
#: Rows of the staging table that one statement brings in.
PORTION = 10_000

#: What a row says, and what else stands in the staging table; a column left out is empty.
SAID = ("row", "name", "name_pinyin", "phone", "unit_id", "category", "joined")
NOTED = (*SAID, "cells", "flags")
KNOWN = (*NOTED, "person_id", "old_unit_id")
REFUSED = (*NOTED, "code", "errors")


class Known(NamedTuple):
    """Who has a phone number already; `unit_id` is empty for one who has left.

    `unit_path` then is that of the unit that they left.
    `also` is the name of the record that has the number, where it was merged into this one.
    """

    person_id: int
    name: str
    category: str | None
    state: str
    unit_id: int | None
    unit_path: str | None
    also: str


@dataclass(slots=True)
class Plan:
    """What the right rows of a file change; all but `new` pair a row with its person."""

    new: list[Facts] = field(default_factory=list)
    updated: list[tuple[Facts, Known]] = field(default_factory=list)
    moved: list[tuple[Facts, Known]] = field(default_factory=list)
    unchanged: list[tuple[Facts, Known]] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        return self.landing + len(self.unchanged)

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
    kept, past, former = aliased(Person), aliased(Membership), aliased(Unit)
    left = (
        select(former.path)
        .join(past, past.unit_id == former.id)
        .where(past.person_id == kept.id)
        .order_by(past.from_on.desc(), past.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    statement = (
        select(
            Person.phone,
            kept.id,
            kept.name,
            kept.category,
            kept.state,
            Membership.unit_id,
            func.coalesce(Unit.path, left),
            Person.name,
        )
        .join(kept, kept.id == func.coalesce(Person.merged_into_id, Person.id))
        .outerjoin(Membership, (Membership.person_id == kept.id) & Membership.until_on.is_(None))
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
    stays so: a return is a verb of its own. Two phones of one person, whose records were
    merged, are a repeat, or refused where the units differ.
    """
    made = Plan()
    if not known:
        made.new = checked.good
        return made
    paths = tuple(under)
    units: dict[int, int] = {}
    for facts in checked.good:
        person = known.get(facts.phone)
        if person is None:
            made.new.append(facts)
            continue
        if facts.name not in (person.name, person.also) or (
            person.unit_path and not person.unit_path.startswith(paths)
        ):
            _refuse_phone(checked, facts)
        elif person.person_id in units:
            if units[person.person_id] == facts.unit_id:
                checked.repeats.append(facts.row)
            else:
                _refuse_phone(checked, facts)
        elif person.state != PersonState.ACTIVE or person.unit_id is None:
            made.unchanged.append((facts, person))
            checked.flags.setdefault(facts.row, []).append("left")
        elif person.unit_id != facts.unit_id:
            made.moved.append((facts, person))
        elif facts.category and facts.category != person.category:
            made.updated.append((facts, person))
        else:
            made.unchanged.append((facts, person))
        units.setdefault(person.person_id, facts.unit_id)
    return made


def _refuse_phone(checked: Checked, facts: Facts) -> None:
    checked.refuse(facts.row, "phone", "duplicate_phone", facts.phone)
    checked.partly[facts.row] = facts[1:]


def stage(
    session: Session, run_id: int, checked: Checked, made: Plan, *, progress: Progress
) -> None:
    """Write every row that names somebody to the staging table; the caller has a transaction."""
    connection = session.connection()
    total = made.accepted + len(checked.errors) + len(checked.repeats)
    done = 0

    def told(lines: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        nonlocal done
        for line in lines:
            yield line
            done += 1
            if done % STEP == 0:
                progress("stage", done, total)

    for action, columns, lines in _groups(checked, made):
        constants = {"run_id": run_id, "action": action.value}
        load(connection, columns, told(lines), constants)
    progress("stage", total, total)
    if total >= STEP:  # or the planner believes that there are none
        connection.exec_driver_sql("ANALYZE import_row")


Lines = Iterable[tuple[Any, ...]]


def _groups(checked: Checked, made: Plan) -> Iterator[tuple[RowAction, Sequence[str], Lines]]:
    """Yield the staging table's rows by what they do: the columns that are filled, the lines.

    Most rows are new and as they should be: those have the fewest columns.
    """
    flags = {row: " ".join(found) for row, found in checked.flags.items()}

    def said(row: int, name: Any, phone: Any, unit: Any, category: Any, joined: Any) -> Any:
        return (row, name, None, phone, unit, category, joined and joined.isoformat())

    def notes(row: int) -> tuple[str | None, str | None]:
        sent = _json(checked.cells_of(row)) if row in checked.rewritten else None
        return sent, flags.get(row)

    noted = checked.rewritten | flags.keys()
    plain = made.new if not noted else [each for each in made.new if each.row not in noted]
    new = ((*_new(facts), *notes(facts.row)) for facts in made.new if facts.row in noted)
    yield RowAction.NEW, SAID, map(_new, plain)
    yield RowAction.NEW, NOTED, new
    for action, pairs in (
        (RowAction.UPDATED, made.updated),
        (RowAction.TRANSFERRED, made.moved),
        (RowAction.UNCHANGED, made.unchanged),
    ):
        known = (
            (*said(*facts), *notes(facts.row), person.person_id, person.unit_id)
            for facts, person in pairs
        )
        yield action, KNOWN, known
    repeats = ((row, _json(checked.cells_of(row)), flags.get(row)) for row in checked.repeats)
    yield RowAction.DUPLICATE, ("row", "cells", "flags"), repeats
    refused = (
        (
            *said(row, *checked.partly[row]),
            _json(checked.cells_of(row)),
            flags.get(row),
            errors[0].code,
            _json([error[1:] for error in errors]),
        )
        for row, errors in checked.errors.items()
    )
    yield RowAction.REFUSED, REFUSED, refused


def _new(facts: Facts) -> tuple[Any, ...]:
    row, name, phone, unit_id, category, joined = facts
    day = joined and _iso(joined)
    return (row, name, rules.pinyin_key(name), phone, unit_id, category, day)


@cache
def _iso(day: date) -> str:
    return day.isoformat()


def _json(value: object) -> str:
    """Return a JSON text; days and times as texts that are read again as what they are."""
    return json.dumps(value, ensure_ascii=False, default=str)


OUTDATED = """
SELECT count(*) FROM import_row r
LEFT JOIN person p ON p.id = r.person_id AND p.state = 'active'
LEFT JOIN membership m ON m.person_id = p.id AND m.until_on IS NULL AND m.unit_id = r.old_unit_id
WHERE r.run_id = :run AND r.action IN ('updated', 'transferred') AND m.id IS NULL
"""
#: Those whom the roster lacks, and who do not stand any more where they did at the check.
GONE = """
SELECT count(*) FROM import_absence a
LEFT JOIN person p ON p.id = a.person_id AND p.state = 'active'
LEFT JOIN membership m ON m.person_id = p.id AND m.until_on IS NULL AND m.unit_id = a.old_unit_id
WHERE a.run_id = :run AND a.choice IN ('left', 'transferred') AND m.id IS NULL
"""
UNITS = (
    "SELECT unit_id FROM import_row WHERE run_id = :run AND action IN ('new', 'transferred') "
    "UNION SELECT unit_id FROM import_absence WHERE run_id = :run AND choice = 'transferred'"
)
OLD_UNITS = (
    "SELECT DISTINCT old_unit_id FROM import_absence "
    "WHERE run_id = :run AND choice IN ('left', 'transferred')"
)
BOUNDS = "SELECT min(row), max(row) FROM import_row WHERE run_id = :run AND action = 'new'"
RANDOM = {
    "sqlite": "lower(hex(randomblob(8)))",
    "postgresql": (
        "left(replace(gen_random_uuid()::text, '-', ''), 8) || "
        "right(replace(gen_random_uuid()::text, '-', ''), 8)"
    ),
}
NUMBER = {
    "sqlite": "printf('V%07d', :number + row_number() OVER (ORDER BY row) - 1)",
    "postgresql": "'V' || lpad((:number + row_number() OVER (ORDER BY row) - 1)::text, 7, '0')",
}
NEW_PEOPLE = """
INSERT INTO person (public_id, volunteer_number, name, name_pinyin, phone, phone_tail, category,
state, consent, registered_at)
SELECT {random}, {number}, name, name_pinyin, phone, substr(phone, 8), category,
'active', 'pending', {now}
FROM import_row WHERE run_id = :run AND action = 'new' AND row BETWEEN :first AND :last
ORDER BY row
"""
NEW_MEMBERSHIPS = """
INSERT INTO membership (person_id, unit_id, from_on)
SELECT p.id, r.unit_id, coalesce(r.joined, {today})
FROM import_row r JOIN person p ON p.phone = r.phone
WHERE r.run_id = :run AND r.action = 'new' AND r.row BETWEEN :first AND :last
ORDER BY r.row
"""
CATEGORIES = """
UPDATE person SET category = r.category FROM import_row r
WHERE r.run_id = :run AND r.action IN ('updated', 'transferred')
AND r.person_id = person.id AND r.category IS NOT NULL
"""
#: Who goes where: from the rows of a file, and from what was chosen for those that it lacks.
MOVES = (
    "(SELECT person_id, unit_id FROM import_row WHERE run_id = :run AND action = 'transferred' "
    "UNION ALL SELECT person_id, unit_id FROM import_absence WHERE run_id = :run "
    "AND choice = 'transferred')"
)
#: A membership that begins today or later was never lived: it is corrected in place.
CORRECTED = f"""
UPDATE membership SET unit_id = moves.unit_id FROM {MOVES} moves
WHERE membership.person_id = moves.person_id AND membership.until_on IS NULL
AND membership.from_on >= {{today}}
"""
ENDED = f"""
UPDATE membership SET until_on = {{today}} WHERE until_on IS NULL AND from_on < {{today}}
AND person_id IN (SELECT person_id FROM {MOVES} moves)
"""
BEGUN = f"""
INSERT INTO membership (person_id, unit_id, from_on)
SELECT moves.person_id, moves.unit_id, {{today}} FROM {MOVES} moves
WHERE NOT EXISTS (SELECT 1 FROM membership m WHERE m.person_id = moves.person_id
AND m.until_on IS NULL)
"""


def land(session: Session, run_id: int, under: Sequence[str], *, now: datetime) -> None:
    """Bring the staged rows of a run into the register, in the open transaction.

    The caller holds the lock. Raises StalePreview where the register, the units or the
    rights have changed since the check.
    """
    run = {"run": run_id}
    connection = session.connection()
    _require_fresh(connection, run, under)
    words = {"now": _literal("timestamp", now), "today": _literal("date", local_day(now))}

    def do(statement: str, **more: object) -> int:
        return connection.execute(text(statement.format(**words)), {**run, **more}).rowcount

    engine = connection.dialect.name
    people = NEW_PEOPLE.format(random=RANDOM[engine], number=NUMBER[engine], **words)
    first, last = connection.execute(text(BOUNDS), run).one()
    number, landed = next_number(session), 0
    for start in range(first or 1, (last or 0) + 1, PORTION):
        rows = {"first": start, "last": start + PORTION - 1}
        landed += do(people, number=number + landed, **rows)
        do(NEW_MEMBERSHIPS, **rows)
    do(CATEGORIES)
    for statement in (CORRECTED, ENDED, BEGUN):
        do(statement)
    if landed >= STEP:  # the planner must learn of so many, or lists sort all of them
        for table in ("unit", "person", "membership"):
            connection.exec_driver_sql(f"ANALYZE {table}")
    session.expire_all()


def _require_fresh(connection: Connection, run: dict[str, int], under: Sequence[str]) -> None:
    """Raise StalePreview where a row would not do what the preview says."""
    if any(connection.execute(text(each), run).scalar_one() for each in (OUTDATED, GONE)):
        raise StalePreview()
    wanted = set(connection.execute(text(UNITS), run).scalars())
    left = set(connection.execute(text(OLD_UNITS), run).scalars())
    every = connection.execute(select(Unit.id, Unit.path, Unit.ended_on))
    own = {unit_id: day for unit_id, path, day in every if path.startswith(tuple(under))}
    if not left <= own.keys() or not wanted <= {unit for unit in own if own[unit] is None}:
        raise StalePreview()


def _literal(kind: str, value: date) -> str:
    """Return a moment or a day of ours as SQL has it; nothing of it was typed by anybody."""
    if isinstance(value, datetime):
        words = value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    else:
        words = value.isoformat()
    return f"CAST('{words}' AS {kind})" if dialect() == "postgresql" else f"'{words}'"


def next_number(session: Session) -> int:
    """Return the first volunteer number that is free, as are all above; the caller has the lock."""
    last = session.scalar(select(func.max(Person.volunteer_number)))
    return int(last[1:]) + 1 if last else 1
