"""The check before serving: refuse with one sentence what would go wrong later."""

import sys

import click
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect, text
from sqlalchemy.exc import SQLAlchemyError

from .db import db, dialect, journal_mode
from .settings import ROOT, SettingsError
from .triggers import TRIGGERS

MIGRATIONS = ROOT / "migrations"


def revisions() -> tuple[str | None, str | None]:
    """Return the database's revision and the newest one of the migrations."""
    wanted = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    if not inspect(db.session.connection()).has_table("alembic_version"):
        return None, wanted
    return db.session.scalar(text("SELECT version_num FROM alembic_version")), wanted


def require_ready() -> None:
    """Raise SettingsError unless this database may be served from."""
    try:
        revision, wanted = revisions()
        if revision != wanted:
            raise SettingsError(
                f"数据库版本为 {revision or '空'}，程序需要 {wanted}：请先运行 flask db upgrade。"
            )
        if dialect() == "sqlite":
            _require_sound_sqlite()
        missing = {t.name for t in TRIGGERS if t.engine == dialect()} - _trigger_names()
        if missing:
            raise SettingsError(
                f"数据库缺少触发器 {'、'.join(sorted(missing))}："
                "请从备份恢复，或重新运行 flask db upgrade。"
            )
    except SQLAlchemyError as error:
        raise SettingsError(
            f"无法连接数据库（{type(error).__name__}）：请检查 DATABASE_URL 和数据库是否已启动。"
        ) from error
    finally:
        db.session.rollback()


def _require_sound_sqlite() -> None:
    facts = {
        "synchronous": ("2", "synchronous"),
        "foreign_keys": ("1", "foreign_keys"),
        "journal_mode": (journal_mode(), "journal_mode"),
    }
    for pragma, (expected, name) in facts.items():
        found = str(db.session.scalar(text(f"PRAGMA {pragma}")))
        if found != expected:
            raise SettingsError(
                f"SQLite 的 {name} 为 {found}，应为 {expected}：请把数据库放在本机磁盘上再启动。"
            )


def _trigger_names() -> set[str]:
    asked = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if dialect() == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    return set(db.session.scalars(text(asked)))


def workers(app: Flask) -> int:
    """Return how many web processes may serve: one on a SQLite library with the WAL fault."""
    if app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite") and journal_mode() != "wal":
        return 1
    return int(app.extensions["settings"].workers)


def exit_unless_ready(app: Flask) -> None:
    """End the process with the sentence of `require_ready`, exit code 2, before it serves."""
    with app.app_context():
        try:
            require_ready()
        except SettingsError as error:
            print(error, file=sys.stderr)  # noqa: T201 - the server has no log yet
            sys.exit(2)


def shell_ready() -> None:
    """Refuse a shell command on a database behind the migrations, with exit code 2."""
    try:
        require_ready()
    except SettingsError as error:
        click.echo(str(error), err=True)
        raise SystemExit(2) from error
