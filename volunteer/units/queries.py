"""Reads of the unit tree."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, false, or_, select

from volunteer.core.db import db
from volunteer.core.errors import NotFound

from . import rules
from .errors import UnitAmbiguous, UnitUnknown
from .models import Unit, UnitAlias

EVERYWHERE = ("/",)


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


def ids_under(paths: Sequence[str]) -> list[int]:
    """Return the ids of every unit at or under `paths`."""
    return list(db.session.scalars(select(Unit.id).where(within(paths))))


def children_of(unit_id: int, *, under: Sequence[str] = EVERYWHERE) -> Sequence[Unit]:
    """Return the units directly below, by code."""
    statement = select(Unit).where(Unit.parent_id == unit_id, within(under)).order_by(Unit.code)
    return db.session.scalars(statement).all()


def ancestors_of(path: str, *, under: Sequence[str] = EVERYWHERE) -> list[tuple[str, str]]:
    """Return code and name of every unit on the way to `path`, itself last, the topmost first."""
    steps = path.strip("/").split("/")
    statement = select(Unit.code, Unit.name).where(Unit.id.in_(map(int, steps)), within(under))
    return [(code, name) for code, name in db.session.execute(statement.order_by(Unit.path))]


def listing(*, under: Sequence[str] = EVERYWHERE) -> list[UnitLine]:
    """Return every unit within `under` in the order of the tree, siblings by code."""
    columns = (Unit.id, Unit.code, Unit.name, Unit.kind, Unit.path, Unit.parent_id)
    rows = db.session.execute(select(*columns).where(within(under))).all()
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


def load_index(*, on: date, under: Sequence[str] = EVERYWHERE) -> UnitIndex:
    """Load every unit that stands on the day `on`; only those within `under` are found."""
    columns = (Unit.id, Unit.code, Unit.name_key, Unit.path, Unit.parent_id)
    standing = or_(Unit.ended_on.is_(None), Unit.ended_on > on)
    rows = db.session.execute(select(*columns).where(standing))
    called = db.session.execute(select(UnitAlias.name_key, UnitAlias.unit_id)).all()
    return UnitIndex((IndexedUnit(*row) for row in rows), under, called)
