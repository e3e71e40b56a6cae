"""The job that opens shifts four weeks ahead, once each."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, select

from tests import make
from tests.activities.conftest import NOW
from tests.counting import queries
from tests.make import at
from volunteer.activities import jobs, service
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed
from volunteer.core.jobs import JOBS
from volunteer.shifts import service as shifts
from volunteer.shifts.models import Shift


def count():
    return db.session.scalar(select(func.count()).select_from(Shift))


def test_opens_each_shift_once_however_often_it_runs(plan):
    plan()

    assert [jobs.open_shifts(NOW) for _ in range(3)] == [0, 0, 0]
    assert jobs.open_shifts(NOW + timedelta(days=7)) == 1
    assert jobs.open_shifts(NOW + timedelta(days=7)) == 0
    assert count() == 5


def test_reaches_to_the_same_weekday_four_weeks_ahead(plan):
    friday = at("2026-03-06 02:10")
    made = plan(now=friday)

    assert made.opened == 5
    last = db.session.scalar(select(func.max(Shift.starts_at)))
    assert last == at("2026-04-03 15:00")


def test_a_shift_that_has_begun_is_not_opened(plan):
    assert plan(now=at("2026-03-06 15:00")).opened == 4


def test_a_cancelled_shift_is_not_resurrected(plan, coordinator):
    plan()
    shift = db.session.scalars(select(Shift).order_by(Shift.starts_at)).first()
    shifts.cancel(shift, reason="暴雨", actor=coordinator, now=NOW)

    assert jobs.open_shifts(NOW) == 0
    assert count() == 4


def test_keeps_to_the_first_and_the_last_day(plan):
    made = plan(first_on=date(2026, 3, 10), last_on=date(2026, 3, 20))

    assert made.opened == 2
    assert jobs.open_shifts(NOW + timedelta(days=14)) == 0


def test_a_night_activity_ends_the_day_after(plan):
    """R16: local times, stored as instants; 22:30 and two hours more."""
    plan(rrule="FREQ=WEEKLY;BYDAY=SA", starts=time(22, 30), minutes=120)

    shift = db.session.scalars(select(Shift).order_by(Shift.starts_at)).first()
    assert shift.starts_at == at("2026-03-07 22:30")
    assert shift.ends_at == at("2026-03-08 00:30")
    assert shift.source.endswith(":2026-03-07")


def test_an_ended_activity_opens_nothing(plan, coordinator):
    activity = plan().activity
    service.end(activity, reason="结束", actor=coordinator, now=NOW)

    assert jobs.open_shifts(NOW + timedelta(days=7)) == 0


def test_asks_little_however_many_there_are(plan, unit):
    def asked():
        with queries() as found:
            jobs.open_shifts(NOW + timedelta(days=7))
        return len([each for each in found if not each.startswith("INSERT")])

    plan()
    few = asked()
    for _ in range(20):
        plan(unit=make.unit(parent=unit))

    assert asked() == few


def test_runs_every_night_under_its_name():
    trigger = str(JOBS["activities.open_shifts"].trigger)

    assert "hour='2'" in trigger
    assert "minute='10'" in trigger


def test_only_the_city_opens_for_all(coordinator):
    with pytest.raises(NotAllowed):
        service.open_shifts(actor=coordinator, now=NOW)
