"""Taking records over into the ledger, and taking that back."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import func, insert, select, tuple_, update
from sqlalchemy.orm import aliased

from volunteer.core import journal
from volunteer.core.actor import KEEPERS, Actor
from volunteer.core.db import again_on_conflict, db, transaction, within
from volunteer.core.errors import NotFound
from volunteer.hours import queries as ledger
from volunteer.hours import service as hours
from volunteer.hours.models import SourceClass
from volunteer.people.models import Person
from volunteer.shifts.models import Nature
from volunteer.units.models import Unit

from . import access, lines, queries
from .comparison import Scope
from .errors import NothingChosen, ReasonMissing
from .matching import people_within
from .models import ExchangeFile, ExchangeRecord, ExchangeTaking, Kind
from .obstacles import Assessed, assess, with_merged
from .rules import Standing

#: Records taken over at once, so that nobody waits for long; press again for more.
MOST_AT_ONCE = 2_000
#: Person-days looked at in one go.
STEP = 500
LONGEST_REASON = 200

PersonDay = tuple[int, date]


class Taken(NamedTuple):
    """What was taken over: how many records, minutes, and what was left out by its reason."""

    records: int
    minutes: int
    left_out: Counter[str]
    #: Whether there may be more of it.
    more: bool = False


@again_on_conflict
def take(public_id: str, keys: Sequence[str], *, reason: str, actor: Actor, now: datetime) -> Taken:
    """Enter the records of these person-days that the ledger does not have, in one transaction.

    A record enters what of it does not count here already (`rules.worth`), as an entry of
    its own source, class `imported`, into the month of its sign-in (R16) at the unit of
    that day (R29). What was taken already is left out, so a repeat enters nothing. A key
    beyond the actor's units raises NotFound, and then nothing is entered.
    """
    with transaction():
        file, reason = _asked(public_id, reason, actor)
        days = _days(file, keys, access.require_scope(actor, file.unit.path))
        _lock({person_id for person_id, _ in days})
        taken = _enter(file, assess(records_of(file, days), actor=actor), reason, actor, now)
        _write_down("exchange.take", file, taken.records, taken.minutes, actor, now)
        return taken


@again_on_conflict
def take_all(public_id: str, *, reason: str, actor: Actor, now: datetime) -> Taken:
    """Enter all days on which the ledger has nothing, up to `MOST_AT_ONCE` records; see `take`."""
    with transaction():
        file, reason = _asked(public_id, reason, actor)
        under = access.require_scope(actor, file.unit.path)
        records, minutes, left_out, more = 0, 0, Counter[str](), False
        for days in _in_steps(Scope(file, under, False)):
            if records + STEP > MOST_AT_ONCE:
                more = True
                break
            _lock({person_id for person_id, _ in days})
            found = _enter(file, assess(records_of(file, days), actor=actor), reason, actor, now)
            records, minutes = records + found.records, minutes + found.minutes
            left_out += found.left_out
        _write_down("exchange.take", file, records, minutes, actor, now)
        return Taken(records, minutes, left_out, more)


@again_on_conflict
def undo(
    public_id: str, taking_ids: Sequence[int], *, reason: str, actor: Actor, now: datetime
) -> Taken:
    """Take back what was taken over, by correcting entries; the entries themselves stay.

    What is undone already is left out, so a repeat changes nothing. A taking at a unit
    that the actor does not keep raises NotFound, and then nothing is changed.
    """
    with transaction() as session:
        file, reason = _asked(public_id, reason, actor)
        if not taking_ids:
            raise NothingChosen()
        wanted = (
            select(ExchangeTaking)
            .join(Unit, Unit.id == ExchangeTaking.unit_id)
            .where(
                ExchangeTaking.file_id == file.id,
                ExchangeTaking.id.in_(taking_ids),
                within(Unit.path, actor.paths(*KEEPERS)),
            )
            .order_by(ExchangeTaking.person_id, ExchangeTaking.id)
        )
        takings = session.scalars(wanted.with_for_update(of=ExchangeTaking)).all()
        if len(takings) != len(set(taking_ids)):
            raise NotFound()
        open_ones = [taking for taking in takings if taking.undone_at is None]
        _lock({taking.person_id for taking in open_ones})
        for taking in open_ones:
            _take_back(taking, reason, actor, now)
        minutes = sum(taking.minutes for taking in open_ones)
        _write_down("exchange.undo", file, len(open_ones), minutes, actor, now)
        return Taken(len(open_ones), minutes, Counter())


def records_of(file: ExchangeFile, days: Sequence[PersonDay]) -> list[tuple[ExchangeRecord, int]]:
    """Return the records of a file that are surely about these people on these days.

    Each comes with its person; where that one was merged since, with the person kept.
    """
    server = aliased(Person)
    kept = func.coalesce(server.merged_into_id, server.id)
    found: list[tuple[ExchangeRecord, int]] = []
    for start in range(0, len(days), STEP):
        part = days[start : start + STEP]
        wanted = (
            select(ExchangeRecord, kept)
            .join(server, server.id == ExchangeRecord.person_id)
            .where(
                ExchangeRecord.file_id == file.id,
                ExchangeRecord.doubt.is_(None),
                ExchangeRecord.person_id.in_(with_merged({person_id for person_id, _ in part})),
                tuple_(kept, ExchangeRecord.day).in_(part),
            )
        )
        found += [(row[0], row[1]) for row in db.session.execute(wanted)]
    return found


def _asked(public_id: str, reason: str, actor: Actor) -> tuple[ExchangeFile, str]:
    """Return the file and the reason of a verb; whoever keeps no month is refused."""
    access.require_importer(actor)
    file = queries.file_of(public_id, under=access.require_reader(actor))
    access.require_scope(actor, file.unit.path)
    if file.kind != Kind.DURATIONS:
        raise NotFound()
    reason = " ".join(reason.split())[:LONGEST_REASON]
    if len(reason) < 2:
        raise ReasonMissing()
    return file, reason


def _days(file: ExchangeFile, keys: Sequence[str], under: Sequence[str]) -> list[PersonDay]:
    """Return the person-days that keys name; one beyond `under` raises NotFound."""
    named = {lines.parted(key) for key in keys}
    if not named:
        raise NothingChosen()
    people = {public_id for public_id, _ in named}
    wanted = select(Person.public_id, Person.id).where(
        Person.public_id.in_(people), Person.id.in_(people_within(under))
    )
    known = {row.public_id: row.id for row in db.session.execute(wanted)}
    if set(known) != people or any(day is None for _, day in named):
        raise NotFound()
    return sorted((known[public_id], day) for public_id, day in named if day)


def _in_steps(scope: Scope) -> Iterator[list[PersonDay]]:
    """Yield the days on which the ledger has nothing, read before anything is entered."""
    days = [
        (line.person_id, line.day)
        for line in lines.everything(scope, Standing.ONLY_THERE)
        if line.person_id and line.day
    ]
    for start in range(0, len(days), STEP):
        yield days[start : start + STEP]


def _lock(people: set[int]) -> None:
    """Let nobody else enter minutes of these people meanwhile; SQLite has one writer anyway."""
    wanted = select(Person.id).where(Person.id.in_(people)).order_by(Person.id)
    db.session.execute(wanted.with_for_update()).all()


def _enter(
    file: ExchangeFile, found: Sequence[Assessed], reason: str, actor: Actor, now: datetime
) -> Taken:
    left_out: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    revisions = _revisions({each.person_id for each in found})
    for record, person_id, key, worth, unit_id in found:
        if not worth.minutes or unit_id is None or not record.day:
            left_out[worth.reason or "taken"] += 1
            continue
        revision = revisions.get((person_id, key), 0) + 1
        source = f"zyh:{person_id}:{key}:{revision}"
        hours.enter(
            person_id=person_id,
            unit_id=unit_id,
            grid_id=None,
            service_day=record.day,
            minutes=worth.minutes,
            nature=Nature.VOLUNTARY,
            source=source,
            source_class=SourceClass.IMPORTED,
            reason=reason,
            entered_by=actor.account_id,
            now=now,
        )
        rows.append(
            {
                "file_id": file.id,
                "person_id": person_id,
                "record_key": key,
                "revision": revision,
                "source": source,
                "unit_id": unit_id,
                "activity": record.activity or "",
                "day": record.day,
                "starts_at": record.starts_at if record.ends_at else None,
                "ends_at": record.ends_at,
                "minutes": worth.minutes,
                "taken_at": now,
                "taken_by": actor.account_id,
            }
        )
    if rows:
        db.session.execute(insert(ExchangeTaking), rows)
    return Taken(len(rows), sum(row["minutes"] for row in rows), left_out)


def _revisions(people: set[int]) -> dict[tuple[int, str], int]:
    """Return how often each record of these people was taken before."""
    holder = aliased(Person)
    kept = func.coalesce(holder.merged_into_id, holder.id)
    statement = (
        select(kept, ExchangeTaking.record_key, func.max(ExchangeTaking.revision))
        .join(holder, holder.id == ExchangeTaking.person_id)
        .where(ExchangeTaking.person_id.in_(with_merged(people)))
        .group_by(kept, ExchangeTaking.record_key)
    )
    return {(person_id, key): last for person_id, key, last in db.session.execute(statement)}


def _take_back(taking: ExchangeTaking, reason: str, actor: Actor, now: datetime) -> None:
    entry = ledger.with_source(taking.source)
    if entry is None:
        raise LookupError(f"no entry {taking.source}")
    hours.enter(
        person_id=entry.person_id,
        unit_id=entry.unit_id,
        grid_id=entry.grid_id,
        service_day=entry.service_day,
        minutes=-entry.minutes,
        nature=entry.nature,
        source=f"{taking.source}:undone",
        source_class=SourceClass.IMPORTED,
        corrects_id=entry.id,
        reason=reason,
        entered_by=actor.account_id,
        now=now,
    )
    db.session.execute(
        update(ExchangeTaking)
        .where(ExchangeTaking.id == taking.id)
        .values(undone_at=now, undone_by=actor.account_id)
    )


def _write_down(
    action: str, file: ExchangeFile, records: int, minutes: int, actor: Actor, now: datetime
) -> None:
    journal.write(
        action,
        "exchange_file",
        file.public_id,
        actor=actor,
        now=now,
        unit_path=file.unit.path,
        records=records,
        minutes=minutes,
    )
