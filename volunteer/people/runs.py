"""Guided imports: a file is uploaded, checked in the background, confirmed, landed.

Every step is a verb of its own. What the background does is written down in the run, so
that the page may be asked of any process; one whose process has died shows it by silence.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.db import after_commit, db, transaction
from volunteer.core.errors import DomainError

from . import access, queries, service
from .errors import FileMissing, NotReady, RowsWrong, StalePreview
from .importer import Progress
from .models import ImportRun, ImportState

#: Gives the present moment to a step that lasts.
Clock = Callable[[], datetime]
#: Starts a step in the background: the step's verb, the run's id.
Start = Callable[[Callable[..., None], int], None]


def upload(
    file_name: str, content: bytes, *, actor: Actor, now: datetime, start: Start
) -> ImportRun:
    """Keep an uploaded file and have it checked in the background."""
    with transaction() as session:
        access.require_import(actor)
        if not file_name:
            raise FileMissing()
        run = service.new_run(content, file_name, actor=actor, now=now)
        run.content = content
        session.add(run)
        session.flush()
        run_id = run.id
        after_commit(lambda: start(check, run_id))
        return run


def check(run_id: int, *, actor: Actor, clock: Clock) -> None:
    """Check a run's file and write down what it would change, or why it cannot be read."""
    now = clock()
    content = _content_of(run_id)
    try:
        rows = service.read_file(content, actor=actor, now=now, progress=_beats(run_id, clock))
        landed_before = queries.runs_landed()
        outcome = service.compare(rows, actor)
        found = {
            "state": ImportState.READY,
            "landed_before": landed_before,
            "errors": [error._asdict() for error in outcome.errors],
            "counts": {
                **outcome.counts,
                "sheet": rows.sheet,
                "rows": rows.rows,
                "other_rows": rows.other_rows,
                "titles": rows.titles,
                "unused": rows.unused,
            },
        }
    except DomainError as refusal:
        found = failed(refusal)
    _write_down(run_id, {**found, "finished_at": clock(), "beat_at": clock()}, ImportState.READING)


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
    now = clock()
    content = _content_of(run_id)
    try:
        rows = service.read_file(content, actor=actor, now=now, progress=_beats(run_id, clock))
        with transaction() as session:
            access.require_import(actor)
            run = session.get_one(ImportRun, run_id, with_for_update=True)
            if run.state != ImportState.LANDING or queries.runs_landed() != run.landed_before:
                raise StalePreview()
            service.land(rows, run, accept_good_rows=True, actor=actor, now=clock())
    except DomainError as refusal:
        _write_down(run_id, {**failed(refusal), "finished_at": clock()}, ImportState.LANDING)


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
        session.delete(run)
        journal.write("people.discard_import", "import_run", public_id, actor=actor, now=now)


def failed(refusal: DomainError) -> dict[str, Any]:
    """Return what a run tells of a file that was refused; its rows are forgotten."""
    return {
        "state": ImportState.FAILED,
        "failure": refusal.code,
        "counts": {"text": refusal.text, "facts": refusal.facts},
        "errors": [],
        "content": None,
    }


def _content_of(run_id: int) -> bytes:
    content = db.session.scalar(select(ImportRun.content).where(ImportRun.id == run_id))
    return content or b""


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
