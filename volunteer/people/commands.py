"""People from the shell."""

import sys
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Any

import click
from flask_babel import gettext

from volunteer.core import clock
from volunteer.core.actor import SYSTEM
from volunteer.core.shell import CommandGroup, as_json, report

from . import service
from .errors import ROW_TEXTS
from .importer import Progress, silent

TOLD = ("accepted", "landed", "rejected", "skipped_duplicates", "blank_rows")

group = CommandGroup("people", help="The register of people.")


@group.command("import")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Read and check everything, write nothing.")
@click.option(
    "--accept-good-rows", is_flag=True, help="Bring in the right rows though some are wrong."
)
@as_json
def import_people(source: Path, dry_run: bool, accept_good_rows: bool, as_json: bool) -> None:
    """Bring in people from an xlsx or csv file.

    One wrong row means exit code 1 and nothing written, unless --accept-good-rows. The
    same file again changes nothing.
    """
    began = perf_counter()
    content, now = source.read_bytes(), clock.now()
    with ExitStack() as bars:
        progress = silent if as_json else _bars(bars)
        if dry_run:
            outcome = service.check_file(content, actor=SYSTEM, now=now, progress=progress)
        else:
            outcome = service.import_people(
                content,
                source.name,
                accept_good_rows=accept_good_rows,
                actor=SYSTEM,
                now=now,
                progress=progress,
            )
    facts: dict[str, Any] = {name: outcome.counts[name] for name in TOLD}
    facts["seconds"] = round(perf_counter() - began, 2)
    errors = [
        {**error._asdict(), "message": gettext(ROW_TEXTS[error.code])} for error in outcome.errors
    ]
    if as_json:
        facts["errors"] = errors
    else:
        for error in errors:
            click.echo("第 {row} 行“{column}”（{value}）：{message}".format(**error), err=True)
    report(facts, as_json=as_json)
    if outcome.rows.errors and not accept_good_rows:
        raise SystemExit(1)


def _bars(stack: ExitStack) -> Progress:
    """Return a progress function that draws one bar a step on stderr."""
    labels = {"check": gettext("Checking"), "land": gettext("Writing")}
    drawn: dict[str, Any] = {}

    def progress(step: str, done: int, total: int) -> None:
        if step not in drawn:
            bar = click.progressbar(length=total, label=labels[step], file=sys.stderr)
            drawn[step] = stack.enter_context(bar)
        drawn[step].update(done - drawn[step].pos)

    return progress


groups = (group,)
