"""A way to plan an activity at a site of the unit."""

from datetime import date, time

import pytest

from tests import make
from tests.make import at
from volunteer.activities import service

#: Monday noon.
NOW = at("2026-03-02 12:00")


@pytest.fixture
def site(unit):
    return make.site(unit=unit)


@pytest.fixture
def plan(unit, site, coordinator):
    """Plans an activity on Fridays from 15 to 17 o'clock, unless told otherwise."""

    def create(**given):
        facts = {
            "unit": unit,
            "site": site,
            "title": "敬老院陪伴",
            "rrule": "FREQ=WEEKLY;BYDAY=FR",
            "starts": time(15),
            "minutes": 120,
            "first_on": date(2026, 3, 1),
            "wanted": 8,
            "actor": coordinator,
            "now": NOW,
        }
        return service.create(**{**facts, **given})

    return create
