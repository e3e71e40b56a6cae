"""What would go wrong later is refused at the start, in one sentence that says what to do."""

import os
import subprocess
import sys

import pytest
from sqlalchemy import text

from tests.conftest import app_on, let_go
from tests.house.sources import ROOT
from volunteer.core import startup
from volunteer.core.db import db, transaction
from volunteer.core.settings import KEYS, SettingsError
from volunteer.core.triggers import TRIGGERS

SECRET = "only for the tests"


@pytest.fixture
def program(tmp_path):
    """The program where it has no instance folder yet, as after a fresh clone."""
    for name in ("app.py", "volunteer", "templates", "static", "migrations"):
        (tmp_path / name).symlink_to(ROOT / name)

    def run(*command, **settings):
        environment = {k: v for k, v in os.environ.items() if k not in {*KEYS, "TESTING"}}
        return subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env={**environment, "PYTHONDONTWRITEBYTECODE": "1", **settings},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def one_sentence(done):
    """Return what was said on stderr, which is one line and no trace."""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].endswith("。")
    return lines[0]


def test_without_a_secret_it_does_not_start(program):
    done = program("-c", "import app")
    assert done.returncode == 2
    assert "SECRET_KEY" in one_sentence(done)


def test_with_a_wrong_setting_it_does_not_start(program):
    done = program("-c", "import app", SECRET_KEY=SECRET, PORT="http")
    assert done.returncode == 2
    assert "PORT" in one_sentence(done)


def test_on_an_empty_database_it_does_not_start(program, databases):
    address = databases.empty("sqlite")
    done = program("-c", "import app", SECRET_KEY=SECRET, DATABASE_URL=address)
    assert done.returncode == 2
    assert "flask db upgrade" in one_sentence(done)


def test_on_an_empty_database_commands_refuse_too(program, databases):
    address = databases.empty("sqlite")
    done = program("-m", "flask", "jobs", "list", SECRET_KEY=SECRET, DATABASE_URL=address)
    assert done.returncode == 2
    assert "flask db upgrade" in one_sentence(done)


def test_upgrading_makes_it_start(program, databases):
    given = {"SECRET_KEY": SECRET, "DATABASE_URL": databases.empty("sqlite")}
    upgraded = program("-m", "flask", "db", "upgrade", **given)
    assert upgraded.returncode == 0, upgraded.stderr
    started = program("-c", "import app; print(app.app.name)", **given)
    assert (started.returncode, started.stdout.strip()) == (0, "volunteer"), started.stderr


def test_a_sound_database_is_served(app):
    startup.require_ready()


def test_a_database_behind_is_refused(app):
    with transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(SettingsError, match="flask db upgrade"):
        startup.require_ready()


def test_an_empty_database_is_refused(engine, databases):
    address = databases.empty(engine)
    app = app_on(address)
    with app.app_context():
        with pytest.raises(SettingsError, match="数据库版本为 空"):
            startup.require_ready()
        let_go()
    databases.drop(address)


def test_a_database_without_one_of_its_triggers_is_refused(app, engine):
    for trigger in (t for t in TRIGGERS if t.engine == engine):
        table = f" ON {trigger.table}" if engine == "postgresql" else ""
        with transaction() as session:
            session.execute(text(f"DROP TRIGGER {trigger.name}{table}"))
        with pytest.raises(SettingsError, match=trigger.name):
            startup.require_ready()


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_database_that_is_not_there_is_told_in_one_sentence(engine):
    app = app_on("postgresql://nobody@127.0.0.1:1/none")
    with app.app_context():
        with pytest.raises(SettingsError, match="无法连接数据库"):
            startup.require_ready()
        let_go()


@pytest.mark.parametrize("engine", ["sqlite"])
def test_sqlite_is_set_up_to_lose_nothing(app):
    facts = {
        name: str(db.session.scalar(text(f"PRAGMA {name}")))
        for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
    }
    assert facts == {
        "journal_mode": "wal",
        "synchronous": "2",
        "foreign_keys": "1",
        "recursive_triggers": "1",
    }


@pytest.mark.parametrize("engine", ["sqlite"])
def test_on_a_library_with_the_wal_fault_one_worker_serves(app, monkeypatch):
    assert startup.workers(app) == 2
    monkeypatch.setattr(startup, "journal_mode", lambda: "persist")
    assert startup.workers(app) == 1
