"""Drawing the city's month: 26,400 places over 22 days, 120 units, 60,000 people.

The solver alone, unit after unit, against a greedy hand in the same run: it fills the
places in the order of time with whoever costs least then. That is dearer.
"""

import random
import time
from datetime import date

from volunteer.rosters import mending, solver
from volunteer.rosters.flow import Chosen
from volunteer.rosters.mending import Standing
from volunteer.rosters.problem import DAY, Limits, Place, Problem, Slot, Turn, Worker

from .measure import Figure, seconds, shown

UNITS = 120
DAYS = 22
#: Posts of a unit; each has two windows a day.
POSTS = 2
WINDOWS = ((7 * 60, 9 * 60, 2), (17 * 60, 19 * 60, 3))
GOAL = 5.0
PLACES = UNITS * DAYS * POSTS * sum(wanted for *_, wanted in WINDOWS)


def city(people: int) -> list[Problem]:
    """Return a problem for every unit; a part of the people is busy, away, or knows a post."""
    dice = random.Random(7)
    first = date(2026, 12, 1)
    days = [each for each in range(31) if (first.weekday() + each) % 7 < 5][:DAYS]
    problems = []
    for unit in range(UNITS):
        times = [
            (unit * POSTS + post, True, at + begins, at + ends, wanted)
            for day in days
            for at in [(first.toordinal() + day) * DAY]
            for post in range(POSTS)
            for begins, ends, wanted in WINDOWS
        ]
        places = [Place(number, *facts) for number, facts in enumerate(times)]
        workers = [somebody(dice, number, places) for number in range(people // UNITS)]
        problems.append(Problem(places, workers, Limits()))
    return problems


def somebody(dice: random.Random, number: int, places: list[Place]) -> Worker:
    start = places[0].day
    worker = Worker(
        number, [(0, 10**6)], shortfall=dice.choice((0, 60, 120)), load=dice.randint(0, 12)
    )
    if dice.random() < 0.1:
        begins = (start + dice.randint(0, 30)) * DAY + 15 * 60
        worker.busy = [Turn(begins, begins + 120, False, 10**6 + number)]
    if dice.random() < 0.1:
        day = start + dice.randint(0, 30)
        worker.off = [(day, day + 3)]
    if dice.random() < 0.3:
        known = dice.choice(places)
        worker.sites = {known.site_id: dice.randint(1, 5)}
        worker.slots = {Slot(*known.slot): 1}
    return worker


def greedy(problem: Problem) -> list[Chosen]:
    """Fill every place with whoever costs least at that moment."""
    standing = Standing(problem, ())
    line = sorted(range(len(problem.workers)), key=lambda n: problem.step(problem.workers[n], 0))
    for number, place in enumerate(problem.places):
        for _ in range(place.wanted):
            free = (n for n in line if standing.why_not(n, number) is None)
            if (chosen := next(free, None)) is None:
                break
            standing.put(number, chosen)
            line.remove(chosen)
            price = standing.price(chosen)
            at = next((i for i, n in enumerate(line) if standing.price(n) > price), len(line))
            line.insert(at, chosen)
    return standing.chosen()


def measure(people: int) -> Figure:
    """Draw the city once; the line also tells the greedy hand's time and its dearer wishes."""
    problems = city(people)
    drawn: list[solver.Solution] = []
    taken: list[list[Chosen]] = []
    began = time.process_time()
    value = seconds(lambda: drawn.extend(map(solver.solve, problems)))
    processor = time.process_time() - began
    floor = seconds(lambda: taken.extend(map(greedy, problems)))
    cost = sum(each.cost for each in drawn)
    by_hand = sum(
        mending.cost(problem, chosen) for problem, chosen in zip(problems, taken, strict=True)
    )
    return Figure(
        "roster_s",
        "none",
        people,
        value,
        floor,
        "s",
        GOAL,
        more={
            "cpu_s": shown(processor),
            "places": sum(place.wanted for each in problems for place in each.places),
            "filled": sum(len(each.choices) for each in drawn),
            "filled_by_greedy": sum(map(len, taken)),
            "units_proved_optimal": sum(each.is_bound for each in drawn),
            "greedy_costs_more_percent": round(100 * (by_hand / cost - 1), 2),
        },
    )
