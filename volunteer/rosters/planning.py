"""Planning a month from nothing: opening its shifts, and what there is to fill."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from volunteer.activities import queries as activity_queries
from volunteer.activities import service as activities
from volunteer.core.actor import Actor
from volunteer.core.clock import Month, local_day
from volunteer.core.db import transaction
from volunteer.posts import queries as post_queries
from volunteer.posts import service as posts
from volunteer.units import queries as units
from volunteer.units.models import Unit

from . import access, queries, rules
from .errors import MonthOver
from .queries import UnitLine


class Outlook(NamedTuple):
    """What a month of a unit, and of those under it, has to be filled."""

    #: Activities and posts that go on in the month, each of which opens its shifts.
    activities: int
    posts: int
    #: Shifts that they open until the month ends, this month's too; what is open is not counted.
    to_open: int
    #: Units that have something to fill then.
    units: int
    #: The units with shifts to come, how much they want and what is taken.
    lines: Sequence[UnitLine]

    @property
    def wanted(self) -> int:
        return sum(line.wanted for line in self.lines)

    @property
    def filled(self) -> int:
        return sum(line.filled for line in self.lines)


def outlook(unit: Unit, month: Month, *, now: datetime) -> Outlook:
    """Return what there is to plan; nothing is opened."""
    since, until = max(month.first_day, local_day(now)), month.last_day
    under = (unit.path,)
    going_on = activity_queries.running(since=since, until=until, under=under)
    manned = post_queries.running(since=since, until=until, under=unit.path)
    to_open: Counter[int] = Counter()
    if rules.may_schedule(month, present=Month.of(now)):
        to_open += activities.to_open(unit, until=until, now=now)
        to_open += posts.to_open(unit, until=until, now=now)
    lines = queries.months_of(month, under=under, now=now)
    codes = {line.code for line in lines if line.wanted}
    codes |= {each.code for each in units.by_ids(to_open).values()}
    return Outlook(len(going_on), len(manned), to_open.total(), len(codes), lines)


def open_month(unit: Unit, month: Month, *, actor: Actor, now: datetime) -> int:
    """Open the shifts of the month that activities and posts of the unit, and of those under
    it, still lack, those until then too; return how many are new. A repeat opens nothing.

    Raises MonthOver.
    """
    if not rules.may_schedule(month, present=Month.of(now)):
        raise MonthOver()
    with transaction():
        access.require_schedule(actor, unit.path)
        until = month.last_day
        opened = activities.open_until(unit=unit, until=until, actor=actor, now=now)
        return opened + posts.open_until(unit=unit, until=until, actor=actor, now=now)
