"""Drawing one unit's month: a flow, mended where it must be, exact where that cost something.

Pure. Everybody who is chosen, and every place that stays empty, gets reasons: a code and
the numbers behind it, true of this very assignment (`reasons.py` has the words).
"""

from collections import Counter
from typing import Any, NamedTuple

from . import crowds, exact, flow, mending, sharing
from .flow import Chosen
from .mending import Standing, cost
from .problem import Problem, Why

#: A code and its numbers.
Reason = dict[str, Any]

#: How long CP-SAT may look for something better than the mended flow.
SECONDS = 2.0


class Choice(NamedTuple):
    """A person for a shift."""

    shift_id: int
    person_id: int
    reasons: list[Reason]


class Gap(NamedTuple):
    """People whom a shift still lacks."""

    shift_id: int
    missing: int
    reasons: list[Reason]


class Solution(NamedTuple):
    """What was drawn. `cost` is that of `Problem.weights`; `is_bound` tells that no
    assignment costs less, whatever is tried."""

    choices: list[Choice]
    gaps: list[Gap]
    cost: int
    is_bound: bool


def solve(problem: Problem, *, seconds: float = SECONDS) -> Solution:
    """Return the assignment that fills most places, then gives them to people short of the
    minimum, then evens out the load, then keeps people where they usually stand."""
    chosen, total, is_bound = assigned(problem, seconds=seconds)
    standing = Standing(problem, chosen)
    return Solution(_choices(standing), gaps(standing), total, is_bound)


def assigned(problem: Problem, *, seconds: float = SECONDS) -> tuple[list[Chosen], int, bool]:
    shared = sharing.assign(problem)
    if shared is not None:
        return shared, cost(problem, shared), True
    drawn = flow.assign(problem)
    bound = cost(problem, drawn)
    mended, changed = mending.mend(problem, drawn)
    total = cost(problem, mended) if changed else bound
    if total > bound:
        better = exact.assign(problem, hint=mended, workers=_who_matters(problem), seconds=seconds)
        if better is not None and (less := cost(problem, better)) < total:
            return better, less, less == bound
    return mended, total, total == bound


def _who_matters(problem: Problem) -> list[int]:
    plain, others = crowds.sorted_out(problem)
    return sorted([*plain, *others])


def _choices(standing: Standing) -> list[Choice]:
    problem = standing.problem
    loads = [worker.load for worker in problem.workers]
    least, average = min(loads, default=0), sum(loads) / max(len(loads), 1)
    found = []
    for worker, own in standing.of_worker.items():
        person = problem.workers[worker]
        for turn, place in enumerate(sorted(own, key=lambda p: problem.places[p].begins)):
            at = problem.places[place]
            reasons: list[Reason] = []
            if turn < problem.needed(person):
                reasons.append({"code": "short", "minutes": person.shortfall})
            if person.load == least < max(loads):
                reasons.append({"code": "least", "places": person.load})
            elif person.load < average:
                reasons.append(
                    {"code": "fewer", "places": person.load, "average": round(average, 1)}
                )
            if again := person.slots.get(at.slot, 0):
                reasons.append({"code": "same_slot", "times": again})
            elif known := person.sites.get(at.site_id, 0):
                reasons.append({"code": "same_site", "times": known})
            found.append(Choice(at.shift_id, person.person_id, reasons or [{"code": "free"}]))
    return sorted(found, key=lambda each: (each.shift_id, each.person_id))


def gaps(standing: Standing) -> list[Gap]:
    """Return the places that stay empty, each with its reasons."""
    problem = standing.problem
    return [
        Gap(place.shift_id, missing, why_empty(standing, number))
        for number, place in enumerate(problem.places)
        if (missing := standing.missing(number)) > 0
    ]


def why_empty(standing: Standing, place: int) -> list[Reason]:
    """Return why nobody else serves at a place: each reason with the number of people for
    whom it is the first, in the order in which they are asked."""
    counts = Counter(standing.why_not(w, place) for w in range(len(standing.problem.workers)))
    people = sum(number for why, number in counts.items() if why is not Why.ELSEWHERE)
    if not people:
        return [{"code": "nobody"}]
    return [{"code": "people", "people": people}] + [
        {"code": str(why), "people": counts[why]}
        for why in Why
        if counts[why] and why is not Why.ELSEWHERE
    ]
