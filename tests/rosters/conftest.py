import pytest

from tests import make
from tests.make import at
from volunteer.core.actor import Actor, Grant, Role
from volunteer.core.clock import Month


@pytest.fixture
def unit(app):
    return make.unit(name="梅城街道")


@pytest.fixture
def month():
    return Month(2026, 12)


@pytest.fixture
def now():
    return at("2026-11-23 09:00")


@pytest.fixture
def site(unit):
    return make.site(unit=unit)


@pytest.fixture
def post(unit, site):
    """Make a shift of the unit's post: post("2026-12-01 07:30")."""

    def made(starts: str, **given):  # type: ignore[no-untyped-def]
        return make.shift(
            **{"starts": starts, "unit": unit, "site": site, "kind": "post", "wanted": 1, **given}
        )

    return made


@pytest.fixture
def coordinator(unit):
    """Coordinates the unit from outside of its people, so that they can be counted."""
    return Actor("coordinator", 1, None, frozenset({Grant(Role.COORDINATOR, unit.path)}))
