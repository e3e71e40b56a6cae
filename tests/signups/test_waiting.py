"""The waiting list: the first is offered first, in time or not at all, and holds the place."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from tests import make
from tests.make import at
from volunteer.core.db import db, transaction
from volunteer.core.errors import NotFound
from volunteer.core.jobs import JOBS
from volunteer.people import hooks
from volunteer.reminders.models import Reminder
from volunteer.shifts import calling_off, taking_back
from volunteer.shifts import service as shifts
from volunteer.shifts.models import Assignment, Shift
from volunteer.signups import colleagues, rules, taking, waitlist
from volunteer.signups.errors import AlreadyWaiting, Full, NothingFree, NotWaiting, StillFree
from volunteer.signups.models import DayOff, Waiting

NOW = at("2026-03-02 08:00")


def act(verb, person, shift, now=NOW):
    return verb(shift.public_id, actor=make.actor_of(person), now=now)


def line_of(person):
    return db.session.scalars(
        select(Waiting).filter_by(person_id=person.id).execution_options(populate_existing=True)
    ).one()


def told(kind):
    return list(db.session.scalars(select(Reminder.person_id).filter_by(kind=kind)))


def holds(person, shift):
    found = select(Assignment).filter_by(person_id=person.id, shift_id=shift.id, state="assigned")
    return db.session.scalar(found) is not None


@pytest.fixture
def zhao(unit):
    return make.person(unit=unit, name="赵敏")


@pytest.fixture
def full(shift, wang, li, zhao):
    """Wang has the place; Li waits, then Zhao."""
    act(taking.take, wang, shift)
    act(waitlist.wait, li, shift)
    act(waitlist.wait, zhao, shift, NOW + timedelta(minutes=1))
    return shift


def test_one_waits_once(full, li):
    act(waitlist.wait, li, full, NOW + timedelta(hours=1))

    assert line_of(li).asked_at == NOW
    with pytest.raises(AlreadyWaiting):
        act(taking.take, li, full)


def test_nobody_waits_where_a_place_is_free(shift, wang):
    with pytest.raises(StillFree):
        act(waitlist.wait, wang, shift)


def test_whoever_withdraws_makes_room_for_the_first(full, wang, li, zhao):
    act(taking.withdraw, wang, full)

    assert (line_of(li).state, line_of(zhao).state) == ("offered", "waiting")
    assert line_of(li).offered_until == NOW + timedelta(hours=12)
    assert told("place_offered") == [li.id]


def test_the_place_is_held_against_others(full, unit, wang, li, zhao):
    act(taking.withdraw, wang, full)

    with pytest.raises(Full):
        act(taking.take, make.person(unit=unit), full)
    with pytest.raises(AlreadyWaiting):
        act(taking.take, zhao, full)
    act(taking.take, li, full)
    held = db.session.scalars(select(Assignment).filter_by(person_id=li.id)).one()
    assert (held.state, held.origin) == ("assigned", "waiting_list")
    assert line_of(li).state == "taken"


def test_what_is_not_answered_in_time_goes_on(full, wang, li, zhao):
    act(taking.withdraw, wang, full)

    before = waitlist.move_on(now=NOW + timedelta(hours=11, minutes=59))
    after = waitlist.move_on(now=NOW + timedelta(hours=12))
    again = waitlist.move_on(now=NOW + timedelta(hours=12))

    assert (before, after, again) == (0, 2, 0)
    assert (line_of(li).state, line_of(zhao).state) == ("lapsed", "offered")
    assert told("place_lapsed") == [li.id]
    assert told("place_offered") == [li.id, zhao.id]


def test_an_offer_that_is_over_holds_nothing_even_before_the_job(full, unit, wang, li, zhao):
    act(taking.withdraw, wang, full)
    act(waitlist.leave, zhao, full)

    act(taking.take, make.person(unit=unit), full, NOW + timedelta(hours=13))

    assert not holds(li, full)


def test_one_may_wait_again_at_the_end(full, wang, li, zhao):
    act(taking.withdraw, wang, full)
    later = NOW + timedelta(hours=12)
    waitlist.move_on(now=later)
    act(taking.take, zhao, full, later)

    act(waitlist.wait, li, full, later)

    assert (line_of(li).state, line_of(li).asked_at) == ("waiting", later)


def test_no_thank_you_offers_on(full, wang, li, zhao):
    act(taking.withdraw, wang, full)

    act(waitlist.leave, li, full)
    act(waitlist.leave, li, full)

    assert (line_of(li).state, line_of(zhao).state) == ("left", "offered")


def test_within_two_hours_all_are_asked_and_the_first_has_it(full, unit, wang, li, zhao):
    near = at("2026-03-07 07:01")
    act(taking.withdraw, wang, full, near)

    assert {line_of(li).state, line_of(zhao).state} == {"offered"}
    assert line_of(zhao).offered_until == full.starts_at
    act(taking.take, zhao, full, near)
    assert line_of(li).state == "waiting"
    with pytest.raises(AlreadyWaiting):
        act(taking.take, li, full, near)


def test_who_cannot_serve_then_is_passed_over_and_goes_on_waiting(full, wang, li, zhao):
    day = date(2026, 3, 7)
    make.save(DayOff(person_id=li.id, from_on=day, until_on=day, created_at=NOW))

    act(taking.withdraw, wang, full)

    assert (line_of(li).state, line_of(zhao).state) == ("waiting", "offered")


def test_a_place_that_the_coordinator_frees_is_offered_at_once(full, coordinator, wang, li):
    shifts.unassign(full, wang.public_id, actor=coordinator, now=NOW)

    assert line_of(li).state == "offered"


def test_a_raised_capacity_is_offered_by_the_job(full, li, zhao):
    with transaction():
        db.session.execute(update(Shift).filter_by(id=full.id).values(capacity=3))

    assert JOBS["signups.move_on"].run(NOW) == 2
    assert {line_of(li).state, line_of(zhao).state} == {"offered"}


def test_a_newcomer_does_not_jump_the_queue_where_the_job_has_not_run(full, unit, li, zhao):
    with transaction():
        db.session.execute(update(Shift).filter_by(id=full.id).values(capacity=2))

    with pytest.raises(Full):
        act(taking.take, make.person(unit=unit), full)
    act(taking.take, li, full)
    assert holds(li, full)


def test_whoever_the_coordinator_assigns_waits_no_more(full, coordinator, wang, li, zhao):
    shifts.unassign(full, wang.public_id, actor=coordinator, now=NOW)
    shifts.assign(full, [zhao.id], actor=coordinator, now=NOW)

    waitlist.move_on(now=NOW)

    assert line_of(zhao).state == "taken"


@pytest.mark.parametrize("how", ["begun", "cancelled"])
def test_the_list_ends_with_the_shift(full, coordinator, li, how):
    moment = full.starts_at if how == "begun" else NOW
    if how == "cancelled":
        shifts.cancel(full, reason="暴雨", actor=coordinator, now=NOW)

    waitlist.move_on(now=moment)

    assert line_of(li).state == "lapsed"


def test_who_waits_for_a_cancelled_shift_is_told_so_and_not_that_he_was_slow(
    full, coordinator, wang, li, zhao
):
    act(taking.withdraw, wang, full)  # Li is offered the place
    assert colleagues.answers_due(li.id, now=NOW) == 1
    shifts.cancel(full, reason="暴雨", actor=coordinator, now=NOW)
    assert colleagues.answers_due(li.id, now=NOW) == 0

    for moment in (NOW, NOW, NOW + timedelta(hours=13)):
        waitlist.move_on(now=moment)

    assert [line_of(each).state for each in (li, zhao)] == ["lapsed", "lapsed"]
    assert sorted(told("shift_cancelled")) == sorted([li.id, zhao.id])
    assert told("place_lapsed") == []


@pytest.fixture
def storm(unit, full, coordinator):
    """Calls the day off; returns what takes that back."""
    day = date(2026, 3, 7)
    done = calling_off.call_off(unit, day, reason="暴雨", actor=coordinator, now=NOW)
    return lambda: taking_back.take_back(done.record, actor=coordinator, now=NOW)


def test_the_list_outlives_a_day_called_off_and_taken_back(full, storm, wang, li, zhao):
    waitlist.move_on(now=NOW)
    storm()
    waitlist.move_on(now=NOW)

    assert holds(wang, full)
    assert [line_of(each).state for each in (li, zhao)] == ["waiting", "waiting"]
    assert told("place_offered") == []


def test_a_place_that_does_not_come_back_is_offered_at_once(full, storm, wang, li, zhao):
    make.assignment(person=wang, shift=make.shift(starts="2026-03-07 10:00"))

    storm()

    assert [line_of(each).state for each in (li, zhao)] == ["offered", "waiting"]


def test_the_list_ends_with_a_day_called_off_that_comes(full, storm, li):
    waitlist.move_on(now=full.starts_at)

    assert line_of(li).state == "lapsed"


def test_the_coordinator_may_offer_to_another_one_first(full, coordinator, stranger, zhao):
    def offer(actor, person=zhao):
        waitlist.offer_now(full.public_id, person.public_id, actor=actor, now=NOW)

    with pytest.raises(NothingFree):
        offer(coordinator)
    with transaction():
        db.session.execute(update(Shift).filter_by(id=full.id).values(capacity=2))
    with pytest.raises(NotFound):
        offer(stranger)
    with pytest.raises(NotWaiting):
        offer(coordinator, make.person())
    offer(coordinator)
    offer(coordinator)

    assert line_of(zhao).state == "offered"
    assert told("place_offered") == [zhao.id]


def test_how_long_an_offer_stands():
    terms = rules.Terms(
        timedelta(0),
        timedelta(hours=12),
        timedelta(hours=12),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(minutes=15),
    )

    def stands(before):
        offer = rules.offer_at(NOW, NOW + before, terms)
        return offer.until - NOW, offer.is_held

    assert stands(timedelta(days=5)) == (timedelta(hours=12), True)
    assert stands(timedelta(hours=10)) == (timedelta(hours=5), True)
    assert stands(timedelta(hours=2)) == (timedelta(hours=1), True)
    assert stands(timedelta(minutes=119)) == (timedelta(minutes=119), False)
    brisk = terms._replace(rush=timedelta(0))
    assert rules.offer_at(NOW, NOW + timedelta(minutes=40), brisk).until == NOW + timedelta(
        minutes=30
    )


def test_a_leaver_waits_no_more(full, wang, li, zhao):
    with transaction():
        for release in hooks.left:
            release(li.id, date(2026, 3, 3), NOW)

    act(taking.withdraw, wang, full)

    assert line_of(zhao).state == "offered"
