"""What the pages of units show."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from volunteer.activities.models import Activity
from volunteer.core.db import db
from volunteer.core.models import Journal
from volunteer.people import queries as people
from volunteer.people.models import Membership, Person
from volunteer.posts.models import Post, PostTurn
from volunteer.shifts.models import Shift, ShiftState
from volunteer.units import queries as units
from volunteer.units import rules
from volunteer.units.models import Grid, GridCoUnit, Unit, UnitAlias

#: Units, and aliases, on one page.
PAGE = 150
ALIASES = 100
#: What happened to a unit, the newest first.
HAPPENINGS = 30
#: The people that the page of splitting offers at a time.
OFFERED = 200


class Branch(NamedTuple):
    """A unit as the tree shows it: with what is under it, its own people among it."""

    code: str
    name: str
    kind: str
    people: int
    own_people: int
    #: Units that stand anywhere under it.
    sub_units: int
    ended_on: date | None


class Level(NamedTuple):
    """The units directly below one; `after` is the code to turn from, or None."""

    lines: list[Branch]
    total: int
    after: str | None


def level(
    heads: Sequence[Unit], *, under: Sequence[str], day: date, after: str = "", limit: int = PAGE
) -> Level:
    """Return a page of `heads` by code, each with how many people and units are under it.

    Three statements, however many units: the tree is added up here.
    """
    shown = sorted((unit for unit in heads if unit.code > after), key=lambda unit: unit.code)
    more, shown = len(shown) > limit, shown[:limit]
    paths = [unit.path for unit in shown]
    own = people.counts_by_unit(under=_top(paths, under), day=day)
    all_people: Counter[str] = Counter()
    all_units: Counter[str] = Counter()
    known = set(paths)
    statement = select(Unit.id, Unit.path).where(units.within(_top(paths, under)))
    for unit_id, path in db.session.execute(statement.where(units.standing(day))):
        for head in _ways(path):
            if head in known:
                all_people[head] += own.get(unit_id, 0)
                all_units[head] += path != head
    lines = [
        Branch(
            unit.code,
            unit.name,
            unit.kind,
            all_people[unit.path],
            own.get(unit.id, 0),
            all_units[unit.path],
            unit.ended_on,
        )
        for unit in shown
    ]
    return Level(lines, len(heads), shown[-1].code if more else None)


def _top(paths: Sequence[str], under: Sequence[str]) -> Sequence[str]:
    """Return few paths that hold all of `paths`: their common parent, else the reader's own."""
    above = {rules.parent_path(path) for path in paths}
    [parent, *others] = above or {"/"}
    if others or parent == "/":
        return under if len(paths) > 20 else paths
    return (parent,) if parent.startswith(tuple(under)) else paths


def _ways(path: str) -> Iterable[str]:
    """Yield the path and every path above it."""
    while path != "/":
        yield path
        path = rules.parent_path(path)


def below(unit: Unit, *, day: date, over: bool = False) -> list[Unit]:
    """Return the units directly below that stand on the day, or those that have ended."""
    stands = units.standing(day)
    statement = select(Unit).where(Unit.parent_id == unit.id, ~stands if over else stands)
    return list(db.session.scalars(statement))


def topmost(*, under: Sequence[str]) -> list[Unit]:
    """Return the units at the top of the subtrees, by code."""
    paths = [path for path in under if path != "/"]
    where = Unit.path.in_(paths) if paths else Unit.parent_id.is_(None)
    return list(db.session.scalars(select(Unit).where(where).order_by(Unit.code)))


def found(words: str, *, under: Sequence[str], limit: int = 50) -> list[Unit]:
    """Return units whose name, former names left out, or code holds the words, by code."""
    key = rules.name_key(words)
    fits = or_(
        Unit.name_key.icontains(key, autoescape=True), Unit.code.istartswith(key, autoescape=True)
    )
    statement = select(Unit).where(units.within(under), fits).order_by(Unit.code).limit(limit)
    return list(db.session.scalars(statement))


def people_in(unit: Unit, *, day: date) -> tuple[int, int]:
    """Return how many people belong to the unit itself on a day, and to its whole subtree."""
    counts = people.counts_by_unit(under=(unit.path,), day=day)
    return counts.get(unit.id, 0), sum(counts.values())


def grids_of(unit_id: int) -> list[tuple[Grid, bool]]:
    """Return the grids that go on for which a unit answers, and whether it leads."""
    helped = select(GridCoUnit.grid_id).where(GridCoUnit.unit_id == unit_id)
    statement = (
        select(Grid)
        .where(
            or_(Grid.lead_unit_id == unit_id, Grid.id.in_(helped)),
            Grid.ended_on.is_(None),
        )
        .order_by(Grid.code)
    )
    return [(grid, grid.lead_unit_id == unit_id) for grid in db.session.scalars(statement)]


class Happening(NamedTuple):
    """One row of the journal about a unit or grid."""

    at: datetime
    action: str
    body: dict[str, Any]


def history(kind: str, code: str) -> list[Happening]:
    """Return what the journal says of a unit or grid, the newest first."""
    statement = (
        select(Journal.at, Journal.action, Journal.body)
        .where(Journal.object_type == kind, Journal.object_id == code)
        .order_by(Journal.id.desc())
        .limit(HAPPENINGS)
    )
    return [Happening(*row) for row in db.session.execute(statement)]


def members(unit: Unit, *, day: date, words: str = "") -> list[tuple[str, str, str]]:
    """Return public id, name and number of people of the unit itself, by name."""
    statement = (
        select(Person.public_id, Person.name, Person.volunteer_number)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.unit_id == unit.id, people.on(day))
        .order_by(Person.name, Person.id)
        .limit(OFFERED)
    )
    if words:
        statement = statement.where(Person.name.contains(words, autoescape=True))
    return [(row[0], row[1], row[2]) for row in db.session.execute(statement)]


class Work(NamedTuple):
    """What a unit itself has planned."""

    activities: int
    posts: int
    shifts: int


def work_of(unit_id: int, *, now: datetime) -> Work:
    """Return how many activities and posts go on, those at which the unit takes turns among
    them, and how many shifts are still to end."""
    turns = select(PostTurn.post_id).where(PostTurn.unit_id == unit_id)
    takes_part = or_(Post.unit_id == unit_id, Post.id.in_(turns))
    counts = (
        select(func.count()).where(Activity.unit_id == unit_id, Activity.ended_at.is_(None)),
        select(func.count()).where(takes_part, Post.ended_at.is_(None)),
        select(func.count()).where(
            Shift.unit_id == unit_id, Shift.state == ShiftState.PLANNED, Shift.ends_at > now
        ),
    )
    return Work(*(db.session.scalar(each) or 0 for each in counts))


class AliasPage(NamedTuple):
    """Aliases by name; `after` is the name from which the next page goes on, or None."""

    aliases: Sequence[UnitAlias]
    total: int
    after: str | None


def alias_page(
    *, under: Sequence[str], words: str = "", after: str = "", limit: int = ALIASES
) -> AliasPage:
    """Return a page of the aliases of the units within `under`; `words`: a part of either name."""
    where = [units.within(under)]
    if key := rules.name_key(words):
        fits = [
            column.icontains(key, autoescape=True) for column in (UnitAlias.name_key, Unit.name_key)
        ]
        where.append(or_(*fits))
    counted = select(func.count()).select_from(UnitAlias).join(UnitAlias.unit).where(*where)
    statement = (
        select(UnitAlias)
        .join(UnitAlias.unit)
        .where(*where, UnitAlias.name_key > after)
        .order_by(UnitAlias.name_key)
        .options(joinedload(UnitAlias.unit))
        .limit(limit + 1)
    )
    found = db.session.scalars(statement).all()
    shown = found[:limit]
    return AliasPage(
        shown,
        db.session.scalar(counted) or 0,
        shown[-1].name_key if len(found) > limit else None,
    )
