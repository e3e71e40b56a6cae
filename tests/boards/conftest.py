"""A post with a site, and its shifts of one December day."""

import pytest

from tests import make
from volunteer.core.actor import Role

NOW = "2026-12-01 06:00"


@pytest.fixture
def site(unit):
    return make.site(unit=unit, name="府前路口")


@pytest.fixture
def morning(site):
    """Half past seven to nine, for two people."""
    return make.shift(site=site, kind="post", starts="2026-12-01 07:30", minutes=90)


@pytest.fixture
def evening(site):
    """Five to half past six, for two people."""
    return make.shift(site=site, kind="post", starts="2026-12-01 17:00", minutes=90)


@pytest.fixture
def wang(unit):
    return make.person(unit=unit, name="王芳")


@pytest.fixture
def desk(client, unit, set_clock):
    """A browser in which the unit's coordinator is logged in, on the morning of 1 December."""
    set_clock(NOW)
    make.login(client, make.person(unit=unit, name="联络员"), Role.COORDINATOR)
    return client
