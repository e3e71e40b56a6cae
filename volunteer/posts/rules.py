"""On which days and at what hours a post is manned, and whose turn it is."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import combinations
from typing import NamedTuple

from volunteer.core import clock

#: Days of each month, February as in a leap year.
LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
EVERY_DAY = 127
WORKDAYS = 31

SATURDAY = 5

#: By how much the start of a window may move and still be the same window.
SAME_WINDOW = timedelta(hours=2)


class Size(StrEnum):
    """How many people a post asks for where nobody says otherwise (R46)."""

    MINOR = "minor"
    MAJOR = "major"


WANTED = {Size.MINOR: 2, Size.MAJOR: 4}


class PlaceKind(StrEnum):
    CROSSING = "crossing"
    SCHOOL = "school"
    MARKET = "market"
    STOP = "stop"
    OTHER = "other"


class Holidays(StrEnum):
    """What a post does on days that are not worked."""

    #: Nobody stands there on a day off between Monday and Friday.
    SKIP = "skip"
    #: The same, and on a worked day of the weekend it is manned as from Monday to Friday.
    MAKE_UP = "make_up"
    REGARDLESS = "regardless"


class TurnBy(StrEnum):
    """How long a unit keeps a post that goes round (R47)."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


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


def is_manned(window: Window, day: date, holidays: str, worked: Callable[[date], bool]) -> bool:
    """Tell whether a window is manned on a day, off or not.

    Days off are those between Monday and Friday that are not `worked`: a window of the
    weekend knows none. On a make-up day of the weekend the windows of the whole working
    week hold, and no other.

    >>> week, saturdays = Window(time(7, 30), time(9), WORKDAYS), Window(time(8), time(9), 32)
    >>> friday, saturday = date(2026, 10, 2), date(2026, 10, 10)
    >>> made_up = lambda day: day == saturday
    >>> [is_manned(week, day, Holidays.SKIP, made_up) for day in (friday, saturday)]
    [False, False]
    >>> [is_manned(week, day, Holidays.MAKE_UP, made_up) for day in (friday, saturday)]
    [False, True]
    >>> [is_manned(week, day, Holidays.REGARDLESS, made_up) for day in (friday, saturday)]
    [True, False]
    >>> [is_manned(saturdays, saturday, each, made_up) for each in Holidays]
    [True, False, True]
    """
    holds = holds_on(window, day)
    if holidays == Holidays.REGARDLESS:
        return holds
    if day.weekday() < SATURDAY:
        return holds and worked(day)
    if holidays == Holidays.MAKE_UP and worked(day):
        every_workday = window.weekdays & WORKDAYS == WORKDAYS
        return every_workday and in_season(day, window.season_from, window.season_until)
    return holds


def responsible(units: Sequence[int], turn_by: str, turns_from: date, day: date) -> int:
    """Return which unit answers for a post on a day (R47): they take turns by whole days,
    weeks from Monday, or months; the first has the turn that `turns_from` lies in.

    >>> start = date(2026, 11, 25)
    >>> [responsible([7, 8, 9], "day", start, date(2026, 11, d)) for d in (24, 25, 26, 28)]
    [9, 7, 8, 7]
    >>> [responsible([7, 8], "week", start, date(2026, 11, d)) for d in (22, 23, 29, 30)]
    [8, 7, 7, 8]
    >>> [responsible([7, 8], "month", start, date(2026, m, 1)) for m in (10, 11, 12)]
    [8, 7, 8]
    """
    if turn_by == TurnBy.DAY:
        turns = (day - turns_from).days
    elif turn_by == TurnBy.WEEK:
        turns = (_monday(day) - _monday(turns_from)).days // 7
    else:
        turns = (day.year - turns_from.year) * 12 + day.month - turns_from.month
    return units[turns % len(units)]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


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


def every_day(day: date) -> bool:
    """The calendar of those who know no days off."""
    return True


def turns(
    windows: Sequence[Window],
    first_on: date,
    last_on: date | None,
    since: date,
    until: date,
    holidays: str = Holidays.REGARDLESS,
    worked: Callable[[date], bool] = every_day,
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
            if is_manned(window, day, holidays, worked):
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


def hour_of(text: str) -> time:
    """Read an hour as versions and sources keep it.

    >>> hour_of("07:30")
    datetime.time(7, 30)
    """
    hour, minute = text.split(":")
    return time(int(hour), int(minute))


def key_of(source: str) -> tuple[date, time]:
    """Return the day and the start that a source names.

    >>> key_of("post:7:2026-11-27:07:30")
    (datetime.date(2026, 11, 27), datetime.time(7, 30))
    """
    _, _, day, start = source.split(":", 3)
    return date.fromisoformat(day), hour_of(start)


def pairs(held: Sequence[time], wished: Sequence[time]) -> dict[time, time]:
    """Return which window of a day each shift of that day belongs to after a change.

    The same start goes first, then the nearest at most two hours away; what finds none is
    a window that is no more. No window is taken twice.

    >>> pairs([time(7, 30), time(17)], [time(7, 30), time(16, 30)])
    {datetime.time(7, 30): datetime.time(7, 30), datetime.time(17, 0): datetime.time(16, 30)}
    >>> pairs([time(7), time(8)], [time(8)])
    {datetime.time(8, 0): datetime.time(8, 0)}
    >>> pairs([time(7, 30)], [time(17)])
    {}
    """
    found = {start: start for start in held if start in wished}
    apart = sorted(
        (abs(_since_midnight(start) - _since_midnight(wish)), start, wish)
        for start in held
        for wish in wished
    )
    for distance, start, wish in apart:
        if distance <= SAME_WINDOW and start not in found and wish not in found.values():
            found[start] = wish
    return found


def _since_midnight(moment: time) -> timedelta:
    return timedelta(hours=moment.hour, minutes=moment.minute)


def is_suspended(day: date, spans: Sequence[tuple[date, date | None]]) -> bool:
    """Tell whether a day lies in one of the spans; both days are included, None is open.

    >>> roadworks = [(date(2026, 11, 25), date(2026, 11, 27))]
    >>> [is_suspended(date(2026, 11, d), roadworks) for d in (24, 25, 27, 28)]
    [False, True, True, False]
    >>> is_suspended(date(2027, 1, 1), [(date(2026, 11, 25), None)])
    True
    """
    return any(first <= day and (last is None or day <= last) for first, last in spans)


def content_of(name: str, corners: str | None, kit: str | None) -> str:
    """Return what is done at a post, as the record of each shift tells it (R2).

    >>> content_of("府前路口", "东北角", None)
    '文明劝导：府前路口。站位：东北角。'
    """
    parts = (("文明劝导", name), ("站位", corners), ("装备", kit))
    return "".join(f"{label}：{text}。" for label, text in parts if text)
