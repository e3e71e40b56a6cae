"""The only module that knows what time it is.

Instants are aware UTC datetimes; days and months are counted in `LOCAL`.
Doors (views, API, jobs, commands) read `now()` once and hand it down as `now=`;
nothing below them reads a clock, so a test hands in the moment that it wants.
"""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Return this instant, aware, in UTC."""
    return datetime.now(UTC)


def local(moment: datetime) -> datetime:
    """Return `moment` on the clock that hangs on the wall here."""
    return moment.astimezone(LOCAL)


def local_day(moment: datetime) -> date:
    """Return the calendar day on which `moment` falls here."""
    return moment.astimezone(LOCAL).date()


def at(day: date, hour: time) -> datetime:
    """Return the instant at which the local clock shows `hour` on `day`."""
    return datetime.combine(day, hour, LOCAL).astimezone(UTC)


def parse(text: str) -> datetime:
    """Read an ISO time; one without a zone is local. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=LOCAL)
    return moment.astimezone(UTC)


#: With other years no calendar here reckons.
YEARS = range(2000, 2200)


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """A calendar month in local time, written 2026-03."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (1 <= self.month <= 12 and self.year in YEARS):
            raise ValueError(f"not a month: {self.year}-{self.month}")

    @classmethod
    def of(cls, moment: datetime) -> "Month":
        """Return the month in which `moment` falls here (R16)."""
        here = moment.astimezone(LOCAL)
        return cls(here.year, here.month)

    @classmethod
    def of_day(cls, day: date) -> "Month":
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Read `2026-03`; anything else raises ValueError.

        >>> Month.parse("2026-03").next
        Month(year=2026, month=4)
        """
        if len(text) != 7 or text[4] != "-" or not (text[:4] + text[5:]).isascii():
            raise ValueError(f"not a month: {text!r}")
        return cls(int(text[:4]), int(text[5:]))

    @property
    def next(self) -> "Month":
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def previous(self) -> "Month":
        return Month(self.year - (self.month == 1), (self.month - 2) % 12 + 1)

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, self.month, self.days)

    @property
    def days(self) -> int:
        """How many days the month has."""
        return calendar.monthrange(self.year, self.month)[1]

    @property
    def start(self) -> datetime:
        """The first instant of the month."""
        return at(self.first_day, time())

    @property
    def end(self) -> datetime:
        """The first instant after the month."""
        return at(self.last_day + timedelta(days=1), time())

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"
