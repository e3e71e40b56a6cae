"""The pages of posts, as a coordinator uses them."""

import pytest
from sqlalchemy import select

from tests import make
from tests.counting import weigh
from tests.posts.conftest import NOW
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.posts.models import Post, PostWindow
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


def test_pages_ask_little_however_much_they_show(desk, set_up, unit):
    set_up()
    paths = ["/posts", "/posts/new", "/posts/XAL-01", "/posts/XAL-01/end"]
    few = [weigh(desk, path) for path in paths]
    for number in range(10):
        section = make.unit(parent=unit)
        set_up(code=f"P{number}", unit=section, site=make.site(unit=section))
    for shift in db.session.scalars(select(Shift).order_by(Shift.starts_at)).all()[:4]:
        make.assignment(shift=shift, person=make.person(unit=unit))

    assert [weigh(desk, path) for path in paths] == few
