"""A roster from a sheet: every row checked, all or none, and the same sheet again is nothing."""

from datetime import date
from io import BytesIO

import pytest
import xlsxwriter
from sqlalchemy import select

from tests import make
from tests.counting import queries
from tests.make import at
from tests.rosters.sheets import HEAD, POST, ROW, TIME, UNIT, WHO, assigned, changed, codes
from volunteer.core.db import db, transaction
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.people.models import QualificationKind
from volunteer.reminders.models import Reminder
from volunteer.rosters.errors import ROW_TEXTS
from volunteer.shifts import gate
from volunteer.shifts.models import Assignment


def test_a_clean_sheet_assigns_and_tells(bring, morning, evening, wang, li):
    outcome = bring(ROW, changed(时间="12月1日 晚", **{WHO: "王芳、李明"}), ("合计", 2))

    assert (outcome.rows, outcome.assigned, outcome.already, outcome.written) == (2, 3, 0, True)
    assert set(assigned()) == {(morning.id, wang.id), (evening.id, wang.id), (evening.id, li.id)}
    assert set(db.session.scalars(select(Assignment.origin))) == {"imported"}
    told = select(Reminder.person_id, Reminder.shift_id).where(Reminder.kind == "assigned")
    assert sorted(db.session.execute(told)) == sorted(
        [(wang.id, morning.id), (wang.id, evening.id), (li.id, evening.id)]
    )


def test_the_same_sheet_again_assigns_nobody(bring):
    bring(ROW, changed(**{TIME: "12月1日 晚", WHO: "李明"}))

    again = bring(ROW, changed(**{TIME: "12月1日 晚", WHO: "李明"}))

    assert (again.assigned, again.already, again.rejected) == (0, 2, [])
    assert len(assigned()) == 2
    assert len(db.session.scalars(select(Reminder.id)).all()) == 2


def test_whoever_was_taken_off_and_is_brought_in_again_is_told_again(bring, wang):
    bring(ROW)
    with transaction():
        db.session.scalars(select(Assignment)).one().state = "cancelled"

    bring(ROW, now=at("2026-11-23 11:00"))

    told = db.session.scalars(select(Reminder).filter_by(kind="assigned")).all()
    assert [each.person_id for each in told] == [wang.id, wang.id]
    assert max(len(each.period) for each in told) <= 20


@pytest.mark.parametrize(
    "text",
    [
        "2026年12月1日 早",
        "12.1 上午",
        "12月1日（周二）早班",
        "2026/12/1 星期二 7点半至9点",
        "12-1 早7：30～9：00",
        "2026-12-01T07:30",
        "20261201 7:30",
        date(2026, 12, 1),
        at("2026-12-01 07:30").replace(tzinfo=None, hour=7),
    ],
)
def test_times_as_people_write_them(bring, morning, evening, wang, text):
    if text == date(2026, 12, 1):  # only a day: the hours stand in their own column
        outcome = bring((text, "7:30", *ROW[1:]), head=(TIME, "时段", *HEAD[1:]))
    else:
        outcome = bring(changed(**{TIME: text}))

    assert outcome.rejected == []
    assert assigned() == [(morning.id, wang.id)]


@pytest.mark.parametrize(
    "text",
    [
        "王 芳",
        "王芳 0001",
        "王芳/19901230001",
        "王芳（199-0123-0001）",
        "19901230001",
        "  王芳；",
        "+86 199 0123 0001",
    ],
)
def test_people_as_people_write_them(bring, morning, wang, text):
    assert bring(changed(**{WHO: text})).rejected == []
    assert assigned() == [(morning.id, wang.id)]


def test_name_and_phone_may_stand_in_two_columns(bring, morning, wang, unit):
    make.person(unit=unit, name="王芳", phone="19901239999")
    head = (*HEAD[:3], "姓名", "手机号")

    outcome = bring((*ROW[:3], "王芳", 19901230001), head=head)

    assert outcome.rejected == []
    assert assigned() == [(morning.id, wang.id)]


@pytest.mark.parametrize("name", ["XAL-01", "xal-01", " 新安 路口", "新安路口"])
def test_posts_by_code_or_name(bring, morning, name):
    assert bring(changed(**{POST: name})).rejected == []
    assert assigned()[0][0] == morning.id


@pytest.mark.parametrize(
    ("given", "column", "code"),
    [
        ({TIME: ""}, TIME, "missing_time"),
        ({TIME: "早上"}, TIME, "invalid_date"),
        ({TIME: "2026-02-30 早"}, TIME, "invalid_date"),
        ({TIME: "12月1日 25:00"}, TIME, "invalid_date"),
        ({TIME: "12月2日 早"}, TIME, "no_shift"),
        ({TIME: "2026-12-01 7:40"}, TIME, "no_shift"),
        ({TIME: "2029-12-01 早"}, TIME, "no_shift"),
        ({TIME: "12月1日"}, TIME, "ambiguous_shift"),
        ({TIME: "2026-11-20 早"}, TIME, "over"),
        ({TIME: "2026-11-23 6:00"}, TIME, "over"),
        ({TIME: "2026-12-03 早"}, TIME, "cancelled"),
        ({POST: ""}, POST, "missing_post"),
        ({POST: "没有这个岗"}, POST, "unknown_post"),
        ({POST: "别处路口"}, POST, "unknown_post"),
        ({UNIT: ""}, UNIT, "missing_unit"),
        ({UNIT: "没有这个单位"}, UNIT, "unknown_unit"),
        ({UNIT: "别处街道"}, UNIT, "unknown_unit"),
        ({UNIT: "一科"}, UNIT, "ambiguous_unit"),
        ({UNIT: "二科"}, WHO, "not_in_unit"),
        ({WHO: ""}, WHO, "missing_person"),
        ({WHO: "无此人"}, WHO, "unknown_person"),
        ({WHO: "别处的人"}, WHO, "unknown_person"),
        ({WHO: "王芳 9999"}, WHO, "unknown_person"),
        ({WHO: "张伟"}, WHO, "ambiguous_person"),
        ({WHO: "李明、李明"}, WHO, "overlapping"),
        ({WHO: "忙人"}, WHO, "overlapping"),
        ({WHO: "李明、赵六、孙七"}, WHO, "full"),
    ],
)
def test_every_wrong_cell_is_told_and_nothing_written(
    bring, unit, post, corner, given, column, code
):
    post("2026-11-23 06:00", minutes=60, title="新安路口", source=f"post:{corner.id}:b")
    post("2026-12-03 07:30", title="新安路口", state="cancelled", cancel_reason="下雨")
    elsewhere = make.unit(name="别处街道")
    make.shift(starts="2026-12-01 07:30", title="别处路口", unit=elsewhere)
    make.person(unit=elsewhere, name="别处的人")
    sections = [make.unit(parent=unit, name=name) for name in ("一科", "二科", "三科")]
    make.unit(parent=sections[2], name="一科")
    for name in ("张伟", "张伟", "赵六", "孙七", "忙人"):
        person = make.person(unit=unit, name=name)
    make.assignment(person=person, shift=post("2026-12-01 08:00", title="别的岗"))
    before = len(assigned())

    outcome = bring(changed(**{TIME: "12月1日 晚"}), changed(**given))

    assert codes(outcome) == [(4, column, code)]
    assert set(ROW_TEXTS) >= {code}
    assert not outcome.written
    assert len(assigned()) == before


def test_twice_in_the_sheet_is_told(bring, post):
    post("2026-12-01 08:00", title="别的岗")

    outcome = bring(ROW, ROW, changed(**{TIME: "2026-12-01 8:00", POST: "别的岗"}))

    assert codes(outcome) == [(4, WHO, "overlapping"), (5, WHO, "overlapping")]


def test_a_formula_without_value_is_told(bring):
    file = BytesIO()
    workbook = xlsxwriter.Workbook(file)
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, HEAD)
    sheet.write_row(1, 0, ROW[:3])
    sheet.write_formula(1, 3, "=A9", None, "#REF!")
    workbook.close()

    assert codes(bring(content=file.getvalue())) == [(2, WHO, "formula_value")]


def test_the_untrained_are_refused_where_the_policy_says_so(bring, post, wang, monkeypatch):
    post("2026-12-05 07:30", title="新安路口", wanted=2, needs=QualificationKind.POST_TRAINING)
    row = changed(**{TIME: "12月5日 早"})
    monkeypatch.setattr(gate, "gates", [lambda shift, people, now: {wang.id} & set(people)])
    monkeypatch.setattr(gate, "refusing", [lambda shift: True])
    assert codes(bring(row, changed(**{WHO: "李明"}))) == [(3, WHO, "not_trained")]

    monkeypatch.setattr(gate, "refusing", [lambda shift: False])

    assert bring(row, changed(**{WHO: "李明"})).assigned == 2


def test_good_rows_are_taken_where_one_accepts_them(bring, morning, li, wang):
    rows = (ROW, changed(**{WHO: "李明、无此人"}), changed(**{WHO: "李明"}))

    outcome = bring(*rows, accept_good_rows=True)

    assert (outcome.written, outcome.assigned, codes(outcome)) == (
        True,
        2,
        [(4, WHO, "unknown_person")],
    )
    assert assigned() == [(morning.id, wang.id), (morning.id, li.id)]


def test_only_checked_where_asked(bring):
    outcome = bring(ROW, dry_run=True)

    assert (outcome.assigned, outcome.written) == (1, False)
    assert assigned() == []


def test_who_was_taken_off_may_come_back(bring, morning, wang):
    make.assignment(person=wang, shift=morning, state="cancelled")

    assert bring(ROW).assigned == 1
    assert assigned() == [(morning.id, wang.id)]
    assert db.session.scalar(select(Assignment.origin)) == "imported"


def test_where_two_units_keep_a_post_the_row_says_whose(bring, unit, post, wang):
    sections = [make.unit(parent=unit, name=name) for name in ("一科", "二科")]
    shifts = [
        make.shift(starts="2026-12-04 07:30", unit=each, title="学校门口") for each in sections
    ]
    zhao = make.person(unit=sections[1], name="赵六")
    row = {TIME: "12月4日 早", POST: "学校门口"}

    both = bring(changed(**row))
    told = bring(changed(**row, 单位="二科", **{WHO: "赵六"}))

    assert codes(both) == [(3, TIME, "ambiguous_shift")]
    assert told.rejected == []
    assert assigned() == [(shifts[1].id, zhao.id)]


def test_a_phone_is_masked_in_what_is_told(bring):
    outcome = bring(changed(**{WHO: "19901239999"}))

    assert outcome.rejected[0].value == "199****9999"


def test_a_foreign_unit_does_not_exist(bring, unit):
    section = make.unit(parent=unit, name="一科")
    with pytest.raises(NotFound):
        bring(ROW, unit=make.unit(name="别处街道"))

    assert codes(bring(ROW, unit=section)) == [(3, UNIT, "unknown_unit")]


def test_only_schedulers(bring):
    with pytest.raises(NotAllowed):
        bring(ROW, actor=make.actor_of(make.person()))


def test_checking_asks_little_however_many_rows(bring, unit, post):
    def asked(count):
        rows = []
        for number in range(count):
            name = f"志愿者{count:02}{number:03}"
            make.person(unit=unit, name=name)
            post(f"2026-12-{number % 20 + 4:02} {number // 20 + 6:02}:00", minutes=30, title=name)
            rows.append(changed(**{TIME: f"12月{number % 20 + 4}日", POST: name, WHO: name}))
        with queries() as found:
            assert bring(*rows, dry_run=True).assigned == count
        return len(found)

    assert asked(40) == asked(2) <= 20
