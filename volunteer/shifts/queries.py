"""Questions about sites, shifts and assignments."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, select, tuple_
from sqlalchemy.orm import joinedload

from volunteer.accounts.models import Account, AccountGrant
from volunteer.core.actor import Role
from volunteer.core.db import db, within
from volunteer.core.errors import NotFound
from volunteer.people.models import Person
from volunteer.people.rules import mask_phone
from volunteer.units import queries as units
from volunteer.units import rules as unit_rules
from volunteer.units.models import Grid, Unit

from . import candidates, rules
from .errors import LeaderAmbiguous, LeaderUnknown
from .gate import refused as refused
from .models import Assignment, AssignmentState, CheckinSettings, Shift, ShiftState, Site

PAGE = 50
#: The most sites and grids that a form offers for choosing.
CHOICES = 500


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
        .options(joinedload(Site.unit), joinedload(Site.grid))
    )
    site = db.session.scalar(statement)
    if site is None:
        raise NotFound()
    return site


def sources_there(sources: Iterable[str | None]) -> set[str]:
    """Return those of the sources that have opened their shift."""
    asked, found = list(sources), set[str]()
    for start in range(0, len(asked), 500):
        known = select(Shift.source).where(Shift.source.in_(asked[start : start + 500]))
        found.update(filter(None, db.session.scalars(known)))
    return found


class SitePage(NamedTuple):
    """Sites by code; `after` is the code from which the next page goes on, or None."""

    sites: Sequence[Site]
    after: str | None


def sites(
    *,
    under: Sequence[str],
    grid_id: int | None = None,
    words: str = "",
    after: str = "",
    limit: int = PAGE,
) -> SitePage:
    """Return the sites in use of the subtrees by code; with a grid only those that lie in it.

    `words` is a part of name, place or code.
    """
    statement = (
        select(Site)
        .join(Site.unit)
        .where(within(Unit.path, under), Site.closed_at.is_(None), Site.code > after)
        .options(joinedload(Site.unit))
        .order_by(Site.code)
        .limit(limit + 1)
    )
    if grid_id is not None:
        statement = statement.where(Site.grid_id == grid_id)
    if words:
        columns = (Site.name, Site.code, Site.address)
        fits = [column.icontains(words, autoescape=True) for column in columns]
        statement = statement.where(fits[0] | fits[1] | fits[2])
    found = db.session.scalars(statement).all()
    return SitePage(found[:limit], found[limit - 1].code if len(found) > limit else None)


def own_unit(code: str, *, under: Sequence[str]) -> Unit:
    """Return the unit that a form names for something new.

    Raises NotFound where it is not under the paths, UnitEnded where it is no more.
    """
    unit = units.by_code(code, under=under)
    if unit is None:
        raise NotFound()
    unit_rules.require_standing(unit.name, unit.ended_on, on=date.max)
    return unit


def unit_choices(*, under: Sequence[str]) -> list[tuple[str, str]]:
    """Return code and name of the units that go on, in the order of the tree, for a form."""
    lines = units.listing(under=under, on=date.max)
    return [(line.code, "　" * line.depth + line.name) for line in lines]


def site_choices(*, under: Sequence[str], chosen: str | None) -> list[tuple[str, str]]:
    """Return code and name of the sites in use, for a form: the chosen one, and then the rest.

    A city has more than a form has room for; the chosen one is always among them.
    """
    statement = (
        select(Site.code, Site.name)
        .join(Site.unit)
        .where(within(Unit.path, under), Site.closed_at.is_(None))
        .order_by(case((Site.code == chosen, 0), else_=1), Site.code)
        .limit(CHOICES)
    )
    return [(code, f"{name}（{code}）") for code, name in db.session.execute(statement)]


def grid_choices(*, under: Sequence[str]) -> list[tuple[int, str]]:
    """Return id and name of the grids that go on and that units of the subtrees lead."""
    statement = (
        select(Grid.id, Grid.name)
        .join(Grid.lead_unit)
        .where(within(Unit.path, under), Grid.ended_on.is_(None))
        .order_by(Grid.code)
        .limit(CHOICES)
    )
    return [(grid_id, name) for grid_id, name in db.session.execute(statement)]


def coordinators_of(served: Iterable[Unit]) -> dict[int, int]:
    """Return, by unit, the person who coordinates it, or the nearest unit above that has one.

    A unit without any is left out. One query, however many units.
    """
    statement = (
        select(AccountGrant.unit_id, Account.person_id)
        .join(Account, Account.id == AccountGrant.account_id)
        .join(Person, Person.id == Account.person_id)
        .where(
            AccountGrant.role == Role.COORDINATOR,
            AccountGrant.ended_at.is_(None),
            Person.state == "active",
        )
        .order_by(AccountGrant.id.desc())
    )
    wanted = list(served)
    if len(wanted) == 1:
        statement = statement.where(AccountGrant.unit_id.in_(_way_to(wanted[0])))
    holders = dict(db.session.execute(statement).all())
    found = {}
    for unit in wanted:
        nearest = (step for step in reversed(_way_to(unit)) if step in holders)
        if (step := next(nearest, None)) is not None:
            found[unit.id] = holders[step]
    return found


def coordinator_of(unit: Unit) -> int | None:
    """Return the person who coordinates the unit, or the nearest unit above that has one."""
    return coordinators_of([unit]).get(unit.id)


def leader_for(unit: Unit, words: str, *, day: date) -> int | None:
    """Return the person of the unit's subtree whom `words` name, None where they say nothing.

    Name, phone, its last four digits and volunteer number may stand together. Raises
    LeaderUnknown, and LeaderAmbiguous with whom the words may mean (phones masked).
    """
    if not words.strip():
        return None
    name, digits = rules.words_of_leader(words)
    found = candidates.leaders_named(name, digits, under=[unit.path], day=day)
    if not found:
        raise LeaderUnknown(words=words.strip())
    if len(found) > 1:
        people = (f"{each.name} {mask_phone(each.phone)} {each.unit_name}" for each in found)
        raise LeaderAmbiguous(people="、".join(people))
    return found[0].person_id


def _way_to(unit: Unit) -> list[int]:
    """Return the ids of the units on the way to `unit`, itself last."""
    return [int(step) for step in unit.path.strip("/").split("/")]


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


def offered_paths(shift: Shift, *, under: Sequence[str]) -> tuple[str, ...]:
    """Return whose people serve first at a shift: its unit's, and its grid's as far as `under`."""
    paths = [shift.unit.path]
    if grid := shift.site.grid:
        paths += (unit.path for unit in units.units_of_grid(grid, under=under))
    return units.topmost_paths(paths)


class ShiftLine(NamedTuple):
    """One line of a list of shifts."""

    shift: Shift
    assigned: int

    @property
    def missing(self) -> int:
        """How many people are still asked for; none at a shift that does not take place."""
        takes_place = self.shift.state == ShiftState.PLANNED
        return max(0, self.shift.wanted - self.assigned) if takes_place else 0


_assigned = (
    select(func.count(Assignment.id))
    .where(Assignment.shift_id == Shift.id, Assignment.state == AssignmentState.ASSIGNED)
    .correlate(Shift)
    .scalar_subquery()
)

_planned = Shift.state == ShiftState.PLANNED


def _lines() -> Select[Any]:
    return (
        select(Shift, _assigned)
        .join(Shift.unit)
        .options(joinedload(Shift.unit), joinedload(Shift.site))
        .order_by(Shift.starts_at, Shift.id)
    )


def _starting(
    since: datetime, until: datetime, under: Sequence[str], grid_id: int | None
) -> ColumnElement[bool]:
    """Return the condition on time and unit; of a grid are the shifts at sites that lie in it."""
    wanted = (Shift.starts_at >= since) & (Shift.starts_at < until) & within(Unit.path, under)
    if grid_id is None:
        return wanted
    return wanted & Shift.site_id.in_(select(Site.id).where(Site.grid_id == grid_id))


class ShiftPage(NamedTuple):
    """Shifts, soonest first; `after` is the public id from which the next page goes on."""

    lines: Sequence[ShiftLine]
    after: str | None


def shifts_between(
    since: datetime,
    until: datetime,
    *,
    under: Sequence[str],
    grid_id: int | None = None,
    gaps_only: bool = False,
    after: str = "",
    limit: int = PAGE,
) -> ShiftPage:
    """Return shifts that start in [since, until); `gaps_only`: those that still lack people.

    With a grid only those at sites that lie in it, whichever unit serves there.

    `after` is the public id of a shift; one that is not found begins anew.
    """
    statement = _lines().where(_starting(since, until, under, grid_id)).limit(limit + 1)
    if gaps_only:
        statement = statement.where(_planned, _assigned < Shift.wanted)
    if after:
        here = select(Shift.starts_at, Shift.id).where(Shift.public_id == after)
        if place := db.session.execute(here).one_or_none():
            statement = statement.where(tuple_(Shift.starts_at, Shift.id) > tuple_(*place))
    lines = [ShiftLine(*row) for row in db.session.execute(statement)]
    more = len(lines) > limit
    return ShiftPage(lines[:limit], lines[limit - 1].shift.public_id if more else None)


class Demand(NamedTuple):
    """Of a stretch of time: how many shifts take place, and how many people they still lack."""

    shifts: int
    missing: int


def demand_between(
    since: datetime, until: datetime, *, under: Sequence[str], grid_id: int | None = None
) -> Demand:
    each = (
        select(Shift.wanted, _assigned.label("assigned"))
        .join(Shift.unit)
        .where(_starting(since, until, under, grid_id), _planned)
        .subquery()
    )
    lack = case((each.c.wanted > each.c.assigned, each.c.wanted - each.c.assigned), else_=0)
    row = db.session.execute(
        select(func.count(), func.coalesce(func.sum(lack), 0)).select_from(each)
    )
    return Demand(*row.one())


def next_at_site(site_id: int, *, now: datetime, limit: int = 10) -> Sequence[ShiftLine]:
    """Return the shifts at a site that are not over, soonest first."""
    statement = _lines().where(Shift.site_id == site_id, Shift.ends_at > now, _planned)
    return [ShiftLine(*row) for row in db.session.execute(statement.limit(limit))]


def opened_by(
    source: str, *, site_id: int, now: datetime, past: bool = False, limit: int = 10
) -> Sequence[ShiftLine]:
    """Return shifts whose source begins with `source`: those to come, soonest first,
    cancelled ones too; or those that are over, latest first."""
    statement = _lines().where(
        Shift.site_id == site_id, Shift.source.startswith(source, autoescape=True)
    )
    if past:
        statement = statement.where(Shift.ends_at <= now).order_by(None)
        statement = statement.order_by(Shift.starts_at.desc(), Shift.id)
    else:
        statement = statement.where(Shift.ends_at > now)
    return [ShiftLine(*row) for row in db.session.execute(statement.limit(limit))]


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
