from datetime import date, time

import pytest

from tests import make
from tests.make import at
from tests.rosters.sheets import HEAD, book
from volunteer.core.actor import Actor, Grant, Role
from volunteer.core.clock import Month
from volunteer.posts.models import Post, PostWindow
from volunteer.rosters import importer


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


@pytest.fixture
def corner(unit, site, now):
    """The post 新安路口, manned in the morning and in the evening."""
    return make.save(
        Post(
            code="XAL-01",
            name="新安路口",
            unit_id=unit.id,
            site_id=site.id,
            wanted=1,
            first_on=date(2026, 11, 1),
            created_at=now,
            windows=[],
        )
    )


@pytest.fixture
def manned(unit, site, now):
    """A post of the unit on workdays, one window, one person."""
    return make.save(
        Post(
            code="XAL-01",
            name="新安路口",
            unit_id=unit.id,
            site_id=site.id,
            wanted=1,
            first_on=date(2026, 11, 1),
            created_at=now,
            windows=[PostWindow(starts=time(7, 30), ends=time(9), weekdays=31)],
        )
    )


@pytest.fixture
def morning(post, corner):
    source = f"post:{corner.id}:2026-12-01:0730"
    return post(
        "2026-12-01 07:30", minutes=90, title="新安路口", wanted=2, capacity=2, source=source
    )


@pytest.fixture
def evening(post, corner):
    source = f"post:{corner.id}:2026-12-01:1700"
    return post("2026-12-01 17:00", minutes=90, title="新安路口", wanted=2, source=source)


@pytest.fixture
def wang(unit):
    return make.person(unit=unit, name="王芳", phone="19901230001")


@pytest.fixture
def li(unit):
    return make.person(unit=unit, name="李明", phone="19901230002")


@pytest.fixture
def bring(coordinator, now, morning, evening, wang, li):
    def run(*rows, head=HEAD, **given):
        content = given.pop("content", None) or book(*rows, head=head)
        return importer.import_roster(content, **{"actor": coordinator, "now": now, **given})

    return run
