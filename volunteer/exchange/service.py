"""Bringing exports in, matching them again, letting them go; noting what leaves the house."""

import secrets
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Text, bindparam, cast, delete, insert, or_, select, update
from sqlalchemy.orm import aliased

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import Month, local
from volunteer.core.db import again_on_conflict, transaction
from volunteer.people.models import Person, PersonState
from volunteer.people.rules import ERASED_NAME, clean_file_name
from volunteer.units.models import Unit

from . import access, matching, queries, reading
from .errors import AlreadyImported, FileMissing, HasTakings
from .matching import Match
from .models import ExchangeFile, ExchangeLink, ExchangeRecord, Kind, ValueUnit
from .reading import Facts, Reading

#: How long rows about nobody of ours are kept.
STRANGERS_KEPT = timedelta(days=90)


class Checked(NamedTuple):
    """What a file says, and whom its right rows are about."""

    reading: Reading
    matches: list[Match]
    learnt: dict[str, int]

    @property
    def people(self) -> dict[str, int]:
        """How many records are matched, in doubt, and about nobody here."""
        found = Counter(
            "doubtful" if match.doubt else "matched" if match.person_id else "unknown"
            for match in self.matches
        )
        return {word: found[word] for word in ("matched", "doubtful", "unknown")}


def check_file(
    content: bytes,
    *,
    unit: Unit,
    kind: Kind | None = None,
    value_unit: ValueUnit | None = None,
    actor: Actor,
    now: datetime,
) -> Checked:
    """Read an export and match it with the people of a unit; writes nothing.

    Raises a FileRefused.
    """
    path = unit.path
    access.require_keep(actor, path)
    read = reading.read(content, kind=kind, value_unit=value_unit, now=now)
    return Checked(read, *matching.match_all(read.good, under=(path,)))


def import_file(
    content: bytes,
    file_name: str,
    *,
    unit: Unit,
    kind: Kind | None = None,
    value_unit: ValueUnit | None = None,
    actor: Actor,
    now: datetime,
) -> tuple[ExchangeFile, Checked]:
    """Read an export and keep its right rows for the reconciliation; the wrong ones are told.

    The ledger is not touched. The same bytes for the same unit raise AlreadyImported.
    """
    if not file_name:
        raise FileMissing()
    unit_id = unit.id
    checked = check_file(content, unit=unit, kind=kind, value_unit=value_unit, actor=actor, now=now)
    digest = sha256(content).hexdigest()
    file = _keep(checked, clean_file_name(file_name), digest, unit_id, actor=actor, now=now)
    return file, checked


@again_on_conflict
def _keep(
    checked: Checked, file_name: str, digest: str, unit_id: int, *, actor: Actor, now: datetime
) -> ExchangeFile:
    """Write what was read and matched before, so that the lock is held for the writing only."""
    with transaction() as session:
        unit = session.get_one(Unit, unit_id)
        access.require_keep(actor, unit.path)
        if earlier := queries.file_with(unit_id, digest):
            here = local(earlier.imported_at)
            raise AlreadyImported(day=f"{here:%Y-%m-%d}", time=f"{here:%H:%M}")
        read = checked.reading
        first, last = read.period
        file = ExchangeFile(
            public_id=secrets.token_hex(8),
            unit_id=unit_id,
            kind=read.kind,
            file_name=file_name,
            sha256=digest,
            value_unit=read.value_unit,
            first_on=first,
            last_on=last,
            counts=read.counts,
            errors=[error._asdict() for error in read.errors],
            account_id=actor.account_id,
            imported_at=now,
        )
        session.add(file)
        session.flush()
        if read.good:
            session.connection().execute(
                insert(ExchangeRecord),
                [
                    {"file_id": file.id, "row_number": row, **facts, **match._asdict()}
                    for (row, facts), match in zip(_told(read), checked.matches, strict=True)
                ],
            )
        matching.learn(checked.learnt, now=now)
        journal.write(
            "exchange.import",
            "exchange_file",
            file.public_id,
            actor=actor,
            now=now,
            unit_path=unit.path,
            kind=read.kind,
            rows=len(read.good),
            wrong=len(read.wrong),
        )
        return file


def _told(read: Reading) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield of each right row its number and the columns of its record."""
    for facts in read.good:
        columns = facts._asdict()
        yield columns.pop("row"), columns


def match_again(public_id: str, *, actor: Actor, now: datetime) -> int:
    """Match a file's records with the register as it is now; return how many have changed.

    What was taken over stays.
    """
    with transaction() as session:
        file = queries.file_of(public_id, under=access.require_importer(actor))
        access.require_keep(actor, file.unit.path)
        records = session.execute(
            select(
                ExchangeRecord.id,
                ExchangeRecord.row,
                ExchangeRecord.number,
                ExchangeRecord.name,
                ExchangeRecord.phone,
                ExchangeRecord.person_id,
                ExchangeRecord.doubt,
            ).where(ExchangeRecord.file_id == file.id)
        ).all()
        facts = [Facts(row.row, row.number, row.name, row.phone, None) for row in records]
        matches, learnt = matching.match_all(facts, under=(file.unit.path,))
        moved = [
            {"record_id": record.id, "somebody": match.person_id, "unsure": match.doubt}
            for record, match in zip(records, matches, strict=True)
            if (record.person_id, record.doubt) != (match.person_id, match.doubt)
        ]
        if moved:
            table = ExchangeRecord.__table__
            session.connection().execute(
                update(table)  # type: ignore[arg-type]
                .where(table.c.id == bindparam("record_id"))
                .values(person_id=bindparam("somebody"), doubt=bindparam("unsure")),
                moved,
            )
        matching.learn(learnt, now=now)
        journal.write(
            "exchange.match",
            "exchange_file",
            public_id,
            actor=actor,
            now=now,
            unit_path=file.unit.path,
            changed=len(moved),
        )
        return len(moved)


def discard(public_id: str, *, actor: Actor, now: datetime) -> None:
    """Remove a file with all its records; refused where minutes were ever taken over from it."""
    with transaction() as session:
        file = queries.file_of(public_id, under=access.require_importer(actor), for_update=True)
        access.require_keep(actor, file.unit.path)
        if queries.has_takings(file.id):
            raise HasTakings()
        session.execute(delete(ExchangeRecord).where(ExchangeRecord.file_id == file.id))
        session.delete(file)
        journal.write(
            "exchange.discard",
            "exchange_file",
            public_id,
            actor=actor,
            now=now,
            unit_path=file.unit.path,
        )


def note_saved(
    file: ExchangeFile, standing: str, *, rows: int, actor: Actor, now: datetime
) -> None:
    """Journal that lines of a reconciliation leave the house, before they are sent (R66)."""
    with transaction():
        access.require_scope(actor, file.unit.path)
        journal.write(
            "exchange.save",
            "exchange_file",
            file.public_id,
            actor=actor,
            now=now,
            unit_path=file.unit.path,
            standing=standing,
            rows=rows,
        )


def note_export(
    unit: Unit,
    month: Month,
    *,
    rows: int,
    full_phones: bool,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Journal that hours leave for the national app, before the file is sent (R63, R66)."""
    with transaction():
        access.require_keep(actor, unit.path)
        journal.write(
            "exchange.export",
            "unit",
            unit.code,
            actor=actor,
            now=now,
            unit_path=unit.path,
            month=str(month),
            rows=rows,
            full_phones=full_phones,
            reason=reason,
        )


def forget(*, now: datetime) -> int:
    """Forget what needs no keeping: names of erased people, old rows about nobody here.

    The records merged into an erased person are that person's too; of old files the cells
    that were wrong are forgotten as well. Returns how many rows were emptied or removed, and
    files emptied. What was taken over stays, it says nothing of a name.
    """
    with transaction() as session:
        kept = aliased(Person)
        gone = select(kept.id).where(kept.state == PersonState.ERASED)
        erased = select(Person.id).where(or_(Person.id.in_(gone), Person.merged_into_id.in_(gone)))
        session.execute(delete(ExchangeLink).where(ExchangeLink.person_id.in_(erased)))
        emptied = session.connection().execute(
            update(ExchangeRecord)
            .where(ExchangeRecord.person_id.in_(erased), ExchangeRecord.name != ERASED_NAME)
            .values(name=ERASED_NAME, phone=None, number=None)
        )
        old = select(ExchangeFile.id).where(ExchangeFile.imported_at < now - STRANGERS_KEPT)
        removed = session.connection().execute(
            delete(ExchangeRecord).where(
                ExchangeRecord.person_id.is_(None), ExchangeRecord.file_id.in_(old)
            )
        )
        # As text, because PostgreSQL does not compare JSON.
        cells = session.connection().execute(
            update(ExchangeFile)
            .where(
                ExchangeFile.imported_at < now - STRANGERS_KEPT,
                cast(ExchangeFile.errors, Text) != "[]",
            )
            .values(errors=[])
        )
        return emptied.rowcount + removed.rowcount + cells.rowcount
