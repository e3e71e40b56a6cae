"""The assignment as one min-cost flow a unit: crowds, their weeks, their days, the places. Pure.

It keeps every rule but two: that an activity and a post of one day do not overlap where
the day's places are not all each other's rivals, and the rest between an evening and the
next morning. So its cost is a bound from below, and the optimum wherever those two hold.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from sys import maxsize
from typing import NamedTuple

import numpy as np
from ortools.graph.python import min_cost_flow  # type: ignore[import-untyped]

from .crowds import Calendar, Crowd, crowds
from .problem import KEEP_MOST, SITE_MOST, Problem, Worker

SOURCE, SINK = 0, 1
#: How many places beyond those that somebody needs are offered at first, then, and at last.
BEYOND = (1, 4, maxsize)


class Chosen(NamedTuple):
    """Who serves where: numbers of a place and of a worker in their problem."""

    place: int
    worker: int


def assign(problem: Problem) -> list[Chosen]:
    """Return the most places filled at the least cost, by the rules that a flow can keep.

    Hardly anybody takes many more places than he needs, so few are offered to each at first.
    Where nobody takes all of them, further ones could not pay either: each costs no less
    than the one before.
    """
    if not problem.places or not problem.workers:
        return []
    for beyond in BEYOND:
        network = _Network(problem, beyond)
        chosen = network.solve()
        if not network.wants_more:
            break
    return chosen


class _Network:
    """Source, crowds, their weeks and days, hubs, places, sink.

    A hub stands for all rival places, a corner for those of them at one site; who comes
    through it may take any of its places.
    """

    def __init__(self, problem: Problem, beyond: int) -> None:
        self.problem, self.beyond = problem, beyond
        self.calendar = Calendar(problem)
        self.rivals = self.calendar.rivals
        self.usual = KEEP_MOST * problem.weights.keep
        self.first_place = 2
        self.first_hub = self.first_place + len(problem.places)
        self.nodes = self.first_hub + len(self.rivals)
        self.tails: list[int] = []
        self.heads: list[int] = []
        self.caps: list[int] = []
        self.costs: list[int] = []
        #: By site, each hub and the node of its places there.
        self.corners: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for number, place in enumerate(problem.places):
            self._arc(self.first_place + number, SINK, place.wanted, 0)
        for number in range(len(self.rivals)):
            self._add_hub(number)
        self.first_crowd = self.nodes
        self.crowds: list[Crowd] = []
        #: The number of the crowd by its nodes, which are all from `first_crowd` on.
        self.crowd_of: list[int] = []
        #: Numbers of the arcs for the last steps of crowds that could take more.
        self.last_steps: list[int] = []
        self.wants_more = False

    def solve(self) -> list[Chosen]:
        for crowd in crowds(self.problem, self.calendar, self.beyond):
            self.crowds.append(crowd)
            self._add(crowd)
        return self._flow()

    def _add_hub(self, number: int) -> None:
        sites: defaultdict[int, list[int]] = defaultdict(list)
        for each in self.rivals[number].places:
            sites[self.problem.places[each].site_id].append(each)
        hub = self.first_hub + number
        for site, places in sites.items():
            node = hub
            if len(places) == 1:
                node = self.first_place + places[0]
                self._arc(hub, node, self.problem.places[places[0]].wanted, 0)
            else:
                if len(sites) > 1:
                    node = self._node()
                    wanted = sum(self.problem.places[each].wanted for each in places)
                    self._arc(hub, node, wanted, 0)
                for each in places:
                    wanted = self.problem.places[each].wanted
                    self._arc(node, self.first_place + each, wanted, 0)
            self.corners[site].append((number, node))

    def _add(self, crowd: Crowd) -> None:
        node, people, most = self._crowd_node(), len(crowd.workers), len(crowd.steps)
        self.tails += [SOURCE] * most
        self.heads += [node] * most
        self.caps += [people] * most
        self.costs += crowd.steps
        if crowd.goes_on:
            self.last_steps.append(len(self.costs) - 1)
        tails = self._weeks(crowd, node)
        worker = self.problem.workers[crowd.workers[0]]
        if not crowd.barred and not worker.sites:
            self.tails += tails
            self.heads += range(self.first_hub, self.first_hub + len(tails))
            self.caps += [people] * len(tails)
            self.costs += [self.usual] * len(tails)
            return
        for tail, ways in zip(tails, self._ways(crowd, worker), strict=True):
            if len(ways) > 1 and most > 1:
                day = self._crowd_node()
                self._arc(tail, day, people, 0)
                tail = day
            for head, cost in ways:
                self._arc(tail, head, people, cost)

    def _weeks(self, crowd: Crowd, node: int) -> list[int]:
        """Return by hub the node from which a crowd comes to it: its own, or its week's."""
        tails = [node] * len(self.rivals)
        for week, hubs in self.calendar.posts_of_week.items():
            most = self.problem.limits.posts_a_week - crowd.taken.get(week, 0)
            if 0 < most < min(len(crowd.steps), len(hubs)):
                of_week = self._crowd_node()
                self._arc(node, of_week, most * len(crowd.workers), 0)
                for hub in hubs:
                    tails[hub] = of_week
        return tails

    def _ways(self, crowd: Crowd, worker: Worker) -> list[list[tuple[int, int]]]:
        """Return by hub the nodes to which a crowd can go, each with its cost."""
        problem, calendar = self.problem, self.calendar
        found = [[(self.first_hub + hub, self.usual)] for hub in range(len(self.rivals))]
        for site, times in worker.sites.items():
            cost = (KEEP_MOST - min(times, SITE_MOST)) * problem.weights.keep
            for hub, node in self.corners.get(site, ()):
                found[hub].append((node, cost))
        for slot in worker.slots:
            for place in calendar.places_of_slot.get(slot, ()):
                cost = problem.parting(worker, problem.places[place])
                found[calendar.hub_of[place]].append((self.first_place + place, cost))
        for hub in {calendar.hub_of[place] for place in crowd.barred}:
            found[hub] = [
                (self.first_place + place, problem.parting(worker, problem.places[place]))
                for place in self.rivals[hub].places
                if place not in crowd.barred
            ]
        return found

    def _flow(self) -> list[Chosen]:
        tails, heads = np.array(self.tails, np.int32), np.array(self.heads, np.int32)
        flow = min_cost_flow.SimpleMinCostFlow()
        arcs = flow.add_arcs_with_capacity_and_unit_cost(
            tails, heads, np.array(self.caps, np.int64), np.array(self.costs, np.int64)
        )
        wanted = sum(place.wanted for place in self.problem.places)
        flow.set_node_supply(SOURCE, wanted)
        flow.set_node_supply(SINK, -wanted)
        status = flow.solve_max_flow_with_min_cost()
        if status != flow.OPTIMAL:
            raise RuntimeError(f"the flow could not be solved: {status}")
        used = np.asarray(flow.flows(arcs))
        last = self.last_steps
        self.wants_more = bool(np.any(used[last] >= np.array(self.caps, np.int64)[last]))
        full = np.flatnonzero(used)
        return self._told(tails[full].tolist(), heads[full].tolist(), used[full].tolist())

    def _told(self, tails: list[int], heads: list[int], flows: list[int]) -> list[Chosen]:
        """Return the places of people from the arcs in use."""
        onward: defaultdict[int, list[int]] = defaultdict(list)
        coming: list[tuple[int, int]] = []
        for tail, head, flow in zip(tails, heads, flows, strict=True):
            if self.first_hub <= tail < self.first_crowd:
                onward[tail] += [head] * flow
            elif tail >= self.first_crowd > head:
                coming += [(self.crowd_of[tail - self.first_crowd], head)] * flow
        places: list[list[int]] = [[] for _ in self.crowds]
        for crowd, head in coming:
            while head >= self.first_hub:
                head = onward[head].pop()
            places[crowd].append(head - self.first_place)
        return sorted(
            chosen
            for crowd, own in zip(self.crowds, places, strict=True)
            for chosen in self._dealt(crowd.workers, own)
        )

    def _dealt(self, workers: Sequence[int], places: list[int]) -> Iterator[Chosen]:
        """Deal the places of a crowd to its people in turn.

        Posts in the order of time, then the activities: so nobody gets two rivals, nor more
        posts of a week than the flow had for each, nor two places more than another.
        """
        hub_of = self.calendar.hub_of
        places.sort(key=lambda place: (not self.problem.places[place].is_post, hub_of[place]))
        for turn, place in enumerate(places):
            yield Chosen(place, workers[turn % len(workers)])

    def _node(self) -> int:
        self.nodes += 1
        return self.nodes - 1

    def _crowd_node(self) -> int:
        self.crowd_of.append(len(self.crowds) - 1)
        return self._node()

    def _arc(self, tail: int, head: int, capacity: int, cost: int) -> None:
        self.tails.append(tail)
        self.heads.append(head)
        self.caps.append(capacity)
        self.costs.append(cost)
