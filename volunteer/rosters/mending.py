"""Mending what a flow cannot see: overlaps across groups, and rest after an evening. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .exact import rivals
from .flow import Chosen
from .problem import Problem, Turn, Why


class _Move(NamedTuple):
    """Somebody gives up a place; another takes it, perhaps against one of his own."""

    cost: int
    place: int
    worker: int
    taker: int | None = None
    against: int | None = None


class Standing:
    """Who serves where, and what that costs; changes keep both true."""

    def __init__(self, problem: Problem, chosen: Sequence[Chosen]) -> None:
        self.problem = problem
        self.of_place: list[set[int]] = [set() for _ in problem.places]
        self.of_worker: dict[int, list[int]] = {}
        for place, worker in chosen:
            self.put(place, worker)

    def put(self, place: int, worker: int) -> None:
        self.of_place[place].add(worker)
        self.of_worker.setdefault(worker, []).append(place)

    def drop(self, place: int, worker: int) -> None:
        self.of_place[place].remove(worker)
        self.of_worker[worker].remove(place)

    def chosen(self) -> list[Chosen]:
        return sorted(
            Chosen(place, worker)
            for place, workers in enumerate(self.of_place)
            for worker in workers
        )

    def turns(self, worker: int, *, but: int | None = None) -> list[Turn]:
        """Return all that a person serves at, one place of this roster left out."""
        places = self.problem.places
        own = self.of_worker.get(worker, ())
        return self.problem.workers[worker].busy + [places[p].turn for p in own if p != but]

    def why_not(self, worker: int, place: int, *, but: int | None = None) -> Why | None:
        each = self.problem.workers[worker]
        return self.problem.why_not(each, self.problem.places[place], self.turns(worker, but=but))

    def missing(self, place: int) -> int:
        return self.problem.places[place].wanted - len(self.of_place[place])

    def gain(self, worker: int) -> int:
        """What is saved when a person has one place fewer."""
        number = len(self.of_worker[worker])
        return self.problem.step(self.problem.workers[worker], number - 1)

    def price(self, worker: int) -> int:
        """What it costs that a person has one place more."""
        number = len(self.of_worker.get(worker, ()))
        return self.problem.step(self.problem.workers[worker], number)

    def parting(self, place: int, worker: int) -> int:
        return self.problem.parting(self.problem.workers[worker], self.problem.places[place])


def cost(problem: Problem, chosen: Sequence[Chosen]) -> int:
    """Return what an assignment costs: places that stay empty first, then the wishes."""
    standing = Standing(problem, ())
    total = problem.weights.unfilled * sum(each.wanted for each in problem.places)
    for place, worker in chosen:
        total += standing.price(worker) + standing.parting(place, worker)
        total -= problem.weights.unfilled
        standing.put(place, worker)
    return total


def mend(problem: Problem, chosen: Sequence[Chosen]) -> tuple[list[Chosen], bool]:
    """Return the assignment with every rule kept, and whether anything had to be changed.

    For each two places that one person cannot have both, the cheapest of these is done:
    another person takes one of them, two people exchange, or the place stays empty.
    """
    standing = Standing(problem, chosen)
    changed = False
    for worker in sorted(standing.of_worker):
        while pair := _at_odds(standing, worker):
            changed = True
            moves = [move for place in pair for move in _moves(standing, place, worker)]
            _do(standing, min(moves, key=lambda each: (each.cost, each[1:3])))
    if changed:
        _fill(standing)
    return standing.chosen(), changed


def _at_odds(standing: Standing, worker: int) -> tuple[int, int] | None:
    own = sorted(
        standing.of_worker[worker], key=lambda place: standing.problem.places[place].begins
    )
    for position, one in enumerate(own):
        for other in own[position + 1 :]:
            if rivals(standing.problem, one, other):
                return one, other
    return None


def _moves(standing: Standing, place: int, worker: int) -> Iterator[_Move]:
    problem = standing.problem
    away = standing.gain(worker) + standing.parting(place, worker)
    yield _Move(problem.weights.unfilled - away, place, worker)
    for other in range(len(problem.workers)):
        if other == worker:
            continue
        if standing.why_not(other, place) is None:
            come = standing.price(other) + standing.parting(place, other)
            yield _Move(come - away, place, worker, other)
            continue
        for against in standing.of_worker.get(other, ()):
            if (
                standing.why_not(other, place, but=against) is None
                and standing.why_not(worker, against, but=place) is None
            ):
                change = (
                    standing.parting(place, other)
                    + standing.parting(against, worker)
                    - standing.parting(place, worker)
                    - standing.parting(against, other)
                )
                yield _Move(change, place, worker, other, against)


def _do(standing: Standing, move: _Move) -> None:
    standing.drop(move.place, move.worker)
    if move.taker is None:
        return
    if move.against is not None:
        standing.drop(move.against, move.taker)
        standing.put(move.against, move.worker)
    standing.put(move.place, move.taker)


def _fill(standing: Standing) -> None:
    """Give what has become empty to whoever is free, the cheapest first."""
    problem = standing.problem
    for place in range(len(problem.places)):
        while standing.missing(place) > 0:
            free = [
                (standing.price(worker) + standing.parting(place, worker), worker)
                for worker in range(len(problem.workers))
                if standing.why_not(worker, place) is None
            ]
            if not free:
                break
            standing.put(place, min(free)[1])
