"""The refused rows come back as a file; mended, it is imported as it is."""

import json
from io import BytesIO
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from tests import make
from tests.make import at
from tests.people.sheets import xlsx
from volunteer.core.actor import SYSTEM
from volunteer.core.db import db
from volunteer.people import refused, runs
from volunteer.people.models import Person

SHARED = Path("/work/shared/data")
NOW = at("2026-11-23 09:00")


@pytest.fixture
def school(app):
    return make.unit(name="新安江小学", code="S01")


def bring_in(content):
    outcome = runs.import_people(
        content, "people.xlsx", accept_good_rows=True, actor=SYSTEM, now=NOW
    )
    db.session.rollback()
    return outcome


def lines_of(content: bytes) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()


def test_a_refused_row_is_what_was_sent_with_reason_and_mend(school):
    content = xlsx(
        ("王芳", "19901230001", "新安江小学", "一"),
        ("=1+1", 1990123.5, "没有", "二"),
        header=("姓名", "手机号", "单位", "备注"),
        above=(("标题",),),
    )
    outcome = bring_in(content)

    header, row = lines_of(refused.workbook_of(outcome.rows))

    assert header == ["姓名", "手机号", "单位", "备注", "问题原因", "修改办法"]
    assert row[:4] == ["=1+1", 1990123.5, "没有", "二"]
    assert "手机号" in str(row[4])
    assert "编码" in str(row[5])


def test_a_mended_file_lands_the_rest_and_the_columns_of_ours_are_ignored(school):
    wrong = bring_in(xlsx(("王芳", "1990123", "新安江小学", "公务员", "2020-09-01")))
    header, row = lines_of(refused.workbook_of(wrong.rows))
    row[1] = "19901230001"

    outcome = bring_in(xlsx(row, header=header))

    assert outcome.landed == 1
    assert outcome.rows.table.unused == {}
    worse = bring_in(xlsx([*row[:1], "x", *row[2:]], header=header))
    assert lines_of(refused.workbook_of(worse.rows))[0] == header


def test_the_shell_writes_the_file(school, runner, tmp_path):
    source, out = tmp_path / "people.xlsx", tmp_path / "refused.xlsx"
    source.write_bytes(xlsx(("王芳", "1990123", "新安江小学")))

    result = runner.invoke(args=["people", "import", str(source), "--refused", str(out), "--json"])

    assert result.exit_code == 1
    assert len(lines_of(out.read_bytes())) == 2


def test_the_same_file_again_is_said_to_have_been_imported(school, runner, tmp_path):
    source = tmp_path / "people.xlsx"
    source.write_bytes(xlsx(("王芳", "19901230001", "新安江小学")))
    first = runner.invoke(args=["people", "import", str(source), "--json"])

    again = runner.invoke(args=["people", "import", str(source), "--json"])

    assert "already_imported" not in json.loads(first.stdout.splitlines()[-1])
    assert again.exit_code == 0
    facts = json.loads(again.stdout.splitlines()[-1])
    assert (facts["landed"], bool(facts["already_imported"])) == (0, True)
    assert "11月" in again.stderr or "导入" in again.stderr


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_dirty_roster_lands_what_is_right_and_mended_the_rest(runner, tmp_path):
    if not SHARED.exists():  # it lies beside the repository on some machines only
        return
    expected = json.loads((SHARED / "roster_dirty_expected.json").read_text(encoding="utf-8"))
    out, mended = tmp_path / "refused.xlsx", tmp_path / "mended.xlsx"
    runner.invoke(args=["units", "import", str(SHARED / "units.csv")])
    roster = str(SHARED / "roster_dirty.xlsx")

    told = runner.invoke(
        args=["people", "import", roster, "--accept-good-rows", "--refused", str(out), "--json"]
    )

    assert json.loads(told.stdout.splitlines()[-1])["landed"] == expected["accepted"]
    assert db.session.scalar(select(func.count()).select_from(Person)) == expected["accepted"]
    header, *rows = lines_of(out.read_bytes())
    assert len(rows) == sum(expected["rejected"].values())
    mended.write_bytes(xlsx(*(mend(header, row, n) for n, row in enumerate(rows)), header=header))

    told = runner.invoke(args=["people", "import", str(mended), "--json"])

    assert told.exit_code == 0, told.stderr[-500:]
    assert json.loads(told.stdout.splitlines()[-1])["landed"] == len(rows)


def mend(header, row, number):
    """Correct every column that may be wrong."""
    place = {str(title).replace(" ", ""): column for column, title in enumerate(header)}
    right = list(row)
    right[place["姓名"]] = "王芳"
    right[place["手机号码"]] = f"1580000{number:04d}"
    right[place["所属单位"]] = "330182"
    right[place["人员类别"]] = ""
    right[place["入职时间"]] = "2020-09-01"
    return right
