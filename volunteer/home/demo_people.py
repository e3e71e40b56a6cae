"""The demo city's people: how many each unit has, who moves, who is exempt, who holds a role."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from math import exp
from random import Random
from typing import NamedTuple

from volunteer.core.actor import Role
from volunteer.core.clock import Month, at
from volunteer.people.rules import CATEGORIES, pinyin_key, volunteer_number
from volunteer.targets.models import ExemptionKind
from volunteer.targets.rules import Span

from .demo_load import COLUMNS, Loader, Row, stored
from .demo_names import names, phones

DAY = timedelta(days=1)

#: Median number of people by kind of unit, before all are scaled to the city's size.
MEDIANS = {
    "community": 42,
    "township": 220,
    "department": 150,
    "school": 120,
    "hospital": 230,
    "company": 380,
}
SPREAD = 0.9
LARGEST = 1200
#: A few units are as small as real ones are, and one is empty.
FORCED = (0, 1, 2, 3)
PEOPLE_A_UNIT = 50

#: The place of the consent in a row of a person.
CONSENT = COLUMNS["person"].split().index("consent")

#: The units of the three demo log-ins.
STREET, CITY_OFFICE_UNIT = "330182001", "D07"

#: The version of the notice that the migrations bring.
FIRST_NOTICE = 1
OFFICIAL, STAFF, WORKER, VILLAGE, HELPER = CATEGORIES
CATEGORIES_OF = {
    "community": (VILLAGE, VILLAGE, VILLAGE, HELPER),
    "township": (OFFICIAL, OFFICIAL, STAFF, HELPER),
    "department": (OFFICIAL, OFFICIAL, STAFF, HELPER),
    "school": (STAFF, STAFF, STAFF, HELPER),
    "hospital": (STAFF, STAFF, STAFF, HELPER),
    "company": (WORKER,),
}

NEVER_LOGS_IN = 0.09
#: Shares of a month, city.md.
MOVES, JOINS, LEAVES = 0.008, 0.005, 0.002
#: Exempt all the while, then exempt for most of one month, then for a few days of it.
LONG_EXEMPT = (
    (ExemptionKind.POSTED_OUT, 0.010),
    (ExemptionKind.PARENTAL, 0.007),
    (ExemptionKind.UNFIT, 0.006),
    (ExemptionKind.OTHER, 0.006),
    (ExemptionKind.STUDY, 0.003),
    (ExemptionKind.UNPAID_LEAVE, 0.003),
    (ExemptionKind.WORK_INJURY, 0.002),
)
MONTH_EXEMPT = ((ExemptionKind.SICK, 0.012), (ExemptionKind.SEASONAL, 0.010))
SHORT_EXEMPT = 0.005
#: How likely somebody meets the minimum in a month: share of people, chance.
DILIGENCE = ((0.60, 0.945), (0.90, 0.75), (1.0, 0.40))


@dataclass(slots=True)
class Place:
    """A unit, with its people by their place in the register."""

    id: int
    code: str
    name: str
    kind: str
    path: str
    size: int = 0
    people: list[int] = field(default_factory=list)
    coordinators: list[int] = field(default_factory=list)
    #: The grids that the unit leads.
    grids: list[int] = field(default_factory=list)

    @property
    def is_top(self) -> bool:
        return self.path.count("/") == 3


class Stay(NamedTuple):
    """A membership: until the day before `until_on`."""

    unit_id: int
    from_on: date
    until_on: date | None


@dataclass(slots=True)
class Someone:
    """One invented person."""

    id: int
    name: str
    #: The name as JSON writes it between its quotes.
    escaped: str
    account_id: int | None
    diligence: float
    stays: list[Stay]
    exempt: list[Span]
    #: Whether every month is an ordinary one: no joining, moving, leaving, exemption.
    is_plain: bool = True

    def unit_on(self, day: date) -> int | None:
        """Return the unit on a day, as the register tells it."""
        if self.is_plain:
            return self.stays[0].unit_id
        for stay in self.stays:
            if stay.from_on <= day and (stay.until_on is None or day < stay.until_on):
                return stay.unit_id
        return None

    def is_free_on(self, day: date) -> bool:
        """Tell whether the person belongs to a unit on a day and is not exempt then."""
        return self.is_plain or (
            self.unit_on(day) is not None
            and not any(begins <= day <= (ends or day) for begins, ends in self.exempt)
        )


def settle_sizes(places: Sequence[Place], people: int, random: Random) -> None:
    """Say how many people each unit has: log-normal by kind, exactly `people` in all."""
    inhabited = [place for place in places if place.kind != "city"]
    wanted = min(len(inhabited), max(12, people // PEOPLE_A_UNIT))
    chosen = [inhabited[n * len(inhabited) // wanted] for n in range(wanted)]
    fixed = [place for place in inhabited if place.code in {STREET, CITY_OFFICE_UNIT}]
    chosen = fixed + [place for place in chosen if place not in fixed]
    small = [place for place in chosen if place.kind == "community"][: len(FORCED)]
    for place, size in zip(small, FORCED, strict=False):
        place.size = size
    large = [place for place in chosen if place not in small]
    weights = [MEDIANS[place.kind] * exp(random.gauss(0, SPREAD)) for place in large]
    least = 12 if people >= 6000 else 4
    left = people - sum(place.size for place in small)
    scale = left / sum(weights)
    for place, weight in zip(large, weights, strict=True):
        place.size = min(LARGEST, max(least, round(weight * scale)))
    street, office = fixed
    street.size = max(street.size, people * 6 // 1000, 40)
    office.size = max(office.size, 12)
    _even_out(large, left, least)


def _even_out(places: Sequence[Place], total: int, least: int) -> None:
    """Add or take away one person here and there until there are `total`."""
    missing = total - sum(place.size for place in places)
    step = 1 if missing > 0 else -1
    while missing:
        for place in places:
            if missing and least <= place.size + step <= LARGEST and place.code != STREET:
                place.size += step
                missing -= step


class Calendar(NamedTuple):
    """The months of the history, the running one last, and today."""

    months: tuple[Month, ...]
    today: date

    @classmethod
    def of(cls, today: date) -> "Calendar":
        """Return the two whole months before this one, and this one."""
        month = Month.of_day(today)
        return cls((month.previous.previous, month.previous, month), today)

    @property
    def first_day(self) -> date:
        return self.months[0].first_day


#: Who is exempted, why, from when, until when (both days included).
Exempting = Callable[[int, ExemptionKind, date, date], None]


class Register:
    """All people of the demo city, and the rows that make them."""

    def __init__(self, places: Sequence[Place], calendar: Calendar, random: Random) -> None:
        self.places = {place.id: place for place in places}
        self.people: list[Someone] = []
        #: Those who hold a role or a log-in to try out: they stay where they are.
        self.steady: set[int] = set()
        self.calendar = calendar
        self._homes = [place for place in places if place.size]
        self._weights = list(accumulate(max(0, place.size - 3) for place in self._homes))
        self._random = random

    def place_with(self, code: str) -> Place:
        return next(place for place in self.places.values() if place.code == code)

    def invent(self, loader: Loader, *, log_ins: Mapping[str, Sequence[str]], secret: str) -> None:
        """Invent everybody and write them: people, memberships, accounts.

        `log_ins` are the phones of the first people of units, by the unit's code; `secret`
        is the password hash that all accounts get here.
        """
        random = self._random
        total = sum(place.size for place in self._homes)
        fixed = frozenset(phone for some in log_ins.values() for phone in some)
        numbers = iter(phones(random, total, taken=fixed))
        called = names(random)
        person_id, account_id = loader.first_free("person"), loader.first_free("account")
        rows, accounts = [], []
        for place in self._homes:
            given = log_ins.get(place.code, ())
            for nth in range(place.size):
                index = len(self.people)
                place.people.append(index)
                if nth < len(given):
                    self.steady.add(index)
                someone = self._someone(index, person_id, next(called), place)
                joined = stored(self._registered(someone))
                if index in self.steady or random.random() >= NEVER_LOGS_IN:
                    someone.account_id = account_id
                    accounts.append((account_id, person_id, secret, joined, "active", joined, 0))
                    account_id += 1
                phone = given[nth] if nth < len(given) else next(numbers)
                rows.append(
                    (
                        person_id,
                        f"{random.getrandbits(64):016x}",
                        volunteer_number(person_id),
                        someone.name,
                        pinyin_key(someone.name),
                        phone,
                        phone[7:],
                        random.choice(CATEGORIES_OF[place.kind]),
                        "left" if someone.stays[-1].until_on else "active",
                        "given" if someone.account_id else "pending",
                        FIRST_NOTICE if someone.account_id else None,
                        joined if someone.account_id else None,
                        joined,
                    )
                )
                self.people.append(someone)
                person_id += 1
        loader.write("person", rows)
        loader.write("membership", self._memberships(loader.first_free("membership")))
        loader.write("account", accounts)
        agreed = [row for row in rows if row[CONSENT] == "given"]
        number = loader.first_free("consent")
        loader.write(
            "consent",
            [
                (number + nth, row[0], "service", FIRST_NOTICE, "given", row[-1])
                for nth, row in enumerate(agreed)
            ],
        )

    def _someone(self, index: int, person_id: int, name: str, place: Place) -> Someone:
        random, today = self._random, self.calendar.today
        begins = date(2015, 1, 5) + DAY * int(random.random() * 3800)
        begins = min(begins, self.calendar.first_day - 40 * DAY)
        chance = random.random()
        diligence = next(each for share, each in DILIGENCE if chance <= share)
        stays = [Stay(place.id, begins, None)]
        escaped = json.dumps(name)[1:-1]
        someone = Someone(person_id, name, escaped, None, diligence, stays, [])
        for month in self.calendar.months:
            day = month.first_day + DAY * (1 + int(random.random() * 26))
            chance = random.random()
            if chance > MOVES + JOINS + LEAVES or day > today or index in self.steady:
                continue
            someone.is_plain = False
            if chance < LEAVES:
                someone.stays = [Stay(place.id, begins, day)]
                break
            if chance < LEAVES + JOINS:
                someone.stays = [Stay(place.id, day, None)]
                break
            [other] = random.choices(self._homes, cum_weights=self._weights)
            if other.id != place.id:
                someone.stays = [Stay(place.id, begins, day), Stay(other.id, day, None)]
                break
        return someone

    def _registered(self, someone: Someone) -> datetime:
        first = self.calendar.first_day
        day = max(someone.stays[0].from_on, first - DAY * (40 + int(self._random.random() * 200)))
        return at(day, time(9, int(self._random.random() * 60)))

    def _memberships(self, first_id: int) -> list[Row]:
        stays = [(someone.id, stay) for someone in self.people for stay in someone.stays]
        return [
            (
                first_id + nth,
                person_id,
                stay.unit_id,
                stay.from_on.isoformat(),
                stay.until_on and stay.until_on.isoformat(),
            )
            for nth, (person_id, stay) in enumerate(stays)
        ]

    def appoint(self, loader: Loader, root: Place) -> None:
        """Give roles: coordinators and administrators of units, and the city office."""
        random = self._random
        held: list[tuple[int, Role, Place]] = []
        office = self.place_with(CITY_OFFICE_UNIT)
        staff = self._able(office)[: min(8, max(2, len(self.people) // 1000))]
        held += [(index, Role.CITY_OFFICE, root) for index in staff]
        volunteer = self.place_with(STREET).people[0]
        for place in self._homes:
            able = [each for each in self._able(place) if each not in staff and each != volunteer]
            wanted = 1
            if (place.is_top or place.size > 100) and random.random() < 0.6:
                wanted = 2
            elif place.size < 20 and random.random() < 0.3:
                continue
            place.coordinators = able[:wanted]
            held += [(index, Role.COORDINATOR, place) for index in place.coordinators]
            if place.is_top and len(able) > wanted:
                held.append((able[wanted], Role.UNIT_ADMIN, place))
        granted = stored(at(self.calendar.first_day - 30 * DAY, time(10)))
        number = loader.first_free("grant")
        rows: list[Row] = []
        for nth, (index, role, place) in enumerate(held):
            self.steady.add(index)
            account_id = self.people[index].account_id
            rows.append((number + nth, account_id, role.value, place.id, None, granted, None))
        loader.write("grant", rows)

    def account_of(self, place: Place) -> int | None:
        """Return the account of a unit's first coordinator."""
        return self.people[place.coordinators[0]].account_id

    def _able(self, place: Place) -> list[int]:
        """Return those of a unit who can hold a role: with a log-in, and here all the time."""
        some = [(index, self.people[index]) for index in place.people[:40]]
        return [index for index, someone in some if someone.account_id and someone.is_plain]

    def exempt(self, loader: Loader) -> None:
        """Exempt about 6 % of the people in each month, and a few more for some days."""
        random, months = self._random, self.calendar.months
        first, today = months[0].first_day, self.calendar.today
        number = loader.first_free("exemption")
        rows: list[Row] = []

        def add(index: int, kind: ExemptionKind, from_on: date, until_on: date) -> None:
            someone = self.people[index]
            someone.exempt.append((from_on, until_on))
            someone.is_plain = False
            by = self.places[someone.stays[-1].unit_id].coordinators
            approver = self.people[by[0]].account_id if by else None
            approved = stored(at(min(from_on, today) - DAY, time(11, 20)))
            days = (from_on.isoformat(), until_on.isoformat())
            rows.append((number + len(rows), someone.id, kind.value, *days, approver, approved))

        for index in range(len(self.people)):
            if index in self.steady:
                continue
            chance = random.random()
            for kind, share in LONG_EXEMPT:
                if chance < share:
                    begins = first - DAY * int(random.random() * 100)
                    add(index, kind, begins, today + DAY * (20 + int(random.random() * 200)))
                    break
                chance -= share
            else:
                for month in months:
                    self._exempt_in(index, month, add)
        loader.write("exemption", rows)

    def _exempt_in(self, index: int, month: Month, add: Exempting) -> None:
        random = self._random
        chance = random.random()
        for kind, share in MONTH_EXEMPT:
            if chance < share:
                begins = month.first_day + DAY * int(random.random() * 4)
                add(index, kind, begins, month.last_day - DAY * int(random.random() * 3))
                return
            chance -= share
        if chance < SHORT_EXEMPT:
            begins = month.first_day + DAY * int(random.random() * 20)
            add(index, ExemptionKind.SICK, begins, begins + DAY * (2 + int(random.random() * 5)))
