"""Many people want one place at the same moment, through two server processes over HTTP.

Three rounds: a shift with a capacity of one, one that asks for one person without a capacity
(there only the lock guards), and one person who wants many shifts of the same time at once.
"""

import http.client
import json
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from flask import Flask
from sqlalchemy import text

from tests import make
from tests.attendance.test_race import server
from tests.conftest import app_on, let_go
from volunteer.core import clock
from volunteer.core.db import db
from volunteer.people.models import Person

PRODUCT, CONTROL = "app:app", "tests.signups.unguarded:app()"
ROUNDS = ("capacity", "wanted", "overlapping")
PATIENCE_SECONDS = 120
COUNT = text(
    "SELECT count(*) FROM assignment WHERE state = 'assigned' AND "
    "(shift_id IN (SELECT id FROM shift WHERE title = :title))"
)
#: What the database itself refuses, and is taken out for the control arm.
TRIGGERS = {
    "sqlite": (
        "assignment_fits_on_insert",
        "assignment_fits_on_update",
        "assignment_one_place_on_insert",
        "assignment_one_place_on_update",
    ),
    "postgresql": ("assignment_fits_on_insert", "assignment_fits_on_update"),
}


class Press(NamedTuple):
    """What one phone sends: to which shift, and as whom."""

    path: str
    headers: dict[str, str]


class Round(NamedTuple):
    """What came of one round: places given, answers by status and verdict, seconds in all."""

    placed: int
    answers: dict[str, int]
    seconds: float

    @property
    def errors(self) -> int:
        return sum(number for said, number in self.answers.items() if said.startswith("5"))


def race(address: str, folder: Path, *, clients: int, guarded: bool) -> dict[str, Round]:
    """Run the three rounds on a migrated database of its own; `guarded` is the product."""
    app = app_on(address)
    with app.app_context():
        if not guarded:
            take_out_guards()
        rounds = {name: presses(app, name, clients) for name in ROUNDS}
        let_go()
        with ExitStack() as stack:
            application = PRODUCT if guarded else CONTROL
            ports = [
                stack.enter_context(server(application, address, folder / f"{name}.log"))
                for name in ("first", "second")
            ]
            found = {name: run(ports, rounds[name], name) for name in ROUNDS}
        let_go()
    return found


def take_out_guards() -> None:
    """Drop the triggers and the constraint that count places and compare times."""
    engine = db.engine.dialect.name
    with db.engine.begin() as connection:
        for trigger in TRIGGERS[engine]:
            of_table = " ON assignment" if engine == "postgresql" else ""
            connection.execute(text(f"DROP TRIGGER {trigger}{of_table}"))
        if engine == "postgresql":
            name = "ex_assignment_one_place_at_a_time"
            connection.execute(text(f"ALTER TABLE assignment DROP CONSTRAINT {name}"))


def presses(app: Flask, name: str, clients: int) -> list[Press]:
    """Make the people and shifts of a round; return what everybody is going to press."""
    unit = make.unit()
    starts = clock.now() + timedelta(days=3)
    if name == "overlapping":
        headers = phone(app, make.person(unit=unit))
        return [
            Press(address_of(name, unit, starts + timedelta(minutes=number), 1), headers)
            for number in range(clients)
        ]
    path = address_of(name, unit, starts, 1 if name == "capacity" else None)
    return [Press(path, phone(app, make.person(unit=unit))) for _ in range(clients)]


def address_of(name: str, unit: object, starts: datetime, capacity: int | None) -> str:
    shift = make.shift(
        unit=unit,
        title=name,
        starts=starts,
        minutes=24 * 60,
        wanted=1,
        capacity=capacity,
        sign_up="open",
    )
    return f"/open-shifts/{shift.public_id}/take"


def phone(app: Flask, person: Person) -> dict[str, str]:
    """Log a person in; return what the browser sends along."""
    browser = app.test_client()
    make.login(browser, person)
    token = browser.csrf_token()
    return {
        "Cookie": f"volunteer={browser.get_cookie('volunteer').value}",
        "X-CSRFToken": token,
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }


def run(ports: Sequence[int], pressed: Sequence[Press], title: str) -> Round:
    """Let all press at the same moment, every other one at the other server."""
    gate = threading.Barrier(len(pressed))

    def press(number: int) -> str:
        gate.wait()
        return send(ports[number % len(ports)], pressed[number])

    began = clock.now()
    with ThreadPoolExecutor(len(pressed)) as pool:
        answers = Counter(pool.map(press, range(len(pressed))))
    seconds = (clock.now() - began).total_seconds()
    placed = db.session.execute(COUNT, {"title": title}).scalar_one()
    db.session.remove()
    return Round(placed, dict(answers), round(seconds, 2))


def send(port: int, press: Press) -> str:
    """Return the status, with the verdict where it is a refusal."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    connection.request("POST", press.path, "", press.headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status < 400:
        return f"{answer.status} placed"
    return f"{answer.status} {json.loads(body)['error']['code']}"
