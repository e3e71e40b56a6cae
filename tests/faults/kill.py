"""Kill the server while people check in and out; then ask the database what it has kept.

Of the people 30 % send the very same request twice and 10 % press on a second device too,
in any order, and all repeat with the same key until they hear an answer. What was heard
must be stored, nothing may be stored twice or by halves, and a key must always have been
given its first answer. Every arrival is put back to the shift's start before people leave,
so that leaving earns minutes.
"""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import uuid4

from tests.benchmarks import crowd, world
from tests.benchmarks.databases import SECRET_KEY, Databases, application, raw
from tests.benchmarks.server import Server
from volunteer.core import clock

from . import naive
from .client import Heard, Press, press_all
from .killer import Killer

REPEATED = 0.3
SECOND_DEVICE = 0.1
VERBS = ("check-in", "check-out")
#: 200 is done, 409 is done before.
ACKNOWLEDGED = (200, 409)


class UnexpectedAnswer(Exception):
    """Somebody was refused who should not have been: the run proves nothing."""


@dataclass(slots=True)
class Arm:
    """What one server was told and what it has stored, by (person, verb)."""

    kills: int = 0
    acknowledged: set[tuple[int, str]] = field(default_factory=set)
    stored: set[tuple[int, str]] = field(default_factory=set)
    #: Rows beyond the one that each press may have.
    double: int = 0
    #: Presses of which only a part was stored.
    half: int = 0
    #: Keys that were given two different answers.
    differing: int = 0

    @property
    def wrong(self) -> int:
        """How much went wrong, of whatever kind."""
        lost = len(self.acknowledged - self.stored)
        return lost + self.double + self.half + self.differing


class Fire(NamedTuple):
    """Seconds between two kills, and how many there are for each button (None: to the end)."""

    every: float = 0.5
    most: int | None = None


HEAVY = Fire()


def product(databases: Databases, people: int, fire: Fire = HEAVY) -> Arm:
    """Return what came of the product."""
    address = databases.migrated()
    with raw(address) as connection:
        world.build(connection, people, clock.Month.of(clock.now()), months=0)
        crowd.build(connection, people, now=clock.now(), devices=2)
    everybody = crowd.Crowd(application(address))

    def press(person: int, device: int, verb: str, key: str) -> Press:
        browser = everybody.browser(person, device=device)
        return Press(person, key, f"{browser.path}/{verb}", browser.form(key), browser.cookie)

    with serving("app:app", address, databases.folder) as server:
        arm = under_fire(server, people, press, fire, lambda: _put_back_arrivals(address))
    with raw(address) as connection:
        audit(connection, arm)
    databases.drop(address)
    return arm


def control(databases: Databases, people: int, fire: Fire = HEAVY) -> Arm:
    """Return what came of the control arm."""
    address = databases.migrated()
    with raw(address) as connection:
        naive.create_tables(connection, databases.engine)

    def press(person: int, device: int, verb: str, key: str) -> Press:
        return Press(person, key, f"/{verb}", urlencode({"person": person}).encode(), "")

    with serving("tests.faults.naive:app", address, databases.folder) as server:
        arm = under_fire(server, people, press, fire, lambda: None)
    arm.differing = 0  # it knows no keys
    with raw(address) as connection:
        audit_naive(connection, arm)
    databases.drop(address)
    return arm


@contextmanager
def serving(application: str, address: str, folder: Path) -> Iterator[Server]:
    environment = {"SECRET_KEY": SECRET_KEY, "DATABASE_URL": address}
    server = Server(application, environment, folder / "server.log")
    server.start()
    try:
        yield server
    finally:
        server.stop()


def under_fire(
    server: Server,
    people: int,
    press: Callable[[int, int, str, str], Press],
    fire: Fire,
    between: Callable[[], None],
) -> Arm:
    """Let everybody check in and then out while the killer is about."""
    arm = Arm()
    answers: dict[tuple[str, str, str], dict[str, Any]] = {}
    lock = threading.Lock()
    for seed, verb in enumerate(VERBS):
        with Killer(server, every=fire.every, seed=seed, most=fire.most) as killer:

            def heard(each: Heard, verb: str = verb, killer: Killer = killer) -> None:
                killer.answered()
                if each.status not in ACKNOWLEDGED:
                    raise UnexpectedAnswer(f"{each.status}: {each.answer}")
                with lock:
                    arm.acknowledged.add((each.press.person, verb))
                    known = (each.press.cookie, each.press.key, verb)
                    arm.differing += answers.setdefault(known, each.answer) != each.answer

            press_all(server.port, intentions(people, verb, press, seed), heard)
        arm.kills += killer.kills
        between()
    return arm


def intentions(
    people: int, verb: str, press: Callable[[int, int, str, str], Press], seed: int
) -> Sequence[Press]:
    """Return everybody's press of a button, some repeated, some on a second device, shuffled."""
    dice = random.Random(seed)
    presses = [press(person, 0, verb, str(uuid4())) for person in range(1, people + 1)]
    again = [each for each in presses if dice.random() < REPEATED]
    elsewhere = [
        press(person, 1, verb, str(uuid4()))
        for person in range(1, people + 1)
        if dice.random() < SECOND_DEVICE
    ]
    presses += again + elsewhere
    dice.shuffle(presses)
    return presses


def _put_back_arrivals(address: str) -> None:
    with raw(address) as connection:
        connection.execute(
            "UPDATE attendance SET arrived_at = (SELECT starts_at FROM shift "
            "WHERE shift.id = attendance.shift_id) WHERE state = 'open'"
        )


SCANS = "SELECT person_id FROM scan WHERE direction = '{}' AND verdict = 'accepted'"
PRESENT = (
    "SELECT person_id FROM attendance WHERE in_scan_id IN "
    "(SELECT id FROM scan WHERE direction = 'in' AND verdict = 'accepted')"
)
GONE = (
    "SELECT attendance.person_id FROM attendance JOIN ledger_entry "
    "ON ledger_entry.source LIKE 'attendance:' || attendance.id || ':%' "
    "AND ledger_entry.person_id = attendance.person_id "
    "WHERE attendance.state = 'closed' AND attendance.out_scan_id IN "
    "(SELECT id FROM scan WHERE direction = 'out' AND verdict = 'accepted')"
)


def audit(connection: Any, arm: Arm) -> None:
    """Compare with the product's tables, by SQL of our own."""
    _compare(
        arm,
        scans=[_people(connection, SCANS.format(direction)) for direction in ("in", "out")],
        effects=[_people(connection, PRESENT), _people(connection, GONE)],
        rows=[
            _people(connection, "SELECT person_id FROM attendance"),
            _people(connection, "SELECT person_id FROM ledger_entry"),
        ],
    )


def audit_naive(connection: Any, arm: Arm) -> None:
    scans = "SELECT person FROM naive_scan WHERE direction = '{}'"
    present = _people(connection, "SELECT person FROM naive_attendance")
    credited = _people(connection, "SELECT person FROM naive_ledger")
    _compare(
        arm,
        scans=[_people(connection, scans.format(direction)) for direction in ("in", "out")],
        effects=[present, credited],
        rows=[present, credited],
    )


def _compare(
    arm: Arm, scans: list[list[int]], effects: list[list[int]], rows: list[list[int]]
) -> None:
    """Fill in the arm: for each verb the scans, what they brought about, and all such rows."""
    for verb, scanned, effect, row in zip(VERBS, scans, effects, rows, strict=True):
        arm.stored |= {(person, verb) for person in set(scanned) & set(effect)}
        arm.double += len(scanned) - len(set(scanned)) + len(row) - len(set(row))
        arm.half += len(set(scanned) ^ set(row))


def _people(connection: Any, statement: str) -> list[int]:
    return [row[0] for row in connection.execute(statement).fetchall()]
