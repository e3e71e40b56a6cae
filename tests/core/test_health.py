"""`/healthz` tells whether the database, its migrations and the scheduler are well."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from tests import make
from volunteer.core import jobs
from volunteer.core.db import db, transaction


def test_all_is_well(client):
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json["database"] == answer.json["migrations"] == "ok"
    assert answer.json["scheduler"] == "never"


def test_a_database_behind_the_migrations_is_not_well(client):
    with transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json["migrations"]) == (503, "behind")


def test_a_database_that_is_empty_is_not_well(client):
    with transaction() as session:
        session.execute(text("DROP TABLE alembic_version"))
    assert client.get("/healthz").status_code == 503


@pytest.mark.parametrize(("seconds", "status", "word"), [(15, 200, "ok"), (120, 503, "late")])
def test_the_scheduler_is_missed_after_a_while(client, set_clock, seconds, status, word):
    now = make.at("2026-03-07 09:00")
    jobs.lead("a", now=now)
    set_clock(now + timedelta(seconds=seconds))
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json["scheduler"]) == (status, word)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_database_that_is_away_is_told_without_a_trace(app, client, tmp_path, monkeypatch):
    def away(*_, **__):
        raise OperationalError("SELECT 1", {}, Exception("away"))

    monkeypatch.setattr(type(db.session), "execute", away, raising=False)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (503, {"database": "down"})
