"""The pages of grids, and the lists that are cut by grid."""

from datetime import date
from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from tests import make
from tests.counting import weigh
from tests.grids.conftest import NOW
from tests.grids.test_import import GOOD, sheet
from volunteer.audits import queries as audits
from volunteer.core.actor import Role
from volunteer.core.clock import Month
from volunteer.core.db import db
from volunteer.units.models import Grid, GridCoUnit

NOVEMBER = Month(2026, 11)


@pytest.fixture
def facts(street, bureau, other):
    return {
        "name": "府前路",
        "code": "dl-01",
        "kind": "road",
        "township": "T01",
        "lead": "市教育局",
        "co_units": "D02",
        "on": "2026-11-01",
    }


def test_a_grid_is_set_up_changed_and_ended(desk, facts):
    assert "还没有网格" in desk.get("/grids").text
    assert desk.post("/grids/new", data=facts).location == "/grids/DL-01"
    page = desk.get("/grids/DL-01").text
    for words in ("府前路", "新安江街道", "市教育局", "市卫健局", "牵头单位", "协同单位"):
        assert words in page
    edited = {**facts, "name": "府前大街", "lead": "D02", "co_units": ""}
    assert 'value="D01"' in desk.get("/grids/DL-01/edit").text
    assert desk.post("/grids/DL-01/edit", data=edited).status_code == 303
    assert "府前大街" in desk.get("/grids").text
    assert desk.post("/grids/DL-01/end", data={"on": "2026-11-23"}).status_code == 303
    assert "府前大街" not in desk.get("/grids").text
    assert "府前大街" in desk.get("/grids?over=1").text
    assert "已经结束" in desk.get("/grids/DL-01/end").text


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"name": ""}, "name-error"),
        ({"code": "XQ-01"}, "code-error"),
        ({"township": ""}, "township-error"),
        ({"lead": "没有这个单位"}, "lead-error"),
        ({"co_units": "D01、没有这个单位"}, "co_units-error"),
        ({"on": "2026-11-24"}, "on-error"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(desk, facts, grid, given, where):
    answer = desk.post("/grids/new", data={**facts, **given})

    assert answer.status_code in {400, 404, 409}
    assert f'id="{where}"' in answer.text
    assert db.session.scalars(select(Grid.code)).all() == ["XQ-01"]


def test_grids_are_found_by_township_kind_and_words(desk, grid, other):
    make.grid(code="DL-02", name="梅城路", lead=other)

    assert "梅城路" not in desk.get("/grids?township=T01").text
    assert "梅城路" not in desk.get("/grids?kind=estate").text
    assert "梅城路" not in desk.get("/grids?q=府前").text
    assert "没有符合的网格" in desk.get("/grids?q=%25").text


def test_a_foreign_grid_is_not_there(client, set_clock, grid):
    set_clock(NOW)
    make.login(client, make.person(unit=make.unit()), Role.COORDINATOR)

    assert "府前小区" not in client.get("/grids").text
    for path in ("/grids/XQ-01", "/shifts?grid=XQ-01", "/months/2026-11?grid=XQ-01"):
        assert client.get(path).status_code == 404
    for path in ("/sites?grid=XQ-01", "/posts?grid=XQ-01", "/people?grid=XQ-01"):
        assert client.get(path).status_code == 404
    assert client.get("/months/2026-11/people?grid=XQ-01").status_code == 404
    assert client.post("/months/2026-11/export", data={"grid": "XQ-01"}).status_code == 404


def test_who_helps_sees_the_grid_but_not_the_lead(client, set_clock, grid, other, bureau):
    set_clock(NOW)
    make.save(GridCoUnit(grid_id=grid.id, unit_id=other.id))
    make.person(unit=bureau, name="别单位人")
    make.person(unit=other, name="本单位人")
    make.login(client, make.person(unit=other), Role.COORDINATOR)

    page = client.get("/grids/XQ-01").text
    assert "市教育局" in page
    assert "/units/D01" not in page
    people = client.get("/months/2026-11/people?grid=XQ-01").text
    assert "本单位人" in people
    assert "别单位人" not in people
    people = client.get("/people?grid=XQ-01").text
    assert "本单位人" in people
    assert "别单位人" not in people


def test_a_file_with_a_wrong_row_is_mended(desk, bureau, other):
    def upload(*rows, **given):
        file = (BytesIO(sheet(*rows)), "grids.xlsx")
        return desk.post("/grids/import", data={"file": file, **given})

    assert desk.get("/grids/import").status_code == 200
    wrong = upload(GOOD[0], ["DL-01", "府前路", "广场", "T01", "D02"])
    assert wrong.status_code == 422
    for words in ("第 3 行", "广场", "网格类型无法识别"):
        assert words in wrong.text
    assert db.session.scalars(select(Grid)).all() == []
    assert "检查通过" in upload(*GOOD, dry_run="y").text
    assert db.session.scalars(select(Grid)).all() == []
    assert upload(*GOOD).location == "/grids"
    assert "新增 2 个" in desk.get("/grids").text
    refused = desk.post("/grids/import", data={"file": (BytesIO(b"%PDF"), "a.xlsx")})
    assert (refused.status_code, 'id="file-error"' in refused.text) == (415, True)


def test_the_month_of_a_grid(desk, grid, bureau, other):
    """The people of its units; the minutes served in it, whoever's (R29)."""
    section = make.unit(parent=bureau, kind="section")
    make.save(GridCoUnit(grid_id=grid.id, unit_id=section.id))
    wang, li = make.person(unit=bureau), make.person(unit=section)
    stranger = make.person(unit=other)
    day = date(2026, 11, 6)
    make.entry(person=wang, minutes=120, on=day, grid_id=grid.id)
    make.entry(person=li, minutes=50, on=day)
    make.entry(person=stranger, minutes=40, on=day, grid_id=grid.id)

    table = audits.grid_table(NOVEMBER, grid, paths=[bureau.path], under=["/"], today=NOW.date())

    assert [(line.name, line.tally.people, line.tally.minutes) for line in table.lines] == [
        ("市教育局", 2, 120)
    ]
    assert (table.own.minutes, table.whole.people, table.whole.met) == (40, 2, 1)
    assert table.whole.minutes == 160
    page = desk.get("/months/2026-11?grid=XQ-01").text
    assert "府前小区" in page
    assert "其他单位在本网格的服务" in page
    people = desk.get("/months/2026-11/people?grid=XQ-01").text
    assert li.name in people
    assert stranger.name not in people
    answer = desk.post("/months/2026-11/export", data={"grid": "XQ-01"})
    rows = list(load_workbook(BytesIO(answer.data)).worksheets[1].values)
    assert {row[1] for row in rows[3:]} == {wang.name, li.name}


def test_shifts_sites_and_posts_of_a_grid(desk, grid, bureau, other):
    """A shift lies in a grid where its site does, whichever unit serves."""
    inside, outside = make.site(unit=other, grid_id=grid.id), make.site(unit=bureau)
    for site, title in ((inside, "网格里的班"), (outside, "网格外的班")):
        make.shift(unit=other, site=site, title=title, starts="2026-11-24 09:00")

    week = desk.get("/shifts?grid=XQ-01").text
    assert "网格里的班" in week
    assert "网格外的班" not in week
    sites = desk.get("/sites?grid=XQ-01").text
    assert inside.name in sites
    assert outside.name not in sites
    assert desk.get("/posts?grid=XQ-01").status_code == 200
    assert inside.name in desk.get("/grids/XQ-01").text


def test_people_of_the_grid_are_offered_first(desk, grid, bureau, other):
    shift = make.shift(
        unit=other, site=make.site(unit=other, grid_id=grid.id), starts="2026-11-24 09:00"
    )
    make.person(unit=bureau, name="网格单位人")
    make.person(unit=other, name="班次单位人")
    make.person(name="旁人")

    page = desk.get(f"/shifts/{shift.public_id}/assign").text

    assert "网格单位人" in page
    assert "班次单位人" in page
    assert "旁人" not in page


def test_pages_ask_little_however_much_they_show(desk, grid, bureau, other):
    make.save(GridCoUnit(grid_id=grid.id, unit_id=other.id))
    paths = [
        "/grids",
        "/grids?township=T01&q=府前",
        "/grids/XQ-01",
        "/grids/XQ-01/edit",
        "/shifts?grid=XQ-01",
        "/sites?grid=XQ-01",
        "/months/2026-11?grid=XQ-01",
        "/months/2026-11/people?grid=XQ-01",
        "/people?grid=XQ-01",
    ]
    few = [weigh(desk, path) for path in paths]
    for number in range(110):
        unit = make.unit(name=f"第{number}个协同单位")
        made = make.grid(name=f"第{number}个小区", lead=other, township_id=grid.township_id)
        make.save(GridCoUnit(grid_id=made.id, unit_id=unit.id))
        make.save(GridCoUnit(grid_id=grid.id, unit_id=unit.id))
        make.person(unit=unit)

    assert [weigh(desk, path) for path in paths] == few
