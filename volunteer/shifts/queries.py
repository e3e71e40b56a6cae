"""Questions about sites, shifts and assignments."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import case, func, select
from sqlalchemy.orm import joinedload

from volunteer.accounts.models import Account, AccountGrant
from volunteer.core.actor import Role
from volunteer.core.db import db, within
from volunteer.core.errors import NotFound
from volunteer.people.models import Membership, Person
from volunteer.units.models import Unit

from .models import Assignment, AssignmentState, CheckinSettings, Shift, ShiftState, Site


def standard_settings_id() -> int:
    """Return the newest version of the city's standard check-in settings."""
    newest = select(func.max(CheckinSettings.id)).where(CheckinSettings.name == "standard")
    return db.session.scalars(newest).one()


def site_by_code(code: str, *, under: Sequence[str]) -> Site:
    """Return the site, or raise NotFound where it is unknown or not under the paths."""
    statement = (
        select(Site)
        .join(Site.unit)
        .where(Site.code == code, within(Unit.path, under))
        .options(joinedload(Site.unit))
    )
    site = db.session.scalar(statement)
    if site is None:
        raise NotFound()
    return site


def sites(*, under: Sequence[str], search: str = "", limit: int = 200) -> Sequence[Site]:
    """Return the sites of the subtrees by code, those in use only."""
    statement = (
        select(Site)
        .join(Site.unit)
        .where(within(Unit.path, under), Site.closed_at.is_(None))
        .options(joinedload(Site.unit))
        .order_by(Site.code)
        .limit(limit)
    )
    if search:
        statement = statement.where(
            Site.name.contains(search, autoescape=True) | (Site.code == search)
        )
    return db.session.scalars(statement).all()


def coordinator_of(unit: Unit) -> int | None:
    """Return the person who coordinates the unit, or the nearest unit above that has one."""
    above = [int(part) for part in unit.path.strip("/").split("/")]
    statement = (
        select(Account.person_id)
        .join(AccountGrant, AccountGrant.account_id == Account.id)
        .join(Unit, Unit.id == AccountGrant.unit_id)
        .where(
            AccountGrant.role == Role.COORDINATOR,
            AccountGrant.ended_at.is_(None),
            AccountGrant.unit_id.in_(above),
        )
        .order_by(func.length(Unit.path).desc(), AccountGrant.id)
        .limit(1)
    )
    return db.session.scalar(statement)


def shift(public_id: str, *, under: Sequence[str]) -> Shift:
    """Return the shift with its site and unit, or raise NotFound."""
    statement = (
        select(Shift)
        .join(Shift.unit)
        .where(Shift.public_id == public_id, within(Unit.path, under))
        .options(joinedload(Shift.unit), joinedload(Shift.site), joinedload(Shift.leader))
    )
    found = db.session.scalar(statement)
    if found is None:
        raise NotFound()
    return found


class ShiftLine(NamedTuple):
    """One line of a list of shifts."""

    shift: Shift
    assigned: int


_assigned = (
    select(func.count(Assignment.id))
    .where(Assignment.shift_id == Shift.id, Assignment.state == AssignmentState.ASSIGNED)
    .correlate(Shift)
    .scalar_subquery()
)


def shifts_between(
    since: datetime,
    until: datetime,
    *,
    under: Sequence[str],
    after: tuple[datetime, int] | None = None,
    limit: int = 50,
) -> Sequence[ShiftLine]:
    """Return shifts that start in [since, until), soonest first; `after` is (start, id)."""
    statement = (
        select(Shift, _assigned)
        .join(Shift.unit)
        .where(Shift.starts_at >= since, Shift.starts_at < until, within(Unit.path, under))
        .options(joinedload(Shift.unit), joinedload(Shift.site))
        .order_by(Shift.starts_at, Shift.id)
        .limit(limit)
    )
    if after:
        statement = statement.where(
            (Shift.starts_at > after[0]) | ((Shift.starts_at == after[0]) & (Shift.id > after[1]))
        )
    return [ShiftLine(*row) for row in db.session.execute(statement)]


def next_shifts(person_id: int, *, now: datetime, limit: int = 5) -> Sequence[Shift]:
    """Return the planned shifts of a person that are not over, soonest first."""
    statement = (
        select(Shift)
        .join(Assignment, Assignment.shift_id == Shift.id)
        .where(
            Assignment.person_id == person_id,
            Assignment.state == AssignmentState.ASSIGNED,
            Assignment.ends_at > now,
            Shift.state == ShiftState.PLANNED,
        )
        .options(joinedload(Shift.site), joinedload(Shift.leader))
        .order_by(Assignment.starts_at)
        .limit(limit)
    )
    return db.session.scalars(statement).all()


def assigned_count(shift_id: int) -> int:
    statement = select(func.count(Assignment.id)).where(
        Assignment.shift_id == shift_id, Assignment.state == AssignmentState.ASSIGNED
    )
    return db.session.scalars(statement).one()


def clashes(person_ids: Sequence[int], shift: Shift) -> Sequence[str]:
    """Return the names of those already assigned elsewhere while the shift lasts."""
    statement = (
        select(Person.name)
        .join(Assignment, Assignment.person_id == Person.id)
        .where(
            Person.id.in_(person_ids),
            Assignment.state == AssignmentState.ASSIGNED,
            Assignment.shift_id != shift.id,
            Assignment.starts_at < shift.ends_at,
            Assignment.ends_at > shift.starts_at,
        )
        .distinct()
        .order_by(Person.name)
    )
    return db.session.scalars(statement).all()


class Candidate(NamedTuple):
    """A person who might be assigned: free at that time, or why not."""

    public_id: str
    name: str
    phone: str | None
    unit_name: str
    busy: bool
    here: bool


def candidates(
    shift: Shift, *, under: Sequence[str], search: str = "", limit: int = 50
) -> Sequence[Candidate]:
    """Return active people of the subtrees by name, each with whether the time is free."""
    clash = (
        select(Assignment.id)
        .where(
            Assignment.person_id == Person.id,
            Assignment.state == AssignmentState.ASSIGNED,
            Assignment.shift_id != shift.id,
            Assignment.starts_at < shift.ends_at,
            Assignment.ends_at > shift.starts_at,
        )
        .exists()
    )
    here = (
        select(Assignment.id)
        .where(
            Assignment.person_id == Person.id,
            Assignment.state == AssignmentState.ASSIGNED,
            Assignment.shift_id == shift.id,
        )
        .exists()
    )
    statement = (
        select(
            Person.public_id,
            Person.name,
            Person.phone,
            Unit.name,
            case((clash, True), else_=False),
            case((here, True), else_=False),
        )
        .join(Membership, (Membership.person_id == Person.id) & Membership.until_on.is_(None))
        .join(Unit, Unit.id == Membership.unit_id)
        .where(within(Unit.path, under), Person.state == "active")
        .order_by(Person.name, Person.id)
        .limit(limit)
    )
    if search:
        statement = statement.where(
            Person.name.contains(search, autoescape=True) | (Person.phone_tail == search)
        )
    return [Candidate(*row) for row in db.session.execute(statement)]


def people_by_phone(phones: Sequence[str]) -> dict[str, int]:
    """Return the ids of active people by their phone."""
    statement = select(Person.phone, Person.id).where(
        Person.phone.in_(phones), Person.state == "active"
    )
    return {phone: person_id for phone, person_id in db.session.execute(statement) if phone}


def people_by_public_id(public_ids: Sequence[str], *, under: Sequence[str]) -> dict[str, int]:
    """Return the ids of active people who belong to a unit of the subtrees now."""
    statement = (
        select(Person.public_id, Person.id)
        .join(Membership, (Membership.person_id == Person.id) & Membership.until_on.is_(None))
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Person.public_id.in_(public_ids), Person.state == "active", within(Unit.path, under))
    )
    return dict(db.session.execute(statement).tuples().all())
