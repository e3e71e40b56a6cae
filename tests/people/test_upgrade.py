"""What was learnt under a number that was merged before it went over, on a filled database."""

import flask_migrate
import pytest
from sqlalchemy import text

from tests.conftest import app_on, let_go
from volunteer.core.db import db

PERSON = (
    "INSERT INTO person (id, public_id, volunteer_number, name, state, merged_into_id, consent, "
    "registered_at) VALUES ({0}, 'p{0}', 'V000000{0}', '王芳', '{1}', {2}, 'pending', "
    "'2026-01-01 00:00:00.000000')"
)
LEARNT = (
    "INSERT INTO qualification (id, person_id, kind, granted_on, source, entered_at) "
    "VALUES ({0}, {0}, 'post_training', '2026-01-01', '岗前培训', '2026-01-01 00:00:00.000000')"
)


@pytest.fixture
def filled(engine, databases):
    """A database of the migration before: a kept record, one merged into it, and a stranger."""
    address = databases.empty(engine)
    with app_on(address).app_context():
        flask_migrate.upgrade(revision="0007")
        with db.engine.begin() as connection:
            for facts in ((1, "active", "NULL"), (2, "merged", 1), (3, "active", "NULL")):
                connection.exec_driver_sql(PERSON.format(*facts))
                connection.exec_driver_sql(LEARNT.format(facts[0]))
        yield
        let_go()
    databases.drop(address)


def test_what_a_merged_record_has_learnt_goes_to_the_kept_one(filled):
    flask_migrate.upgrade(revision="0008")

    found = db.session.execute(text("SELECT id, person_id FROM qualification ORDER BY id"))
    assert [tuple(row) for row in found] == [(1, 1), (2, 1), (3, 3)]
    db.session.rollback()
