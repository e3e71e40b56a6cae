"""A way to set up a post of the unit, and to change it."""

from datetime import date, time

import pytest

from tests import make
from tests.make import at
from volunteer.posts import service
from volunteer.posts.facts import facts_of
from volunteer.posts.rules import WORKDAYS, Window

#: Monday noon.
NOW = at("2026-03-02 12:00")
MORNING = Window(time(7, 30), time(9), WORKDAYS)
EVENING = Window(time(17), time(18, 30), WORKDAYS)


@pytest.fixture
def site(unit):
    return make.site(unit=unit)


@pytest.fixture
def set_up(unit, site, coordinator):
    """Sets up a post that is manned on workday mornings, unless told otherwise."""

    def create(**given):
        facts = {
            "code": "XAL-01",
            "name": "府前路口",
            "unit": unit,
            "site": site,
            "windows": [MORNING],
            "wanted": 4,
            "first_on": date(2026, 3, 1),
            "actor": coordinator,
            "now": NOW,
        }
        return service.create(**{**facts, **given})

    return create


@pytest.fixture
def change(coordinator):
    """Changes a post from Tuesday on, unless told otherwise."""

    def edit(post, from_on=date(2026, 3, 3), now=NOW, actor=coordinator, **other):
        facts = facts_of(post)._replace(**other)
        return service.edit(post, facts, from_on=from_on, actor=actor, now=now)

    return edit
