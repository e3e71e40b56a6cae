"""Pages that change one person's record, and the look at a whole phone number."""

from datetime import date
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from tests import make
from tests.counting import weigh
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.models import Journal
from volunteer.people import queries, records
from volunteer.people.models import Person


@pytest.fixture
def school(app):
    return make.unit(name="新安江小学", code="S01")


@pytest.fixture
def office(app):
    return make.unit(name="市教育局", code="D01")


@pytest.fixture(autouse=True)
def today(set_clock):
    set_clock("2026-11-23 09:00")


@pytest.fixture
def admin(client, school):
    return make.login(client, make.person(unit=school, name="管理员"), Role.UNIT_ADMIN)


@pytest.fixture
def wang(school):
    return make.person(
        unit=school, name="王芳", phone="19901234567", name_pinyin="wf", from_on=date(2026, 1, 1)
    )


def noted(action):
    return db.session.scalars(select(Journal).filter_by(action=action)).all()


def test_a_person_is_added_on_the_page(client, admin, school):
    given = {"name": "李强", "phone": "", "unit": "S01", "category": "", "from_on": "2026-11-23"}

    answer = client.post("/people/new", data=given)

    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "李强" in page and "roll call" in page or "点名" in page


@pytest.mark.parametrize(
    ("wrong", "word"),
    [({"name": "123"}, "name"), ({"phone": "123"}, "phone"), ({"from_on": "gestern"}, "from_on")],
)
def test_what_is_wrong_stands_beside_its_field(client, admin, school, wrong, word):
    given = {"name": "李强", "phone": "", "unit": "S01", "category": "", "from_on": "2026-11-23"}

    answer = client.post("/people/new", data={**given, **wrong})

    assert answer.status_code == 400
    assert f'id="{word}-error"' in answer.text


def test_the_same_name_is_asked_about(client, admin, wang):
    given = {"name": "王芳", "phone": "", "unit": "S01", "category": "", "from_on": "2026-11-23"}

    answer = client.post("/people/new", data=given)

    assert answer.status_code == 409
    assert 'name="another"' in answer.text
    assert client.post("/people/new", data={**given, "another": "y"}).status_code == 303


def test_edit_transfer_leave_return_and_undo_on_the_pages(client, admin, school, wang):
    make.unit(parent=school, code="S02", name="西校区")
    at = f"/people/{wang.public_id}"

    edited = {"name": "王芳芳", "phone": "19901234567", "category": "公务员"}
    assert client.post(f"{at}/edit", data=edited).status_code == 303
    moved = {"unit": "S02", "on": "2026-11-20"}
    assert client.post(f"{at}/transfer", data=moved).status_code == 303
    assert "西校区" in client.get(at).text
    assert client.post(f"{at}/undo").status_code == 303
    assert client.post(f"{at}/leave", data={"on": "2026-11-20"}).status_code == 303
    assert client.get(f"{at}/return").status_code == 200
    back = {"unit": "S01", "on": "2026-11-23"}
    assert client.post(f"{at}/return", data=back).status_code == 303
    for page in ("edit", "transfer", "leave", "qualify", "phone"):
        assert client.get(f"{at}/{page}").status_code == 200

    days = [(each.from_on, each.until_on) for each in queries.memberships_of(wang.id)]
    assert days == [(date(2026, 11, 23), None), (date(2026, 1, 1), date(2026, 11, 20))]


def test_a_qualification_is_entered_once_and_ended(client, admin, wang):
    given = {
        "kind": "first_aid",
        "source": "红十字会",
        "granted_on": "2026-05-01",
        "expires_on": "",
    }
    at = f"/people/{wang.public_id}"

    for _ in range(2):
        assert client.post(f"{at}/qualify", data=given).status_code == 303
    [made] = records.qualifications_of(wang.id)
    assert "红十字会" in client.get(at).text
    assert client.post(f"{at}/qualifications/{made.id}/end").status_code == 303

    assert "红十字会" not in client.get(at).text
    wrong = client.post(f"{at}/qualify", data={**given, "expires_on": "2026-04-01"})
    assert wrong.status_code == 400
    assert 'id="expires_on-error"' in wrong.text


def test_every_look_at_a_phone_has_a_reason_in_the_journal(client, admin, wang):
    """R63, P21."""
    at = f"/people/{wang.public_id}/phone"

    assert "1234 567" not in client.get(at).text
    assert client.post(at, data={"reason": " "}).status_code == 400
    page = client.post(at, data={"reason": "核对"}).text

    assert "tel:19901234567" in page
    [row] = noted("people.show_phone")
    assert row.body["reason"] == "核对"


def test_a_coordinator_sees_a_phone_only_about_the_own_shifts(client, school, wang):
    """R63: from 24 hours before a shift to 24 hours after it."""
    make.login(client, make.person(unit=school), Role.COORDINATOR)
    at, why = f"/people/{wang.public_id}/phone", {"reason": "集合"}

    assert client.post(at, data=why).status_code == 403
    make.assignment(person=wang, shift=make.shift(unit=school, starts="2026-11-25 09:30"))
    assert client.post(at, data=why).status_code == 403
    make.assignment(person=wang, shift=make.shift(unit=school, starts="2026-11-24 08:30"))
    assert "tel:19901234567" in client.post(at, data=why).text


def rows_of(answer):
    [sheet] = CalamineWorkbook.from_filelike(BytesIO(answer.data)).sheet_names
    book = CalamineWorkbook.from_filelike(BytesIO(answer.data))
    return book.get_sheet_by_name(sheet).to_python()


def test_the_list_is_saved_as_it_is_filtered_and_masked(client, admin, wang, office):
    """P21."""
    make.person(unit=office, name="王强", phone="19907654321")

    rows = rows_of(client.post("/people/export?q=王"))

    assert [row[1] for row in rows[3:]] == ["王芳"]
    assert rows[3][2] == "199****4567"
    assert "管理员" in rows[1][0]
    [row] = noted("people.export")
    assert (row.body["rows"], row.body["whole"]) == (1, False)


def test_whole_numbers_need_the_right_and_a_reason(app, client, admin, school, wang):
    refused = client.post("/people/export", data={"whole": "y", "reason": ""})
    assert refused.status_code == 400
    assert 'id="reason-error"' in refused.text
    rows = rows_of(client.post("/people/export", data={"whole": "y", "reason": "应急名单"}))
    assert "19901234567" in {row[2] for row in rows}

    coordinator = app.test_client()
    make.login(coordinator, make.person(unit=school), Role.COORDINATOR)
    asked = coordinator.post("/people/export", data={"whole": "y", "reason": "应急名单"})
    assert asked.status_code == 403


def test_a_foreign_person_is_not_saved_counted_or_filtered(client, admin, school, office):
    """P10: search, filter, count and export."""
    foreign = make.person(unit=office, name="李强", phone="19907654321", category="公务员")
    left = make.person(unit=office, name="李左", state="left", until_on=date(2026, 6, 1))

    for asked in (
        "q=李",
        "q=lq",
        "q=4321",
        "category=公务员",
        "consent=pending&q=李",
        "state=left",
    ):
        page = client.get(f"/people?{asked}")
        assert foreign.public_id not in page.text
        assert left.public_id not in page.text
        assert rows_of(client.post(f"/people/export?{asked}"))[3:] == []
    assert client.post("/people/export?unit=D01").status_code == 404
    for path in ("edit", "transfer", "leave", "return", "phone", "qualify"):
        assert client.get(f"/people/{foreign.public_id}/{path}").status_code == 404


def test_people_are_found_by_the_first_letters_of_their_names(client, admin, wang):
    assert [line.name for line in queries.search(under=["/"], words="WF").lines] == ["王芳"]
    assert [line.name for line in queries.search(under=["/"], words="f").lines] == []


def test_the_filters_narrow_the_list_and_stay_on_the_next_page(client, admin, school):
    for number in range(60):
        make.person(unit=school, category=("公务员", "国企职工")[number % 2], consent="given")
    make.person(unit=school, name="老李", state="left", until_on=date(2026, 6, 1))

    page = client.get("/people?category=国企职工&consent=given").text
    assert "30" in page
    assert "after=" not in page
    page = client.get("/people?consent=given").text
    assert "after=" in page
    assert "consent=given" in page
    assert "老李" in client.get("/people?state=left").text


def test_pages_cost_the_same_however_many_people_there_are(client, admin, school, wang):
    few = weigh(client, "/people?q=志愿")
    for _ in range(60):
        make.person(unit=school)

    assert weigh(client, "/people?q=志愿") == few
    assert weigh(client, "/people") <= 15
    assert weigh(client, f"/people/{wang.public_id}") <= 15


def test_a_person_who_has_left_is_shown_as_such(client, admin, school):
    left = make.person(unit=school, name="老李", state="left", until_on=date(2026, 6, 1))
    assert db.session.get(Person, left.id).state == "left"
    assert f"/people/{left.public_id}/return" in client.get(f"/people/{left.public_id}").text
