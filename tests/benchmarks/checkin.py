"""Checking in over HTTP: against the raw insert of the same rows, and against an empty route."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from volunteer.core import clock

from . import crowd, load, world
from .databases import SECRET_KEY, Databases, application, raw
from .measure import Figure
from .server import Server

ROUNDS = 9
#: Requests of one burst: enough for a second or two, never more than there are people.
BURST = 1500
FLOOR_GOAL = 0.5
HELLO_GOAL = 0.10


class Burst(NamedTuple):
    """One burst at one server: answers a second, processor time of an answer, its p99."""

    rate: float
    cpu: float
    p99: float


def measure(databases: Databases, people: int, log: Path) -> Iterator[Figure]:
    """Yield the figures; every request is a person who has not come yet."""
    month = clock.Month.of(clock.now()).previous
    filled = databases.migrated()
    with raw(filled) as connection:
        world.build(connection, people, month, months=0)
        crowd.build(connection, people, now=clock.now())
    beside = databases.copy(filled)
    size = min(BURST, people // (ROUNDS + 1))
    with serving("app:app", filled, log) as product, serving(FLOOR, beside, log) as floor:
        rounds = list(_rounds(product, floor, crowd.Crowd(application(filled)), size))
    for address in (filled, beside):
        _require_stored(address, size * (ROUNDS + 1))
        databases.drop(address)
    yield from _figures(databases.engine, people, rounds[1:])


FLOOR = "tests.benchmarks.floor:app"

Round = tuple[Burst, Burst, Burst]


@contextmanager
def serving(application: str, address: str, log: Path) -> Iterator[Server]:
    server = Server(application, {"SECRET_KEY": SECRET_KEY, "DATABASE_URL": address}, log)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _rounds(product: Server, floor: Server, people: crowd.Crowd, size: int) -> Iterator[Round]:
    """Yield a warm-up and then the rounds: product, floor and empty route, turn about."""
    hellos = [load.post("/hello", b"")] * size
    for number in range(ROUNDS + 1):
        who = range(number * size + 1, (number + 1) * size + 1)
        turns = [
            (0, product, people.check_ins(who)),
            (1, floor, crowd.plain_check_ins(who)),
            (2, floor, hellos),
        ]
        bursts = {}
        for place, server, requests in turns if number % 2 else reversed(turns):
            bursts[place] = _burst(server, requests)
        yield bursts[0], bursts[1], bursts[2]


def _burst(server: Server, requests: Sequence[bytes]) -> Burst:
    before = server.cpu_seconds()
    outcome = load.accepted(load.fire(server.port, requests))
    cpu = (server.cpu_seconds() - before) / len(requests)
    return Burst(outcome.rate, cpu, outcome.percentile(0.99))


def _require_stored(address: str, wanted: int) -> None:
    with raw(address) as connection:
        (stored,) = connection.execute("SELECT count(*) FROM attendance").fetchone()
    if stored != wanted:
        raise AssertionError(f"{stored} attendances stored of {wanted} accepted")


def _figures(engine: str, people: int, rounds: Sequence[Round]) -> Iterator[Figure]:
    ours, floor, hello = (list(bursts) for bursts in zip(*rounds, strict=True))
    rate = median(each.rate for each in ours)
    for name, others, goal in (
        ("checkin_vs_floor", floor, FLOOR_GOAL),
        ("checkin_vs_hello", hello, HELLO_GOAL),
    ):
        ratios = [our.rate / other.rate for our, other in zip(ours, others, strict=True)]
        yield Figure(
            name,
            engine,
            people,
            median(ratios),
            median(each.rate for each in others),
            "1/s",
            goal,
            better="higher",
            more={
                "rate": round(rate),
                "cpu_ms": round(median(each.cpu for each in ours) * 1000, 2),
                "floor_cpu_ms": round(median(each.cpu for each in others) * 1000, 2),
                "p99_ms": round(median(each.p99 for each in ours) * 1000),
                "rounds": len(rounds),
                "lowest": round(min(ratios), 3),
                "highest": round(max(ratios), 3),
            },
        )
