"""The assignment as one min-cost flow a unit: people, their weeks, their days, the places. Pure.

It keeps every rule but two: that an activity and a post of one day do not overlap where
the day's places are not all each other's rivals, and the rest between an evening and the
next morning. So its cost is a bound from below, and the optimum wherever those two hold.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from ortools.graph.python import min_cost_flow  # type: ignore[import-untyped]

from .problem import DAY, KEEP_MOST, Problem, Worker, covers, week_of

SOURCE, SINK = 0, 1


class Rivals(NamedTuple):
    """Places of which one person takes at the most one: a day's posts, or what overlaps."""

    places: list[int]
    is_post: bool
    day: int


class Chosen(NamedTuple):
    """Who serves where: numbers of a place and of a worker in their problem."""

    place: int
    worker: int


def assign(problem: Problem) -> list[Chosen]:
    """Return the most places filled at the least cost, by the rules that a flow can keep."""
    if not problem.places or not problem.workers:
        return []
    return _Network(problem).solve()


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


class _Network:
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.rivals = rivals_of(problem)
        places = len(problem.places)
        self.first_place, self.first_hub = 2, 2 + places
        self.sites = [{problem.places[p].site_id for p in each.places} for each in self.rivals]
        self.nodes = self.first_hub + len(self.rivals)
        #: Weeks in which somebody could have more posts than he may.
        days = Counter(week_of(each.day) for each in self.rivals if each.is_post)
        most = problem.limits.posts_a_week
        self.full_weeks = [week for week, number in days.items() if number > most]
        self.parts: list[np.ndarray] = []
        self.tails: list[int] = []
        self.heads: list[int] = []
        self.caps: list[int] = []
        self.costs: list[int] = []
        #: The node of a worker's day, or of the worker himself, by which he is told again.
        self.worker_of: dict[int, int] = {}

    def solve(self) -> list[Chosen]:
        plain, others = sorted_out(self.problem)
        self._add_plain(plain)
        for number in others:
            self._add(number)
        for number, place in enumerate(self.problem.places):
            self._arc(self.first_place + number, SINK, place.wanted, 0)
        for number, group in enumerate(self.rivals):
            for each in group.places:
                wanted = self.problem.places[each].wanted
                self._arc(self.first_hub + number, self.first_place + each, wanted, 0)
        return self._flow()

    def _add_plain(self, plain: Sequence[int]) -> None:
        """Add those who can take any place alike, all at once."""
        if not plain:
            return
        problem, weights = self.problem, self.problem.weights
        workers = [problem.workers[each] for each in plain]
        nodes = self._new_nodes(len(plain))
        self.worker_of.update(zip(nodes.tolist(), plain, strict=True))
        steps = np.arange(problem.most_each)
        load = np.array([problem.relative_load(w) for w in workers])
        needed = np.array([problem.needed(w) for w in workers])
        costs = weights.load * (load[:, None] + steps) + weights.not_short * (
            steps >= needed[:, None]
        )
        self._arcs(SOURCE, np.repeat(nodes, len(steps)), 1, costs.ravel())
        of_week = {}
        for week in self.full_weeks:
            of_week[week] = self._new_nodes(len(plain))
            self.worker_of.update(zip(of_week[week].tolist(), plain, strict=True))
            self._arcs(nodes, of_week[week], problem.limits.posts_a_week, 0)
        for number, group in enumerate(self.rivals):
            tails = of_week.get(week_of(group.day), nodes) if group.is_post else nodes
            self._arcs(tails, self.first_hub + number, 1, KEEP_MOST * weights.keep)

    def _add(self, number: int) -> None:
        """Add one who cannot take every place, or who knows some better than others."""
        problem = self.problem
        worker, limits = problem.workers[number], problem.limits
        node = self._new_node(number)
        taken = Counter(week_of(turn.day) for turn in worker.busy if turn.is_post)
        of_week: dict[int, int] = {}
        most = 0
        asked_days = self._days_to_ask(worker, taken)
        for place, group in enumerate(self.rivals):
            may_all = asked_days is not None and group.day not in asked_days
            is_usual = may_all and self.sites[place].isdisjoint(worker.sites)
            free = group.places
            if not may_all:
                free = [
                    each
                    for each in group.places
                    if problem.why_not(worker, problem.places[each], worker.busy) is None
                ]
            if not free:
                continue
            most += 1
            tail = node
            week = week_of(group.day)
            if group.is_post and (week in self.full_weeks or taken[week]):
                if week not in of_week:
                    of_week[week] = self._new_node(number)
                    self._arc(node, of_week[week], limits.posts_a_week - taken[week], 0)
                tail = of_week[week]
            if is_usual:
                self._arc(tail, self.first_hub + place, 1, KEEP_MOST * problem.weights.keep)
            else:
                self._add_day(number, tail, place, free)
        for step in range(min(most, problem.most_each)):
            self._arc(SOURCE, node, 1, problem.step(worker, step))

    def _days_to_ask(self, worker: Worker, taken: Counter[int]) -> set[int] | None:
        """Return the days on which a rule may keep the person away; None: any day.

        On the others he can take every place, so that none need be asked one by one.
        """
        problem = self.problem
        if problem.taken_off or any(place.needs for place in problem.places):
            return None
        full = {week for week, posts in taken.items() if posts >= problem.limits.posts_a_week}
        found = set()
        for day in {group.day for group in self.rivals}:
            away = covers(worker.off, day) or covers(worker.exempt, day)
            if away or week_of(day) in full or not covers(worker.member, day):
                found.add(day)
        for turn in worker.busy:
            found.update(range(turn.day - 1, turn.ends // DAY + 2))
        return found

    def _add_day(self, number: int, tail: int, hub: int, free: Sequence[int]) -> None:
        problem = self.problem
        worker = problem.workers[number]
        costs = [problem.parting(worker, problem.places[each]) for each in free]
        usual = KEEP_MOST * problem.weights.keep
        through_hub = len(free) == len(self.rivals[hub].places)
        known = [cost != usual for cost in costs]
        if through_hub and not any(known):
            self._arc(tail, self.first_hub + hub, 1, usual)
            return
        if len(free) > 1:
            day = self._new_node(number)
            self._arc(tail, day, 1, 0)
            tail = day
        if through_hub and len(free) > 1:
            self._arc(tail, self.first_hub + hub, 1, usual)
        for each, cost, is_known in zip(free, costs, known, strict=True):
            if is_known or not through_hub or len(free) == 1:
                self._arc(tail, self.first_place + each, 1, cost)

    def _flow(self) -> list[Chosen]:
        mine = np.array([self.tails, self.heads, self.caps, self.costs], dtype=np.int64)
        tails, heads, caps, costs = np.concatenate([*self.parts, mine], axis=1)
        flow = min_cost_flow.SimpleMinCostFlow()
        arcs = flow.add_arcs_with_capacity_and_unit_cost(
            tails.astype(np.int32), heads.astype(np.int32), caps, costs
        )
        wanted = sum(place.wanted for place in self.problem.places)
        flow.set_node_supply(SOURCE, wanted)
        flow.set_node_supply(SINK, -wanted)
        status = flow.solve_max_flow_with_min_cost()
        if status != flow.OPTIMAL:
            raise RuntimeError(f"the flow could not be solved: {status}")
        used = np.asarray(flow.flows(arcs))
        full = np.flatnonzero(used)
        return self._told(tails[full].tolist(), heads[full].tolist(), used[full].tolist())

    def _told(self, tails: list[int], heads: list[int], flows: list[int]) -> list[Chosen]:
        """Return the places of people from the arcs in use; who goes through a hub can take
        any of its places."""
        chosen = []
        waiting: defaultdict[int, list[int]] = defaultdict(list)
        open_places: defaultdict[int, list[int]] = defaultdict(list)
        for tail, head, flow in zip(tails, heads, flows, strict=True):
            is_place = self.first_place <= head < self.first_hub
            if tail in self.worker_of and is_place:
                chosen.append(Chosen(head - self.first_place, self.worker_of[tail]))
            elif tail in self.worker_of and self.first_hub <= head < self.first_worker:
                waiting[head].append(self.worker_of[tail])
            elif self.first_hub <= tail < self.first_worker and is_place:
                open_places[tail] += [head - self.first_place] * flow
        for hub, people in waiting.items():
            pairs = zip(open_places[hub], people, strict=True)
            chosen += [Chosen(place, worker) for place, worker in pairs]
        return sorted(chosen)

    @property
    def first_worker(self) -> int:
        return self.first_hub + len(self.rivals)

    def _new_node(self, worker: int) -> int:
        self.nodes += 1
        self.worker_of[self.nodes - 1] = worker
        return self.nodes - 1

    def _new_nodes(self, number: int) -> np.ndarray:
        self.nodes += number
        return np.arange(self.nodes - number, self.nodes)

    def _arc(self, tail: int, head: int, capacity: int, cost: int) -> None:
        self.tails.append(tail)
        self.heads.append(head)
        self.caps.append(capacity)
        self.costs.append(cost)

    def _arcs(
        self,
        tails: np.ndarray | int,
        heads: np.ndarray | int,
        capacity: int,
        costs: np.ndarray | int,
    ) -> None:
        self.parts.append(
            np.array(np.broadcast_arrays(tails, heads, capacity, costs), dtype=np.int64)
        )


def sorted_out(problem: Problem) -> tuple[list[int], list[int]]:
    """Return the people who can take any place alike, as many as can matter, and the others.

    Of the first no more are needed than there are places: were one used beyond those
    whose first place costs least, one of these is idle and takes it at no more cost.
    """
    days = [place.day for place in problem.places]
    first, last = min(days), max(days)
    sites = {place.site_id for place in problem.places}
    needs = {place.needs for place in problem.places if place.needs}
    barred = {person_id for person_id, _ in problem.taken_off}
    plain, others = [], []
    for number, worker in enumerate(problem.workers):
        if (
            worker.busy
            or worker.off
            or worker.exempt
            or not any(begins <= first and last <= ends for begins, ends in worker.member)
            or (worker.sites and not sites.isdisjoint(worker.sites))
            or worker.person_id in barred
            or any(not _holds(worker, kind, first, last) for kind in needs)
        ):
            others.append(number)
        else:
            plain.append(number)
    places = sum(place.wanted for place in problem.places)
    if len(plain) > places:
        plain.sort(key=lambda each: (problem.step(problem.workers[each], 0), each))
        del plain[places:]
    return plain, others


def _holds(worker: Worker, kind: str, first: int, last: int) -> bool:
    """Tell whether something learnt holds on all the days."""
    spans = worker.learnt.get(kind, ())
    return any(begins <= first and last <= ends for begins, ends in spans) or (
        len(spans) > 1 and all(covers(spans, day) for day in range(first, last + 1))
    )
