"""One verb, one transaction: all of it or nothing, and hooks after it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, StatementError

from tests import make
from tests.make import LONG_AGO
from volunteer.core.db import after_commit, again_on_conflict, db, transaction
from volunteer.core.models import Lease


def lease(name, **given):
    facts = {"holder": "x", "epoch": 1, "renewed_at": LONG_AGO, "expires_at": LONG_AGO}
    return Lease(name=name, **{**facts, **given})


def names():
    db.session.rollback()
    return sorted(db.session.scalars(select(Lease.name)))


def test_a_verb_within_a_verb_stands_or_falls_with_it(app):
    def verb():
        with transaction() as session:
            session.add(lease("outer"))
            with transaction() as inner:
                inner.add(lease("inner"))
            raise ValueError("late")

    with pytest.raises(ValueError, match="late"):
        verb()
    assert names() == []


def test_hooks_run_once_the_rows_are_safe(app):
    seen = []
    with transaction() as session:
        session.add(lease("a"))
        with transaction():
            after_commit(lambda: seen.append(names()))
        assert seen == []
    assert seen == [["a"]]


def test_hooks_are_dropped_with_the_rows(app):
    seen = []

    def verb():
        with transaction():
            after_commit(lambda: seen.append(1))
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        verb()
    with transaction():
        pass
    assert seen == []


def test_rows_changed_outside_a_transaction_are_noticed(app):
    db.session.add(lease("a"))
    with pytest.raises(RuntimeError, match="outside"), transaction():
        pass
    db.session.rollback()


def test_a_verb_sees_what_was_written_since_the_door_read(app):
    """The door's reading must not become the verb's: no stale row decides."""
    make.save(lease("a"))
    row = db.session.get(Lease, "a")
    assert row.epoch == 1
    with db.engine.connect().execution_options(writes=True) as other, other.begin():
        other.exec_driver_sql("UPDATE lease SET epoch = 2")

    with transaction():
        assert row.epoch == 2


def test_the_loser_of_a_race_asks_again(app):
    tries = []

    @again_on_conflict
    def take():
        tries.append(1)
        with transaction() as session:
            if len(tries) == 1 or session.get(Lease, "a") is None:
                session.add(lease("a"))
        return len(tries)

    make.save(lease("a"))
    assert take() == 2


def test_there_is_no_second_try_inside_a_transaction(app):
    make.save(lease("a"))
    tries = []

    @again_on_conflict
    def take():
        tries.append(1)
        with transaction() as session:
            session.add(lease("a"))
            session.flush()

    with pytest.raises(IntegrityError), transaction():
        take()
    assert tries == [1]


def test_a_moment_without_a_zone_is_refused(app):
    with pytest.raises(StatementError, match="naive datetime"):
        make.save(lease("a", renewed_at=datetime(2026, 3, 7, 9)))


def test_moments_come_back_as_they_went_in(app):
    make.save(lease("a", renewed_at=make.at("2026-03-07 09:00")))
    found = db.session.get(Lease, "a").renewed_at
    assert found == datetime(2026, 3, 7, 1, 0, tzinfo=UTC)
    assert found.tzinfo is UTC
