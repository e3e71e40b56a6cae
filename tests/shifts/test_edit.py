"""Changing one shift: who is told, what is refused."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import make
from tests.counting import weigh
from tests.make import at
from volunteer.core.actor import Role
from volunteer.core.db import db, transaction
from volunteer.core.errors import NotFound
from volunteer.reminders.models import Reminder
from volunteer.shifts import editing
from volunteer.shifts.errors import (
    AlreadyBegun,
    InThePast,
    ShiftCancelled,
    ShiftOver,
    SiteClosed,
    TooManyHere,
    WouldOverlap,
    WrongNumbers,
    WrongTimes,
)
from volunteer.shifts.models import Assignment, Shift

NOW = at("2026-03-02 12:00")
HOUR = timedelta(hours=1)


@pytest.fixture
def unit(app):
    return make.unit()


@pytest.fixture
def actor(unit):
    return make.grant_of(Role.COORDINATOR, unit)


@pytest.fixture
def shift(unit):
    return make.shift(starts="2026-03-07 09:00", unit=unit, capacity=4)


@pytest.fixture
def edit(shift, actor):
    """Changes the shift: names what becomes different."""

    def change(*, now=NOW, actor=actor, **different):
        to = editing.details_of(shift)._replace(**different)
        return editing.edit(shift, to, actor=actor, now=now)

    return change


def test_those_assigned_move_with_it_and_are_told_once_a_change(shift, edit, unit):
    person = make.person(unit=unit)
    make.assignment(shift=shift, person=person)
    later = {"starts_at": shift.starts_at + HOUR, "ends_at": shift.ends_at + HOUR}

    assert edit(**later) == 1
    assert edit(wanted=3, leader_id=person.id) == 0
    assert edit(now=NOW + HOUR, title="改名") == 1

    place = db.session.scalars(select(Assignment)).one()
    assert place.starts_at == at("2026-03-07 10:00")
    told = db.session.scalars(select(Reminder)).all()
    assert [each.kind for each in told] == ["shift_changed"] * 2
    assert db.session.get_one(Shift, shift.id).changed_at == NOW + HOUR


def test_the_same_again_changes_nothing(shift, edit):
    assert edit() == 0
    assert db.session.get_one(Shift, shift.id).changed_at is None


@pytest.mark.parametrize(
    ("different", "refusal"),
    [
        ({"ends_at": at("2026-03-07 09:00")}, WrongTimes),
        ({"starts_at": at("2026-03-01 09:00"), "ends_at": at("2026-03-01 10:00")}, InThePast),
        ({"wanted": 5}, WrongNumbers),
        ({"wanted": 0, "capacity": 1}, TooManyHere),
        ({"starts_at": at("2026-03-07 08:00"), "ends_at": at("2026-03-07 09:30")}, WouldOverlap),
    ],
)
def test_refuses_what_cannot_be(shift, edit, unit, different, refusal):
    people = [make.person(unit=unit) for _ in range(2)]
    for person in people:
        make.assignment(shift=shift, person=person)
    before = make.shift(starts="2026-03-07 07:00", unit=unit)
    make.assignment(shift=before, person=people[0])

    with pytest.raises(refusal):
        edit(**different)
    assert db.session.get_one(Shift, shift.id).starts_at == at("2026-03-07 09:00")


def test_places_are_of_the_own_units_and_in_use(edit, unit):
    with pytest.raises(NotFound):
        edit(site_id=make.site().id)
    with pytest.raises(SiteClosed):
        edit(site_id=make.site(unit=unit, closed_at=NOW).id)


def test_what_is_over_cancelled_begun_or_foreign_is_left_alone(shift, edit, unit):
    with pytest.raises(NotFound):
        edit(actor=make.grant_of(Role.COORDINATOR, make.unit()), title="改名")
    with pytest.raises(ShiftOver):
        edit(now=at("2026-03-07 11:00"), title="改名")
    make.attendance(person=make.person(unit=unit), shift=shift)
    with pytest.raises(AlreadyBegun):
        edit(title="改名")
    other = make.shift(unit=unit, state="cancelled", cancel_reason="暴雨")
    coordinator = make.grant_of(Role.COORDINATOR, unit)
    to = editing.details_of(other)._replace(title="改名")
    with pytest.raises(ShiftCancelled):
        editing.edit(other, to, actor=coordinator, now=NOW)


def filled(shift, **given):
    return {
        "title": "改名",
        "site": shift.site.code,
        "day": "2026-03-07",
        "starts": "10:00",
        "minutes": "90",
        "wanted": "2",
        "capacity": "",
        "leader": "",
        "content": "",
        "sign_up": "open",
        "nature": "voluntary",
        "needs": "",
        "grants": "",
        **given,
    }


@pytest.fixture
def desk(client, unit, set_clock):
    set_clock(NOW)
    make.login(client, make.person(unit=unit), Role.COORDINATOR)
    return client


def test_the_page_changes_the_shift(desk, shift, unit):
    path = f"/shifts/{shift.public_id}/edit"
    make.assignment(shift=shift, person=make.person(unit=unit))
    leader = make.person(unit=unit, name="王芳").id
    with transaction() as session:
        session.get_one(Shift, shift.id).leader_id = leader

    page = desk.get(path)
    answer = desk.post(path, data=filled(shift))

    assert 'value="09:00"' in page.text
    assert 'value="王芳"' in page.text
    assert f'<option selected value="{shift.site.code}">' in page.text
    assert "已安排 1 人" in page.text
    assert answer.location == f"/shifts/{shift.public_id}"
    kept = db.session.get_one(Shift, shift.id, populate_existing=True)
    assert (kept.starts_at, kept.ends_at) == (at("2026-03-07 10:00"), at("2026-03-07 11:30"))
    assert (kept.title, kept.content, kept.sign_up, kept.capacity) == ("改名", "改名", "open", None)
    assert f'href="{path}"' in desk.get(answer.location).text


@pytest.mark.parametrize(
    ("field", "value"),
    [("day", ""), ("starts", "25:00"), ("minutes", "5"), ("capacity", "1"), ("leader", "没有此人")],
)
def test_what_is_wrong_stands_beside_its_field(desk, shift, field, value):
    answer = desk.post(f"/shifts/{shift.public_id}/edit", data=filled(shift, **{field: value}))

    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text


def test_the_page_of_a_cancelled_or_foreign_shift(desk, unit):
    gone = make.shift(unit=unit, state="cancelled", cancel_reason="暴雨")

    assert "不能再修改" in desk.get(f"/shifts/{gone.public_id}/edit").text
    assert desk.get(f"/shifts/{make.shift().public_id}/edit").status_code == 404
    weigh(desk, f"/shifts/{gone.public_id}/edit")
