"""Ending a weekly activity."""

import pytest
from sqlalchemy import select

from tests import make
from tests.activities.conftest import NOW
from volunteer.activities import service
from volunteer.activities.errors import ActivityEnded
from volunteer.activities.models import Activity
from volunteer.core.db import db
from volunteer.core.errors import NotFound
from volunteer.shifts.models import Shift


def test_idle_shifts_are_cancelled_and_manned_ones_stay(plan, unit, coordinator):
    activity = plan().activity
    first = db.session.scalars(select(Shift).order_by(Shift.starts_at)).first()
    make.assignment(shift=first, person=make.person(unit=unit))

    cancelled = service.end(activity, reason="放假", actor=coordinator, now=NOW)

    assert cancelled == 3
    rows = db.session.execute(
        select(Shift.state, Shift.cancel_reason).order_by(Shift.starts_at)
    ).all()
    assert [tuple(row) for row in rows] == [("planned", None), *[("cancelled", "放假")] * 3]


def test_other_activities_go_on(plan, coordinator):
    activity = plan().activity
    plan()

    assert service.end(activity, reason="放假", actor=coordinator, now=NOW) == 4
    assert len(db.session.scalars(select(Shift).filter_by(state="planned")).all()) == 4


def test_a_repeat_is_refused(plan, coordinator):
    activity = plan().activity
    service.end(activity, reason="放假", actor=coordinator, now=NOW)

    with pytest.raises(ActivityEnded):
        service.end(activity, reason="放假", actor=coordinator, now=NOW)


def test_a_foreign_activity_does_not_exist(plan, stranger):
    activity = plan().activity

    with pytest.raises(NotFound):
        service.end(activity, reason="放假", actor=stranger, now=NOW)
    assert db.session.get_one(Activity, activity.id).ended_at is None
