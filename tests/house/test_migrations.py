"""Models and migrations say the same thing, word for word, on both engines (law 6)."""

import ast
import re
from collections.abc import Iterator

import flask_migrate
import pytest
from sqlalchemy import inspect, text

from tests.conftest import app_on, let_go
from tests.house.sources import ROOT, imports, tree
from volunteer.core.db import Base, db
from volunteer.core.triggers import FUNCTIONS, TRIGGERS

VERSIONS = sorted((ROOT / "migrations/versions").glob("*.py"))
BOOKKEEPING = "alembic_version"

SQLITE = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"
POSTGRESQL = (
    "SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) "
    "FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    "SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) "
    "FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT 'function', proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "SELECT 'column', table_name || '.' || column_name, concat_ws(' ', data_type, "
    "character_maximum_length, is_nullable, column_default) "
    "FROM information_schema.columns WHERE table_schema = 'public'",
)

CITY_OF_ONE = (
    "INSERT INTO unit (id, code, name, name_key, kind, path) "
    "VALUES (1, '1', '市', '市', 'city', '/1/')",
    "INSERT INTO person (id, public_id, volunteer_number, name, category, state, consent, "
    "registered_at) VALUES (1, 'p', 'V0000001', '单雄信', '公务员', 'active', 'given', "
    "'2026-01-01 00:00:00.000000')",
    "INSERT INTO account (id, person_id, state, created_at, failures) "
    "VALUES (1, 1, 'active', '2026-01-01 00:00:00.000000', 0)",
    'INSERT INTO "grant" (account_id, role, unit_id, granted_at) '
    "VALUES (1, 'coordinator', 1, '2026-01-01 00:00:00.000000')",
    "INSERT INTO ledger_entry (person_id, unit_id, month, service_day, minutes, nature, source, "
    "source_class, entered_at) VALUES (1, 1, '2026-10', '2026-10-03', 60, 'voluntary', 'x', "
    "'scanned', '2026-10-03 04:00:00.000000')",
)
WHO_HOLDS_WHAT = """
SELECT person.name, "grant".role, unit.name, ledger_entry.minutes FROM person
JOIN account ON account.person_id = person.id JOIN "grant" ON "grant".account_id = account.id
JOIN unit ON unit.id = "grant".unit_id JOIN ledger_entry ON ledger_entry.person_id = person.id
"""


@pytest.fixture
def built_from_models(engine, databases) -> Iterator[dict[tuple[str, str], str]]:
    """The schema as the models and the declared triggers make it."""
    address = databases.empty(engine)
    app = app_on(address)
    with app.app_context():
        with db.engine.begin() as connection:
            Base.metadata.create_all(connection)
            if engine == "postgresql":
                for function in FUNCTIONS:
                    connection.exec_driver_sql(function.replace("%", "%%"))
            for trigger in TRIGGERS:
                if trigger.engine == engine:
                    connection.exec_driver_sql(trigger.sql)
        made = schema()
        let_go()
    databases.drop(address)
    return made


def schema() -> dict[tuple[str, str], str]:
    """Return all that the database holds, by kind and name, as the database itself words it."""
    if db.engine.dialect.name == "postgresql":
        rows = [tuple(row) for ask in POSTGRESQL for row in db.session.execute(text(ask))]
        return {(kind, name): words for kind, name, words in rows if BOOKKEEPING not in name}
    found = {}
    for kind, name, table, words in db.session.execute(text(SQLITE)):
        if BOOKKEEPING in (name, table):
            continue
        if kind == "table":
            found.update({("part", f"{name}: {part}"): part for part in parts(words)})
        else:
            found[(kind, name)] = " ".join(words.replace('"', "").split())
    return found


def parts(create: str) -> list[str]:
    """Return the columns and constraints of a CREATE TABLE, whose order means nothing."""
    body = " ".join(create.replace('"', "").split()).partition("(")[2].rpartition(")")[0]
    found, depth, quoted, start = [], 0, False, 0
    for place, sign in enumerate(body):
        quoted ^= sign == "'"
        depth += 0 if quoted else (sign == "(") - (sign == ")")
        if sign == "," and not depth and not quoted:
            found.append(body[start:place].strip())
            start = place + 1
    return [*found, body[start:].strip()]


def test_no_migration_is_missing(app):
    flask_migrate.check()


def test_both_ways_make_the_same_schema(app, built_from_models):
    """Checks, conditions of indexes, exclusion and triggers: `flask db check` sees none of them."""
    migrated = schema()

    assert migrated == built_from_models
    assert any(kind == "trigger" for kind, _ in migrated)


def test_every_declared_trigger_is_there_as_declared(app, engine):
    declared = {t.name: t for t in TRIGGERS if t.engine == engine}
    there = {
        name.rpartition(".")[2]: words
        for (kind, name), words in schema().items()
        if kind == "trigger"
    }
    assert set(there) == set(declared)
    for name, words in there.items():
        wanted = declared[name].sql.replace(" ON ", " ON public." if "public." in words else " ON ")
        assert words == wanted


def test_every_check_of_the_models_has_reached_the_database(app):
    database = inspect(db.engine)
    for table in Base.metadata.sorted_tables:
        wanted = {c.name for c in table.constraints if "CheckConstraint" in type(c).__name__}
        assert {c["name"] for c in database.get_check_constraints(table.name)} == wanted


def test_down_and_up_again_leaves_the_same(app):
    before = schema()
    db.session.rollback()

    flask_migrate.downgrade(revision="base")
    assert schema() == {}
    db.session.rollback()
    flask_migrate.upgrade()

    assert schema() == before


def test_tables_are_rebuilt_around_what_they_hold(engine, databases):
    """A migration must lose no row, also of tables that SQLite copies and drops."""
    address = databases.empty(engine)
    app = app_on(address)
    with app.app_context():
        flask_migrate.upgrade(revision="0001")
        with db.engine.begin() as connection:
            for words in CITY_OF_ONE:
                connection.exec_driver_sql(words)

        flask_migrate.upgrade()
        there = db.session.execute(text(WHO_HOLDS_WHAT)).all()
        db.session.rollback()
        flask_migrate.downgrade(revision="0001")
        left = db.session.execute(text(WHO_HOLDS_WHAT)).all()
        let_go()
    databases.drop(address)

    assert there == left == [("单雄信", "coordinator", "市", 60)]


def test_migrations_are_numbered_in_one_line():
    numbers = [path.name[:5] for path in VERSIONS]
    assert numbers == [f"{n:04d}_" for n in range(1, len(numbers) + 1)]
    for number, path in enumerate(VERSIONS, 1):
        facts = {
            node.targets[0].id: ast.literal_eval(node.value)
            for node in tree(path).body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id in {"revision", "down_revision"}
        }
        before = f"{number - 1:04d}" if number > 1 else None
        assert facts == {"revision": f"{number:04d}", "down_revision": before}
        assert re.fullmatch(r"\d{4}_[a-z0-9_]+\.py", path.name)


def test_a_migration_is_a_dated_record_and_imports_no_code_of_ours():
    wrong = [
        f"{path.name} imports {target}"
        for path in VERSIONS
        for target in imports(path)
        if target.split(".")[0] in {"volunteer", "app", "tests", "migrations"}
    ]
    assert not wrong
