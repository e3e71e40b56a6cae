"""Planning a weekly activity."""

from datetime import date

import pytest
from sqlalchemy import select

from tests import make
from tests.activities.conftest import NOW
from volunteer.activities.errors import NoSuchDay
from volunteer.activities.models import Activity
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.core.models import Journal
from volunteer.shifts.errors import SiteClosed, WrongNumbers
from volunteer.shifts.models import Shift


def test_opens_four_weeks_at_once(plan, coordinator):
    made = plan()

    assert made.opened == 4
    days = db.session.scalars(select(Shift.source).order_by(Shift.starts_at)).all()
    assert days == [
        f"activity:{made.activity.id}:2026-03-{day}" for day in ("06", "13", "20", "27")
    ]
    line = db.session.scalars(select(Journal).filter_by(action="activities.create")).one()
    assert (line.object_id, line.body) == (made.activity.public_id, {"opened": 4})


def test_each_shift_names_all_that_a_record_needs(plan, unit, site, coordinator):
    """R2: content and leader have their defaults."""
    plan(wanted=8, capacity=12)

    shift = db.session.scalars(select(Shift)).first()
    assert (shift.title, shift.content) == ("敬老院陪伴", "敬老院陪伴")
    assert (shift.unit_id, shift.site_id) == (unit.id, site.id)
    assert shift.leader_id == coordinator.person_id
    assert (shift.kind, shift.nature) == ("activity", "voluntary")
    assert (shift.wanted, shift.capacity) == (8, 12)


def test_a_leader_of_its_own_goes_first(plan, unit):
    leader = make.person(unit=unit)
    plan(leader_id=leader.id)

    assert set(db.session.scalars(select(Shift.leader_id))) == {leader.id}


def test_a_form_sent_twice_plans_once(plan):
    first = plan(key="0123456789abcdef")
    first_id = first.activity.id
    again = plan(key="0123456789abcdef")

    assert (first.opened, again.opened) == (4, 0)
    assert again.activity.id == first_id
    assert len(db.session.scalars(select(Activity)).all()) == 1


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"first_on": date(2026, 3, 7), "last_on": date(2026, 3, 12)}, NoSuchDay),
        ({"first_on": date(2026, 3, 7), "last_on": date(2026, 3, 1)}, NoSuchDay),
        ({"wanted": 8, "capacity": 7}, WrongNumbers),
    ],
)
def test_refuses_what_cannot_be(plan, given, refusal):
    with pytest.raises(refusal):
        plan(**given)
    assert db.session.scalars(select(Activity)).all() == []


def test_only_within_the_own_units(plan, unit, stranger):
    reader = make.grant_of(Role.SYSTEM_LEAD, unit)

    with pytest.raises(NotFound):
        plan(actor=stranger)
    with pytest.raises(NotAllowed):
        plan(actor=reader)
    with pytest.raises(NotFound):
        plan(site=make.site())
    with pytest.raises(SiteClosed):
        plan(site=make.site(unit=unit, closed_at=NOW))
