"""A small city for the tests of grids: a street, two bureaus, the office that keeps the list."""

import pytest

from tests import make
from tests.make import at
from volunteer.core.actor import Role

NOW = at("2026-11-23 09:00")


@pytest.fixture
def office(app):
    """The city office, as the one who asks."""
    return make.grant_of(Role.CITY_OFFICE, make.city())


@pytest.fixture
def street(app):
    return make.unit(code="T01", name="新安江街道", kind="township")


@pytest.fixture
def bureau(app):
    return make.unit(code="D01", name="市教育局")


@pytest.fixture
def other(app):
    return make.unit(code="D02", name="市卫健局")


@pytest.fixture
def grid(street, bureau):
    return make.grid(
        code="XQ-01", name="府前小区", kind="estate", lead=bureau, township_id=street.id
    )


@pytest.fixture
def desk(client, set_clock, street):
    """A browser in which the city office is logged in."""
    set_clock(NOW)
    make.login(client, make.person(unit=make.unit()), Role.CITY_OFFICE, over=make.city())
    return client
