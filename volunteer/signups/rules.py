"""What decides about taking part: days, times, and whether somebody may have a place."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from volunteer.core.clock import Month
from volunteer.shifts.rules import span_of

DAY = timedelta(days=1)
#: How many days the page of days off offers.
DAYS_SHOWN = 60

Span = tuple[date, date]


def days_of(first: date, last: date) -> Iterator[date]:
    """Yield the days from the first to the last, both included."""
    while first <= last:
        yield first
        first += DAY


def spans(days: Collection[date]) -> list[Span]:
    """Return the days as stretches without a break, first and last day of each.

    >>> spans({date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 3)})[0]
    (datetime.date(2026, 11, 30), datetime.date(2026, 12, 1))
    """
    found: list[Span] = []
    for day in sorted(days):
        if found and found[-1][1] == day - DAY:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def days_offered(today: date) -> Span:
    """Return the first and the last day that the page of days off offers."""
    return today, today + timedelta(days=DAYS_SHOWN - 1)


class MonthSheet(NamedTuple):
    """The days of one month that a page offers; `blanks` stand before the first in its week."""

    month: Month
    blanks: int
    days: list[date]


def month_sheets(since: date, until: date) -> list[MonthSheet]:
    """Return the days from `since` to `until`, both included, month by month, weeks from Monday.

    >>> [(str(m), blanks, len(days)) for m, blanks, days
    ...  in month_sheets(date(2026, 11, 25), date(2026, 12, 2))]
    [('2026-11', 2, 6), ('2026-12', 1, 2)]
    """
    sheets: list[MonthSheet] = []
    for day in days_of(since, until):
        month = Month.of_day(day)
        if not sheets or sheets[-1].month != month:
            sheets.append(MonthSheet(month, day.weekday(), []))
        sheets[-1].days.append(day)
    return sheets


class Verdict(StrEnum):
    """Whether a person may take a place, or the first reason why not."""

    FREE = "free"
    #: All places are taken or held for others: there is the waiting list.
    FULL = "full"
    ALREADY_IN = "already_in"
    ALREADY_WAITING = "already_waiting"
    OVERLAPPING = "overlapping"
    DAY_OFF = "day_off"
    EXEMPT = "exempt"
    NOT_QUALIFIED = "not_qualified"
    TOO_LATE = "too_late"
    ASSIGNED_ONLY = "assigned_only"
    CANCELLED = "cancelled"
    NOT_YOUR_UNIT = "not_your_unit"
    #: The person is no volunteer any more, or belongs to no unit on that day.
    LEFT = "left"


class Terms(NamedTuple):
    """The times that hold for signing up; see `models.SignUpTerms`."""

    closes_before: timedelta
    late_before: timedelta
    answer_most: timedelta
    answer_least: timedelta
    rush: timedelta
    undo: timedelta


class Stay(NamedTuple):
    """One stretch of a person's membership; `units` are the unit and those above it."""

    from_on: date
    until_on: date | None
    units: tuple[int, ...]

    def covers(self, day: date) -> bool:
        return self.from_on <= day and (self.until_on is None or day < self.until_on)


class Served(NamedTuple):
    """A place that a person has."""

    shift_id: int
    starts_at: datetime
    ends_at: datetime


class Learnt(NamedTuple):
    """What somebody has learnt, and the days on which it holds."""

    kind: str
    from_on: date
    until_on: date | None

    def holds(self, day: date) -> bool:
        return self.from_on <= day and (self.until_on is None or day < self.until_on)


class Standing(NamedTuple):
    """What of a person decides about taking part."""

    is_active: bool
    stays: Sequence[Stay]
    off: Sequence[Span]
    exempt: Sequence[Span]
    learnt: Sequence[Learnt]
    places: Sequence[Served]
    #: The shifts on whose waiting list the person stands.
    waits: frozenset[int]

    def stay_on(self, day: date) -> Stay | None:
        return next((stay for stay in self.stays if stay.covers(day)), None)


class Asked(NamedTuple):
    """What of a shift decides. `taken` are the places of others and those held for others."""

    shift_id: int
    unit_id: int
    starts_at: datetime
    ends_at: datetime
    takes_place: bool
    is_open: bool
    needs: str | None
    places: int | None
    taken: int

    @property
    def free(self) -> int | None:
        """How many places are free for the one who asks; None: as many as want to come."""
        return None if self.places is None else max(0, self.places - self.taken)

    @property
    def days(self) -> Span:
        """The first and the last day on which the shift lies."""
        return span_of(self.starts_at, self.ends_at)


def places(wanted: int, capacity: int | None) -> int | None:
    """Return how many may sign up: the capacity, else as many as are asked for, else any number.

    A coordinator may assign more than are asked for; whoever signs up may not come on top.

    >>> places(4, 6), places(4, None), places(0, None)
    (6, 4, None)
    """
    return capacity if capacity is not None else wanted or None


def decide(asked: Asked, mine: Standing, *, gated: bool, terms: Terms, now: datetime) -> Verdict:
    """Tell whether a person may sign up for a shift; `gated`: what it needs is insisted on."""
    if not asked.takes_place:
        return Verdict.CANCELLED
    if is_in(asked, mine):
        return Verdict.ALREADY_IN
    stay = mine.stay_on(asked.days[0])
    if not mine.is_active or stay is None:
        return Verdict.LEFT
    if asked.unit_id not in stay.units:
        return Verdict.NOT_YOUR_UNIT
    if not asked.is_open:
        return Verdict.ASSIGNED_ONLY
    if hindrance := hindrance_of(asked, mine, gated=gated, terms=terms, now=now):
        return hindrance
    if asked.free == 0:
        is_waiting = asked.shift_id in mine.waits
        return Verdict.ALREADY_WAITING if is_waiting else Verdict.FULL
    return Verdict.FREE


def is_in(asked: Asked, mine: Standing) -> bool:
    return any(place.shift_id == asked.shift_id for place in mine.places)


def hindrance_of(
    asked: Asked,
    mine: Standing,
    *,
    gated: bool,
    terms: Terms,
    now: datetime,
    instead_of: int | None = None,
) -> Verdict | None:
    """Return what keeps a person from serving at a shift, whoever gives the place; or None.

    `instead_of` is a shift whose place the person gives away for it.
    """
    if not asked.takes_place:
        return Verdict.CANCELLED
    if is_in(asked, mine):
        return Verdict.ALREADY_IN
    first, last = asked.days
    if not mine.is_active or mine.stay_on(first) is None:
        return Verdict.LEFT
    if now >= asked.starts_at - terms.closes_before:
        return Verdict.TOO_LATE
    if any(
        place.starts_at < asked.ends_at and place.ends_at > asked.starts_at
        for place in mine.places
        if place.shift_id != instead_of
    ):
        return Verdict.OVERLAPPING
    if touches(mine.off, first, last):
        return Verdict.DAY_OFF
    if touches(mine.exempt, first, last):
        return Verdict.EXEMPT
    if gated and not is_qualified(asked, mine):
        return Verdict.NOT_QUALIFIED
    return None


def touches(stretches: Iterable[Span], first: date, last: date) -> bool:
    """Tell whether one of the stretches of days touches the days from `first` to `last`."""
    return any(begins <= last and ends >= first for begins, ends in stretches)


def is_qualified(asked: Asked, mine: Standing) -> bool:
    """Tell whether the person has what the shift needs, on the day (R54)."""
    day = asked.days[0]
    return asked.needs is None or any(
        each.kind == asked.needs and each.holds(day) for each in mine.learnt
    )


class Offer(NamedTuple):
    """Until when a free place is offered, and whether it is held for the one to whom it is."""

    until: datetime
    is_held: bool


def offer_at(now: datetime, starts_at: datetime, terms: Terms) -> Offer:
    """Return how a place that is free now is offered to the first who waits.

    Half the time to the start, within the two bounds; near the start to all at once.
    """
    left = starts_at - now
    if left < terms.rush:
        return Offer(starts_at, is_held=False)
    return Offer(now + max(terms.answer_least, min(terms.answer_most, left / 2)), is_held=True)


def is_late(at: datetime, starts_at: datetime, terms: Terms) -> bool:
    """Tell whether somebody who withdraws at a moment does so late; nothing follows from it."""
    return at > starts_at - terms.late_before
