"""The pages of weekly activities, as a coordinator uses them."""

from datetime import date

import pytest
from sqlalchemy import select

from tests import make
from tests.activities.conftest import NOW
from tests.counting import weigh
from volunteer.activities.models import Activity
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.shifts.models import Shift


@pytest.fixture
def desk(client, unit, set_clock):
    """A browser in which the unit's coordinator is logged in."""
    set_clock(NOW)
    make.login(client, make.person(unit=unit), Role.COORDINATOR)
    return client


def filled(unit, at_site, **given):
    return {
        "key": "0123456789abcdef",
        "unit": unit.code,
        "site": at_site.code,
        "title": "清洁家园",
        "category": "cleaning",
        "repeats": "weekly",
        "weekdays": ["4"],
        "place": "1",
        "holidays": "skip",
        "sign_up": "open",
        "starts": "23:00",
        "minutes": "90",
        "first_on": "2026-03-01",
        "wanted": "8",
        "nature": "voluntary",
        "content": "擦护栏\r\n\r\n捡垃圾",
        **given,
    }


def test_an_activity_is_planned_and_shown(desk, unit, site):
    leader = make.person(unit=unit, name="王芳")

    page = desk.get("/activities/new")
    answers = [
        desk.post("/activities/new", data=filled(unit, site, leader="王芳")) for _ in range(2)
    ]

    assert page.status_code == 200
    assert {answer.location for answer in answers} == {"/activities/0123456789abcdef"}
    activity = db.session.scalars(select(Activity)).one()
    assert (activity.leader_id, activity.content) == (leader.id, "擦护栏\n捡垃圾")
    assert len(db.session.scalars(select(Shift)).all()) == 4
    shown = desk.get("/activities/0123456789abcdef").text
    assert shown.count('href="/shifts/') >= 4
    assert "王芳" in shown
    assert "清洁家园" in desk.get("/activities").text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", " "),
        ("weekdays", []),
        ("starts", ""),
        ("minutes", "721"),
        ("first_on", "9999-12-31"),
        ("last_on", "2026-02-01"),
        ("capacity", "7"),
        ("leader", "没有此人"),
        ("site", ""),
    ],
)
def test_what_is_wrong_stands_beside_its_field(desk, unit, site, field, value):
    answer = desk.post("/activities/new", data=filled(unit, site, **{field: value}))

    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert db.session.scalars(select(Activity)).all() == []


def test_ending_tells_what_goes_and_what_stays(desk, plan, unit):
    activity = plan().activity
    path = f"/activities/{activity.public_id}/end"
    kept = db.session.scalars(select(Shift).order_by(Shift.starts_at)).first()
    make.assignment(shift=kept, person=make.person(unit=unit))

    asked = desk.get(path).text
    without = desk.post(path, data={"reason": ""})
    answer = desk.post(path, data={"reason": "放假"})

    assert f"/shifts/{kept.public_id}" in asked
    assert without.status_code == 400
    assert answer.status_code == 303
    shown = desk.get(answer.location).text
    assert f"/shifts/{kept.public_id}" in shown
    assert "放假" in shown
    assert desk.get(path).status_code == 200
    assert desk.post(path, data={"reason": "放假"}).status_code == 409
    assert f"/activities/{activity.public_id}" not in desk.get("/activities").text
    assert f"/activities/{activity.public_id}" in desk.get("/activities?over=1").text


def test_of_foreign_units_there_is_nothing(client, plan, set_clock):
    set_clock(NOW)
    activity = plan(title="只在本单位").activity
    make.login(client, make.person(), Role.COORDINATOR)
    path = f"/activities/{activity.public_id}"

    assert [client.get(each).status_code for each in (path, f"{path}/end")] == [404, 404]
    assert client.post(f"{path}/end").status_code == 404
    assert "只在本单位" not in client.get("/activities").text


def test_the_list_is_turned_page_by_page(desk, plan, unit):
    for number in range(52):
        plan(title=f"T{number:02d}", first_on=date(2030, 1, 1))

    first = desk.get("/activities").text
    after = first.split("after=")[1].split('"')[0]
    rest = desk.get(f"/activities?after={after}").text

    assert [f"T{n:02d}" in first for n in (0, 49, 50)] == [True, True, False]
    assert [f"T{n:02d}" in rest for n in (49, 50, 51)] == [False, True, True]


def test_pages_ask_little_however_much_they_show(desk, plan, unit):
    activity = plan().activity
    paths = [
        "/activities",
        "/activities/new",
        f"/activities/{activity.public_id}",
        f"/activities/{activity.public_id}/end",
    ]
    few = [weigh(desk, path) for path in paths]
    for _ in range(10):
        section = make.unit(parent=unit)
        plan(unit=section, site=make.site(unit=section))
    for shift in db.session.scalars(select(Shift)).all()[:4]:
        make.assignment(shift=shift, person=make.person(unit=unit))

    assert [weigh(desk, path) for path in paths] == few


def test_opening_is_looked_at_first(desk, plan, unit):
    activity = plan().activity
    path = f"/activities/opening?activity={activity.public_id}"

    shown = desk.get(f"{path}&until=2026-04-17").text
    answer = desk.post(path, data={"until": "2026-04-17"})

    assert "可开设 3 场" in shown
    assert answer.location == f"/activities/{activity.public_id}"
    assert len(db.session.scalars(select(Shift)).all()) == 7
    assert "到这一天为止都已开设" in desk.get(f"{path}&until=2026-04-17").text
    assert desk.post("/activities/opening", data={"until": "2026-04-24"}).location == (
        f"/shifts?unit={unit.code}"
    )
    wrong = desk.post(path, data={"until": "2030-01-01"})
    assert wrong.status_code == 400
    assert 'id="until-error"' in wrong.text
    assert desk.get("/activities/opening?until=soon").status_code == 400


def test_days_are_taken_out_and_put_in_on_the_page(desk, plan):
    activity = plan().activity
    path = f"/activities/{activity.public_id}"

    taken = desk.post(f"{path}/days", data={"day": "2026-03-13", "reason": "迎检", "kind": "skip"})
    put = desk.post(f"{path}/days", data={"day": "2026-03-11", "reason": "加场", "kind": "extra"})
    without = desk.post(f"{path}/days", data={"day": "2026-03-18", "kind": "extra"})
    over = desk.post(f"{path}/days", data={"day": "2026-02-18", "reason": "迟", "kind": "extra"})

    assert taken.location == put.location == path
    shown = desk.get(path).text
    assert "迎检" in shown
    assert "加场" in shown
    assert (without.status_code, over.status_code) == (400, 400)
    assert 'id="reason-error"' in without.text
    assert 'id="day-error"' in over.text


@pytest.mark.parametrize(
    ("repeats", "words"),
    [("weekly", "每周五"), ("two-weeks", "每两周的周五"), ("monthly", "每月第三个周五")],
)
def test_the_rule_is_told_in_words(desk, unit, site, repeats, words):
    desk.post("/activities/new", data=filled(unit, site, repeats=repeats, place="3"))

    assert words in desk.get("/activities/0123456789abcdef").text
    assert words in desk.get("/activities").text


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-13-01", "x"])
def test_days_beyond_all_calendars_are_told_beside_the_field(desk, plan, day):
    path = f"/activities/{plan().activity.public_id}"

    odd = desk.post(f"{path}/days", data={"day": day, "reason": "加场", "kind": "extra"})

    assert odd.status_code == 400
    assert 'id="day-error"' in odd.text
    assert desk.get(f"{path}/edit?since={day}").status_code == 404
    assert desk.post(f"{path}/edit?since={day}", data={}).status_code == 404
