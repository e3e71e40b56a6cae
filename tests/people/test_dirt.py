"""Rosters as units really send them: merged cells, hidden rows, formulas, short names."""

from datetime import date
from io import BytesIO

import pytest
import xlsxwriter
from sqlalchemy import select

from tests import make
from tests.core.packages import cell, package, row
from tests.make import at
from tests.people.sheets import HEADER, csv, xlsx
from volunteer.core.actor import SYSTEM
from volunteer.core.db import db
from volunteer.people import categories, intake, runs
from volunteer.people.models import Membership, Person
from volunteer.units.models import UnitAlias

NOW = at("2026-11-23 09:00")


@pytest.fixture
def school(app):
    return make.unit(name="新安江小学", code="S01")


def bring_in(content, **given):
    outcome = runs.import_people(content, "people.xlsx", actor=SYSTEM, now=NOW, **given)
    db.session.rollback()
    return outcome


def one(number=1, unit="新安江小学", **cells):
    facts = {"name": "王芳", "phone": f"1990123{number:04d}", "unit": unit}
    return tuple({**facts, "category": "", "day": "", **cells}.values())


def written(write, **options) -> bytes:
    """A workbook with the header, and what `write(sheet, book)` adds to it."""
    content = BytesIO()
    with xlsxwriter.Workbook(content, options) as book:
        sheet = book.add_worksheet("花名册")
        sheet.write_row(0, 0, HEADER)
        write(sheet, book)
    return content.getvalue()


def members() -> dict[str, int]:
    statement = select(Person.phone, Membership.unit_id).join(
        Membership, Membership.person_id == Person.id
    )
    return {row.phone: row.unit_id for row in db.session.execute(statement)}


def test_a_merged_unit_cell_holds_for_all_its_rows(school):
    def write(sheet, book):
        for number in range(1, 5):
            sheet.write_row(number, 0, one(number, unit=""))
        sheet.merge_range(1, 2, 3, 2, "新安江小学")

    outcome = bring_in(written(write), accept_good_rows=True)

    assert outcome.rows.rejected == {"missing_unit": 1}
    assert set(members().values()) == {school.id}
    assert outcome.rows.flags == {3: ["filled"], 4: ["filled"]}


def test_a_merged_name_is_one_person_and_no_more(school):
    def write(sheet, book):
        sheet.write_row(1, 0, one(1))
        sheet.write_row(2, 0, one(2, name=""))
        sheet.merge_range(1, 0, 2, 0, "王芳")

    assert bring_in(written(write)).rows.rejected == {"missing_name": 1}


def test_hidden_and_filtered_rows_are_read_and_flagged(school):
    """A9."""

    def write(sheet, book):
        sheet.write_row(1, 0, one(1))
        sheet.write_row(2, 0, one(2))
        sheet.set_row(2, None, None, {"hidden": True})

    outcome = bring_in(written(write))

    assert outcome.landed == 2
    assert outcome.rows.flags == {3: ["hidden"]}


def test_a_hidden_sheet_is_named_and_not_read(school):
    """A9."""

    def write(sheet, book):
        sheet.write_row(1, 0, one(1))
        old = book.add_worksheet("去年")
        old.write_row(0, 0, HEADER)
        old.write_row(1, 0, one(2))
        old.hide()

    outcome = bring_in(written(write))

    assert outcome.landed == 1
    assert outcome.rows.table.reading["hidden_sheets"] == ["去年"]


def test_the_value_of_a_formula_is_used_and_one_without_is_an_error(school):
    """A34."""

    def write(sheet, book):
        for number in (1, 2, 3):
            sheet.write_row(number, 0, one(number))
        sheet.write_formula(1, 2, '=VLOOKUP("a",A1:B2,2)', None, "新安江小学")
        sheet.write_formula(2, 2, '=VLOOKUP("a",A1:B2,2)', None, "")
        sheet.write_formula(3, 2, "=A99", None, "#REF!")

    outcome = bring_in(written(write), accept_good_rows=True)

    assert outcome.landed == 1
    assert outcome.rows.rejected == {"formula_value": 2}
    assert outcome.rows.flags[2] == ["formula"]


@pytest.mark.parametrize("since_1904", [True, False])
def test_days_are_the_same_whatever_a_workbook_counts_from(school, since_1904):
    """A87."""

    def write(sheet, book):
        day = date(2020, 9, 1)
        days = (day - (date(1904, 1, 1) if since_1904 else date(1899, 12, 30))).days
        form = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(1, 0, one(1))
        sheet.write_datetime(1, 4, day, form)
        sheet.write_row(2, 0, one(2, day=days))
        sheet.write_row(3, 0, one(3, day=str(days)))

    outcome = bring_in(written(write, date_1904=since_1904))

    assert outcome.landed == 3
    assert {*db.session.scalars(select(Membership.from_on))} == {date(2020, 9, 1)}


@pytest.mark.parametrize(
    ("cell", "stored"),
    [
        ("王\u3000强", "王强"),
        ("\u200b王强\u00a0", "王强"),
        ("阿依古丽.买买提", None),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("𠮷田", "𠮷田"),
        ("王\n强", None),
    ],
)
def test_a_name_is_stored_as_people_mean_it(school, cell, stored):
    """A19, A30, A31, C67."""
    bring_in(xlsx(one(name=cell)), accept_good_rows=True)

    if stored:
        assert db.session.scalar(select(Person.name)) == stored


def test_a_line_break_in_name_or_phone_is_an_error(school):
    """A19."""
    rows = (one(1, name="王\n强"), one(2, phone="199012\n30002"))

    assert bring_in(xlsx(*rows)).rows.rejected == {"invalid_name": 1, "phone_format": 1}


def test_a_unit_is_found_by_its_short_or_former_name(school):
    make.save(UnitAlias(unit_id=school.id, name="新小", name_key="新小", created_at=NOW))

    bring_in(xlsx(one(1, unit=" 新 小 ")))

    assert set(members().values()) == {school.id}


def test_names_of_units_are_compared_after_nfkc_on_both_sides(app):
    unit = make.unit(name="艾溪（西湖）社区", name_key="艾溪(西湖)社区")

    bring_in(xlsx(one(1, unit="艾溪（西湖） 社区")))

    assert set(members().values()) == {unit.id}


def test_an_alias_of_a_foreign_unit_is_unknown(school):
    """P10."""
    foreign = make.unit(name="市教育局")
    make.save(UnitAlias(unit_id=foreign.id, name="教育局", name_key="教育局", created_at=NOW))
    admin = make.grant_of("unit_admin", school)

    outcome = intake.check_file(xlsx(one(1, unit="教育局")), actor=admin, now=NOW)

    assert outcome.rows.rejected == {"unknown_unit": 1}


def test_a_header_may_stand_on_two_lines(school):
    above = (("花名册",), ("姓名", "联系方式", "", "单位"))
    rows = (("王芳", "19901230001", "660001", "新安江小学"),)

    outcome = bring_in(xlsx(*rows, header=("", "手机号", "短号", ""), above=above))

    assert outcome.landed == 1
    assert outcome.rows.table.first == 4


def test_notes_under_the_header_are_no_people(school):
    assert bring_in(xlsx(("必填", "11位手机号", "全称"), one(1))).landed == 1


def test_a_category_is_what_the_city_office_offers(school):
    assert bring_in(xlsx(one(1, category="网格员"))).rows.rejected == {"unknown_category": 1}

    added = categories.add(" 网格员", actor=SYSTEM, now=NOW)
    assert bring_in(xlsx(one(1, category="网格员 "))).landed == 1
    categories.end(added.id, actor=SYSTEM, now=NOW)

    assert bring_in(xlsx(one(2, category="网格员"))).rows.rejected == {"unknown_category": 1}
    assert db.session.scalar(select(Person.category)) == "网格员"


def test_somebody_who_has_left_is_pointed_out(school):
    make.person(phone="19901230001", name="王芳", state="left", until_on=date(2026, 6, 1))

    outcome = bring_in(xlsx(one(1)))

    assert outcome.landed == 0
    assert outcome.rows.flags == {2: ["left"]}


def test_the_phone_of_a_merged_record_is_the_kept_persons(school):
    kept = make.person(unit=school, name="王芳", phone="19901239999")
    make.person(
        name="王方",
        phone="19901230001",
        state="merged",
        merged_into_id=kept.id,
        until_on=date(2026, 6, 1),
    )

    outcome = bring_in(xlsx(one(1)))

    assert [person.person_id for _, person in outcome.plan.unchanged] == [kept.id]


@pytest.mark.parametrize(
    ("second", "repeats", "rejected"),
    [("新安江小学", [3], {}), ("分校", [], {"duplicate_phone": 1})],
)
def test_both_phones_of_a_merged_person_are_one_person(school, second, repeats, rejected):
    make.unit(name="分校")
    kept = make.person(unit=school, name="王芳", phone="19901230001")
    make.person(
        name="王芳",
        phone="19901230002",
        state="merged",
        merged_into_id=kept.id,
        until_on=date(2026, 6, 1),
    )

    outcome = bring_in(xlsx(one(1), one(2, unit=second)), accept_good_rows=True)

    assert (outcome.rows.repeats, outcome.rows.rejected) == (repeats, rejected)
    assert len(outcome.plan.unchanged) == 1
    assert members()["19901230001"] == school.id


@pytest.mark.parametrize("value", ["1e999", "NaN"])
def test_an_endless_number_is_an_error_of_its_cell(school, value):
    head = row(1, *HEADER)
    cells = [f'<c r="E{n}"><v>{value}</v></c>' for n in (2, 3)]
    first = row(2, *one(1)[:4]).replace("</row>", f"{cells[0]}</row>")
    second = row(3, *one(2)[:4]).replace(cell("B3", one(2)[1]), cells[1].replace("E3", "B3"))

    outcome = bring_in(package(head + first + second))

    assert outcome.rows.rejected == {"invalid_date": 1, "phone_format": 1}


def test_csv_with_bad_rows_is_checked_as_any_other(school):
    assert bring_in(csv(one(1), one(2, phone="1"))).rows.rejected == {"phone_format": 1}
