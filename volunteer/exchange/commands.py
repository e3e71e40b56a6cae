"""Exports of the national app from the shell."""

from pathlib import Path
from time import perf_counter
from typing import Any

import click
from flask_babel import gettext

from volunteer.core import clock
from volunteer.core.actor import SYSTEM
from volunteer.core.shell import CommandGroup, as_json, report
from volunteer.units import queries as units
from volunteer.units.models import Unit

from . import service
from .errors import ROW_TEXTS
from .models import Kind, ValueUnit

group = CommandGroup("exchange", help="Spreadsheets from the national volunteer app.")


@group.command("import")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--kind", type=click.Choice([each.value for each in Kind]), help="Default: as the header says."
)
@click.option(
    "--value-unit",
    type=click.Choice([each.value for each in ValueUnit]),
    help="What a bare duration means where the header does not say it.",
)
@click.option("--unit", "code", help="A unit's code; default: the whole city.")
@click.option("--dry-run", is_flag=True, help="Read and check everything, write nothing.")
@as_json
def import_export(
    source: Path,
    kind: str | None,
    value_unit: str | None,
    code: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Read an export for the reconciliation page; the ledger is not touched.

    The right rows are kept, every wrong one is named, then the exit code is 1. The same
    file again ends with one sentence.
    """
    began = perf_counter()
    unit = _unit(code)
    given: dict[str, Any] = {
        "unit": unit,
        "kind": kind and Kind(kind),
        "value_unit": value_unit and ValueUnit(value_unit),
        "actor": SYSTEM,
        "now": clock.now(),
    }
    content = source.read_bytes()
    if dry_run:
        number, checked = None, service.check_file(content, **given)
    else:
        file, checked = service.import_file(content, source.name, **given)
        number = file.public_id
    read = checked.reading
    first, last = read.period
    facts: dict[str, Any] = {
        "file": number,
        "kind": read.kind.value,
        "value_unit": read.value_unit and read.value_unit.value,
        "first_on": first and first.isoformat(),
        "last_on": last and last.isoformat(),
        **{
            name: read.counts[name]
            for name in ("rows", "kept", "rejected", "skipped_duplicates", "blank_rows")
        },
        **checked.people,
        "minutes": sum(each.minutes or 0 for each in read.good),
        "seconds": round(perf_counter() - began, 2),
    }
    errors = [
        {**error._asdict(), "message": gettext(ROW_TEXTS[error.code])} for error in read.errors
    ]
    if as_json:
        facts["errors"] = errors
    else:
        for error in errors:
            click.echo("第 {row} 行“{column}”（{value}）：{message}".format(**error), err=True)
    report(facts, as_json=as_json)
    if read.wrong:
        raise SystemExit(1)


def _unit(code: str | None) -> Unit:
    listing = units.listing()[:1] if code is None else []
    unit = units.by_code(code or (listing[0].code if listing else ""))
    if unit is None:
        raise click.UsageError(f"没有编码为“{code or ''}”的单位，请核对。")
    return unit


groups = (group,)
