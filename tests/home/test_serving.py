"""`python app.py` as a person starts it: the page, the scheduler beside it, and the end of both."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import pytest
from sqlalchemy import select

from tests.conftest import app_on, let_go
from volunteer.core import clock, settings
from volunteer.core.db import db
from volunteer.core.models import JobRun
from volunteer.home import demo, serving
from volunteer.shifts.models import Shift

KEY = "only for the tests"
#: Seconds that anything may take, on a busy machine.
PATIENCE = 60


def wait_for(found: Callable[[], object], what: str) -> object:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if answer := found():
            return answer
        time.sleep(0.1)
    raise AssertionError(f"{what} did not come within {PATIENCE} seconds")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def environment(database_url: str) -> dict[str, str]:
    """A small demo city, and the settings under which `python app.py` finds it."""
    with app_on(database_url).app_context():
        demo.make(600, now=clock.now(), progress=lambda step, percent: None)
        let_go()
    return {
        **os.environ,
        "SECRET_KEY": KEY,
        "DATABASE_URL": database_url,
        "DEMO": "true",
        "PORT": str(free_port()),
        "WORKERS": "1",
    }


class Started(NamedTuple):
    """The process, its address, and the file of what it says."""

    process: subprocess.Popen[bytes]
    address: str
    said: Path

    def words(self) -> str:
        return self.said.read_text("utf-8")

    def stop(self) -> int:
        """Ask it to end and return its code; a repeat only returns it."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(PATIENCE)


@pytest.fixture
def served(environment: dict[str, str], tmp_path: Path) -> Iterator[Started]:
    said = tmp_path / "said.txt"
    with said.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=settings.ROOT, env=environment, stdout=out, stderr=out
        )
    started = Started(process, f"http://127.0.0.1:{environment['PORT']}", said)
    try:
        wait_for(lambda: "serving http" in started.words(), "the line “serving”")
        yield started
    finally:
        code = started.stop()
    assert code == 0, started.words()


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except OSError:
        return True


def test_it_serves_with_a_scheduler_of_its_own_and_both_end_with_it(served, database_url):
    pid = served.process.pid
    with urlopen(f"{served.address}/healthz", timeout=10) as answer:
        assert json.load(answer)["database"] == "ok"
    with app_on(database_url).app_context():

        def ran() -> object:
            db.session.rollback()
            return db.session.scalars(select(JobRun.node).where(JobRun.state == "done")).first()

        node = str(wait_for(ran, "a run of a job"))
        waiting = select(Shift.starts_at).filter_by(title=demo.SHIFT_TITLE)
        assert len(db.session.scalars(waiting).all()) == 1
        let_go()
    scheduler = int(node.rpartition(":")[2])
    assert len(children(pid)) == 2
    assert scheduler in children(pid)
    [web] = set(children(pid)) - {scheduler}
    assert demo.VOLUNTEER in served.words()
    assert f"{served.address}/q/" in served.words()

    os.kill(scheduler, signal.SIGKILL)
    wait_for(lambda: set(children(pid)) - {web, scheduler}, "a new scheduler")
    assert web in children(pid)

    below = children(pid)
    assert served.stop() == 0
    assert all(is_gone(each) for each in below)


def run(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "app.py"],
        cwd=settings.ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_end_of_the_web_server_ends_it_with_its_code(environment):
    with socket.create_server(("127.0.0.1", int(environment["PORT"]))):  # the port is taken
        done = run(environment)

    assert done.returncode == 1


def test_a_demo_city_opens_on_this_machine_only():
    done = run({**os.environ, "SECRET_KEY": KEY, "DEMO": "true", "HOST": "0.0.0.0"})

    assert done.returncode == 2
    assert "HOST" in done.stderr


def test_outside_the_demo_nothing_is_made(databases):
    """With a key of one's own an empty database is refused in one sentence, and stays empty."""
    address = databases.empty("sqlite")
    done = run({**os.environ, "SECRET_KEY": KEY, "DATABASE_URL": address, "PORT": "0"})

    assert done.returncode == 2
    assert "flask db upgrade" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_settings_of_a_demo_name_its_real_port(monkeypatch):
    for key, value in {"SECRET_KEY": KEY, "DEMO": "true", "PORT": "0"}.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("BASE_URL", "")

    city = serving._settle()

    assert city.port > 0
    assert city.base_url == f"http://127.0.0.1:{city.port}"
