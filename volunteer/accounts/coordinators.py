"""Appointing the coordinators of units and of grids."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import or_, select

from volunteer.core.actor import Actor, Role
from volunteer.core.clock import local_day
from volunteer.core.db import again_on_conflict, db, transaction, within
from volunteer.core.errors import NotFound
from volunteer.people import queries as people
from volunteer.people.models import Membership, Person, PersonState
from volunteer.people.rules import mask_phone
from volunteer.units import rules as unit_rules
from volunteer.units.models import Grid, Unit

from . import access, service
from .errors import NoPhone, PersonAmbiguous, PersonUnknown
from .models import AccountGrant

#: How many people are told where words mean several.
TOLD = 6


def person_named(words: str, *, under: Sequence[str], day: date) -> Person:
    """Return the active person of the subtrees whom the words mean.

    A name, a phone or its last four digits, or a volunteer number. Raises PersonUnknown,
    and PersonAmbiguous with whom they may mean (phones masked).
    """
    fits = people.means(words, whole=True)
    statement = (
        select(Person, Unit.name)
        .join(Membership, Membership.person_id == Person.id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(
            Person.state == PersonState.ACTIVE,
            within(Unit.path, under),
            Membership.from_on <= day,
            or_(Membership.until_on.is_(None), Membership.until_on > day),
        )
        .order_by(Person.name, Person.id)
        .limit(TOLD)
    )
    found = db.session.execute(statement.where(fits)).all() if fits is not None else []
    if not found:
        raise PersonUnknown(words=words)
    if len(found) > 1:
        told = (f"{person.name} {mask_phone(person.phone)} {unit}" for person, unit in found)
        raise PersonAmbiguous(people="、".join(told))
    return found[0][0]


@again_on_conflict
def appoint(
    who: str, unit: Unit, *, grid: Grid | None = None, actor: Actor, now: datetime
) -> AccountGrant:
    """Make somebody coordinator of the unit, or of a grid over its lead unit.

    `who` are words that mean one person within the actor's units. A repeat returns the
    appointment that goes on. Nobody appoints themselves. Raises PersonUnknown,
    PersonAmbiguous, NoPhone, RolesApart, UnitEnded, NotAllowed, NotFound.
    """
    with transaction():
        over = grid.lead_unit if grid else unit
        under = access.require_appoint(actor, over.path)
        day = local_day(now)
        unit_rules.require_standing(over.name, over.ended_on, on=day)
        if grid:
            unit_rules.require_standing(grid.name, grid.ended_on, on=day)
        person = person_named(who, under=under, day=day)
        access.require_other(actor, person.id)
        if person.phone is None:
            raise NoPhone()
        grid_id = grid.id if grid else None
        return service.give(person, Role.COORDINATOR, over, grid_id=grid_id, actor=actor, now=now)


def end(grant_id: int, *, actor: Actor, now: datetime) -> None:
    """End an appointment, at once; a repeat changes nothing.

    Raises NotFound where it is not the actor's to end.
    """
    with transaction():
        held = _appointment(grant_id, access.require_appointer(actor))
        if held.ended_at is None:
            service.end_held(held, actor=actor, now=now)


@again_on_conflict
def hand_over(grant_id: int, who: str, *, actor: Actor, now: datetime) -> AccountGrant:
    """End an appointment and make somebody else coordinator in its place: both or neither.

    Handing over to the same person changes nothing. Raises as `appoint` and `end`.
    """
    with transaction() as session:
        old = _appointment(grant_id, access.require_appointer(actor))
        if old.ended_at is not None:
            raise NotFound()
        unit, grid = old.unit, old.grid
        new = appoint(who, unit, grid=grid, actor=actor, now=now)
        if new.id != old.id:
            service.end_held(old, actor=actor, now=now)
            session.flush()
        return new


def _appointment(grant_id: int, under: Sequence[str]) -> AccountGrant:
    statement = (
        select(AccountGrant)
        .join(AccountGrant.unit)
        .where(
            AccountGrant.id == grant_id,
            AccountGrant.role == Role.COORDINATOR,
            within(Unit.path, under),
        )
        .with_for_update(of=AccountGrant)
    )
    found = db.session.scalar(statement)
    if found is None:
        raise NotFound()
    return found
