"""Shell commands about series of activities."""

from datetime import date

import click
from flask_babel import gettext

from volunteer.core import clock
from volunteer.core.actor import SYSTEM
from volunteer.core.clock import local_day
from volunteer.core.shell import CommandGroup, as_json, report
from volunteer.shifts.rules import AHEAD
from volunteer.units import queries as units

from . import service

group = CommandGroup("activities", help="Series of activities.")


@group.command("open")
@click.option("--until", "last", help="The last day, 2026-12-31. Default: four weeks ahead.")
@click.option("--unit", "code", help="Only this unit and those under it, by its code.")
@as_json
def open_shifts(last: str | None, code: str | None, as_json: bool) -> None:
    """Open the shifts that are missing; what was cancelled or taken out stays so."""
    now = clock.now()
    until = day_named(last) if last else local_day(now) + AHEAD
    unit = units.by_code(code) if code else None
    if code and unit is None:
        raise click.UsageError(gettext("No unit has the code %(code)s.", code=code))
    opened = service.open_until(unit=unit, until=until, actor=SYSTEM, now=now)
    report({"opened": opened}, as_json=as_json)


def day_named(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        words = gettext("The day %(text)s cannot be read. Write it as 2026-12-31.", text=text)
        raise click.UsageError(words) from None


groups = (group,)
