"""On which days a series takes place."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple

from dateutil.rrule import rrulestr

from volunteer.core import clock
from volunteer.workdays.rules import Calendar

#: As RRULE writes them; 0 is Monday.
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY")
#: Which weekday of a month: the first to the fourth, or the last.
PLACES = (1, 2, 3, 4, -1)
MOST_INTERVAL = 12
LAST = -1
DAY = timedelta(days=1)


class Holidays(StrEnum):
    """What a series does about days off."""

    #: It does not take place on them.
    SKIP = "skip"
    #: Nor that, but also on the days that are worked to make up for them.
    MAKE_UP = "make_up"
    #: It takes place regardless.
    KEEP = "keep"


class Pattern(NamedTuple):
    """How a series comes back. Without weekdays: on the weekday, or every day, of the first."""

    frequency: str
    interval: int
    #: 0 is Monday, in order.
    weekdays: tuple[int, ...]
    #: Which of the month, for MONTHLY only: 1 to 4, or -1 for the last.
    place: int | None = None

    def __str__(self) -> str:
        """Return it as an RRULE, always written in the same way.

        >>> str(Pattern("WEEKLY", 2, (0, 4))), str(Pattern("MONTHLY", 1, (5,), 2))
        ('FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR', 'FREQ=MONTHLY;BYDAY=2SA')
        """
        parts = [f"FREQ={self.frequency}"]
        if self.interval > 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.weekdays:
            place = "" if self.place is None else str(self.place)
            parts.append("BYDAY=" + ",".join(place + WEEKDAYS[day] for day in self.weekdays))
        return ";".join(parts)


def pattern(rrule: str) -> Pattern:
    """Read an RRULE of FREQ, INTERVAL and BYDAY; anything else raises ValueError.

    How often or until when is not for a rule to say: a series has its first and last day.

    >>> tuple(pattern("FREQ=WEEKLY;BYDAY=FR")), tuple(pattern("BYDAY=-1SU;FREQ=MONTHLY"))
    (('WEEKLY', 1, (4,), None), ('MONTHLY', 1, (6,), -1))
    >>> def refused(text):
    ...     try:
    ...         return pattern(text)
    ...     except ValueError:
    ...         return "refused"
    >>> wrong = "FREQ=WEEKLY;COUNT=3;BYDAY=FR", "FREQ=YEARLY", "FREQ=WEEKLY;INTERVAL=0;BYDAY=FR"
    >>> more = "FREQ=WEEKLY;BYDAY=2FR", "FREQ=MONTHLY;BYDAY=FR", "FREQ=WEEKLY", "FREQ=DAILY;X", ""
    >>> {refused(text) for text in (*wrong, *more)}
    {'refused'}
    """
    parts = dict(_pair(part) for part in rrule.split(";"))
    if len(parts) != len(rrule.split(";")) or not parts.keys() <= {"FREQ", "INTERVAL", "BYDAY"}:
        raise ValueError(f"not a rule of ours: {rrule!r}")
    frequency, interval = parts.get("FREQ", ""), int(parts.get("INTERVAL", "1"))
    named = [word for word in parts.get("BYDAY", "").split(",") if word]
    weekdays = tuple(sorted({WEEKDAYS.index(word[-2:]) for word in named}))
    places = {word[:-2] for word in named}
    monthly = frequency == "MONTHLY"
    fits = (
        frequency in FREQUENCIES
        and 1 <= interval <= MOST_INTERVAL
        and (bool(weekdays) or frequency == "DAILY")
        and (len(places) == 1 if monthly else places <= {""})
    )
    place = int(places.pop()) if fits and monthly else None
    if not fits or (monthly and place not in PLACES):
        raise ValueError(f"not a rule of ours: {rrule!r}")
    return Pattern(frequency, interval, weekdays, place)


def _pair(part: str) -> tuple[str, str]:
    name, sign, value = part.partition("=")
    if not sign:
        raise ValueError(f"no value: {part!r}")
    return name, value


def days(rrule: str, first_on: date, last_on: date | None, since: date, until: date) -> list[date]:
    """Return the days from `since` to `until`, both included, that the rule names.

    It is counted from `first_on`, which need not be one of them; `last_on` None is without
    an end.

    >>> november = date(2026, 11, 1), date(2026, 11, 30)
    >>> def of(rule, first, last=None):
    ...     return [day.day for day in days(rule, date(2026, 11, first), last, *november)]
    >>> of("FREQ=WEEKLY;BYDAY=FR", 10), of("FREQ=WEEKLY;BYDAY=FR", 6, date(2026, 11, 20))
    ([13, 20, 27], [6, 13, 20])
    >>> of("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR", 6), of("FREQ=MONTHLY;BYDAY=-1SU", 1)
    ([6, 16, 20, 30], [29])
    >>> of("FREQ=WEEKLY;BYDAY=FR", 7, date(2026, 11, 12))
    []
    """
    start, end = max(first_on, since), min(last_on, until) if last_on else until
    if end < start:
        return []
    rule = rrulestr(rrule, dtstart=datetime.combine(first_on, time()))
    found = rule.between(datetime.combine(start, time()), datetime.combine(end, time()), inc=True)
    return [moment.date() for moment in found]


def takes_place(rrule: str, first_on: date, last_on: date | None) -> bool:
    """Tell whether there is any day of the series at all.

    >>> friday = "FREQ=WEEKLY;BYDAY=FR"
    >>> takes_place(friday, date(2026, 11, 6), date(2026, 11, 6))
    True
    >>> takes_place(friday, date(2026, 11, 7), date(2026, 11, 6))
    False
    >>> takes_place("FREQ=MONTHLY;BYDAY=2SA", date(2026, 11, 15), None)
    True
    """
    far = first_on + timedelta(days=31 * (MOST_INTERVAL + 1))
    return bool(days(rrule, first_on, last_on, first_on, far))


class Verdict(StrEnum):
    """What becomes of a day of a series when its shifts are opened."""

    NEW = "new"
    #: The shift is there already.
    THERE = "there"
    #: It was there and has been cancelled; it is not opened again.
    CANCELLED = "cancelled"
    HOLIDAY = "holiday"
    #: Somebody has taken the day out.
    SKIPPED = "skipped"


class Series(NamedTuple):
    """What decides on the days of a series."""

    rrule: str
    first_on: date
    last_on: date | None
    holidays: str
    #: Days taken out, with the reason; and days put in.
    skipped: Mapping[date, str]
    extra: Iterable[date] = ()


class Occurrence(NamedTuple):
    """A day of a series: NEW where it takes place, else why not, with the name or reason."""

    day: date
    verdict: Verdict
    note: str = ""


def occurrences(series: Series, calendar: Calendar, since: date, until: date) -> list[Occurrence]:
    """Return every day of a series from `since` to `until`, also those left out and why.

    >>> plain = Calendar({}, {})
    >>> fridays = Series("FREQ=WEEKLY;BYDAY=FR", date(2026, 9, 1), None, "skip", {})
    >>> autumn = date(2026, 9, 25), date(2026, 10, 10)
    >>> [(o.day.day, str(o.verdict), o.note) for o in occurrences(fridays, plain, *autumn)]
    [(25, 'holiday', 'Mid-autumn Festival'), (2, 'holiday', 'National Day'), (9, 'new', '')]
    >>> also = fridays._replace(holidays="make_up", skipped={date(2026, 10, 9): "检查"})
    >>> [(o.day.day, str(o.verdict), o.note) for o in occurrences(also, plain, *autumn)][2:]
    [(9, 'skipped', '检查'), (10, 'new', '')]
    >>> kept = fridays._replace(holidays="keep", extra=[date(2026, 9, 30)])
    >>> [o.day.day for o in occurrences(kept, plain, *autumn)]
    [25, 30, 2, 9]

    A weekend is nobody's holiday unless it has a name.

    >>> saturdays = Series("FREQ=WEEKLY;BYDAY=SA", date(2026, 10, 1), None, "skip", {})
    >>> [str(o.verdict) for o in occurrences(saturdays, plain, *autumn)], autumn[1].weekday()
    (['holiday', 'new'], 5)
    """
    named = set(days(series.rrule, series.first_on, series.last_on, since, until))
    if series.holidays == Holidays.MAKE_UP:
        end = min(series.last_on, until) if series.last_on else until
        day = max(series.first_on, since)
        while day <= end:
            if calendar.makes_up(day):
                named.add(day)
            day += DAY
    extra = {day for day in series.extra if since <= day <= until}
    found = []
    for day in sorted(named | extra):
        off = series.holidays != Holidays.KEEP and is_off(day, calendar)
        if day in series.skipped:
            found.append(Occurrence(day, Verdict.SKIPPED, series.skipped[day]))
        elif off and day not in extra:
            found.append(Occurrence(day, Verdict.HOLIDAY, calendar.name_of(day) or ""))
        else:
            found.append(Occurrence(day, Verdict.NEW))
    return found


def is_off(day: date, calendar: Calendar) -> bool:
    """Tell whether a day is a holiday, or has been declared a day off."""
    return calendar.name_of(day) is not None and not calendar.is_workday(day)


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


def named_by(source: str | None) -> tuple[int, date] | None:
    """Return the activity and the day that a shift's source names, None where it names none.

    >>> named_by("activity:12:2026-11-27"), named_by("post:3:2026-11-27:0730"), named_by(None)
    ((12, datetime.date(2026, 11, 27)), None, None)
    """
    kind, _, rest = (source or "").partition(":")
    number, _, day = rest.partition(":")
    return (int(number), date.fromisoformat(day)) if kind == "activity" else None


def dropped(source: str, shift_id: int) -> str:
    """Return the source of a shift that its series no longer wants: it frees the day.

    >>> dropped("activity:12:2026-11-27", 812)
    'dropped:activity:12:2026-11-27:812'
    """
    return f"dropped:{source}:{shift_id}"


def paired(held: Iterable[date], wanted: Iterable[date]) -> dict[date, date | None]:
    """Return to which wanted day each held one goes: itself, else the nearest one of its own
    week that nobody holds, else none.

    >>> week = [date(2026, 11, day) for day in (23, 24, 25, 26, 27)]
    >>> thursday, friday, monday = week[3], week[4], date(2026, 11, 30)
    >>> paired([friday], [thursday]) == {friday: thursday}
    True
    >>> paired([week[0], friday], [friday]) == {week[0]: None, friday: friday}
    True
    >>> paired([friday], [monday]) == {friday: None}
    True
    """
    held, free = list(held), set(wanted)
    found: dict[date, date | None] = {day: day for day in held if day in free}
    free -= found.keys()
    for day in sorted(held):
        if day in found:
            continue
        near = [each for each in free if each.isocalendar()[:2] == day.isocalendar()[:2]]
        found[day] = min(near, key=lambda each: (abs(each - day), each), default=None)
        free.discard(found[day] or day)
    return found
