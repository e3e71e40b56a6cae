"""Changes to the register of people."""

import secrets
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy.exc import IntegrityError

from volunteer.core import journal, tables
from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import db, transaction
from volunteer.units import queries as units
from volunteer.units.errors import UnitUnknown

from . import access, columns, importer, landing, queries, rules
from .errors import (
    CategoryUnknown,
    NameInvalid,
    PhoneInvalid,
    PhoneTaken,
    SameUnit,
    StalePreview,
    TransferDay,
)
from .importer import Checked, Progress, RowError, silent
from .landing import Plan
from .models import (
    ConsentState,
    ImportRun,
    ImportState,
    Membership,
    Person,
    PersonState,
)

#: Wrong cells told one by one; of the others only the number is told.
ERRORS_TOLD = 200


@dataclass(slots=True)
class Outcome:
    """What a file says, what it would change, and how many rows did change the register."""

    rows: Checked
    plan: Plan = field(default_factory=Plan)
    landed: int = 0

    @property
    def errors(self) -> list[RowError]:
        """The first errors, by row."""
        by_row = sorted(self.rows.errors.items())
        return [error for _, errors in by_row for error in errors][:ERRORS_TOLD]

    @property
    def counts(self) -> dict[str, Any]:
        """The figures of the contract, and how the right rows divide."""
        return {
            "accepted": self.plan.accepted,
            "landed": self.landed,
            "rejected": self.rows.rejected,
            "skipped_duplicates": self.rows.skipped_duplicates,
            "blank_rows": self.rows.blank_rows,
            "new": len(self.plan.new),
            "updated": len(self.plan.updated),
            "transferred": len(self.plan.moved),
            "unchanged": self.plan.unchanged,
        }


def read_file(
    content: bytes, *, actor: Actor, now: datetime, progress: Progress = silent
) -> Checked:
    """Read a file of people and check every row by itself; writes nothing.

    Rows of units outside the actor's paths are wrong. Raises NotAllowed or a FileRefused.
    """
    access.require_import(actor)
    under = access.keepable(actor)
    table = columns.find_table(tables.read(content))
    index = units.load_index(on=local_day(now), under=under)
    return importer.check(table, index, today=local_day(now), progress=progress)


def check_file(
    content: bytes, *, actor: Actor, now: datetime, progress: Progress = silent
) -> Outcome:
    """Read and check a file, and compare it with the register; writes nothing."""
    return compare(read_file(content, actor=actor, now=now, progress=progress), actor)


def compare(rows: Checked, actor: Actor) -> Outcome:
    """Compare checked rows with the register as it is now; writes nothing."""
    known = landing.known_people(db.session(), [facts.phone for facts in rows.good])
    return Outcome(rows, landing.plan(rows, known, under=access.keepable(actor)))


def land(
    rows: Checked,
    run: ImportRun,
    *,
    accept_good_rows: bool = False,
    actor: Actor,
    now: datetime,
    progress: Progress = silent,
) -> Outcome:
    """Bring checked rows into the register: all or nothing, or all the right ones.

    The rows are compared with the register anew under the lock. With a wrong row nothing
    is written, unless `accept_good_rows`. A file that is in the register already changes
    nothing. `run` tells in the same transaction what became of the file. Raises
    StalePreview where a person was registered at the same moment.
    """
    try:
        with transaction() as session:
            access.require_import(actor)
            landing.take_lock(session)
            outcome = compare(rows, actor)
            if rows.errors and not accept_good_rows:
                return outcome
            landing.write(session, outcome.plan, now=now, progress=progress)
            outcome.landed = outcome.plan.landing
            run.state, run.content, run.finished_at = ImportState.LANDED, None, now
            run.counts = {**run.counts, **outcome.counts}
            run.errors = [error._asdict() for error in outcome.errors]
            session.add(run)
            journal.write(
                "people.import",
                "import_run",
                run.public_id,
                actor=actor,
                now=now,
                **outcome.counts,
            )
            return outcome
    except IntegrityError as error:
        raise StalePreview() from error


def import_people(
    content: bytes,
    file_name: str,
    *,
    accept_good_rows: bool = False,
    actor: Actor,
    now: datetime,
    progress: Progress = silent,
) -> Outcome:
    """Read, check and land a file in one go, as the shell does."""
    rows = read_file(content, actor=actor, now=now, progress=progress)
    run = new_run(content, file_name, actor=actor, now=now)
    return land(
        rows, run, accept_good_rows=accept_good_rows, actor=actor, now=now, progress=progress
    )


def new_run(content: bytes, file_name: str, *, actor: Actor, now: datetime) -> ImportRun:
    """Return the row, not yet written, that tells of a file."""
    return ImportRun(
        public_id=secrets.token_hex(8),
        file_name=rules.clean_file_name(file_name),
        sha256=sha256(content).hexdigest(),
        state=ImportState.READING,
        done=0,
        total=0,
        counts={},
        errors=[],
        landed_before=0,
        account_id=actor.account_id,
        started_at=now,
        beat_at=now,
    )


def register(
    *,
    name: str,
    phone: str | None,
    unit_code: str,
    category: str | None = None,
    from_on: date | None = None,
    actor: Actor,
    now: datetime,
) -> Person:
    """Enter one person, a member of the unit from `from_on` (else today) on.

    A person without a phone of their own has none (R57). Consent is pending (R4).
    """
    try:
        with transaction() as session:
            access.require_import(actor)
            landing.take_lock(session)
            unit = units.by_code(unit_code, under=access.readable(actor))
            if unit is None:
                raise UnitUnknown(unit=unit_code)
            access.require_keep(actor, unit.path)
            number = phone and _phone(phone)
            person = Person(
                public_id=secrets.token_hex(8),
                volunteer_number=rules.volunteer_number(landing.next_number(session)),
                name=_name(name),
                phone=number,
                phone_tail=number and number[7:],
                category=_category(category),
                state=PersonState.ACTIVE,
                consent=ConsentState.PENDING,
                registered_at=now,
            )
            session.add(person)
            session.flush()
            since = from_on or local_day(now)
            session.add(Membership(person_id=person.id, unit_id=unit.id, from_on=since))
            journal.write(
                "people.register", "person", person.id, actor=actor, now=now, unit_path=unit.path
            )
            return person
    except IntegrityError as error:
        raise PhoneTaken() from error


def transfer(
    public_id: str, *, unit_code: str, on: date, actor: Actor, now: datetime
) -> Membership:
    """Move a person into another unit from the day `on` on; past months keep the old unit (R29).

    Both units must be the actor's to keep. A day in the future, or not after the day on
    which the person came, is refused; who has left is not found.
    """
    with transaction() as session:
        person = queries.by_public_id(public_id, under=access.readable(actor))
        present, old_unit = queries.open_membership(person.id)
        access.require_keep(actor, old_unit.path)
        unit = units.by_code(unit_code, under=access.keepable(actor))
        if unit is None:
            raise UnitUnknown(unit=unit_code)
        if unit.id == old_unit.id:
            raise SameUnit()
        if not present.from_on < on <= local_day(now):
            raise TransferDay(earliest=present.from_on.isoformat())
        present.until_on = on
        session.flush()  # the old one ends before a new open one is written
        membership = Membership(person_id=person.id, unit_id=unit.id, from_on=on)
        session.add(membership)
        session.flush()
        journal.write(
            "people.transfer",
            "person",
            person.id,
            actor=actor,
            now=now,
            unit_path=unit.path,
            on=on.isoformat(),
        )
        return membership


def _name(text: str) -> str:
    try:
        return rules.normalise_name(text)
    except rules.Wrong as error:
        raise NameInvalid() from error


def _phone(text: str) -> str:
    try:
        return rules.normalise_phone(text)
    except rules.Wrong as error:
        raise PhoneInvalid() from error


def _category(text: str | None) -> str | None:
    try:
        return rules.category_of(text or "")
    except rules.Wrong as error:
        raise CategoryUnknown() from error
