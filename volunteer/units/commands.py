"""Units from the shell."""

from pathlib import Path

import click
from flask_babel import gettext

from volunteer.core import clock, tables
from volunteer.core.actor import SYSTEM
from volunteer.core.shell import CommandGroup, as_json, report

from . import rules, service
from .errors import ROW_TEXTS, UnitColumnsMissing

COLUMNS = ("编码", "名称", "上级编码", "类型")

group = CommandGroup("units", help="The tree of units.")


@group.command("import")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
def import_units(source: Path, as_json: bool) -> None:
    """Bring in units from a csv file: 编码,名称,上级编码,类型.

    One wrong row means exit code 1 and nothing written; a repeat changes nothing.
    """
    rows = read_rows(source.read_bytes())
    outcome = service.import_units(rows, actor=SYSTEM, now=clock.now())
    for error in outcome.errors:
        reason = gettext(ROW_TEXTS[error.code])
        click.echo(f"第 {error.line} 行“{error.value}”：{reason}", err=True)
    report({"units": outcome.units, "rejected": len(outcome.errors)}, as_json=as_json)
    if outcome.errors:
        raise SystemExit(1)


def read_rows(content: bytes) -> list[service.UnitRow]:
    """Return the rows of a csv file of units, blank ones left out; raises a FileRefused."""
    lines = tables.read_csv(content)
    header = [rules.name_key(cell) for cell in lines[0]]
    if not set(COLUMNS) <= set(header):
        raise UnitColumnsMissing(columns="、".join(COLUMNS))
    places = [header.index(name) for name in COLUMNS]
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        cells = [line[place] if place < len(line) else "" for place in places]
        if any(cell.strip() for cell in cells):
            rows.append(service.UnitRow(number, *cells))
    if not rows:
        raise tables.NoRows()
    return rows


groups = (group,)
