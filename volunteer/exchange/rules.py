"""Reading durations and times, comparing days, and what a record is worth. Pure."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import NamedTuple

from volunteer.hours.rules import Interval, Terms, rounded
from volunteer.people.rules import Wrong, is_missing, normalise_name, parse_day
from volunteer.units.rules import INVISIBLE, name_key

#: Up to so many minutes a day, theirs and ours are held to agree: clocks and rounding differ.
TOLERANCE = 5
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
LONGEST_CELL = 100
MOST_MINUTES = 1440
#: Months are counted from here on.
EARLIEST = date(2000, 1, 1)

HOURS, MINUTES = "hours", "minutes"

_AMOUNT = re.compile(
    r"([0-9]{1,6}(?:\.[0-9]{1,20})?)(?:(小时|时|h|hours?)|(分钟|分|min|minutes?))?", re.IGNORECASE
)
_CLOCK = re.compile(r"([0-9]{1,3}):([0-5][0-9])(?::([0-5][0-9]))?")
_PARTS = re.compile(r"([0-9]{1,3})(?:小时|时)([0-5]?[0-9])(?:分钟|分)")
_NUMBER = re.compile(r"[0-9A-Za-z_-]{2,30}")
_MOMENT = re.compile(
    r"(?P<day>[0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?|[0-9]{8})"
    r"(?:(?:[T\s]\s*|(?<=日))(?P<hour>[0-9]{1,2})[:时](?P<minute>[0-9]{1,2})分?"
    r"(?::?(?P<second>[0-9]{1,2})(?:\.[0-9]+)?秒?)?)?"
)
_HOUR = re.compile(r"([0-9]{1,2})[:时]([0-9]{1,2})分?(?::?([0-9]{1,2})秒?)?")


class Standing(StrEnum):
    """How a line of the reconciliation stands."""

    MATCHED = "matched"
    AGREES = "agrees"
    DIFFERS = "differs"
    ONLY_THERE = "only_there"
    UNKNOWN = "unknown"
    DOUBTFUL = "doubtful"
    ONLY_HERE = "only_here"
    TAKEN = "taken"


def minutes_of(value: object, unit: str) -> int:
    """Return a duration cell as whole minutes, rounded half up; raises Wrong.

    `unit` says what a bare number is; a cell that names its own unit is taken by it, and
    1:30 is an hour and a half in either.

    >>> minutes_of("1.5", "hours"), minutes_of(90.0, "minutes"), minutes_of("９０分钟", "hours")
    (90, 90, 90)
    >>> minutes_of("1:30", "hours"), minutes_of("1小时5分", "hours"), minutes_of(0.33, "hours")
    (90, 65, 20)
    """
    if isinstance(value, timedelta):
        return _in_range(Decimal(value // timedelta(seconds=1)) / 60)
    if isinstance(value, time):
        return _in_range(Decimal(value.hour * 60 + value.minute) + Decimal(value.second) / 60)
    text = "".join(unicodedata.normalize("NFKC", INVISIBLE.sub("", str(value))).split())
    text = text.removeprefix("'")
    if is_missing(text):
        raise Wrong("missing_value")
    if len(text) > LONGEST_CELL:
        raise Wrong("too_long")
    if found := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return _in_range(Decimal(hours * 60 + minutes) + Decimal(seconds) / 60)
    if found := _PARTS.fullmatch(text):
        return _in_range(Decimal(int(found[1]) * 60 + int(found[2])))
    found = _AMOUNT.fullmatch(text)
    if not found:
        raise Wrong("minutes_range")
    in_hours = bool(found[2]) or (not found[3] and unit == HOURS)
    return _in_range(Decimal(found[1]) * (60 if in_hours else 1))


def _in_range(minutes: Decimal) -> int:
    whole = int(minutes.quantize(Decimal(1), ROUND_HALF_UP))
    if not 1 <= whole <= MOST_MINUTES:
        raise Wrong("minutes_range")
    return whole


def is_nothing(value: object) -> bool:
    """Tell whether a duration cell says none: empty, a dash, or zero.

    >>> [is_nothing(cell) for cell in ("", "—", "0", "0.00", 0.0, "0小时", "1", "x")]
    [True, True, True, True, True, True, False, False]
    """
    if isinstance(value, time | timedelta):
        return value in (time(), timedelta())
    text = str(value)
    return is_missing(text) or bool(re.fullmatch(r"\s*0+(\.0+)?\D{0,3}\s*", text))


def unit_of_title(title: str) -> tuple[str, str | None]:
    """Return a header without its marks, and the unit that it names.

    >>> unit_of_title("*服务时长（小时）"), unit_of_title("时长(分钟)"), unit_of_title("时长")
    (('服务时长', 'hours'), ('时长', 'minutes'), ('时长', None))
    >>> unit_of_title("荣誉时数")
    ('荣誉时数', 'hours')
    """
    key = name_key(title).lstrip("*").rstrip("*:")
    found = re.fullmatch(r"(.+?)[(\[](?:单位:?)?(.+)[)\]]", key)
    base, inside = (found[1], found[2].lower()) if found else (key, "")
    if inside in {"小时", "时", "h", "hour", "hours"}:
        return base, HOURS
    if inside in {"分钟", "分", "min", "minute", "minutes"}:
        return base, MINUTES
    if base.endswith(("时数", "小时数")):
        return base, HOURS
    if base.endswith("分钟数"):
        return base, MINUTES
    return (base if found else key), None


def number_of(text: str) -> str | None:
    """Return their number of a person, None where the cell says nothing; raises Wrong.

    >>> number_of(" 3301 8200 1234 "), number_of("—")
    ('330182001234', None)
    """
    if is_missing(text):
        return None
    number = name_key(text).removeprefix("'")
    if not _NUMBER.fullmatch(number):
        raise Wrong("invalid_number")
    return number.upper()


class Moment(NamedTuple):
    """What a time cell says: a day, a time of day, or both."""

    day: date | None
    hour: time | None


NO_MOMENT = Moment(None, None)


def moment_of(value: object, *, today: date) -> Moment:
    """Return what a time cell says; raises Wrong.

    >>> today = date(2026, 11, 23)
    >>> said = {moment_of(v, today=today) for v in ("2026/11/5 8:30", "2026年11月5日 8时30分",
    ...         "2026-11-05T08:30:00", datetime(2026, 11, 5, 8, 30))}
    >>> said == {Moment(date(2026, 11, 5), time(8, 30))}
    True
    >>> moment_of("20261105", today=today), moment_of("8:30", today=today)[1]
    (Moment(day=datetime.date(2026, 11, 5), hour=None), datetime.time(8, 30))
    """
    if isinstance(value, datetime):
        value = value.replace(tzinfo=None)
        return Moment(_known(parse_day(value, today=today)), _hour_of(value.time()))
    if isinstance(value, time):
        return Moment(None, _whole(value))
    if isinstance(value, float) and not value.is_integer() and 1 <= value < 100_000:
        exact = datetime(1899, 12, 30) + timedelta(days=value, seconds=0.5)
        return moment_of(exact.replace(microsecond=0), today=today)
    if not isinstance(value, str):
        return Moment(_known(parse_day(value, today=today)), None)
    if is_missing(value):
        return NO_MOMENT
    if len(value) > LONGEST_CELL:
        raise Wrong("too_long")
    text = unicodedata.normalize("NFKC", INVISIBLE.sub("", value)).strip().removeprefix("'")
    if found := _HOUR.fullmatch(text):
        return Moment(None, _time(*found.groups()))
    if not (found := _MOMENT.fullmatch(text)):
        raise Wrong("invalid_time")
    written = found["day"]
    if "年" in written and not written.endswith("日"):
        written += "日"
    try:
        day = _known(parse_day(written, today=today))
    except Wrong:
        raise Wrong("invalid_time") from None
    hour = _time(found["hour"], found["minute"], found["second"]) if found["hour"] else None
    return Moment(day, hour)


def _known(day: date | None) -> date | None:
    if day and day < EARLIEST:
        raise Wrong("invalid_time")
    return day


def _hour_of(hour: time) -> time | None:
    """A date cell carries midnight, which says nothing of the hour."""
    return _whole(hour) if hour != time() else None


def _whole(hour: time) -> time:
    return hour.replace(microsecond=0)


def _time(hour: str, minute: str, second: str | None) -> time:
    try:
        return time(int(hour), int(minute), min(int(second or 0), 59))
    except ValueError:
        raise Wrong("invalid_time") from None


def same_name(theirs: str, ours: str) -> bool:
    """Tell whether two spellings are one name.

    >>> same_name("王　强", "王强"), same_name("王强", "王刚")
    (True, False)
    """
    try:
        return normalise_name(theirs).casefold() == normalise_name(ours).casefold()
    except Wrong:
        return theirs == ours


def record_key(
    activity: str, day: date, starts: datetime | None, ends: datetime | None, minutes: int
) -> str:
    """Return what makes a record of a person one and the same in every file: 24 hex digits."""
    said = [name_key(activity), day.isoformat()]
    said += [moment.isoformat() if moment else "" for moment in (starts, ends)]
    return hashlib.sha256("|".join([*said, str(minutes)]).encode()).hexdigest()[:24]


def standing(theirs: int, ours: int) -> Standing:
    """Return how a person's day stands; within the tolerance the two agree.

    >>> [standing(*day).value for day in ((120, 0), (120, 115), (120, 114), (0, 60))]
    ['only_there', 'agrees', 'differs', 'only_here']
    """
    if not theirs:
        return Standing.ONLY_HERE
    if not ours:
        return Standing.ONLY_THERE
    return Standing.AGREES if abs(theirs - ours) <= TOLERANCE else Standing.DIFFERS


class Worth(NamedTuple):
    """Minutes that a record would enter, and why they are fewer than it says (or none)."""

    minutes: int
    reason: str | None = None


def overlap(one: Interval, others: Iterable[Interval]) -> timedelta:
    """Return how much of an interval the others cover; what they share counts once."""
    covered, reached = timedelta(), one[0]
    for starts, ends in sorted(others):
        begin, end = max(starts, reached), min(ends, one[1])
        if end > begin:
            covered += end - begin
            reached = end
    return covered


def worth(
    minutes: int,
    interval: Interval | None,
    *,
    counted: Sequence[Interval],
    waiting: Sequence[Interval],
    waits_that_day: bool,
    unexplained: int,
    posted: int,
    own_posted: int,
    terms: Terms,
) -> Worth:
    """Return what a record may enter, so that no time counts twice (R9, R11, R13, R14).

    `counted` are the intervals that count here already, `waiting` those that wait for a
    decision. `unexplained` minutes of the day have no interval here: then nobody can tell
    that the record is not the same service, as with an honour hour (no interval) on a day
    that has minutes of our own (`own_posted`). Of a record that overlaps, the overlap is
    left out of its minutes; they never exceed its interval. Above the most of a record
    nothing is taken, above that of the day a part (`posted` is what the day has).

    >>> at = lambda hour, minute=0: datetime(2026, 3, 7, hour, minute)
    >>> given = {"waiting": [], "waits_that_day": False, "unexplained": 0, "posted": 60,
    ...          "own_posted": 60, "terms": Terms()}
    >>> worth(120, (at(8), at(10)), counted=[(at(7), at(9))], **given)
    Worth(minutes=60, reason='part')
    >>> worth(120, (at(9), at(11)), counted=[(at(7), at(9))], **given)
    Worth(minutes=120, reason=None)
    >>> worth(60, None, counted=[(at(7), at(9))], **given)
    Worth(minutes=0, reason='day_has_own')
    """
    if minutes > terms.max_per_record:
        return Worth(0, "over_record")
    if unexplained > 0:
        return Worth(0, "day_has_own")
    reason = None
    if interval is None:
        if own_posted > 0:
            return Worth(0, "day_has_own")
        if waits_that_day:
            return Worth(0, "waits")
    else:
        if overlap(interval, waiting):
            return Worth(0, "waits")
        shared = -(-overlap(interval, counted) // MINUTE)  # a part of a minute is that minute
        length = (interval[1] - interval[0]) // MINUTE
        left = min(minutes, length) - shared
        if left <= 0:
            return Worth(0, "overlap")
        reason = "part" if left < minutes else None
        minutes = left
    whole = min(rounded(minutes, terms.rounding), terms.max_per_record)
    if reason == "part":
        whole = min(whole, minutes)  # rounding up would count shared time again
    if whole != minutes:
        reason = "rounded"
    if posted + whole > terms.max_per_day:
        return Worth(max(0, terms.max_per_day - posted), "over_day")
    return Worth(whole, reason)
