"""Which days are worked: what the state has published, Monday to Friday where it has not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

import chinese_calendar

SATURDAY = 5
DAY = timedelta(days=1)


def knows(year: int) -> bool:
    """Tell whether the holidays of a year have been published to us.

    >>> knows(2026), knows(2003)
    (True, False)
    """
    try:
        chinese_calendar.is_workday(date(year, 6, 1))
    except NotImplementedError:
        return False
    return True


def is_workday(day: date, own: Mapping[date, bool]) -> bool:
    """Tell whether a day is worked. `own` holds the days that the city has entered, True is
    worked; they go first. Of a year that nobody knows, Monday to Friday are worked.

    >>> new_year, make_up, sunday = date(2026, 1, 1), date(2026, 1, 4), date(2026, 1, 11)
    >>> [is_workday(day, {}) for day in (new_year, make_up, sunday)]
    [False, True, False]
    >>> is_workday(sunday, {sunday: True}), is_workday(date(2190, 1, 1), {})
    (True, True)
    """
    if day in own:
        return own[day]
    if knows(day.year):
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < SATURDAY


def published_name(day: date) -> str | None:
    """Return the English name of the holiday for whose sake a day is off, or is made up for.

    >>> published_name(date(2026, 10, 1)), published_name(date(2026, 10, 10))
    ('National Day', 'National Day')
    >>> published_name(date(2026, 11, 23)), published_name(date(2190, 10, 1))
    (None, None)
    """
    if not knows(day.year):
        return None
    name = chinese_calendar.get_holiday_detail(day)[1]
    return None if name is None else str(name)


@dataclass(frozen=True)
class Calendar:
    """The published days and the city's own, as one."""

    #: Own days, True is worked, and what they are called.
    own: Mapping[date, bool]
    names: Mapping[date, str]

    def is_workday(self, day: date) -> bool:
        return is_workday(day, self.own)

    def name_of(self, day: date) -> str | None:
        """Return why a day is off or made up for; None for a plain weekday or weekend.

        >>> Calendar({}, {date(2026, 11, 27): "停电"}).name_of(date(2026, 11, 27))
        '停电'
        """
        return self.names.get(day) or published_name(day)

    def makes_up(self, day: date) -> bool:
        """Tell whether a day of the weekend is worked.

        >>> [Calendar({}, {}).makes_up(date(2026, 1, day)) for day in (4, 5, 11)]
        [True, False, False]
        """
        return day.weekday() >= SATURDAY and self.is_workday(day)


class Stretch(NamedTuple):
    """Days on end that bear one name: all off, or all worked to make up for it."""

    name: str
    worked: bool
    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def stretches(year: int) -> list[Stretch]:
    """Return the published days of a year that differ from the week, earliest first.

    >>> [(each.name, each.worked, each.days) for each in stretches(2026)[:3]]
    [("New Year's Day", False, 3), ("New Year's Day", True, 1), ('Spring Festival', True, 1)]
    >>> stretches(2190)
    []
    """
    found: list[Stretch] = []
    day = date(year, 1, 1)
    while day.year == year:
        if name := published_name(day):
            here = Stretch(name, is_workday(day, {}), day, day)
            before = found[-1] if found else None
            if before and before[:2] == here[:2] and before.last == day - DAY:
                found[-1] = before._replace(last=day)
            else:
                found.append(here)
        day += DAY
    return found
