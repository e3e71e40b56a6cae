"""What a version changed, in words; and windows as people write them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flask_babel import gettext, lazy_gettext

from .facts import Facts, of_json
from .forms import HOLIDAYS, PLACES, SIZES, TURNS
from .models import PostVersion
from .rules import Window, weekdays_of
from .window_form import WEEKDAYS

NAMES: dict[str, Any] = {
    "name": lazy_gettext("Name of the post"),
    "place": lazy_gettext("Kind of place"),
    "size": lazy_gettext("Size"),
    "unit_id": lazy_gettext("Unit"),
    "roads": lazy_gettext("Roads"),
    "corners": lazy_gettext("Where to stand"),
    "kit": lazy_gettext("What to wear and carry"),
    "windows": lazy_gettext("Windows"),
    "holidays": lazy_gettext("Holidays"),
    "last_on": lazy_gettext("Last day"),
    "wanted": lazy_gettext("People a shift"),
    "capacity": lazy_gettext("At most"),
    "needs_training": lazy_gettext("Training"),
    "leader_id": lazy_gettext("Leader"),
    "turn_by": lazy_gettext("Who answers for it"),
    "turns_from": lazy_gettext("First turn from"),
    "units": lazy_gettext("Units that take turns"),
}
LISTED: dict[str, Mapping[str, Any]] = {"place": PLACES, "size": SIZES, "holidays": HOLIDAYS}


class Change(NamedTuple):
    """One thing that a version changed, in words."""

    what: str
    before: str
    after: str


def changes_of(
    version: PostVersion, *, units: Mapping[int, str], people: Mapping[int, str]
) -> list[Change]:
    """Return what a version changed; units and people by their ids."""
    before, after = of_json(version.before), of_json(version.after)
    return [
        Change(str(words), _said(before, name, units, people), _said(after, name, units, people))
        for name, words in NAMES.items()
        if getattr(before, name) != getattr(after, name)
    ]


def ids_of(versions: Sequence[PostVersion]) -> tuple[set[int], set[int]]:
    """Return the units and the people that versions speak of."""
    told = [of_json(kept) for each in versions for kept in (each.before, each.after)]
    units = {unit_id for facts in told for unit_id in (facts.unit_id, *facts.units)}
    return units, {facts.leader_id for facts in told if facts.leader_id}


def _said(facts: Facts, name: str, units: Mapping[int, str], people: Mapping[int, str]) -> str:
    value = getattr(facts, name)
    if name == "windows":
        return "；".join(map(window_text, facts.windows))
    if name == "turn_by":
        return str(TURNS[value or ""])
    if name == "needs_training":
        return gettext("only for the trained") if value else gettext("not asked for")
    if name in LISTED:
        return str(LISTED[name][value])
    if name == "unit_id":
        return units.get(value, "—")
    if name == "units":
        return "、".join(units.get(each, "—") for each in value) or "—"
    if name == "leader_id":
        return people.get(value, "—") if value else gettext("the unit's coordinator")
    return "—" if value is None else str(value)


def window_text(window: Window) -> str:
    """Return a window in a few words: its hours, weekdays and season."""
    days = weekdays_of(window.weekdays)
    if days == [0, 1, 2, 3, 4]:
        said = gettext("Monday to Friday")
    elif len(days) == 7:
        said = gettext("every day")
    else:
        said = " ".join(str(WEEKDAYS[each]) for each in days)
    season = f" {window.season_from}–{window.season_until}" if window.season_from else ""
    return f"{window.starts:%H:%M}–{window.ends:%H:%M} {said}{season}"
