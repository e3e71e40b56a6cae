"""Marking the days on which a person cannot serve, and taking them back."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import select

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.db import db, transaction
from volunteer.people import queries as people
from volunteer.people.models import Person

from . import access, rules
from .models import DayOff


def choose_own(
    days: Collection[date], *, since: date, until: date, actor: Actor, now: datetime
) -> int:
    """Make exactly `days` the actor's days off from `since` to `until`, both included.

    Days before and after that stay as they are. Returns how many days changed; a repeat
    changes none.
    """
    with transaction():
        person_id = access.require_self(actor)
        unit = people.unit_on(person_id, since)
        path = unit.path if unit else None
        return _choose(person_id, days, since, until, path, actor, now)


def choose_for(
    public_id: str,
    days: Collection[date],
    *,
    since: date,
    until: date,
    actor: Actor,
    now: datetime,
) -> int:
    """The same for a person of the actor's units, who has no phone; raises NotFound for others."""
    with transaction():
        under = access.require_scheduler(actor)
        person = people.by_public_id(public_id, under=under)
        _, unit = people.open_membership(person.id)
        access.require_schedule(actor, unit.path)
        return _choose(person.id, days, since, until, unit.path, actor, now)


def _choose(
    person_id: int,
    days: Collection[date],
    since: date,
    until: date,
    path: str | None,
    actor: Actor,
    now: datetime,
) -> int:
    session = db.session()
    session.get_one(Person, person_id, with_for_update={"key_share": True})
    known = session.scalars(
        select(DayOff).where(
            DayOff.person_id == person_id,
            DayOff.from_on <= until + rules.DAY,
            DayOff.until_on >= since - rules.DAY,
        )
    ).all()
    before = {day for each in known for day in rules.days_of(each.from_on, each.until_on)}
    outside = {day for day in before if not since <= day <= until}
    after = outside | {day for day in days if since <= day <= until}
    if after == before:
        return 0
    for each in known:
        session.delete(each)
    session.flush()
    for first, last in rules.spans(after):
        session.add(DayOff(person_id=person_id, from_on=first, until_on=last, created_at=now))
    session.flush()
    changed = len(before ^ after)
    journal.write(
        "signups.days_off",
        "person",
        person_id,
        actor=actor,
        now=now,
        unit_path=path,
        changed=changed,
    )
    return changed
