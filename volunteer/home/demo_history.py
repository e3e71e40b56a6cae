"""Who came to what in the demo city: the minutes of each month dealt out person by person."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from functools import cache
from random import Random
from typing import NamedTuple

from volunteer.core.clock import Month
from volunteer.hours.rules import Terms, counted
from volunteer.targets.rules import owed

from .demo_people import DAY, STREET, Register, Someone
from .demo_shifts import ASSIGNED_AHEAD, How, Occurrence, Presence, Timetable

#: Shares of all records or assignments, city.md.
ABSENT, LATE, EARLY, FORGOTTEN, BY_ROLL = 0.04, 0.06, 0.02, 0.03, 0.02
CONFIRMED = 0.7
POST_FILLED = 0.93
PENDING = 0.032
#: Who does not reach the minimum: served nothing, was only asked to come, served a part.
IDLE, ASKED = 0.62, 0.77
MORE_THAN_ENOUGH = 0.03
#: So many units have most of their records typed in by hand; the audit should find them.
TYPISTS = (0.6, 0.8, 1.0)


class Fate(IntEnum):
    NOTHING = 0
    MET = 1
    SHORT = 2
    PENDING = 3


class Measure(NamedTuple):
    """What a policy version asks of a month, and how minutes count under it."""

    policy_id: int
    base: int
    min_days: int
    terms: Terms


@cache
def minutes_of(arrived: int, left: int, seconds: int, terms: Terms) -> int:
    """Return what a presence earns at a shift of `seconds`, by the rules of the ledger."""
    starts = datetime(2020, 1, 1)  # noqa: DTZ001 - only differences count
    arrives, leaves = starts + timedelta(seconds=arrived), starts + timedelta(seconds=left)
    return counted([(arrives, leaves)], starts, starts + timedelta(seconds=seconds), terms).minutes


class Dealer:
    """Deals the presences of one month after the other; nobody is at two places in a day."""

    def __init__(
        self,
        register: Register,
        timetable: Timetable,
        measures: Mapping[Month, Measure],
        random: Random,
    ) -> None:
        self._register = register
        self._timetable = timetable
        self._measures = measures
        self._random = random
        self._calendar = register.calendar
        self._busy: set[tuple[int, int]] = set()
        self._served: dict[int, int] = {}
        hosts = sorted({unit_id for unit_id, _ in timetable.activities})
        middling = [u for u in hosts if 40 <= register.places[u].size <= 160] or hosts
        self._typed = dict(
            zip(random.sample(middling, min(3, len(middling))), TYPISTS, strict=False)
        )

    def deal(self, month: Month) -> None:
        """Deal one month: posts first, then everybody's activities."""
        measure = self._measures[month]
        self._served = {}
        fates = [self._fate(each, month, measure) for each in self._register.people]
        shown = self._register.place_with(STREET).people[0]
        running = month >= self._calendar.months[-1]
        fates[shown] = (Fate.NOTHING if running else Fate.MET, measure.base)
        for place in self._register.places.values():
            if posts := self._timetable.posts.get((place.id, month)):
                willing = [i for i in place.people if fates[i][0] == Fate.MET]
                self._man(posts, willing, measure)
        pools: dict[int, Sequence[Occurrence]] = {}
        for index, (fate, required) in enumerate(fates):
            if fate == Fate.NOTHING:
                continue
            unit_id = self._register.people[index].stays[-1].unit_id
            if unit_id not in pools:
                pools[unit_id] = self._pool(unit_id, month)
            if pool := pools[unit_id]:
                self._serve(index, fate, required, pool, measure)
        if running:
            self._serve_a_part(shown, month, measure)

    def _serve_a_part(self, index: int, month: Month, measure: Measure) -> None:
        """Let the demo volunteer have served something this month, and owe the rest."""
        pool = self._pool(self._register.people[index].stays[-1].unit_id, month)
        for chosen in reversed(pool):
            if chosen.day < self._calendar.today and self._is_free(index, chosen):
                left = min(75, chosen.minutes) * 60 + 20
                self._scan(index, chosen, self._on_time(), left, measure)
                return

    def _fate(self, someone: Someone, month: Month, measure: Measure) -> tuple[Fate, int]:
        """Return how a person's month is to end, and the minutes that are owed."""
        required = measure.base
        chance = self._random.random()
        if not someone.is_plain:
            spans = [(s.from_on, s.until_on and s.until_on - DAY) for s in someone.stays]
            owes = owed(
                measure.base,
                measure.min_days,
                month.first_day,
                month.last_day,
                spans,
                someone.exempt,
            )
            if owes.excused:
                return Fate.NOTHING, 0
            required = owes.required
        if chance < someone.diligence:
            return Fate.MET, required
        if chance < someone.diligence + PENDING and someone.account_id:
            return Fate.PENDING, required
        return Fate.SHORT, required

    def _pool(self, unit_id: int, month: Month) -> Sequence[Occurrence]:
        """Return the activities of a unit, or of the nearest one above it that has any."""
        path = self._register.places[unit_id].path
        for part in reversed(path.strip("/").split("/")):
            if found := self._timetable.activities.get((int(part), month)):
                return found
        return ()

    def _man(self, posts: Sequence[Occurrence], willing: list[int], measure: Measure) -> None:
        """Fill the posts of a unit from its willing people, turn by turn."""
        self._random.shuffle(willing)
        turn = 0
        for post in posts:
            for _ in range(post.wanted):
                if not willing or self._random.random() > POST_FILLED:
                    continue
                for _ in range(8):
                    index = willing[turn % len(willing)]
                    turn += 1
                    if self._served.get(index, 0) < measure.base + 60 and self._is_free(
                        index, post
                    ):
                        self._attend(index, post, measure)
                        break

    def _serve(
        self,
        index: int,
        fate: Fate,
        required: int,
        pool: Sequence[Occurrence],
        measure: Measure,
    ) -> None:
        random = self._random
        if fate == Fate.MET:
            while self._served.get(index, 0) < required:
                chosen = self._choose(index, pool)
                if chosen is None:
                    return
                self._attend(index, chosen, measure)
            if random.random() < MORE_THAN_ENOUGH and (chosen := self._choose(index, pool)):
                self._attend(index, chosen, measure)
        elif fate == Fate.PENDING:
            self._wait(index, required, pool, measure)
        elif (chance := random.random()) > IDLE and (chosen := self._choose(index, pool)):
            if chance < ASKED:
                self._put(chosen, Presence(index, How.ABSENT, 0, 0, 0))
                return
            most = min(required - 5, chosen.minutes - 15)
            if most > 15 and self._register.people[index].account_id:
                left = 60 * (15 + int(random.random() * (most - 15))) + int(random.random() * 60)
                self._scan(index, chosen, self._on_time(), left, measure)

    def _wait(
        self, index: int, required: int, pool: Sequence[Occurrence], measure: Measure
    ) -> None:
        """Leave a person with enough minutes, of which the last wait for the leader."""
        while True:
            chosen = self._choose(index, pool)
            if chosen is None:
                return
            if self._served.get(index, 0) + chosen.minutes >= required:
                forgotten = Presence(index, How.FORGOTTEN, self._on_time(), 0, 0)
                self._put(chosen, forgotten)
                return
            length = chosen.minutes * 60
            self._scan(index, chosen, self._on_time(), length + self._lingers(), measure)

    def _choose(self, index: int, pool: Sequence[Occurrence]) -> Occurrence | None:
        """Return an occurrence on a day on which the person is free, if a few tries find one."""
        chance = self._random.random
        for _ in range(6):
            place = chance()
            if pool[0].day >= self._calendar.months[-1].first_day:
                place = max(place, chance())  # this month many have put it off so far
            chosen = pool[int(place * len(pool))]
            if self._is_free(index, chosen):
                return chosen
        return None

    def _is_free(self, index: int, occurrence: Occurrence) -> bool:
        return (
            occurrence.day.toordinal(),
            index,
        ) not in self._busy and self._register.people[index].is_free_on(occurrence.day)

    def _attend(self, index: int, occurrence: Occurrence, measure: Measure) -> None:
        """Let a person come as people do: mostly on time, sometimes late, seldom not at all."""
        random = self._random
        chance = random.random()
        length = occurrence.minutes * 60
        if chance < ABSENT:
            self._put(occurrence, Presence(index, How.ABSENT, 0, 0, 0))
            return
        someone = self._register.people[index]
        typed = self._typed.get(occurrence.unit_id, BY_ROLL)
        if someone.id != self._register.people[occurrence.leader].id and (
            someone.account_id is None or random.random() < typed
        ):
            if random.random() < 0.75:
                how, arrived, left = How.PAPER, 0, length
            else:
                how, arrived, left = How.ROLL, -60 * (1 + occurrence.variety), length
            minutes = minutes_of(arrived, left, length, measure.terms)
            self._put(occurrence, Presence(index, how, arrived, left, minutes))
            return
        arrived, left = self._on_time(), length + self._lingers()
        if random.random() < LATE:
            arrived = min(40 * 60, 30 + int(random.expovariate(1 / 600)))
        elif random.random() < EARLY:
            left = length - 60 * (3 + int(random.random() * 30))
        elif index != occurrence.leader and random.random() < FORGOTTEN:
            if random.random() > CONFIRMED:
                self._put(occurrence, Presence(index, How.FORGOTTEN, arrived, 0, 0))
                return
            minutes = minutes_of(arrived, length, length, measure.terms)
            self._put(occurrence, Presence(index, How.CONFIRMED, arrived, length, minutes))
            return
        self._scan(index, occurrence, arrived, left, measure)

    def _scan(
        self, index: int, occurrence: Occurrence, arrived: int, left: int, measure: Measure
    ) -> None:
        minutes = minutes_of(max(arrived, 0), left, occurrence.minutes * 60, measure.terms)
        self._put(occurrence, Presence(index, How.SCANNED, arrived, left, minutes))

    def _put(self, occurrence: Occurrence, presence: Presence) -> None:
        index = presence.person
        self._busy.add((occurrence.day.toordinal(), index))
        self._served[index] = self._served.get(index, 0) + presence.minutes
        if occurrence.day <= self._calendar.today + ASSIGNED_AHEAD:
            occurrence.presences.append(presence)

    def _on_time(self) -> int:
        """Return an arrival in the last thirteen minutes before the start."""
        return -int(self._random.random() * 780) - 5

    def _lingers(self) -> int:
        """Return a leaving in the first quarter of an hour after the end."""
        return 5 + int(self._random.random() * 900)
