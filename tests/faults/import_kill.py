"""Kill an import of 60,000 people at random moments; then ask the database what is there.

Every kill has an empty register of its own. Half of the moments lie anywhere in the import,
half while it lands. Afterwards there must be all or nobody, each with a membership, and a
run that says so, or none. The last register that was left empty is then imported into.
"""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks import importing, world
from tests.benchmarks.databases import Databases, ask, raw

PATIENCE = 120


@dataclass(slots=True)
class Arm:
    """What one arm came to: kills by the step that they fell on, and what was found then."""

    kills: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    #: Registers that held neither everybody nor nobody.
    partial: int = 0
    nothing: int = 0
    everything: int = 0
    #: How many of the partial ones' people were there, for the record.
    people: list[int] = field(default_factory=list)
    recovered: bool = False


def prepare(databases: Databases, people: int) -> tuple[str, Path]:
    """Return a database with the units, to be copied, and the file that names them."""
    file = databases.folder / f"people_{people}.xlsx"
    importing.write(file, people)
    units = databases.migrated()
    with raw(units) as connection:
        connection.execute("BEGIN")
        world.build_units(connection)
        connection.execute("COMMIT")
    return units, file


def attack(
    databases: Databases,
    template: str,
    file: Path,
    people: int,
    *,
    kills: int,
    seed: int,
    further: Sequence[str] = (),
) -> Arm:
    """Kill as often as asked, and count what each kill has left."""
    dice = random.Random(seed)
    whole, landing = _duration(databases, template, file, further)
    arm = Arm()
    while arm.kills < kills:
        address = databases.copy(template)
        in_landing = bool(further) or arm.kills % 2 == 1
        after = dice.uniform(0, landing * 1.05 if in_landing else whole)
        step = _kill(address, file, after, further, since="land" if in_landing else "read")
        _wait_until_alone(databases, address)
        arm.kills += 1
        arm.steps[step] += 1
        found = _found(address)
        if found == (people, people, people, 1):
            arm.everything += 1
        elif found == (0, 0, 0, 0):
            arm.nothing += 1
            if not arm.recovered and not further:
                _run(address, file, further)
                arm.recovered = _found(address) == (people, people, people, 1)
        else:
            arm.partial += 1
            arm.people.append(found[0])
        databases.drop(address)
    return arm


def _start(address: str, file: Path, further: Sequence[str]) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-m", "tests.faults.import_worker", address, str(file), *further]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _run(address: str, file: Path, further: Sequence[str]) -> dict[str, float]:
    """Import without a kill; return when each step began, and when all was done."""
    worker, began = _start(address, file, further), {}
    assert worker.stdout is not None
    for line in worker.stdout:
        began[line.strip()[:6]] = time.monotonic()
    if worker.wait(PATIENCE):
        raise AssertionError(worker.stderr.read()[-2000:] if worker.stderr else "")
    began["done"] = max(began.values())
    return began


def _duration(
    databases: Databases, template: str, file: Path, further: Sequence[str]
) -> tuple[float, float]:
    """Return how long an import lasts from its first step on, and from its landing on."""
    address = databases.copy(template)
    began = _run(address, file, further)
    databases.drop(address)
    return began["done"] - began["read"], began["done"] - began["land"]


def _kill(address: str, file: Path, after: float, further: Sequence[str], *, since: str) -> str:
    """Kill an import `after` seconds from the beginning of a step; return where it was."""
    worker, step = _start(address, file, further), "start"
    assert worker.stdout is not None
    for line in worker.stdout:
        step = line.strip()[:6]
        if step == since:
            break
    time.sleep(after)
    worker.kill()
    rest, _ = worker.communicate()
    last = (rest.splitlines() or [step])[-1]
    return "done" if last.startswith("{") else last


def _wait_until_alone(databases: Databases, address: str) -> None:
    """Wait until PostgreSQL has noticed that the client is gone."""
    if databases.engine != "postgresql":
        return
    name = address.partition("?")[0].rpartition("/")[2]
    until = time.monotonic() + PATIENCE
    while ask(f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'") != "0":
        if time.monotonic() > until:
            raise AssertionError("a killed import still works")
        time.sleep(0.05)


def _found(address: str) -> tuple[int, ...]:
    """Return how many people, members, people with a membership and landed runs there are."""
    with raw(address) as connection:
        return tuple(_count(connection, each) for each in COUNTS)


def _count(connection: Any, what: str) -> int:
    return int(connection.execute(f"SELECT count({what}").fetchone()[0])


COUNTS = (
    "*) FROM person",
    "*) FROM membership",
    "DISTINCT person_id) FROM membership WHERE person_id IN (SELECT id FROM person)",
    "*) FROM import_run WHERE state = 'landed'",
)
