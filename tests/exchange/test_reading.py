"""What an export says: headers, units, times, and every wrong cell by row and column."""

import csv
import json
from io import StringIO

import pytest
from sqlalchemy import func, select

from tests import make
from tests.exchange import exports
from tests.exchange.conftest import NOW
from tests.exchange.exports import DURATIONS, served
from tests.people.sheets import xlsx
from volunteer.core.db import db
from volunteer.core.tables import FileRefused
from volunteer.exchange import reading
from volunteer.exchange.models import ExchangeFile, ExchangeRecord, Kind, ValueUnit
from volunteer.hours.models import LedgerEntry

GOOD = ("ZYH1", "王强", "19900000001", "红马甲", "劝导", "2026-11-05 09:00", "2026-11-05 11:00", 2)


def row(**changes):
    names = ("number", "name", "phone", "org", "activity", "starts", "ends", "value")
    return tuple({**dict(zip(names, GOOD, strict=True)), **changes}.values())


def read(*rows, header=DURATIONS, **given):
    return reading.read(exports.durations(*rows, header=header), now=NOW, **given)


@pytest.mark.parametrize(
    ("changes", "column", "code"),
    [
        ({"name": ""}, "姓名", "missing_name"),
        ({"name": "=1+1"}, "姓名", "invalid_name"),
        ({"phone": "123"}, "手机号码", "phone_format"),
        ({"phone": "1.38E+10"}, "手机号码", "phone_format"),
        ({"phone": "", "number": "—"}, "手机号码", "missing_phone"),
        ({"number": "编号?"}, "志愿者编号", "invalid_number"),
        ({"activity": ""}, "活动名称", "missing_activity"),
        ({"activity": "长" * 101}, "活动名称", "too_long"),
        ({"starts": ""}, "签到时间", "missing_time"),
        ({"starts": "上周五"}, "签到时间", "invalid_time"),
        ({"starts": "2026-02-30 08:00"}, "签到时间", "invalid_time"),
        ({"starts": "2026-11-05 25:00"}, "签到时间", "invalid_time"),
        ({"ends": "2026-11-05 09:00"}, "签退时间", "times_order"),
        ({"ends": "2026-11-08 09:00"}, "签退时间", "times_order"),
        ({"starts": "2026-12-05", "ends": ""}, "签到时间", "in_future"),
        ({"value": ""}, "服务时长(小时)", "missing_value"),
        ({"value": 0}, "服务时长(小时)", "missing_value"),
        ({"value": -1}, "服务时长(小时)", "minutes_range"),
        ({"value": 24.5}, "服务时长(小时)", "minutes_range"),
        ({"value": "two"}, "服务时长(小时)", "minutes_range"),
        ({"value": "1e2"}, "服务时长(小时)", "minutes_range"),
        ({"value": "9" * 20}, "服务时长(小时)", "minutes_range"),
    ],
)
def test_every_wrong_cell_is_named(changes, column, code):
    found = read(GOOD, row(**changes))

    assert [(e.row, e.column, e.code) for e in found.errors] == [(5, column, code)]
    assert len(found.good) == 1


@pytest.mark.parametrize(
    ("title", "value", "minutes", "unit"),
    [
        ("服务时长（小时）", 1.5, 90, "hours"),
        ("时长(分钟)", 90, 90, "minutes"),
        ("信用时数", "1.50", 90, "hours"),
        ("服务时长（小时）", "90分钟", 90, "hours"),
        ("服务时长（小时）", "１．５", 90, "hours"),
        ("服务时长（小时）", "1:30", 90, "hours"),
        ("服务时长（小时）", 0.33, 20, "hours"),
        ("服务时长（小时）", 0.01, 1, "hours"),
    ],
)
def test_the_unit_is_decided_by_the_header_or_the_cell(title, value, minutes, unit):
    found = read(row(value=value), header=(*DURATIONS[:-1], title))

    assert [each.minutes for each in found.good] == [minutes]
    assert found.value_unit == unit


def test_honour_hours_have_a_day_and_no_times():
    header = ("姓名", "手机", "活动名称", "服务日期", "信用时数", "荣誉时数")
    found = read(
        ("王强", "19900000001", "清扫", "2026年11月5日", "", "2"),
        ("李秋", "19900000002", "清扫", "2026/11/5", "1", "2"),
        header=header,
    )

    [good] = found.good
    assert (good.minutes, good.starts_at, str(good.day)) == (120, None, "2026-11-05")
    assert [error.code for error in found.errors] == ["two_values"]


def test_what_is_no_record_is_left_out_and_counted():
    found = read(
        ("示例：", "张三", "", "", "", "", "", ""),
        GOOD,
        GOOD,
        ("", "", "", "", "", "", "", ""),
        DURATIONS,
        ("合计", "", "", "", "", "", "", 4),
    )

    assert (len(found.good), found.skipped_duplicates, found.blank_rows) == (1, 1, 1)
    assert found.other_rows == 3


def test_a_phone_of_two_names_is_refused_in_both_rows():
    found = read(GOOD, row(name="李秋", number="ZYH2"), row(name="赵敏", phone="19900000009"))

    codes = [(error.row, error.code) for error in found.errors]
    assert codes == [
        (4, "duplicate_number"),
        (4, "duplicate_phone"),
        (5, "duplicate_phone"),
        (6, "duplicate_number"),
    ]
    assert found.good == []


def test_csv_in_gb18030_reads_the_same():
    text = StringIO()
    csv.writer(text).writerows([DURATIONS, GOOD])
    found = reading.read(text.getvalue().encode("gb18030"), now=NOW)

    assert found.good[0][1:] == read(GOOD).good[0][1:]


@pytest.mark.parametrize(
    ("content", "code", "given"),
    [
        (b"", "file_empty", {}),
        (exports.durations(), "no_rows", {}),
        (xlsx(("王强", "19900000001"), header=("姓名", "手机号")), "header_unknown", {}),
        (xlsx(GOOD, header=(*DURATIONS[:2], "姓名", *DURATIONS[3:])), "header_duplicate", {}),
        (
            xlsx(GOOD, header=DURATIONS, further=[("第二页", (DURATIONS, GOOD))]),
            "several_sheets",
            {},
        ),
        (exports.durations(GOOD, header=(*DURATIONS[:-1], "时长")), "value_unit_unknown", {}),
        (exports.durations(GOOD), "kind_wrong", {"kind": Kind.PEOPLE}),
    ],
)
def test_what_cannot_be_read_is_refused_as_a_whole(content, code, given):
    with pytest.raises(FileRefused) as refused:
        reading.read(content, now=NOW, **given)

    assert refused.value.code == code


def test_too_many_rows_are_refused():
    line = ",".join(map(str, GOOD))
    content = "\n".join([",".join(DURATIONS), *[line] * 100_001]).encode()

    with pytest.raises(FileRefused) as refused:
        reading.read(content, now=NOW)

    assert (refused.value.code, refused.value.status) == ("too_many_rows", 413)


@pytest.fixture
def shell(runner, tmp_path, set_clock, community):
    set_clock(NOW)

    def run(content, *options):
        (tmp_path / "时长.xlsx").write_bytes(content)
        command = ["exchange", "import", str(tmp_path / "时长.xlsx"), "--json", *options]
        return runner.invoke(args=command)

    return run


def test_the_command_reads_matches_and_names_what_is_wrong(shell, wang):
    content = exports.durations(served(wang), served(None), served(wang, hours=99))

    tried = shell(content, "--dry-run")
    done = shell(content)
    again = shell(content)

    facts = json.loads(done.stdout.splitlines()[-1])
    assert done.exit_code == tried.exit_code == again.exit_code == 1
    told = {name: facts[name] for name in ("kind", "value_unit", "kept", "matched", "minutes")}
    assert told == {
        "kind": "durations",
        "value_unit": "hours",
        "kept": 1,
        "matched": 1,
        "minutes": 120,
    }
    assert [(e["row"], e["code"]) for e in facts["errors"]] == [
        (5, "missing_name"),
        (5, "missing_phone"),
        (6, "minutes_range"),
    ]
    assert facts["errors"][2]["message"] == "时长应在 1 分钟到 24 小时之间，请更正。"
    assert "已于" in again.stderr
    assert db.session.scalar(select(func.count()).select_from(ExchangeFile)) == 1
    assert db.session.scalar(select(func.count()).select_from(ExchangeRecord)) == 1
    assert db.session.scalar(select(func.count()).select_from(LedgerEntry)) == 0


def test_a_right_file_ends_well_and_minutes_may_be_chosen(shell, wang):
    content = exports.durations(
        served(wang, hours=45), header=(*exports.DURATIONS[:-1], "服务时长")
    )

    refused = shell(content)
    done = shell(content, "--value-unit", "minutes", "--unit", "AX")

    assert refused.exit_code == 1
    assert "请选择单位" in refused.stderr
    assert done.exit_code == 0
    assert json.loads(done.stdout.splitlines()[-1])["minutes"] == 45
    assert shell(content, "--unit", "XX").exit_code == 2


def test_matching_stays_within_the_unit_of_the_file(bring, community):
    """A phone of another unit is as unknown as a stranger's: the file learns nothing of it."""
    stranger = make.person(unit=make.unit(), name="外单位某人")

    file = bring(served(stranger))

    record = db.session.scalar(select(ExchangeRecord).filter_by(file_id=file.id))
    assert record.person_id is None
    assert ValueUnit(file.value_unit) == ValueUnit.HOURS
