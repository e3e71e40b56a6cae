"""Changes to weekly activities, and the opening of their shifts."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import NamedTuple

from sqlalchemy import select

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.db import again_on_conflict, transaction
from volunteer.core.errors import NotFound
from volunteer.shifts import queries as shift_queries
from volunteer.shifts import rules as shift_rules
from volunteer.shifts import service as shifts
from volunteer.shifts.errors import SiteClosed, WrongNumbers
from volunteer.shifts.models import Nature, ShiftKind, Site
from volunteer.units.models import Unit

from . import access, queries, rules
from .errors import ActivityEnded, NoSuchDay
from .models import Activity


class Created(NamedTuple):
    """A new activity, and how many shifts it has opened at once."""

    activity: Activity
    opened: int


@again_on_conflict
def create(
    *,
    unit: Unit,
    site: Site,
    title: str,
    content: str | None = None,
    weekday: int,
    starts: time,
    minutes: int,
    first_on: date,
    last_on: date | None = None,
    leader_id: int | None = None,
    wanted: int,
    capacity: int | None = None,
    nature: Nature = Nature.VOLUNTARY,
    key: str | None = None,
    actor: Actor,
    now: datetime,
) -> Created:
    """Plan an activity and open its shifts of the next four weeks.

    `weekday` 0 is Monday; `starts` is local. Without a leader each shift gets the unit's
    coordinator, without content the title stands for it (R2). `key`, 16 hexadecimal digits
    made by the page, becomes the public id: a form sent twice plans once.
    """
    with transaction() as session:
        access.require_plan(actor, unit.path)
        access.require_plan(actor, site.unit.path)
        if key and (known := session.scalar(select(Activity).where(Activity.public_id == key))):
            if known.unit_id != unit.id:
                raise NotFound()
            return Created(known, 0)
        if site.closed_at:
            raise SiteClosed()
        if not shift_rules.numbers_fit(wanted, capacity):
            raise WrongNumbers()
        if not rules.takes_place(weekday, first_on, last_on):
            raise NoSuchDay()
        activity = Activity(
            public_id=key or shifts.new_public_id(),
            unit_id=unit.id,
            site_id=site.id,
            leader_id=leader_id,
            title=title,
            content=content or title,
            weekday=weekday,
            starts=starts,
            minutes=minutes,
            first_on=first_on,
            last_on=last_on,
            wanted=wanted,
            capacity=capacity,
            nature=nature,
            created_at=now,
            created_by=actor.account_id,
        )
        session.add(activity)
        session.flush()
        opened = _open([activity], now=now)
        _journal("activities.create", activity, actor, now, opened=opened)
        return Created(activity, opened)


def open_shifts(*, actor: Actor, now: datetime) -> int:
    """Open the shifts of all activities four weeks ahead; return how many are new.

    Running it again opens nothing, and a cancelled shift is not opened again.
    """
    with transaction():
        access.require_everywhere(actor)
        since, until = shift_rules.days_ahead(now)
        return _open(queries.running(since=since, until=until), now=now)


def _open(activities: Sequence[Activity], *, now: datetime) -> int:
    since, until = shift_rules.days_ahead(now)
    leaders = shift_queries.coordinators_of(each.unit for each in activities)
    plans = []
    for each in activities:
        for day in rules.days(each.weekday, each.first_on, each.last_on, since, until):
            starts_at, ends_at = rules.times(day, each.starts, each.minutes)
            if starts_at <= now:
                continue
            plans.append(
                shifts.Plan(
                    kind=ShiftKind.ACTIVITY,
                    unit_id=each.unit_id,
                    site_id=each.site_id,
                    leader_id=each.leader_id or leaders.get(each.unit_id),
                    title=each.title,
                    content=each.content,
                    starts_at=starts_at,
                    ends_at=ends_at,
                    wanted=each.wanted,
                    capacity=each.capacity,
                    nature=Nature(each.nature),
                    source=rules.source_of(each.id, day),
                )
            )
    return shifts.open_missing(plans)


def end(activity: Activity, *, reason: str, actor: Actor, now: datetime) -> int:
    """End an activity: no more shifts are opened, and those to come to which nobody is
    assigned are cancelled with the reason; return how many.

    Shifts with people stay and are left to their coordinator. A repeat is refused.
    """
    with transaction() as session:
        access.require_plan(actor, activity.unit.path)
        activity = session.get_one(
            Activity, activity.id, with_for_update=True, populate_existing=True
        )
        if activity.ended_at:
            raise ActivityEnded()
        activity.ended_at = now
        cancelled = shifts.cancel_idle(rules.source(activity.id), reason=reason, now=now)
        _journal("activities.end", activity, actor, now, cancelled=cancelled)
        return cancelled


def _journal(action: str, activity: Activity, actor: Actor, now: datetime, **body: object) -> None:
    journal.write(
        action,
        "activity",
        activity.public_id,
        actor=actor,
        now=now,
        unit_path=activity.unit.path,
        **body,
    )
