"""The demo city's sites and weekly activities, and all shifts that are opened."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import IntEnum
from random import Random
from typing import NamedTuple

from volunteer.activities import rules as activity_rules
from volunteer.activities.models import Category
from volunteer.activities.rules import Holidays, Series, Verdict
from volunteer.core.clock import Month, at
from volunteer.people.models import QualificationKind
from volunteer.shifts.models import Nature, ShiftKind, ShiftState, SignUp
from volunteer.shifts.rules import AHEAD
from volunteer.workdays.rules import Calendar as WorkCalendar

from .demo_load import Loader, Row, stored
from .demo_names import ACTIVITY_CONTENT, ACTIVITY_TITLES, PLACES
from .demo_people import DAY, Calendar, Place, Register

#: How far ahead people have been assigned.
ASSIGNED_AHEAD = 7 * DAY

PEOPLE_AN_ACTIVITY = 118
#: A unit smaller than this joins the activities of the unit above.
OWN_ACTIVITY_FROM = 60
FRIDAY, SATURDAY = 4, 5
OTHER_TIMES = (
    (2, time(14, 30), 120),
    (2, time(9), 90),
    (3, time(14, 30), 150),
    (6, time(8, 30), 150),
    (6, time(14), 120),
    (1, time(18, 30), 90),
)
CANCELLED = 0.008
SIGN_UP = {ShiftKind.ACTIVITY: SignUp.OPEN, ShiftKind.POST: SignUp.ASSIGNED_ONLY}
CANCEL_REASONS = ("高温天气，取消本次服务", "暴雨预警，取消本次服务", "道路施工，本次暂停")

#: Most activities come back every week, some every two, a few once a month.
RRULES = (
    *["FREQ=WEEKLY;BYDAY={}"] * 7,
    "FREQ=WEEKLY;INTERVAL=2;BYDAY={}",
    "FREQ=WEEKLY;BYDAY={}",
    "FREQ=MONTHLY;BYDAY=2{}",
)
CATEGORIES = {
    "劝导": Category.ORDER,
    "秩序": Category.ORDER,
    "引导": Category.ORDER,
    "敬老": Category.CARE,
    "宣传": Category.PUBLICITY,
    "宣讲": Category.PUBLICITY,
}


def category_of(title: str) -> Category:
    """Return the kind that a title speaks of; the rest clean up."""
    found = (kind for word, kind in CATEGORIES.items() if word in title)
    return next(found, Category.CLEANING)


def taking_place(series: Series, since: date, until: date) -> list[date]:
    """Return the days on which a series takes place; holidays are as published."""
    found = activity_rules.occurrences(series, WorkCalendar({}, {}), since, until)
    return [each.day for each in found if each.verdict == Verdict.NEW]


class How(IntEnum):
    """What became of an assignment."""

    ABSENT = 0
    SCANNED = 1
    #: Checked in, never out; later confirmed by the leader, or not yet.
    CONFIRMED = 2
    FORGOTTEN = 3
    #: Recorded by the leader during the shift, or from the paper list after it.
    ROLL = 4
    PAPER = 5


class Presence(NamedTuple):
    """A person at a shift: arriving and leaving in seconds from its start, and what it earns."""

    #: The place in the register.
    person: int
    how: How
    arrived: int
    left: int
    minutes: int


@dataclass(slots=True)
class Occurrence:
    """One shift of the history or of the weeks ahead, and who was asked to come."""

    kind: ShiftKind
    unit_id: int
    site_id: int
    site_name: str
    #: The leader's place in the register.
    leader: int
    title: str
    content: str
    day: date
    starts_at: datetime
    ends_at: datetime
    wanted: int
    capacity: int | None
    source: str
    cancel_reason: str | None = None
    grid_id: int | None = None
    id: int = 0
    public_id: str = ""
    presences: list[Presence] = field(default_factory=list)

    @property
    def minutes(self) -> int:
        return (self.ends_at - self.starts_at) // timedelta(minutes=1)

    @property
    def variety(self) -> int:
        """Return a number from 0 to 6 by which occurrences differ."""
        return (self.day.toordinal() + self.site_id) % 7


class Timetable:
    """Everything that takes place, by unit and month."""

    def __init__(self, register: Register, calendar: Calendar, random: Random) -> None:
        self._register = register
        self._calendar = calendar
        self._random = random
        self.occurrences: list[Occurrence] = []
        self.activities: dict[tuple[int, Month], list[Occurrence]] = defaultdict(list)
        self.posts: dict[tuple[int, Month], list[Occurrence]] = defaultdict(list)
        self.first_day, self.last_day = calendar.first_day, calendar.today + AHEAD
        self._sites: list[Row] = []
        self._next_site = 0
        self._grid_of: dict[int, int | None] = {}

    def draw_up(self, loader: Loader) -> None:
        """Invent the activities, write them with their sites, and open their shifts."""
        self._next_site = loader.first_free("site")
        activities = list(self._activities(loader.first_free("activity")))
        self.write_sites(loader)
        loader.write("activity", activities)

    def write_sites(self, loader: Loader) -> None:
        """Write the sites that were added since the last time."""
        loader.write("site", self._sites)
        self._sites.clear()

    def write(self, loader: Loader, settings_id: int) -> None:
        """Write the shifts, earliest first."""
        self.occurrences.sort(key=lambda each: (each.starts_at, each.source))
        first_id, people = loader.first_free("shift"), self._register.people
        rows = []
        for number, each in enumerate(self.occurrences):
            each.id = first_id + number
            each.public_id = f"{self._random.getrandbits(64):016x}"
            rows.append(
                (
                    each.id,
                    each.public_id,
                    each.kind.value,
                    each.unit_id,
                    each.site_id,
                    people[each.leader].id,
                    each.title,
                    each.content,
                    stored(each.starts_at),
                    stored(each.ends_at),
                    each.wanted,
                    each.capacity,
                    Nature.VOLUNTARY.value,
                    settings_id,
                    (ShiftState.CANCELLED if each.cancel_reason else ShiftState.PLANNED).value,
                    each.cancel_reason,
                    each.source,
                    (
                        SignUp.OPEN if each.kind == ShiftKind.ACTIVITY else SignUp.ASSIGNED_ONLY
                    ).value,
                    QualificationKind.POST_TRAINING.value if each.kind == ShiftKind.POST else None,
                )
            )
        loader.write("shift", rows)

    def leader_of(self, place: Place) -> int:
        """Return who coordinates a unit or the nearest one above it, as a verb would name."""
        above = [int(part) for part in place.path.strip("/").split("/")]
        for unit_id in reversed(above):
            if unit_id in self._register.places:
                found = self._register.places[unit_id].coordinators
                if found:
                    return found[0]
        return next(iter(sorted(self._register.steady)))

    def add_site(self, code: str, name: str, place: Place, address: str | None) -> int:
        """Invent a site of a unit, in one of its grids; return its id."""
        site_id = self._next_site
        self._next_site += 1
        public_id = f"{self._random.getrandbits(64):016x}"
        grids = place.grids
        self._grid_of[site_id] = grids[site_id % len(grids)] if grids else None
        grid_id = self._grid_of[site_id]
        self._sites.append((site_id, code, public_id, name, address, place.id, grid_id, "off", 1))
        return site_id

    def _activities(self, number: int) -> Iterator[Row]:
        """Yield the activities: one for so many people, one at least for every top unit."""
        random, first = self._random, self.first_day
        for place, people in self._hosts():
            for nth in range(max(1, round(people / PEOPLE_AN_ACTIVITY))):
                weekday, starts, minutes = self._time_of_week()
                rrule = RRULES[number % len(RRULES)].format(activity_rules.WEEKDAYS[weekday])
                holidays = Holidays.KEEP if number % 4 else Holidays.SKIP
                title = random.choice(ACTIVITY_TITLES)
                spot = f"{place.name}{random.choice(PLACES)}"
                site_id = self.add_site(f"A{number:04d}", spot, place, f"{place.name}附近")
                leader = self.leader_of(place)
                if len(place.coordinators) > 1:
                    leader = place.coordinators[nth % 2]
                wanted = max(4, min(60, people // max(1, round(people / 118)) // 25 * 5))
                begins = first - DAY * (20 + int(random.random() * 120))
                account_id = self._register.people[leader].account_id
                content = ACTIVITY_CONTENT.format(title=title)
                yield (
                    number,
                    f"{random.getrandbits(64):016x}",
                    place.id,
                    site_id,
                    self._register.people[leader].id,
                    title,
                    content,
                    rrule,
                    holidays.value,
                    category_of(title).value,
                    starts.strftime("%H:%M:%S.%f"),
                    minutes,
                    begins.isoformat(),
                    None,
                    wanted,
                    None,
                    Nature.VOLUNTARY.value,
                    SignUp.OPEN.value,
                    stored(at(begins - 3 * DAY, time(10, 5))),
                    account_id,
                )
                series = Series(rrule, begins, None, holidays, {})
                for day in taking_place(series, first, self.last_day):
                    self.open(
                        Occurrence(
                            ShiftKind.ACTIVITY,
                            place.id,
                            site_id,
                            spot,
                            leader,
                            title,
                            content,
                            day,
                            *activity_rules.times(day, starts, minutes),
                            wanted,
                            None,
                            activity_rules.source_of(number, day),
                        ),
                    )
                number += 1

    def _hosts(self) -> Iterator[tuple[Place, int]]:
        """Yield the units with activities of their own, and for how many people they are."""
        places = list(self._register.places.values())
        own = [place for place in places if place.size >= OWN_ACTIVITY_FROM]
        for top in (place for place in places if place.is_top):
            under = [p for p in places if p.path.startswith(top.path) and p not in own]
            people = sum(place.size for place in under)
            if top in own:
                yield top, top.size + people
            elif people:
                yield top, people
        yield from ((place, place.size) for place in own if not place.is_top)

    def _time_of_week(self) -> tuple[int, time, int]:
        chance = self._random.random()
        if chance < 0.70:
            return FRIDAY, time(15), 120
        if chance < 0.90:
            return SATURDAY, time(8, 30), 120
        return self._random.choice(OTHER_TIMES)

    def open(self, occurrence: Occurrence) -> None:
        """Put an occurrence on its table; a few of the past ones were called off."""
        table = self.activities if occurrence.kind == ShiftKind.ACTIVITY else self.posts
        self.occurrences.append(occurrence)
        occurrence.grid_id = self._grid_of[occurrence.site_id]
        called_off = self._random.random() < CANCELLED
        if called_off and occurrence.day < self._calendar.today:
            occurrence.cancel_reason = self._random.choice(CANCEL_REASONS)
        else:
            table[occurrence.unit_id, Month.of_day(occurrence.day)].append(occurrence)
