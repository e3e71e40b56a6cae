"""Writing down that figures have left the house; the month audit itself stores nothing yet."""

from datetime import datetime

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import Month
from volunteer.core.db import transaction
from volunteer.units.models import Unit

from . import access


def note_export(month: Month, unit: Unit, *, rows: int, actor: Actor, now: datetime) -> None:
    """Journal the export of a unit's month with its number of people, before it is sent (R66)."""
    with transaction():
        access.require_export(actor, unit.path)
        journal.write(
            "months.export",
            "unit",
            unit.code,
            actor=actor,
            now=now,
            unit_path=unit.path,
            month=str(month),
            rows=rows,
        )
