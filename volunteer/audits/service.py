"""Writing down that figures have left the house; the month audit itself stores nothing yet."""

from collections.abc import Sequence
from datetime import datetime

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import Month
from volunteer.core.db import transaction
from volunteer.units.models import Grid, Unit

from . import access


def note_export(
    month: Month,
    subject: Unit | Grid,
    *,
    paths: Sequence[str],
    rows: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Journal the export of the month of a unit or a grid, before it is sent (R66).

    `paths` are the subtrees whose people are in it, `rows` how many people.
    """
    with transaction():
        for path in paths:
            access.require_export(actor, path)
        is_grid = isinstance(subject, Grid)
        journal.write(
            "months.export",
            "grid" if is_grid else "unit",
            subject.code,
            actor=actor,
            now=now,
            unit_path=paths[0] if paths else None,
            month=str(month),
            rows=rows,
        )
