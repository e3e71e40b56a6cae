"""Databases for measuring: durable ones, copied from a template, reached by the raw driver."""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import flask_migrate
import psycopg
from flask import Flask

from tests import postgresql
from volunteer import create_app
from volunteer.core.db import connect as set_up_sqlite
from volunteer.core.db import db, sqlite
from volunteer.core.startup import MIGRATIONS

SECRET_KEY = "only for measuring, never served"
#: Unlike the tests, a measured PostgreSQL keeps what it has acknowledged.
DURABLE = "-c max_connections=200 -c listen_addresses=''"


class NotDurable(Exception):
    """The server at hand may forget what it acknowledged, so its speed says nothing."""


class Databases:
    """The databases of one run on one engine; `folder` lies on the disk to be measured."""

    def __init__(self, engine: str, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self._empty: str | None = None
        self._made: list[str] = []

    def migrated(self) -> str:
        """Return the address of a new database at the newest migration."""
        if self._empty is None:
            self._empty = self._create(None)
            with application(self._empty).app_context():
                flask_migrate.upgrade(str(MIGRATIONS))
                let_go()
        return self.copy(self._empty)

    def copy(self, address: str) -> str:
        """Return the address of a copy of a database that nobody is connected to."""
        return self._create(address)

    def drop(self, address: str) -> None:
        self._made.remove(address)
        if self.engine == "sqlite":
            for path in self.folder.glob(Path(address).name + "*"):
                path.unlink()
        else:
            ask(f"DROP DATABASE {_name(address)} WITH (FORCE)")

    def close(self) -> None:
        """Remove every database that is still there."""
        for address in list(self._made):
            self.drop(address)

    def _create(self, template: str | None) -> str:
        name = f"bench_{uuid4().hex}"
        if self.engine == "sqlite":
            address = f"sqlite:///{self.folder / name}.db"
            if template:
                shutil.copy(template.removeprefix("sqlite:///"), self.folder / f"{name}.db")
        else:
            ask(f"CREATE DATABASE {name} TEMPLATE {_name(template) if template else 'template1'}")
            head, _, query = postgresql.server().partition("?")
            address = f"{head.rpartition('/')[0]}/{name}?{query}".rstrip("?")
        self._made.append(address)
        return address


def _name(address: str) -> str:
    return address.partition("?")[0].rpartition("/")[2]


def ask(statement: str) -> str:
    """Run one statement on PostgreSQL outside any of our databases; return its first value."""
    head, _, query = postgresql.server().partition("?")
    if head.endswith("/"):
        head += "postgres"
    with psycopg.connect(f"{head}?{query}".rstrip("?"), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return str(cursor.fetchone()[0]) if cursor.description else ""


def require_durable() -> None:
    """Raise NotDurable unless PostgreSQL writes before it acknowledges."""
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        if ask(f"SHOW {setting}") != "on":
            raise NotDurable(f"PostgreSQL runs with {setting} off")


def application(address: str) -> Flask:
    """Return the product on the database at `address`."""
    return create_app({"SECRET_KEY": SECRET_KEY, "DATABASE_URL": address})


def let_go() -> None:
    """Close all that the application of the current context has open."""
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()


@contextmanager
def raw(address: str) -> Iterator[Any]:
    """Open a driver's connection, set up as the product sets up its own; nothing is begun."""
    if address.startswith("sqlite"):
        connection = sqlite.connect(address.removeprefix("sqlite:///"), check_same_thread=False)
        set_up_sqlite(connection, None)
    else:
        connection = psycopg.connect(address, autocommit=True, options="-c timezone=UTC")
    try:
        yield connection
    finally:
        connection.close()


def load(
    connection: Any, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Bulk-insert rows by the fastest way that the driver has, in the open transaction."""
    names = ", ".join(columns)
    if isinstance(connection, psycopg.Connection):
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as to:
            for row in rows:
                to.write_row(row)
        return
    places = ", ".join("?" * len(columns))
    connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)


@contextmanager
def prepared(connection: Any) -> Iterator[None]:
    """Open one transaction for bulk loading, which looks at no foreign key; then tidy up."""
    if isinstance(connection, psycopg.Connection):
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")
            yield
            for table in ("unit", "site", "shift", "person"):  # ids were given by hand
                sequence = f"pg_get_serial_sequence('{table}', 'id')"
                connection.execute(
                    f"SELECT setval({sequence}, max(id)) FROM {table} HAVING count(*) > 0".encode()
                )
        connection.execute("VACUUM ANALYZE")
        return
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute("COMMIT")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
