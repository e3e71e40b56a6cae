"""Planning a month in the browser: from nothing to a published roster."""

import re

import pytest
from sqlalchemy import select

from tests import make
from volunteer.core.actor import Role
from volunteer.core.clock import local
from volunteer.core.db import db
from volunteer.people.models import Person
from volunteer.rosters.models import Hold, Roster, RosterPlace
from volunteer.shifts.models import Assignment, Shift


@pytest.fixture
def at_work(client, unit, set_clock):
    """A coordinator of the unit, in November."""
    set_clock("2026-11-23 09:00")
    make.login(client, make.person(unit=unit, name="陈干事"), Role.COORDINATOR, over=unit)
    return client


def draft():
    return db.session.scalar(select(Roster))


def test_a_month_is_planned_from_nothing(at_work, unit, manned):
    for number in range(12):
        make.person(unit=unit, name=f"志愿者{number:02}")

    page = at_work.get(f"/units/{unit.code}/plan")
    assert "1 个点位" in page.text
    filled = at_work.post(
        f"/units/{unit.code}/plan/2026-12", data={"way": "drawn", "posts_a_week": "3"}
    )
    shown = at_work.get(filled.location)
    december = [s for s in db.session.scalars(select(Shift)) if local(s.starts_at).month == 12]
    assert "草稿" in shown.text
    assert "23 个位置排满 23 个" in shown.text
    assert not db.session.scalar(select(Assignment))
    at_work.post(f"{filled.location}/publish")

    assert len(december) == 23
    assert len(db.session.scalars(select(Assignment)).all()) == 23
    assert "已发布" in at_work.get(filled.location).text
    assert "已发布" in at_work.get("/rosters?month=2026-12").text
    assert "新安路口" in at_work.get(f"{filled.location}?view=table").text


def test_the_table_has_holes_where_a_place_is_not_manned_that_day(at_work, unit, post):
    post("2026-12-01 07:30")
    make.shift(site=make.site(unit=unit), starts="2026-12-02 17:00", wanted=1, title="河岸清洁")
    plan = f"/units/{unit.code}/plan/2026-12"

    filled = at_work.post(plan, data={"way": "drawn", "posts_a_week": "3"})

    rows = at_work.get(f"{filled.location}?view=table").text.split("<tbody>")[1].split("</tr>")
    assert [row.count("<td></td>") for row in rows if "<th" in row][:2] == [1, 1]


def test_a_gap_says_why_nobody_serves_there(at_work, unit, post):
    post("2026-12-01 07:30", wanted=3)

    filled = at_work.post(
        f"/units/{unit.code}/plan/2026-12", data={"way": "drawn", "posts_a_week": "3"}
    )

    page = at_work.get(filled.location)
    assert "缺 2 人" in page.text
    assert "全单位 1 人都排不上；1 人已在这个场次" in page.text


def test_a_place_is_given_to_another_and_kept(at_work, unit, post):
    make.person(unit=unit, name="王芳")
    shift = post("2026-12-01 07:30")
    drawn = at_work.post(
        f"/units/{unit.code}/plan/2026-12", data={"way": "drawn", "posts_a_week": "3"}
    )
    place = f"{drawn.location}/shifts/{shift.public_id}"
    there = db.session.scalar(select(RosterPlace))
    given_up = db.session.get(Person, there.person_id).public_id
    page = at_work.get(f"{place}?replace={given_up}")
    put, instead = re.search(
        r'action="[^"]*/put".*?name="person" value="(\w+)".*?name="instead_of" value="(\w+)"',
        page.text,
        re.DOTALL,
    ).groups()

    assert instead == given_up
    answer = at_work.post(f"{place}/put", data={"person": put, "instead_of": instead})
    at_work.post(f"{drawn.location}/draw")

    assert answer.status_code == 303
    kept = select(RosterPlace).where(RosterPlace.hold == Hold.FIXED)
    assert db.session.scalars(kept).one().person_id != there.person_id
    assert "人工指定" in at_work.get(place).text
    for verb in ("unfix", "fix", "take-off"):
        assert at_work.post(f"{place}/{verb}", data={"person": put}).status_code == 303
    assert "已撤下" in at_work.get(place).text


def test_a_draft_is_thrown_away_and_a_publication_taken_back(at_work, unit, post):
    post("2026-12-01 07:30")
    address = at_work.post(
        f"/units/{unit.code}/plan/2026-12", data={"way": "drawn", "posts_a_week": "3"}
    ).location

    at_work.post(f"{address}/publish")
    at_work.post(f"{address}/undo")
    assert not db.session.scalar(select(Assignment).filter_by(state="assigned"))
    at_work.post(f"{address}/discard")

    assert "已作废" in at_work.get(address).text
    assert at_work.post(f"{address}/publish").status_code == 409


def test_wrong_entries_are_told_beside_their_field(at_work, unit, post):
    post("2026-12-01 07:30")

    page = at_work.post(
        f"/units/{unit.code}/plan/2026-12", data={"way": "drawn", "posts_a_week": "9"}
    )

    assert page.status_code == 400
    assert "请填 1 到 7" in page.text
    nothing = at_work.post(
        f"/units/{unit.code}/plan/2026-12", data={"way": "copied", "posts_a_week": "3"}
    )
    assert nothing.status_code == 409
    assert "上个月" in nothing.text
    assert at_work.get(f"/units/{unit.code}/plan/2026-13").status_code == 404
    assert at_work.get("/rosters?month=x").status_code == 404


def test_the_unit_leads_to_its_plan(at_work, unit):
    assert f'href="/units/{unit.code}/plan"' in at_work.get(f"/units/{unit.code}").text


def test_foreign_rosters_do_not_exist(client, at_work, unit, post):
    post("2026-12-01 07:30")
    address = at_work.post(
        f"/units/{unit.code}/plan/2026-12", data={"way": "drawn", "posts_a_week": "3"}
    ).location
    make.login(client, make.person(), Role.COORDINATOR)

    assert client.get(address).status_code == 404
    assert client.post(f"{address}/publish").status_code == 404
