"""Imports, step by step: a file is uploaded, checked in the background, confirmed, landed.

Every step is a verb of its own. What the background does is written down in the run, so
that the page may be asked of any process; one whose process has died shows it by silence.
The shell takes the same steps one after another.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.background import Clock, Start
from volunteer.core.clock import local_day
from volunteer.core.db import after_commit, db, transaction
from volunteer.core.errors import DomainError

from . import access, hooks, intake, landing, queries, register
from .columns import Choices
from .errors import FileMissing, NotReady, RowsWrong, StalePreview, Undecided
from .importer import Progress, silent
from .intake import Outcome
from .models import ImportRun, ImportState, Membership, Person, PlannedMove
from .staging import AbsenceChoice, ImportAbsence, ImportRow

OPEN = (ImportState.ASKING, ImportState.READY)
#: An upload that nobody confirms is forgotten after this long.
FORGOTTEN = timedelta(days=7)
#: The rows of an import that has ended are kept this long, the right ones until the night.
KEPT = timedelta(days=30)


def import_people(
    content: bytes,
    file_name: str,
    *,
    accept_good_rows: bool = False,
    actor: Actor,
    now: datetime,
    progress: Progress = silent,
) -> Outcome:
    """Read, check, stage and land a file in one go, as the shell does.

    With a wrong row nothing is written, unless `accept_good_rows`. A file that is in the
    register already changes nothing. Raises StalePreview where another one has landed
    meanwhile.
    """
    rows = intake.read_file(content, actor=actor, now=now, progress=progress)
    landed_before = queries.runs_landed()
    outcome = intake.compare(rows, actor)
    if rows.errors and not accept_good_rows:
        return outcome
    under = access.keepable(actor)
    with transaction() as session:
        access.require_import(actor)
        run = intake.new_run(content, file_name, actor=actor, now=now)
        intake.stage(
            session,
            run,
            outcome,
            under=under,
            landed_before=landed_before,
            today=local_day(now),
            progress=progress,
        )
        run.state, run_id = ImportState.LANDING, run.id
    progress("land", 0, outcome.plan.landing)
    outcome.landed = _land(run_id, actor=actor, now=now)
    progress("land", outcome.landed, outcome.landed)
    return outcome


def upload(
    file_name: str,
    content: bytes,
    *,
    whole: bool = False,
    actor: Actor,
    now: datetime,
    start: Start,
) -> ImportRun:
    """Keep an uploaded file and have it checked in the background.

    `whole` says that it is the whole roster of the units in it.
    """
    with transaction() as session:
        access.require_import(actor)
        if not file_name:
            raise FileMissing()
        run = intake.new_run(content, file_name, actor=actor, now=now)
        run.content, run.choices = content, Choices(whole=whole).facts
        session.add(run)
        session.flush()
        run_id = run.id
        after_commit(lambda: start(check, run_id))
        return run


def choose(
    public_id: str, choices: Choices, *, actor: Actor, now: datetime, start: Start
) -> ImportRun:
    """Have a file checked anew with what the person chose: sheet, columns, units."""
    with transaction() as session:
        access.require_import(actor)
        run = queries.import_run(public_id, account_id=actor.account_id, for_update=True)
        if run.state not in OPEN:
            raise NotReady()
        _forget_rows(session, run.id)
        run.state, run.choices, run.counts = ImportState.READING, choices.facts, {}
        run.done, run.total, run.beat_at = 0, 0, now
        run_id = run.id
        after_commit(lambda: start(check, run_id))
        return run


def check(run_id: int, *, actor: Actor, clock: Clock) -> None:
    """Check a run's file and stage its rows, or write down why it cannot be read."""
    now = clock()
    content, facts = _sent(run_id)
    choices = Choices.stored(facts)
    try:
        rows = intake.read_file(
            content, choices=choices, actor=actor, now=now, progress=_beats(run_id, clock)
        )
        landed_before = queries.runs_landed()
        outcome = intake.compare(rows, actor)
        under = access.keepable(actor)
        with transaction() as session:
            access.require_import(actor)
            run = session.get(ImportRun, run_id, with_for_update=True)
            if run is None or run.state != ImportState.READING:
                return  # discarded meanwhile
            intake.stage(
                session,
                run,
                outcome,
                choices=choices,
                under=under,
                landed_before=landed_before,
                today=local_day(now),
            )
            run.beat_at = clock()
    except Undecided as refusal:
        counts = {"question": refusal.question, "text": refusal.text, "facts": refusal.facts}
        asking = {"state": ImportState.ASKING, "counts": counts, "failure": refusal.code}
        _write_down(run_id, {**asking, "beat_at": clock()}, ImportState.READING)
    except DomainError as refusal:
        _write_down(run_id, {**failed(refusal), "finished_at": clock()}, ImportState.READING)


def choose_absent(
    public_id: str,
    chosen: dict[str, tuple[AbsenceChoice, int | None]],
    *,
    actor: Actor,
    now: datetime,
) -> int:
    """Say what is to become of people whom a whole roster lacks; return of how many.

    `chosen` gives a person's public id the choice, and the unit of a transfer. Nothing
    happens before the import lands.
    """
    with transaction() as session:
        access.require_import(actor)
        run = queries.import_run(public_id, account_id=actor.account_id, for_update=True)
        if run.state != ImportState.READY:
            raise NotReady()
        wanted = (
            select(ImportAbsence, Person.public_id)
            .join(Person, Person.id == ImportAbsence.person_id)
            .where(ImportAbsence.run_id == run.id, Person.public_id.in_(chosen))
        )
        found = session.execute(wanted).all()
        for absence, person in found:
            absence.choice, absence.unit_id = chosen[person]
        run.beat_at = now
        return len(found)


def confirm(
    public_id: str, *, accept_good_rows: bool, actor: Actor, now: datetime, start: Start
) -> ImportRun:
    """Have a checked file landed in the background.

    Raises NotReady, RowsWrong where some rows are wrong and only right ones were not asked
    for, and StalePreview where another file has landed since the check.
    """
    with transaction():
        access.require_import(actor)
        run = queries.import_run(public_id, account_id=actor.account_id, for_update=True)
        if run.state != ImportState.READY:
            raise NotReady()
        if queries.runs_landed() != run.landed_before:
            raise StalePreview()
        if run.counts["rejected"] and not accept_good_rows:
            raise RowsWrong()
        run.state, run.done, run.beat_at = ImportState.LANDING, 0, now
        run_id = run.id
        after_commit(lambda: start(land, run_id))
        return run


def land(run_id: int, *, actor: Actor, clock: Clock) -> None:
    """Land a confirmed run's right rows; the person has said so, whatever rows are wrong."""
    try:
        _land(run_id, actor=actor, now=clock())
    except DomainError as refusal:
        _write_down(run_id, {**failed(refusal), "finished_at": clock()}, ImportState.LANDING)


def _land(run_id: int, *, actor: Actor, now: datetime) -> int:
    """Bring the staged rows of a run into the register, all or nothing; return how many.

    The run tells in the same transaction what became of the file. Raises StalePreview where
    the register has changed since the check.
    """
    try:
        with transaction() as session:
            access.require_import(actor)
            landing.take_lock(session)
            run = session.get_one(ImportRun, run_id, with_for_update=True)
            if run.state != ImportState.LANDING or queries.runs_landed() != run.landed_before:
                raise StalePreview()
            counts = run.counts
            landed = counts["new"] + counts["updated"] + counts["transferred"]
            landing.land(session, run_id, access.keepable(actor), now=now)
            left = _let_leave(session, run_id, now=now)
            run = session.get_one(ImportRun, run_id)
            run.state, run.content, run.finished_at = ImportState.LANDED, None, now
            run.counts = {**counts, "landed": landed, "left": left}
            told = ("accepted", "rejected", "new", "updated", "transferred", "unchanged")
            journal.write(
                "people.import",
                "import_run",
                run.public_id,
                actor=actor,
                now=now,
                landed=landed,
                left=left,
                **{name: counts[name] for name in told},
            )
            return landed
    except IntegrityError as error:
        raise StalePreview() from error


def _let_leave(session: Session, run_id: int, *, now: datetime) -> int:
    """End the memberships of those whom somebody has said to have left; return how many.

    Their shifts to come and their roles end as when a single person leaves.
    """
    today = local_day(now)
    wanted = (
        select(Person, Membership)
        .join(ImportAbsence, ImportAbsence.person_id == Person.id)
        .join(Membership, (Membership.person_id == Person.id) & Membership.until_on.is_(None))
        .where(
            ImportAbsence.run_id == run_id,
            ImportAbsence.choice == AbsenceChoice.LEFT,
            Membership.unit_id == ImportAbsence.old_unit_id,
        )
    )
    found = session.execute(wanted).all()
    for person, membership in found:
        for refuse in hooks.leaving:
            refuse(person.id)
        session.execute(delete(PlannedMove).where(PlannedMove.person_id == person.id))
        away = max(today, membership.from_on + timedelta(days=1))
        register.end(person, membership, away, now)
    return len(found)


def give_up(run_id: int, *, clock: Clock) -> None:
    """Write down that a step broke for a reason of ours."""
    for state in queries.AT_WORK:
        _write_down(
            run_id,
            {"state": ImportState.FAILED, "failure": "server_error", "finished_at": clock()},
            state,
        )


def discard(public_id: str, *, actor: Actor, now: datetime) -> None:
    """Remove an upload that has not landed, with all that it held."""
    with transaction() as session:
        access.require_import(actor)
        run = queries.import_run(public_id, account_id=actor.account_id, for_update=True)
        at_work = run.state in queries.AT_WORK and not queries.is_abandoned(run, now=now)
        if at_work or run.state == ImportState.LANDED:
            raise NotReady()
        _forget_rows(session, run.id)
        session.delete(run)
        journal.write("people.discard_import", "import_run", public_id, actor=actor, now=now)


def clear(*, now: datetime) -> int:
    """Forget what imports held that is needed no more; return how many were cleared.

    Uploads that nobody confirmed go after a week. Of an import that has landed the right
    rows go in the first night, the refused ones after 30 days.
    """
    with transaction() as session:
        unfinished = ImportRun.state.in_([*OPEN, *queries.AT_WORK, ImportState.FAILED])
        old = select(ImportRun.id).where(unfinished, ImportRun.beat_at < now - FORGOTTEN)
        forgotten = list(session.scalars(old))
        for run_id in forgotten:
            _forget_rows(session, run_id)
        session.execute(delete(ImportRun).where(ImportRun.id.in_(forgotten)))
        landed = select(ImportRun.id).where(ImportRun.state == ImportState.LANDED)
        long_ago = landed.where(ImportRun.finished_at < now - KEPT)
        session.execute(delete(ImportAbsence).where(ImportAbsence.run_id.in_(landed)))
        session.execute(
            delete(ImportRow).where(ImportRow.run_id.in_(landed), ImportRow.code.is_(None))
        )
        session.execute(delete(ImportRow).where(ImportRow.run_id.in_(long_ago)))
        return len(forgotten)


def failed(refusal: DomainError) -> dict[str, Any]:
    """Return what a run tells of a file that was refused."""
    return {
        "state": ImportState.FAILED,
        "failure": refusal.code,
        "counts": {"text": refusal.text, "facts": refusal.facts},
        "content": None,
    }


def _forget_rows(session: Session, run_id: int) -> None:
    session.execute(delete(ImportAbsence).where(ImportAbsence.run_id == run_id))
    session.execute(delete(ImportRow).where(ImportRow.run_id == run_id))


def _sent(run_id: int) -> tuple[bytes, dict[str, Any]]:
    """Return a run's file, and what was chosen for it."""
    wanted = select(ImportRun.content, ImportRun.choices).where(ImportRun.id == run_id)
    found = db.session.execute(wanted).one_or_none()
    return (found[0] or b"", found[1]) if found else (b"", {})


def _beats(run_id: int, clock: Clock) -> Progress:
    """Return the progress function that writes down how far a run is, and that it lives."""

    def progress(step: str, done: int, total: int) -> None:
        facts = {"done": done, "total": total, "beat_at": clock()}
        with transaction() as session:
            session.execute(update(ImportRun).where(ImportRun.id == run_id).values(facts))

    return progress


def _write_down(run_id: int, facts: dict[str, Any], expected: ImportState) -> None:
    """Change a run that still is in the expected state."""
    this = (ImportRun.id == run_id) & (ImportRun.state == expected)
    with transaction() as session:
        session.execute(update(ImportRun).where(this).values(facts))
