"""Exempting people from the minimum (R24)."""

from datetime import date

import pytest
from sqlalchemy import select

from tests import make
from tests.make import at
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.core.models import Journal
from volunteer.targets import service
from volunteer.targets.errors import ExemptionDates, SelfApproval
from volunteer.targets.models import Exemption, ExemptionKind

NOW = at("2026-11-23 10:00")
NOVEMBER = {"from_on": date(2026, 11, 1), "until_on": date(2026, 11, 30)}


@pytest.fixture
def unit(app):
    return make.unit(name="明镜小学")


@pytest.fixture
def wang(unit):
    return make.person(unit=unit, name="王小雨")


@pytest.fixture
def coordinator(unit):
    return make.grant_of(Role.COORDINATOR, unit)


def exempt(person, actor, **given):
    facts = {"kind": ExemptionKind.SICK, **NOVEMBER, "actor": actor, "now": NOW, **given}
    return service.exempt(person, **facts)


def test_the_coordinator_exempts_and_it_is_journalled_without_a_name(wang, coordinator, unit):
    made = exempt(wang, coordinator)

    line = db.session.scalars(select(Journal).filter_by(action="exemptions.approve")).one()
    assert made.approved_by == coordinator.account_id
    assert (line.object_id, line.unit_path) == (str(made.id), unit.path)
    assert wang.name not in str(line.body)


def test_the_same_exemption_twice_is_one(wang, coordinator):
    exempt(wang, coordinator)
    exempt(wang, coordinator)

    assert len(db.session.scalars(select(Exemption)).all()) == 1


def test_nobody_exempts_themselves(coordinator, unit):
    own = make.person(unit=unit)
    make.grant(person=own, role=Role.COORDINATOR, unit=unit)

    with pytest.raises(SelfApproval):
        exempt(own, make.actor_of(own))


def test_a_person_of_another_unit_does_not_exist(coordinator):
    stranger = make.person()

    with pytest.raises(NotFound):
        exempt(stranger, coordinator)


def test_who_only_reads_may_not(wang, unit):
    with pytest.raises(NotAllowed):
        exempt(wang, make.grant_of(Role.SYSTEM_LEAD, unit))


def test_the_last_day_is_not_before_the_first(wang, coordinator):
    with pytest.raises(ExemptionDates):
        exempt(wang, coordinator, until_on=date(2026, 10, 31))
    with pytest.raises(ExemptionDates):
        exempt(wang, coordinator, until_on=date(2028, 12, 1))


def test_withdrawing_keeps_the_row_and_repeats_change_nothing(wang, coordinator):
    made = exempt(wang, coordinator)

    service.withdraw(made.id, actor=coordinator, now=NOW)
    service.withdraw(made.id, actor=coordinator, now=at("2026-11-24 10:00"))

    assert db.session.get_one(Exemption, made.id).withdrawn_at == NOW
    lines = db.session.scalars(select(Journal).filter_by(action="exemptions.withdraw")).all()
    assert len(lines) == 1


def test_foreign_exemptions_are_not_there_to_be_withdrawn(coordinator):
    foreign = make.exemption(person=make.person(), **NOVEMBER)

    with pytest.raises(NotFound):
        service.withdraw(foreign.id, actor=coordinator, now=NOW)


def test_the_page_finds_a_person_and_exempts(client, set_clock, wang, unit):
    set_clock(NOW)
    make.login(client, make.person(unit=unit), Role.COORDINATOR)

    found = client.get(f"/exemptions?q={wang.phone[-4:]}").text
    assert f"person={wang.public_id}" in found
    assert wang.phone not in found
    assert wang.name in client.get(f"/exemptions?person={wang.public_id}").text

    form = {
        "person": wang.public_id,
        "kind": "parental",
        "from_on": "2026-11-01",
        "until_on": "2027-03-01",
    }
    assert client.post("/exemptions", data=form).status_code == 303
    page = client.get("/exemptions").text
    assert wang.name in page
    assert "2027-03-01" in page


def test_the_page_says_beside_the_field_what_is_wrong(client, set_clock, wang, unit):
    set_clock(NOW)
    make.login(client, make.person(unit=unit), Role.COORDINATOR)
    form = {"person": wang.public_id, "kind": "sick", "from_on": "2026-11-05"}

    wrong = client.post("/exemptions", data={**form, "until_on": "2026-11-01"})
    empty = client.post("/exemptions", data=form)

    assert (wrong.status_code, empty.status_code) == (400, 400)
    assert 'id="until_on-error"' in wrong.text
    assert 'id="until_on-error"' in empty.text
    assert db.session.scalar(select(Exemption)) is None


def test_the_list_shows_own_people_only_and_turns_pages(client, set_clock, wang, unit):
    set_clock(NOW)
    make.login(client, make.person(unit=unit), Role.COORDINATOR)
    stranger = make.person(name="外单位某人")
    make.exemption(person=stranger, **NOVEMBER)
    for day in range(1, 29):
        for month in (9, 10):
            make.exemption(person=wang, from_on=date(2026, month, day), until_on=date(2027, 1, 1))

    first = client.get("/exemptions").text
    assert first.count("<tr>") == 1 + 50
    assert "before=" in first
    assert stranger.name not in first
    foreign = client.get(f"/exemptions?person={stranger.public_id}")
    assert foreign.status_code == 404


def test_no_page_asks_for_a_diagnosis(client, set_clock, wang, unit):
    """R24: kind and dates, never a diagnosis: there is no field to write one into."""
    set_clock(NOW)
    make.login(client, make.person(unit=unit), Role.COORDINATOR)

    page = client.get(f"/exemptions?person={wang.public_id}").text

    assert "<textarea" not in page
    assert 'type="text"' not in page
    assert "note" not in Exemption.__table__.columns
