"""Posts from the shell."""

from pathlib import Path

import click

from volunteer.core import clock
from volunteer.core.actor import SYSTEM
from volunteer.core.lists import report_list
from volunteer.core.shell import CommandGroup, as_json

from . import sheets
from .errors import ROW_TEXTS

group = CommandGroup("posts", help="Persuasion posts.")


@group.command("import")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Read and check everything, write nothing.")
@as_json
def import_posts(source: Path, dry_run: bool, as_json: bool) -> None:
    """Bring in posts from an xlsx or csv file: 编码,名称,责任单位,时段 and more columns.

    One wrong row means exit code 1 and nothing written; a repeat changes nothing.
    """
    outcome = sheets.import_posts(
        source.read_bytes(), dry_run=dry_run, actor=SYSTEM, now=clock.now()
    )
    report_list(outcome, ROW_TEXTS, as_json=as_json)


groups = (group,)
