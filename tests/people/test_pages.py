"""The pages of the register: search within the caller's units, masked, page by page."""

import re
from datetime import date

import pytest
from sqlalchemy import event

from tests import make
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.people import queries


@pytest.fixture
def school(app):
    return make.unit(name="新安江小学", code="S01")


@pytest.fixture
def office(app):
    return make.unit(name="市教育局", code="D01")


@pytest.fixture
def coordinator(client, school):
    person = make.person(unit=school, name="联络员")
    make.login(client, person, Role.COORDINATOR)
    return person


def names(**given):
    return [line.name for line in queries.search(**given).lines]


def test_a_coordinator_finds_the_own_people_with_masked_phones(client, coordinator, school):
    """P21."""
    make.person(unit=school, name="王芳", phone="19901234567")

    page = client.get("/people?q=王").text

    assert "王芳" in page
    assert "199****4567" in page
    assert "19901234567" not in page


@pytest.mark.parametrize("words", ["李强", "李", "5678", "19901235678", "V0004711"])
def test_a_foreign_person_is_found_by_nothing(client, coordinator, office, words):
    """P10: nor is there a hint that the person exists."""
    make.person(unit=office, name="李强", phone="19901235678", volunteer_number="V0004711")

    page = client.get("/people", query_string={"q": words})

    assert page.status_code == 200
    assert "0 人符合" in page.text or "0 people" in page.text


def test_a_foreign_person_is_the_same_404_as_an_unknown_one(client, coordinator, office):
    foreign = make.person(unit=office)

    assert client.get(f"/people/{foreign.public_id}").status_code == 404
    assert client.get("/people/0000000000000000").status_code == 404


def test_a_foreign_unit_is_no_filter(client, coordinator, office):
    assert client.get("/people?unit=D01").status_code == 404
    assert client.get("/people?unit=NONE").status_code == 404


def test_who_moved_on_is_found_in_the_new_unit_only(school, office):
    wang = make.person(unit=school, name="王芳", until_on=date(2026, 6, 1))
    make.member(person=wang, unit=office, from_on=date(2026, 6, 1))

    assert names(under=[school.path]) == []
    assert names(under=[office.path]) == ["王芳"]


def test_a_leaver_stays_visible_to_the_last_unit(client, coordinator, school):
    left = make.person(unit=school, name="王芳", state="left", until_on=date(2026, 6, 1))

    assert client.get(f"/people/{left.public_id}").status_code == 200


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("芳", ["王芳", "王芳芳"]),
        ("王 芳芳", ["王芳芳"]),
        ("4567", ["王芳"]),
        ("199 0123 4567", ["王芳"]),
        ("v0004711", ["王芳芳"]),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("9990", []),
    ],
)
def test_people_are_found_by_name_phone_and_number(school, words, expected):
    make.person(unit=school, name="王芳", phone="19901234567")
    make.person(unit=school, name="王芳芳", phone="19901230000", volunteer_number="V0004711")
    make.person(unit=school, name="李强", phone=None)

    assert names(under=["/"], words=words) == expected


def test_the_pages_turn_without_gap_or_repeat(school):
    for number in range(12):
        make.person(unit=school, name=f"王{'芳强敏'[number % 3]}")

    seen, mark = [], None
    while True:
        page = queries.search(under=[school.path], after=mark, limit=5)
        seen.append([line.public_id for line in page.lines])
        mark = page.after
        if mark is None:
            break
    back = queries.search(under=[school.path], before=page.before, limit=5)

    assert [len(lines) for lines in seen] == [5, 5, 2]
    assert len({public_id for lines in seen for public_id in lines}) == 12
    assert [line.public_id for line in back.lines] == seen[1]
    assert queries.search(under=[school.path], limit=5).before is None


def test_the_list_is_small_and_asks_few_questions(client, coordinator, school):
    for _ in range(60):
        make.person(unit=school)
    asked = []

    @event.listens_for(db.engine, "before_cursor_execute")
    def count(connection, cursor, statement, *_):
        asked.append(statement)

    page = client.get("/people")

    event.remove(db.engine, "before_cursor_execute", count)
    assert len([statement for statement in asked if statement.startswith("SELECT")]) <= 15
    assert len(page.data) < 100_000
    assert len(re.findall(r"/people/[0-9a-f]{16}\"", page.text)) == 50
    assert "after=" in page.text


def test_the_page_of_a_person_tells_where_one_belonged(client, coordinator, school, office):
    wang = make.person(unit=office, name="王芳", phone="19901234567", until_on=date(2026, 6, 1))
    make.member(person=wang, unit=school, from_on=date(2026, 6, 1))

    page = client.get(f"/people/{wang.public_id}").text

    assert "王芳" in page
    assert wang.volunteer_number in page
    assert "199****4567" in page
    assert "19901234567" not in page
    assert page.index("新安江小学") < page.index("市教育局")


def test_a_volunteer_has_no_list(client, school):
    make.login(client, make.person(unit=school))

    assert client.get("/people").status_code == 403


def test_nobody_comes_in_without_a_log_in(client):
    assert client.get("/people").status_code == 303


def test_members_are_counted_by_unit(school, office):
    for _ in range(3):
        make.person(unit=school)
    make.person(unit=office, until_on=date(2026, 6, 1))

    counted = queries.counts_by_unit(under=["/"], day=date(2026, 6, 1))

    assert counted == {school.id: 3}
