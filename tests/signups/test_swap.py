"""Standing in and swapping: with the other's consent, both places or none."""

from datetime import date

import pytest
from sqlalchemy import select

from tests import make
from tests.make import at
from tests.signups.conftest import open_shift
from volunteer.core.db import db
from volunteer.core.errors import NotFound
from volunteer.reminders.models import Reminder
from volunteer.shifts.models import Assignment
from volunteer.signups import colleagues, swapping, taking
from volunteer.signups.errors import (
    IsThere,
    NoColleague,
    NoPlace,
    NotTheirPlace,
    OtherHindered,
    OverlapsAnother,
    SwapAlready,
    SwapGone,
)
from volunteer.signups.models import DayOff, Swap

NOW = at("2026-03-02 08:00")


@pytest.fixture
def theirs(unit, li):
    """Li serves on the 8th."""
    shift = open_shift(unit=unit, starts="2026-03-08 09:00", wanted=1, capacity=1)
    make.assignment(person=li, shift=shift)
    return shift


@pytest.fixture
def given(shift, wang):
    """Wang serves on the 7th."""
    make.assignment(person=wang, shift=shift)
    return shift


def ask(person, shift, other=None, returns=None, now=NOW):
    return swapping.ask(
        shift.public_id,
        other and other.public_id,
        returns and returns.public_id,
        actor=make.actor_of(person),
        now=now,
    )


def answer(verb, swap, person, now=NOW):
    return verb(swap.public_id, actor=make.actor_of(person), now=now)


def who(shift):
    statement = select(Assignment.person_id).filter_by(shift_id=shift.id, state="assigned")
    return set(db.session.scalars(statement))


def told(kind):
    statement = select(Reminder.person_id).filter_by(kind=kind).order_by(Reminder.person_id)
    return list(db.session.scalars(statement))


def state(swap):
    return db.session.scalar(select(Swap.state).filter_by(id=swap.id))


def test_nothing_changes_before_the_other_says_yes(given, wang, li):
    swap = ask(wang, given, li)

    assert who(given) == {wang.id}
    assert told("swap_asked") == [li.id]
    assert [each.id for each in colleagues.requests_to(li.id, now=NOW)] == [swap.id]
    assert colleagues.answers_due(li.id, now=NOW) == 1


def test_the_place_changes_hands_and_those_who_must_know_are_told(coordinator, given, wang, li):
    swap = ask(wang, given, li)

    answer(swapping.accept, swap, li)
    answer(swapping.accept, swap, li)

    assert who(given) == {li.id}
    held = db.session.scalars(select(Assignment).filter_by(person_id=li.id)).one()
    assert held.origin == "swap"
    assert told("swap_answered") == [wang.id]
    assert told("place_swapped") == sorted([given.leader_id, coordinator.person_id])
    assert colleagues.answers_due(li.id, now=NOW) == 0


def test_a_swap_moves_both(given, theirs, wang, li):
    answer(swapping.accept, ask(wang, given, li, theirs), li)

    assert (who(given), who(theirs)) == ({li.id}, {wang.id})


def test_two_places_at_the_same_time_are_swapped_too(unit, given, wang, li):
    same_time = open_shift(unit=unit, starts="2026-03-07 09:30", wanted=1, capacity=1)
    make.assignment(person=li, shift=same_time)

    answer(swapping.accept, ask(wang, given, li, same_time), li)

    assert (who(given), who(same_time)) == ({li.id}, {wang.id})


def test_the_other_is_busy_or_off(unit, given, wang, li):
    swap = ask(wang, given, li)
    make.assignment(person=li, shift=make.shift(unit=unit, starts="2026-03-07 10:00"))

    with pytest.raises(OverlapsAnother):
        answer(swapping.accept, swap, li)
    assert who(given) == {wang.id}


def test_the_asker_cannot_have_the_other_place_any_more(given, theirs, wang, li):
    swap = ask(wang, given, li, theirs)
    day = date(2026, 3, 8)
    make.save(DayOff(person_id=wang.id, from_on=day, until_on=day, created_at=NOW))

    with pytest.raises(OtherHindered):
        answer(swapping.accept, swap, li)
    assert (who(given), who(theirs)) == ({wang.id}, {li.id})


def test_the_place_in_return_must_still_be_there(given, theirs, wang, li):
    swap = ask(wang, given, li, theirs)
    taking.withdraw(theirs.public_id, actor=make.actor_of(li), now=NOW)

    with pytest.raises(SwapGone):
        answer(swapping.accept, swap, li)
    assert state(swap) == "lapsed"
    assert who(given) == {wang.id}


def test_what_cannot_be_asked(unit, given, theirs, wang, li):
    stranger = make.person()

    with pytest.raises(NoColleague):
        ask(wang, given, stranger)
    with pytest.raises(NoColleague):
        ask(wang, given, wang)
    with pytest.raises(NoPlace):
        ask(li, given, wang)
    with pytest.raises(NotTheirPlace):
        ask(wang, given, li, given)
    with pytest.raises(NoPlace):
        ask(wang, given, li, now=given.starts_at)


def test_asked_twice_it_is_one_request(given, wang, li):
    first = ask(wang, given, li)

    assert ask(wang, given, li).id == first.id
    with pytest.raises(SwapAlready):
        ask(wang, given)


def test_anybody_of_the_unit_and_the_first_has_it(unit, given, wang, li):
    zhao, stranger = make.person(unit=unit), make.person()
    busy = make.person(unit=unit)
    make.assignment(person=busy, shift=make.shift(starts="2026-03-07 09:00"))
    swap = ask(wang, given)

    assert set(told("swap_asked")) == {li.id, zhao.id, given.leader_id}
    with pytest.raises(NotFound):
        answer(swapping.accept, swap, stranger)
    answer(swapping.accept, swap, zhao)
    with pytest.raises(SwapGone):
        answer(swapping.accept, swap, li)
    assert who(given) == {zhao.id}


def test_whoever_cannot_come_to_it_is_not_asked_to_stand_in(unit, given, wang, li):
    """R27. Control: who cannot come to another shift at that time is asked."""
    elsewhere = open_shift(unit=unit, starts="2026-03-07 09:00")
    for person, there in ((li, given), (make.person(unit=unit, name="赵六"), elsewhere)):
        make.assignment(person=person, shift=there, state="excused", withdrawn_at=NOW)

    asked = colleagues.free_at(given, unit_id=unit.id, but=wang.id)

    assert li.id not in asked
    assert len(asked) == 2  # and the leader


def test_nobody_exempt_or_away_on_either_day_is_asked_to_stand_in(unit, wang, li):
    """Control: at a shift until midnight the second day does not count."""
    over = open_shift(unit=unit, starts="2026-03-07 22:00", minutes=240)
    until = open_shift(unit=unit, starts="2026-03-07 22:00", minutes=120)
    zhao, day = make.person(unit=unit), date(2026, 3, 8)
    make.save(DayOff(person_id=li.id, from_on=day, until_on=day, created_at=NOW))
    make.exemption(person=zhao, from_on=day, until_on=day)

    assert colleagues.free_at(over, unit_id=unit.id, but=wang.id) == []
    assert colleagues.free_at(until, unit_id=unit.id, but=wang.id) == [li.id, zhao.id]


def test_only_the_one_asked_answers(unit, given, wang, li):
    swap = ask(wang, given, li)
    zhao = make.person(unit=unit)

    for verb in (swapping.accept, swapping.refuse, swapping.take_back):
        with pytest.raises(NotFound):
            answer(verb, swap, zhao)
    with pytest.raises(NotFound):
        answer(swapping.accept, swap, wang)


def test_no_is_told_and_ends_it(given, wang, li):
    swap = ask(wang, given, li)

    answer(swapping.refuse, swap, li)
    answer(swapping.refuse, swap, li)

    assert state(swap) == "refused"
    assert told("swap_answered") == [wang.id]
    with pytest.raises(SwapGone):
        answer(swapping.accept, swap, li)
    assert ask(wang, given, li).id != swap.id


def test_it_may_be_taken_back(given, wang, li):
    swap = ask(wang, given, li)

    answer(swapping.take_back, swap, wang)
    answer(swapping.take_back, swap, wang)

    with pytest.raises(SwapGone):
        answer(swapping.accept, swap, li)
    assert who(given) == {wang.id}


def test_who_has_given_up_the_place_asks_no_more(given, wang, li):
    swap = ask(wang, given, li)

    taking.withdraw(given.public_id, actor=make.actor_of(wang), now=NOW)

    assert state(swap) == "lapsed"
    assert colleagues.answers_due(li.id, now=NOW) == 0


def test_who_is_there_already_does_not_swap(given, wang, li):
    swap = ask(wang, given, li)
    make.attendance(person=wang, shift=given, state="open")

    with pytest.raises(IsThere):
        answer(swapping.accept, swap, li)


def test_who_is_at_the_place_in_return_keeps_it(given, theirs, wang, li):
    swap = ask(wang, given, li, theirs)
    make.attendance(person=li, shift=theirs, state="open")

    with pytest.raises(IsThere):
        answer(swapping.accept, swap, li)
    assert (who(given), who(theirs)) == ({wang.id}, {li.id})


def test_it_ends_with_the_start(given, wang, li):
    swap = ask(wang, given, li)

    with pytest.raises(SwapGone):
        answer(swapping.accept, swap, li, given.starts_at)
    assert (swapping.lapse(now=given.starts_at), swapping.lapse(now=given.starts_at)) == (1, 0)
    assert state(swap) == "lapsed"


def test_colleagues_are_found_by_two_letters_in_the_own_unit_only(unit, given, wang, li):
    make.person(name="李强")
    day = date(2026, 3, 2)

    def found(words):
        return [
            each.name
            for each in colleagues.search(words, shift=given, unit_id=unit.id, but=wang.id, on=day)
        ]

    assert found("李强") == ["李强"]
    assert found("lq") == ["李强"]
    assert found("李") == []
    assert found("王芳") == []
    assert found(li.phone[-4:]) == []
