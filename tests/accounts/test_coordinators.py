"""Appointing coordinators of units and grids: who may, at once, and what the pages show."""

import pytest
from sqlalchemy import func, select

from tests import make
from tests.counting import weigh
from tests.make import at
from volunteer.accounts import coordinators, queries
from volunteer.accounts.errors import (
    NoPhone,
    NotOneself,
    PersonAmbiguous,
    PersonUnknown,
    RolesApart,
)
from volunteer.accounts.models import AccountGrant
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.core.models import Journal
from volunteer.people import queries as people
from volunteer.units.errors import UnitEnded

NOW = at("2026-11-23 09:00")
TODAY = NOW.date()


@pytest.fixture
def bureau(app):
    return make.unit(code="D01", name="市教育局")


@pytest.fixture
def section(bureau):
    return make.unit(code="D01-1", name="基础教育科", parent=bureau)


@pytest.fixture
def admin(bureau):
    return make.grant_of(Role.UNIT_ADMIN, bureau)


@pytest.fixture
def wang(section):
    return make.person(unit=section, name="王芳", phone="19900001234")


def appoint(who, unit, actor, **given):
    return coordinators.appoint(who, unit, actor=actor, now=NOW, **given)


def held():
    going_on = select(AccountGrant).filter_by(ended_at=None, role=Role.COORDINATOR)
    return [(row.account_id, row.unit_id, row.grid_id) for row in db.session.scalars(going_on)]


@pytest.mark.parametrize("words", ["王芳", "1234", "199 0000 1234", "王 芳"])
def test_a_coordinator_is_appointed_once(admin, section, wang, words):
    first = appoint(words, section, admin).id

    assert appoint(words, section, admin).id == first
    assert held() == [(make.account_of(wang).id, section.id, None)]
    entry = db.session.scalars(select(Journal)).one()
    assert (entry.action, entry.unit_path) == ("accounts.grant", section.path)
    assert entry.body == {"role": "coordinator"}


def test_one_person_may_coordinate_a_unit_and_its_grids(admin, section, wang):
    one, two = make.grid(lead=section), make.grid(lead=section)

    for grid in (None, one, two, one):
        appoint("王芳", section, admin, grid=grid)

    account = make.account_of(wang).id
    assert sorted(held(), key=str) == sorted(
        [(account, section.id, grid) for grid in (None, one.id, two.id)], key=str
    )


def test_whom_one_may_not_appoint(admin, bureau, section, wang):
    make.person(unit=section, name="李强")
    make.person(unit=bureau, name="李强")
    make.person(unit=section, name="无手机", phone=None)
    make.person(name="外单位人")
    auditor = make.person(unit=section, name="审计员")
    make.grant(person=auditor, role=Role.AUDIT_ADMIN, unit=make.city())
    own_name = db.session.scalars(
        select(func.max(AccountGrant.account_id)).filter_by(role=Role.UNIT_ADMIN)
    ).one()
    assert own_name == admin.account_id

    for words, refusal in (
        ("没有此人", PersonUnknown),
        ("外单位人", PersonUnknown),
        ("李强", PersonAmbiguous),
        ("无手机", NoPhone),
        ("审计员", RolesApart),
        (admin.name, NotOneself),
    ):
        with pytest.raises(refusal):
            appoint(words, section, admin)
    assert held() == []


def test_one_appoints_within_the_own_units_only(admin, bureau, section, wang):
    other = make.unit()
    over = make.unit(ended_on=TODAY, parent=bureau)

    with pytest.raises(NotFound):
        appoint("王芳", other, admin)
    with pytest.raises(NotFound):
        appoint("王芳", section, admin, grid=make.grid(lead=other))
    with pytest.raises(UnitEnded):
        appoint("王芳", over, admin)
    with pytest.raises(NotAllowed):
        appoint("王芳", section, make.grant_of(Role.COORDINATOR, bureau))
    with pytest.raises(NotFound):
        appoint("王芳", section, make.actor_of(make.person(unit=section)))
    assert (make.account_of(wang).id, section.id, None) not in held()


def test_the_city_office_appoints_everywhere(section, wang):
    appoint("王芳", section, make.grant_of(Role.CITY_OFFICE, make.city()))

    assert len(held()) == 1


def test_an_appointment_is_ended_once(admin, section, wang):
    grant_id = appoint("王芳", section, admin).id

    for _ in range(2):
        coordinators.end(grant_id, actor=admin, now=NOW)
    assert held() == []
    assert (
        db.session.scalar(select(func.count()).where(Journal.action == "accounts.end_grant")) == 1
    )
    stranger = make.grant_of(Role.UNIT_ADMIN, make.unit())
    with pytest.raises(NotFound):
        coordinators.end(grant_id, actor=stranger, now=NOW)


def test_a_role_that_is_no_appointment_is_not_ended_here(bureau, section):
    office = make.grant_of(Role.CITY_OFFICE, make.city())
    kept = make.grant(person=make.person(unit=section), role=Role.UNIT_ADMIN, unit=section)

    with pytest.raises(NotFound):
        coordinators.end(kept.id, actor=office, now=NOW)


def test_work_is_handed_over_wholly_or_not_at_all(admin, section, wang):
    li = make.person(unit=section, name="李强")
    grid = make.grid(lead=section)
    grant_id = appoint("王芳", section, admin, grid=grid).id

    with pytest.raises(PersonUnknown):
        coordinators.hand_over(grant_id, "没有此人", actor=admin, now=NOW)
    assert held() == [(make.account_of(wang).id, section.id, grid.id)]
    coordinators.hand_over(grant_id, "王芳", actor=admin, now=NOW)
    assert held() == [(make.account_of(wang).id, section.id, grid.id)]
    coordinators.hand_over(grant_id, "李强", actor=admin, now=NOW)
    assert held() == [(make.account_of(li).id, section.id, grid.id)]
    with pytest.raises(NotFound):
        coordinators.hand_over(grant_id, "李强", actor=admin, now=NOW)


def lacking():
    counts = people.counts_by_unit(under=["/"], day=TODAY)
    found = queries.without_coordinator(under=["/"], day=TODAY, people=counts)
    return [(each.name, each.covered_by) for each in found]


def test_units_without_a_coordinator_are_listed(admin, bureau, section, wang):
    """A unit without people needs none; one that has left does not count."""
    make.unit(name="没有人的单位")
    assert lacking() == [("市教育局", None), ("基础教育科", None)]

    boss = make.person(unit=bureau, name="联络员")
    make.grant(person=boss, role=Role.COORDINATOR, unit=bureau)
    assert lacking() == [("基础教育科", "市教育局")]

    left = make.person(unit=section, state="left")
    make.grant(person=left, role=Role.COORDINATOR, unit=section)
    closed = make.person(unit=section)
    make.account(person=closed, state="disabled")
    make.grant(person=closed, role=Role.COORDINATOR, unit=section)
    assert lacking() == [("基础教育科", "市教育局")]
    make.grant(person=wang, role=Role.COORDINATOR, unit=section)
    assert lacking() == []


@pytest.fixture
def desk(client, bureau, set_clock):
    """A browser in which the bureau's administrator is logged in."""
    set_clock(NOW)
    make.login(client, make.person(unit=bureau), Role.UNIT_ADMIN)
    return client


def test_rights_act_at_the_next_request(app, desk, section, wang):
    hers = app.test_client()
    make.login(hers, wang)
    assert hers.get("/shifts").status_code == 403

    answer = desk.post("/coordinators/new", data={"who": "王芳", "unit": "基础教育科"})
    assert (answer.status_code, answer.location) == (303, "/coordinators?unit=D01-1")
    assert hers.get("/shifts").status_code == 200

    grant_id = db.session.scalars(
        select(AccountGrant.id).filter_by(role=Role.COORDINATOR, ended_at=None)
    ).one()
    assert "王芳" in desk.get("/coordinators").text
    assert desk.post(f"/coordinators/{grant_id}/end").status_code == 303
    assert hers.get("/shifts").status_code == 403
    assert "王芳" not in desk.get("/coordinators").text


def test_a_grid_has_its_coordinator(desk, section, wang):
    grid = make.grid(lead=section, code="XQ-01", name="府前小区")

    assert desk.get("/coordinators/new?grid=XQ-01").status_code == 200
    answer = desk.post("/coordinators/new", data={"who": "1234", "grid": "XQ-01"})
    assert answer.status_code == 303
    assert held() == [(make.account_of(wang).id, section.id, grid.id)]
    assert "府前小区" in desk.get("/coordinators?q=府前").text
    assert "王芳" in desk.get("/grids/XQ-01").text


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"who": ""}, "who-error"),
        ({"who": "没有此人"}, "who-error"),
        ({"unit": ""}, "unit-error"),
        ({"unit": "没有这个单位"}, "unit-error"),
        ({"grid": "NONE"}, "grid-error"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(desk, section, wang, given, where):
    answer = desk.post("/coordinators/new", data={"who": "王芳", "unit": "D01-1", **given})

    assert answer.status_code in {400, 404}
    assert f'id="{where}"' in answer.text
    assert held() == []


def test_handing_over_on_the_page(desk, section, wang):
    li = make.person(unit=section, name="李强")
    grant_id = make.grant(person=wang, role=Role.COORDINATOR, unit=section).id
    foreign = make.unit()
    hidden = make.grant(person=make.person(unit=foreign), role=Role.COORDINATOR, unit=foreign).id

    assert "王芳" in desk.get(f"/coordinators/{grant_id}/hand-over").text
    wrong = desk.post(f"/coordinators/{grant_id}/hand-over", data={"who": "没有此人"})
    assert (wrong.status_code, 'id="who-error"' in wrong.text) == (404, True)
    answer = desk.post(f"/coordinators/{grant_id}/hand-over", data={"who": "李强"})
    assert answer.status_code == 303
    assert make.account_of(li).id in {account for account, _, _ in held()}
    for address in ("hand-over", "end"):
        assert desk.post(f"/coordinators/{hidden}/{address}", data={"who": "x"}).status_code == 404


def test_the_pages_ask_little_however_much_they_show(desk, bureau, section, wang):
    make.grant(person=wang, role=Role.COORDINATOR, unit=section)
    paths = ["/coordinators", "/coordinators?lacking=1", "/coordinators/new"]
    few = [weigh(desk, path) for path in paths]
    for number in range(120):
        unit = make.unit(parent=bureau, name=f"第{number}个很长名字的下属单位")
        person = make.person(unit=unit)
        if number % 2:
            make.grant(person=person, role=Role.COORDINATOR, unit=unit)

    assert [weigh(desk, path) for path in paths] == few
    after = desk.get("/coordinators?lacking=1&after=50").text
    assert "第99个" not in after
    assert after.count("/coordinators/new?unit=") >= 10
