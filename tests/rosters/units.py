"""Random small units for the solver, and a referee that solves them without its code."""

import random
from datetime import date

from ortools.sat.python import cp_model

from volunteer.rosters.problem import DAY, Limits, Place, Problem, Slot, Turn, Worker

FIRST = date(2026, 12, 1).toordinal()
MORNING, EVENING = (7 * 60, 9 * 60), (17 * 60, 19 * 60)
AFTERNOON = (14 * 60, 16 * 60)


def place(
    number: int,
    day: int = 0,
    window: tuple[int, int] = MORNING,
    *,
    wanted: int = 1,
    site: int = 1,
    is_post: bool = True,
    needs: str | None = None,
) -> Place:
    """A place on the given day of December 2026, 0 is the first."""
    at = (FIRST + day) * DAY
    return Place(number, site, is_post, at + window[0], at + window[1], wanted, needs)


def worker(number: int, **given: object) -> Worker:
    return Worker(number, **{"member": [(FIRST - 400, FIRST + 400)], **given})  # type: ignore[arg-type]


def random_unit(
    seed: int, *, people: int = 14, days: int = 10, evenings: bool = False, activities: bool = False
) -> Problem:
    """A unit with days off, exemptions, training, other shifts, habits and unequal loads.

    Without evenings and activities every rule fits a flow.
    """
    dice = random.Random(seed)
    places = []
    for day in range(days):
        if dice.random() < 0.2:
            continue
        for site in range(1, dice.randint(2, 4)):
            for window in (MORNING, EVENING if evenings else AFTERNOON):
                needs = "post_training" if dice.random() < 0.3 else None
                wanted = dice.randint(1, 3)
                number = len(places) + 1
                places.append(place(number, day, window, wanted=wanted, site=site, needs=needs))
        if activities and dice.random() < 0.6:
            window = dice.choice([(8 * 60, 10 * 60), (14 * 60, 17 * 60), (18 * 60, 20 * 60)])
            number = len(places) + 1
            places.append(place(number, day, window, wanted=3, site=9, is_post=False))
    if not places:
        places.append(place(1))
    workers = []
    for number in range(1, people + 1):
        facts: dict[str, object] = {"shortfall": dice.choice([0, 0, 60, 120, 240])}
        facts["load"] = dice.randint(0, 8)
        if dice.random() < 0.7:
            facts["learnt"] = {"post_training": [(FIRST - 100, FIRST + dice.randint(0, 40))]}
        if dice.random() < 0.3:
            start = FIRST + dice.randint(0, days)
            facts["off"] = [(start, start + dice.randint(0, 3))]
        if dice.random() < 0.15:
            facts["exempt"] = [(FIRST, FIRST + dice.randint(2, 30))]
        if dice.random() < 0.3:
            begins = (FIRST + dice.randint(0, days)) * DAY + dice.choice([7, 8, 14, 15]) * 60
            facts["busy"] = [Turn(begins, begins + 120, dice.random() < 0.5, 9000 + number)]
        if dice.random() < 0.4:
            known = dice.choice(places)
            facts["sites"] = {known.site_id: dice.randint(1, 6)}
            facts["slots"] = {known.slot: dice.randint(1, 3)}
        workers.append(worker(number, **facts))
    return Problem(places, workers, Limits(posts_a_week=2))


def best(problem: Problem) -> tuple[int, int]:
    """Return the most places that can be filled, and the cost of the best assignment.

    One CP-SAT model over all people and places, which spells out each rule by itself.
    """
    model = cp_model.CpModel()
    places, limits, weights = problem.places, problem.limits, problem.weights
    serves = {}
    parting, beyond, loads = [], [], []
    for w, person in enumerate(problem.workers):
        own = []
        for p, at in enumerate(places):
            if not may(person, at):
                continue
            serves[w, p] = model.new_bool_var(f"{w} {p}")
            own.append(p)
            known = min(person.sites.get(at.site_id, 0), 3)
            slot = Slot(at.site_id, at.begins // DAY % 7, at.begins % DAY)
            known += min(person.slots.get(slot, 0), 2) if known else 0
            parting.append((5 - known) * serves[w, p])
        given = [(turn.begins, turn.ends, turn.is_post, 1) for turn in person.busy]
        wished = [(places[p].begins, places[p].ends, places[p].is_post, serves[w, p]) for p in own]
        turns = given + wished
        for i, one in enumerate(turns):
            for other in turns[i + 1 :]:
                if at_odds(one, other, limits):
                    model.add(one[3] + other[3] <= 1)
        for begins in {turn[0] // DAY for turn in turns}:
            monday = begins - (begins - 1) % 7
            week = [turn[3] for turn in turns if turn[2] and monday <= turn[0] // DAY < monday + 7]
            if any(not isinstance(each, int) for each in week):
                given_there = sum(each for each in week if isinstance(each, int))
                there = [each for each in week if not isinstance(each, int)]
                model.add(sum(there) <= max(limits.posts_a_week - given_there, 0))
        lacks = -(-person.shortfall // problem.usual_minutes)
        load = min(person.load - min(each.load for each in problem.workers), 60)
        steps = [model.new_bool_var(f"{w} has more than {n}") for n in range(len(own))]
        model.add(sum(steps) == sum(serves[w, p] for p in own))
        beyond += steps[lacks:]
        loads += [(load + n) * step for n, step in enumerate(steps)]
        for one, other in zip(steps, steps[1:], strict=False):
            model.add_implication(other, one)
    for p, at in enumerate(places):
        model.add(sum(var for (_, q), var in serves.items() if q == p) <= at.wanted)
    wanted = sum(at.wanted for at in places)
    filled = -least(model, -sum(serves.values()))
    cost = weights.unfilled * (wanted - filled)
    cost += weights.not_short * least(model, sum(beyond))
    cost += weights.load * least(model, sum(loads))
    return filled, cost + least(model, sum(parting))


def least(model: cp_model.CpModel, wish: cp_model.LinearExpr | int) -> int:
    """Return the least that a wish can cost, and hold the model to it from then on."""
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 2
    solver.parameters.max_time_in_seconds = 60
    model.minimize(wish)
    assert solver.solve(model) == cp_model.OPTIMAL
    found = round(solver.objective_value)
    model.add(wish <= found)
    return found


def may(person: Worker, at: Place) -> bool:
    """Tell whether a person may serve at a place as far as he alone is concerned."""
    day = at.begins // DAY

    def there(spans) -> bool:  # type: ignore[no-untyped-def]
        return any(first <= day <= last for first, last in spans)

    if not there(person.member) or there(person.off) or there(person.exempt):
        return False
    return not at.needs or there(person.learnt.get(at.needs, ()))


def at_odds(one, other, limits: Limits) -> bool:  # type: ignore[no-untyped-def]
    """Tell whether nobody can have both of two turns (begins, ends, is post, ...)."""
    if one[0] < other[1] and other[0] < one[1]:
        return True
    if one[2] and other[2] and one[0] // DAY == other[0] // DAY:
        return True
    first, second = sorted((one, other), key=lambda turn: turn[0])
    return (
        first[2]
        and first[0] // DAY + 1 == second[0] // DAY
        and first[1] - first[0] // DAY * DAY > limits.evening_from
        and second[0] % DAY < limits.morning_until
    )


def broken(problem: Problem, pairs: list[tuple[int, int]]) -> list[str]:
    """Return every hard rule that an assignment of (shift, person) breaks."""
    found = []
    places = {each.shift_id: each for each in problem.places}
    workers = {each.person_id: each for each in problem.workers}
    if len(set(pairs)) != len(pairs):
        found.append("twice")
    for shift, at in places.items():
        if sum(each == shift for each, _ in pairs) > at.wanted:
            found.append(f"shift {shift} has too many")
    for number, person in workers.items():
        own = [places[shift] for shift, each in pairs if each == number]
        found += [f"{number} may not at {at.shift_id}" for at in own if not may(person, at)]
        turns = [(at.begins, at.ends, at.is_post) for at in own]
        turns += [(turn.begins, turn.ends, turn.is_post) for turn in person.busy]
        for i, one in enumerate(turns):
            for other in turns[i + 1 :]:
                if at_odds(one, other, problem.limits) and (i < len(own)):
                    found.append(f"{number} cannot have both {one} and {other}")
        for at in own:
            monday = at.day - (at.day - 1) % 7
            posts = [t for t in turns if t[2] and monday <= t[0] // DAY < monday + 7]
            if at.is_post and len(posts) > problem.limits.posts_a_week:
                found.append(f"{number} has {len(posts)} posts in a week")
    return found
