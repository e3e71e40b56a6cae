"""The words of why somebody was chosen, and of why a place stays empty."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext

from volunteer.core.i18n import N_

from .problem import Why

#: Why somebody was chosen.
CHOSEN = {
    "short": N_("%(minutes)s minutes short of the month's minimum"),
    "least": N_("with %(places)s places in three months the fewest of the unit"),
    "fewer": N_("%(places)s places in three months, %(average)s on average in the unit"),
    "same_slot": N_("stood here %(times)s times at this weekday and hour"),
    "same_site": N_("stood at this place %(times)s times in three months"),
    "free": N_("free at that time, and it keeps the turns even"),
    "by_hand": N_("chosen by hand"),
    "copied": N_("as last month"),
    "rotation": N_("next in the line"),
}
#: Why one person cannot.
WHY_NOT: dict[str, str] = {
    Why.HERE: N_("serves here already"),
    Why.ELSEWHERE: N_("is of another unit on that day"),
    Why.WITHDREW: N_("has said not to be able to come to it"),
    Why.EXEMPT: N_("is exempt on that day"),
    Why.DAY_OFF: N_("has marked the day as not available"),
    Why.UNTRAINED: N_("has no valid training for it"),
    Why.SAME_TIME: N_("serves elsewhere at that time"),
    Why.SAME_DAY: N_("has another post on that day"),
    Why.WEEK_FULL: N_("has as many posts that week as are allowed"),
    Why.REST: N_("needs the rest between an evening and a morning"),
    Why.TAKEN_OFF: N_("was taken off this place by hand"),
}
#: Why a place stays empty: how many people each reason keeps away.
EMPTY = {
    "nobody": N_("nobody belongs to the unit on that day"),
    "people": N_("none of the unit's %(people)s people is free"),
    "by_hand": N_("changed by hand"),
    Why.HERE: N_("%(people)s serve here already"),
    Why.WITHDREW: N_("%(people)s have said not to be able to come to it"),
    Why.EXEMPT: N_("%(people)s are exempt"),
    Why.DAY_OFF: N_("%(people)s have marked the day as not available"),
    Why.UNTRAINED: N_("%(people)s have no valid training"),
    Why.SAME_TIME: N_("%(people)s serve elsewhere at that time"),
    Why.SAME_DAY: N_("%(people)s have another post on that day"),
    Why.WEEK_FULL: N_("%(people)s have all the posts that a week allows"),
    Why.REST: N_("%(people)s need the rest after an evening or before a morning"),
    Why.TAKEN_OFF: N_("%(people)s were taken off by hand"),
}
#: Why a place of a draft was not kept when the roster was published.
LOST: dict[str, str] = {
    "handed_over": N_("the shift is another unit's by now"),
    "cancelled": N_("the shift has been cancelled"),
    "over": N_("the shift has begun"),
    "full": N_("the shift is full"),
    "unwanted": N_("the shift wants nobody any more in this month"),
    **WHY_NOT,
    Why.ELSEWHERE: N_("does not belong to the unit any more"),
    Why.SAME_TIME: N_("serves elsewhere at that time by now"),
}


def chosen_text(reasons: Iterable[Mapping[str, Any]]) -> str:
    """Tell why somebody was chosen, in one line."""
    return _told(CHOSEN, reasons)


def empty_text(reasons: Iterable[Mapping[str, Any]]) -> str:
    """Tell why a place stays empty, in one line."""
    return _told(EMPTY, reasons)


def why_text(why: Why) -> str:
    return gettext(WHY_NOT[why])


def lost_text(code: str) -> str:
    return gettext(LOST[code])


def _told(words: Mapping[str, str], reasons: Iterable[Mapping[str, Any]]) -> str:
    told = []
    for each in reasons:
        sentence = words[each["code"]]
        facts = {name: fact for name, fact in each.items() if name != "code"}
        told.append(gettext(sentence, **facts))
    return gettext("; ").join(told)
