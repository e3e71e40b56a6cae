"""Grids come in on a sheet: all rows or none, every wrong cell told."""

import json
from io import BytesIO

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from tests import make
from tests.grids.conftest import NOW
from volunteer.core.db import db
from volunteer.core.models import Journal
from volunteer.core.tables import FileType, NoRows, TooManyRows
from volunteer.grids import service
from volunteer.grids.errors import GridColumnsMissing, GridHeaderTwice, SeveralGridSheets
from volunteer.units import queries as units
from volunteer.units.models import Grid

HEADER = ["网格编码", "网格名称", "类型", "所在镇街", "牵头单位", "协同单位"]
GOOD = [
    ["XQ-01", "府前小区", "小区", "新安江街道", "市教育局", "市卫健局"],
    ["DL-01", "府前路", "道路", "T01", "D02", ""],
]


def sheet(*rows, header=HEADER, before=()):
    book = Workbook()
    for row in (*before, header, *rows):
        book.active.append(row)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def bring(content, actor, **given):
    return service.import_grids(content, actor=actor, now=NOW, **given)


#: With a mark in it that nobody sees.
GRID_NAME = "府前\u200b小区"


@pytest.fixture(autouse=True)
def city(street, bureau, other):
    return make.city()


def stored():
    rows = db.session.scalars(select(Grid).order_by(Grid.code))
    return [
        (row.code, row.name, row.kind, [u.code for u in units.units_of_grid(row, under=["/"])])
        for row in rows
    ]


def test_the_same_file_twice_changes_nothing(office):
    first, again = bring(sheet(*GOOD), office), bring(sheet(*GOOD), office)

    assert stored() == [
        ("DL-01", "府前路", "road", ["D02"]),
        ("XQ-01", "府前小区", "estate", ["D01", "D02"]),
    ]
    assert (first.new, first.updated, first.unchanged, first.errors) == (2, 0, 0, [])
    assert (again.new, again.updated, again.unchanged, again.errors) == (0, 0, 2, [])
    assert db.session.scalar(select(func.count()).where(Journal.action == "grids.import")) == 1


def test_a_row_changes_the_grid_of_its_code(office, grid):
    outcome = bring(
        sheet(["xq-01", "府前新村", "estate", "新安江街道", "市卫健局", "D01；"]), office
    )

    assert (outcome.new, outcome.updated) == (0, 1)
    assert stored() == [("XQ-01", "府前新村", "estate", ["D02", "D01"])]


def test_dirt_is_read_as_people_mean_it(office, bureau):
    """City.md: titles, notes, second header lines, totals, signatures, blanks, samples."""
    make.alias(unit=bureau, name="教育局")
    content = sheet(
        ["示例 XX-01", "示例小区", "小区", "某街道", "某单位"],
        [
            " ＸＱ-０１ ",
            "府前\u200b小区",
            " 小 区",
            "新安江\u3000街道 ",
            "教育局",
            "市 卫健局、D02",
        ],
        [None, None, None, None, None, None],
        ["—", "-", "", "", " ", None],
        HEADER,
        ["合计", 1, None, None, None, None],
        ["填表人：", "张三", None, "审核：", None, None],
        before=[["建德市网格清单（2026 年）"], [], ["说明：一个网格一个牵头单位"]],
    )

    outcome = bring(content, office)

    assert outcome.errors == []
    assert (outcome.rows, outcome.blank_rows, outcome.other_rows) == (1, 2, 4)
    assert stored() == [("XQ-01", "府前小区", "estate", ["D01", "D02"])]


def test_every_wrong_cell_is_told_and_nothing_is_written(office, bureau):
    make.unit(name="同名科", parent=bureau)
    make.unit(name="同名科", parent=make.unit())
    make.grid(code="GONE", ended_on=NOW.date())
    rows = [
        GOOD[0],
        ["", "甲", "道路", "新安江街道", "市教育局"],
        ["新一", "甲", "道路", "新安江街道", "市教育局"],
        ["XQ-01", "甲", "道路", "新安江街道", "市教育局"],
        ["GONE", "甲", "道路", "新安江街道", "市教育局"],
        ["A1", "", "道路", "新安江街道", "市教育局"],
        ["A2", "长" * 61, "道路", "新安江街道", "市教育局"],
        ["A3", "甲", "广场", "新安江街道", "市教育局"],
        ["A4", "甲", "道路", "", "市教育局"],
        ["A5", "甲", "道路", "市教育局", "市教育局"],
        ["A6", "甲", "道路", "新安江街道", ""],
        ["A7", "甲", "道路", "新安江街道", "没有这个单位"],
        ["A8", "甲", "道路", "新安江街道", "同名科"],
        ["A9", "甲", "道路", "新安江街道", "市教育局", "市卫健局、没有这个单位"],
    ]
    before = stored()

    outcome = bring(sheet(*rows, before=[["标题"]]), office)

    assert [(error.row, error.column, error.code) for error in outcome.errors] == [
        (4, "网格编码", "missing_code"),
        (5, "网格编码", "code_format"),
        (6, "网格编码", "duplicate_code"),
        (7, "网格编码", "ended"),
        (8, "网格名称", "missing_name"),
        (9, "网格名称", "too_long"),
        (10, "类型", "unknown_kind"),
        (11, "所在镇街", "missing_township"),
        (12, "所在镇街", "unknown_township"),
        (13, "牵头单位", "missing_unit"),
        (14, "牵头单位", "unknown_unit"),
        (15, "牵头单位", "ambiguous_unit"),
        (16, "协同单位", "unknown_unit"),
    ]
    assert outcome.errors[-1].value == "没有这个单位"
    assert outcome.rows == 14
    assert stored() == before


def test_merged_cells_hold_for_all_their_rows(office):
    book = Workbook()
    book.active.append(HEADER)
    book.active.append(GOOD[0][:5])
    book.active.append(["XQ-02", "府后小区", "小区", None, None])
    book.active.merge_cells("D2:D3")
    book.active.merge_cells("E2:E3")
    file = BytesIO()
    book.save(file)

    assert bring(file.getvalue(), office).errors == []
    assert stored()[1] == ("XQ-02", "府后小区", "estate", ["D01"])


def test_a_dry_run_writes_nothing(office):
    outcome = bring(sheet(*GOOD), office, dry_run=True)

    assert (outcome.new, outcome.errors) == (2, [])
    assert stored() == []


def test_csv_in_gb18030_is_read_too(office):
    text = "\r\n".join(",".join(row) for row in (HEADER, *GOOD))

    assert bring(text.encode("gb18030"), office).new == 2


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (sheet(header=["编码", "名称"]), GridColumnsMissing),
        (sheet(GOOD[0], header=[*HEADER, "编码"]), GridHeaderTwice),
        (sheet(), NoRows),
        (b"%PDF-1.7", FileType),
    ],
)
def test_a_file_that_is_no_list_of_grids_is_refused(office, content, refusal):
    with pytest.raises(refusal):
        bring(content, office)


def test_two_sheets_of_grids_are_refused(office):
    book = Workbook()
    for place in (book.active, book.create_sheet("第二张")):
        place.append(HEADER)
        place.append(GOOD[0])
    file = BytesIO()
    book.save(file)

    with pytest.raises(SeveralGridSheets):
        bring(file.getvalue(), office)


def test_too_many_rows_are_refused(office):
    lines = [",".join(HEADER), *("A,甲,道路,T01,D01," for _ in range(5001))]

    with pytest.raises(TooManyRows):
        bring("\n".join(lines).encode(), office)


def test_the_command_tells_rows_and_codes(runner, tmp_path, set_clock):
    set_clock(NOW)
    file = tmp_path / "grids.xlsx"
    file.write_bytes(sheet(GOOD[0], ["DL-01", "府前路", "道路", "T01", "没有这个单位"]))
    command = ["units", "import-grids", str(file), "--json"]

    wrong = runner.invoke(args=command)
    assert wrong.exit_code == 1
    told = json.loads(wrong.stdout.splitlines()[-1])
    assert told["errors"] == [
        {
            "row": 3,
            "column": "牵头单位",
            "code": "unknown_unit",
            "value": "没有这个单位",
            "message": "没有这个单位，请填写全称或编码。",
        }
    ]
    assert "第 3 行" in wrong.stderr
    file.write_bytes(sheet(*GOOD))
    checked = runner.invoke(args=[*command, "--dry-run"])
    assert (checked.exit_code, json.loads(checked.stdout.splitlines()[-1])["new"]) == (0, 2)
    assert stored() == []
    assert runner.invoke(args=command).exit_code == 0
    assert len(stored()) == 2
    assert runner.invoke(args=["units", "import", "--help"]).exit_code == 0
