"""Importing people: every row checked, all or nothing, the same file changes nothing."""

from datetime import date

import pytest
from sqlalchemy import select

from tests import make
from tests.make import at
from tests.people.sheets import xlsx
from volunteer.core.actor import SYSTEM, Role
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed
from volunteer.core.models import Journal
from volunteer.people import queries, runs
from volunteer.people.models import ImportRun, Membership, Person

NOW = at("2026-11-23 09:00")
TODAY = date(2026, 11, 23)


@pytest.fixture
def school(app):
    return make.unit(name="新安江小学", code="S01")


def bring_in(content, *, actor=SYSTEM, now=NOW, **given):
    outcome = runs.import_people(content, "people.xlsx", actor=actor, now=now, **given)
    db.session.rollback()
    return outcome


def one(name="王芳", phone="19901234567", unit="新安江小学", category="公务员", day=""):
    return (name, phone, unit, category, day)


def found(phone="19901234567"):
    return db.session.scalar(select(Person).filter_by(phone=phone))


def codes(outcome):
    return [(error.row, error.column, error.code) for error in outcome.errors]


def test_a_right_file_lands_whole(school):
    outcome = bring_in(
        xlsx(one(day="2020-09-01"), one(name="李 强", phone=19901230002, category=""))
    )

    assert (outcome.plan.accepted, outcome.landed) == (2, 2)
    wang, li = found(), found("19901230002")
    assert (wang.name, wang.category, wang.phone_tail) == ("王芳", "公务员", "4567")
    assert (wang.state, wang.consent, wang.registered_at) == ("active", "pending", NOW)
    assert len(wang.public_id) == 16
    assert wang.volunteer_number != li.volunteer_number
    assert (li.name, li.category) == ("李强", None)
    assert queries.unit_on(wang.id, date(2020, 9, 1)).code == "S01"
    assert queries.unit_on(wang.id, date(2020, 8, 31)) is None


def test_the_membership_begins_on_the_day_of_the_import_where_none_is_given(school):
    bring_in(xlsx(one()), now=at("2026-11-24 00:30"))

    assert db.session.scalar(select(Membership.from_on)) == date(2026, 11, 24)


def test_one_wrong_row_means_that_nothing_lands(school):
    outcome = bring_in(xlsx(one(), one(name="李强", phone="1990123")))

    assert (outcome.plan.accepted, outcome.landed) == (1, 0)
    assert codes(outcome) == [(3, "手机号", "phone_format")]
    assert db.session.query(Person).count() == 0
    assert db.session.query(ImportRun).count() == 0


def test_the_right_rows_land_where_that_is_asked_for(school):
    outcome = bring_in(xlsx(one(), one(phone="19901230002", unit="")), accept_good_rows=True)

    assert (outcome.landed, outcome.rows.rejected) == (1, {"missing_unit": 1})
    assert found() is not None
    assert found("19901230002") is None


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (one(name=" \u3000"), "missing_name"),
        (one(name="——"), "missing_name"),
        (one(name="12345"), "invalid_name"),
        (one(name="=1+1"), "invalid_name"),
        (one(name="<b>王</b>"), "invalid_name"),
        (one(name="王" * 41), "invalid_name"),
        (one(phone=""), "missing_phone"),
        (one(phone=" - "), "missing_phone"),
        (one(phone="12901234567"), "phone_format"),
        (one(phone="19901234567、19901234568"), "phone_format"),
        (one(phone="0571-64123456"), "phone_format"),
        (one(phone=19901234567.5), "phone_format"),
        (one(unit=""), "missing_unit"),
        (one(unit="不存在的单位"), "unknown_unit"),
        (one(unit="白沙社区"), "ambiguous_unit"),
        (one(unit="单" * 101), "too_long"),
        (one(category="外星人"), "unknown_category"),
        (one(day="去年"), "invalid_date"),
        (one(day="2026-02-30"), "invalid_date"),
        (one(day="26/11/5"), "invalid_date"),
        (one(day="1899-01-01"), "invalid_date"),
        (one(day="2031-01-01"), "invalid_date"),
    ],
)
def test_every_wrong_cell_has_its_code(school, row, code):
    for _ in range(2):
        make.unit(name="白沙社区", parent=make.unit())

    outcome = bring_in(xlsx(row))

    assert outcome.rows.rejected == {code: 1}


@pytest.mark.parametrize(
    "phone",
    [
        "１９９０１２３４５６７",
        "+86 19901234567",
        "8619901234567",
        "199-0123-4567",
        " 199 0123 4567",
    ],
)
def test_a_phone_is_read_however_it_is_written(school, phone):
    assert bring_in(xlsx(one(phone=phone))).landed == 1
    assert found() is not None


@pytest.mark.parametrize(
    "day", ["2020-09-01", "2020/9/1", "2020.9.1", "2020年9月1日", "20200901", "44075", 44075]
)
def test_a_day_is_read_however_it_is_written(school, day):
    assert bring_in(xlsx(one(day=day))).landed == 1
    assert db.session.scalar(select(Membership.from_on)) == date(2020, 9, 1)


def test_a_unit_is_named_by_code_or_with_its_parent(school):
    town = make.unit(name="梅城镇")
    make.unit(name="白沙社区", parent=make.unit())
    village = make.unit(name="白沙社区", parent=town)

    outcome = bring_in(
        xlsx(one(unit="S01"), one(name="李强", phone="19901230002", unit="梅城镇/白沙社区"))
    )

    assert outcome.landed == 2
    assert queries.unit_on(found("19901230002").id, TODAY).id == village.id


def test_one_phone_under_two_names_is_refused_in_both_rows(school):
    outcome = bring_in(xlsx(one(), one(name="李强"), one(name="赵敏", phone="19901230003")))

    assert codes(outcome) == [(2, "手机号", "duplicate_phone"), (3, "手机号", "duplicate_phone")]
    assert outcome.plan.accepted == 1


def test_one_person_in_two_units_is_refused_in_both_rows(school):
    make.unit(name="市教育局")

    assert codes(bring_in(xlsx(one(), one(unit="市教育局")))) == [
        (2, "手机号", "duplicate_phone"),
        (3, "手机号", "duplicate_phone"),
    ]


def test_the_same_row_twice_is_skipped_once_and_counted(school):
    outcome = bring_in(xlsx(one(), one(name=" 王 芳 ", phone="199 0123 4567")))

    assert (outcome.landed, outcome.rows.skipped_duplicates) == (1, 1)


def test_titles_blank_rows_totals_and_signatures_are_no_people(school):
    content = xlsx(
        ("示例 张三", "13800000000", "新安江小学"),
        one(),
        ("", "", ""),
        ("姓名", "手机号", "单位"),
        one(name="李强", phone="19901230002"),
        ("合计", 2, ""),
        ("填表人：王芳", "", ""),
        above=(("建德市志愿者花名册",), ()),
    )

    outcome = bring_in(content)

    assert (outcome.landed, outcome.rows.blank_rows, outcome.rows.other_rows) == (2, 1, 4)


def test_an_error_names_the_row_of_the_spreadsheet_and_its_header(school):
    content = xlsx(one(phone="x"), header=("名字", "联系电话", "工作单位"), above=((), ("标题",)))

    outcome = bring_in(content)

    assert codes(outcome) == [(4, "联系电话", "phone_format")]
    assert outcome.errors[0].value == "x"


def test_the_same_file_again_changes_nothing(school):
    content = xlsx(one(), one(name="李强", phone="19901230002"))
    bring_in(content)

    outcome = bring_in(content, now=at("2026-12-01 09:00"))

    assert (outcome.plan.accepted, outcome.landed, len(outcome.plan.unchanged)) == (2, 0, 2)
    assert db.session.query(Person).count() == 2
    assert db.session.query(Membership).count() == 2


def test_another_unit_is_a_transfer_dated_now(school):
    """R29: the past keeps the old unit."""
    office = make.unit(name="市教育局")
    bring_in(xlsx(one(day="2020-09-01")))

    outcome = bring_in(xlsx(one(unit="市教育局", category="事业编制")))

    wang = found()
    assert (outcome.landed, len(outcome.plan.moved)) == (1, 1)
    assert queries.unit_on(wang.id, date(2026, 11, 22)).id == school.id
    assert queries.unit_on(wang.id, TODAY).id == office.id
    assert wang.category == "事业编制"


def test_a_transfer_on_the_first_day_corrects_the_unit(school):
    office = make.unit(name="市教育局")
    bring_in(xlsx(one()))

    bring_in(xlsx(one(unit="市教育局")))

    belongings = queries.memberships_of(found().id)
    assert [(each.unit_code, each.from_on) for each in belongings] == [(office.code, TODAY)]


def test_a_registered_phone_under_another_name_is_refused(school):
    make.person(unit=school, name="王芳", phone="19901234567")

    outcome = bring_in(xlsx(one(name="李强")))

    assert codes(outcome) == [(2, "手机号", "duplicate_phone")]


def test_who_has_left_stays_so(school):
    make.person(phone="19901234567", name="王芳", state="left", until_on=date(2026, 6, 1))

    assert bring_in(xlsx(one())).landed == 0
    assert found().state == "left"


def test_volunteer_numbers_go_on_after_the_highest(school):
    make.person(unit=school, volunteer_number="V0004711")

    bring_in(xlsx(one()))

    assert found().volunteer_number == "V0004712"


def test_a_unit_administrator_imports_only_into_the_own_subtree(school):
    """P10."""
    make.unit(name="市教育局")
    branch = make.unit(name="分校", parent=school)
    admin = make.grant_of(Role.UNIT_ADMIN, school)

    outcome = bring_in(
        xlsx(one(unit="分校"), one(name="李强", phone="19901230002", unit="市教育局")),
        actor=admin,
        accept_good_rows=True,
    )

    assert outcome.rows.rejected == {"unknown_unit": 1}
    assert queries.unit_on(found().id, TODAY).id == branch.id


def test_a_unit_administrator_does_not_take_a_person_out_of_a_foreign_unit(school):
    """Bad input A25."""
    make.person(unit=make.unit(name="市教育局"), name="王芳", phone="19901234567")

    outcome = bring_in(xlsx(one()), actor=make.grant_of(Role.UNIT_ADMIN, school))

    assert outcome.rows.rejected == {"duplicate_phone": 1}


def test_who_left_a_foreign_unit_is_no_person_of_ones_own(school):
    gone, back = make.unit(name="市教育局"), make.unit(name="分校", parent=school)
    away = {"name": "王芳", "state": "left", "until_on": date(2026, 6, 1)}
    make.person(unit=gone, phone="19901234567", from_on=date(2020, 9, 1), **away)
    own = make.person(unit=back, phone="19901230002", from_on=date(2020, 9, 1), **away)
    make.member(person=own, unit=gone, from_on=date(2015, 9, 1), until_on=date(2020, 9, 1))

    outcome = bring_in(
        xlsx(one(), one(phone="19901230002")), actor=make.grant_of(Role.UNIT_ADMIN, school)
    )

    assert codes(outcome) == [(2, "手机号", "duplicate_phone")]
    assert outcome.rows.flags == {3: ["left"]}


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.SYSTEM_LEAD, Role.SEC_ADMIN])
def test_others_do_not_import(school, role):
    with pytest.raises(NotAllowed):
        bring_in(xlsx(one()), actor=make.grant_of(role, school))


def test_an_import_is_one_row_of_the_journal_without_names(school):
    bring_in(xlsx(one()))

    row = db.session.scalar(select(Journal).filter_by(action="people.import"))
    assert (row.actor_account_id, row.body["landed"]) == (None, 1)
    assert "王芳" not in str(row.body)
    assert "19901234567" not in str(row.body)


def test_progress_is_told_in_steps_of_a_thousand_rows(school):
    steps = []
    rows = [one(phone=f"1990{number:07d}") for number in range(2_500)]

    bring_in(xlsx(*rows), progress=lambda *step: steps.append(step))

    assert [step for step in steps if step[0] == "check"] == [
        ("check", 1000, 2500),
        ("check", 2000, 2500),
        ("check", 2500, 2500),
    ]
    assert steps[-1] == ("land", 2500, 2500)
    assert db.session.query(Person).count() == 2_500
