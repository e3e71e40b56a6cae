"""Opening one shift, on a page and from the shell."""

import json

import pytest
from sqlalchemy import func, select

from tests import make
from tests.make import at
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.errors import NotFound
from volunteer.shifts import queries, service
from volunteer.shifts.errors import (
    InThePast,
    LeaderAmbiguous,
    LeaderUnknown,
    SiteClosed,
    WrongNumbers,
    WrongTimes,
)
from volunteer.shifts.models import Assignment, Shift

NOW = at("2026-03-01 08:00")
NINE, ELEVEN = at("2026-03-07 09:00"), at("2026-03-07 11:00")


def opened(site, actor, **given):
    facts = {"starts_at": NINE, "ends_at": ELEVEN, "now": NOW, **given}
    return service.open_shift(site=site, actor=actor, **facts)


def count(model):
    return db.session.scalar(select(func.count()).select_from(model))


def test_names_all_that_a_record_needs(unit, site, coordinator):
    """R2: title, content and leader have their defaults."""
    shift = opened(site, coordinator)

    assert (shift.title, shift.content, shift.unit_id) == ("府前路口", "府前路口", unit.id)
    assert shift.leader_id == coordinator.person_id
    assert (shift.kind, shift.state) == ("single", "planned")


def test_the_leader_is_the_nearest_coordinator_above(unit):
    section = make.unit(parent=unit)
    above = make.grant_of(Role.COORDINATOR, unit)
    make.grant_of(Role.UNIT_ADMIN, section)

    assert queries.coordinator_of(section) == above.person_id
    assert queries.coordinators_of([section, unit, make.unit()]) == {
        section.id: above.person_id,
        unit.id: above.person_id,
    }


def test_who_has_left_leads_nothing(unit):
    gone = make.person(unit=unit, state="left")
    make.grant(person=gone, role=Role.COORDINATOR, unit=unit)

    assert queries.coordinator_of(unit) is None


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"ends_at": NINE}, WrongTimes),
        ({"ends_at": at("2026-03-08 09:01")}, WrongTimes),
        ({"now": ELEVEN}, InThePast),
        ({"wanted": 5, "capacity": 4}, WrongNumbers),
        ({"wanted": 0, "capacity": 0}, WrongNumbers),
        ({"wanted": -1}, WrongNumbers),
    ],
)
def test_refuses_what_cannot_be(site, coordinator, given, refusal):
    with pytest.raises(refusal):
        opened(site, coordinator, **given)
    assert count(Shift) == 0


def test_may_last_over_midnight(site, coordinator):
    ten, ten_next_day = at("2026-03-07 22:00"), at("2026-03-08 22:00")

    assert opened(site, coordinator, starts_at=ten, ends_at=ten_next_day).ends_at == ten_next_day


def test_a_form_sent_twice_opens_once(site, coordinator):
    first = opened(site, coordinator, key="0123456789abcdef").id
    again = opened(site, coordinator, key="0123456789abcdef").id

    assert first == again
    assert count(Shift) == 1


def test_a_key_tells_nothing_of_other_sites(site, coordinator):
    foreign = make.shift()

    with pytest.raises(NotFound):
        opened(site, coordinator, key=foreign.public_id)


def test_not_at_a_closed_nor_at_a_foreign_site(unit, coordinator, stranger, site):
    with pytest.raises(SiteClosed):
        opened(make.site(unit=unit, closed_at=NOW), coordinator)
    with pytest.raises(NotFound):
        opened(site, stranger)


def test_a_leader_is_found_by_name_and_digits(unit):
    day = NOW.date()
    one = make.person(unit=unit, name="王芳", phone="19900001111")
    two = make.person(unit=make.unit(parent=unit), name="王芳", phone="19900002222")
    three = make.person(unit=unit, name="王芳芳")
    make.person(name="李敏")

    def found(words):
        return queries.leader_for(unit, words, day=day)

    assert found(" ") is None
    assert found("王芳 2222") == two.id
    assert found("1111") == one.id
    assert found("19900001111") == one.id
    assert found("王芳芳") == three.id
    assert found(three.volunteer_number) == three.id
    with pytest.raises(LeaderAmbiguous) as refusal:
        found("王芳")
    assert "199****1111" in str(refusal.value.facts["people"])
    with pytest.raises(LeaderUnknown):
        found("李敏")


def opening(runner, site, *more, starts="2099-03-07T09:00", ends="2099-03-07T11:00"):
    args = ["shifts", "open", "--site", site, "--starts", starts, "--ends", ends, "--json", *more]
    return runner.invoke(args=args)


def test_the_shell_opens_a_shift_and_assigns(unit, site, runner):
    one, two = make.person(unit=unit), make.person()

    done = opening(runner, site.code, "--assign", f"{one.phone}, {two.phone},{one.phone}")

    answer = json.loads(done.stdout.splitlines()[-1])
    shift = db.session.scalars(select(Shift)).one()
    assert (done.exit_code, answer) == (0, {"shift": shift.public_id, "assigned": 2})
    assert shift.starts_at == at("2099-03-07 09:00")
    assert count(Assignment) == 2


@pytest.mark.parametrize(
    "given",
    [
        {"starts": "half past nine"},
        {"ends": "2099-03-07T09:00"},
        {"ends": "2099-03-08T09:01"},
        {"starts": "2001-03-07T09:00", "ends": "2001-03-07T11:00"},
        {"starts": "0001-01-01T00:00"},
    ],
)
def test_the_shell_refuses_bad_times_in_one_sentence(site, runner, given):
    done = opening(runner, site.code, **given)

    assert done.exit_code == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert count(Shift) == 0


def test_the_shell_refuses_unknown_sites_and_phones(site, runner):
    assert opening(runner, "NOWHERE").exit_code == 2
    done = opening(runner, site.code, "--assign", "19909999999")
    assert done.exit_code == 2
    assert "9999" in done.stderr
    assert "19909999999" not in done.stderr
    assert count(Shift) == 0


def test_the_shell_does_all_or_nothing(unit, site, runner):
    busy = make.person(unit=unit)
    make.assignment(person=busy, shift=make.shift(unit=unit, starts="2099-03-07 10:00"))

    done = opening(runner, site.code, "--assign", busy.phone)

    assert done.exit_code == 1
    assert count(Shift) == 1
