"""Changes to the register of people."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy.exc import IntegrityError

from volunteer.core import journal, tables
from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import db, transaction
from volunteer.units import queries as units

from . import access, columns, facts, importer, landing, rules
from .errors import StalePreview
from .importer import Checked, Progress, RowError, silent
from .landing import Plan
from .models import ImportRun, ImportState

# What other features write through here.
set_phone = facts.set_phone
record_consent = facts.record_consent

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
