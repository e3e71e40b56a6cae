"""Training before duty: who may be put on a post, and who has learnt it by serving (R54)."""

from datetime import date

import pytest
from sqlalchemy import select

from tests import make
from tests.make import at
from volunteer.attendance import roll_call
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.people.models import Qualification
from volunteer.people.rules import months_later
from volunteer.shifts import gate, service
from volunteer.shifts.errors import NotTrained

NOW = at("2026-03-07 08:00")


@pytest.fixture
def unit(app):
    return make.unit()


@pytest.fixture
def coordinator(unit):
    return make.grant_of(Role.COORDINATOR, unit)


@pytest.fixture
def shift(unit):
    return make.shift(starts="2026-03-07 09:00", unit=unit, needs="post_training", wanted=5)


@pytest.fixture
def wang(unit):
    return make.person(unit=unit, name="王芳")


def trained(person, granted_on=date(2026, 1, 1), expires_on=None, **given):
    facts = {"kind": "post_training", "source": "交警大队", "entered_at": make.LONG_AGO}
    days = {"granted_on": granted_on, "expires_on": expires_on}
    return make.save(Qualification(person_id=person.id, **{**facts, **days, **given}))


def rules_say(gate):
    make.policy(valid_from="2026-02", training_gate=gate)


@pytest.mark.parametrize(
    ("given", "is_missing"),
    [
        (None, True),
        ({}, False),
        ({"granted_on": date(2026, 3, 8)}, True),
        ({"expires_on": date(2026, 3, 8)}, False),
        ({"expires_on": date(2026, 3, 7)}, True),
        ({"kind": "first_aid"}, True),
        ({"ended_at": make.LONG_AGO}, True),
    ],
)
def test_it_must_hold_on_the_day_of_the_shift(shift, wang, given, is_missing):
    if given is not None:
        trained(wang, **given)

    assert gate.untrained(shift, [wang.id], NOW) == ({wang.id} if is_missing else set())


def test_what_a_merged_record_has_learnt_counts(shift, wang, unit):
    other = make.person(unit=unit, phone=None, state="merged", merged_into_id=wang.id)
    trained(other)

    assert gate.untrained(shift, [wang.id], NOW) == set()


def test_refused_by_name_where_the_rules_say_so(shift, wang, unit, coordinator):
    rules_say("refuse")
    zhao = make.person(unit=unit)
    trained(zhao)

    with pytest.raises(NotTrained) as refused:
        service.assign(shift, [wang.id, zhao.id], actor=coordinator, now=NOW)
    assert refused.value.facts["people"] == "王芳"
    assert service.assign(shift, [zhao.id], actor=coordinator, now=NOW) == 1


@pytest.mark.parametrize("gate_says", ["off", "warn"])
def test_assigned_where_the_rules_do_not_refuse(shift, wang, coordinator, gate_says):
    rules_say(gate_says)

    assert service.assign(shift, [wang.id], actor=coordinator, now=NOW) == 1
    assert len(gate.untrained(shift, [wang.id], NOW)) == (gate_says == "warn")


def test_a_shift_that_asks_for_nothing_asks_nobody(unit, wang, coordinator):
    rules_say("refuse")
    open_to_all = make.shift(starts="2026-03-07 09:00", unit=unit)

    assert service.assign(open_to_all, [wang.id], actor=coordinator, now=NOW) == 1


def test_the_page_warns_and_names_them(client, shift, wang, unit, set_clock):
    set_clock(NOW)
    make.login(client, make.person(unit=unit), Role.COORDINATOR)

    client.post(f"/shifts/{shift.public_id}/assign", data={"people": [wang.public_id]})

    assert "王芳" in client.get(f"/shifts/{shift.public_id}").text.partition("<main")[0]


def served(unit, person, coordinator, left="11:00", now="2026-03-07 11:30", grants="post_training"):
    """Somebody was at a training shift, as its leader writes down."""
    training = make.shift(starts="2026-03-07 09:00", unit=unit, grants=grants)
    make.assignment(person=person, shift=training)
    attendance = make.attendance(
        person=person,
        shift=training,
        state="auto_closed",
        arrived_at=at("2026-03-07 09:00"),
        left_at=None,
    )
    roll_call.confirm(
        attendance.id,
        left_at=at(f"2026-03-07 {left}"),
        reason="到场培训",
        actor=coordinator,
        now=at(now),
    )
    return training


def test_serving_at_a_training_grants_it(unit, wang, coordinator, shift):
    make.policy(valid_from="2026-02", training_valid_months=6)

    training = served(unit, wang, coordinator)

    held = db.session.scalars(select(Qualification)).one()
    assert (held.person_id, held.kind, held.source) == (
        wang.id,
        "post_training",
        f"shift:{training.id}",
    )
    assert (held.granted_on, held.expires_on) == (date(2026, 3, 7), date(2026, 9, 7))
    assert gate.untrained(shift, [wang.id], NOW) == set()


def test_who_was_hardly_there_has_learnt_nothing(unit, wang, coordinator):
    served(unit, wang, coordinator, left="09:00")

    assert db.session.scalars(select(Qualification)).all() == []


def test_an_ordinary_shift_grants_nothing(unit, wang, coordinator):
    served(unit, wang, coordinator, grants=None)

    assert db.session.scalars(select(Qualification)).all() == []


def test_the_day_of_a_shorter_month():
    assert months_later(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert months_later(date(2026, 8, 31), 6) == date(2027, 2, 28)
