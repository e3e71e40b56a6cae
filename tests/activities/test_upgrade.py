"""What came back every week on a weekday comes back by a rule, on a filled database."""

import flask_migrate
import pytest
from sqlalchemy import text

from tests.conftest import app_on, let_go
from volunteer.activities import rules
from volunteer.core.db import db

FILLED = (
    "INSERT INTO unit (id, code, name, name_key, kind, path) "
    "VALUES (1, '1', '市', '市', 'city', '/1/')",
    "INSERT INTO site (id, code, public_id, name, unit_id, fence_mode, qr_epoch) "
    "VALUES (1, 'S1', 's', '广场', 1, 'off', 1)",
    "INSERT INTO post (id, code, name, unit_id, site_id, wanted, first_on, created_at) "
    "VALUES (1, 'P1', '路口', 1, 1, 2, '2026-03-01', '2026-01-01 00:00:00.000000')",
    "INSERT INTO post_window (id, post_id, starts, ends, weekdays) "
    "VALUES (1, 1, '07:30:00.000000', '09:00:00.000000', 31)",
    *(
        "INSERT INTO activity (id, public_id, unit_id, site_id, title, content, weekday, starts, "
        "minutes, first_on, wanted, nature, created_at) VALUES "
        f"({n + 1}, 'a{n}', 1, 1, '清扫', '清扫', {n}, '15:00:00.000000', 120, '2026-03-01', 2, "
        "'voluntary', '2026-01-01 00:00:00.000000')"
        for n in range(7)
    ),
)


def rows(words):
    found = [tuple(row) for row in db.session.execute(text(words))]
    db.session.rollback()
    return found


@pytest.fixture
def filled(engine, databases):
    """A database of the migration before, with an activity on every weekday."""
    address = databases.empty(engine)
    with app_on(address).app_context():
        flask_migrate.upgrade(revision="0005")
        with db.engine.begin() as connection:
            for words in FILLED:
                connection.exec_driver_sql(words)
        yield
        let_go()
    databases.drop(address)


def test_weekdays_become_rules_and_rules_weekdays(filled):
    flask_migrate.upgrade(revision="0006")

    kept = rows("SELECT rrule, holidays, category, sign_up, starts FROM activity ORDER BY id")
    assert [rules.pattern(rrule).weekdays for rrule, *_ in kept] == [(n,) for n in range(7)]
    assert {row[1:4] for row in kept} == {("keep", "other", "assigned_only")}
    assert {str(row[4])[:5] for row in kept} == {"15:00"}
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE activity SET rrule = 'FREQ=MONTHLY;BYDAY=-1SU' WHERE id = 1"
        )
        connection.exec_driver_sql("UPDATE activity SET rrule = 'FREQ=DAILY' WHERE id = 2")

    flask_migrate.downgrade(revision="0005")
    weekdays = [weekday for (weekday,) in rows("SELECT weekday FROM activity ORDER BY id")]
    assert weekdays == [6, 6, 2, 3, 4, 5, 6]  # 2026-03-01 is a Sunday
    assert rows("SELECT post_id, weekdays FROM post_window") == [(1, 31)]
