"""One unit's month as the solver sees it: places to fill and people to fill them. Pure.

Times are whole minutes of local time since the first day of the calendar, days are
ordinals, so that a day is `minute // DAY`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from volunteer.core.clock import local

DAY = 24 * 60

#: First and last ordinal, both included.
Days = tuple[int, int]


def minute_of(moment: datetime) -> int:
    """Return a moment as a whole minute of local time.

    >>> from volunteer.core.clock import parse
    >>> divmod(minute_of(parse("2026-12-01T07:30")), DAY) == (date(2026, 12, 1).toordinal(), 450)
    True
    """
    here = local(moment)
    return here.toordinal() * DAY + here.hour * 60 + here.minute


def week_of(day: int) -> int:
    """Return a number for the week, Monday to Sunday, of a day.

    >>> monday = date(2026, 11, 30).toordinal()
    >>> len({week_of(monday + day) for day in range(7)}), week_of(monday + 7) - week_of(monday)
    (1, 1)
    """
    return (day - 1) // 7


@dataclass(frozen=True, slots=True)
class Limits:
    """The rules that a roster may set otherwise; they are stored with it."""

    posts_a_week: int = 3
    #: A post that ends later than this is an evening; what begins earlier is a morning.
    evening_from: int = 18 * 60
    morning_until: int = 9 * 60


class Turn(NamedTuple):
    """Some hours of somebody's life that are taken: a shift that he serves at."""

    begins: int
    ends: int
    is_post: bool
    shift_id: int

    @property
    def day(self) -> int:
        return self.begins // DAY


class Slot(NamedTuple):
    """What comes back every week: a site, a weekday and a time of day."""

    site_id: int
    weekday: int
    minute: int


@dataclass(frozen=True, slots=True)
class Place:
    """A shift that still wants people."""

    shift_id: int
    site_id: int
    is_post: bool
    begins: int
    ends: int
    #: How many people are still wanted.
    wanted: int
    #: What one must have learnt to serve here; None where nothing, or where the gate is open.
    needs: str | None = None

    @property
    def day(self) -> int:
        return self.begins // DAY

    @property
    def last_day(self) -> int:
        """The day after `day` where it goes on past midnight."""
        return (self.ends - 1) // DAY

    @property
    def slot(self) -> Slot:
        return Slot(self.site_id, self.day % 7, self.begins % DAY)

    @property
    def turn(self) -> Turn:
        return Turn(self.begins, self.ends, self.is_post, self.shift_id)


@dataclass(slots=True)
class Worker:
    """Somebody of the unit."""

    person_id: int
    #: Days on which the person belongs to the unit.
    member: Sequence[Days]
    #: By kind, the days on which something learnt holds.
    learnt: Mapping[str, Sequence[Days]] = field(default_factory=dict)
    busy: list[Turn] = field(default_factory=list)
    off: Sequence[Days] = ()
    exempt: Sequence[Days] = ()
    #: Minutes of the month's minimum that are neither served nor planned yet.
    shortfall: int = 0
    #: Places taken in the last three months and those planned in this one.
    load: int = 0
    sites: Mapping[int, int] = field(default_factory=dict)
    slots: Mapping[Slot, int] = field(default_factory=dict)


class Why(StrEnum):
    """Why somebody does not serve at a place, in the order in which it is asked."""

    #: Serves there already, or does not belong to the unit on that day: is not counted.
    HERE = "here"
    ELSEWHERE = "elsewhere"
    #: Has said that he cannot come to this very shift.
    WITHDREW = "withdrew"
    EXEMPT = "exempt"
    DAY_OFF = "day_off"
    UNTRAINED = "untrained"
    SAME_TIME = "same_time"
    SAME_DAY = "same_day"
    WEEK_FULL = "week_full"
    REST = "rest"
    #: Taken off this place by hand.
    TAKEN_OFF = "taken_off"


class Weights(NamedTuple):
    """What one step of each wish costs, so that all steps of the next weigh less than one."""

    unfilled: int
    not_short: int
    load: int
    #: Steps of keeping people together, at most `KEEP_MOST` a place.
    keep: int = 1


#: How often somebody served at a site, and in the very slot, is counted so far.
SITE_MOST = 3
SLOT_MOST = 2
KEEP_MOST = SITE_MOST + SLOT_MOST
#: Loads are told apart so far; beyond that everybody has had many.
LOAD_MOST = 60


@dataclass
class Problem:
    """The open places of one unit in one month, and its people."""

    places: Sequence[Place]
    workers: Sequence[Worker]
    limits: Limits = field(default_factory=Limits)
    #: Pairs of person and shift that a coordinator has ruled out.
    taken_off: frozenset[tuple[int, int]] = frozenset()
    #: Pairs that the person has ruled out: he had the place and cannot come.
    withdrawn: frozenset[tuple[int, int]] = frozenset()

    @cached_property
    def usual_minutes(self) -> int:
        """How long a place of this problem usually lasts: the most frequent length."""
        lengths = Counter(each.ends - each.begins for each in self.places)
        return min(lengths, key=lambda minutes: (-lengths[minutes], minutes), default=DAY)

    @cached_property
    def most_each(self) -> int:
        """How many of the places one person can take at the most."""
        post_days = {each.day for each in self.places if each.is_post}
        weeks = Counter(map(week_of, post_days))
        posts = sum(min(days, self.limits.posts_a_week) for days in weeks.values())
        return posts + sum(not each.is_post for each in self.places)

    @cached_property
    def weights(self) -> Weights:
        places = sum(each.wanted for each in self.places)
        load = KEEP_MOST * places + 1
        not_short = load * ((LOAD_MOST + self.most_each) * places + 1)
        return Weights(not_short * (places + 1), not_short, load)

    @cached_property
    def least_load(self) -> int:
        return min((each.load for each in self.workers), default=0)

    def needed(self, worker: Worker) -> int:
        """How many places of the usual length the person lacks to the month's minimum."""
        return -(-worker.shortfall // self.usual_minutes) if worker.shortfall > 0 else 0

    def relative_load(self, worker: Worker) -> int:
        """How many more places than the least of the unit the person has had, to a limit."""
        return min(worker.load - self.least_load, LOAD_MOST)

    def step(self, worker: Worker, number: int) -> int:
        """What it costs to give a person his next place, having `number` of this roster.

        It never falls with the number, so that a flow takes the steps in their order.
        """
        weights = self.weights
        load = self.relative_load(worker) + number
        return weights.not_short * (number >= self.needed(worker)) + weights.load * load

    def keeping(self, worker: Worker, place: Place) -> int:
        """How well a person knows the place and those who usually stand there, 0 is none."""
        if not worker.sites:
            return 0
        known = min(worker.sites.get(place.site_id, 0), SITE_MOST)
        return known and known + min(worker.slots.get(place.slot, 0), SLOT_MOST)

    def parting(self, worker: Worker, place: Place) -> int:
        """What it costs that a person is not where he usually is."""
        return (KEEP_MOST - self.keeping(worker, place)) * self.weights.keep

    def why_not(self, worker: Worker, place: Place, turns: Sequence[Turn]) -> Why | None:
        """Return the first reason for which a person who has these turns cannot take a place."""
        day = place.day
        if any(turn.shift_id == place.shift_id for turn in turns):
            return Why.HERE
        if not covers(worker.member, day):
            return Why.ELSEWHERE
        if self.withdrawn and (worker.person_id, place.shift_id) in self.withdrawn:
            return Why.WITHDREW
        if worker.exempt and touch(worker.exempt, day, place.last_day):
            return Why.EXEMPT
        if worker.off and touch(worker.off, day, place.last_day):
            return Why.DAY_OFF
        if place.needs and not covers(worker.learnt.get(place.needs, ()), day):
            return Why.UNTRAINED
        if turns and (why := self.clash(place.turn, turns)):
            return why
        if self.taken_off and (worker.person_id, place.shift_id) in self.taken_off:
            return Why.TAKEN_OFF
        return None

    def clash(self, turn: Turn, others: Sequence[Turn]) -> Why | None:
        """Return why somebody who has the `others` cannot take a further turn."""
        for other in others:
            if other.begins < turn.ends and turn.begins < other.ends:
                return Why.SAME_TIME
        if turn.is_post:
            posts = [other.day for other in others if other.is_post]
            if turn.day in posts:
                return Why.SAME_DAY
            week = week_of(turn.day)
            if sum(week_of(day) == week for day in posts) >= self.limits.posts_a_week:
                return Why.WEEK_FULL
        for other in others:
            if self.needs_rest(turn, other) or self.needs_rest(other, turn):
                return Why.REST
        return None

    def needs_rest(self, turn: Turn, after: Turn) -> bool:
        """Tell whether a morning comes the day after a post's evening."""
        return (
            after.is_post
            and after.day + 1 == turn.day
            and after.ends - after.day * DAY > self.limits.evening_from
            and turn.begins % DAY < self.limits.morning_until
        )


def covers(spans: Sequence[Days], day: int) -> bool:
    """Tell whether a day lies in one of the spans.

    >>> covers([(1, 3), (7, 9)], 3), covers([(1, 3), (7, 9)], 4), covers([], 1)
    (True, False, False)
    """
    return any(first <= day <= last for first, last in spans)


def touch(spans: Sequence[Days], since: int, until: int) -> bool:
    """Tell whether one of the spans has a day from `since` to `until`, both included.

    >>> touch([(3, 5)], 1, 2), touch([(3, 5)], 2, 3), touch([(3, 5)], 5, 6), touch([(3, 5)], 6, 6)
    (False, True, True, False)
    """
    return any(first <= until and since <= last for first, last in spans)


def day_of(day: date) -> int:
    return day.toordinal()
