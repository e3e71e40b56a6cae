"""The pages of shifts, as a coordinator uses them."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import make
from tests.counting import weigh
from tests.make import at
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.shifts.models import Assignment, Shift

NOW = "2026-03-04 08:00"


@pytest.fixture
def desk(client, unit, set_clock):
    """A browser in which the unit's coordinator is logged in, on Wednesday 4 March 2026."""
    set_clock(NOW)
    make.login(client, make.person(unit=unit), Role.COORDINATOR)
    return client


def test_a_week_shows_its_gaps(desk, unit, site, shift):
    full = make.shift(unit=unit, site=site, title="清扫街道", wanted=0)
    make.shift(title="别处的")
    make.shift(unit=unit, starts="2026-03-09 09:00", title="下周的")
    make.assignment(shift=shift, person=make.person(unit=unit))

    page = desk.get("/shifts?week=2026-W10").text
    gaps = desk.get("/shifts?week=2026-W10&gaps=1").text

    assert f"/shifts/{shift.public_id}" in page
    assert "1 / 2" in page
    assert f"/shifts/{full.public_id}" in page
    assert f"/shifts/{full.public_id}" not in gaps
    assert "别处的" not in page
    assert "下周的" not in page
    assert desk.get("/shifts").text.count("/shifts/") == page.count("/shifts/")


def test_a_week_is_turned_page_by_page(desk, unit, site):
    for number in range(60):
        make.shift(
            unit=unit,
            site=site,
            title=f"T{number:02d}",
            starts=at("2026-03-07 06:00") + timedelta(minutes=number // 2),
        )

    first = desk.get("/shifts").text
    after = first.split("after=")[1].split('"')[0].split("&")[0]
    rest = desk.get(f"/shifts?after={after}").text

    assert [f"T{n:02d}" in first for n in (0, 49, 50)] == [True, True, False]
    assert [f"T{n:02d}" in rest for n in (49, 50, 59)] == [False, True, True]
    assert "after=" not in rest


def test_of_foreign_units_there_is_nothing(desk):
    foreign = make.shift()

    for path in ("", "/assign", "/cancel"):
        assert desk.get(f"/shifts/{foreign.public_id}{path}").status_code == 404
    assert desk.get(f"/shifts?unit={foreign.unit.code}").status_code == 404
    assert desk.get(f"/sites/{foreign.site.code}").status_code == 404
    assert desk.post(f"/shifts/{foreign.public_id}/cancel").status_code == 404


def test_people_are_chosen_and_assigned(desk, unit, shift):
    free = make.person(unit=unit, name="赵敏", phone="19901115555")
    busy = make.person(unit=unit, name="钱进")
    make.assignment(person=busy, shift=make.shift(unit=unit, starts="2026-03-07 10:00"))
    make.person(name="孙别")
    path = f"/shifts/{shift.public_id}/assign"

    page = desk.get(path).text
    found = desk.get(f"{path}?q=5555").text
    answer = desk.post(path, data={"people": [free.public_id]})

    assert "199****5555" in page
    assert "19901115555" not in page
    assert "孙别" not in page
    box = page[page.index(f'value="{busy.public_id}"') :]
    assert " disabled" in box[: box.index(">")]
    assert "赵敏" in found
    assert "钱进" not in found
    assert (answer.status_code, answer.location) == (303, f"/shifts/{shift.public_id}")
    assert "赵敏" in desk.get(answer.location).text


def test_beyond_wanted_the_page_comes_back_and_asks(desk, unit, shift):
    chosen = [make.person(unit=unit).public_id for _ in range(3)]
    path = f"/shifts/{shift.public_id}/assign"

    asked = desk.post(path, data={"people": chosen})
    confirmed = desk.post(path, data={"people": chosen, "beyond_wanted": "yes"})

    assert asked.status_code == 409
    assert 'name="beyond_wanted"' in asked.text
    assert asked.text.count(" checked") == 3
    assert confirmed.status_code == 303
    assert len(db.session.scalars(select(Assignment)).all()) == 3


def test_a_full_shift_does_not_ask(desk, unit):
    shift = make.shift(unit=unit, wanted=1, capacity=1)
    chosen = [make.person(unit=unit).public_id for _ in range(2)]
    path = f"/shifts/{shift.public_id}/assign"

    refused = desk.post(path, data={"people": chosen, "beyond_wanted": "yes"})
    nobody = desk.post(path, data={})
    foreign = desk.post(path, data={"people": [make.person().public_id]})

    assert (refused.status_code, nobody.status_code, foreign.status_code) == (409, 400, 404)
    assert 'name="beyond_wanted"' not in refused.text


def test_somebody_is_taken_off(desk, unit, shift):
    person = make.person(unit=unit)
    make.assignment(person=person, shift=shift)

    answer = desk.post(f"/shifts/{shift.public_id}/people/{person.public_id}/remove")

    assert answer.status_code == 303
    assert db.session.scalars(select(Assignment.state)).all() == ["cancelled"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"reason": "other", "words": "道路 施工\x00"}, "道路 施工"),
        ({"reason": "weather", "words": "红色预警"}, "：红色预警"),
    ],
)
def test_a_shift_is_cancelled_with_a_reason(desk, shift, data, told):
    path = f"/shifts/{shift.public_id}/cancel"

    missing = [desk.post(path, data=each).status_code for each in ({}, {"reason": "other"})]
    answer = desk.post(path, data=data)

    assert missing == [400, 400]
    assert answer.status_code == 303
    assert db.session.get_one(Shift, shift.id).cancel_reason.endswith(told)
    assert told in desk.get(f"/shifts/{shift.public_id}").text
    assert desk.get(path).status_code == 200
    assert desk.post(path, data=data).status_code == 409


def single(at_site, **given):
    return {
        "key": "0123456789abcdef",
        "site": at_site.code,
        "day": "2026-03-08",
        "starts": "22:30",
        "minutes": "120",
        "wanted": "3",
        "nature": "duty",
        **given,
    }


def test_one_single_shift_is_opened_once(desk, site):
    page = desk.get(f"/shifts/new?site={site.code}")
    answers = [desk.post("/shifts/new", data=single(site)) for _ in range(2)]

    assert page.status_code == 200
    assert [answer.location for answer in answers] == ["/shifts/0123456789abcdef"] * 2
    shift = db.session.scalars(select(Shift)).one()
    assert (shift.starts_at, shift.ends_at) == (at("2026-03-08 22:30"), at("2026-03-09 00:30"))
    assert (shift.nature, shift.wanted, shift.capacity) == ("duty", 3, None)
    assert desk.get("/shifts/0123456789abcdef").status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("day", "2026-03-01"),
        ("day", "0001-01-01"),
        ("day", "tomorrow"),
        ("starts", "25:00"),
        ("minutes", "5"),
        ("minutes", "99999999999999999999"),
        ("capacity", "2"),
        ("wanted", ""),
        ("leader", "没有此人"),
        ("site", "NOWHERE"),
        ("site", ""),
    ],
)
def test_what_is_wrong_stands_beside_its_field(desk, site, field, value):
    answer = desk.post("/shifts/new", data=single(site, **{field: value}))

    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert db.session.scalars(select(Shift)).all() == []


def test_readers_see_and_do_nothing(client, unit, shift, set_clock):
    set_clock(NOW)
    make.login(client, make.person(unit=unit), Role.SYSTEM_LEAD)

    page = client.get(f"/shifts/{shift.public_id}")

    assert page.status_code == 200
    assert "/assign" not in page.text
    assert client.get("/shifts").status_code == 200
    assert client.get("/shifts/new").status_code == 403
    assert client.get(f"/shifts/{shift.public_id}/assign").status_code == 404


def test_pages_ask_little_however_much_they_show(desk, unit, site, shift):
    paths = [
        "/shifts",
        "/shifts/new",
        f"/shifts/{shift.public_id}",
        f"/shifts/{shift.public_id}/assign",
        f"/shifts/{shift.public_id}/cancel",
        "/sites",
        f"/sites/{site.code}",
    ]
    few = [weigh(desk, path) for path in paths]
    for _ in range(12):
        section = make.unit(parent=unit)
        other = make.shift(unit=section)
        make.shift(unit=section, site=site, starts="2026-03-07 14:00")
        for each in (shift, other):
            make.assignment(shift=each, person=make.person(unit=section))

    assert [weigh(desk, path) for path in paths] == few
