"""Drafts: drawing, mending by hand, publishing at once, undoing; and the independent checker."""

import json
from datetime import date

import pytest
from sqlalchemy import select

from tests import make
from volunteer.core.actor import Role
from volunteer.core.clock import Month
from volunteer.core.db import db, transaction
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.reminders.models import Reminder
from volunteer.rosters import checker, publishing, queries, service
from volunteer.rosters.errors import (
    CannotServe,
    MonthOver,
    NotADraft,
    NothingToCopy,
    NotInRoster,
)
from volunteer.rosters.models import Hold, Roster, RosterGap, RosterPlace, Way
from volunteer.shifts.models import Assignment
from volunteer.signups.models import DayOff


def the_draft(drawn):
    (one,) = drawn
    return queries.by_id(one.roster_id)


def people_of(shift):
    statement = select(Assignment.person_id).filter_by(shift_id=shift.id, state="assigned")
    return sorted(db.session.scalars(statement))


def placed(roster):
    statement = select(RosterPlace).where(
        RosterPlace.roster_id == roster.id, RosterPlace.hold != Hold.TAKEN_OFF
    )
    return {(each.shift_id, each.person_id) for each in db.session.scalars(statement)}


def test_a_draw_assigns_nobody_before_it_is_published(unit, post, month, coordinator, now):
    people = [make.person(unit=unit) for _ in range(3)]
    shifts = [post(f"2026-12-0{day} 07:30") for day in (1, 2, 3)]

    drawn = service.draw(unit, month, actor=coordinator, now=now)

    assert [(each.places, each.filled, each.unfilled) for each in drawn] == [(3, 3, [])]
    assert not db.session.scalar(select(Assignment))
    roster = the_draft(drawn)
    outcome = publishing.publish(roster, actor=coordinator, now=now)
    assert outcome == (3, 0)
    assert sorted(sum((people_of(shift) for shift in shifts), [])) == [p.id for p in people]
    assert {a.origin for a in db.session.scalars(select(Assignment))} == {"roster"}
    assert checker.broken(unit, month) == []


def test_drawing_again_gives_the_same_draft(unit, post, month, coordinator, now):
    for _ in range(4):
        make.person(unit=unit)
    for day in range(1, 8):
        post(f"2026-12-0{day} 07:30", wanted=2)

    first = the_draft(service.draw(unit, month, actor=coordinator, now=now))
    before = placed(first)
    second = the_draft(service.draw(unit, month, actor=coordinator, now=now))

    assert (second.id, placed(second)) == (first.id, before)


def test_publishing_twice_publishes_once_and_tells_everybody_once(
    unit, post, month, coordinator, now
):
    person = make.person(unit=unit)
    post("2026-12-01 07:30")
    post("2026-12-03 07:30")
    roster = the_draft(service.draw(unit, month, actor=coordinator, now=now))

    outcomes = [publishing.publish(roster, actor=coordinator, now=now) for _ in range(2)]

    assert outcomes == [(2, 0), (0, 0)]
    told = db.session.scalars(select(Reminder)).all()
    assert [(each.person_id, each.kind) for each in told] == [(person.id, "roster_published")]


def test_a_second_draw_fills_what_is_open_and_leaves_those_assigned(
    unit, post, month, coordinator, now
):
    make.person(unit=unit)
    post("2026-12-01 07:30")
    publishing.publish(
        the_draft(service.draw(unit, month, actor=coordinator, now=now)),
        actor=coordinator,
        now=now,
    )
    make.person(unit=unit)
    late = post("2026-12-01 07:30", wanted=1)

    (drawn,) = service.draw(unit, month, actor=coordinator, now=now)

    assert (drawn.places, drawn.filled) == (2, 2)
    assert len(placed(queries.by_id(drawn.roster_id))) == 1
    assert {shift for shift, _ in placed(queries.by_id(drawn.roster_id))} == {late.id}


def test_every_hard_rule_holds(unit, post, month, coordinator, now):
    make.policy(valid_from="2026-12")
    busy, away, exempt, left, fit = (make.person(unit=unit) for _ in range(5))
    shift = post("2026-12-01 07:30", wanted=5)
    make.assignment(person=busy, shift=make.shift(starts="2026-12-01 07:00", minutes=60))
    make.save(
        DayOff(
            person_id=away.id,
            from_on=date(2026, 12, 1),
            until_on=date(2026, 12, 1),
            created_at=now,
        )
    )
    make.exemption(person=exempt, from_on=date(2026, 11, 20), until_on=date(2026, 12, 9))
    with transaction():
        db.session.get(type(left), left.id).state = "left"
    make.person()

    (drawn,) = service.draw(unit, month, actor=coordinator, now=now)

    assert placed(queries.by_id(drawn.roster_id)) == {(shift.id, fit.id)}
    ((public_id, missing, why),) = drawn.unfilled
    assert (public_id, missing) == (shift.public_id, 4)
    assert why == [
        {"code": "people", "people": 4},
        {"code": "here", "people": 1},
        {"code": "exempt", "people": 1},
        {"code": "day_off", "people": 1},
        {"code": "same_time", "people": 1},
    ]


def test_units_below_are_drawn_first_and_nobody_is_drawn_twice(unit, site, month, now):
    section = make.unit(parent=unit, kind="section")
    person = make.person(unit=section)
    above = make.shift(starts="2026-12-01 07:30", unit=unit, site=site, kind="post", wanted=1)
    below = make.shift(starts="2026-12-01 07:30", unit=section, site=site, kind="post", wanted=1)

    drawn = service.draw(unit, month, actor=make.grant_of(Role.CITY_OFFICE, make.city()), now=now)

    assert [each.filled for each in drawn] == [1, 0]
    assert placed(queries.by_id(drawn[0].roster_id)) == {(below.id, person.id)}
    assert drawn[1].unfilled[0][0] == above.public_id
    assert checker.broken(unit, month) == []


def test_fixed_places_stay_and_who_was_taken_off_does_not_come_back(
    unit, post, month, coordinator, now
):
    one, other = make.person(unit=unit, name="甲"), make.person(unit=unit, name="乙")
    shift = post("2026-12-01 07:30")
    later = post("2026-12-02 07:30")
    roster = the_draft(service.draw(unit, month, actor=coordinator, now=now))
    had = {person for at, person in placed(roster) if at == shift.id}
    given_up, put = (one, other) if had == {one.id} else (other, one)

    service.take_off(roster, later.id, put.public_id, actor=coordinator, now=now)
    service.put(
        roster,
        shift.id,
        put.public_id,
        instead_of=given_up.public_id,
        actor=coordinator,
        now=now,
    )
    again = the_draft(service.draw(unit, month, actor=coordinator, now=now))

    assert placed(again) == {(shift.id, put.id), (later.id, given_up.id)}
    hold = db.session.scalar(select(RosterPlace.hold).filter_by(shift_id=shift.id, hold="fixed"))
    assert hold == Hold.FIXED


def test_unfixing_lets_the_next_draw_decide(unit, post, month, coordinator, now):
    person = make.person(unit=unit)
    shift = post("2026-12-01 07:30")
    roster = the_draft(service.draw(unit, month, actor=coordinator, now=now))
    service.take_off(roster, shift.id, person.public_id, actor=coordinator, now=now)
    assert not placed(the_draft(service.draw(unit, month, actor=coordinator, now=now)))

    service.unfix(roster, shift.id, person.public_id, actor=coordinator, now=now)
    service.draw(unit, month, actor=coordinator, now=now)
    service.fix(roster, shift.id, person.public_id, actor=coordinator, now=now)

    assert placed(roster) == {(shift.id, person.id)}


def test_by_hand_no_hard_rule_is_broken_either(unit, post, month, coordinator, now):
    person = make.person(unit=unit, name="王芳")
    post("2026-12-01 07:30")
    evening = post("2026-12-01 17:00")
    roster = the_draft(service.draw(unit, month, actor=coordinator, now=now))
    empty = {evening.id} - {shift for shift, _ in placed(roster)}
    shift_id = empty.pop() if empty else db.session.scalar(select(RosterGap.shift_id))

    with pytest.raises(CannotServe) as refusal:
        service.put(roster, shift_id, person.public_id, actor=coordinator, now=now)

    assert "王芳" in refusal.value.message
    with pytest.raises(NotInRoster):
        service.put(roster, shift_id, make.person().public_id, actor=coordinator, now=now)


def test_places_lost_meanwhile_are_told_and_the_rest_is_published(
    unit, post, month, coordinator, now
):
    people = [make.person(unit=unit) for _ in range(3)]
    shifts = [post(f"2026-12-0{day} 07:30", capacity=1) for day in (1, 2, 3)]
    roster = the_draft(service.draw(unit, month, actor=coordinator, now=now))
    who = dict(placed(roster))
    make.assignment(
        person=db.session.get(type(people[0]), who[shifts[0].id]),
        shift=make.shift(starts="2026-12-01 07:00"),
    )
    with transaction():
        second = db.session.get(type(shifts[1]), shifts[1].id)
        second.state, second.cancel_reason = "cancelled", "下雨"

    outcome = publishing.publish(roster, actor=coordinator, now=now)

    assert outcome == (1, 2)
    assert people_of(shifts[2]) == [who[shifts[2].id]]
    lost = select(RosterPlace.shift_id, RosterPlace.lost).where(RosterPlace.lost.is_not(None))
    assert dict(db.session.execute(lost).all()) == {
        shifts[0].id: "same_time",
        shifts[1].id: "cancelled",
    }


def test_a_full_shift_is_not_overfilled(unit, post, month, coordinator, now):
    make.person(unit=unit)
    shift = post("2026-12-01 07:30")
    roster = the_draft(service.draw(unit, month, actor=coordinator, now=now))
    make.assignment(person=make.person(), shift=shift)

    assert publishing.publish(roster, actor=coordinator, now=now) == (0, 1)


def test_a_discarded_draft_is_not_published(unit, post, month, coordinator, now):
    make.person(unit=unit)
    post("2026-12-01 07:30")
    roster = the_draft(service.draw(unit, month, actor=coordinator, now=now))
    for _ in range(2):
        service.discard(roster, actor=coordinator, now=now)

    with pytest.raises(NotADraft):
        publishing.publish(roster, actor=coordinator, now=now)
    fresh = the_draft(service.draw(unit, month, actor=coordinator, now=now))
    assert fresh.id != roster.id


def test_who_may_not_schedule_does_not(unit, post, month, now):
    post("2026-12-01 07:30")
    lead = make.grant_of(Role.SYSTEM_LEAD, unit)
    foreign = make.grant_of(Role.COORDINATOR, make.unit())

    with pytest.raises(NotAllowed):
        service.draw(unit, month, actor=lead, now=now)
    with pytest.raises(NotFound):
        service.draw(unit, month, actor=foreign, now=now)


def test_a_month_that_is_over_is_not_drawn(unit, coordinator, now):
    with pytest.raises(MonthOver):
        service.draw(unit, Month(2026, 10), actor=coordinator, now=now)


def test_last_month_is_copied_to_the_same_weekdays(unit, post, month, coordinator, now):
    one, other = make.person(unit=unit), make.person(unit=unit)
    make.assignment(person=one, shift=post("2026-11-03 07:30"))  # the first Tuesday
    make.assignment(person=other, shift=post("2026-11-11 07:30"))  # the second Wednesday
    first, second = post("2026-12-01 07:30"), post("2026-12-09 07:30")
    third = post("2026-12-16 07:30")

    (drawn,) = service.draw(unit, month, way=Way.COPIED, actor=coordinator, now=now)

    assert placed(queries.by_id(drawn.roster_id)) == {(first.id, one.id), (second.id, other.id)}
    assert [shift for shift, _, _ in drawn.unfilled] == [third.public_id]
    assert checker.broken(unit, month) == []


def test_nothing_to_copy_is_said(unit, post, month, coordinator, now):
    make.person(unit=unit)
    post("2026-12-01 07:30")

    with pytest.raises(NothingToCopy):
        service.draw(unit, month, way=Way.COPIED, actor=coordinator, now=now)
    assert not db.session.scalar(select(Roster))


def test_a_department_comes_in_turn(unit, post, month, coordinator, now):
    section = make.unit(parent=unit, kind="section")
    team = [make.person(unit=section) for _ in range(3)]
    make.person(unit=unit)
    shifts = [post(f"2026-12-{day:02} 07:30") for day in range(1, 7)]

    (drawn,) = service.draw(unit, month, way=Way.ROTATION, of=section, actor=coordinator, now=now)

    who = dict(placed(queries.by_id(drawn.roster_id)))
    assert [who[shift.id] for shift in shifts] == [each.id for each in team] * 2
    assert checker.broken(unit, month) == []


def test_the_checker_sees_what_a_roster_breaks(unit, post, month, now):
    person = make.person(unit=unit)
    foreign = make.person()
    facts = {"origin": "roster"}
    make.assignment(person=person, shift=post("2026-12-01 17:00"), **facts)
    make.assignment(person=person, shift=post("2026-12-02 08:00"), **facts)
    make.assignment(person=person, shift=post("2026-12-02 15:00"), **facts)
    make.assignment(person=person, shift=post("2026-12-03 08:00"), **facts)
    make.assignment(person=foreign, shift=post("2026-12-04 08:00"), **facts)
    make.exemption(person=person, from_on=date(2026, 12, 3), until_on=date(2026, 12, 3))

    rules = {each["rule"] for each in checker.broken(unit, month)}

    assert rules == {"no_rest", "two_posts_a_day", "posts_a_week", "unit_scope", "exempt"}


def test_the_shell_draws_publishes_and_checks(unit, post, month, runner, set_clock):
    set_clock("2026-11-23 09:00")
    make.person(unit=unit)
    post("2026-12-01 07:30", wanted=2)
    options = ["--unit", unit.code, "--month", "2026-12", "--json"]

    drawn = runner.invoke(args=["rosters", "draw", *options, "--publish"])
    checked = runner.invoke(args=["rosters", "check", *options])

    facts = json.loads(drawn.stdout.splitlines()[-1])
    assert (facts["places"], facts["filled"], len(facts["unfilled"])) == (2, 1, 1)
    assert set(facts) >= {"cost", "seconds", "assigned", "lost"}
    assert set(facts["unfilled"][0]) == {"shift", "reason"}
    assert facts["unfilled"][0]["reason"]
    assert json.loads(checked.stdout.splitlines()[-1]) == {"broken": []}
    assert (
        runner.invoke(args=["rosters", "draw", "--unit", "X", "--month", "2026-12"]).exit_code == 1
    )
    wrong = runner.invoke(args=["rosters", "draw", "--unit", unit.code, "--month", "12"])
    assert wrong.exit_code == 2
