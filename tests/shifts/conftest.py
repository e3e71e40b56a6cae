"""A unit with its coordinator, a site and a shift."""

import pytest

from tests import make
from volunteer.core.actor import Role


@pytest.fixture
def unit(app):
    return make.unit(name="教育局")


@pytest.fixture
def coordinator(unit):
    """Who asks; an Actor."""
    return make.grant_of(Role.COORDINATOR, unit)


@pytest.fixture
def stranger(app):
    """The coordinator of another unit; an Actor."""
    return make.grant_of(Role.COORDINATOR, make.unit())


@pytest.fixture
def site(unit):
    return make.site(unit=unit, name="府前路口")


@pytest.fixture
def shift(unit, site):
    """From 9 to 11 o'clock on 7 March 2026, for two people."""
    return make.shift(unit=unit, site=site, starts="2026-03-07 09:00", minutes=120, wanted=2)
