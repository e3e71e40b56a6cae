"""Grids from the shell, among the commands of units."""

from pathlib import Path

import click

from volunteer.core import clock
from volunteer.core.actor import SYSTEM
from volunteer.core.lists import report_list
from volunteer.core.shell import CommandGroup, as_json

from . import service
from .errors import ROW_TEXTS

group = CommandGroup("units", help="The tree of units, and the grids.")


@group.command("import-grids")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Read and check everything, write nothing.")
@as_json
def import_grids(source: Path, dry_run: bool, as_json: bool) -> None:
    """Bring in grids from an xlsx or csv file: 网格编码,网格名称,类型,所在镇街,牵头单位,协同单位.

    One wrong row means exit code 1 and nothing written; a repeat changes nothing.
    """
    outcome = service.import_grids(
        source.read_bytes(), dry_run=dry_run, actor=SYSTEM, now=clock.now()
    )
    report_list(outcome, ROW_TEXTS, as_json=as_json)


groups = (group,)
