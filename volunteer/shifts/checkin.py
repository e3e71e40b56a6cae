"""How check-in works at a shift: the city says, a unit, a series and a shift may differ."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, select

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.db import again_on_conflict, db, transaction, within
from volunteer.units.models import Unit

from . import access
from .models import CheckinSettings, CheckinWishes, Shift, ShiftKind, ShiftState, UnitWishes

FIELDS = (
    "opens_before_minutes",
    "min_stay_minutes",
    "closes_after_minutes",
    "require_out",
    "return_allowed",
    "qr_mode",
    "wants_location",
    "hold_without_evidence",
)
STANDARD, DERIVED = "standard", "derived"
#: Check-in opens at most so long before a shift: later ones have no attendance yet.
OPENS_AT_MOST = timedelta(minutes=240)

Values = Mapping[str, Any]

#: Tell the wishes of activities and posts by the sources of their shifts; `features.py` fills it.
wishes_of_series: list[Callable[[Sequence[str]], dict[str, int]]] = []
#: Find an activity, or a post, that one of the subtrees may look at, by what names it in an
#: address; `features.py` fills it.
series_named: dict[ShiftKind, Callable[..., Any]] = {}


class Place(NamedTuple):
    """What decides on a shift: its unit, what its series wishes, what it wishes itself."""

    unit_id: int
    series_wishes_id: int | None = None
    wishes_id: int | None = None


class Level(NamedTuple):
    """A unit, a series or a shift that wishes something."""

    #: "unit", "activity", "post" or "shift".
    kind: str
    name: str
    values: Values


class Setting(NamedTuple):
    """One matter as it stands at a unit, a series or a shift."""

    name: str
    value: Any
    #: What is wished here; None leaves it to the level above.
    own: Any
    #: What it would be without a wish here.
    above: Any
    #: The lowest level that wishes something; None: the city's standard holds.
    decided_by: Level | None


class Series(NamedTuple):
    """An activity or a post, as far as check-in goes."""

    kind: ShiftKind
    #: Its row, which has a unit and wishes.
    row: Any
    #: What names it in addresses.
    ref: str
    title: str


def resolve(base: Values, levels: Iterable[Values]) -> dict[str, Any]:
    """Return what holds: the city's values, each level overriding those before it.

    None leaves a matter to the level above.

    >>> city = {"min_stay_minutes": 15, "require_out": True}
    >>> unit = {"min_stay_minutes": 30, "require_out": None}
    >>> resolve(city, [unit, {"min_stay_minutes": None, "require_out": False}])
    {'min_stay_minutes': 30, 'require_out': False}
    >>> resolve(city, []) == city
    True
    """
    held = dict(base)
    for level in levels:
        held.update({name: value for name, value in level.items() if value is not None})
    return held


def values_of(row: CheckinSettings | CheckinWishes) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FIELDS}


def standard() -> CheckinSettings:
    """Return the newest version of the city's standard."""
    newest = select(func.max(CheckinSettings.id)).where(CheckinSettings.name == STANDARD)
    return db.session.get_one(CheckinSettings, db.session.scalars(newest).one())


def settings_ids(places: Iterable[Place]) -> dict[Place, int]:
    """Return which version of settings holds at each place; what is missing is written.

    Few questions, however many places; none but one where nobody wishes anything.
    """
    wanted = list(dict.fromkeys(places))
    city = standard()
    by_unit = dict(db.session.execute(select(UnitWishes.unit_id, UnitWishes.wishes_id)).all())
    named = {each for place in wanted for each in place[1:] if each is not None}
    if not by_unit and not named:
        return dict.fromkeys(wanted, city.id)
    rows = select(CheckinWishes).where(CheckinWishes.id.in_({*by_unit.values(), *named}))
    wishes = {row.id: row for row in db.session.scalars(rows)}
    paths = dict(
        db.session.execute(
            select(Unit.id, Unit.path).where(Unit.id.in_({place.unit_id for place in wanted}))
        ).all()
    )
    known: dict[tuple[Any, ...], int] = {}
    found = {}
    for place in wanted:
        way = [by_unit[step] for step in steps(paths[place.unit_id]) if step in by_unit]
        levels = [wishes[each] for each in (*way, *place[1:]) if each is not None]
        held = resolve(values_of(city), map(values_of, levels))
        key = tuple(held.values())
        if key not in known:
            since = max([city.created_at, *(each.created_at for each in levels)])
            known[key] = version_with(held, city, since=since)
        found[place] = known[key]
    return found


def steps(path: str) -> list[int]:
    """Return the ids of the units on the way, the city first.

    >>> steps("/1/14/")
    [1, 14]
    """
    return [int(step) for step in path.strip("/").split("/")]


def version_with(held: Values, city: CheckinSettings, *, since: datetime) -> int:
    """Return the version that says exactly this; one is written where there is none, as of
    when the newest of its wishes was made."""
    if held == values_of(city):
        return city.id
    same = select(CheckinSettings.id).filter_by(name=DERIVED, **held).limit(1)
    if (found := db.session.scalar(same)) is not None:
        return found
    made = CheckinSettings(name=DERIVED, created_at=since, **held)
    db.session.add(made)
    db.session.flush()
    return made.id


def at_unit(unit: Unit) -> list[Setting]:
    """Return how check-in works at a unit's shifts, and who has said so."""
    above = _unit_levels(unit.path)
    own = above.pop(unit.id, None)
    return _settings(above.values(), own)


def at_series(series: Series) -> list[Setting]:
    """Return how check-in works at the shifts that an activity or a post opens."""
    above = _unit_levels(series.row.unit.path).values()
    return _settings(above, _level(series.kind, series.title, series.row.wishes_id))


def at_shift(shift: Shift) -> list[Setting]:
    """Return how check-in works at one shift."""
    series_id = series_wishes([shift.source]).get(shift.source) if shift.source else None
    series = _level(shift.kind, shift.title, series_id)
    above = [*_unit_levels(shift.unit.path).values(), *([series] if series else [])]
    return _settings(above, _level("shift", shift.title, shift.wishes_id))


def _unit_levels(path: str) -> dict[int, Level]:
    """Return what the units on the way wish, by unit, the city first."""
    rows = db.session.execute(
        select(UnitWishes.unit_id, Unit.name, CheckinWishes)
        .join(Unit, Unit.id == UnitWishes.unit_id)
        .join(CheckinWishes, CheckinWishes.id == UnitWishes.wishes_id)
        .where(UnitWishes.unit_id.in_(steps(path)))
    )
    found = {unit_id: Level("unit", name, values_of(row)) for unit_id, name, row in rows}
    return {step: found[step] for step in steps(path) if step in found}


def _level(kind: str, name: str, wishes_id: int | None) -> Level | None:
    if wishes_id is None:
        return None
    return Level(kind, name, values_of(db.session.get_one(CheckinWishes, wishes_id)))


def _settings(above: Iterable[Level], own: Level | None) -> list[Setting]:
    levels = list(above)
    inherited = resolve(values_of(standard()), [each.values for each in levels])
    wished = own.values if own else dict.fromkeys(FIELDS)
    all_levels = [*levels, own] if own else levels
    return [
        Setting(
            name,
            inherited[name] if wished[name] is None else wished[name],
            wished[name],
            inherited[name],
            next((each for each in reversed(all_levels) if each.values[name] is not None), None),
        )
        for name in FIELDS
    ]


@again_on_conflict
def wish(unit: Unit, wanted: Values, *, actor: Actor, now: datetime) -> int:
    """Let check-in work otherwise at a unit and under it; None leaves a matter to the level
    above. Return how many shifts to come work otherwise from now on.

    Shifts for which check-in may be open already stay as they are. A repeat changes nothing.
    """
    with transaction() as session:
        access.require_keep(actor, unit.path)
        held = session.get(UnitWishes, unit.id, with_for_update=True)
        row_id = written(held.wishes_id if held else None, wanted, actor=actor, now=now)
        if row_id is None:
            return 0
        if held is None:
            session.add(UnitWishes(unit_id=unit.id, wishes_id=row_id))
        else:
            held.wishes_id = row_id
        session.flush()
        changed = apply_again([unit.path], now=now)
        journal.write(
            "shifts.wish_checkin",
            "unit",
            unit.code,
            actor=actor,
            now=now,
            unit_path=unit.path,
            shifts=changed,
        )
        return changed


@again_on_conflict
def wish_of_series(series: Series, wanted: Values, *, actor: Actor, now: datetime) -> int:
    """Let check-in work otherwise at the shifts of an activity or a post; None leaves a matter
    to its unit. Return how many shifts to come work otherwise from now on.

    Also at those that another unit serves when it takes its turn. Shifts for which check-in
    may be open already stay as they are. A repeat changes nothing.
    """
    with transaction() as session:
        path = series.row.unit.path
        access.require_schedule(actor, path)
        row = session.get_one(
            type(series.row), series.row.id, with_for_update=True, populate_existing=True
        )
        row_id = written(row.wishes_id, wanted, actor=actor, now=now)
        if row_id is None:
            return 0
        row.wishes_id = row_id
        session.flush()
        changed = apply_again(["/"], source=f"{series.kind}:{row.id}:", now=now)
        journal.write(
            "shifts.wish_checkin",
            series.kind,
            series.ref,
            actor=actor,
            now=now,
            unit_path=path,
            shifts=changed,
        )
        return changed


def written(before_id: int | None, wanted: Values, *, actor: Actor, now: datetime) -> int | None:
    """Write wishes that take the place of others; return None where nothing differs.

    The caller has asked for permission and holds the lock on what the wishes belong to.
    """
    session = db.session
    before = session.get_one(CheckinWishes, before_id) if before_id else None
    wishes = {name: wanted[name] for name in FIELDS}
    if wishes == (values_of(before) if before else dict.fromkeys(FIELDS)):
        return None
    row = CheckinWishes(**wishes, created_at=now, created_by=actor.account_id)
    session.add(row)
    session.flush()
    return row.id


def apply_again(under: Sequence[str], *, source: str = "", now: datetime) -> int:
    """Give the shifts to come of the subtrees the settings that hold now; return how many
    differ. With `source` only those whose source begins so.

    The caller has asked for permission. Where check-in may be open already nothing changes.
    """
    session = db.session
    statement = (
        select(Shift)
        .join(Shift.unit)
        .where(
            Shift.starts_at > now + OPENS_AT_MOST,
            (Shift.state == ShiftState.PLANNED) | Shift.call_off_id.is_not(None),
            within(Unit.path, under),
        )
        .with_for_update(of=Shift)
    )
    if source:
        statement = statement.where(Shift.source.startswith(source, autoescape=True))
    to_come = session.scalars(statement).all()
    series = series_wishes([str(each.source) for each in to_come if each.source])
    places = {
        each.id: Place(each.unit_id, series.get(each.source or ""), each.wishes_id)
        for each in to_come
    }
    wanted = settings_ids(places.values())
    changed = [each for each in to_come if each.settings_id != wanted[places[each.id]]]
    for each in changed:
        each.settings_id = wanted[places[each.id]]
    session.flush()
    return len(changed)


def of_plans(plans: Iterable[Any]) -> dict[str | None, int]:
    """Return which version holds for each shift that is to be opened, by its source."""
    wanted = list(plans)
    series = series_wishes([each.source for each in wanted if each.source])
    places = {
        each.source: Place(each.unit_id, series.get(each.source or ""), each.wishes_id)
        for each in wanted
    }
    held = settings_ids(places.values())
    return {source: held[place] for source, place in places.items()}


def series_wishes(sources: Sequence[str]) -> dict[str, int]:
    """Return what the series of these sources wish, by source; `features.py` says who knows."""
    found: dict[str, int] = {}
    for asks in wishes_of_series:
        found.update(asks(sources))
    return found
