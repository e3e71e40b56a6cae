"""The makers stand on both engines."""

import pytest

from tests import make
from volunteer.core.actor import Role
from volunteer.core.db import db


def test_makers(app, client, runner, engine):
    station = make.unit()
    wang = make.person(unit=station)
    shift = make.shift(unit=station, leader=wang)
    make.assignment(person=wang, shift=shift)
    make.policy(valid_from="2026-03")
    make.grid(lead=station)
    actor = make.login(client, wang, Role.COORDINATOR)

    assert actor.holds(station.path, Role.COORDINATOR)
    assert make.grant_of(Role.UNIT_ADMIN, station).is_any(Role.UNIT_ADMIN)
    assert client.get("/healthz").status_code == 200
    assert db.engine.dialect.name == engine
    assert runner.invoke(args=["jobs", "list", "--json"]).exit_code == 0


@pytest.mark.parametrize("i", range(10))
def test_speed(app, i):
    make.person()
