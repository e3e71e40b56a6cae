"""On which days a weekly activity takes place."""

from datetime import date, datetime, time, timedelta

from volunteer.core import clock


def days(
    weekday: int, first_on: date, last_on: date | None, since: date, until: date
) -> list[date]:
    """Return the days from `since` to `until`, both included, on which an activity takes place.

    It comes back every week on `weekday`, 0 is Monday, from `first_on` to `last_on`; None
    is without an end.

    >>> november = date(2026, 11, 1), date(2026, 11, 30)
    >>> [day.day for day in days(4, date(2026, 11, 10), None, *november)]
    [13, 20, 27]
    >>> [day.day for day in days(4, date(2026, 11, 6), date(2026, 11, 20), *november)]
    [6, 13, 20]
    >>> days(4, date(2026, 11, 7), date(2026, 11, 12), *november)
    []
    """
    start = max(first_on, since)
    end = min(last_on, until) if last_on else until
    day = start + timedelta(days=(weekday - start.weekday()) % 7)
    found = []
    while day <= end:
        found.append(day)
        day += timedelta(days=7)
    return found


def takes_place(weekday: int, first_on: date, last_on: date | None) -> bool:
    """Tell whether there is any day of the activity at all.

    >>> takes_place(4, date(2026, 11, 6), date(2026, 11, 6))
    True
    >>> takes_place(4, date(2026, 11, 7), date(2026, 11, 6)), takes_place(4, date(2026, 1, 1), None)
    (False, True)
    """
    week = first_on + timedelta(days=6)
    return bool(days(weekday, first_on, last_on, first_on, week))


def times(day: date, starts: time, minutes: int) -> tuple[datetime, datetime]:
    """Return the instants at which the activity of a day begins and ends, perhaps the day after.

    >>> [f"{clock.local(t):%d %H:%M}" for t in times(date(2026, 11, 27), time(23, 30), 60)]
    ['27 23:30', '28 00:30']
    """
    starts_at = clock.at(day, starts)
    return starts_at, starts_at + timedelta(minutes=minutes)


def source(activity_id: int) -> str:
    """Return how the sources of the activity's shifts begin.

    >>> source(12)
    'activity:12:'
    """
    return f"activity:{activity_id}:"


def source_of(activity_id: int, day: date) -> str:
    """Return what names the shift of a day, so that it is opened once.

    >>> source_of(12, date(2026, 11, 27))
    'activity:12:2026-11-27'
    """
    return f"{source(activity_id)}{day.isoformat()}"
