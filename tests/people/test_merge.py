"""Two records of one person become one, and every table counts the person once with all hours."""

from datetime import date

import pytest
from sqlalchemy import select

from tests import make
from tests.make import at
from volunteer.accounts import logins
from volunteer.accounts.errors import HoldsRoles
from volunteer.accounts.models import Account
from volunteer.attendance.errors import StillPresent
from volunteer.audits import balance, census, listing
from volunteer.audits import queries as audits
from volunteer.boards import queries as boards
from volunteer.core.actor import Role
from volunteer.core.clock import Month
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.hours import queries as ledger
from volunteer.hours.models import LedgerEntry
from volunteer.people import errors, merging, queries, records
from volunteer.people.models import Membership, Person, Qualification
from volunteer.shifts.models import Assignment
from volunteer.signups import queries as signups
from volunteer.signups import rules
from volunteer.targets import queries as targets
from volunteer.targets.rules import State

NOW, TODAY = at("2026-11-23 09:00"), date(2026, 11, 23)
MONTH = Month(2026, 11)


@pytest.fixture
def school(app):
    return make.unit(name="新安江小学", code="S01")


@pytest.fixture
def branch(school):
    return make.unit(parent=school, name="西校区", code="S02")


@pytest.fixture
def admin(school):
    return make.grant_of(Role.UNIT_ADMIN, school)


@pytest.fixture
def kept(school):
    return make.person(unit=school, name="王芳", phone="19901234567", from_on=date(2026, 3, 1))


def second(unit, **given):
    facts = {"name": "王芳", "phone": None, "from_on": date(2026, 1, 1), **given}
    return make.person(unit=unit, **facts)


def merge(actor, kept, other):
    return merging.merge(kept.public_id, other.public_id, actor=actor, now=NOW)


def stays(person):
    rows = select(Membership).filter_by(person_id=person.id).order_by(Membership.from_on)
    return [(row.unit_id, row.from_on, row.until_on) for row in db.session.scalars(rows)]


def counted(school):
    """Return how many people stand how in November, by each of the ways in which it is counted."""
    by_heads = audits.month_table(MONTH, school, today=TODAY).whole
    city = census.take(MONTH, today=TODAY)
    assert (
        city.units[school.id]._replace(minutes=0)
        == audits.heads(MONTH, targets.policy_for(MONTH), under=("/",), today=TODAY)[school.id]
    )
    return by_heads


def test_the_hours_of_both_count_for_one_person_in_every_table(school, admin, kept):
    other = second(school)
    make.entry(person=kept, minutes=70, on=date(2026, 11, 3))
    make.entry(person=other, minutes=60, on=date(2026, 11, 4))
    before = [(row.id, row.person_id) for row in db.session.scalars(select(LedgerEntry))]
    assert (counted(school).people, counted(school).met) == (3, 0)

    merge(admin, kept, other)

    tally = counted(school)
    assert (tally.people, tally.met, tally.minutes) == (2, 1, 130)
    assert audits.person_month(kept.id, MONTH, today=TODAY).served == 130
    assert ledger.minutes_of(kept.id, MONTH) == 130
    assert census.take(MONTH, today=TODAY).people[kept.id].state == State.MET
    assert len(balance.balance_of(kept.id, MONTH).entries) == 2
    policy = targets.policy_for(MONTH)
    everybody = {
        line.person_id: line.served
        for line in listing.everybody(MONTH, policy, under=("/",), today=TODAY)
    }
    assert everybody[kept.id] == 130
    assert other.id not in everybody
    for state, found in ((State.MET, True), (State.NOT_MET, False)):
        for under in (("/",), (school.path,)):
            lines, _ = listing.people_of(MONTH, policy, under=under, today=TODAY, wanted=state)
            assert (kept.id in {line.person_id for line in lines}) is found
    after = [(row.id, row.person_id) for row in db.session.scalars(select(LedgerEntry))]
    assert after == before, "the ledger is not rewritten"


def test_the_units_of_the_second_record_fill_gaps_only(school, branch, admin, kept):
    """A double membership counts nobody twice: the sum over units is the people of the city."""
    merge(admin, kept, second(branch))

    assert stays(kept) == [
        (branch.id, date(2026, 1, 1), date(2026, 3, 1)),
        (school.id, date(2026, 3, 1), None),
    ]


def test_who_has_left_goes_on_with_the_second_record(school, branch, admin):
    left = second(school, state="left", until_on=date(2026, 6, 1))
    merge(admin, left, second(branch, from_on=date(2026, 7, 1)))

    assert db.session.get(Person, left.id).state == "active"
    assert queries.unit_on(left.id, TODAY).id == branch.id
    assert queries.unit_on(left.id, date(2026, 6, 15)) is None


def test_the_old_number_address_and_phone_mean_the_kept_one(client, school, admin, kept):
    other = second(school, phone="19907654321", volunteer_number="V0004711")
    merge(admin, kept, other)
    make.login(client, make.person(unit=school), Role.COORDINATOR)

    for words in ("V0004711", "4321", "19907654321", "V" + kept.volunteer_number[1:]):
        assert [line.id for line in queries.search(under=["/"], words=words).lines] == [kept.id]
    moved = client.get(f"/people/{other.public_id}")
    assert (moved.status_code, moved.location) == (301, f"/people/{kept.public_id}")
    assert "V0004711" in client.get(moved.location).text


def test_a_repeat_changes_nothing_and_nobody_merges_with_themselves(school, admin, kept):
    other = second(school)
    merge(admin, kept, other)

    assert merge(admin, kept, other).id == kept.id
    with pytest.raises(errors.SameRecord):
        merge(admin, kept, kept)


def test_a_chain_of_records_leads_to_the_last_one(school, admin, kept):
    first, other = second(school), second(school)
    merge(admin, other, first)
    merge(admin, kept, other)

    assert [each.id for each in records.merged_into(kept.id)] == sorted([first.id, other.id])


def test_phone_and_category_pass_over_where_there_are_none(school, admin):
    kept = second(school)
    merge(admin, kept, second(school, phone="19907654321", category="公务员"))

    kept = db.session.get(Person, kept.id)
    assert (kept.phone, kept.phone_tail, kept.category) == ("19907654321", "4321", "公务员")


def test_exemptions_hold_for_the_kept_one(school, admin, kept):
    other = second(school)
    make.exemption(person=other, from_on=date(2026, 11, 1), until_on=date(2026, 11, 30))
    merge(admin, kept, other)

    assert audits.person_month(kept.id, MONTH, today=TODAY).state == State.EXEMPT
    assert counted(school).exempt == 1


def test_undecided_minutes_of_the_second_record_wait_for_the_kept_one(school, admin, kept):
    """R25."""
    other = second(school)
    shift = make.shift(unit=school, starts="2026-11-05 09:00", minutes=120)
    make.attendance(person=other, shift=shift, state="auto_closed", left_at=None)
    merge(admin, kept, other)

    assert audits.person_month(kept.id, MONTH, today=TODAY).unconfirmed == 120
    assert counted(school).pending == 1


def test_shifts_to_come_go_over_and_clashes_are_freed(school, admin, kept):
    other = second(school)
    same = make.shift(unit=school, starts="2026-11-25 09:00")
    clash = make.shift(unit=school, starts="2026-11-25 10:00")
    free = make.shift(unit=school, starts="2026-11-26 09:00", leader=other)
    past = make.shift(unit=school, starts="2026-11-02 09:00")
    make.assignment(person=kept, shift=same)
    for shift in (same, free, past):
        make.assignment(person=other, shift=shift)
    third = second(school)
    make.assignment(person=third, shift=clash)

    merge(admin, kept, other)
    merge(admin, kept, third)

    rows = db.session.scalars(select(Assignment))
    found = {(row.shift_id, row.person_id): row.state for row in rows}
    assert found == {
        (same.id, kept.id): "assigned",
        (same.id, other.id): "cancelled",
        (free.id, kept.id): "assigned",
        (past.id, other.id): "assigned",
        (clash.id, third.id): "cancelled",
    }
    assert free.leader_id == kept.id


def test_the_only_place_of_a_full_shift_goes_over(school, admin, kept):
    """The kept one has given it up, and is in the table before the other one."""
    other = second(school)
    shift = make.shift(unit=school, starts="2026-11-25 09:00", wanted=1, capacity=1)
    own = make.assignment(person=kept, shift=shift, state="excused", withdrawn_at=NOW)
    theirs = make.assignment(person=other, shift=shift)

    merge(admin, kept, other)

    assert (own.state, own.withdrawn_at, theirs.state) == ("assigned", None, "cancelled")


def test_what_was_learnt_goes_over(school, admin, kept):
    """R54: one who was trained under either number is trained."""
    first, other = second(school), second(school)
    facts = {"kind": "post_training", "source": "岗前培训", "entered_at": NOW, "granted_on": TODAY}
    learnt = [make.save(Qualification(person_id=each.id, **facts)) for each in (first, other)]
    make.policy(valid_from="2026-11", training_gate="refuse")
    shift = make.shift(unit=school, starts="2026-11-25 09:00", needs="post_training")
    asked = signups.asked_of(shift, person_id=kept.id, now=NOW)
    assert signups.is_gated(asked)

    merge(admin, other, first)
    merge(admin, kept, other)

    assert [each.person_id for each in learnt] == [kept.id, kept.id]
    asked = signups.asked_of(shift, person_id=kept.id, now=NOW)
    standing = signups.standing(kept.id, since=TODAY)
    assert (
        rules.hindrance_of(asked, standing, gated=True, terms=signups.terms(), now=NOW)
        != rules.Verdict.NOT_QUALIFIED
    )
    assert len(boards.learnt_by(kept.id)) == 2


def test_who_is_at_a_shift_is_merged_afterwards(school, admin, kept):
    other = second(school)
    shift = make.shift(unit=school, starts="2026-11-23 08:00")
    make.attendance(person=other, shift=shift, state="open")
    with pytest.raises(StillPresent):
        merge(admin, kept, other)


def test_the_log_in_of_the_second_record_passes_over(school, admin):
    kept, other = second(school), second(school, phone="19907654321")
    make.account(person=other, password="Herbst-2026")
    merge(admin, kept, other)

    visit = logins.Visit("test", None)
    token = logins.log_in("19907654321", "Herbst-2026", visit=visit, now=NOW)

    assert logins.queries.actor_of_token(token, now=NOW).person_id == kept.id


def test_of_two_log_ins_one_is_closed_and_a_password_is_not_lost(school, admin, kept):
    make.account(person=kept)
    other = second(school, phone="19907654321")
    make.account(person=other, password="Herbst-2026")
    merge(admin, kept, other)

    accounts = {row.person_id: row for row in db.session.scalars(select(Account))}
    assert accounts[kept.id].password_hash is not None
    assert (accounts[other.id].state, accounts[other.id].password_hash) == ("disabled", None)


def test_roles_are_never_opened_by_another_records_password(school, admin, kept):
    """A record added by hand must not become the way into an administrator's log-in."""
    make.grant(person=kept, role=Role.CITY_OFFICE, unit=school)
    own = make.account_of(kept)
    assert own.password_hash is None
    other = second(school, phone="19907654321")
    make.account(person=other, password="Herbst-2026")
    merge(admin, kept, other)

    accounts = {row.person_id: row for row in db.session.scalars(select(Account))}
    assert accounts[kept.id].password_hash is None
    assert accounts[other.id].state == "disabled"


def test_a_record_with_roles_is_the_one_to_keep(school, admin, kept):
    other = second(school)
    make.grant(person=other, role=Role.COORDINATOR, unit=school)

    with pytest.raises(HoldsRoles):
        merge(admin, kept, other)
    assert merge(admin, other, kept).id == other.id


def test_both_records_must_be_ones_own(school, admin, kept):
    """P10."""
    foreign = make.person(unit=make.unit(), name="王芳")

    with pytest.raises(NotFound):
        merge(admin, kept, foreign)
    with pytest.raises(NotFound):
        merge(admin, foreign, kept)
    with pytest.raises(NotAllowed):
        merge(make.grant_of(Role.COORDINATOR, school), kept, second(school))


def test_two_records_are_compared_and_merged_on_the_pages(client, set_clock, school, kept):
    set_clock(NOW)
    other = second(school, volunteer_number="V0004711")
    foreign = make.person(unit=make.unit(), name="王芳", volunteer_number="V0004712")
    make.login(client, make.person(unit=school, name="管理员"), Role.UNIT_ADMIN)
    at_kept = f"/people/{kept.public_id}/merge"

    page = client.get(at_kept).text
    assert "V0004711" in page
    assert "V0004712" not in page
    assert client.get(f"{at_kept}/{foreign.public_id}").status_code == 404
    assert client.get(f"{at_kept}/{kept.public_id}").status_code == 404
    assert "V0004711" in client.get(f"{at_kept}/{other.public_id}").text
    assert client.post(f"{at_kept}/{other.public_id}").status_code == 303
    assert db.session.get(Person, other.id).merged_into_id == kept.id
