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
from urllib.request import urlopen

import pytest
from sqlalchemy import select

from tests.conftest import app_on, let_go
from volunteer.core import clock, settings
from volunteer.core.db import db
from volunteer.core.models import JobRun
from volunteer.home import demo, serving
from volunteer.shifts.models import Shift

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
        "SECRET_KEY": "only for the tests",
        "DATABASE_URL": database_url,
        "DEMO": "true",
        "PORT": str(free_port()),
        "WORKERS": "1",
    }


@pytest.fixture
def served(environment: dict[str, str], tmp_path: Path) -> Iterator[tuple[int, str, Path]]:
    """The process, its address, and what it has said so far."""
    said = tmp_path / "said.txt"
    with said.open("w", encoding="utf-8") as out:
        parent = subprocess.Popen(
            [sys.executable, "app.py"], cwd=settings.ROOT, env=environment, stdout=out, stderr=out
        )
    try:
        wait_for(lambda: "serving http" in said.read_text("utf-8"), "the line “serving”")
        yield parent.pid, f"http://127.0.0.1:{environment['PORT']}", said
    finally:
        parent.send_signal(signal.SIGTERM)
        assert parent.wait(PATIENCE) == 0, said.read_text("utf-8")


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except OSError:
        return True


def test_it_serves_with_a_scheduler_of_its_own_and_both_end_with_it(served, database_url):
    pid, address, said = served

    with urlopen(f"{address}/healthz", timeout=10) as answer:
        health = json.load(answer)
    with app_on(database_url).app_context():

        def ran() -> object:
            db.session.rollback()
            return db.session.scalars(select(JobRun.node).where(JobRun.state == "done")).first()

        node = wait_for(ran, "a run of a job")
        let_go()
    below = children(pid)

    assert health["database"] == "ok"
    assert len(below) == 2
    scheduler = int(str(node).rpartition(":")[2])
    assert scheduler in below
    assert scheduler != pid
    assert demo.VOLUNTEER in said.read_text("utf-8")
    assert f"{address}/q/" in said.read_text("utf-8")
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: all(is_gone(each) for each in below), "the end of both children")


def test_a_scheduler_that_dies_is_started_again(served):
    pid, _, _ = served
    web, scheduler = sorted(children(pid))

    os.kill(scheduler, signal.SIGKILL)

    wait_for(lambda: set(children(pid)) - {web, scheduler}, "a new scheduler")
    assert web in children(pid)


def test_each_start_prepares_a_shift(served, database_url):
    with app_on(database_url).app_context():
        begins = db.session.scalars(select(Shift.starts_at).filter_by(title=demo.SHIFT_TITLE)).all()
        let_go()

    assert len(begins) == 1


def run(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "app.py"],
        cwd=settings.ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def test_the_end_of_the_web_server_ends_it_with_its_code(environment):
    with socket.create_server(("127.0.0.1", int(environment["PORT"]))):  # the port is taken
        done = run(environment)

    assert done.returncode == 1


def test_a_demo_city_opens_on_this_machine_only(environment):
    done = run({**environment, "HOST": "0.0.0.0"})

    assert done.returncode == 2
    assert "HOST" in done.stderr


def test_outside_the_demo_nothing_is_made(databases):
    """With a key of one's own an empty database is refused in one sentence, and stays empty."""
    address = databases.empty("sqlite")
    done = run(
        {**os.environ, "SECRET_KEY": "only for the tests", "DATABASE_URL": address, "PORT": "0"}
    )

    assert done.returncode == 2
    assert "flask db upgrade" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_settings_of_a_demo_name_its_real_port(monkeypatch):
    for key, value in {"SECRET_KEY": "only for the tests", "DEMO": "true", "PORT": "0"}.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("BASE_URL", "")

    city = serving._settle()

    assert city.port > 0
    assert city.base_url == f"http://127.0.0.1:{city.port}"
