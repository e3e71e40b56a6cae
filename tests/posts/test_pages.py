"""The pages of posts, as a coordinator uses them."""

import pytest
from sqlalchemy import select

from tests import make
from tests.counting import weigh
from tests.posts.conftest import EVENING, NOW
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.posts.models import Post, PostSuspension, PostWindow
from volunteer.shifts.models import Shift, Site


@pytest.fixture
def desk(client, unit, set_clock):
    """A browser in which the unit's coordinator is logged in."""
    set_clock(NOW)
    make.login(client, make.person(unit=unit), Role.COORDINATOR)
    return client


def filled(unit, **given):
    """The form as a browser sends it: rows that are not used carry their ticks too."""
    return {
        "name": "府前路口",
        "code": "xal-01",
        "unit": unit.code,
        "site": "",
        "address": "府前路",
        "place": "crossing",
        "size": "major",
        "holidays": "make_up",
        "turn_by": "",
        "needs_training": "y",
        "kit": ["红马甲", "口哨"],
        "kit_own": "雨衣",
        "windows-0-starts": "07:30",
        "windows-0-ends": "09:00",
        "windows-0-weekdays": ["0", "1", "2", "3", "4"],
        "windows-1-starts": "16:30",
        "windows-1-ends": "18:00",
        "windows-1-weekdays": ["4", "6"],
        "windows-1-season_from": "10月1日",
        "windows-1-season_until": "4-30",
        **{f"windows-{row}-weekdays": ["0", "1"] for row in range(2, 6)},
        "first_on": "2026-03-01",
        "wanted": "4",
        **given,
    }


def test_a_post_is_set_up_and_shown(desk, unit):
    page = desk.get("/posts/new")
    answer = desk.post("/posts/new", data=filled(unit))

    assert page.status_code == 200
    assert (answer.status_code, answer.location) == (303, "/posts/XAL-01")
    windows = db.session.scalars(select(PostWindow).order_by(PostWindow.starts)).all()
    assert [(w.weekdays, w.season_from, w.season_until) for w in windows] == [
        (31, None, None),
        (16 + 64, "10-01", "04-30"),
    ]
    assert db.session.scalars(select(Site.code)).all() == ["XAL-01"]
    post = db.session.scalars(select(Post)).one()
    assert (post.kit, post.needs_training) == ("红马甲、口哨、雨衣", True)
    assert db.session.scalars(select(Shift.needs).distinct()).all() == ["post_training"]
    shown = desk.get("/posts/XAL-01").text
    assert "16:30" in shown
    assert "/sites/XAL-01/poster" in shown
    assert shown.count('href="/shifts/') >= 14
    assert "府前路口" in desk.get("/posts").text
    assert desk.post("/posts/new", data=filled(unit)).status_code == 409


def test_an_existing_site_is_used(desk, unit, site):
    desk.post("/posts/new", data=filled(unit, site=site.code))

    assert db.session.scalars(select(Post.site_id)).one() == site.id


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"name": " "}, 'id="name-error"'),
        ({"code": "新 1"}, 'id="code-error"'),
        ({"wanted": "51"}, 'id="wanted-error"'),
        ({"capacity": "3"}, 'id="capacity-error"'),
        ({"leader": "没有此人"}, 'id="leader-error"'),
        ({"last_on": "2026-02-01"}, 'id="last_on-error"'),
        ({"turn_by": "week"}, 'id="units-error"'),
        ({"turn_by": "week", "units": "没有这个单位"}, 'id="units-error"'),
        ({"turn_by": "week", "units": "教育局"}, 'id="units-error"'),
        ({"size": "huge"}, 'id="size-error"'),
        ({"windows-0-ends": ""}, 'id="windows-0-ends-error"'),
        ({"windows-0-ends": "later"}, 'id="windows-0-ends-error"'),
        ({"windows-0-weekdays": []}, 'id="windows-0-weekdays-error"'),
        ({"windows-1-season_until": "2-30"}, 'id="windows-1-season_until-error"'),
        ({"windows-1-season_until": ""}, 'id="windows-1-season_until-error"'),
        ({"windows-0-ends": "07:00"}, 'role="alert"'),
        ({"windows-5-starts": "08:00", "windows-5-ends": "10:00"}, 'role="alert"'),
        ({f"windows-{row}-{end}": "" for row in (0, 1) for end in ("starts", "ends")}, "alert"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(desk, unit, given, where):
    answer = desk.post("/posts/new", data=filled(unit, **given))

    assert answer.status_code == 400
    assert where in answer.text
    assert db.session.scalars(select(Post)).all() == []


def edited(desk, **given):
    """What the browser would send back of the page of changing, but for what is given."""
    return {
        "name": "府前路口",
        "place": "crossing",
        "size": "minor",
        "unit": "",
        "windows-0-starts": "07:30",
        "windows-0-ends": "09:00",
        "windows-0-weekdays": ["0", "1", "2", "3", "4"],
        "holidays": "regardless",
        "needs_training": "y",
        "turn_by": "",
        "wanted": "4",
        "from_on": "2026-03-03",
        **given,
    }


def test_a_post_is_changed_and_its_history_told(desk, set_up, unit):
    post = set_up().post
    sections = [make.unit(parent=unit, name=name) for name in ("一科", "二科")]
    kept = db.session.scalars(select(Shift).where(Shift.source.contains("2026-03-04"))).one()
    make.assignment(shift=kept, person=make.person(unit=unit))

    page = desk.get("/posts/XAL-01/edit").text
    same = desk.post("/posts/XAL-01/edit", data=edited(desk, unit=unit.code))
    given = {"unit": unit.code, "windows-0-starts": "07:40", "turn_by": "week"}
    given["units"] = "一科、二科"
    answer = desk.post("/posts/XAL-01/edit", data=edited(desk, **given))

    assert 'value="07:30"' in page
    assert (same.status_code, answer.status_code) == (303, 303)
    assert db.session.scalars(select(Shift.unit_id).distinct().order_by(Shift.unit_id)).all() == [
        unit.id,
        *(each.id for each in sections),
    ]
    assert (same.location, answer.location) == ("/posts/XAL-01", "/posts/XAL-01/history")
    shown = desk.get("/posts/XAL-01/history").text
    assert "07:40–09:00" in shown
    assert "一科、二科" in shown
    assert 'id="differing"' in shown
    assert f"/shifts/{kept.public_id}" in shown
    assert "/posts/XAL-01/history" in desk.get("/posts/XAL-01").text
    too_early = desk.post("/posts/XAL-01/edit", data=edited(desk, **given, wanted="2"))
    assert too_early.status_code == 303
    refused = desk.post(
        "/posts/XAL-01/edit", data=edited(desk, **{**given, "from_on": "2026-02-01"}, wanted="3")
    )
    assert (refused.status_code, 'id="from_on-error"' in refused.text) == (400, True)
    assert post.id


def test_those_who_take_turns_look_at_it_but_do_not_plan_it(client, set_up, unit, set_clock):
    set_clock(NOW)
    sections = [make.unit(parent=unit) for _ in range(2)]
    set_up(turn_by="day", turn_units=sections)
    make.login(client, make.person(unit=sections[0]), Role.COORDINATOR)

    shown = client.get("/posts/XAL-01")

    assert shown.status_code == 200
    assert "/posts/XAL-01/edit" not in shown.text
    assert "XAL-01" in client.get("/posts").text
    assert client.get("/posts/XAL-01/edit").status_code == 404
    assert client.post("/posts/XAL-01/suspend", data={}).status_code == 404


def test_a_post_rests_and_is_manned_again(desk, set_up):
    set_up()
    asked = desk.get("/posts/XAL-01/suspend")
    without = desk.post("/posts/XAL-01/suspend", data={"from_on": "2026-03-04"})
    data = {"from_on": "2026-03-04", "until_on": "2026-03-06", "reason": "道路施工"}
    answer = desk.post("/posts/XAL-01/suspend", data=data)
    again = desk.post("/posts/XAL-01/suspend", data=data)

    assert asked.status_code == 200
    assert (without.status_code, answer.status_code, again.status_code) == (400, 303, 409)
    shown = desk.get("/posts/XAL-01").text
    assert "道路施工" in shown
    resting = db.session.scalars(select(PostSuspension)).one()
    path = f"/posts/XAL-01/suspensions/{resting.id}/resume"
    assert path in shown
    assert desk.get(path).status_code == 200
    assert desk.post(path, data={"on": "2026-03-20"}).status_code == 400
    assert desk.post(path, data={"on": "2026-03-05"}).status_code == 303
    assert path not in desk.get("/posts/XAL-01").text
    assert desk.get(path).status_code == 200
    assert desk.get("/posts/XAL-01/suspensions/99/resume").status_code == 404


def test_ending_tells_what_goes_and_what_stays(desk, set_up, unit):
    set_up()
    kept = db.session.scalars(select(Shift).order_by(Shift.starts_at)).first()
    make.assignment(shift=kept, person=make.person(unit=unit))

    asked = desk.get("/posts/XAL-01/end").text
    without = desk.post("/posts/XAL-01/end", data={})
    answer = desk.post("/posts/XAL-01/end", data={"reason": "道路施工"})

    assert f"/shifts/{kept.public_id}" in asked
    assert (without.status_code, answer.status_code) == (400, 303)
    assert f"/shifts/{kept.public_id}" in desk.get("/posts/XAL-01").text
    assert desk.get("/posts/XAL-01/end").status_code == 200
    assert "XAL-01" not in desk.get("/posts").text
    assert "XAL-01" in desk.get("/posts?over=1").text


def test_of_foreign_units_there_is_nothing(client, set_up, set_clock):
    set_clock(NOW)
    set_up()
    make.login(client, make.person(), Role.COORDINATOR)

    assert client.get("/posts/XAL-01").status_code == 404
    assert client.get("/posts/XAL-01/end").status_code == 404
    assert client.post("/posts/XAL-01/end").status_code == 404
    assert "XAL-01" not in client.get("/posts").text


def test_pages_ask_little_however_much_they_show(desk, set_up, unit, change):
    set_up()
    sections = [make.unit(parent=unit) for _ in range(2)]
    set_up(code="ROUND", turn_by="week", turn_units=sections, windows=[EVENING])
    change(set_up(code="OTHER", windows=[EVENING]).post, wanted=2)
    paths = ["/posts", "/posts/new", *(f"/posts/XAL-01{each}" for each in ("", "/end", "/edit"))]
    paths += ["/posts/ROUND", "/posts/OTHER/history", "/posts/XAL-01/suspend"]
    few = [weigh(desk, path) for path in paths]
    for number in range(10):
        section = make.unit(parent=unit)
        set_up(code=f"P{number}", unit=section, site=make.site(unit=section))
    for shift in db.session.scalars(select(Shift).order_by(Shift.starts_at)).all()[:4]:
        make.assignment(shift=shift, person=make.person(unit=unit))

    assert [weigh(desk, path) for path in paths] == few
