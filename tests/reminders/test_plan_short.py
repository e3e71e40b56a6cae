"""Telling those below the monthly minimum, once (R28)."""

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from tests import make
from tests.make import at
from volunteer.core.clock import Month
from volunteer.core.db import db
from volunteer.reminders import jobs, queries, service
from volunteer.reminders.models import Delivery, Reminder, ReminderKind
from volunteer.shifts.notices import Notice

NOW = at("2026-11-20 09:00")
NOVEMBER = Month(2026, 11)
WHOLE = {"from_on": date(2026, 11, 1), "until_on": date(2026, 11, 30)}


def plan(kind: ReminderKind = ReminderKind.SHORT_DAY_20) -> int:
    return service.plan_short(NOVEMBER, kind, now=NOW)


def told() -> dict[int, Reminder]:
    return {row.person_id: row for row in db.session.scalars(select(Reminder))}


def test_those_short_are_told_with_the_figures_of_the_day(app):
    short, met, nothing = (make.person() for _ in range(3))
    make.entry(person=short, minutes=45, on=date(2026, 11, 6))
    make.entry(person=met, minutes=120, on=date(2026, 11, 6))

    assert plan() == 2
    found = told()
    assert found.keys() == {short.id, nothing.id}
    assert (found[short.id].required_minutes, found[short.id].served_minutes) == (120, 45)
    assert found[short.id].planned_at == NOW


def test_planning_twice_plans_nothing_twice(app):
    for _ in range(3):
        make.person()

    assert [plan(), plan()] == [3, 0]
    assert db.session.scalar(select(func.count(Delivery.id))) == 3


def test_the_27th_is_told_apart_from_the_20th(app):
    person = make.person()

    assert [plan(), plan(ReminderKind.SHORT_DAY_27), plan(ReminderKind.SHORT_DAY_27)] == [1, 1, 0]
    assert len(queries.inbox(person.id)) == 2


def test_who_became_short_later_is_added_and_the_others_keep_their_figures(app):
    first = make.person()
    plan()
    make.entry(person=first, minutes=30, on=date(2026, 11, 20))
    second = make.person()

    assert plan() == 1
    assert told()[first.id].served_minutes == 0
    assert second.id in told()


def test_nobody_is_told_who_owes_nothing(app):
    """R28, R31: none to exempt people, to those without target, to leavers."""
    exempt = make.person()
    make.exemption(person=exempt, **WHOLE)
    make.person(from_on=date(2026, 11, 25))
    make.person(until_on=date(2026, 11, 18))
    make.person(until_on=date(2026, 10, 1))
    make.person(state="left")

    assert plan() == 0


def test_whoever_leaves_later_this_month_still_belongs(app):
    leaver = make.person(until_on=date(2026, 11, 28))

    assert plan() == 1
    assert told()[leaver.id].required_minutes == 105


def test_part_of_a_month_owes_part(app):
    joined = make.person(from_on=date(2026, 11, 16))
    make.entry(person=joined, minutes=59, on=date(2026, 11, 18))
    enough = make.person(from_on=date(2026, 11, 16))
    make.entry(person=enough, minutes=60, on=date(2026, 11, 18))

    assert plan() == 1
    assert told()[joined.id].required_minutes == 60


def test_an_exemption_of_some_days_lowers_what_is_told(app):
    person = make.person()
    make.exemption(person=person, from_on=date(2026, 11, 1), until_on=date(2026, 11, 15))

    assert plan() == 1
    assert told()[person.id].required_minutes == 60


def test_what_waits_for_confirmation_does_not_hide_the_gap(app):
    """Pending people are told too: the minutes do not count before somebody confirms them."""
    ordinary, partly = make.person(), make.person(from_on=date(2026, 11, 11))
    for person in (ordinary, partly):
        shift = make.shift(starts="2026-11-13 09:00", minutes=120, unit=make.unit_of(person))
        make.attendance(person=person, shift=shift, state="auto_closed")

    assert plan() == 2


def test_every_reminder_arrives_in_the_inbox(app):
    make.person()
    plan()

    delivery = db.session.scalars(select(Delivery)).one()
    assert (delivery.channel, delivery.state) == ("inbox", "delivered")


@pytest.mark.parametrize(
    ("name", "job", "at_day"),
    [
        ("reminders.day_20", jobs.day_20, "2026-11-20"),
        ("reminders.day_27", jobs.day_27, "2026-11-27"),
    ],
)
def test_the_jobs_plan_once_however_often_they_run(app, runner, name, job, at_day):
    make.person()

    results = [
        json.loads(
            runner.invoke(
                args=["jobs", "now", name, "--at", f"{at_day}T09:00", "--json"]
            ).stdout.splitlines()[-1]
        )["result"]
        for _ in range(2)
    ]

    assert results == [1, 0]
    assert job(at(f"{at_day} 09:05")) == 0


def test_the_cancelling_of_a_shift_is_told_once_to_each(app):
    shift = make.shift(starts=NOW + timedelta(days=2))
    people = [make.person().id for _ in range(2)]

    service.tell(Notice.SHIFT_CANCELLED, people, f"shift:{shift.id}", shift.id, NOW)
    service.tell(Notice.SHIFT_CANCELLED, people, f"shift:{shift.id}", shift.id, NOW)

    assert [(row.kind, row.shift_id) for row in told().values()] == [
        ("shift_cancelled", shift.id)
    ] * 2
