"""Assigning people: who, how many, and never to two places at once."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from tests import make
from tests.make import at
from volunteer.core.db import db
from volunteer.core.errors import NotFound
from volunteer.core.models import Journal
from volunteer.people.models import Person
from volunteer.reminders.models import Reminder
from volunteer.shifts import service
from volunteer.shifts.errors import (
    BeyondWanted,
    NotAssigned,
    Overlapping,
    PeopleUnknown,
    ShiftCancelled,
    ShiftFull,
    ShiftOver,
)
from volunteer.shifts.models import Assignment, Shift

NOW = at("2026-03-01 08:00")


def assigned(shift):
    statement = select(Assignment.person_id).filter_by(shift_id=shift.id, state="assigned")
    return set(db.session.scalars(statement))


def people(unit, count):
    return [make.person(unit=unit) for _ in range(count)]


def ids(people):
    return [person.id for person in people]


def test_tells_how_many_are_new(unit, shift, coordinator):
    wang, li = people(unit, 2)

    first = service.assign(shift, [wang.id], actor=coordinator, now=NOW)
    again = service.assign(shift, [wang.id, li.id, li.id], actor=coordinator, now=NOW)

    assert (first, again) == (1, 1)
    assert assigned(shift) == {wang.id, li.id}


def test_is_written_down_without_names(unit, shift, coordinator):
    service.assign(shift, ids(people(unit, 2)), actor=coordinator, now=NOW)

    line = db.session.scalars(select(Journal).filter_by(action="shifts.assign")).one()
    assert (line.object_id, line.actor_account_id) == (shift.public_id, coordinator.account_id)
    assert (line.unit_path, line.body) == (unit.path, {"people": 2})


def test_more_than_wanted_asks_first(unit, shift, coordinator):
    three = ids(people(unit, 3))

    with pytest.raises(BeyondWanted) as refusal:
        service.assign(shift, three, actor=coordinator, now=NOW)
    assert refusal.value.facts == {"wanted": 2, "assigned": 3}
    assert assigned(shift) == set()
    assert service.assign(shift, three, beyond_wanted=True, actor=coordinator, now=NOW) == 3


def test_capacity_is_hard(unit, coordinator):
    shift = make.shift(unit=unit, wanted=1, capacity=2)

    with pytest.raises(ShiftFull):
        service.assign(shift, ids(people(unit, 3)), beyond_wanted=True, actor=coordinator, now=NOW)
    assert assigned(shift) == set()


def test_nobody_is_assigned_to_two_places_at_once(unit, shift, coordinator):
    """R14: the verb names who is busy; what only touches does not overlap."""
    wang = make.person(unit=unit, name="王芳")
    overlapping = make.shift(unit=unit, starts="2026-03-07 10:59")
    touching = make.shift(unit=unit, starts="2026-03-07 11:00")
    service.assign(shift, [wang.id], actor=coordinator, now=NOW)

    with pytest.raises(Overlapping) as refusal:
        service.assign(overlapping, [wang.id], actor=coordinator, now=NOW)
    assert refusal.value.facts == {"people": "王芳"}
    assert service.assign(touching, [wang.id], actor=coordinator, now=NOW) == 1


def test_the_database_itself_refuses_two_places_at_once(unit, shift):
    wang = make.person(unit=unit)
    make.assignment(person=wang, shift=shift)
    overlapping = make.shift(unit=unit, starts="2026-03-07 08:00", minutes=61)

    with pytest.raises(IntegrityError):
        make.assignment(person=wang, shift=overlapping)
    cancelled = make.assignment(person=wang, shift=overlapping, state="cancelled")
    again = update(Assignment).filter_by(id=cancelled.id).values(state="assigned")
    with pytest.raises(IntegrityError):
        db.session.execute(again)


def at_once(app, *acts):
    """Run the acts at the same moment, each in a thread of its own; return what became of each."""
    start, results = Barrier(len(acts)), {}

    def run(number, act):
        with app.app_context():
            start.wait()
            try:
                results[number] = act()
            except Exception as error:
                results[number] = type(error).__name__
            finally:
                db.session.remove()

    threads = [Thread(target=run, args=pair) for pair in enumerate(acts)]
    db.session.rollback()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(map(str, results.values()))


def test_capacity_holds_under_two_transactions(app, unit, coordinator):
    shift_id = make.shift(unit=unit, wanted=1, capacity=1).id

    def taking(person_id):
        def act():
            shift = db.session.get_one(Shift, shift_id)
            return service.assign(shift, [person_id], actor=coordinator, now=NOW)

        return act

    results = at_once(app, *map(taking, ids(people(unit, 6))))

    assert results == ["1", *["ShiftFull"] * 5]


def test_of_two_overlapping_assignments_at_once_one_is_made(app, unit, coordinator):
    """The loser sees the winner and is told so, instead of a fault of the database."""
    person_id = make.person(unit=unit).id
    shift_ids = [make.shift(unit=unit).id for _ in range(4)]

    def taking(shift_id):
        def act():
            shift = db.session.get_one(Shift, shift_id)
            who = db.session.get_one(Person, person_id).public_id
            return service.assign_listed(shift, [who], actor=coordinator, now=NOW)

        return act

    results = at_once(app, *map(taking, shift_ids))

    assert results == ["1", *["Overlapping"] * 3]


def test_only_open_shifts_take_people(unit, shift, coordinator):
    wang = make.person(unit=unit)
    cancelled = make.shift(unit=unit, state="cancelled", cancel_reason="暴雨")

    with pytest.raises(ShiftCancelled):
        service.assign(cancelled, [wang.id], actor=coordinator, now=NOW)
    with pytest.raises(ShiftOver):
        service.assign(shift, [wang.id], actor=coordinator, now=shift.ends_at)


def test_a_foreign_shift_does_not_exist(unit, shift, stranger):
    wang = make.person(unit=unit)

    with pytest.raises(NotFound):
        service.assign(shift, [wang.id], actor=stranger, now=NOW)
    with pytest.raises(NotFound):
        service.unassign(shift, wang.public_id, actor=stranger, now=NOW)


def test_one_foreign_person_among_them_and_nothing_is_done(unit, shift, coordinator):
    own, foreign = make.person(unit=unit), make.person()

    with pytest.raises(PeopleUnknown):
        service.assign_listed(shift, [own.public_id, foreign.public_id], actor=coordinator, now=NOW)
    assert assigned(shift) == set()


def test_somebody_taken_off_is_free_again(unit, shift, coordinator):
    wang = make.person(unit=unit)
    elsewhere = make.shift(unit=unit, starts="2026-03-07 10:00")
    service.assign(shift, [wang.id], actor=coordinator, now=NOW)

    service.unassign(shift, wang.public_id, actor=coordinator, now=NOW)

    assert service.assign(elsewhere, [wang.id], actor=coordinator, now=NOW) == 1
    with pytest.raises(NotAssigned):
        service.unassign(shift, wang.public_id, actor=coordinator, now=NOW)
    service.unassign(elsewhere, wang.public_id, actor=coordinator, now=NOW)
    assert service.assign(shift, [wang.id], actor=coordinator, now=NOW) == 1


def test_nobody_is_taken_off_a_shift_that_is_over(unit, shift, coordinator):
    """Who was asked for and did not come stays to be seen."""
    wang = make.person(unit=unit)
    make.assignment(person=wang, shift=shift)

    with pytest.raises(ShiftOver):
        service.unassign(shift, wang.public_id, actor=coordinator, now=shift.ends_at)


def test_somebody_who_has_moved_away_can_be_taken_off(shift, coordinator):
    moved = make.person()
    make.assignment(person=moved, shift=shift)

    service.unassign(shift, moved.public_id, actor=coordinator, now=NOW)

    assert assigned(shift) == set()


def test_whoever_is_put_down_or_taken_off_is_told_each_time(unit, shift, coordinator):
    (wang,) = people(unit, 1)

    for minute in (0, 2):
        now = NOW + timedelta(minutes=minute)
        service.assign_listed(shift, [wang.public_id], actor=coordinator, now=now)
        service.assign_listed(shift, [wang.public_id], actor=coordinator, now=now)
        later = now + timedelta(minutes=1)
        service.unassign(shift, wang.public_id, actor=coordinator, now=later)

    told = db.session.scalars(select(Reminder).order_by(Reminder.id)).all()
    assert [each.kind for each in told] == ["assigned", "taken_off"] * 2
    assert {each.person_id for each in told} == {wang.id}
