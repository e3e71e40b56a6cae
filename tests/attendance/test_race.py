"""Two server processes, twenty phones, one person: nothing is counted twice.

The control arm runs the same without the guards and must double, or the race is no race.
"""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from urllib.parse import urlencode

import pytest
from sqlalchemy import inspect, text

from tests import make
from volunteer.attendance.models import Attendance, Scan
from volunteer.core import clock
from volunteer.core.db import db, sqlite
from volunteer.hours.models import LedgerEntry

ROOT = Path(__file__).parents[2]
CLIENTS = 20
#: What refuses a second scan of a key, a second presence, a second open one.
GUARDED = ("scan", "attendance")


class Phone:
    """A logged-in browser of one person, of which there may be many at once."""

    def __init__(self, app, scene, person) -> None:
        browser = app.test_client()
        make.login(browser, person)
        token = browser.csrf_token()
        self.person_id = person.id
        self.url = scene.url()
        self.headers = {
            "Cookie": f"volunteer={browser.get_cookie('volunteer').value}",
            "X-CSRFToken": token,
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }

    def press(self, port: int, verb: str, key: str) -> tuple[int, str]:
        """Return the status and the verdict."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("POST", f"{self.url}/{verb}", urlencode({"key": key}), self.headers)
        answer = connection.getresponse()
        body = json.loads(answer.read())
        connection.close()
        return answer.status, body.get("verdict", "")


@contextmanager
def server(application: str, database_url: str, log: Path) -> Iterator[int]:
    """Serve by one process with eight threads; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {"SECRET_KEY": "only for the tests", "DATABASE_URL": database_url}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", application, "-b", f"127.0.0.1:{port}"),
                *("-w", "1", "-k", "gthread", "--threads", "8", "--log-level", "warning"),
            ],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        until = time.monotonic() + 60
        while not listens(port):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"no server: {log.read_text()[-2000:]}")
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(60)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def two_servers(database_url, tmp_path) -> Iterator:
    """Starts two servers of an application on the test's database; returns their ports."""
    with ExitStack() as stack:

        def start(application: str) -> tuple[int, int]:
            db.session.remove()
            first, second = (
                stack.enter_context(server(application, database_url, tmp_path / name))
                for name in ("first.log", "second.log")
            )
            return first, second

        yield start


def all_at_once(ports, phone: Phone, verb: str, keys: list[str]) -> Counter[tuple[int, str]]:
    """Press on `CLIENTS` phones at the same moment, every other one at the other server."""
    gate = Barrier(CLIENTS)

    def press(number: int) -> tuple[int, str]:
        gate.wait()
        return phone.press(ports[number % 2], verb, keys[number % len(keys)])

    with ThreadPoolExecutor(CLIENTS) as pool:
        return Counter(pool.map(press, range(CLIENTS)))


@pytest.fixture
def running(scene):
    """The scene's shift is on: it began two hours ago and ends in one."""
    now = clock.now()
    shift = make.shift(starts=now - timedelta(hours=2), minutes=180, site=scene.site)

    def phone_of(*, since: timedelta | None = None) -> Phone:
        person = make.person(unit=scene.unit)
        make.assignment(person=person, shift=shift)
        if since is not None:
            make.save(
                Attendance(
                    shift_id=shift.id,
                    person_id=person.id,
                    unit_id=scene.unit.id,
                    state="open",
                    arrived_at=now - since,
                    evidence_class="C",
                    review="none",
                    revision=0,
                )
            )
        return Phone(scene.app, scene, person)

    return phone_of


ONE_KEY = ["0b6e7f0c-8e7d-4b2a-9a55-0123456789ab"]
TWENTY_KEYS = [f"key-{number}" for number in range(CLIENTS)]


def test_case_12_and_21_over_two_processes(running, two_servers, count, engine):
    """R17: one attendance and one accepted scan, one entry, no matter how many press."""
    same, many, leaving = running(), running(), running(since=timedelta(hours=1))
    ports = two_servers("app:app")

    with_one_key = all_at_once(ports, same, "check-in", ONE_KEY)
    with_twenty = all_at_once(ports, many, "check-in", TWENTY_KEYS)
    out = all_at_once(ports, leaving, "check-out", TWENTY_KEYS)

    print(f"{engine}: {with_one_key} / {with_twenty} / out {out}")
    assert with_one_key == {(200, "accepted"): CLIENTS}
    assert with_twenty == {(200, "accepted"): 1, (409, "duplicate"): CLIENTS - 1}
    assert out == {(200, "accepted"): 1, (409, "duplicate"): CLIENTS - 1}
    for phone, scans in ((same, 1), (many, CLIENTS), (leaving, CLIENTS)):
        mine = {"person_id": phone.person_id}
        assert count(Attendance, **mine) == 1
        assert count(Scan, **mine) == scans
        assert count(Scan, **mine, verdict="accepted") == 1
    assert count(LedgerEntry) == count(LedgerEntry, person_id=leaving.person_id, minutes=60) == 1


def test_the_control_arm_doubles(running, two_servers, count, engine, database_url):
    """Without the unique keys, the lock and the look at the key, the same race counts more."""
    same, many = running(), running()
    drop_guards(engine, database_url)
    ports = two_servers("tests.attendance.unguarded:app()")

    with_one_key = all_at_once(ports, same, "check-in", ONE_KEY)
    with_twenty = all_at_once(ports, many, "check-in", TWENTY_KEYS)

    doubled = [count(Attendance, person_id=phone.person_id) for phone in (same, many)]
    print(f"{engine}: the control arm counted {doubled} ({with_one_key} / {with_twenty})")
    assert min(doubled) > 1


def drop_guards(engine: str, database_url: str) -> None:
    """Take the unique constraints and indexes off `scan` and `attendance`, still empty."""
    if engine == "sqlite":
        let_sqlite_go(database_url.removeprefix("sqlite:///"))
        return
    with db.engine.begin() as connection:
        looked = inspect(connection)
        for table in GUARDED:
            for constraint in looked.get_unique_constraints(table):
                name = constraint["name"]
                connection.execute(text(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'))
            for index in inspect(connection).get_indexes(table):
                if index["unique"]:
                    connection.execute(text(f'DROP INDEX "{index["name"]}"'))


def let_sqlite_go(path: str) -> None:
    """SQLite cannot drop a constraint: the empty tables are made again without them."""
    db.session.remove()
    db.engine.dispose()
    connection = sqlite.connect(path, isolation_level=None)
    for table in GUARDED:
        asked = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
        (sql,) = connection.execute(asked, (table,)).fetchone()
        freed = re.sub(r",\s*CONSTRAINT \w+ UNIQUE \([^)]*\)", "", sql)
        assert freed != sql
        connection.execute(f"DROP TABLE {table}")
        connection.execute(freed)
    connection.close()
