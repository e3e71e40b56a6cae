"""What a person owes in a month. Pure: no database, no clock, no request."""

from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

STEP = 15


class State(StrEnum):
    """How a person stands in a month (R25)."""

    MET = "met"
    NOT_MET = "not_met"
    EXEMPT = "exempt"
    NO_TARGET = "no_target"
    PENDING = "pending"


#: Both days included; None is open-ended.
Span = tuple[date, date | None]


class Owed(NamedTuple):
    """The minimum of one person in one month, and the days that it follows from."""

    required: int
    days: int
    member_days: int
    exempt_days: int
    #: `exempt` or `no_target` where nothing is owed, else None.
    excused: State | None


def days_within(spans: Iterable[Span], first: date, last: date) -> int:
    """Return the days from `first` to `last` that lie in any of the spans, as bits.

    Bit 0 is `first`; overlapping spans merge by themselves, and `bit_count` counts the days.

    >>> days_within([(date(2026, 11, 16), None)], date(2026, 11, 1), date(2026, 11, 30)).bit_count()
    15
    >>> bin(days_within([(date(2026, 11, 2), date(2026, 11, 3))], date(2026, 11, 1), date.max))
    '0b110'
    """
    found = 0
    for begins, ends in spans:
        begin, end = max(begins, first), min(ends or last, last)
        if begin <= end:
            found |= ((1 << (end - begin).days + 1) - 1) << (begin - first).days
    return found


def owed(
    base: int,
    min_days: int,
    first: date,
    last: date,
    memberships: Sequence[Span],
    exemptions: Sequence[Span] = (),
) -> Owed:
    """Return what is owed from `first` to `last` of a month (R23, R24).

    `base * eligible days / days of the month`, rounded down to 15 minutes; a whole month
    owes the base itself. Fewer eligible days than `min_days` owe nothing: `no_target` if
    joining and leaving alone leave so few, `exempt` if exemptions do.

    >>> november = date(2026, 11, 1), date(2026, 11, 30)
    >>> owed(120, 10, *november, [(date(2026, 11, 16), None)]).required
    60
    >>> owed(120, 10, *november, [(date(2020, 1, 1), None)], [november]).excused
    <State.EXEMPT: 'exempt'>
    >>> owed(120, 10, *november, [(date(2026, 11, 25), None)]).excused
    <State.NO_TARGET: 'no_target'>
    """
    days = (last - first).days + 1
    member = days_within(memberships, first, last)
    exempt = days_within(exemptions, first, last) & member
    facts = (days, member.bit_count(), exempt.bit_count())
    eligible = facts[1] - facts[2]
    if member.bit_count() < min_days:
        return Owed(0, *facts, State.NO_TARGET)
    if eligible < min_days:
        return Owed(0, *facts, State.EXEMPT)
    required = base if eligible == days else base * eligible // days // STEP * STEP
    return Owed(required, *facts, None)


def state(owes: Owed, served: int, unconfirmed: int = 0) -> State:
    """Return how a person stands (R25).

    `unconfirmed` are minutes recorded but not yet decided; they make `pending` only where
    they would make the difference. Booked future shifts are not among them.

    >>> whole = Owed(120, 30, 30, 0, None)
    >>> [str(state(whole, *m)) for m in ((120, 0), (60, 0), (60, 60), (60, 59))]
    ['met', 'not_met', 'pending', 'not_met']
    """
    if owes.excused:
        return owes.excused
    if served >= owes.required:
        return State.MET
    return State.PENDING if served + unconfirmed >= owes.required else State.NOT_MET


def rate(met: int, not_met: int) -> str:
    """Return the share that met the minimum, `75.0 %`; a dash where nobody owed (R25).

    >>> rate(6, 2), rate(0, 0)
    ('75.0 %', '—')
    """
    if met + not_met == 0:
        return "—"
    tenths = (met * 2000 + met + not_met) // (2 * (met + not_met))
    return f"{tenths // 10}.{tenths % 10} %"
