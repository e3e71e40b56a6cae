"""`python -m tests.faults.import_worker ADDRESS FILE [--no-transaction]`: import, tell each step.

It is killed while it works, or its memory is measured. Without the transaction every
statement of the landing is committed by itself: the control arm.
"""

import json
import resource
import sys
from typing import Any

from sqlalchemy import event

from tests.benchmarks.databases import application
from volunteer.core import clock
from volunteer.core.actor import SYSTEM
from volunteer.core.db import db
from volunteer.core.errors import DomainError
from volunteer.people import landing, runs

LANDING = ("INSERT INTO person", "INSERT INTO membership")
#: Rows of a statement in the control arm.
FEW = 1_000


def main(address: str, file: str, *further: str) -> None:
    """Import one file; print each step as it begins, and at the end what came of it."""
    app = application(address)
    with app.app_context():
        if "--no-transaction" in further:
            take_out_the_transaction()
        before = peak_mb()
        with open(file, "rb") as opened:
            content = opened.read()
        told = ""

        def progress(step: str, done: int, total: int) -> None:
            nonlocal told
            if step != told:
                told = step
                print(step, flush=True)

        print("read", flush=True)
        outcome: dict[str, Any] = {}
        try:
            found = runs.import_people(
                content,
                "people.xlsx",
                accept_good_rows=True,
                actor=SYSTEM,
                now=clock.now(),
                progress=progress,
            )
            outcome["landed"] = found.landed
        except DomainError as refusal:
            outcome["refused"] = refusal.code
        except MemoryError:
            outcome["refused"] = "out of memory"
    print(json.dumps({**outcome, "before_mb": before, "peak_mb": peak_mb()}), flush=True)


def peak_mb() -> int:
    """Return the most memory that this process has had so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def take_out_the_transaction() -> None:
    """Commit after every statement that brings in people or memberships."""
    landing.PORTION = FEW
    is_sqlite = db.engine.dialect.name == "sqlite"

    def commit(connection: Any, cursor: Any, statement: str, *_: object) -> None:
        if not statement.lstrip().startswith(LANDING):
            return
        if is_sqlite:
            cursor.execute("COMMIT")
            cursor.execute("BEGIN IMMEDIATE")
        else:
            cursor.connection.commit()

    event.listen(db.engine, "after_cursor_execute", commit)


if __name__ == "__main__":
    main(*sys.argv[1:])
