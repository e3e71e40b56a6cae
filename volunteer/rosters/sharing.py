"""The assignment where nobody is in another's way: the cheapest turns, shared out. Pure.

What a place costs hangs on who takes it far more than on where it is. So wherever the rules
leave enough room, the cheapest turns of all people serve, and a small flow says who of them
goes to the sites that he knows. Nothing can cost less; where the rules leave no such room,
`flow.py` looks closer.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from ortools.graph.python import min_cost_flow  # type: ignore[import-untyped]

from .crowds import Calendar, Hurdles
from .flow import Chosen
from .mending import Standing
from .problem import KEEP_MOST, SITE_MOST, SLOT_MOST, Problem, Turn, Worker, week_of

SINK, SOURCE, ANYWHERE = 0, 1, 2
NOWHERE: frozenset[int] = frozenset()


class _Share(NamedTuple):
    """How many places somebody takes for sure, and whether perhaps one more."""

    sure: int
    perhaps: bool


class _Group(NamedTuple):
    """People with the same share who need not be told apart."""

    workers: list[int]
    share: _Share
    #: What each pool costs that they may draw from, `KEEP_MOST` less how well they know it;
    #: together those that begin with the pool of a site.
    ways: list[dict[int, int]]


def assign(problem: Problem) -> list[Chosen] | None:
    """Return an assignment by all rules that fills every place and costs as little as any can;
    None where the cheapest turns do not come out so."""
    if not problem.places or not problem.workers:
        return None
    return _Pools(problem).solve()


class _Pools:
    """People draw from pools, pools fill places: one of all places, one a site, one a slot."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.calendar = Calendar(problem)
        self.hurdles = Hurdles(problem)
        self.wanted = sum(place.wanted for place in problem.places)
        self.tails: list[int] = []
        self.heads: list[int] = []
        self.caps: list[int] = []
        self.costs: list[int] = []
        self.first_place = ANYWHERE + 1
        self.nodes = self.first_place + len(problem.places)
        for number, place in enumerate(problem.places):
            self._arc(self.first_place + number, SINK, place.wanted, 0)
        #: The places of each pool, by its node.
        self.places_of: dict[int, list[int]] = {}
        #: How many groups of rivals a pool's places are of: nobody draws more often.
        self.rivals_of: dict[int, int] = {}
        self._fill(ANYWHERE, range(len(problem.places)))
        sites: defaultdict[int, list[int]] = defaultdict(list)
        for number, place in enumerate(problem.places):
            sites[place.site_id].append(number)
        self.sites = {site: self._pool(places) for site, places in sites.items()}
        self.slots = {
            slot: self._pool(places) for slot, places in self.calendar.places_of_slot.items()
        }
        #: Pools without the places that somebody cannot take, by the whole pool and these.
        self.cut: dict[tuple[int, frozenset[int]], int] = {}
        self.barred: dict[int, frozenset[int]] = {}

    def solve(self) -> list[Chosen] | None:
        shares = self._shares()
        if shares is None:
            return None
        groups = list(self._groups(shares))
        spare = self.wanted - sum(group.share.sure * len(group.workers) for group in groups)
        if spare < 0:
            return None
        flow = min_cost_flow.SimpleMinCostFlow()
        first_group = self.nodes
        self.nodes += len(groups)
        #: The number of the group by its nodes, which are all from `first_group` on.
        owners = list(range(len(groups)))
        for number, group in enumerate(groups):
            node, people = first_group + number, len(group.workers)
            most = group.share.sure + group.share.perhaps
            for pools in group.ways:
                tail, at_most = node, self.rivals_of[next(iter(pools))]
                if at_most < most and len(pools) > 1:
                    tail = self._node()
                    owners.append(number)
                    self._arc(node, tail, people * at_most, 0)
                for pool, cost in pools.items():
                    self._arc(tail, pool, people * min(most, self.rivals_of[pool]), cost)
            if group.share.perhaps:
                self._arc(SOURCE, node, people, 0)
        arcs = flow.add_arcs_with_capacity_and_unit_cost(
            np.array(self.tails, np.int32),
            np.array(self.heads, np.int32),
            np.array(self.caps, np.int64),
            np.array(self.costs, np.int64),
        )
        flow.set_node_supply(SINK, -self.wanted)
        flow.set_node_supply(SOURCE, spare)
        for node, group in enumerate(groups, first_group):
            flow.set_node_supply(node, group.share.sure * len(group.workers))
        if flow.solve() != flow.OPTIMAL:
            return None
        return self._dealt(groups, first_group, owners, np.asarray(flow.flows(arcs)))

    def _shares(self) -> dict[int, _Share] | None:
        """Return who takes how many places: the cheapest turns of those who can serve at all.

        None where there are not enough of them.
        """
        problem = self.problem
        out: set[int] = set()
        while True:
            of_kind: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
            for number, worker in enumerate(problem.workers):
                if number not in out:
                    of_kind[worker.load, worker.shortfall].append(number)
            kinds = self._cheapest([(people[0], len(people)) for people in of_kind.values()])
            if kinds is None:
                return None
            shares = {
                number: kinds[people[0]]
                for people in of_kind.values()
                if people[0] in kinds
                for number in people
            }
            nowhere = {
                number for number in shares if len(self._bars(number)) == len(problem.places)
            }
            if not nowhere:
                return shares
            out |= nowhere

    def _cheapest(self, kinds: Sequence[tuple[int, int]]) -> dict[int, _Share] | None:
        """Return the share of each kind of people, given by one of them and their number."""
        problem = self.problem
        line = [(problem.step(problem.workers[one], 0), one, people) for one, people in kinds]
        heapify(line)
        taken: Counter[int] = Counter()
        missing, price = self.wanted, 0
        while missing > 0:
            if not line:
                return None
            price, one, people = heappop(line)
            taken[one] += 1
            missing -= people
            if taken[one] < problem.most_each:
                step = problem.step(problem.workers[one], taken[one])
                heappush(line, (step, one, people))
        return self._with_perhaps(kinds, taken, price)

    def _with_perhaps(
        self, kinds: Sequence[tuple[int, int]], taken: Mapping[int, int], price: int
    ) -> dict[int, _Share]:
        """Return the shares where all turns that cost less than the last one are sure."""
        problem = self.problem
        found = {}
        for one, _ in kinds:
            sure = taken[one]
            worker = problem.workers[one]
            if sure and problem.step(worker, sure - 1) == price:
                sure -= 1
            perhaps = sure < problem.most_each and problem.step(worker, sure) == price
            if sure or perhaps:
                found[one] = _Share(sure, perhaps)
        return found

    def _bars(self, number: int) -> frozenset[int]:
        found = self.barred.get(number)
        if found is None:
            worker = self.problem.workers[number]
            found = NOWHERE
            if self.hurdles.hinder(worker):
                taken = Counter(week_of(turn.day) for turn in worker.busy if turn.is_post)
                found = self.calendar.barred(worker, taken)
            self.barred[number] = found
        return found

    def _groups(self, shares: Mapping[int, _Share]) -> Iterator[_Group]:
        """Tell the groups; of those who know no site no more than there are places."""
        plain: defaultdict[_Share, list[int]] = defaultdict(list)
        for number, share in shares.items():
            worker, barred = self.problem.workers[number], self._bars(number)
            known = self.sites.keys() & worker.sites.keys()
            if not barred and not known:
                plain[share].append(number)
            else:
                yield _Group([number], share, self._ways(worker, known, barred))
        for share, people in plain.items():
            if not share.sure:
                del people[self.wanted :]
            yield _Group(people, share, [{ANYWHERE: KEEP_MOST}])

    def _ways(
        self, worker: Worker, known: Iterable[int], barred: frozenset[int]
    ) -> list[dict[int, int]]:
        found = {}
        for site in known:
            cost = KEEP_MOST - min(worker.sites[site], SITE_MOST)
            found[site] = {self._without(self.sites[site], barred): cost}
        for slot, times in worker.slots.items():
            pool = self.slots.get(slot)
            if pool is not None and slot.site_id in found:
                cost = KEEP_MOST - min(worker.sites[slot.site_id], SITE_MOST)
                pool = self._without(pool, barred)
                found[slot.site_id][pool] = cost - min(times, SLOT_MOST)
        return [{self._without(ANYWHERE, barred): KEEP_MOST}, *found.values()]

    def _without(self, pool: int, barred: frozenset[int]) -> int:
        """Return the pool that lacks the barred places of another one."""
        places = self.places_of[pool]
        gone = barred.intersection(places)
        if not gone:
            return pool
        found = self.cut.get((pool, gone))
        if found is None:
            found = self.cut[pool, gone] = self._pool(each for each in places if each not in gone)
        return found

    def _pool(self, places: Iterable[int]) -> int:
        node = self._node()
        self._fill(node, places)
        return node

    def _node(self) -> int:
        self.nodes += 1
        return self.nodes - 1

    def _fill(self, pool: int, places: Iterable[int]) -> None:
        self.places_of[pool] = list(places)
        self.rivals_of[pool] = len({self.calendar.hub_of[each] for each in self.places_of[pool]})
        for each in self.places_of[pool]:
            self._arc(pool, self.first_place + each, self.problem.places[each].wanted, 0)

    def _arc(self, tail: int, head: int, capacity: int, cost: int) -> None:
        self.tails.append(tail)
        self.heads.append(head)
        self.caps.append(capacity)
        self.costs.append(cost)

    def _dealt(
        self, groups: Sequence[_Group], first_group: int, owners: Sequence[int], used: Any
    ) -> list[Chosen] | None:
        """Return who serves where by the flow; None where that breaks a rule."""
        full = np.flatnonzero(used)
        drawn: defaultdict[int, list[int]] = defaultdict(list)
        filled: defaultdict[int, list[int]] = defaultdict(list)
        turn: Counter[int] = Counter()
        for arc, flow in zip(full.tolist(), used[full].tolist(), strict=True):
            tail, head = self.tails[arc], self.heads[arc]
            if tail in self.places_of:
                filled[tail] += [head - self.first_place] * flow
            elif head in self.places_of:
                number = owners[tail - first_group]
                workers = groups[number].workers
                for _ in range(flow):
                    drawn[head].append(workers[turn[number] % len(workers)])
                    turn[number] += 1
        total = Counter(chain.from_iterable(drawn.values()))
        turns = {
            worker: list(self.problem.workers[worker].busy)
            for worker, number in total.items()
            if number > 1
        }
        chosen: list[Chosen] = []
        for pool in sorted(drawn, reverse=True):  # the pool of all places leaves most choice
            chosen += self._from_pool(filled[pool], drawn[pool], turns)
        return self._untangled(chosen, turns)

    def _from_pool(
        self, places: Sequence[int], workers: Sequence[int], turns: Mapping[int, list[Turn]]
    ) -> Iterator[Chosen]:
        """Deal the places of a pool: people with several turns choose first, where most is left.

        Somebody may get what he cannot have beside his other turns, even the same twice.
        """
        left = Counter(places)
        for worker in sorted(filter(turns.__contains__, workers)):
            others = turns[worker]
            order = sorted((each for each in left if left[each]), key=lambda each: -left[each])
            free = (p for p in order if self.problem.clash(self._turn(p), others) is None)
            place = next(free, order[0])
            left[place] -= 1
            others.append(self._turn(place))
            yield Chosen(place, worker)
        easy = (worker for worker in workers if worker not in turns)
        yield from map(Chosen, sorted(left.elements()), easy)

    def _turn(self, place: int) -> Turn:
        return self.problem.places[place].turn

    def _untangled(self, chosen: Iterable[Chosen], careful: Iterable[int]) -> list[Chosen] | None:
        """Let people exchange what they cannot have beside their other turns, at no cost; None
        where nobody can."""
        standing = Standing(self.problem, ())
        tangled = []
        for each in sorted(chosen):
            if each.worker in standing.of_place[each.place]:
                tangled.append(each)
            else:
                standing.put(*each)
        for worker in sorted(careful):
            for place in sorted(standing.of_worker[worker]):
                if standing.why_not(worker, place, but=place) is not None:
                    standing.drop(place, worker)
                    tangled.append(Chosen(place, worker))
        for place, worker in tangled:
            found = self._exchange(standing, place, worker)
            if found is None:
                return None
            standing.drop(found.place, found.worker)
            standing.put(place, found.worker)
            standing.put(found.place, worker)
        return standing.chosen()

    def _exchange(self, standing: Standing, place: int, worker: int) -> Chosen | None:
        """Return who can take a place, and what he gives for it, so that neither is dearer."""
        own = standing.parting(place, worker)
        for other, people in enumerate(standing.of_place):
            if standing.why_not(worker, other) is not None:
                continue
            gain = own - standing.parting(other, worker)
            for each in sorted(people):
                loss = standing.parting(place, each) - standing.parting(other, each)
                if loss <= gain and standing.why_not(each, place, but=other) is None:
                    return Chosen(other, each)
        return None
