"""Verdicts about moving somebody, the pages of a month, the state of a shift; pure."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from volunteer.core.clock import YEARS, Month

#: For so long a move can be taken back in one tap.
UNDO = timedelta(minutes=15)
#: From so long before its start a shift is shown on the board of now.
BEFORE = timedelta(minutes=30)
#: Whoever comes within this is on time (R50).
TOLERANCE = timedelta(minutes=5)
#: At most so many days has an inspection.
LONGEST = 92
#: What a page of the month may hold: columns, and about so many bytes of shifts.
MOST_COLUMNS = 7
MOST_WEIGHT = 62_000
#: Of a shift so many names are shown in a cell.
NAMES = 4


class Verdict(StrEnum):
    """Whether a person can be put on a shift, and if not, why not."""

    FREE = "free"
    #: Has taken the day off: asks first, as `BEYOND` does.
    AWAY = "away"
    BEYOND = "beyond"
    FULL = "full"
    OVERLAPPING = "overlapping"
    HERE = "here"
    NOT_LEARNT = "not_learnt"
    CANCELLED = "cancelled"
    OVER = "over"


class Facts(NamedTuple):
    """What a verdict on one shift is made of; `capacity` None is no limit."""

    starts_at: datetime
    ends_at: datetime
    cancelled: bool
    wanted: int
    capacity: int | None
    assigned: int


def verdict_on(
    facts: Facts,
    *,
    here: bool,
    learnt: bool,
    away: bool = False,
    busy: Iterable[tuple[datetime, datetime]],
    now: datetime,
) -> Verdict:
    """Say whether one more person fits; `busy` are the stretches at which he serves elsewhere,
    `away` says that he has taken the day off.

    >>> from volunteer.core import clock
    >>> nine = clock.at(date(2026, 12, 1), datetime.min.time()) + timedelta(hours=9)
    >>> ten, eight = nine + timedelta(hours=1), nine - timedelta(hours=1)
    >>> def say(assigned=0, capacity=None, cancelled=False, busy=(), now=eight):
    ...     facts = Facts(nine, ten, cancelled, 2, capacity, assigned)
    ...     return str(verdict_on(facts, here=False, learnt=True, busy=busy, now=now))
    >>> say(), say(2), say(2, 2), say(3, 3, True), say(now=ten)
    ('free', 'beyond', 'full', 'cancelled', 'over')
    >>> say(busy=[(eight, nine)]), say(busy=[(eight, nine + timedelta(minutes=1))])
    ('free', 'overlapping')
    """
    if facts.cancelled:
        return Verdict.CANCELLED
    if facts.ends_at <= now:
        return Verdict.OVER
    if here:
        return Verdict.HERE
    if not learnt:
        return Verdict.NOT_LEARNT
    if any(since < facts.ends_at and until > facts.starts_at for since, until in busy):
        return Verdict.OVERLAPPING
    if facts.capacity is not None and facts.assigned >= facts.capacity:
        return Verdict.FULL
    if away:
        return Verdict.AWAY
    if facts.wanted and facts.assigned >= facts.wanted:
        return Verdict.BEYOND
    return Verdict.FREE


def weight_of(shifts: int, names: int) -> int:
    """Return about how many bytes so many shifts with so many names have on the page."""
    return 210 * shifts + 62 * names


def pages_of(weights: Sequence[int]) -> list[range]:
    """Cut columns into pages that are neither too wide nor too heavy; none is one empty page.

    >>> pages_of([10] * 9), pages_of([])
    ([range(0, 7), range(7, 9)], [range(0, 0)])
    >>> pages_of([50_000, 20_000, 90_000])
    [range(0, 1), range(1, 2), range(2, 3)]
    """
    pages, first, weight = [], 0, 0
    for at, each in enumerate(weights):
        if at > first and (at - first == MOST_COLUMNS or weight + each > MOST_WEIGHT):
            pages.append(range(first, at))
            first, weight = at, 0
        weight += each
    return [*pages, range(first, len(weights))]


def month_asked(text: str, *, today: date) -> Month:
    """Return the month that an address names, this one where it names none.

    >>> [str(month_asked(text, today=date(2026, 11, 23))) for text in ("2026-03", "", "2026-13")]
    ['2026-03', '2026-11', '2026-11']
    """
    try:
        return Month.parse(text)
    except ValueError:
        return Month.of_day(today)


def day_asked(text: str, *, otherwise: date) -> date:
    """Return the day that an address names, else the other one.

    >>> day_asked("2026-12-01", otherwise=date(2026, 1, 1)).isoformat()
    '2026-12-01'
    >>> {day_asked(text, otherwise=date(2026, 1, 1)).year for text in ("", "1900-01-01", "x")}
    {2026}
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return otherwise
    return day if day.year in YEARS else otherwise


def group_of(path: str, scopes: Sequence[str]) -> int:
    """Return the id of the unit under which a list groups `path`: right below what one reads.

    >>> group_of("/1/14/233/", ["/1/"]), group_of("/1/14/233/", ["/"]), group_of("/1/", ["/1/"])
    (14, 1, 1)
    >>> group_of("/1/14/233/", ["/1/14/233/"])
    233
    """
    scope = next((each for each in scopes if path.startswith(each)), "/")
    steps = path.strip("/").split("/")
    depth = scope.strip("/").count("/") + 1 if scope != "/" else 0
    return int(steps[min(depth, len(steps) - 1)])
