"""A small city for the tests of units: an office, a bureau with two sections, a township."""

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
def bureau(app):
    return make.unit(code="D01", name="市教育局")


@pytest.fixture
def section(bureau):
    return make.unit(code="D01-1", name="基础教育科", parent=bureau, kind="section")


@pytest.fixture
def other(app):
    return make.unit(code="D02", name="市卫健局")
