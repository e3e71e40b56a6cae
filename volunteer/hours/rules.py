"""Arithmetic of service time. Pure: no database, no clock, no request."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

MINUTE = timedelta(minutes=1)

Interval = tuple[datetime, datetime]


class Terms(NamedTuple):
    """How minutes count, as the policy version of the month says; all in minutes."""

    grace_in: int = 0
    grace_out: int = 0
    #: Least share of the shift, percent; 0 is off.
    min_presence_percent: int = 0
    rounding: str = "none"
    max_per_record: int = 480
    max_per_day: int = 720


#: What holds where a policy says nothing else.
DEFAULT_TERMS = Terms()


class Counted(NamedTuple):
    """Whole minutes that count, and why they are fewer than were given, if they are.

    `reason` is `below_minimum` (R12), `over_record` (R13: wait for a person's decision)
    or `over_day` (R13: counted up to the day's maximum).
    """

    minutes: int
    reason: str | None = None


def countable_minutes(
    presences: Sequence[Interval], starts: datetime, ends: datetime, terms: Terms = DEFAULT_TERMS
) -> int:
    """Return how many minutes of the presences lie within the shift (R10, R11, R14).

    Overlapping presences count once. An arrival at most `grace_in` late counts as on
    time, a leaving at most `grace_out` early too. Whole minutes, rounded down once
    over the sum, never negative.

    >>> at = lambda hour, minute: datetime(2026, 3, 7, hour, minute)
    >>> countable_minutes([(at(7, 16), at(8, 35))], at(7, 30), at(8, 30))
    60
    >>> countable_minutes([(at(6, 0), at(7, 0))], at(7, 30), at(8, 30))
    0
    >>> countable_minutes([(at(9, 0), at(10, 0)), (at(10, 30), at(12, 0))], at(9, 0), at(12, 0))
    150
    >>> countable_minutes([(at(8, 9), at(11, 52))], at(8, 0), at(12, 0), Terms(10, 10))
    240
    """
    total = timedelta()
    reached = starts
    for arrived, left in sorted(presences):
        begin = starts if arrived <= starts + terms.grace_in * MINUTE else arrived
        end = ends if left >= ends - terms.grace_out * MINUTE else left
        begin = max(begin, reached)
        if end > begin:
            total += end - begin
            reached = end
    return total // MINUTE


def rounded(minutes: int, rounding: str) -> int:
    """Round one record as the policy says (R9).

    >>> [rounded(50, rule) for rule in ("none", "down_30", "nearest_30")]
    [50, 30, 60]
    """
    if rounding == "down_30":
        return minutes // 30 * 30
    if rounding == "nearest_30":
        return (minutes + 15) // 30 * 30
    return minutes


def counted(
    presences: Sequence[Interval],
    starts: datetime,
    ends: datetime,
    terms: Terms,
    *,
    posted_today: int = 0,
) -> Counted:
    """Return what one attendance earns (R9 to R13); `posted_today` is what the day already has.

    >>> at = lambda hour, minute: datetime(2026, 3, 7, hour, minute)
    >>> counted([(at(8, 0), at(9, 0))], at(8, 0), at(12, 0), Terms(min_presence_percent=60))
    Counted(minutes=0, reason='below_minimum')
    >>> counted([(at(8, 0), at(17, 0))], at(8, 0), at(17, 0), Terms())
    Counted(minutes=540, reason='over_record')
    >>> counted([(at(8, 0), at(10, 0))], at(8, 0), at(10, 0), Terms(), posted_today=700)
    Counted(minutes=20, reason='over_day')
    """
    minutes = countable_minutes(presences, starts, ends, terms)
    if minutes * 100 * MINUTE < terms.min_presence_percent * (ends - starts):
        return Counted(0, "below_minimum")
    minutes = rounded(minutes, terms.rounding)
    if minutes > terms.max_per_record:
        return Counted(minutes, "over_record")
    if posted_today + minutes > terms.max_per_day:
        return Counted(max(0, terms.max_per_day - posted_today), "over_day")
    return Counted(minutes)


def shortfall(served: int, required: int) -> int:
    """Return how many minutes of `required` are still missing (0 if none).

    >>> shortfall(45, 120), shortfall(150, 120)
    (75, 0)
    """
    return max(0, required - served)


def as_hours(minutes: int) -> str:
    """Return hours with two decimals, half up, as tables and exports show them (R9).

    >>> as_hours(150), as_hours(1), as_hours(-90)
    ('2.50', '0.02', '-1.50')
    """
    sign = "-" if minutes < 0 else ""
    hundredths = (abs(minutes) * 100 + 30) // 60
    return f"{sign}{hundredths // 100}.{hundredths % 100:02d}"
