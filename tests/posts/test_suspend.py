"""A post rests for some days, and is manned again."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests import make
from tests.posts.conftest import NOW
from volunteer.core.clock import local_day
from volunteer.core.db import db
from volunteer.core.errors import NotFound
from volunteer.posts import jobs, service
from volunteer.posts.errors import (
    ChangeDay,
    ResumeDay,
    SuspendedAlready,
    SuspensionOver,
    WrongDays,
)
from volunteer.posts.models import PostSuspension
from volunteer.reminders.models import Reminder
from volunteer.shifts import calling_off, taking_back
from volunteer.shifts.errors import NothingToTakeBack
from volunteer.shifts.models import Assignment, Shift

FIRST, LAST = date(2026, 3, 4), date(2026, 3, 10)


def days(state):
    rows = db.session.scalars(select(Shift.starts_at).where(Shift.state == state))
    return sorted(local_day(moment) for moment in rows)


@pytest.fixture
def rest(coordinator):
    def suspend(post, **given):
        facts = {"from_on": FIRST, "until_on": LAST, "reason": "道路施工", "now": NOW}
        return service.suspend(post, **{**facts, "actor": coordinator, **given})

    return suspend


def resting():
    return db.session.scalars(select(PostSuspension)).one()


def test_shifts_of_its_days_are_cancelled_and_people_told(set_up, rest, unit):
    """R53."""
    post = set_up().post
    shift = db.session.scalars(select(Shift).where(Shift.source.contains("2026-03-05"))).one()
    person = make.person(unit=unit)
    make.assignment(shift=shift, person=person)

    told = rest(post)

    assert told == (5, 1)
    assert days("cancelled") == [date(2026, 3, day) for day in (4, 5, 6, 9, 10)]
    assert db.session.scalars(select(Assignment.state)).one() == "cancelled"
    message = db.session.scalars(select(Reminder)).one()
    assert (message.person_id, message.kind) == (person.id, "shift_cancelled")
    assert db.session.get(Shift, shift.id).cancel_reason == "道路施工"


def test_none_is_opened_in_it(set_up, rest):
    post = set_up().post
    rest(post, from_on=date(2026, 3, 25), until_on=None)

    assert jobs.open_shifts(NOW + timedelta(days=14)) == 0
    assert max(days("planned")) == date(2026, 3, 24)


def test_resuming_opens_what_was_not_there_and_no_more(set_up, rest, coordinator):
    post = set_up().post
    rest(post, until_on=None)
    later = NOW + timedelta(days=7)  # the 9th
    assert jobs.open_shifts(later) == 0

    opened = service.resume(post, resting().id, actor=coordinator, now=later)

    assert opened == 5  # the 31st, and 1 to 3 and 6 April
    assert min(days("cancelled")) == FIRST
    assert days("planned") == [
        date(2026, 3, 3),
        date(2026, 3, 31),
        *(date(2026, 4, day) for day in (1, 2, 3, 6)),
    ]
    assert jobs.open_shifts(later) == 0
    with pytest.raises(SuspensionOver):
        service.resume(post, resting().id, actor=coordinator, now=later)


def test_resuming_on_a_later_day(set_up, rest, coordinator):
    post = set_up(now=NOW - timedelta(days=28)).post
    rest(post)

    with pytest.raises(ResumeDay):
        service.resume(post, resting().id, on=date(2026, 3, 11), actor=coordinator, now=NOW)
    opened = service.resume(post, resting().id, on=date(2026, 3, 9), actor=coordinator, now=NOW)

    assert opened == 16  # the 9th to the 30th
    assert jobs.open_shifts(NOW) == 1  # the 3rd; the 4th to the 6th rest
    assert days("planned")[1:3] == [date(2026, 3, 3), date(2026, 3, 9)]


def test_days_overlap_no_other_rest(set_up, rest, coordinator):
    post = set_up().post
    rest(post)

    for given in (
        {},
        {"from_on": LAST, "until_on": LAST},
        {"from_on": date(2026, 3, 3), "until_on": None},
    ):
        with pytest.raises(SuspendedAlready):
            rest(post, **given)
    rest(post, from_on=date(2026, 3, 11), until_on=date(2026, 3, 11))


def test_refuses_what_cannot_be(set_up, rest, stranger, coordinator):
    post = set_up().post

    with pytest.raises(ChangeDay):
        rest(post, from_on=date(2026, 3, 1))
    with pytest.raises(WrongDays):
        rest(post, until_on=date(2026, 3, 3))
    with pytest.raises(NotFound):
        rest(post, actor=stranger)
    with pytest.raises(NotFound):
        service.resume(post, 99, actor=coordinator, now=NOW)


def test_a_day_called_off_in_it_never_comes_back(set_up, rest, unit, coordinator):
    post = set_up().post
    done = calling_off.call_off(unit, FIRST, reason="暴雨", actor=coordinator, now=NOW)

    told = rest(post)

    assert told == (4, 0)
    with pytest.raises(NothingToTakeBack):
        taking_back.take_back(done.record, actor=coordinator, now=NOW)
    assert FIRST in days("cancelled")
