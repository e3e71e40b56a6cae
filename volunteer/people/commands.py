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
from volunteer.core.i18n import local_day_text, local_time
from volunteer.core.shell import CommandGroup, as_json, report

from . import intake, queries, refused, runs
from .errors import REASONS
from .importer import Progress, silent

#: Wrong cells that stand on the screen one by one; the JSON and the refused rows hold all.
ERRORS_SHOWN = 200
TOLD = ("accepted", "landed", "rejected", "skipped_duplicates", "blank_rows")

group = CommandGroup("people", help="The register of people.")


@group.command("import")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Read and check everything, write nothing.")
@click.option(
    "--accept-good-rows", is_flag=True, help="Bring in the right rows though some are wrong."
)
@click.option(
    "--refused",
    "refused_file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write the wrong rows with reason and mend to this xlsx file, to be imported again.",
)
@as_json
def import_people(
    source: Path,
    dry_run: bool,
    accept_good_rows: bool,
    refused_file: Path | None,
    as_json: bool,
) -> None:
    """Bring in people from an xlsx or csv file.

    One wrong row means exit code 1 and nothing written, unless --accept-good-rows. The
    same file again changes nothing.
    """
    began = perf_counter()
    content, now = source.read_bytes(), clock.now()
    if refused_file and not refused_file.absolute().parent.is_dir():
        raise click.UsageError(gettext("The folder of %(file)s is missing.", file=refused_file))
    earlier = queries.landed_with(intake.digest(content))
    earlier_at = earlier.finished_at if earlier else None
    with ExitStack() as bars:
        progress = silent if as_json else _bars(bars)
        if dry_run:
            outcome = intake.check_file(content, actor=SYSTEM, now=now, progress=progress)
        else:
            outcome = runs.import_people(
                content,
                source.name,
                accept_good_rows=accept_good_rows,
                actor=SYSTEM,
                now=now,
                progress=progress,
            )
    facts: dict[str, Any] = {name: outcome.counts[name] for name in TOLD}
    facts["seconds"] = round(perf_counter() - began, 2)
    if refused_file:
        refused_file.write_bytes(refused.workbook_of(outcome.rows))
    if earlier_at and not outcome.plan.landing:
        facts["already_imported"] = earlier_at.isoformat()
        day, time = local_day_text(earlier_at), local_time(earlier_at)
        words = "This very file was imported on %(day)s at %(time)s."
        click.echo(gettext(words, day=day, time=time), err=True)
    errors = [{**error._asdict(), "message": reason(error.code)} for error in outcome.errors]
    if as_json:
        facts["errors"] = errors
    else:
        for error in errors[:ERRORS_SHOWN]:
            click.echo("第 {row} 行“{column}”（{value}）：{message}".format(**error), err=True)
    report(facts, as_json=as_json)
    if outcome.rows.errors and not accept_good_rows:
        raise SystemExit(1)


def reason(code: str) -> str:
    """Return why a row is wrong and how to mend it."""
    why, mend = REASONS[code]
    return f"{gettext(why)}{gettext(mend)}"


def _bars(stack: ExitStack) -> Progress:
    """Return a progress function that draws one bar a step on stderr."""
    labels = {
        "check": gettext("Checking"),
        "stage": gettext("Preparing"),
        "land": gettext("Writing"),
    }
    drawn: dict[str, Any] = {}

    def progress(step: str, done: int, total: int) -> None:
        if step not in drawn:
            bar = click.progressbar(length=total, label=labels[step], file=sys.stderr)
            drawn[step] = stack.enter_context(bar)
        drawn[step].update(done - drawn[step].pos)

    return progress


groups = (group,)
