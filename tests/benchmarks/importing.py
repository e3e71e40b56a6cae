"""Importing people from a spreadsheet: against reading it and bulk-inserting the same rows."""

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import CalamineWorkbook

from volunteer.core import clock
from volunteer.core.actor import SYSTEM
from volunteer.people import runs

from . import world
from .databases import Databases, application, let_go, load, raw
from .measure import Figure, Rounds, alternate, seconds

ROUNDS = 3
GOAL = 2.5
TITLES = ("姓名", "手机号", "单位", "人员类别", "入职日期")
PERSON = (*world.PERSON[:6], "category", *world.PERSON[6:])


def measure(databases: Databases, people: int) -> tuple[Rounds, dict[str, float]]:
    """Time the command `people import` and the floor, each on an empty register of its own.

    The second is the seconds of every step of the command, from a round of its own.
    """
    file = databases.folder / f"people_{people}.xlsx"
    write(file, people)
    units = databases.migrated()
    with raw(units) as connection:
        connection.execute("BEGIN")
        world.build_units(connection)
        connection.execute("COMMIT")
    rounds = alternate(
        lambda: _import(databases, units, file, people),
        lambda: _insert(databases, units, file, people),
        rounds=ROUNDS,
    )
    steps = _steps(databases, units, file, people)
    databases.drop(units)
    file.unlink()
    return rounds, steps


def figures(engine: str, people: int, steps: dict[str, float]) -> Iterator[Figure]:
    """Yield a figure a step; no step has a goal of its own."""
    for step, taken in steps.items():
        yield Figure("import_step", engine, people, taken, None, "s", None, more={"step": step})


def _steps(databases: Databases, template: str, file: Path, people: int) -> dict[str, float]:
    """Import once more, by the calls that the command makes, with a watch on each step."""
    address = databases.copy(template)
    began: dict[str, float] = {"read": time.perf_counter()}

    def progress(step: str, done: int, total: int) -> None:
        began.setdefault(step, time.perf_counter())

    with application(address).app_context():
        content = file.read_bytes()
        outcome = runs.import_people(
            content, file.name, actor=SYSTEM, now=clock.now(), progress=progress
        )
        began["end"] = time.perf_counter()
        let_go()
    _require(address, outcome.landed, people)
    databases.drop(address)
    moments = list(began.items())
    return {
        name: after - before
        for (name, before), (_, after) in zip(moments, moments[1:], strict=False)
    }


def write(file: Path, people: int) -> None:
    """Write the spreadsheet that a city office would send: a header and a row a person."""
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("人员")
        sheet.write_row(0, 0, TITLES)
        for n in range(1, people + 1):
            unit = f"U{world.unit_of(n):04d}"
            row = (world.name_of(n), world.phone_of(n), unit, "公务员", "2024-01-01")
            sheet.write_row(n, 0, row)


def _import(databases: Databases, template: str, file: Path, people: int) -> float:
    """Time the command itself, in this process: the start of Python is no part of it."""
    address = databases.copy(template)
    app = application(address)
    arguments = ["people", "import", str(file), "--json"]
    runner = app.test_cli_runner()
    outcomes: list[Any] = []
    taken = seconds(lambda: outcomes.append(runner.invoke(args=arguments)))
    if outcomes[0].exit_code or outcomes[0].exception:
        raise AssertionError(outcomes[0].output[-1000:]) from outcomes[0].exception
    landed = json.loads(outcomes[0].stdout.splitlines()[-1])["landed"]
    with app.app_context():
        let_go()
    _require(address, landed, people)
    databases.drop(address)
    return taken


def _insert(databases: Databases, template: str, file: Path, people: int) -> float:
    address = databases.copy(template)
    with raw(address) as connection:
        taken = seconds(lambda: _read_and_insert(connection, file))
    _require(address, people, people)
    databases.drop(address)
    return taken


def _read_and_insert(connection: Any, file: Path) -> None:
    _, *rows = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
    id_of = dict(connection.execute("SELECT code, id FROM unit").fetchall())
    connection.execute("BEGIN")
    load(connection, "person", PERSON, (_person(n, row) for n, row in enumerate(rows, 1)))
    load(
        connection,
        "membership",
        ("person_id", "unit_id", "from_on"),
        ((n, id_of[row[2]], row[4]) for n, row in enumerate(rows, 1)),
    )
    connection.execute("COMMIT")


def _person(n: int, row: Sequence[Any]) -> Sequence[object]:
    name, phone, _, category, _ = row
    public, number = f"{n:016x}", f"V{n:07d}"
    states = ("active", "pending", world.LONG_AGO_AT)
    return (n, public, number, name, phone, phone[7:], category, *states)


def _require(address: str, landed: int, people: int) -> None:
    with raw(address) as connection:
        (members,) = connection.execute("SELECT count(*) FROM membership").fetchone()
        (stored,) = connection.execute("SELECT count(*) FROM person").fetchone()
    if not landed == stored == members == people:
        raise AssertionError(f"landed {landed}, stored {stored} and {members} of {people}")
