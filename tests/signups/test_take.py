"""Taking a place: every verdict, one place however often it is asked for, never one too many."""

from datetime import date

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from tests import make
from tests.make import at
from tests.signups.conftest import open_shift
from volunteer.core.db import db
from volunteer.core.errors import NotFound
from volunteer.core.i18n import say
from volunteer.core.models import Journal
from volunteer.people.models import Qualification
from volunteer.shifts.models import Assignment, Shift
from volunteer.signups import rules, taking
from volunteer.signups.errors import (
    REFUSALS,
    AssignedOnly,
    Cancelled,
    Full,
    HasLeft,
    NotQualified,
    NotYourUnit,
    OnDayOff,
    OnExemption,
    OverlapsAnother,
    TooLate,
)
from volunteer.signups.models import DayOff, SignUpTerms
from volunteer.signups.rules import Verdict

NOW = at("2026-03-02 08:00")


def take(person, shift, now=NOW):
    return taking.take(shift.public_id, actor=make.actor_of(person), now=now)


def assigned(shift):
    statement = select(Assignment.person_id).filter_by(shift_id=shift.id, state="assigned")
    return set(db.session.scalars(statement))


def refused(person, shift, error, now=NOW):
    with pytest.raises(error):
        take(person, shift, now)
    assert person.id not in assigned(shift)


def test_the_place_is_written_down_with_how_it_came_about(unit, shift, wang):
    take(wang, shift)

    held = db.session.scalars(select(Assignment)).one()
    assert (held.person_id, held.state, held.origin) == (wang.id, "assigned", "self")
    line = db.session.scalars(select(Journal).filter_by(action="signups.take")).one()
    assert (line.object_id, line.unit_path) == (shift.public_id, unit.path)


def test_asked_for_twice_it_is_one_place_and_the_same_answer(shift, wang):
    first, second = take(wang, shift), take(wang, shift)

    assert first.id == second.id
    assert len(db.session.scalars(select(Assignment)).all()) == 1
    assert len(db.session.scalars(select(Journal).filter_by(action="signups.take")).all()) == 1


def test_a_full_shift_is_full(shift, wang, li):
    take(wang, shift)

    refused(li, shift, Full)


def test_without_a_capacity_those_asked_for_are_the_measure(unit, wang, li):
    """The database guards `capacity` only: here the lock on the shift does."""
    shift = open_shift(unit=unit, wanted=1, capacity=None)
    take(wang, shift)

    refused(li, shift, Full)


def test_without_any_number_everybody_may_come(unit, wang, li):
    shift = open_shift(unit=unit, wanted=0, capacity=None)

    take(wang, shift)
    take(li, shift)

    assert assigned(shift) == {wang.id, li.id}


def test_beyond_the_wanted_up_to_the_capacity(unit, wang, li):
    shift = open_shift(unit=unit, wanted=1, capacity=2)

    take(wang, shift)
    take(li, shift)

    assert assigned(shift) == {wang.id, li.id}


def test_nobody_is_in_two_places(unit, shift, wang):
    make.assignment(person=wang, shift=make.shift(starts="2026-03-07 10:59"))

    refused(wang, shift, OverlapsAnother)


def test_what_only_touches_does_not_overlap(unit, shift, wang):
    make.assignment(person=wang, shift=make.shift(starts="2026-03-07 11:00"))

    take(wang, shift)


@pytest.mark.parametrize("moment", ["2026-03-07 09:00", "2026-03-07 10:00", "2026-03-08 09:00"])
def test_it_closes_at_the_start(shift, wang, moment):
    refused(wang, shift, TooLate, at(moment))


def test_until_the_last_moment_before_the_start(shift, wang):
    take(wang, shift, at("2026-03-07 08:59"))


def test_the_city_may_close_it_earlier(shift, wang):
    newer = db.session.scalars(select(SignUpTerms)).one()
    facts = {c.key: getattr(newer, c.key) for c in SignUpTerms.__table__.c if c.key != "id"}
    make.save(SignUpTerms(**{**facts, "closes_before_minutes": 60}))

    refused(wang, shift, TooLate, at("2026-03-07 08:00"))
    take(wang, shift, at("2026-03-07 07:59"))


def test_the_units_above_are_open_and_foreign_ones_are_not(unit, wang):
    section = make.unit(parent=unit, kind="section")
    in_section, beside = make.person(unit=section), make.person()
    ours, below = open_shift(unit=unit), open_shift(unit=section, starts="2026-03-08 09:00")
    of_city = open_shift(unit=make.city(), starts="2026-03-09 09:00")

    for shift in (ours, below, of_city):
        take(in_section, shift)
    take(wang, of_city)
    refused(wang, below, NotYourUnit)
    refused(beside, ours, NotYourUnit)
    assert NotYourUnit.status == 404


def test_the_unit_of_the_day_decides(shift, unit):
    mover = make.person(unit=make.unit(), until_on=date(2026, 3, 5))
    make.member(person=mover, unit=unit, from_on=date(2026, 3, 5))

    take(mover, shift)


def test_an_unknown_shift_is_not_found(wang):
    with pytest.raises(NotFound):
        taking.take("0" * 16, actor=make.actor_of(wang), now=NOW)


def test_a_cancelled_shift(unit, wang):
    refused(wang, open_shift(unit=unit, state="cancelled", cancel_reason="x"), Cancelled)


def test_where_the_coordinator_assigns(unit, wang):
    refused(wang, make.shift(unit=unit, sign_up="assigned_only"), AssignedOnly)


def test_not_on_a_day_off(shift, wang):
    day = date(2026, 3, 7)
    make.save(DayOff(person_id=wang.id, from_on=day, until_on=day, created_at=NOW))

    refused(wang, shift, OnDayOff)


def test_not_while_exempt(shift, wang):
    make.exemption(person=wang, from_on=date(2026, 3, 1), until_on=date(2026, 3, 7))

    refused(wang, shift, OnExemption)


def test_not_after_leaving(shift, unit):
    leaver = make.person(unit=unit, until_on=date(2026, 3, 7))

    refused(leaver, shift, HasLeft)
    refused(make.person(unit=unit, state="left"), shift, HasLeft)


@pytest.mark.parametrize(
    ("granted", "expires", "holds"),
    [
        ("2026-03-07", None, True),
        ("2026-03-08", None, False),
        ("2025-03-08", "2026-03-08", True),
        ("2025-03-07", "2026-03-07", False),
    ],
)
def test_the_training_must_hold_on_the_day(unit, wang, granted, expires, holds):
    """R54: what the shift needs is asked of the day on which it lies."""
    make.policy(training_gate="refuse")
    shift = open_shift(unit=unit, needs="post_training")
    make.save(
        Qualification(
            person_id=wang.id,
            kind="post_training",
            granted_on=date.fromisoformat(granted),
            expires_on=expires and date.fromisoformat(expires),
            source="交警大队",
            entered_at=NOW,
        )
    )

    if holds:
        take(wang, shift)
    else:
        refused(wang, shift, NotQualified)


@pytest.mark.parametrize("gate", ["off", "warn"])
def test_where_the_city_does_not_insist_on_the_training(unit, wang, gate):
    make.policy(training_gate=gate)

    take(wang, open_shift(unit=unit, needs="post_training"))


def test_every_verdict_has_its_sentence_in_chinese(app):
    assert set(REFUSALS) == set(Verdict) - {Verdict.FREE}
    with app.test_request_context():
        for verdict, error in REFUSALS.items():
            sentence = say(error.text, {})
            assert sentence != error.text, verdict
            assert sentence.endswith("。")
            assert error.code == verdict


def test_the_database_itself_refuses_the_twenty_first_place(unit, engine):
    """By raw SQL, past all of the program."""
    shift = make.shift(unit=unit, wanted=20, capacity=20)
    people = [make.person(unit=unit) for _ in range(21)]
    insert = text(
        "INSERT INTO assignment (shift_id, person_id, starts_at, ends_at, state, assigned_at) "
        "SELECT :shift, :person, starts_at, ends_at, 'assigned', starts_at "
        "FROM shift WHERE id = :shift"
    )
    for person in people[:20]:
        db.session.execute(insert, {"shift": shift.id, "person": person.id})
    db.session.commit()

    with pytest.raises(IntegrityError):
        db.session.execute(insert, {"shift": shift.id, "person": people[20].id})
    db.session.rollback()
    assert len(assigned(shift)) == 20
    with pytest.raises(IntegrityError):
        db.session.execute(update(Shift).filter_by(id=shift.id).values(capacity=19, wanted=1))
    db.session.rollback()


def test_the_database_itself_refuses_the_overlapping_place(unit, wang, engine):
    here, there = make.shift(unit=unit), make.shift(unit=unit, starts="2026-03-07 10:30")
    insert = text(
        "INSERT INTO assignment (shift_id, person_id, starts_at, ends_at, state, assigned_at) "
        "SELECT :shift, :person, starts_at, ends_at, 'assigned', starts_at "
        "FROM shift WHERE id = :shift"
    )
    db.session.execute(insert, {"shift": here.id, "person": wang.id})
    db.session.commit()

    with pytest.raises(IntegrityError):
        db.session.execute(insert, {"shift": there.id, "person": wang.id})
    db.session.rollback()
    assert assigned(there) == set()


def test_what_the_database_refuses_becomes_a_verdict(unit, shift, wang, li, monkeypatch):
    """The decision was blind to the other's place: the constraint stops it, and it is decided
    again with open eyes."""
    seen = []

    def blind_once(asked, mine, **given):
        seen.append(asked.taken)
        return Verdict.FREE if len(seen) == 1 else decide(asked, mine, **given)

    decide = rules.decide
    take(wang, shift)
    monkeypatch.setattr(rules, "decide", blind_once)

    refused(li, shift, Full)
    assert len(seen) == 2
