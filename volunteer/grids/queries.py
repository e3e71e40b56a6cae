"""What the pages of grids show."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from volunteer.core.db import db
from volunteer.people import queries as people
from volunteer.shifts.models import Site
from volunteer.units import queries as units
from volunteer.units.models import Grid, GridCoUnit, Unit, UnitKind

#: Grids on one page.
PAGE = 100


class GridLine(NamedTuple):
    """A grid as lists show it; `co_units` are the names, by code."""

    id: int
    code: str
    name: str
    kind: str
    township: str
    lead: str
    co_units: list[str]
    ended_on: date | None


class GridPage(NamedTuple):
    """Grids by code; `after` is the code from which the next page goes on, or None."""

    grids: list[GridLine]
    total: int
    after: str | None


def grids(
    *,
    under: Sequence[str],
    day: date,
    township: str = "",
    kind: str = "",
    words: str = "",
    over: bool = False,
    after: str = "",
    limit: int = PAGE,
) -> GridPage:
    """Return a page of the grids that units within `under` answer for.

    `over` shows those that have ended by the day `day`, else those that go on.
    """
    where = [units.grid_is_seen(under)]
    ended = Grid.ended_on <= day
    where.append(ended if over else or_(Grid.ended_on.is_(None), ~ended))
    place = select(Unit.id).where(Unit.code == township).scalar_subquery()
    if township:
        where.append(Grid.township_id == place)
    if kind:
        where.append(Grid.kind == kind)
    if words:
        fits = [column.icontains(words, autoescape=True) for column in (Grid.name, Grid.code)]
        where.append(or_(*fits))
    total = db.session.scalar(select(func.count()).select_from(Grid).where(*where)) or 0
    statement = (
        select(Grid)
        .where(*where, Grid.code > after)
        .order_by(Grid.code)
        .options(joinedload(Grid.lead_unit), joinedload(Grid.township))
    )
    found = db.session.scalars(statement.limit(limit + 1)).all()
    shown = found[:limit]
    helping: defaultdict[int, list[str]] = defaultdict(list)
    co_units = (
        select(GridCoUnit.grid_id, Unit.name)
        .join(Unit, Unit.id == GridCoUnit.unit_id)
        .where(GridCoUnit.grid_id.in_([each.id for each in shown]))
        .order_by(Unit.code)
    )
    for grid_id, name in db.session.execute(co_units):
        helping[grid_id].append(name)
    lines = [
        GridLine(
            each.id,
            each.code,
            each.name,
            each.kind,
            each.township.name,
            each.lead_unit.name,
            helping[each.id],
            each.ended_on,
        )
        for each in shown
    ]
    return GridPage(lines, total, shown[-1].code if len(found) > len(shown) else None)


def people_of_paths(paths: Sequence[str], *, day: date) -> int:
    """Return how many people belong to units within the paths on a day."""
    return sum(people.counts_by_unit(under=paths, day=day).values())


def sites_in(grid_id: int, *, under: Sequence[str], limit: int = 50) -> list[tuple[str, str]]:
    """Return code and name of the sites in use that lie in a grid, by code."""
    statement = (
        select(Site.code, Site.name)
        .join(Unit, Unit.id == Site.unit_id)
        .where(Site.grid_id == grid_id, Site.closed_at.is_(None), units.within(under))
        .order_by(Site.code)
        .limit(limit)
    )
    return [(code, name) for code, name in db.session.execute(statement)]


def townships() -> list[tuple[str, str]]:
    """Return code and name of every township and street that stands, by code."""
    statement = (
        select(Unit.code, Unit.name)
        .where(Unit.kind == UnitKind.TOWNSHIP, Unit.ended_on.is_(None))
        .order_by(Unit.code)
    )
    return [(code, name) for code, name in db.session.execute(statement)]
