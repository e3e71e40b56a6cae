"""What a post is on a day, in one piece that versions can keep."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from . import rules
from .models import Post
from .rules import Holidays, PlaceKind, Size, Window


class Facts(NamedTuple):
    """All of a post that may change; code, site and first day stay.

    `units` are those that take turns, in their order; none where one unit keeps the post.
    """

    name: str
    unit_id: int
    windows: tuple[Window, ...]
    wanted: int
    capacity: int | None = None
    place: str = PlaceKind.CROSSING
    size: str = Size.MINOR
    roads: str | None = None
    corners: str | None = None
    kit: str | None = None
    leader_id: int | None = None
    last_on: date | None = None
    holidays: str = Holidays.REGARDLESS
    needs_training: bool = True
    turn_by: str | None = None
    turns_from: date | None = None
    units: tuple[int, ...] = ()

    def unit_on(self, day: date) -> int:
        """Return the unit that answers for the post on a day (R47)."""
        if self.turn_by is None or self.turns_from is None:
            return self.unit_id
        return rules.responsible(self.units, self.turn_by, self.turns_from, day)

    @property
    def content(self) -> str:
        return rules.content_of(self.name, self.corners, self.kit)


DAYS = ("last_on", "turns_from")
#: What stands in the row of a post as it is.
PLAIN = tuple(name for name in Facts._fields if name not in ("windows", "units"))


def facts_of(post: Post) -> Facts:
    """Return how a post is after its newest version."""
    return Facts(
        **{name: getattr(post, name) for name in PLAIN},
        windows=in_order(
            Window(each.starts, each.ends, each.weekdays, each.season_from, each.season_until)
            for each in post.windows
        ),
        units=tuple(turn.unit_id for turn in post.turns),
    )


def in_order(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Return windows as the day goes, so that the same ones are equal.

    >>> hours = rules.hour_of("07:00"), rules.hour_of("08:00")
    >>> summer, year = Window(*hours, 31, "05-01", "09-30"), Window(*hours, 31)
    >>> in_order([summer, year]) == in_order([year, summer])
    True
    """
    return tuple(sorted(windows, key=lambda each: (each[:3], each.season_from or "")))


def as_json(facts: Facts) -> dict[str, Any]:
    """Return facts as a version keeps them.

    >>> hours = rules.hour_of("07:30"), rules.hour_of("09:00")
    >>> facts = Facts("府前路口", 3, (Window(*hours, 31),), 4)
    >>> of_json(as_json(facts)) == facts
    True
    >>> as_json(facts)["windows"]
    [['07:30', '09:00', 31, None, None]]
    """
    kept = facts._asdict()
    for name in DAYS:
        kept[name] = kept[name] and kept[name].isoformat()
    kept["windows"] = [
        [f"{each.starts:%H:%M}", f"{each.ends:%H:%M}", *each[2:]] for each in facts.windows
    ]
    return {**kept, "units": list(facts.units)}


def of_json(kept: Mapping[str, Any]) -> Facts:
    """Return the facts that a version keeps."""
    days = {
        name: kept[name] and date.fromisoformat(kept[name]) for name in ("last_on", "turns_from")
    }
    windows = tuple(
        Window(rules.hour_of(starts), rules.hour_of(ends), *more)
        for starts, ends, *more in kept["windows"]
    )
    return Facts(**{**kept, **days, "windows": windows, "units": tuple(kept["units"])})


def units_of(facts: Facts) -> set[int]:
    """Return every unit that facts name."""
    return {facts.unit_id, *facts.units}


def handed_over(facts: Facts, heirs: Mapping[int, int]) -> Facts:
    """Return facts with the units in the place of those that went into them.

    >>> hours = rules.hour_of("07:30"), rules.hour_of("09:00")
    >>> facts = Facts("府前路口", 3, (Window(*hours, 31),), 4, units=(3, 5))
    >>> changed = handed_over(facts, {3: 8})
    >>> changed.unit_id, changed.units
    (8, (8, 5))
    """
    taken = tuple(heirs.get(unit_id, unit_id) for unit_id in facts.units)
    return facts._replace(unit_id=heirs.get(facts.unit_id, facts.unit_id), units=taken)
