"""Units are renamed and merged; the tables of past months keep what was (R29, R32)."""

from datetime import date
from io import BytesIO

import pytest
from openpyxl import load_workbook

from tests import make
from tests.make import at
from volunteer.audits import queries
from volunteer.core.actor import Role
from volunteer.core.clock import Month
from volunteer.structure import service as structure
from volunteer.units import service as units

NOW = at("2026-11-23 10:00")
TODAY = NOW.date()
OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)


@pytest.fixture
def office(app, set_clock):
    set_clock(NOW)
    return make.grant_of(Role.CITY_OFFICE, make.city())


@pytest.fixture
def bureau(app):
    return make.unit(code="EDU", name="市教育局")


@pytest.fixture
def wang(bureau):
    person = make.person(unit=bureau, name="王芳")
    make.entry(person=person, minutes=90, on=date(2026, 10, 9))
    make.entry(person=person, minutes=30, on=date(2026, 11, 6))
    return person


def names(month):
    return [line.name for line in queries.month_table(month, make.city(), today=TODAY).lines]


def test_a_month_before_the_new_name_keeps_the_old_one(office, bureau, wang):
    units.rename(bureau, "市教育体育局", on=date(2026, 11, 16), actor=office, now=NOW)

    assert names(OCTOBER) == ["市教育局"]
    assert names(NOVEMBER) == ["市教育体育局"]
    assert queries.month_table(OCTOBER, bureau, today=TODAY).name == "市教育局"


def test_all_pages_and_the_export_of_a_past_month_say_the_old_name(client, office, bureau, wang):
    units.rename(bureau, "市教育体育局", on=date(2026, 11, 1), actor=office, now=NOW)
    make.login(client, make.person(unit=make.unit()), Role.CITY_OFFICE, over=make.city())

    for month, said, unsaid in (
        ("2026-10", "市教育局", "市教育体育局"),
        ("2026-11", "市教育体育局", "市教育局"),
    ):
        for path in ("", "?unit=EDU", "/people?unit=EDU", f"/people/{wang.public_id}"):
            page = client.get(f"/months/{month}{path}").text
            assert said in page, path
            assert unsaid not in page, path
        answer = client.post(f"/months/{month}/export", data={"unit": "EDU"})
        book = load_workbook(BytesIO(answer.data))
        cells = {str(c.value) for sheet in book for row in sheet.iter_rows() for c in row}
        assert said in cells
        assert not any(unsaid in cell for cell in cells)


def test_the_table_of_before_a_merger_stays_as_it_was(office, bureau, wang):
    other = make.unit(code="HEA", name="市卫健局")
    make.person(unit=other)
    before = queries.month_table(OCTOBER, make.city(), today=TODAY)

    structure.merge(bureau, other, on=date(2026, 11, 16), actor=office, now=NOW)

    assert queries.month_table(OCTOBER, make.city(), today=TODAY) == before
    now = queries.month_table(NOVEMBER, make.city(), today=TODAY)
    assert [(line.name, line.tally.people, line.tally.minutes) for line in now.lines] == [
        ("市教育局", 0, 30),
        ("市卫健局", 2, 0),
    ]


def test_units_that_are_no_more_or_not_yet_are_left_out(office, bureau, wang):
    make.unit(code="OLD", name="旧单位", ended_on=date(2026, 10, 1))
    make.unit(code="NEW", name="新单位", started_on=date(2026, 11, 1))

    assert names(OCTOBER) == ["市教育局"]
    assert names(Month(2026, 9)) == ["市教育局", "旧单位"]
    assert names(NOVEMBER) == ["市教育局", "新单位"]
