"""Planning a month from nothing: opening its shifts, and what there is to fill."""

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
from volunteer.units.models import Unit

from . import access, queries, rules
from .errors import MonthOver
from .queries import UnitLine


class Outlook(NamedTuple):
    """What a month of a unit, and of those under it, has to be filled."""

    #: Activities and posts that go on in the month, each of which opens its shifts.
    activities: int
    posts: int
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
    since = max(month.first_day, local_day(now))
    under = (unit.path,)
    going_on = activity_queries.running(since=since, until=month.last_day, under=under)
    manned = [
        post
        for post in post_queries.running(since=since, until=month.last_day)
        if post.unit.path.startswith(unit.path)
    ]
    return Outlook(len(going_on), len(manned), queries.months_of(month, under=under, now=now))


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
