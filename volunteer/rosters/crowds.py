"""What a flow need not tell apart: rival places, and people who are alike. Pure."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

from .problem import (
    DAY,
    KEEP_MOST,
    SITE_MOST,
    SLOT_MOST,
    Days,
    Problem,
    Slot,
    Worker,
    covers,
    week_of,
)


class Rivals(NamedTuple):
    """Places of which one person takes at the most one: a day's posts, or what overlaps."""

    places: list[int]
    is_post: bool
    day: int


class Crowd(NamedTuple):
    """People whom the flow need not tell apart: the same costs, and the same places."""

    #: Numbers in the problem.
    workers: list[int]
    #: What the first, the second ... place of each costs, as far as it can pay.
    steps: Sequence[int]
    #: Whether each could take more places than there are steps.
    goes_on: bool = False
    #: Places that none of them can take.
    barred: frozenset[int] = frozenset()
    #: Posts of each week that they have already.
    taken: Mapping[int, int] = {}


def rivals_of(problem: Problem) -> list[Rivals]:
    """Return the groups of places: the posts of a day, and activities that all overlap."""
    posts: defaultdict[int, list[int]] = defaultdict(list)
    others: defaultdict[int, list[list[int]]] = defaultdict(list)
    for number, place in enumerate(problem.places):
        if place.is_post:
            posts[place.day].append(number)
            continue
        for group in others[place.day]:
            theirs = [problem.places[each] for each in group]
            if all(each.begins < place.ends and place.begins < each.ends for each in theirs):
                group.append(number)
                break
        else:
            others[place.day].append([number])
    found = [Rivals(places, True, day) for day, places in posts.items()]
    found += [Rivals(places, False, day) for day, groups in others.items() for places in groups]
    return sorted(found, key=lambda each: (each.day, each.places))


class Calendar:
    """Where the places of a problem are found: by day, week, slot, and what they need."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.rivals = rivals_of(problem)
        self.hub_of = {each: hub for hub, at in enumerate(self.rivals) for each in at.places}
        self.posts_of_week: defaultdict[int, list[int]] = defaultdict(list)
        for hub, group in enumerate(self.rivals):
            if group.is_post:
                self.posts_of_week[week_of(group.day)].append(hub)
        self.places_of_day: defaultdict[int, list[int]] = defaultdict(list)
        self.places_of_slot: defaultdict[Slot, list[int]] = defaultdict(list)
        self.places_of_need: defaultdict[str, list[int]] = defaultdict(list)
        numbers = {}
        for number, place in enumerate(problem.places):
            self.places_of_day[place.day].append(number)
            self.places_of_slot[place.slot].append(number)
            if place.needs:
                self.places_of_need[place.needs].append(number)
            numbers[place.shift_id] = number
        self.days = sorted(self.places_of_day)
        #: A place of so many days before may still go on.
        self.before = max([1, *(each.last_day - each.day for each in problem.places)])
        self.ruled_out: defaultdict[int, list[int]] = defaultdict(list)
        for person_id, shift_id in problem.taken_off | problem.withdrawn:
            if shift_id in numbers:
                self.ruled_out[person_id].append(numbers[shift_id])

    def barred(self, worker: Worker, taken: Mapping[int, int]) -> frozenset[int]:
        """Return the places that a person cannot take; only those are asked one by one that
        a rule may keep him away from."""
        problem = self.problem
        days: set[int] = set()
        for spans in (worker.off, worker.exempt):
            for first, last in spans:
                since = bisect_left(self.days, first - self.before)
                days.update(self.days[since : bisect_right(self.days, last)])
        if not _covers_all(worker.member, self.days[0], self.days[-1]):
            days.update(day for day in self.days if not covers(worker.member, day))
        for turn in worker.busy:
            days.update(range(turn.day - self.before, turn.ends // DAY + 2))
        for week, posts in taken.items():
            if posts >= problem.limits.posts_a_week:
                hubs = self.posts_of_week.get(week, ())
                days.update(self.rivals[hub].day for hub in hubs)
        asked = {place for day in days for place in self.places_of_day.get(day, ())}
        for need, places in self.places_of_need.items():
            if not _holds(worker, need, self.days[0], self.days[-1]):
                asked.update(places)
        asked.update(self.ruled_out.get(worker.person_id, ()))
        return frozenset(
            place
            for place in asked
            if problem.why_not(worker, problem.places[place], worker.busy) is not None
        )

    def known(self, worker: Worker) -> Hashable:
        """Return what makes up how well a person knows each of the places."""
        sites = {site: min(times, SITE_MOST) for site, times in worker.sites.items()}
        slots = {
            slot: min(times, SLOT_MOST)
            for slot, times in worker.slots.items()
            if slot.site_id in sites and slot in self.places_of_slot
        }
        return frozenset(sites.items()), frozenset(slots.items())


def crowds(problem: Problem, calendar: Calendar, beyond: int) -> list[Crowd]:
    """Return the people who may matter, as crowds; each has steps for the places that he
    needs, and so many beyond."""
    plain, others = sorted_out(problem)
    wanted = sum(place.wanted for place in problem.places)
    #: What the dearest of enough people costs who can take any place, one each: whatever
    #: costs no less than that is never needed, as one of them is idle then.
    enough = None
    if len(plain) == wanted:
        enough = max(problem.step(problem.workers[each], 0) for each in plain)
    found: dict[Hashable, Crowd] = {}
    for number in plain:
        worker = problem.workers[number]
        key: Hashable = (problem.relative_load(worker), problem.needed(worker))
        if key not in found:
            steps, goes_on = _steps(problem, worker, enough, beyond, at_least=1)
            found[key] = Crowd([], steps, goes_on)
        found[key].workers.append(number)
    for number in others:
        worker = problem.workers[number]
        most = enough
        if enough is not None and worker.sites:
            most = enough + problem.weights.keep * KEEP_MOST
        steps, goes_on = _steps(problem, worker, most, beyond)
        if not steps:
            continue
        taken = Counter(week_of(turn.day) for turn in worker.busy if turn.is_post)
        barred = calendar.barred(worker, taken)
        key = (tuple(steps), barred, frozenset(taken.items()), calendar.known(worker))
        found.setdefault(key, Crowd([], steps, goes_on, barred, taken)).workers.append(number)
    return list(found.values())


def _steps(
    problem: Problem, worker: Worker, enough: int | None, beyond: int, *, at_least: int = 0
) -> tuple[list[int], bool]:
    """Return what each of a person's places costs, those left out that cost `enough`, and
    whether there are more than those he needs and so many `beyond`."""
    steps: list[int] = []
    most = problem.needed(worker) + beyond
    for number in range(problem.most_each):
        cost = problem.step(worker, number)
        if enough is not None and cost >= enough and number >= at_least:
            break
        if number >= most:
            return steps, True
        steps.append(cost)
    return steps, False


def sorted_out(problem: Problem) -> tuple[list[int], list[int]]:
    """Return the people who can take any place alike, as many as can matter, and the others.

    Of the first no more are needed than there are places: were one used beyond those
    whose first place costs least, one of these is idle and takes it at no more cost.
    """
    hurdles = Hurdles(problem)
    sites = {place.site_id for place in problem.places}
    plain, others = [], []
    for number, worker in enumerate(problem.workers):
        if hurdles.hinder(worker) or (worker.sites and not sites.isdisjoint(worker.sites)):
            others.append(number)
        else:
            plain.append(number)
    places = sum(place.wanted for place in problem.places)
    if len(plain) > places:
        plain.sort(key=lambda each: (problem.step(problem.workers[each], 0), each))
        del plain[places:]
    return plain, others


class Hurdles:
    """What may keep somebody away from a place of the problem."""

    def __init__(self, problem: Problem) -> None:
        days = [place.day for place in problem.places]
        self.first, self.last = min(days), max(days)
        self.needs = {place.needs for place in problem.places if place.needs}
        self.barred = {person_id for person_id, _ in problem.taken_off | problem.withdrawn}

    def hinder(self, worker: Worker) -> bool:
        """Tell whether a rule may keep a person away from some place."""
        return bool(
            worker.busy
            or worker.off
            or worker.exempt
            or not _covers_all(worker.member, self.first, self.last)
            or (self.barred and worker.person_id in self.barred)
            or (
                self.needs
                and any(not _holds(worker, kind, self.first, self.last) for kind in self.needs)
            )
        )


def _covers_all(spans: Sequence[Days], first: int, last: int) -> bool:
    """Tell whether one of the spans has all the days."""
    return any(begins <= first and last <= ends for begins, ends in spans)


def _holds(worker: Worker, kind: str, first: int, last: int) -> bool:
    """Tell whether something learnt holds on all the days."""
    spans = worker.learnt.get(kind, ())
    return _covers_all(spans, first, last) or (
        len(spans) > 1 and all(covers(spans, day) for day in range(first, last + 1))
    )
