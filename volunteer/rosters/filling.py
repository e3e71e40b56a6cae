"""The ways to fill a draft: drawn, copied from the month before, by rotation. Pure.

Whatever the way, the hard rules hold: who may not serve at a place is left out there, and
the place stays empty with its reasons.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from . import mending, solver
from .mending import Standing
from .models import Way
from .problem import DAY, Problem, Slot
from .solver import Choice, Solution

#: By slot and by the how-manieth of its weekday in the month, who served there.
LastMonth = Mapping[tuple[Slot, int], Sequence[int]]

#: A month has a weekday four times or five times.
FIFTH = 5


def fill(problem: Problem, way: Way, *, last_month: LastMonth, seconds: float) -> Solution:
    """Fill the open places of a problem in one of the ways."""
    if way == Way.DRAWN:
        return solver.solve(problem, seconds=seconds)
    standing = Standing(problem, ())
    if way == Way.COPIED:
        _copy(standing, last_month)
    else:
        _rotate(standing)
    chosen = standing.chosen()
    code = "copied" if way == Way.COPIED else "rotation"
    choices = [
        Choice(problem.places[place].shift_id, problem.workers[worker].person_id, [{"code": code}])
        for place, worker in chosen
    ]
    cost = mending.cost(problem, chosen)
    return Solution(sorted(choices), solver.gaps(standing), cost, is_bound=False)


def position(minute: int) -> int:
    """Return the how-manieth of its weekday a day is in its month, from 1.

    >>> position(date(2026, 12, 7).toordinal() * DAY), position(date(2026, 12, 8).toordinal() * DAY)
    (1, 2)
    """
    return (date.fromordinal(minute // DAY).day - 1) // 7 + 1


def _copy(standing: Standing, last_month: LastMonth) -> None:
    """Put everybody where he was on the same weekday of the month before; a fifth one that
    it had not is as its fourth."""
    number_of = {each.person_id: n for n, each in enumerate(standing.problem.workers)}
    for place in _in_order(standing.problem):
        at = standing.problem.places[place]
        turn = position(at.begins)
        there = last_month.get((at.slot, turn), ())
        if turn == FIFTH and not there:
            there = last_month.get((at.slot, FIFTH - 1), ())
        for person_id in there:
            worker = number_of.get(person_id)
            if (
                worker is not None
                and standing.missing(place) > 0
                and standing.why_not(worker, place) is None
            ):
                standing.put(place, worker)


def _rotate(standing: Standing) -> None:
    """Let everybody come in turn: who waited longest is the first of the line, and who has
    got a place goes to its end."""
    problem = standing.problem
    line = sorted(range(len(problem.workers)), key=lambda n: (problem.workers[n].load, n))
    for place in _in_order(problem):
        for _ in range(problem.places[place].wanted):
            free = next((n for n in line if standing.why_not(n, place) is None), None)
            if free is None:
                break
            standing.put(place, free)
            line.remove(free)
            line.append(free)


def _in_order(problem: Problem) -> list[int]:
    return sorted(
        range(len(problem.places)), key=lambda n: (problem.places[n].begins, problem.places[n])
    )
