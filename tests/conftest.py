"""A migrated database of its own for every test, on both engines, and a unit; commits are real."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import flask_migrate
import psycopg
import pytest
from flask import Flask

from tests import make, postgresql
from tests.browser import Browser, Shell
from volunteer import create_app
from volunteer.core import clock, settings
from volunteer.core.actor import Role
from volunteer.core.db import db

ENGINES = ("sqlite", "postgresql")
IN_CI = os.environ.get("CI") == "true"


def pytest_configure(config: pytest.Config) -> None:
    for key in (*settings.KEYS, "TESTING"):  # the developer's own city is not the tests'
        os.environ.pop(key, None)
    postgresql.prepare()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgresql.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    return _nothing_is_skipped_in_ci(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    report = yield
    return _nothing_is_skipped_in_ci(report)


def _nothing_is_skipped_in_ci(report):
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI=true does not allow: {report.longrepr}"
    return report


class Databases:
    """Makes databases: empty ones, and copies of one built by the migrations.

    Those are what users will have; `create_all` would not make the triggers.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.templates: dict[str, str] = {}

    def empty(self, engine: str) -> str:
        """Return the address of a new database without tables."""
        name = f"volunteer_{uuid4().hex}"
        if engine == "sqlite":
            return f"sqlite:///{self.folder / name}.db"
        return self._create(name, "template0")

    def migrated(self, engine: str) -> str:
        """Return the address of a new database at the newest migration."""
        template = self.templates.get(engine) or self._build(engine)
        name = f"volunteer_{uuid4().hex}"
        if engine == "sqlite":
            shutil.copy(template.removeprefix("sqlite:///"), self.folder / f"{name}.db")
            return f"sqlite:///{self.folder / name}.db"
        return self._create(name, _name_of(template))

    def drop(self, address: str) -> None:
        if address.startswith("sqlite"):
            for path in self.folder.glob(Path(address).name + "*"):
                path.unlink()
        else:
            self._ask(f"DROP DATABASE {_name_of(address)} WITH (FORCE)")

    def _build(self, engine: str) -> str:
        address = self.empty(engine)
        app = app_on(address)
        with app.app_context():
            flask_migrate.upgrade()
            let_go()
        self.templates[engine] = address
        return address

    def _create(self, name: str, template: str) -> str:
        self._ask(f"CREATE DATABASE {name} TEMPLATE {template}")
        head, _, query = postgresql.server().partition("?")
        return f"{head.rpartition('/')[0]}/{name}?{query}".rstrip("?")

    def _ask(self, statement: str) -> None:
        head, _, query = postgresql.server().partition("?")
        if head.endswith("/"):
            head += "postgres"
        with psycopg.connect(f"{head}?{query}".rstrip("?"), autocommit=True) as connection:
            connection.execute(statement)


def _name_of(address: str) -> str:
    return address.partition("?")[0].rpartition("/")[2]


def app_on(address: str, **given: str) -> Flask:
    """Return the application on the database at `address`; `given` are further settings."""
    app = create_app(
        {"TESTING": "true", "SECRET_KEY": "only for the tests", "DATABASE_URL": address, **given}
    )
    app.test_client_class = Browser
    app.test_cli_runner_class = Shell
    return app


def let_go() -> None:
    """Close all that the application of the current context has open."""
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    made = Databases(tmp_path_factory.mktemp("databases"))
    yield made
    for template in made.templates.values():
        made.drop(template)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgresql`: whoever uses it, or `app`, runs once on each."""
    if request.param == "postgresql":
        try:
            postgresql.server()
        except postgresql.NoServer as error:
            pytest.skip(f"no PostgreSQL: {error}")
    return request.param


@pytest.fixture
def database_url(engine: str, databases: Databases) -> Iterator[str]:
    """The address of a migrated database of this test's own."""
    address = databases.migrated(engine)
    yield address
    databases.drop(address)


@pytest.fixture
def app(database_url: str) -> Iterator[Flask]:
    app = app_on(database_url)
    with app.app_context():
        yield app
        let_go()


@pytest.fixture
def client(app: Flask) -> Browser:
    """A browser in which nobody is logged in; see `make.login`."""
    return app.test_client()


@pytest.fixture
def runner(app: Flask) -> Shell:
    """The shell: `runner.invoke(args=["jobs", "list", "--json"])`."""
    return app.test_cli_runner()


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | datetime], datetime]:
    """Set the doors' clock: `set_clock("2026-03-07 09:00")`, local; may be set again."""

    def set_to(moment: str | datetime) -> datetime:
        instant = make.at(moment) if isinstance(moment, str) else moment
        monkeypatch.setattr(clock, "now", lambda: instant)
        return instant

    return set_to


@pytest.fixture
def unit(app):
    return make.unit(name="教育局")


@pytest.fixture
def coordinator(unit):
    """Who asks; an Actor."""
    return make.grant_of(Role.COORDINATOR, unit)


@pytest.fixture
def stranger(app):
    """The coordinator of another unit; an Actor."""
    return make.grant_of(Role.COORDINATOR, make.unit())
