"""Drawing the city's month: 26,400 places over 22 days, 120 units, 60,000 people.

The solver alone, unit after unit, against a greedy hand in the same run: it fills the
places in the order of time with whoever costs least then. That is dearer. And the demo
city's own next month, opened and drawn as its office does, with reading and writing.
"""

import random
from datetime import date, time
from time import process_time

from volunteer.core import clock
from volunteer.core.actor import SYSTEM
from volunteer.core.clock import Month
from volunteer.home import demo
from volunteer.rosters import checker, mending, planning, reading, service, solver
from volunteer.rosters.flow import Chosen
from volunteer.rosters.mending import Standing
from volunteer.rosters.problem import DAY, Limits, Place, Problem, Slot, Turn, Worker
from volunteer.units import queries as units

from .databases import Databases, application, let_go
from .measure import Figure, seconds, shown

UNITS = 120
DAYS = 22
#: Posts of a unit; each has two windows a day.
POSTS = 2
WINDOWS = ((7 * 60, 9 * 60, 2), (17 * 60, 19 * 60, 3))
GOAL = 5.0
#: When the demo city is made: with its fixed seed it is the same every time.
DEMO_NOW = clock.at(date(2026, 11, 23), time(9))
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
    began = process_time()
    value = seconds(lambda: drawn.extend(map(solver.solve, problems)))
    processor = process_time() - began
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


def measure_demo(databases: Databases, people: int) -> Figure:
    """Open the demo city's next month and draw all its units; the floor reads the same month
    and fills it greedily, without writing."""
    address, month = databases.migrated(), Month.of(DEMO_NOW).next
    with application(address).app_context():
        demo.make(people, now=DEMO_NOW, progress=lambda step, percent: None)
        root = units.by_ids([units.listing()[0].id]).popitem()[1]
        opened: list[int] = []
        opening = seconds(
            lambda: opened.append(planning.open_month(root, month, actor=SYSTEM, now=DEMO_NOW))
        )
        taken: list[tuple[int, int]] = []

        def by_hand() -> None:
            for each in reading.months(under=root.path, month=month, limits=Limits(), now=DEMO_NOW):
                workers, places = each.problem.workers, each.problem.places
                chosen = [
                    (workers[one.worker].person_id, places[one.place].shift_id)
                    for one in greedy(each.problem)
                ]
                reading.give(each, chosen)
                taken.extend(chosen)

        floor = seconds(by_hand)
        drawn: list[service.Drawn] = []
        drawing = seconds(
            lambda: drawn.extend(service.draw(root, month, actor=SYSTEM, now=DEMO_NOW))
        )
        if broken := checker.broken(root, month):
            raise AssertionError(f"hard rules are broken: {broken[:3]}")
        let_go()
    databases.drop(address)
    return Figure(
        "roster_demo_s",
        databases.engine,
        people,
        opening + drawing,
        floor,
        "s",
        GOAL,
        more={
            "opening_s": shown(opening),
            "shifts_opened": opened[0],
            "units": len(drawn),
            "places": sum(each.places for each in drawn),
            "filled": sum(each.filled for each in drawn),
            "filled_by_greedy": len(taken),
        },
    )
