"""Rounds that alternate between the product and its floor, and the line that tells the outcome."""

import gc
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

#: 60,000 people may cost at most this many times what 6,000 cost.
GROWTH_GOAL = 12


@dataclass(slots=True)
class Figure:
    """One figure; `floor` is the absolute value that it was measured against, in `unit`."""

    figure: str
    engine: str
    people: int
    value: float
    floor: float | None
    unit: str
    goal: float | None
    better: str = "lower"
    more: dict[str, object] = field(default_factory=dict)

    @property
    def met(self) -> bool | None:
        if self.goal is None:
            return None
        return self.value <= self.goal if self.better == "lower" else self.value >= self.goal

    def line(self) -> str:
        return json.dumps(
            {
                "figure": self.figure,
                "engine": self.engine,
                "people": self.people,
                "value": shown(self.value),
                "floor": None if self.floor is None else shown(self.floor),
                "unit": self.unit,
                "goal": self.goal,
                "better": self.better,
                "met": self.met,
                **self.more,
            },
            ensure_ascii=False,
        )


def shown(value: float) -> float:
    """Return a figure with three significant digits, whole ones in full."""
    return float(f"{value:.3g}") if abs(value) < 1000 else round(value)


def seconds(work: Callable[[], object]) -> float:
    gc.collect()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@dataclass(slots=True)
class Rounds:
    """Seconds of the product and of the floor, round by round."""

    ours: list[float]
    floor: list[float]

    @property
    def ratio(self) -> float:
        """The median of the rounds' own ratios: what disturbs a round falls on both halves."""
        return median(our / floor for our, floor in zip(self.ours, self.floor, strict=True))

    @property
    def seconds(self) -> float:
        return median(self.ours)

    def figure(self, name: str, engine: str, people: int, goal: float, **more: object) -> Figure:
        """Return the figure that these rounds make; `seconds` are the product's own."""
        more = {"seconds": shown(self.seconds), "rounds": len(self.ours), **more}
        return Figure(name, engine, people, self.ratio, median(self.floor), "s", goal, more=more)


def alternate(
    ours: Callable[[], float], floor: Callable[[], float], *, rounds: int, warm: bool = True
) -> Rounds:
    """Run both in turn, `rounds` times, each going first in every other round.

    Each returns its own seconds, so that it may prepare before its watch starts.
    """
    if warm:
        floor()
        ours()
    taken = Rounds([], [])
    for number in range(rounds):
        turns = [(ours, taken.ours), (floor, taken.floor)]
        for work, times in turns if number % 2 else reversed(turns):
            times.append(work())
    return taken


def growth(of: str, engine: str, seconds_by_people: dict[int, float]) -> Figure | None:
    """Return how much dearer ten times the people are; None where one size was measured."""
    few, many = min(seconds_by_people), max(seconds_by_people)
    if few == many:
        return None
    return Figure(
        "growth",
        engine,
        many,
        seconds_by_people[many] / seconds_by_people[few],
        seconds_by_people[few],
        "s",
        GROWTH_GOAL,
        more={"of": of, "against_people": few},
    )
