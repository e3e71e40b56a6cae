"""Weeks, and what a shift's times and numbers may be."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from volunteer.core import clock

#: How far ahead activities and posts open their shifts.
AHEAD = timedelta(days=28)
#: Nobody plans, copies or changes further ahead than this.
FURTHEST = timedelta(days=400)
LONGEST = timedelta(hours=24)

_KEY = re.compile(r"[0-9a-f]{16}")
_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")


@dataclass(frozen=True, order=True, slots=True)
class Week:
    """A calendar week in local time, Monday to Sunday, written 2026-W48."""

    monday: date

    @classmethod
    def of(cls, day: date) -> "Week":
        """Return the week of a day.

        >>> str(Week.of(date(2026, 11, 29))), str(Week.of(date(2027, 1, 1)))
        ('2026-W48', '2026-W53')
        """
        return cls(day - timedelta(days=day.weekday()))

    @classmethod
    def parse(cls, text: str) -> "Week":
        """Read `2026-W48`; anything else raises ValueError.

        >>> Week.parse("2026-W48").monday, Week.parse("2026-W53").next
        (datetime.date(2026, 11, 23), Week(monday=datetime.date(2027, 1, 4)))
        """
        found = _WEEK.fullmatch(text)
        if found is None or int(found[1]) not in clock.YEARS:
            raise ValueError(f"not a week: {text!r}")
        return cls(date.fromisocalendar(int(found[1]), int(found[2]), 1))

    @property
    def next(self) -> "Week":
        return Week(self.monday + timedelta(days=7))

    @property
    def previous(self) -> "Week":
        return Week(self.monday - timedelta(days=7))

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    def __str__(self) -> str:
        year, number, _ = self.monday.isocalendar()
        return f"{year:04d}-W{number:02d}"


def week_asked(text: str, *, today: date) -> Week:
    """Return the week that an address names, this week where it names none.

    >>> str(week_asked("2026-W48", today=date(2026, 1, 1)))
    '2026-W48'
    >>> {str(week_asked(text, today=date(2026, 11, 23))) for text in ("", "2026-W99", "1999-W01")}
    {'2026-W48'}
    """
    try:
        return Week.parse(text)
    except ValueError:
        return Week.of(today)


class Span(StrEnum):
    """What is copied at once."""

    WEEK = "week"
    MONTH = "month"


def stretch_of(span: Span, day: date) -> tuple[date, date]:
    """Return the first and the last day of the week or the month of a day.

    >>> [f"{each:%m-%d}" for each in stretch_of(Span.MONTH, date(2026, 2, 14))]
    ['02-01', '02-28']
    >>> [f"{each:%m-%d}" for each in stretch_of(Span.WEEK, date(2026, 11, 25))]
    ['11-23', '11-29']
    """
    if span == Span.WEEK:
        week = Week.of(day)
        return week.monday, week.sunday
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def same_place(span: Span, day: date, into: date) -> date | None:
    """Return the day that has the place of `day` in the week or month of another.

    The same weekday; in a month also its first, second ... one, None where it has no fifth.

    >>> same_place(Span.WEEK, date(2026, 11, 25), date(2026, 12, 3))
    datetime.date(2026, 12, 2)
    >>> same_place(Span.MONTH, date(2026, 11, 13), date(2026, 12, 1))
    datetime.date(2026, 12, 11)
    >>> same_place(Span.MONTH, date(2026, 10, 30), date(2026, 11, 1)) is None
    True
    """
    first, last = stretch_of(span, into)
    nth = 0 if span == Span.WEEK else (day.day - 1) // 7
    found = first + timedelta(days=(day.weekday() - first.weekday()) % 7 + 7 * nth)
    return found if found <= last else None


def times_fit(starts_at: datetime, ends_at: datetime) -> bool:
    """Tell whether a shift may last from one moment to the other: 24 hours at most."""
    return timedelta() < ends_at - starts_at <= LONGEST


def span_of(starts_at: datetime, ends_at: datetime) -> tuple[date, date]:
    """Return the first and the last day on which a shift lies.

    >>> evening = clock.at(date(2026, 12, 1), datetime.min.time()) + timedelta(hours=20)
    >>> [f"{day:%m-%d}" for day in span_of(evening, evening + timedelta(hours=4))]
    ['12-01', '12-01']
    >>> [f"{day:%m-%d}" for day in span_of(evening, evening + timedelta(hours=5))]
    ['12-01', '12-02']
    """
    return clock.local_day(starts_at), clock.local_day(ends_at - timedelta(microseconds=1))


def numbers_fit(wanted: int, capacity: int | None) -> bool:
    """Tell whether so many people can be asked for; no capacity is no limit.

    >>> numbers_fit(4, None), numbers_fit(4, 4), numbers_fit(4, 3), numbers_fit(-1, None)
    (True, True, False, False)
    """
    return wanted >= 0 and (capacity is None or capacity >= max(wanted, 1))


def missing(wanted: int, assigned: int) -> int:
    """Return how many people are still asked for.

    >>> missing(4, 1), missing(4, 6), missing(0, 0)
    (3, 0, 0)
    """
    return max(0, wanted - assigned)


def days_ahead(now: datetime) -> tuple[date, date]:
    """Return the first and the last day for which shifts are opened ahead: 29 days in all.

    >>> days_ahead(clock.at(date(2026, 11, 23), datetime.min.time()))
    (datetime.date(2026, 11, 23), datetime.date(2026, 12, 21))
    """
    today = clock.local_day(now)
    return today, today + AHEAD


def is_key(text: str) -> bool:
    """Tell whether a form's key can become the public id of what the form makes.

    >>> is_key("00ff00ff00ff00ff"), is_key("00FF"), is_key("")
    (True, False, False)
    """
    return _KEY.fullmatch(text) is not None


def words_of_leader(text: str) -> tuple[str, str]:
    """Return the name and the digits by which a leader is named.

    >>> words_of_leader("王芳 5678"), words_of_leader("王芳（5678）"), words_of_leader("V0000123")
    (('王芳', '5678'), ('王芳', '5678'), ('', 'V0000123'))
    >>> words_of_leader("13812345678"), words_of_leader(" ")
    (('', '13812345678'), ('', ''))
    """
    found = re.search(r"[Vv][0-9]{7}|[0-9]{11}|[0-9]{4}", text)
    name = text.replace(found[0], "") if found else text
    return re.sub(r"[\s()（）*]+", "", name), found[0].upper() if found else ""


class Waits(NamedTuple):
    """A person who waits for a place; until when one is offered, where one is."""

    public_id: str
    name: str
    offered_until: datetime | None
