"""`python -m tests.benchmarks`: print one JSON line a figure.

    --people 6000,60000         how large the cities are
    --engine sqlite,postgresql  where they are kept
    --only import,checkin       of: import checkin month reminders pages cold_start roster
    --months 12                 how long the ledger is; 12 months of 60,000 people are 2.9
                                million rows, which take one to three minutes to write

The exit code is 0 whether the goals are met or not: the lines say so. The databases lie
in the folder of TMPDIR, which should be on a disk; PostgreSQL is found as by the tests,
but with its writes made durable (TEST_DATABASE_URL must name a durable one).
"""

import argparse
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests import postgresql
from volunteer.core import clock, settings

from . import checkin, cold_start, importing, month, pages, planning, roster, world
from .databases import DURABLE, Databases, raw, require_durable
from .measure import Figure, Rounds, growth

FIGURES = ("import", "month", "reminders", "checkin", "pages", "cold_start", "roster")
ENGINES = ("sqlite", "postgresql")
#: `python app.py` makes a city of this size, no other.
DEMO_PEOPLE = 60_000


def main(arguments: Sequence[str]) -> int:
    asked = parse(arguments)
    for key in settings.KEYS:  # the developer's own city is not to be measured
        os.environ.pop(key, None)
    postgresql.OPTIONS = DURABLE
    postgresql.prepare()
    try:
        if "postgresql" in asked.engine:
            require_durable()
        with tempfile.TemporaryDirectory(prefix="volunteer-benchmarks-") as folder:
            for figure in measure(asked, Path(folder)):
                print(figure.line(), flush=True)
    finally:
        postgresql.stop()
    return 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the arguments; a wrong one ends the program with code 2 and one sentence."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--people", type=numbers, default=[6_000, DEMO_PEOPLE])
    parser.add_argument("--engine", type=words(ENGINES), default=list(ENGINES))
    parser.add_argument("--only", type=words(FIGURES), default=list(FIGURES))
    parser.add_argument("--months", type=int, choices=range(1, 61), default=12, metavar="N")
    return parser.parse_args(arguments)


def numbers(text: str) -> list[int]:
    found = sorted(int(part) for part in text.split(","))
    if found[0] < 200:
        raise argparse.ArgumentTypeError("at least 200 people are needed")
    return found


def words(known: Sequence[str]):  # type: ignore[no-untyped-def]
    def read(text: str) -> list[str]:
        found = text.split(",")
        if unknown := set(found) - set(known):
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not one of {', '.join(known)}")
        return found

    return read


def measure(asked: argparse.Namespace, folder: Path) -> Iterator[Figure]:
    for engine in asked.engine:
        databases = Databases(engine, folder)
        try:
            yield from of_engine(databases, asked)
        finally:
            databases.close()
    if "cold_start" in asked.only and DEMO_PEOPLE in asked.people:
        yield cold_start.measure(DEMO_PEOPLE, folder)
    if "roster" in asked.only and DEMO_PEOPLE in asked.people:
        yield roster.measure(DEMO_PEOPLE)


def of_engine(databases: Databases, asked: argparse.Namespace) -> Iterator[Figure]:
    """Yield the figures of one engine, smaller cities first, and how the cost has grown."""
    taken: dict[str, dict[int, float]] = defaultdict(dict)
    for people in asked.people:
        for figure, rounds in of_size(databases, people, asked):
            yield figure
            if rounds:
                taken[figure.figure][people] = rounds.seconds
    if "pages" in asked.only:
        yield from of_pages(databases, asked)
    for name, seconds in taken.items():
        if grown := growth(name, databases.engine, seconds):
            yield grown


def of_pages(databases: Databases, asked: argparse.Namespace) -> Iterator[Figure]:
    """Yield what the pages cost in the largest city, and which ask for more than in the least."""
    costs = {people: pages.measure(databases, people) for people in asked.people}
    few, many = min(costs), max(costs)
    yield from pages.figures(databases.engine, many, costs[many])
    if few != many:
        yield pages.grown(databases.engine, costs[few], costs[many], many)


def of_size(
    databases: Databases, people: int, asked: argparse.Namespace
) -> Iterator[tuple[Figure, Rounds | None]]:
    """Yield each figure of a city, with its rounds where they tell the growth."""
    engine = databases.engine
    if "import" in asked.only:
        rounds, steps = importing.measure(databases, people)
        yield rounds.figure("import_vs_floor", engine, people, importing.GOAL), rounds
        for figure in importing.figures(engine, people, steps):
            yield figure, None
    if {"month", "reminders"} & set(asked.only):
        newest = clock.Month.of(clock.now()).previous
        address = databases.migrated()
        with raw(address) as connection:
            world.build(connection, people, newest, months=asked.months)
        rows = people * world.ENTRIES_A_MONTH * asked.months
        if "month" in asked.only:
            rounds = month.measure(address, people, newest)
            yield month.figure(engine, people, rounds, rows), rounds
        if "reminders" in asked.only:
            rounds, owed = planning.measure(address, newest)
            yield planning.figure(engine, people, rounds, owed), rounds
        databases.drop(address)
    if "checkin" in asked.only:
        for figure in checkin.measure(databases, people, databases.folder / "server.log"):
            yield figure, None
    if "roster" in asked.only:
        yield roster.measure_demo(databases, people), None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
