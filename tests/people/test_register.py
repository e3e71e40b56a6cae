"""Entering one person, and moving one to another unit."""

from datetime import date

import pytest
from sqlalchemy import select

from tests import make
from tests.make import at
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.core.models import Journal
from volunteer.people import errors, queries, service
from volunteer.people.models import Membership
from volunteer.units.errors import UnitUnknown

NOW = at("2026-11-23 09:00")


@pytest.fixture
def school(app):
    return make.unit(name="新安江小学", code="S01")


@pytest.fixture
def admin(school):
    return make.grant_of(Role.UNIT_ADMIN, school)


def register(actor, **given):
    facts = {"name": "王芳", "phone": "199 0123 4567", "unit_code": "S01", **given}
    return service.register(**facts, actor=actor, now=NOW)


def transfer(actor, person, unit_code, on):
    return service.transfer(person.public_id, unit_code=unit_code, on=on, actor=actor, now=NOW)


def test_a_person_is_entered_with_a_membership_from_today(school, admin):
    person = register(admin, category="公务员")

    assert (person.phone, person.phone_tail, person.consent) == ("19901234567", "4567", "pending")
    assert queries.unit_on(person.id, date(2026, 11, 23)).id == school.id
    assert queries.unit_on(person.id, date(2026, 11, 22)) is None
    assert db.session.scalar(select(Journal).filter_by(action="people.register")) is not None


def test_a_person_without_a_phone_is_entered_too(school, admin):
    """R57."""
    assert register(admin, phone=None).phone is None
    assert register(admin, phone=None, name="李强").phone is None


def test_a_phone_belongs_to_one_person(school, admin):
    register(admin)
    with pytest.raises(errors.PhoneTaken):
        register(admin, name="李强")


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"name": "12345"}, errors.NameInvalid),
        ({"phone": "123"}, errors.PhoneInvalid),
        ({"category": "外星人"}, errors.CategoryUnknown),
        ({"unit_code": "NONE"}, UnitUnknown),
    ],
)
def test_a_wrong_field_is_named(school, admin, wrong, refusal):
    with pytest.raises(refusal):
        register(admin, **wrong)


def test_a_foreign_unit_is_as_unknown_as_none(admin):
    make.unit(code="D01")
    with pytest.raises(UnitUnknown):
        register(admin, unit_code="D01")


def test_a_coordinator_enters_nobody(school):
    with pytest.raises(NotAllowed):
        register(make.grant_of(Role.COORDINATOR, school))


def test_a_transfer_keeps_the_past(school, admin):
    """R29."""
    branch = make.unit(parent=school, code="S02")
    person = make.person(unit=school, from_on=date(2026, 1, 1))

    transfer(admin, person, "S02", date(2026, 11, 16))

    assert queries.unit_on(person.id, date(2026, 11, 15)).id == school.id
    assert queries.unit_on(person.id, date(2026, 11, 16)).id == branch.id
    still_open = select(Membership).filter_by(person_id=person.id, until_on=None)
    assert len(db.session.scalars(still_open).all()) == 1


@pytest.mark.parametrize("on", [date(2026, 1, 1), date(2025, 12, 31), date(2026, 11, 24)])
def test_a_transfer_lies_after_the_coming_and_not_in_the_future(school, admin, on):
    make.unit(parent=school, code="S02")
    person = make.person(unit=school, from_on=date(2026, 1, 1))
    with pytest.raises(errors.TransferDay):
        transfer(admin, person, "S02", on)


def test_a_transfer_leads_somewhere_else(school, admin):
    with pytest.raises(errors.SameUnit):
        transfer(admin, make.person(unit=school), "S01", date(2026, 11, 16))


def test_nobody_takes_people_from_foreign_units_or_gives_them_there(school, admin):
    foreign = make.unit(code="D01")
    with pytest.raises(NotFound):
        transfer(admin, make.person(unit=foreign), "S01", date(2026, 11, 16))
    with pytest.raises(UnitUnknown):
        transfer(admin, make.person(unit=school), "D01", date(2026, 11, 16))
