"""A unit's site and a shift there."""

import pytest

from tests import make


@pytest.fixture
def site(unit):
    return make.site(unit=unit, name="府前路口")


@pytest.fixture
def shift(unit, site):
    """From 9 to 11 o'clock on 7 March 2026, for two people."""
    return make.shift(unit=unit, site=site, starts="2026-03-07 09:00", minutes=120, wanted=2)
