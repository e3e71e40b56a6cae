"""A day is called off for all: everybody is told, who is there already stays."""

from datetime import date, time

import pytest
from sqlalchemy import select

from tests import make
from tests.counting import queries, weigh
from tests.make import at
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.core.models import Journal
from volunteer.reminders.models import Reminder
from volunteer.shifts import calling_off
from volunteer.shifts.errors import NothingToCallOff, WrongHours
from volunteer.shifts.models import Assignment, Shift

NOW = at("2026-03-07 07:00")
DAY = date(2026, 3, 7)


@pytest.fixture
def unit(app):
    return make.unit(name="教育局")


@pytest.fixture
def actor(unit):
    return make.grant_of(Role.COORDINATOR, unit)


@pytest.fixture
def morning(unit):
    """A shift of a unit below at nine, with somebody assigned."""
    shift = make.shift(starts="2026-03-07 09:00", unit=make.unit(parent=unit))
    make.assignment(shift=shift)
    return shift


@pytest.fixture
def call_off(unit, actor):
    def verb(**given):
        facts = {"reason": "暴雨", "actor": actor, "now": NOW, **given}
        return calling_off.call_off(unit, DAY, **facts)

    return verb


def state_of(shift):
    return db.session.get_one(Shift, shift.id, populate_existing=True).state


def test_all_shifts_of_the_subtree_go_and_their_people_are_told(unit, morning, call_off):
    evening = make.shift(starts="2026-03-07 23:30", unit=unit)
    tomorrow = make.shift(starts="2026-03-08 00:00", unit=unit)
    foreign = make.shift(starts="2026-03-07 09:00")

    done = call_off()

    assert ([each.id for each in done.going], done.people) == ([morning.id, evening.id], 1)
    assert [state_of(each) for each in (morning, evening)] == ["cancelled"] * 2
    assert [state_of(each) for each in (tomorrow, foreign)] == ["planned"] * 2
    assert db.session.scalars(select(Assignment.state)).all() == ["cancelled"]
    assert db.session.scalars(select(Reminder.kind)).all() == ["shift_cancelled"]
    line = db.session.scalars(select(Journal).filter_by(action="shifts.call_off")).one()
    assert line.body == {"day": "2026-03-07", "shifts": 2, "people": 1, "staying": 0}
    with pytest.raises(NothingToCallOff):
        call_off()


def test_where_somebody_is_already_the_shift_stays(unit, morning, call_off):
    begun = make.shift(starts="2026-03-07 07:10", unit=unit)
    make.attendance(person=make.person(unit=unit), shift=begun, state="open")

    done = call_off()

    assert [each.id for each in done.staying] == [begun.id]
    assert (state_of(begun), state_of(morning)) == ("planned", "cancelled")


def test_some_hours_only(unit, morning, call_off):
    afternoon = make.shift(starts="2026-03-07 14:00", unit=unit)

    call_off(since=time(12), until=time(15))

    assert (state_of(morning), state_of(afternoon)) == ("planned", "cancelled")
    with pytest.raises(WrongHours):
        call_off(since=time(15), until=time(15))


def test_only_who_schedules_there(unit, morning, call_off):
    with pytest.raises(NotFound):
        call_off(actor=make.grant_of(Role.COORDINATOR, make.unit()))
    with pytest.raises(NotAllowed):
        call_off(actor=make.grant_of(Role.SYSTEM_LEAD, unit))
    assert state_of(morning) == "planned"


@pytest.fixture
def desk(client, unit, set_clock):
    set_clock(NOW)
    make.login(client, make.person(unit=unit), Role.COORDINATOR)
    return client


def test_the_page_looks_first_and_then_does_it(desk, unit, morning):
    wanted = {"unit": unit.code, "day": "2026-03-07", "reason": "weather", "words": ""}

    form = desk.get("/shifts/call-off").text
    looked = desk.post("/shifts/call-off", data=wanted).text
    before = state_of(morning)
    done = desk.post("/shifts/call-off", data={**wanted, "step": "apply"})

    assert 'value="apply"' not in form
    assert "取消 1 场" in looked
    assert before == "planned"
    assert done.location.startswith("/shifts/call-off/")
    assert state_of(morning) == "cancelled"
    assert "没有可以取消的场次" in desk.post("/shifts/call-off", data=wanted).text
    again = desk.post("/shifts/call-off", data={**wanted, "step": "apply"})
    assert again.status_code == 409
    assert 'id="day-error"' in again.text


def test_what_is_wrong_stands_beside_its_field(desk, unit):
    wanted = {"unit": unit.code, "day": "2026-03-07", "reason": "weather"}
    hours = desk.post("/shifts/call-off", data={**wanted, "since": "10:00", "until": "09:00"})
    foreign = desk.post("/shifts/call-off", data={**wanted, "unit": make.unit().code})

    assert 'id="until-error"' in hours.text
    assert foreign.status_code == 400
    weigh(desk, "/shifts/call-off")


def test_however_many_shifts_it_asks_the_same(unit, actor):
    site, path = make.site(unit=unit), unit.path

    def asked(number):
        for minute in range(number):
            make.shift(starts=f"2026-03-07 09:{minute:02d}", site=site)
        with queries() as found:
            calling_off.concerned(*calling_off.stretch(DAY, None, None), under=[path], now=NOW)
        db.session.expunge_all()
        return len(found)

    assert asked(2) == asked(30)
