"""The database session, the only place that makes engines, and the only place that commits."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from fcntl import LOCK_EX, flock
from functools import wraps
from pathlib import Path
from time import monotonic
from typing import Any, Literal, ParamSpec, TypeVar

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Connection,
    CursorResult,
    DateTime,
    Engine,
    Executable,
    MetaData,
    SQLColumnExpression,
    TypeDecorator,
    false,
    or_,
)
from sqlalchemy import event as events
from sqlalchemy.exc import DisconnectionError, IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry

try:
    from pysqlite3 import dbapi2 as sqlite  # bundles a library without the WAL fault
except ImportError:  # no wheel for this machine: the system's library, with care
    import sqlite3 as sqlite  # type: ignore[no-redef]

#: A connection to PostgreSQL that has lain in the pool for so long is asked before its use.
RESTED_SECONDS = 5

P = ParamSpec("P")
R = TypeVar("R")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )


class UTCDateTime(TypeDecorator[datetime]):
    """An instant. Refuses naive values going in; always aware coming out."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: object) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime: {value!r}")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: object) -> datetime | None:
        return value and value.replace(tzinfo=UTC)


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """Return the CHECK that holds `column` to the words of an enum."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


db = SQLAlchemy(model_class=Base)


@contextmanager
def transaction() -> Iterator[Session]:
    """Open a writing transaction, or join the one already open.

    Only the outermost block commits, so a service function may call another
    and both stand or fall together. Hooks given to `after_commit` run once the
    rows are safe, and are dropped if anything raised.

    What the door has read so far is let go first: a verb decides on rows read
    under its own lock, and on SQLite that lock is taken at once (see `begin`).
    """
    session = db.session()
    if "after_commit" in session.info:
        yield session
        return
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("changed rows outside a transaction")
    session.rollback()
    hooks: list[Callable[[], None]] = []
    with turn(session.get_bind()):
        session.connection(execution_options={"writes": True})
        session.info["after_commit"] = hooks
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            del session.info["after_commit"]
    for hook in hooks:
        hook()


@contextmanager
def turn(engine: Engine | Connection) -> Iterator[None]:
    """Wait in line for SQLite's one writer: its own busy handler sleeps, and lets others pass.

    The line is a lock on a file beside the database, which the kernel hands on at once
    and takes back from a process that dies. PostgreSQL has no such line.
    """
    if engine.dialect.name != "sqlite" or not engine.engine.url.database:
        yield
        return
    with Path(f"{engine.engine.url.database}-turn").open("ab") as line:
        flock(line, LOCK_EX)
        yield


class LostRace(Exception):
    """A row moved between the reading and the writing; the verb is run once more."""


def again_on_conflict(function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` a second time if a constraint or a deadlock stopped it the first time.

    Two requests may ask, both see nothing, and both insert. The constraint lets
    one win; the loser asks again, now sees the winner's row, and answers well.
    Inside an open transaction there is no going back, so the error passes through.
    """

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except (IntegrityError, OperationalError, LostRace):
            if "after_commit" in db.session().info:
                raise
            return function(*args, **kwargs)

    return wrapper


def after_commit(hook: Callable[[], None]) -> None:
    """Call `hook` when the open transaction has committed (mail, push, file)."""
    db.session().info["after_commit"].append(hook)


def run(statement: Executable, facts: Mapping[str, Any]) -> CursorResult[*tuple[Any, ...]]:
    """Execute a statement of columns on the session's connection, past the ORM.

    For statements that run with every request: it costs half of `session.execute`. Rows
    come back as tuples; what the session holds unwritten is not written first.
    """
    return db.session.connection().execute(statement, facts)


def within(path: SQLColumnExpression[str], paths: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a unit path lies at or under one of `paths`; none: nothing does."""
    return or_(false(), *(path.startswith(each, autoescape=True) for each in paths))


def dialect() -> str:
    """Return `sqlite` or `postgresql`."""
    return db.engine.dialect.name


def wal_is_sound(version: tuple[int, ...]) -> bool:
    """Tell whether this SQLite has no WAL-reset fault (trust.md 1: 3.7.0 to 3.51.2).

    >>> [wal_is_sound(v) for v in ((3, 40, 1), (3, 44, 6), (3, 50, 7), (3, 51, 2), (3, 53, 4))]
    [False, True, True, False, True]
    """
    return (
        version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
    )


def journal_mode() -> str:
    """Return the journal mode that is safe with the SQLite library at hand."""
    return "wal" if wal_is_sound(sqlite.sqlite_version_info) else "persist"


def init_app(app: Flask) -> None:
    options = app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", {})
    options["hide_parameters"] = True  # names and phones are no part of a log
    options["pool_size"] = 20  # a thread each; beyond it every request would open its own
    if app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite"):
        options["module"] = sqlite
    else:
        options.setdefault("connect_args", {"options": "-c timezone=UTC"})
    db.init_app(app)
    Migrate(app, db, render_as_batch=True, render_item=plain_type)
    with app.app_context():
        if dialect() == "sqlite":
            events.listen(db.engine, "connect", connect)
            events.listen(db.engine, "begin", begin)
        else:
            events.listen(db.engine, "checkin", rest)
            events.listen(db.engine, "checkout", wake)


def connect(connection: Any, record: object) -> None:
    """Set up one SQLite connection; transactions are begun by `begin`, not by the driver."""
    connection.isolation_level = None
    for pragma in (
        "busy_timeout = 10000",
        f"journal_mode = {journal_mode()}",
        "synchronous = FULL",
        "foreign_keys = ON",
        "recursive_triggers = ON",  # or INSERT OR REPLACE slips past a delete trigger
        "cache_size = -32000",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()


def rest(connection: Any, record: ConnectionPoolEntry) -> None:
    """Note since when a PostgreSQL connection lies in the pool."""
    record.info["rests_since"] = monotonic()


def wake(connection: Any, record: ConnectionPoolEntry, proxy: object) -> None:
    """Ask a connection that has rested for long whether it lives; a dead one is replaced.

    Asking every time, as `pool_pre_ping` does, doubles the waiting of a short request.
    """
    if monotonic() - record.info.get("rests_since", monotonic()) < RESTED_SECONDS:
        return
    try:
        db.engine.dialect.do_ping(connection)
    except db.engine.dialect.loaded_dbapi.Error as error:
        raise DisconnectionError() from error


def begin(connection: Connection) -> None:
    """Take the write lock when a verb begins: a read that turns writer fails at once."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def plain_type(kind: str, item: object, context: object) -> str | Literal[False]:
    """Write `UTCDateTime` in migrations as what it is in the database.

    A migration is a dated record; it must not import code that may move.
    """
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime()"
    return False
