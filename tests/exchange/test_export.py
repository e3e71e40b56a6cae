"""Our hours leave in the shape of the app's list of honour hours; and the races of taking."""

import subprocess
import sys
import textwrap
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from tests import make
from tests.exchange.conftest import NOW
from tests.exchange.exports import served
from volunteer.core.actor import Role
from volunteer.core.db import db, transaction
from volunteer.core.models import Journal
from volunteer.exchange import service, taking
from volunteer.exchange.models import ExchangeFile, ExchangeLink, ExchangeRecord
from volunteer.hours.models import LedgerEntry
from volunteer.people.models import Person

DAY = date(2026, 10, 15)


@pytest.fixture
def keeper(client, community, set_clock):
    set_clock(NOW)
    holder = make.person(unit=community, name="周管理")
    make.login(client, holder, Role.UNIT_ADMIN)
    return holder


@pytest.fixture
def served_here(wang):
    """One scanned service of 50 minutes, one by hand, and what must not go out."""
    shift = make.shift(starts="2026-10-15 09:00", minutes=50, unit=make.unit_of(wang))
    made = make.attendance(person=wang, shift=shift, revision=1)
    make.entry(person=wang, minutes=50, on=DAY, source=f"attendance:{made.id}:1")
    make.entry(person=wang, minutes=90, on=DAY, source_class="manual")
    make.entry(person=wang, minutes=60, on=DAY, nature="duty")
    make.entry(person=wang, minutes=60, on=DAY, source_class="imported")
    wrong = make.entry(person=wang, minutes=30, on=DAY)
    make.entry(person=wang, minutes=-30, on=DAY, corrects_id=wrong.id, reason="记错")
    make.entry(person=make.person(unit=make.unit()), minutes=60, on=DAY)
    make.save(ExchangeLink(number="ZYH7", person_id=wang.id, linked_at=NOW))


def export(client, **given):
    facts = {"month": "2026-10", "unit": "AX", "reason": "每月上报", **given}
    return client.post("/exchange/export", data=facts)


def rows_of(answer):
    return CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0).to_python()


def test_the_list_has_title_note_and_header(client, keeper, wang, served_here):
    answer = export(client)

    title, note, header, *rows = rows_of(answer)
    assert "艾溪社区 2026年10月 荣誉时数" in title[0]
    assert "用户自行上传下载文件；不是官方接口。" in note[0]
    assert header[:4] == ["志愿者编号", "姓名", "手机号码", "活动名称"]
    masked = f"{wang.phone[:3]}****{wang.phone[-4:]}"
    assert [row[:7] for row in rows] == [
        ["ZYH7", "王小雨", masked, "路口劝导", "2026-10-15 09:00", "2026-10-15 09:50", 0.83],
        ["ZYH7", "王小雨", masked, "志愿服务", "2026-10-15", "", 1.5],
    ]
    noted = db.session.scalar(select(Journal.body).where(Journal.action == "exchange.export"))
    assert noted == {
        "month": "2026-10",
        "rows": 2,
        "full_phones": False,
        "reason": "每月上报",
    }


def test_full_phones_leave_only_when_asked_for(client, keeper, wang, served_here):
    assert rows_of(export(client, phones="y"))[3][2] == wang.phone


def test_a_month_without_hours_and_a_wrong_month_are_refused(client, keeper):
    assert export(client).status_code == 409
    assert export(client, month="2026-13").status_code == 400
    assert export(client, reason="").status_code == 400


def test_two_processes_take_the_same_record_once(app, bring, wang, admin, database_url):
    """The database's unique source is the last word, whoever comes second."""
    file = bring(served(wang))
    account, person, path = admin.account_id, admin.person_id, make.unit_of(admin_of(admin)).path
    key = f"{wang.public_id}.2026-11-05"
    program = f"""
        from tests.conftest import app_on
        from tests.exchange.conftest import NOW
        from volunteer.core.actor import Actor, Grant, Role
        from volunteer.exchange import service, taking
        grants = frozenset({{Grant(Role.UNIT_ADMIN, {path!r})}})
        actor = Actor("x", {account}, {person}, grants)
        with app_on({database_url!r}).app_context():
            taken = taking.take(
                {file.public_id!r}, [{key!r}],
                reason="核对一致", actor=actor, now=NOW)
            print(taken.records)
    """
    db.session.rollback()
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program)],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    told = [racer.communicate(timeout=60)[0].split()[-1] for racer in racers]

    assert sorted(told) == ["0", "0", "1"]
    entered = select(func.sum(LedgerEntry.minutes)).filter_by(person_id=wang.id)
    assert db.session.scalar(entered) == 120
    assert dict(
        taking.take(
            file.public_id,
            [f"{wang.public_id}.2026-11-05"],
            reason="再来一次",
            actor=admin,
            now=NOW,
        ).left_out
    ) == {"taken": 1}


def admin_of(actor):
    """The person behind an actor."""
    return db.session.get_one(Person, actor.person_id)


def test_erased_people_and_old_strangers_are_forgotten(bring, wang):
    bring(served(wang), served(None, name="陌生人", phone="19955550000"))
    with transaction() as session:
        session.get_one(Person, wang.id).state = "erased"

    assert service.forget(now=NOW + timedelta(days=89)) == 1
    assert service.forget(now=NOW + timedelta(days=91)) == 1
    [record] = db.session.scalars(select(ExchangeRecord)).all()
    assert (record.name, record.phone, record.number) == ("已注销", None, None)
    assert db.session.scalar(select(func.count()).select_from(ExchangeLink)) == 0


def test_what_was_merged_into_an_erased_person_is_forgotten(bring, wang, community):
    double = make.person(unit=community, name="王小雨")
    bring(served(double))
    with transaction() as session:
        merged = session.get_one(Person, double.id)
        merged.state, merged.merged_into_id = "merged", wang.id
    assert service.forget(now=NOW) == 0
    with transaction() as session:
        session.get_one(Person, wang.id).state = "erased"

    assert service.forget(now=NOW) == 1
    assert service.forget(now=NOW) == 0
    [record] = db.session.scalars(select(ExchangeRecord)).all()
    assert (record.name, record.phone, record.number) == ("已注销", None, None)
    assert db.session.scalar(select(func.count()).select_from(ExchangeLink)) == 0


def test_the_wrong_cells_of_old_files_are_forgotten(bring, wang):
    file = bring(served(wang), served(wang, starts="王小雨 19955550000"))
    counts = dict(file.counts)
    assert file.errors[0]["value"]

    assert service.forget(now=NOW + timedelta(days=89)) == 0
    assert service.forget(now=NOW + timedelta(days=91)) == 1
    assert service.forget(now=NOW + timedelta(days=92)) == 0
    db.session.expire_all()
    [kept] = db.session.scalars(select(ExchangeFile)).all()
    assert (kept.errors, kept.counts) == ([], counts)
