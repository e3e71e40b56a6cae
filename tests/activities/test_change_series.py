"""Changing a series: this one and those after, or all; what stays, who is told."""

from datetime import date, time

import pytest
from sqlalchemy import select

from tests import make
from tests.activities.conftest import NOW
from tests.make import at
from volunteer.activities import changing, service
from volunteer.activities.changing import Fate
from volunteer.activities.errors import ActivityEnded, CarriedOn, DayOver, NoSuchDay, SeriesOver
from volunteer.activities.models import Activity, ActivityException
from volunteer.core.actor import SYSTEM
from volunteer.core.db import db
from volunteer.core.errors import NotFound
from volunteer.reminders.models import Reminder
from volunteer.shifts import calling_off, editing, taking_back
from volunteer.shifts import service as shifts
from volunteer.shifts.errors import NothingToTakeBack, TooManyHere, WouldOverlap
from volunteer.shifts.models import Assignment, Shift

FRIDAYS = [date(2026, 3, day) for day in (6, 13, 20, 27)]


def rows():
    return db.session.scalars(
        select(Shift).order_by(Shift.starts_at).execution_options(populate_existing=True)
    ).all()


def starts():
    """When the shifts that take place begin, in the clock here: 06 15:00."""
    return [
        f"{make.LOCAL.fromutc(each.starts_at.replace(tzinfo=make.LOCAL)):%d %H:%M}"
        for each in rows()
        if each.state == "planned"
    ]


@pytest.fixture
def change(coordinator):
    """Changes all of a series."""

    def change_all(activity, **wanted):
        return changing.change_all(activity, wanted, reason="改期", actor=coordinator, now=NOW)

    return change_all


@pytest.fixture
def carry_on(coordinator):
    """Changes a series from a day on."""

    def change_following(activity, since, **wanted):
        return changing.change_following(
            activity, wanted, since=since, reason="改期", actor=coordinator, now=NOW
        )

    return change_following


def test_all_to_come_change_and_those_assigned_are_told(plan, unit, change):
    activity = plan().activity
    shift = rows()[1]
    person = make.person(unit=unit)
    make.assignment(shift=shift, person=person)

    result = change(activity, starts=time(9), title="改名")

    assert starts() == ["06 09:00", "13 09:00", "20 09:00", "27 09:00"]
    assert {each.title for each in rows()} == {"改名"}
    assert (result.count(Fate.CHANGED), result.told) == (4, 1)
    place = db.session.scalars(select(Assignment)).one()
    assert (place.state, place.starts_at) == ("assigned", at("2026-03-13 09:00"))
    told = db.session.scalars(select(Reminder)).one()
    assert (told.person_id, told.kind, told.shift_id) == (person.id, "shift_changed", shift.id)
    assert change(activity, starts=time(9), title="改名").count(Fate.SAME) == 4
    assert len(db.session.scalars(select(Reminder)).all()) == 1


def test_another_day_of_the_week_moves_the_shifts_with_their_people(plan, unit, change):
    activity = plan().activity
    shift_id = rows()[2].id
    make.assignment(shift=rows()[2], person=make.person(unit=unit))

    change(activity, rrule="FREQ=WEEKLY;BYDAY=TH")

    assert starts() == ["05 15:00", "12 15:00", "19 15:00", "26 15:00"]
    assert db.session.scalars(select(Assignment)).one().shift_id == shift_id
    assert len(rows()) == 4
    assert service.open_shifts(actor=SYSTEM, now=NOW) == 0
    change(activity, rrule="FREQ=WEEKLY;BYDAY=FR")
    assert starts() == ["06 15:00", "13 15:00", "20 15:00", "27 15:00"]


def test_a_day_that_is_no_more_is_cancelled_and_may_come_back(plan, unit, change):
    activity = plan().activity
    make.assignment(shift=rows()[1], person=make.person(unit=unit))

    result = change(activity, rrule="FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", last_on=None)

    # the first day is a Sunday: counted from its week, the next Friday belongs to the second
    assert starts() == ["13 15:00", "27 15:00"]
    assert (result.count(Fate.DROPPED), result.told) == (2, 0)
    change(activity, rrule="FREQ=WEEKLY;BYDAY=FR")
    assert starts() == ["06 15:00", "13 15:00", "20 15:00", "27 15:00"]


def test_people_of_a_dropped_day_are_told(plan, unit, change):
    activity = plan().activity
    make.assignment(shift=rows()[3], person=make.person(unit=unit))

    result = change(activity, last_on=date(2026, 3, 20))

    assert result.told == 1
    assert db.session.scalars(select(Reminder.kind)).all() == ["shift_cancelled"]
    assert db.session.scalars(select(Assignment.state)).all() == ["cancelled"]
    assert starts() == ["06 15:00", "13 15:00", "20 15:00"]


def test_from_a_day_on_a_new_series_carries_on(plan, carry_on, unit):
    activity = plan().activity
    public_id = activity.public_id
    make.assignment(shift=rows()[3], person=make.person(unit=unit))

    new = carry_on(activity, FRIDAYS[2], starts=time(8, 30))

    assert starts() == ["06 15:00", "13 15:00", "20 08:30", "27 08:30"]
    old = db.session.scalars(select(Activity).filter_by(public_id=public_id)).one()
    assert (old.last_on, new.first_on, new.follows_id) == (date(2026, 3, 19), FRIDAYS[2], old.id)
    assert [each.source.split(":")[1] for each in rows()] == [str(old.id)] * 2 + [str(new.id)] * 2
    assert service.open_shifts(actor=SYSTEM, now=NOW) == 0
    with pytest.raises(SeriesOver):
        carry_on(old, FRIDAYS[2], starts=time(8, 30))
    with pytest.raises(DayOver):
        carry_on(old, date(2026, 2, 27), starts=time(8, 30))


def test_what_is_gone_or_changed_by_hand_stays_so_in_the_new_series(plan, carry_on, coordinator):
    activity = plan().activity
    second, third, fourth = rows()[1:]
    shifts.cancel(second, reason="暴雨", actor=coordinator, now=NOW)
    service.take_out(activity, FRIDAYS[2], reason="检查", actor=coordinator, now=NOW)
    to = editing.details_of(fourth)._replace(title="特别")
    editing.edit(fourth, to, actor=coordinator, now=NOW)

    new = carry_on(activity, FRIDAYS[1], starts=time(8), title="新名")

    found = [(each.title, each.state) for each in rows()]
    assert found == [("敬老院陪伴", "planned"), ("敬老院陪伴", "cancelled"), ("特别", "planned")]
    assert db.session.scalars(select(ActivityException.activity_id)).all() == [new.id]
    assert service.open_shifts(actor=SYSTEM, now=NOW) == 0


def test_attendance_is_never_touched_and_never_doubled(plan, carry_on, change, unit):
    activity = plan().activity
    shift = rows()[1]
    before = (shift.source, shift.starts_at, shift.title)
    make.attendance(person=make.person(unit=unit), shift=shift)

    new = carry_on(activity, FRIDAYS[1], starts=time(8))
    change(new, title="新名")

    kept = rows()[1]
    assert (kept.source, kept.starts_at, kept.title) == before
    assert starts() == ["06 15:00", "13 15:00", "20 08:00", "27 08:00"]


def test_refuses_with_names_what_people_cannot_follow(plan, unit, change):
    activity = plan(capacity=9).activity
    person = make.person(unit=unit, name="王芳")
    make.assignment(shift=rows()[1], person=person)
    elsewhere = make.shift(starts="2026-03-13 09:00", unit=unit)
    make.assignment(shift=elsewhere, person=person)

    with pytest.raises(WouldOverlap) as refusal:
        change(activity, starts=time(8))
    assert refusal.value.facts == {"people": "王芳"}
    for number in range(2):
        make.assignment(shift=rows()[0], person=make.person(unit=unit, name=f"甲{number}"))
    with pytest.raises(TooManyHere) as full:
        change(activity, wanted=0, capacity=1)
    assert full.value.facts == {"shift": "敬老院陪伴", "begins": "03-06", "people": 2}
    assert {each.title for each in rows() if each.id != elsewhere.id} == {"敬老院陪伴"}
    assert starts() == ["06 15:00", "13 09:00", "13 15:00", "20 15:00", "27 15:00"]


def test_a_series_may_grow_into_its_own_next_day(plan, unit, change):
    """Each night ends where the next one began before: the order of the changes matters."""
    activity = plan(rrule="FREQ=DAILY", starts=time(6), minutes=60).activity
    person = make.person(unit=unit)
    for shift in rows()[:4]:
        make.assignment(shift=shift, person=person)

    change(activity, starts=time(20), minutes=660)

    places = db.session.scalars(select(Assignment).order_by(Assignment.starts_at)).all()
    assert [f"{each.starts_at:%H:%M}" for each in places] == ["12:00"] * 4


def test_a_series_does_not_go_on_into_the_one_that_carries_it_on(plan, carry_on, change):
    first = plan().activity
    last = carry_on(first, FRIDAYS[2], title="后半")
    middle = carry_on(first, FRIDAYS[1], title="中间")

    for series in (first, middle):
        with pytest.raises(CarriedOn):
            change(series, last_on=None)
    with pytest.raises(CarriedOn):
        carry_on(middle, FRIDAYS[1], last_on=FRIDAYS[2])
    assert change(last, last_on=None).count(Fate.SAME) == 2
    assert change(first, title="前半").count(Fate.CHANGED) == 1
    assert [each.title for each in rows()] == ["前半", "中间", "后半", "后半"]


def test_only_who_plans_it_and_only_while_it_goes_on(plan, stranger, coordinator, change):
    activity = plan().activity
    facts = {"reason": "改期", "actor": stranger, "now": NOW}

    with pytest.raises(NotFound):
        changing.change_all(activity, {"title": "新名"}, **facts)
    with pytest.raises(NotFound):
        changing.change_following(activity, {"title": "新名"}, since=FRIDAYS[1], **facts)
    with pytest.raises(NotFound):
        change(activity, site_id=make.site().id)
    with pytest.raises(NoSuchDay):
        change(activity, last_on=date(2026, 3, 3))
    service.end(activity, reason="放假", actor=coordinator, now=NOW)
    with pytest.raises(ActivityEnded):
        change(activity, title="新名")
    assert {each.title for each in rows()} == {"敬老院陪伴"}


@pytest.fixture
def storm(unit, coordinator):
    """Calls the first Friday off; returns what takes that back."""

    def call_off():
        done = calling_off.call_off(unit, FRIDAYS[0], reason="暴雨", actor=coordinator, now=NOW)
        return lambda: taking_back.take_back(done.record, actor=coordinator, now=NOW)

    return call_off


def test_a_day_called_off_comes_back_as_its_series_is_by_then(plan, change, unit, storm):
    activity = plan().activity
    person = make.assignment(shift=rows()[0]).person
    take_back = storm()

    result = change(activity, starts=time(8), title="改名")
    assert (result.told, starts()[0]) == (0, "13 08:00")
    take_back()

    first = rows()[0]
    assert (starts()[0], first.title) == ("06 08:00", "改名")
    assert [each.person_id for each in theirs(first)] == [person.id]
    assert service.open_shifts(actor=SYSTEM, now=NOW) == 0


def theirs(shift):
    places = select(Assignment).filter_by(shift_id=shift.id, state="assigned")
    return db.session.scalars(places).all()


@pytest.mark.parametrize("rrule", ["FREQ=WEEKLY;BYDAY=TH", "FREQ=WEEKLY;BYDAY=SA"])
def test_a_day_called_off_that_its_series_has_no_more_never_comes_back(plan, change, storm, rrule):
    activity = plan().activity
    take_back = storm()

    change(activity, rrule=rrule)

    with pytest.raises(NothingToTakeBack):
        take_back()
    days = starts()
    assert service.open_shifts(actor=SYSTEM, now=NOW) == 0
    assert (starts(), len(days)) == (days, len(set(days)))


def test_a_shift_changed_by_hand_comes_back_as_it_was(plan, change, storm, coordinator):
    activity = plan().activity
    own = editing.details_of(rows()[0])._replace(title="特别的一天")
    editing.edit(rows()[0], own, actor=coordinator, now=NOW)
    take_back = storm()

    change(activity, title="改名", starts=time(8))
    take_back()

    assert (starts()[0], rows()[0].title) == ("06 15:00", "特别的一天")


def test_a_day_called_off_of_a_series_that_has_ended_never_comes_back(plan, storm, coordinator):
    activity = plan().activity
    take_back = storm()

    service.end(activity, reason="结束", actor=coordinator, now=NOW)

    with pytest.raises(NothingToTakeBack):
        take_back()
    assert starts() == []
