"""A unit's coordinator and its people; a shift to which one may sign up."""

import pytest

from tests import make
from volunteer.core.actor import Role


@pytest.fixture
def coordinator(unit):
    """Who schedules for the unit; an Actor."""
    return make.grant_of(Role.COORDINATOR, unit)


@pytest.fixture
def wang(unit):
    return make.person(unit=unit, name="王芳")


@pytest.fixture
def li(unit):
    return make.person(unit=unit, name="李强")


@pytest.fixture
def shift(unit):
    """Open to the unit's people: 9 to 11 o'clock on 7 March 2026, one place."""
    leader = make.person(unit=unit, name="赵领队")
    return open_shift(unit=unit, leader=leader, wanted=1, capacity=1)


def open_shift(**given):
    """A shift to which one may sign up."""
    return make.shift(**{"sign_up": "open", **given})
