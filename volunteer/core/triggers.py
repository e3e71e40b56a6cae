"""What the database refuses by trigger: declared beside the models, made by migrations.

A migration repeats the texts (it is a dated record and imports no code);
`tests/house/test_migrations.py` holds both to be the same, name and text, on both engines.
"""

from typing import NamedTuple


class Trigger(NamedTuple):
    """One trigger as one engine knows it; `sql` is the whole CREATE statement."""

    name: str
    table: str
    engine: str
    sql: str


TRIGGERS: list[Trigger] = []

#: The PostgreSQL function behind every append-only trigger. SQLSTATE 23000 makes the
#: refusal an IntegrityError, as it is on SQLite.
REFUSE_CHANGE = """CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% only grows: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = '23000';
END
$$"""

#: PostgreSQL's functions by the name they stand for; a trigger of any feature may add one.
FUNCTIONS: list[str] = [REFUSE_CHANGE]


def append_only(table: str) -> None:
    """Declare that rows of `table` are never changed nor removed, by nobody."""
    for verb in ("UPDATE", "DELETE"):
        name = f"{table}_refuses_{verb.lower()}"
        TRIGGERS.append(
            Trigger(
                name,
                table,
                "sqlite",
                f"CREATE TRIGGER {name} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} only grows: {verb} refused'); END",
            )
        )
        TRIGGERS.append(_postgresql(name, table, verb, "ROW"))
    TRIGGERS.append(_postgresql(f"{table}_refuses_truncate", table, "TRUNCATE", "STATEMENT"))


def _postgresql(name: str, table: str, verb: str, each: str) -> Trigger:
    return Trigger(
        name,
        table,
        "postgresql",
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} "
        f"FOR EACH {each} EXECUTE FUNCTION refuse_change()",
    )


def sqlite_trigger(name: str, table: str, sql: str) -> None:
    """Declare a trigger that only SQLite needs (PostgreSQL has a constraint for it)."""
    TRIGGERS.append(Trigger(name, table, "sqlite", " ".join(sql.split())))


def postgresql_trigger(name: str, table: str, sql: str) -> None:
    """Declare a trigger that only PostgreSQL has; its function stands in `FUNCTIONS`."""
    TRIGGERS.append(Trigger(name, table, "postgresql", " ".join(sql.split())))
