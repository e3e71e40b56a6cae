"""A file on its way in: read, compared with the register, kept in the staging table."""

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from hashlib import sha256
from typing import Any

from sqlalchemy import exists, func, insert, literal, select
from sqlalchemy.orm import Session

from volunteer.core import tables
from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import db
from volunteer.units import queries as units
from volunteer.units.models import Unit
from volunteer.units.rules import name_key

from . import access, categories, columns, importer, landing, rules
from .columns import NOTHING_CHOSEN, Choices
from .importer import Checked, Progress, RowError, silent
from .landing import Plan
from .models import ImportRun, ImportState, Membership, Person, PersonState
from .staging import AbsenceChoice, ImportAbsence, ImportRow

#: Unit names that nobody knows and that a person is asked about, the commonest first.
UNITS_ASKED = 20
SUGGESTED = 5


@dataclass(slots=True)
class Outcome:
    """What a file says, what it would change, and how many rows did change the register."""

    rows: Checked
    plan: Plan = field(default_factory=Plan)
    landed: int = 0

    @property
    def errors(self) -> list[RowError]:
        """What is wrong, by row."""
        return [error for _, errors in sorted(self.rows.errors.items()) for error in errors]

    @property
    def counts(self) -> dict[str, Any]:
        """The figures of the contract, and how the right rows divide."""
        return {
            "accepted": self.plan.accepted,
            "landed": self.landed,
            "rejected": self.rows.rejected,
            "skipped_duplicates": self.rows.skipped_duplicates,
            "blank_rows": self.rows.blank_rows,
            "other_rows": self.rows.other_rows,
            "new": len(self.plan.new),
            "updated": len(self.plan.updated),
            "transferred": len(self.plan.moved),
            "unchanged": len(self.plan.unchanged),
        }


def read_file(
    content: bytes,
    *,
    choices: Choices = NOTHING_CHOSEN,
    actor: Actor,
    now: datetime,
    progress: Progress = silent,
) -> Checked:
    """Read a file of people and check every row by itself; writes nothing.

    Rows of units outside the actor's paths are wrong. Raises NotAllowed or a FileRefused,
    an Undecided where a person has to choose first.
    """
    access.require_import(actor)
    under = access.keepable(actor)
    table = columns.find_table(tables.read_book(content), choices)
    index = units.load_index(on=local_day(now), under=under)
    return importer.check(
        table,
        index,
        chosen=choices.units,
        categories=categories.on_offer(),
        today=local_day(now),
        progress=progress,
    )


def compare(rows: Checked, actor: Actor) -> Outcome:
    """Compare checked rows with the register as it is now; writes nothing."""
    known = landing.known_people(db.session(), [facts.phone for facts in rows.good])
    return Outcome(rows, landing.plan(rows, known, under=access.keepable(actor)))


def check_file(
    content: bytes, *, actor: Actor, now: datetime, progress: Progress = silent
) -> Outcome:
    """Read and check a file, and compare it with the register; writes nothing."""
    return compare(read_file(content, actor=actor, now=now, progress=progress), actor)


def new_run(content: bytes, file_name: str, *, actor: Actor, now: datetime) -> ImportRun:
    """Return the row, not yet written, that tells of a file."""
    return ImportRun(
        public_id=secrets.token_hex(8),
        file_name=rules.clean_file_name(file_name),
        sha256=digest(content),
        state=ImportState.READING,
        done=0,
        total=0,
        choices=NOTHING_CHOSEN.facts,
        counts={},
        landed_before=0,
        account_id=actor.account_id,
        started_at=now,
        beat_at=now,
    )


def stage(
    session: Session,
    run: ImportRun,
    outcome: Outcome,
    *,
    choices: Choices = NOTHING_CHOSEN,
    under: Sequence[str],
    landed_before: int,
    today: date,
    progress: Progress = silent,
) -> None:
    """Keep a compared file in the staging table, part of a verb's transaction.

    `landed_before` is what `queries.runs_landed` said before the register was looked at.
    """
    session.add(run)
    session.flush()
    landing.stage(session, run.id, outcome.rows, outcome.plan, progress=progress)
    run.state, run.landed_before = ImportState.READY, landed_before
    absent = _list_absent(session, run.id, under) if choices.whole else 0
    run.counts = {
        **outcome.counts,
        **how_it_was_read(outcome.rows),
        "absent": absent,
        "unknown_units": _unknown_units(outcome.rows, under, today),
    }
    session.flush()


def how_it_was_read(rows: Checked) -> dict[str, Any]:
    """Return what a person should know, and may decide otherwise, of how a file was read."""
    table = rows.table
    return {
        "sheet": table.sheet,
        "header_row": table.first - 1,
        "rows": rows.rows,
        "titles": table.titles,
        "header": table.header,
        "places": table.places,
        "unused": list(table.unused.values()),
        "question": table.question,
        "reading": table.reading,
        "flagged": dict(Counter(flag for flags in rows.flags.values() for flag in flags)),
    }


def _list_absent(session: Session, run_id: int, under: Sequence[str]) -> int:
    """Write down who belongs to a unit of the file and is not in it; return how many.

    A person without a phone of their own is there where the name is. At first nothing is to
    become of any of them.
    """
    rows = select(ImportRow).where(ImportRow.run_id == run_id).subquery()
    own_names = exists().where(rows.c.name == Person.name, rows.c.unit_id == Membership.unit_id)
    listed = select(rows.c.phone).where(rows.c.phone.is_not(None))
    known = select(rows.c.person_id).where(rows.c.person_id.is_not(None))
    absent = (
        select(
            literal(run_id),
            Person.id,
            Membership.unit_id,
            literal(AbsenceChoice.STILL_HERE.value),
        )
        .join(Membership, (Membership.person_id == Person.id) & Membership.until_on.is_(None))
        .join(Unit, Unit.id == Membership.unit_id)
        .where(
            Person.state == PersonState.ACTIVE,
            units.within(under),
            Membership.unit_id.in_(select(rows.c.unit_id).where(rows.c.unit_id.is_not(None))),
            Person.phone.not_in(listed) | (Person.phone.is_(None) & ~own_names),
            Person.id.not_in(known),  # by the phone of a record that was merged into theirs
        )
    )
    names = ("run_id", "person_id", "old_unit_id", "choice")
    session.execute(insert(ImportAbsence).from_select(names, absent))
    counted = select(func.count()).where(ImportAbsence.run_id == run_id)
    return session.scalar(counted) or 0


def _unknown_units(rows: Checked, under: Sequence[str], today: date) -> list[dict[str, Any]]:
    """Return the names that mean no unit, or several, with the units that they may mean."""
    title = rows.table.titles["unit"]
    found = Counter(
        error.value
        for errors in rows.errors.values()
        for error in errors
        if error.column == title and error.code in ("unknown_unit", "ambiguous_unit")
    )
    if not found:
        return []
    standing = select(Unit.code, Unit.name, Unit.name_key).where(
        units.within(under), (Unit.ended_on.is_(None)) | (Unit.ended_on > today)
    )
    by_key: dict[str, list[tuple[str, str]]] = {}
    for code, name, key in db.session.execute(standing):
        by_key.setdefault(key, []).append((code, name))
    return [
        {
            "text": text,
            "key": name_key(text),
            "rows": count,
            "like": [unit for key in _like(name_key(text), by_key) for unit in by_key[key]][:10],
        }
        for text, count in found.most_common(UNITS_ASKED)
    ]


def _like(key: str, known: dict[str, Any]) -> list[str]:
    """Return the names that are spelt alike, or of which one is a part of the other."""
    last = key.rpartition("/")[2]
    parts = [name for name in known if last in name or name in last]
    close = get_close_matches(last, known, n=SUGGESTED, cutoff=0.5)
    same = [last] if last in known else []
    return list(dict.fromkeys([*same, *close, *parts]))[:SUGGESTED]


def digest(content: bytes) -> str:
    """Return by what a file is known again."""
    return sha256(content).hexdigest()
