"""The pages of units and aliases."""

import pytest
from sqlalchemy import select

from tests import make
from tests.counting import weigh
from tests.structure.conftest import NOW
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.units.models import Unit, UnitAlias


@pytest.fixture
def desk(client, set_clock):
    """A browser in which the city office is logged in."""
    set_clock(NOW)
    make.login(client, make.person(unit=make.unit()), Role.CITY_OFFICE, over=make.city())
    return client


def test_the_tree_shows_counts_with_everything_below(desk, bureau, section, other):
    for unit in (bureau, section, section):
        make.person(unit=unit)
    make.person(unit=section, until_on=NOW.date())

    page = desk.get("/units").text

    assert page.index("市教育局") < page.index("市卫健局")
    assert "基础教育科" not in page
    assert "机关单位 · 3 人" in page
    below = desk.get("/units/D01").text
    assert "基础教育科" in below
    assert "科室（下属部门） · 2 人" in below


def test_units_are_searched_by_name_and_code(desk, bureau, section):
    assert "基础教育科" in desk.get("/units?q=教育科").text
    assert "市教育局" in desk.get("/units?q=d01").text
    assert "没有符合的单位" in desk.get("/units?q=%25").text


def test_a_coordinator_sees_the_own_subtree_only(client, set_clock, bureau, section, other):
    set_clock(NOW)
    make.login(client, make.person(unit=bureau), Role.COORDINATOR)

    page = client.get("/units").text

    assert "基础教育科" in page
    assert "市卫健局" not in page
    assert "市卫健局" not in client.get("/units?q=局").text
    assert client.get("/units/D02").status_code == 404
    assert client.get("/units/D01/rename").status_code == 403
    assert client.get("/unit-aliases").status_code == 403
    assert "变更" not in client.get("/units/D01").text.partition("<main")[2]


def test_a_unit_is_set_up_renamed_moved_and_closed(desk, bureau, other):
    day = {"on": "2026-11-20"}
    add = {"name": "新科室", "code": "d01-9", "kind": "section"}

    assert desk.post("/units/D01/add", data={**add, **day}).location == "/units/D01-9"
    answer = desk.post("/units/D01-9/rename", data={"name": "改名科", "on": "2026-11-22"})
    assert answer.status_code == 303
    assert desk.post("/units/D01-9/move", data={"unit": "市卫健局", **day}).status_code == 303
    page = desk.get("/units/D01-9").text
    assert "改名科" in page
    assert "新科室" in page
    assert "市卫健局" in page
    assert desk.post("/units/D01-9/close", data={"on": "2026-11-23"}).status_code == 303
    assert "2026-11-23 撤销" in desk.get("/units/D01-9").text
    assert "改名科" in desk.get("/units/D02?over=1").text
    assert desk.get("/units/D01-9/rename").status_code == 409


@pytest.mark.parametrize(
    ("verb", "given", "where"),
    [
        ("add", {"name": ""}, "name-error"),
        ("add", {"code": "D02"}, "code-error"),
        ("add", {"code": "新 1"}, "code-error"),
        ("add", {"on": "2026-11-24"}, "on-error"),
        ("rename", {"name": "市卫健局"}, "name-error"),
        ("rename", {"name": "新名", "on": "not a day"}, "on-error"),
        ("move", {"unit": "没有这个单位"}, "unit-error"),
        ("move", {"unit": "D01-1"}, "unit-error"),
        ("merge", {"unit": "D01"}, "unit-error"),
        ("close", {}, "on-error"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(desk, bureau, section, other, verb, given, where):
    facts = {"name": "新单位", "code": "N1", "kind": "section", "on": "2026-11-20", "unit": "D02"}

    answer = desk.post(f"/units/D01/{verb}", data={**facts, **given})

    assert answer.status_code in {400, 404, 409}
    assert f'id="{where}"' in answer.text
    assert {unit.name for unit in db.session.scalars(select(Unit))} >= {"市教育局", "市卫健局"}
    assert db.session.get(Unit, bureau.id).ended_on is None


def test_a_unit_is_merged_and_split_on_its_pages(desk, bureau, section, other):
    wang = make.person(unit=bureau, name="王芳")
    make.person(unit=bureau, name="李强")

    asked = desk.get("/units/D01/split?q=王").text
    assert "王芳" in asked
    assert "李强" not in asked
    facts = {"name": "市体育局", "code": "D09", "on": "2026-11-20"}
    none_chosen = desk.post("/units/D01/split", data=facts)
    assert none_chosen.status_code == 400
    assert 'id="people-error"' in none_chosen.text
    answer = desk.post("/units/D01/split", data={**facts, "people": [wang.public_id]})
    assert answer.location == "/units/D09"
    answer = desk.post("/units/D09/merge", data={"unit": "D02", "on": "2026-11-22"})
    assert answer.location == "/units/D02"
    assert "1 人现归属市卫健局" in desk.get("/units/D02").text


def test_aliases_are_kept_and_understood(desk, bureau, other):
    assert "还没有别名" in desk.get("/unit-aliases").text
    for _ in range(2):
        answer = desk.post("/unit-aliases", data={"name": "教 育局", "unit": "D01"})
        assert answer.status_code == 303
    taken = desk.post("/unit-aliases", data={"name": "教育局", "unit": "D02"})
    assert (taken.status_code, 'id="name-error"' in taken.text) == (409, True)
    unknown = desk.post("/unit-aliases", data={"name": "卫生局", "unit": "没有这个单位"})
    assert (unknown.status_code, 'id="unit-error"' in unknown.text) == (404, True)
    alias = db.session.scalars(select(UnitAlias)).one()
    assert (alias.name_key, alias.unit_id) == ("教育局", bureau.id)
    assert "教 育局" in desk.get("/unit-aliases?q=教育").text

    address = f"/unit-aliases/{alias.id}/remove"
    assert desk.post(address).status_code == 303
    assert desk.post(address).status_code == 404


def test_pages_ask_little_however_many_units_there_are(desk, bureau, section, other):
    make.alias(unit=bureau)
    paths = ["/units", "/units?q=局", "/units/D01", "/units/D01/split", "/unit-aliases"]
    few = [weigh(desk, path) for path in paths]
    for number in range(160):
        make.unit(parent=bureau, name=f"第{number}局", kind="section")
    for number in range(30):
        unit = make.unit(name=f"又{number}局")
        make.alias(unit=unit)
        make.person(unit=bureau)

    assert [weigh(desk, path) for path in paths] == few
