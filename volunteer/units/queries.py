"""Reads of the unit tree."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, false, func, or_, select
from sqlalchemy.orm import joinedload

from volunteer.core.db import db
from volunteer.core.errors import NotFound
from volunteer.core.models import Journal

from . import rules
from .errors import GridUnknown, UnitAmbiguous, UnitUnknown
from .models import Grid, GridCoUnit, Unit, UnitAlias, UnitName

EVERYWHERE = ("/",)
#: The most grids that a filter offers; beyond them the page of a grid leads to its lists.
MOST_CHOICES = 300


class UnitLine(NamedTuple):
    """A unit as lists show it; `depth` is 0 for the topmost of the list."""

    id: int
    code: str
    name: str
    kind: str
    path: str
    parent_id: int | None
    depth: int


def within(paths: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that a unit lies at or under one of `paths`; none means nowhere."""
    conditions = [Unit.path.startswith(path, autoescape=True) for path in paths if path != "/"]
    if not conditions:
        return Unit.id.is_not(None) if "/" in paths else false()
    return or_(*conditions)


def by_code(code: str, *, under: Sequence[str] = EVERYWHERE) -> Unit | None:
    """Return the unit with this code within `under`, or None."""
    return db.session.scalar(select(Unit).where(Unit.code == code, within(under)))


def named(code: str, *, under: Sequence[str] = EVERYWHERE) -> Unit | None:
    """Return the unit that a filter names, None where it names none.

    Raises NotFound for a code that is unknown or not within `under`.
    """
    unit = by_code(code, under=under) if code else None
    if code and unit is None:
        raise NotFound()
    return unit


def by_path(path: str, *, under: Sequence[str] = EVERYWHERE) -> Unit | None:
    """Return the unit at exactly this path within `under`, or None."""
    return db.session.scalar(select(Unit).where(Unit.path == path, within(under)))


def by_id(unit_id: int, *, under: Sequence[str] = EVERYWHERE) -> Unit | None:
    """Return the unit with this id within `under`, or None."""
    return db.session.scalar(select(Unit).where(Unit.id == unit_id, within(under)))


def by_ids(unit_ids: Iterable[int]) -> dict[int, Unit]:
    """Return the units with these ids, by id."""
    found = db.session.scalars(select(Unit).where(Unit.id.in_(unit_ids)))
    return {unit.id: unit for unit in found}


def successors(unit_ids: Iterable[int]) -> dict[int, int]:
    """Return, of the units that were merged into another one, the one that stands for each now.

    The journal says it: the note of a unit's own merger follows that of its end.
    """
    found: dict[int, int] = {}
    known = (db.session.get(Unit, unit_id) for unit_id in set(unit_ids))  # mostly at hand
    ended = [unit for unit in known if unit and unit.ended_on]
    for unit in ended:
        heir: Unit | None = unit
        while heir and heir.ended_on:
            heir = _merged_into(heir.code)
        if heir:
            found[unit.id] = heir.id
    return found


def _merged_into(code: str) -> Unit | None:
    of_unit = (Journal.object_type == "unit", Journal.object_id == code)
    over = select(func.max(Journal.id)).where(*of_unit, Journal.action == "units.end")
    note = select(Journal.body).where(
        *of_unit, Journal.action == "units.merge", Journal.id > over.scalar_subquery()
    )
    body = db.session.scalar(note)
    return by_code(body["other"]) if body else None


def children_of(unit_id: int, *, under: Sequence[str] = EVERYWHERE) -> Sequence[Unit]:
    """Return the units directly below, by code."""
    statement = select(Unit).where(Unit.parent_id == unit_id, within(under)).order_by(Unit.code)
    return db.session.scalars(statement).all()


def ancestors_of(
    path: str, *, under: Sequence[str] = EVERYWHERE, called: date | None = None
) -> list[tuple[str, str]]:
    """Return code and name of every unit on the way to `path`, itself last, the topmost first.

    The names are those of the day `called` (R32), else those of now.
    """
    steps = path.strip("/").split("/")
    name = called_on(called) if called else Unit.name
    statement = select(Unit.code, name).where(Unit.id.in_(map(int, steps)), within(under))
    return [(code, name) for code, name in db.session.execute(statement.order_by(Unit.path))]


def listing(
    *, under: Sequence[str] = EVERYWHERE, on: date | None = None, called: date | None = None
) -> list[UnitLine]:
    """Return every unit within `under` in the order of the tree, siblings by code.

    With a day `on` only those that stand then (`date.max`: those that have no end); a unit
    whose parent is left out comes topmost.
    The names are those of the day `called` (R32), else those of now.
    """
    name = called_on(called) if called else Unit.name
    columns = (Unit.id, Unit.code, name, Unit.kind, Unit.path, Unit.parent_id)
    statement = select(*columns).where(within(under))
    rows = db.session.execute(statement if on is None else statement.where(standing(on))).all()
    known = {row.id for row in rows}
    below: defaultdict[int | None, list[UnitLine]] = defaultdict(list)
    for row in rows:
        above = row.parent_id if row.parent_id in known else None
        below[above].append(UnitLine(*row, depth=0))
    for siblings in below.values():
        siblings.sort(key=lambda line: line.code, reverse=True)
    lines: list[UnitLine] = []
    waiting = below[None]
    while waiting:
        line = waiting.pop()
        lines.append(line)
        waiting += [child._replace(depth=line.depth + 1) for child in below.get(line.id, ())]
    return lines


def standing(on: date) -> ColumnElement[bool]:
    """Return the condition that a unit has not ended on a day."""
    return or_(Unit.ended_on.is_(None), Unit.ended_on > on)


def sibling_named(name_key: str, parent_id: int | None, *, but: int | None = None) -> bool:
    """Tell whether a unit of this name that goes on stands below the parent already."""
    statement = select(Unit.id).where(
        Unit.parent_id == parent_id, Unit.name_key == name_key, Unit.ended_on.is_(None)
    )
    found = db.session.scalars(statement).all()
    return any(unit_id != but for unit_id in found)


def has_standing_children(unit_id: int, *, on: date) -> bool:
    """Tell whether a unit directly below goes on after the day."""
    found = select(Unit.id).where(Unit.parent_id == unit_id, standing(on)).limit(1)
    return db.session.scalar(found) is not None


def former_names(unit_id: int) -> Sequence[UnitName]:
    """Return the names that a unit bore once, the newest first."""
    statement = select(UnitName).filter_by(unit_id=unit_id).order_by(UnitName.until_on.desc())
    return db.session.scalars(statement).all()


def called_on(day: date) -> ColumnElement[str]:
    """Return the column of the name that a unit bore on a day (R32)."""
    then = (
        select(UnitName.name)
        .where(
            UnitName.unit_id == Unit.id,
            UnitName.until_on > day,
            or_(UnitName.from_on.is_(None), UnitName.from_on <= day),
        )
        .limit(1)
        .correlate(Unit)
        .scalar_subquery()
    )
    return func.coalesce(then, Unit.name)


def name_on(unit: Unit, day: date) -> str:
    """Return the name that a unit bore on a day (R32)."""
    return db.session.scalars(select(called_on(day)).where(Unit.id == unit.id)).one()


def aliases(*, under: Sequence[str], unit_id: int | None = None) -> Sequence[UnitAlias]:
    """Return the aliases of the units within `under`, by name."""
    statement = select(UnitAlias).join(UnitAlias.unit).where(within(under)).order_by(UnitAlias.name)
    if unit_id is not None:
        statement = statement.where(UnitAlias.unit_id == unit_id)
    return db.session.scalars(statement.options(joinedload(UnitAlias.unit))).unique().all()


def alias(alias_id: int, *, under: Sequence[str]) -> UnitAlias:
    """Return the alias; raises NotFound where unknown or of a unit that is not within `under`."""
    statement = select(UnitAlias).join(UnitAlias.unit).where(UnitAlias.id == alias_id)
    found = db.session.scalar(statement.where(within(under)))
    if found is None:
        raise NotFound()
    return found


def owner_of_name(name_key: str) -> Unit | None:
    """Return a unit that goes on and is called so, by its name or by an alias."""
    named_so = select(Unit).where(Unit.name_key == name_key, Unit.ended_on.is_(None)).limit(1)
    called_so = select(Unit).join(UnitAlias, UnitAlias.unit_id == Unit.id)
    found = db.session.scalar(named_so)
    return found or db.session.scalar(called_so.where(UnitAlias.name_key == name_key))


def grid_is_seen(under: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that the lead, a co-unit or the township lies within `under`."""
    ids = select(Unit.id).where(within(under))
    helped = select(GridCoUnit.grid_id).where(GridCoUnit.unit_id.in_(ids))
    return or_(Grid.lead_unit_id.in_(ids), Grid.township_id.in_(ids), Grid.id.in_(helped))


def grid(code: str, *, under: Sequence[str]) -> Grid:
    """Return the grid; raises NotFound where none of its units lies within `under`."""
    statement = (
        select(Grid)
        .where(Grid.code == code, grid_is_seen(under))
        .options(joinedload(Grid.lead_unit), joinedload(Grid.township))
    )
    found = db.session.scalar(statement)
    if found is None:
        raise NotFound()
    return found


def grid_named(code: str, *, under: Sequence[str]) -> Grid | None:
    """Return the grid that a filter names, None where it names none; raises NotFound."""
    return grid(code, under=under) if code else None


def grid_choices(*, under: Sequence[str]) -> list[tuple[str, str]]:
    """Return code and name of the grids that go on, by code, for a filter: at most 300."""
    statement = (
        select(Grid.code, Grid.name)
        .where(grid_is_seen(under), Grid.ended_on.is_(None))
        .order_by(Grid.code)
        .limit(MOST_CHOICES)
    )
    return [(code, name) for code, name in db.session.execute(statement)]


def grid_meant(code: str | None, *, under: Sequence[str]) -> Grid | None:
    """Return the grid whose code somebody has typed, None for nothing; raises GridUnknown."""
    if not code:
        return None
    statement = select(Grid).where(Grid.code == code, grid_is_seen(under))
    found = db.session.scalar(statement.options(joinedload(Grid.lead_unit)))
    if found is None:
        raise GridUnknown(grid=code)
    return found


def units_of_grid(grid: Grid, *, under: Sequence[str]) -> list[Unit]:
    """Return the lead and the co-units of a grid that lie within `under`, the lead first."""
    helping = select(GridCoUnit.unit_id).where(GridCoUnit.grid_id == grid.id)
    statement = (
        select(Unit)
        .where(or_(Unit.id == grid.lead_unit_id, Unit.id.in_(helping)), within(under))
        .order_by((Unit.id == grid.lead_unit_id).desc(), Unit.code)
    )
    return list(db.session.scalars(statement))


class Cut(NamedTuple):
    """What a list is narrowed to: a unit's subtree, a grid's units, or all that one may see."""

    unit: Unit | None
    grid: Grid | None
    paths: tuple[str, ...]

    @property
    def filters(self) -> dict[str, str]:
        """What an address has to say to be cut the same way."""
        said = {"unit": self.unit, "grid": self.grid}
        return {name: each.code for name, each in said.items() if each}


def cut(*, unit: str, grid: str, under: Sequence[str]) -> Cut:
    """Return what a filter by the codes of a unit and of a grid means; "" narrows nothing.

    A grid means the people of its lead unit and co-units with everything under them, as far
    as they lie within `under`; with a unit too, what lies in both. Raises NotFound for a code
    that is unknown or that the reader does not see.
    """
    head, area = named(unit, under=under), grid_named(grid, under=under)
    paths = (head.path,) if head else tuple(under)
    if area is None:
        return Cut(head, None, paths)
    theirs = [each.path for each in units_of_grid(area, under=EVERYWHERE)]
    both = {
        one if one.startswith(other) else other
        for one in theirs
        for other in paths
        if one.startswith(other) or other.startswith(one)
    }
    return Cut(head, area, topmost_paths(both))


def topmost_paths(paths: Iterable[str]) -> tuple[str, ...]:
    """Return those paths that lie under no other one, in order."""
    known = sorted(set(paths))
    return tuple(p for p in known if not any(p != q and p.startswith(q) for q in known))


class IndexedUnit(NamedTuple):
    """A unit as an index holds it: plain, so that it outlives the transaction that read it."""

    id: int
    code: str
    name_key: str
    path: str
    parent_id: int | None


class UnitIndex:
    """All units at one moment, in memory, to be found by what people write in a cell."""

    def __init__(
        self,
        units: Iterable[IndexedUnit],
        under: Sequence[str],
        aliases: Iterable[tuple[str, int]] = (),
    ) -> None:
        self._by_id = {unit.id: unit for unit in units}
        self._by_code: dict[str, IndexedUnit] = {}
        self._by_name: defaultdict[str, list[IndexedUnit]] = defaultdict(list)
        for unit in self._by_id.values():
            if unit.path.startswith(tuple(under)):
                self._by_code[unit.code] = unit
                self._by_name[unit.name_key].append(unit)
        for name_key, unit_id in aliases:
            meant = self._by_id.get(unit_id)
            if meant and meant.path.startswith(tuple(under)) and name_key not in self._by_name:
                self._by_name[name_key].append(meant)

    def find(self, text: str) -> IndexedUnit:
        """Return the unit with this code, this name or alias, or this `parent/name`.

        A name that a unit bears goes before an alias of another one. Raises UnitUnknown or
        UnitAmbiguous. A unit outside the index' scope is unknown.
        """
        key = rules.name_key(text)
        if unit := self._by_code.get(key):
            return unit
        found = self._by_name.get(key) or self._by_steps(key)
        if not found:
            raise UnitUnknown(unit=text[: rules.LONGEST_NAME])
        if len(found) > 1:
            raise UnitAmbiguous(unit=text[: rules.LONGEST_NAME])
        return found[0]

    def _by_steps(self, key: str) -> list[IndexedUnit]:
        """Return the units that `grandparent/parent/name` may mean."""
        *above, name = key.split("/")
        if not above:
            return []
        return [unit for unit in self._by_name.get(name, ()) if self._lies_under(unit, above)]

    def _lies_under(self, unit: IndexedUnit, names: Sequence[str]) -> bool:
        for name in reversed(names):
            parent = self._by_id.get(unit.parent_id or 0)
            if parent is None or name not in (parent.name_key, parent.code):
                return False
            unit = parent
        return True


def meant(text: str, *, under: Sequence[str], on: date) -> Unit:
    """Return the standing unit within `under` that somebody has typed: name, code, parent/name.

    Raises UnitUnknown or UnitAmbiguous.
    """
    found = load_index(on=on, under=under).find(text)
    return db.session.get_one(Unit, found.id)


def load_index(*, on: date, under: Sequence[str] = EVERYWHERE) -> UnitIndex:
    """Load every unit that stands on the day `on`; only those within `under` are found."""
    columns = (Unit.id, Unit.code, Unit.name_key, Unit.path, Unit.parent_id)
    rows = db.session.execute(select(*columns).where(standing(on)))
    called = db.session.execute(select(UnitAlias.name_key, UnitAlias.unit_id)).all()
    return UnitIndex((IndexedUnit(*row) for row in rows), under, called)
