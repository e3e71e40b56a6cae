"""The month as a workbook."""

from datetime import date
from io import BytesIO
from urllib.parse import unquote

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from tests import make
from volunteer.audits import service
from volunteer.core.actor import Role
from volunteer.core.clock import Month
from volunteer.core.db import db
from volunteer.core.errors import NotFound
from volunteer.core.models import Journal


@pytest.fixture
def office(client, set_clock, app):
    set_clock("2026-11-23 10:05")
    holder = make.person(unit=make.unit(name="创建办", code="OFF"), name="周主任")
    make.login(client, holder, Role.CITY_OFFICE, over=make.city())
    return holder


def sheets(answer) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_filelike(BytesIO(answer.data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_units_and_people_with_title_and_sum(client, office):
    school = make.unit(name="明镜小学", code="A-01")
    wang = make.person(unit=school, name="王小雨")
    for minutes in (50, 50, 50):
        make.entry(person=wang, minutes=minutes, on=date(2026, 11, 6))

    answer = client.post("/months/2026-11/export", data={"unit": "CITY"})

    assert answer.status_code == 200
    assert answer.mimetype.endswith("spreadsheetml.sheet")
    units, people = sheets(answer).values()
    assert "2026年11月" in str(units[0][0])
    assert "周主任" in str(units[1][0])
    assert "2026-11-23 10:05" in str(units[1][0])
    row = next(row for row in units if row[0] == "A-01")
    assert row[2:] == [1, 1, 1, 0, 0, 0, 0, "100.0 %", 2.5]
    assert units[-1][2] == 2
    assert units[-1][-1] == 2.5
    row = next(row for row in people if row[1] == "王小雨")
    assert row[2] == f"{wang.phone[:3]}****{wang.phone[-4:]}"
    assert row[4:8] == [2.0, 2.5, 0.0, 0.0]


def test_a_name_that_looks_like_a_formula_stays_text(client, office):
    """bad_input.md: texts that begin with = + - @ are never formulas."""
    for number, name in enumerate(("=1+1", "+86", "-2+3", "@SUM(A1)", "http://evil.example")):
        make.person(unit=make.unit(name=name, code=f"X{number}"), name="某人")

    answer = client.post("/months/2026-11/export")

    units, people = sheets(answer).values()
    told = {str(row[1]).strip("　") for row in units}
    assert {"=1+1", "+86", "-2+3", "@SUM(A1)", "http://evil.example"} <= told
    assert "=1+1" in {row[0] for row in people}
    assert b"<f>" not in answer.data


def test_control_characters_are_left_out(client, office):
    make.person(unit=make.unit(name="有\x07控制符", code="X1"))

    units = next(iter(sheets(client.post("/months/2026-11/export")).values()))

    assert "有控制符" in {str(row[1]).strip("　") for row in units}


def test_the_file_has_a_chinese_name(client, office):
    make.unit(name='甲/乙"丙', code="ODD")

    header = client.post("/months/2026-11/export", data={"unit": "ODD"}).headers[
        "Content-Disposition"
    ]

    assert header.startswith("attachment")
    assert "/" not in unquote(header.split("UTF-8''")[1])
    assert unquote(header.split("UTF-8''")[1]).endswith("2026-11 月度核查.xlsx")


def test_it_is_journalled_with_the_number_of_people(client, office):
    for _ in range(3):
        make.person(unit=make.unit())

    client.post("/months/2026-11/export")

    line = db.session.scalars(select(Journal).filter_by(action="months.export")).one()
    assert line.body == {"month": "2026-11", "rows": 4}
    assert (line.object_id, line.unit_path) == ("CITY", make.city().path)


def test_all_people_are_in_it_and_no_stranger(client, set_clock, app):
    set_clock("2026-11-23 10:05")
    school = make.unit(name="明镜小学", code="A-01")
    make.login(client, make.person(unit=school), Role.COORDINATOR)
    for number in range(30):
        make.person(unit=school, name=f"王{number}")
    make.person(name="外单位某人")

    people = list(sheets(client.post("/months/2026-11/export")).values())[1]

    assert len(people) == 3 + 31
    assert "外单位某人" not in {row[1] for row in people}


def test_a_foreign_unit_is_not_there(client, set_clock, app):
    set_clock("2026-11-23 10:05")
    make.login(client, make.person(), Role.COORDINATOR)
    other = make.unit(code="OTHER")

    assert client.post("/months/2026-11/export", data={"unit": "OTHER"}).status_code == 404
    with pytest.raises(NotFound):
        service.note_export(
            Month(2026, 11),
            other,
            paths=[other.path],
            rows=1,
            actor=make.grant_of(Role.COORDINATOR, make.unit()),
            now=make.LONG_AGO,
        )
    assert db.session.scalar(select(Journal)) is None
