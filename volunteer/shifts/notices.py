"""What people are told about shifts; how it reaches them is the affair of a higher feature."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum


class Notice(StrEnum):
    """What somebody is told; each has its sentence in the inbox."""

    #: To those assigned.
    SHIFT_CANCELLED = "shift_cancelled"
    SHIFT_CHANGED = "shift_changed"
    ASSIGNED = "assigned"
    TAKEN_OFF = "taken_off"
    #: To one whose turn on the waiting list it is, and where he did not answer in time.
    PLACE_OFFERED = "place_offered"
    PLACE_LAPSED = "place_lapsed"
    #: To the one asked to swap or to stand in, and to the one who asked.
    SWAP_ASKED = "swap_asked"
    SWAP_ANSWERED = "swap_answered"
    #: To the coordinator and the leader: somebody cannot come; two have swapped.
    PLACE_GIVEN_UP = "place_given_up"
    PLACE_SWAPPED = "place_swapped"
    #: To a unit's people: who can fill this gap? To coordinators: the gaps of tomorrow.
    PEOPLE_ASKED = "people_asked"
    GAPS_TOMORROW = "gaps_tomorrow"
    #: A month's roster stands; one message however many places.
    ROSTER_PUBLISHED = "roster_published"
    #: To those assigned again: the day was called off, and that has been taken back.
    TAKES_PLACE = "takes_place"
    #: To one who is still checked in after the end.
    CHECK_OUT_MISSING = "check_out_missing"


#: Called with the notice, the people, what it is about ("shift:812", "roster:3"; at most 20
#: characters), the shift's id or None, and the moment; `features.py` fills it.
tellers: list[Callable[[Notice, Sequence[int], str, int | None, datetime], None]] = []


def about(number: int, now: datetime) -> str:
    """Return what a message is about that is told each time: a shift or a roster, and when.

    >>> from volunteer.core.clock import parse
    >>> about(812, parse("2026-12-01T07:30"))
    '812:6b0e06f8'
    """
    return f"{number}:{int(now.timestamp()):x}"


def tell(
    notice: Notice,
    people: Sequence[int],
    *,
    about: str,
    shift_id: int | None = None,
    now: datetime,
) -> None:
    """Owe people a message, in the caller's transaction. The same notice about the same thing
    reaches a person once, however often it is told."""
    if not people:
        return
    for teller in tellers:
        teller(notice, people, about, shift_id, now)
