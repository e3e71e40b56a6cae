"""Entering one person, and moving one to another unit."""

from datetime import date

import pytest
from sqlalchemy import select

from tests import make
from tests.make import at
from volunteer.accounts.errors import HoldsOffice
from volunteer.core.actor import SYSTEM, Role
from volunteer.core.db import db, transaction
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.core.models import Journal
from volunteer.people import errors, queries, records, register
from volunteer.people.models import Membership, Person
from volunteer.shifts.models import Assignment
from volunteer.units.errors import UnitUnknown
from volunteer.units.models import Unit

NOW = at("2026-11-23 09:00")


@pytest.fixture
def school(app):
    return make.unit(name="新安江小学", code="S01")


@pytest.fixture
def admin(school):
    return make.grant_of(Role.UNIT_ADMIN, school)


def add(actor, **given):
    facts = {"name": "王芳", "phone": "199 0123 4567", "unit_code": "S01", **given}
    return register.add(**facts, actor=actor, now=NOW)


def transfer(actor, person, unit_code, on):
    return register.transfer(person.public_id, unit_code=unit_code, on=on, actor=actor, now=NOW)


def test_a_person_is_entered_with_a_membership_from_today(school, admin):
    person = add(admin, category="公务员")

    assert (person.phone, person.phone_tail, person.consent) == ("19901234567", "4567", "pending")
    assert queries.unit_on(person.id, date(2026, 11, 23)).id == school.id
    assert queries.unit_on(person.id, date(2026, 11, 22)) is None
    assert db.session.scalar(select(Journal).filter_by(action="people.register")) is not None


def test_a_person_without_a_phone_is_entered_too(school, admin):
    """R57."""
    assert add(admin, phone=None).phone is None
    assert add(admin, phone=None, name="李强").phone is None


def test_a_phone_belongs_to_one_person(school, admin):
    add(admin)
    with pytest.raises(errors.PhoneTaken):
        add(admin, name="李强")


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
        add(admin, **wrong)


def test_the_same_form_sent_twice_enters_one(school, admin):
    add(admin, phone=None)

    with pytest.raises(errors.SameName):
        add(admin, phone=None)
    add(admin, phone=None, another=True)

    assert len(db.session.scalars(select(Person).filter_by(name="王芳")).all()) == 2


def test_a_foreign_unit_is_as_unknown_as_none(admin):
    make.unit(code="D01")
    with pytest.raises(UnitUnknown):
        add(admin, unit_code="D01")


def test_a_coordinator_enters_nobody(school):
    with pytest.raises(NotAllowed):
        add(make.grant_of(Role.COORDINATOR, school))


def test_a_transfer_keeps_the_past(school, admin):
    """R29."""
    branch = make.unit(parent=school, code="S02")
    person = make.person(unit=school, from_on=date(2026, 1, 1))

    transfer(admin, person, "S02", date(2026, 11, 16))

    assert queries.unit_on(person.id, date(2026, 11, 15)).id == school.id
    assert queries.unit_on(person.id, date(2026, 11, 16)).id == branch.id
    still_open = select(Membership).filter_by(person_id=person.id, until_on=None)
    assert len(db.session.scalars(still_open).all()) == 1


@pytest.mark.parametrize("on", [date(2025, 12, 31), date(2026, 10, 31), date(2027, 12, 1)])
def test_a_transfer_touches_no_past_month_and_lies_within_a_year(school, admin, on):
    """R29: a month that is over keeps its units."""
    make.unit(parent=school, code="S02")
    person = make.person(unit=school, from_on=date(2026, 1, 1))
    with pytest.raises(errors.MoveDay):
        transfer(admin, person, "S02", on)


def test_a_transfer_lies_after_the_coming(school, admin):
    make.unit(parent=school, code="S02")
    person = make.person(unit=school, from_on=date(2026, 11, 16))
    with pytest.raises(errors.MoveDay):
        transfer(admin, person, "S02", date(2026, 11, 16))


def test_a_transfer_leads_somewhere_else(school, admin):
    with pytest.raises(errors.SameUnit):
        transfer(admin, make.person(unit=school), "S01", date(2026, 11, 16))


def test_nobody_takes_people_from_foreign_units_or_gives_them_there(school, admin):
    foreign = make.unit(code="D01")
    with pytest.raises(NotFound):
        transfer(admin, make.person(unit=foreign), "S01", date(2026, 11, 16))
    with pytest.raises(UnitUnknown):
        transfer(admin, make.person(unit=school), "D01", date(2026, 11, 16))


def test_a_transfer_of_a_day_to_come_is_a_plan_until_its_day(school, admin):
    branch = make.unit(parent=school, code="S02")
    person = make.person(unit=school)
    transfer(admin, person, "S02", date(2026, 12, 1))
    transfer(admin, person, "S02", date(2026, 12, 1))  # sent twice

    assert register.apply_moves(actor=SYSTEM, now=at("2026-11-30 23:59")) == 0
    assert queries.unit_on(person.id, date(2026, 12, 1)).id == school.id
    assert register.apply_moves(actor=SYSTEM, now=at("2026-12-01 00:05")) == 1
    assert register.apply_moves(actor=SYSTEM, now=at("2026-12-01 00:05")) == 0
    assert queries.unit_on(person.id, date(2026, 11, 30)).id == school.id
    assert queries.unit_on(person.id, date(2026, 12, 1)).id == branch.id


def test_there_is_one_plan_at_a_time(school, admin):
    make.unit(parent=school, code="S02")
    person = make.person(unit=school)
    transfer(admin, person, "S02", date(2026, 12, 1))

    with pytest.raises(errors.MovePlanned):
        register.leave(person.public_id, on=date(2026, 12, 15), actor=admin, now=NOW)


def test_a_plan_is_undone(school, admin):
    make.unit(parent=school, code="S02")
    person = make.person(unit=school)
    transfer(admin, person, "S02", date(2026, 12, 1))

    assert register.undo(person.public_id, actor=admin, now=NOW) == "planned"
    assert records.planned_move_of(person.id) is None
    with pytest.raises(errors.NothingToUndo):
        register.undo(person.public_id, actor=admin, now=NOW)


def test_a_transfer_of_this_month_is_undone(school, admin):
    make.unit(parent=school, code="S02")
    person = make.person(unit=school, from_on=date(2026, 1, 1))
    transfer(admin, person, "S02", date(2026, 11, 16))

    assert register.undo(person.public_id, actor=admin, now=NOW) == "transfer"
    assert [stay.unit_code for stay in queries.memberships_of(person.id)] == ["S01"]
    assert queries.unit_on(person.id, date(2026, 11, 20)).id == school.id


def test_a_transfer_is_undone_by_who_keeps_both_units_only(school):
    """Undoing it would put somebody into the other unit."""
    office = make.grant_of(Role.CITY_OFFICE, make.city())
    branch = make.unit(code="B02")
    theirs = make.grant_of(Role.UNIT_ADMIN, branch)
    person = make.person(unit=school, from_on=date(2026, 1, 1))
    transfer(office, person, "B02", date(2026, 11, 16))

    with pytest.raises(errors.NothingToUndo):
        register.undo(person.public_id, actor=theirs, now=NOW)
    assert register.undo(person.public_id, actor=office, now=NOW) == "transfer"


def test_nothing_opens_a_membership_of_a_unit_that_has_ended(school):
    office = make.grant_of(Role.CITY_OFFICE, make.city())
    make.unit(code="B02")
    person = make.person(unit=school, from_on=date(2026, 1, 1))
    transfer(office, person, "B02", date(2026, 11, 16))
    with transaction():
        db.session.get(Unit, school.id).ended_on = date(2026, 11, 16)

    with pytest.raises(errors.NothingToUndo):
        register.undo(person.public_id, actor=office, now=NOW)
    assert queries.unit_on(person.id, date(2026, 11, 20)).code == "B02"


@pytest.mark.parametrize("role", [Role.CITY_OFFICE, Role.UNIT_ADMIN])
def test_an_administrator_is_not_entered_as_gone(school, admin, role):
    person = make.person(unit=school, from_on=date(2026, 1, 1))
    make.grant(person=person, role=role, unit=school)

    with pytest.raises(HoldsOffice):
        register.leave(person.public_id, on=date(2026, 11, 23), actor=admin, now=NOW)
    assert {grant.role for grant in make.actor_of(person).grants} == {role}


def test_nobody_is_transferred_into_a_unit_that_has_ended(school, admin):
    make.unit(parent=school, code="S02", ended_on=date(2026, 11, 25))
    person = make.person(unit=school)
    with pytest.raises(UnitUnknown):
        transfer(admin, person, "S02", date(2026, 12, 1))


def test_who_leaves_keeps_all_but_the_log_in_and_the_shifts_to_come(school, admin):
    """R31."""
    person = make.person(unit=school, phone="19901234567", from_on=date(2026, 1, 1))
    make.grant(person=person, role=Role.COORDINATOR, unit=school)
    soon = make.assignment(person=person, shift=make.shift(unit=school, starts="2026-11-25 09:00"))
    past = make.assignment(person=person, shift=make.shift(unit=school, starts="2026-11-02 09:00"))

    register.leave(person.public_id, on=date(2026, 11, 23), actor=admin, now=NOW)
    register.leave(person.public_id, on=date(2026, 11, 23), actor=admin, now=NOW)

    person = db.session.get(Person, person.id)
    assert (person.state, person.phone) == ("left", "19901234567")
    assert queries.unit_on(person.id, date(2026, 11, 22)).id == school.id
    assert queries.unit_on(person.id, date(2026, 11, 23)) is None
    assert make.actor_of(person).grants == frozenset()
    states = {each.id: each.state for each in db.session.scalars(select(Assignment))}
    assert states == {soon.id: "cancelled", past.id: "assigned"}


def test_who_left_comes_back_to_the_old_record(school, admin):
    person = make.person(unit=school, from_on=date(2026, 1, 1))
    register.leave(person.public_id, on=date(2026, 11, 10), actor=admin, now=NOW)

    def back(on):
        register.come_back(person.public_id, unit_code="S01", on=on, actor=admin, now=NOW)

    with pytest.raises(errors.ReturnDay):
        back(date(2026, 11, 9))
    back(date(2026, 11, 20))
    back(date(2026, 11, 20))

    assert queries.unit_on(person.id, date(2026, 11, 15)) is None
    assert queries.unit_on(person.id, date(2026, 11, 20)).id == school.id
    with pytest.raises(errors.NotLeft):
        back(date(2026, 11, 21))
    assert register.undo(person.public_id, actor=admin, now=NOW) == "return"
    assert register.undo(person.public_id, actor=admin, now=NOW) == "leave"
    assert queries.unit_on(person.id, date(2026, 11, 15)).id == school.id


def edit(actor, person, **given):
    facts = {"name": person.name, "phone": None, "category": None, **given}
    return register.edit(person.public_id, **facts, actor=actor, now=NOW)


def test_another_phone_ends_the_log_ins_of_the_old_one(client, school, admin):
    person = make.person(unit=school, phone="19901234567", name="王芳")
    make.login(client, person)

    edit(admin, person, phone="199 0765 4321", name="王 芳芳", category="公务员")

    person = db.session.get(Person, person.id)
    assert (person.phone, person.phone_tail) == ("19907654321", "4321")
    assert (person.name, person.name_pinyin, person.category) == ("王芳芳", "wff", "公务员")
    assert client.get("/").status_code == 303


def test_a_phone_of_somebody_else_is_refused(school, admin):
    make.person(unit=school, phone="19901234567")
    person = make.person(unit=school, phone=None)
    with pytest.raises(errors.PhoneTaken):
        edit(admin, person, phone="19901234567")


def test_a_phone_may_go(school, admin):
    """R57."""
    person = make.person(unit=school, phone="19901234567")
    edit(admin, person)
    assert db.session.get(Person, person.id).phone_tail == "4567"
    edit(admin, person, without_phone=True)
    assert db.session.get(Person, person.id).phone_tail is None


def test_verbs_write_no_names_or_phones_into_the_journal(school, admin):
    person = add(admin)
    edit(admin, person, phone="19907654321", name="李强")

    bodies = " ".join(str(row.body) for row in db.session.scalars(select(Journal)))

    assert "fields" in bodies
    assert not any(word in bodies for word in ("王芳", "李强", "1990"))


@pytest.mark.parametrize("verb", ["edit", "transfer", "leave", "undo"])
def test_a_coordinator_changes_nobody_and_a_foreign_person_is_unknown(school, verb):
    """P10."""
    calls = {
        "edit": lambda who, actor: edit(actor, who, name="李强"),
        "transfer": lambda who, actor: transfer(actor, who, "S01", date(2026, 11, 20)),
        "leave": lambda who, actor: register.leave(
            who.public_id, on=date(2026, 11, 20), actor=actor, now=NOW
        ),
        "undo": lambda who, actor: register.undo(who.public_id, actor=actor, now=NOW),
    }
    own, foreign = make.person(unit=school), make.person(unit=make.unit())

    with pytest.raises(NotAllowed):
        calls[verb](own, make.grant_of(Role.COORDINATOR, school))
    with pytest.raises(NotFound):
        calls[verb](foreign, make.grant_of(Role.UNIT_ADMIN, school))
