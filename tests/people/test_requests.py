"""The own data: seeing, correcting, copying, agreeing, and asking to be erased."""

import json
from datetime import date
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from tests import make
from tests.make import at
from volunteer.accounts import logins
from volunteer.accounts.errors import WrongPassword
from volunteer.accounts.models import Account
from volunteer.audits import queries as audits
from volunteer.core.actor import Role
from volunteer.core.clock import Month
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.core.models import Journal
from volunteer.people import errors, merging, queries, records, requests
from volunteer.people.models import Consent, ConsentState, Person, PersonRequest
from volunteer.shifts.models import Assignment

NOW, TODAY, MONTH = at("2026-11-23 09:00"), date(2026, 11, 23), Month(2026, 11)


@pytest.fixture
def school(app):
    return make.unit(name="新安江小学", code="S01")


@pytest.fixture
def wang(school):
    return make.person(unit=school, name="王芳", phone="19901234567", from_on=date(2026, 1, 1))


@pytest.fixture
def me(wang):
    make.account(person=wang, password="Herbst-2026")
    return make.actor_of(wang)


@pytest.fixture
def admin(school):
    return make.grant_of(Role.UNIT_ADMIN, school)


@pytest.fixture
def office(app):
    return make.grant_of(Role.CITY_OFFICE, make.city())


def decide(asked, actor, *, grant=True, reason=None):
    return requests.decide(asked.public_id, grant=grant, reason=reason, actor=actor, now=NOW)


def test_another_name_is_asked_for_once_and_changed_by_the_unit(wang, me, admin):
    asked = requests.ask_name(" 王 芳芳", actor=me, now=NOW)
    again = requests.ask_name("王芳芳", actor=me, now=NOW)
    assert again.id == asked.id
    with pytest.raises(errors.AskedAlready):
        requests.ask_name("王芬", actor=me, now=NOW)

    decide(asked, admin)

    person = db.session.get(Person, wang.id)
    assert (person.name, person.name_pinyin) == ("王芳芳", "wff")
    with pytest.raises(NotFound):
        decide(asked, admin)


def test_the_stored_name_is_not_asked_for(me):
    with pytest.raises(errors.NameUnchanged):
        requests.ask_name("王芳", actor=me, now=NOW)


def test_a_refusal_has_a_reason_that_the_person_reads(client, set_clock, wang, me, admin):
    set_clock(NOW)
    asked = requests.ask_name("王芳芳", actor=me, now=NOW)
    with pytest.raises(errors.ReasonUnknown):
        decide(asked, admin, grant=False)
    decide(asked, admin, grant=False, reason="not_proved")
    make.login(client, wang)

    assert str(records.requests_of(wang.id)[0].state) == "refused"
    assert "未通过" in client.get("/my-data").text


def test_a_request_is_taken_back_by_its_person_only(me, school):
    asked = requests.ask_deletion(actor=me, now=NOW)
    other = make.actor_of(make.person(unit=school))
    with pytest.raises(NotFound):
        requests.take_back(asked.public_id, actor=other, now=NOW)

    requests.take_back(asked.public_id, actor=me, now=NOW)
    requests.take_back(asked.public_id, actor=me, now=NOW)

    assert asked.state == "taken_back"
    assert requests.ask_deletion(actor=me, now=NOW).id != asked.id


def test_only_the_city_office_erases_and_nobody_themselves(wang, me, admin, office, school):
    asked = requests.ask_deletion(actor=me, now=NOW)

    with pytest.raises(NotAllowed):
        decide(asked, admin)
    with pytest.raises(NotFound):
        decide(asked, make.grant_of(Role.UNIT_ADMIN, make.unit()))
    make.grant(person=wang, role=Role.CITY_OFFICE, unit=make.city())
    with pytest.raises(NotAllowed):
        decide(asked, make.actor_of(wang))
    assert decide(asked, office).state == "done"


def test_erasing_leaves_the_totals_and_no_name_or_phone(wang, me, office, school):
    """P21."""
    make.entry(person=wang, minutes=130, on=date(2026, 11, 3))
    soon = make.assignment(person=wang, shift=make.shift(unit=school, starts="2026-11-25 09:00"))
    other = make.person(unit=school, name="王芳", phone="19907654321")
    merging.merge(wang.public_id, other.public_id, actor=office, now=NOW)
    before = audits.month_table(MONTH, school, today=TODAY).whole
    requests.ask_name("王芳芳", actor=me, now=NOW)

    decide(requests.ask_deletion(actor=me, now=NOW), office)

    after = audits.month_table(MONTH, school, today=TODAY).whole
    assert (after.people, after.minutes) == (before.people, before.minutes)
    gone = db.session.get(Person, wang.id)
    assert (gone.name, gone.phone, gone.phone_tail, gone.state) == ("已注销", None, None, "erased")
    assert db.session.get(Person, other.id).name == "已注销"
    account = db.session.scalar(select(Account).filter_by(person_id=wang.id))
    assert (account.state, account.password_hash) == ("disabled", None)
    assert db.session.get(Assignment, soon.id).state == "cancelled"
    assert {row.name for row in db.session.scalars(select(PersonRequest))} == {None}
    assert queries.search(under=["/"], words="王芳").people == 0
    assert queries.unit_on(wang.id, TODAY) is None
    bodies = " ".join(str(row.body) for row in db.session.scalars(select(Journal)))
    assert "王芳" not in bodies
    assert "1990" not in bodies


def test_consent_is_answered_by_version_and_withdrawn_as_easily(wang, me, office):
    """R4, R62."""
    requests.answer_notice(ConsentState.GIVEN, version=1, actor=me, now=NOW)
    requests.answer_notice(ConsentState.GIVEN, version=1, actor=me, now=NOW)
    assert not records.asks_consent(wang.id)

    new = requests.publish("谁：创建办\n做什么：服务", actor=office, now=NOW)
    assert requests.publish("谁：创建办\n做什么：服务", actor=office, now=NOW).id == new.id
    assert records.asks_consent(wang.id)
    with pytest.raises(errors.NoticeOld):
        requests.answer_notice(ConsentState.GIVEN, version=1, actor=me, now=NOW)
    requests.answer_notice(ConsentState.GIVEN, version=2, actor=me, now=NOW)
    requests.answer_notice(ConsentState.WITHDRAWN, version=2, actor=me, now=NOW)

    answers = [(row.version, row.state) for row in db.session.scalars(select(Consent))]
    assert answers == [(1, "given"), (2, "given"), (2, "withdrawn")]
    assert db.session.get(Person, wang.id).consent == "withdrawn"


def test_a_notice_has_paragraphs_and_is_published_by_the_office(admin, office):
    with pytest.raises(errors.NoticeEmpty):
        requests.publish("没有标题的一段", actor=office, now=NOW)
    with pytest.raises(NotAllowed):
        requests.publish("谁：创建办", actor=admin, now=NOW)


def test_the_page_of_the_own_data(client, set_clock, wang, school):
    set_clock(NOW)
    make.login(client, wang)
    make.exemption(person=wang, from_on=date(2026, 2, 1), until_on=date(2026, 2, 28))

    page = client.get("/my-data").text
    assert "19901234567" in page
    assert "新安江小学" in page
    assert client.post("/my-data/name", data={"name": "王芳"}).status_code == 400
    assert client.post("/my-data/name", data={"name": "王芳芳"}).status_code == 303
    assert client.post("/my-data/deletion").status_code == 303
    assert client.get("/my-data").text.count("take-back") == 2
    answered = client.post("/my-data/consent", data={"version": "1", "answer": "given"})
    assert answered.status_code == 303
    old = client.post("/my-data/consent", data={"version": "7", "answer": "given"})
    assert old.status_code == 409
    assert client.post("/my-data/consent", data={"version": "1"}).status_code == 409
    assert "王芳芳" in client.get("/my-data").text


def test_the_copy_holds_everything_in_both_forms(client, set_clock, wang, school):
    set_clock(NOW)
    other = make.person(unit=school, name="王芳", phone=None)
    make.entry(person=wang, minutes=70, on=date(2026, 11, 3))
    make.entry(person=other, minutes=60, on=date(2026, 11, 4))
    admin = make.grant_of(Role.UNIT_ADMIN, school)
    merging.merge(wang.public_id, other.public_id, actor=admin, now=NOW)
    make.login(client, wang)

    made = json.loads(client.post("/my-data/copy.json").data)
    assert [row["volunteer_number"] for row in made["person"]] == [
        wang.volunteer_number,
        other.volunteer_number,
    ]
    assert [row["minutes"] for row in made["hours"]] == [70, 60]
    assert made["units"][0]["from_on"] == "2026-01-01"
    book = CalamineWorkbook.from_filelike(BytesIO(client.post("/my-data/copy.xlsx").data))
    assert len(book.sheet_names) == 7
    assert book.get_sheet_by_index(0).to_python()[1][2] == "19901234567"
    assert client.post("/my-data/copy.pdf").status_code == 404
    noted = db.session.scalars(select(Journal).filter_by(action="people.copy")).all()
    assert [row.body["form"] for row in noted] == ["json", "xlsx"]


def test_requests_wait_on_a_page_and_are_answered_there(client, set_clock, school, wang, me):
    set_clock(NOW)
    asked = requests.ask_name("王芳芳", actor=me, now=NOW)
    foreign = make.person(unit=make.unit(), name="李强")
    requests.ask_name("李刚", actor=make.actor_of(foreign), now=NOW)
    make.login(client, make.person(unit=school, name="管理员"), Role.UNIT_ADMIN)

    page = client.get("/people/requests").text
    assert "王芳芳" in page
    assert "李" not in page
    assert "/people/requests" in client.get("/people").text
    refused = client.post(f"/people/requests/{asked.public_id}", data={"grant": "no"})
    assert refused.status_code == 400
    granted = client.post(f"/people/requests/{asked.public_id}", data={"grant": "yes"})
    assert granted.status_code == 303
    assert "王芳芳" not in client.get("/people/requests").text


def test_a_new_notice_is_published_on_its_page(client, set_clock, wang, office):
    set_clock(NOW)
    make.login(client, db.session.get(Person, office.person_id))

    assert client.post("/people/notices", data={"body": "没有"}).status_code == 400
    assert client.post("/people/notices", data={"body": "谁：创建办"}).status_code == 303
    assert client.get("/people/notices").text.count("<details") >= 2


def test_a_phone_is_changed_with_the_password(client, set_clock, wang, me):
    set_clock(NOW)
    visit = logins.Visit("test", None)
    with pytest.raises(WrongPassword):
        logins.change_phone("falsch", "19907654321", visit=visit, actor=me, now=NOW)
    make.login(client, wang)

    page = client.post("/account/phone", data={"phone": "123", "current": "Herbst-2026"})
    assert page.status_code == 400
    changed = client.post(
        "/account/phone", data={"phone": "199 0765 4321", "current": "Herbst-2026"}
    )

    assert changed.status_code == 303
    assert "19907654321" in client.get("/my-data").text
    assert logins.log_in("19907654321", "Herbst-2026", visit=visit, now=NOW)
