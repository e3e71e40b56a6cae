"""The assignment by CP-SAT, with every rule: where a flow's answer had to be mended. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice

from ortools.sat.python import cp_model

from .flow import Chosen
from .problem import Problem, week_of

#: A unit with more pairs of person and place than this keeps the mended flow.
MOST_PAIRS = 10_000


def assign(
    problem: Problem, *, hint: Sequence[Chosen], workers: Sequence[int], seconds: float
) -> list[Chosen] | None:
    """Return the best assignment that is found within the time, None where none is.

    `workers` are those who may matter; `hint` is an assignment that keeps all the rules.
    """
    free = list(islice(_free(problem, workers), MOST_PAIRS + 1))
    if len(free) > MOST_PAIRS:
        return None
    model = cp_model.CpModel()
    hinted = set(hint)
    serves: dict[tuple[int, int], cp_model.IntVar] = {}
    of_place: defaultdict[int, list[cp_model.IntVar]] = defaultdict(list)
    of_worker: defaultdict[int, list[int]] = defaultdict(list)
    for place, worker in free:
        variable = serves[place, worker] = model.new_bool_var("")
        model.add_hint(variable, Chosen(place, worker) in hinted)
        of_place[place].append(variable)
        of_worker[worker].append(place)
    for place, variables in of_place.items():
        model.add(sum(variables) <= problem.places[place].wanted)
    not_short, loads, parting = [], [], []
    for worker, places in of_worker.items():
        own = {place: serves[place, worker] for place in places}
        _keep_rules(model, problem, worker, own)
        steps = min(len(places), problem.most_each)
        taken = [model.new_bool_var("") for _ in range(steps)]
        model.add(sum(own.values()) == sum(taken))
        for before, after in zip(taken, taken[1:], strict=False):
            model.add_implication(after, before)
        person = problem.workers[worker]
        not_short += taken[problem.needed(person) :]
        load = problem.relative_load(person)
        loads += [(load + number) * each for number, each in enumerate(taken)]
        parting += [problem.parting(person, problem.places[p]) * each for p, each in own.items()]
    wishes = (-sum(serves.values()), sum(not_short), sum(loads), sum(parting))
    found = _best(model, wishes, serves, seconds)
    return sorted(Chosen(*pair) for pair in found) if found is not None else None


def _free(problem: Problem, workers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Tell the pairs of place and worker that no rule forbids."""
    for worker in workers:
        person = problem.workers[worker]
        for place, each in enumerate(problem.places):
            if problem.why_not(person, each, person.busy) is None:
                yield place, worker


def _best(
    model: cp_model.CpModel,
    wishes: Sequence[cp_model.LinearExpr | int],
    serves: dict[tuple[int, int], cp_model.IntVar],
    seconds: float,
) -> list[tuple[int, int]] | None:
    """Fulfil one wish after the other, each as far as those before allow, while there is time."""
    found = None
    for turn, wish in enumerate(wishes):
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = seconds / (len(wishes) - turn)
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 1
        model.minimize(wish)
        if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            break
        seconds -= solver.wall_time
        model.add(wish <= round(solver.objective_value))
        found = [pair for pair, each in serves.items() if solver.boolean_value(each)]
        model.clear_hints()
        for each in serves.values():
            model.add_hint(each, solver.boolean_value(each))
        if seconds <= 0:
            break
    return found


def _keep_rules(
    model: cp_model.CpModel, problem: Problem, worker: int, own: dict[int, cp_model.IntVar]
) -> None:
    """Let one person keep the rules between his own places."""
    places, limits = problem.places, problem.limits
    days: defaultdict[int, list[cp_model.IntVar]] = defaultdict(list)
    weeks: defaultdict[int, list[cp_model.IntVar]] = defaultdict(list)
    for place, each in own.items():
        if places[place].is_post:
            days[places[place].day].append(each)
            weeks[week_of(places[place].day)].append(each)
    for variables in days.values():
        model.add_at_most_one(variables)
    taken = [week_of(turn.day) for turn in problem.workers[worker].busy if turn.is_post]
    for week, variables in weeks.items():
        model.add(sum(variables) <= limits.posts_a_week - taken.count(week))
    order = sorted(own, key=lambda place: places[place].begins)
    for position, one in enumerate(order):
        for other in order[position + 1 :]:
            if places[other].day > places[one].day + 1:
                break
            if rivals(problem, one, other):
                model.add_bool_or(~own[one], ~own[other])


def rivals(problem: Problem, one: int, other: int) -> bool:
    """Tell whether two places overlap or leave no rest between them."""
    first, second = problem.places[one], problem.places[other]
    return (
        (first.begins < second.ends and second.begins < first.ends)
        or problem.needs_rest(first.turn, second.turn)
        or problem.needs_rest(second.turn, first.turn)
    )
