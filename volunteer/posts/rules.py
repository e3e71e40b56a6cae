"""On which days and at what hours a post is manned."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import combinations
from typing import NamedTuple

from volunteer.core import clock

#: Days of each month, February as in a leap year.
LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
EVERY_DAY = 127
WORKDAYS = 31

_MONTH_DAY = re.compile(r"([0-9]{1,2})[-./月]([0-9]{1,2})日?")


class Window(NamedTuple):
    """A time of day on some weekdays, perhaps in a season only.

    `weekdays` has one bit a weekday, Monday is 1, Sunday 64. The season's days are month
    and day, "05-01" to "09-30", both included; it may run over the new year. None to None
    is the whole year.
    """

    starts: time
    ends: time
    weekdays: int
    season_from: str | None = None
    season_until: str | None = None


def bits(weekdays: Sequence[int]) -> int:
    """Return weekdays, 0 is Monday, as the bits of a window.

    >>> bits([0, 1, 2, 3, 4]), bits([6]), bits([])
    (31, 64, 0)
    """
    return sum(1 << each for each in set(weekdays))


def weekdays_of(bits: int) -> list[int]:
    """Return the weekdays of a window's bits, 0 is Monday.

    >>> weekdays_of(31), weekdays_of(64)
    ([0, 1, 2, 3, 4], [6])
    """
    return [each for each in range(7) if bits >> each & 1]


def month_day(text: str) -> str:
    """Read a day of the year as people write it; raises ValueError.

    >>> month_day("5-1"), month_day("05-01"), month_day("9月30日"), month_day("2.29")
    ('05-01', '05-01', '09-30', '02-29')
    >>> month_day("2-30")
    Traceback (most recent call last):
    ValueError: not a day of the year: '2-30'
    """
    found = _MONTH_DAY.fullmatch(text.strip())
    if found:
        month, day = int(found[1]), int(found[2])
        if 1 <= month <= 12 and 1 <= day <= LENGTHS[month - 1]:
            return f"{month:02d}-{day:02d}"
    raise ValueError(f"not a day of the year: {text!r}")


def in_season(day: date, season_from: str | None, season_until: str | None) -> bool:
    """Tell whether a day lies in a season.

    >>> summer, winter = ("05-01", "09-30"), ("10-01", "04-30")
    >>> [in_season(date(2026, m, d), *summer) for m, d in ((4, 30), (5, 1), (9, 30), (10, 1))]
    [False, True, True, False]
    >>> [in_season(date(2026, m, d), *winter) for m, d in ((9, 30), (10, 1), (1, 1), (4, 30))]
    [False, True, True, True]
    >>> in_season(date(2026, 7, 1), None, None)
    True
    """
    return _within(f"{day:%m-%d}", season_from, season_until)


def _within(here: str, season_from: str | None, season_until: str | None) -> bool:
    if season_from is None or season_until is None:
        return True
    if season_from <= season_until:
        return season_from <= here <= season_until
    return here >= season_from or here <= season_until


def holds_on(window: Window, day: date) -> bool:
    """Tell whether a window is manned on a day.

    >>> morning = Window(time(7, 30), time(9), WORKDAYS, "05-01", "09-30")
    >>> [holds_on(morning, date(2026, m, d)) for m, d in ((9, 30), (9, 27), (10, 1))]
    [True, False, False]
    """
    return bool(window.weekdays >> day.weekday() & 1) and in_season(
        day, window.season_from, window.season_until
    )


def seasons_meet(one: Window, other: Window) -> bool:
    """Tell whether some day of the year lies in the seasons of both.

    >>> def of(*season):
    ...     return Window(time(7), time(8), WORKDAYS, *season)
    >>> seasons_meet(of("05-01", "09-30"), of("10-01", "04-30"))
    False
    >>> seasons_meet(of("05-01", "09-30"), of("09-30", "04-30")), seasons_meet(of(), of())
    (True, True)
    >>> seasons_meet(of(), of("05-01", "05-02")), seasons_meet(of("05-01", "05-02"), of())
    (True, True)
    """
    # Two stretches of a circle meet where one begins within the other.
    return any(
        _within(each.season_from or "01-01", another.season_from, another.season_until)
        for each, another in ((one, other), (other, one))
    )


def overlapping(windows: Sequence[Window]) -> tuple[Window, Window] | None:
    """Return two windows that fall into each other on some day, None where there are none.

    >>> morning = Window(time(7, 30), time(9), WORKDAYS)
    >>> evening = Window(time(17), time(18, 30), WORKDAYS)
    >>> overlapping([morning, evening]) is None
    True
    >>> overlapping([morning, Window(time(8), time(10), 32 + 64)]) is None
    True
    >>> overlapping([morning, Window(time(8), time(10), EVERY_DAY)]) is None
    False
    """
    for one, other in combinations(windows, 2):
        meets = one.starts < other.ends and other.starts < one.ends
        if meets and one.weekdays & other.weekdays and seasons_meet(one, other):
            return one, other
    return None


class Turn(NamedTuple):
    """One window on one day: what becomes a shift."""

    day: date
    starts: time
    starts_at: datetime
    ends_at: datetime


def turns(
    windows: Sequence[Window], first_on: date, last_on: date | None, since: date, until: date
) -> Iterator[Turn]:
    """Yield when the post is manned from `since` to `until`, both included, day by day.

    >>> morning = Window(time(7, 30), time(9), WORKDAYS)
    >>> evening = Window(time(17), time(18), 1 << 4)
    >>> week = date(2026, 11, 26), date(2026, 11, 30)
    >>> for turn in turns([evening, morning], date(2026, 1, 1), date(2026, 11, 30), *week):
    ...     print(f"{clock.local(turn.starts_at):%a %d %H:%M}-{clock.local(turn.ends_at):%H:%M}")
    Thu 26 07:30-09:00
    Fri 27 07:30-09:00
    Fri 27 17:00-18:00
    Mon 30 07:30-09:00
    """
    day = max(first_on, since)
    end = min(last_on, until) if last_on else until
    while day <= end:
        for window in sorted(windows, key=lambda window: window[:2]):
            if holds_on(window, day):
                starts_at, ends_at = clock.at(day, window.starts), clock.at(day, window.ends)
                yield Turn(day, window.starts, starts_at, ends_at)
        day += timedelta(days=1)


def source(post_id: int) -> str:
    """Return how the sources of the post's shifts begin.

    >>> source(7)
    'post:7:'
    """
    return f"post:{post_id}:"


def source_of(post_id: int, day: date, starts: time) -> str:
    """Return what names the shift of a day and window, so that it is opened once.

    >>> source_of(7, date(2026, 11, 27), time(7, 30))
    'post:7:2026-11-27:07:30'
    """
    return f"{source(post_id)}{day.isoformat()}:{starts:%H:%M}"


def content_of(name: str, corners: str | None, kit: str | None) -> str:
    """Return what is done at a post, as the record of each shift tells it (R2).

    >>> content_of("府前路口", "东北角", None)
    '文明劝导：府前路口。站位：东北角。'
    """
    parts = (("文明劝导", name), ("站位", corners), ("装备", kit))
    return "".join(f"{label}：{text}。" for label, text in parts if text)
