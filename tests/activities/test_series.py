"""Series by rules: which days they take place on, and what opening them opens."""

import json
from datetime import date, time
from threading import Thread

import pytest
from sqlalchemy import select, update

from tests import make
from tests.activities.conftest import NOW
from tests.make import at
from volunteer.activities import opening, queries, service
from volunteer.activities.errors import (
    ActivityEnded,
    DayOver,
    HasPeople,
    NoSuchDay,
    NoSuchRule,
    TooFarAhead,
)
from volunteer.activities.models import Activity, ActivityException
from volunteer.activities.rules import Holidays, Verdict
from volunteer.core.actor import SYSTEM, Role
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.shifts import service as shifts
from volunteer.shifts.models import Shift, ShiftState
from volunteer.units.models import Unit
from volunteer.workdays import service as workdays

SEPTEMBER = at("2026-09-20 12:00")
FRIDAYS = [date(2026, 3, day) for day in (6, 13, 20, 27)]


def days():
    """The local days of the shifts that take place."""
    rows = db.session.scalars(select(Shift).filter_by(state="planned").order_by(Shift.starts_at))
    return [each.starts_at.date() for each in rows]


def seen(activity, until, now=NOW):
    return [
        (line.day.day, line.verdict, line.note)
        for line in opening.preview([activity], until=until, now=now)
    ]


def test_every_two_weeks_and_every_month(plan):
    plan(rrule="FREQ=WEEKLY;INTERVAL=2;BYDAY=FR,MO", first_on=date(2026, 3, 2))
    assert days() == [date(2026, 3, day) for day in (2, 6, 16, 20, 30)]

    plan(rrule="FREQ=MONTHLY;BYDAY=2SA", starts=time(9))
    assert date(2026, 3, 14) in days()


@pytest.mark.parametrize(
    ("rrule", "refusal"),
    [
        ("FREQ=WEEKLY;BYDAY=", NoSuchRule),
        ("FREQ=WEEKLY;COUNT=3;BYDAY=FR", NoSuchRule),
        ("FREQ=YEARLY;BYDAY=FR", NoSuchRule),
        ("FREQ=WEEKLY;BYDAY=XX", NoSuchRule),
    ],
)
def test_refuses_what_is_no_rule(plan, rrule, refusal):
    with pytest.raises(refusal):
        plan(rrule=rrule)
    with pytest.raises(NoSuchDay):
        plan(first_on=date(2026, 3, 7), last_on=date(2026, 3, 12))
    assert days() == []


def test_holidays_are_left_out_and_named(plan):
    made = plan(now=SEPTEMBER, first_on=date(2026, 9, 20), holidays=Holidays.SKIP)

    assert days() == [date(2026, 10, 9), date(2026, 10, 16)]
    assert seen(made.activity, date(2026, 10, 16), now=SEPTEMBER) == [
        (25, Verdict.HOLIDAY, "Mid-autumn Festival"),
        (2, Verdict.HOLIDAY, "National Day"),
        (9, Verdict.THERE, ""),
        (16, Verdict.THERE, ""),
    ]


def test_make_up_workdays_may_be_added_and_holidays_kept(plan):
    workweek = {"now": SEPTEMBER, "first_on": date(2026, 9, 21), "last_on": date(2026, 10, 11)}
    plan(rrule="FREQ=WEEKLY;BYDAY=TH,FR", holidays=Holidays.MAKE_UP, **workweek)
    assert date(2026, 10, 10) in days()  # a Saturday that is worked
    assert date(2026, 10, 1) not in days()

    plan(holidays=Holidays.KEEP, **workweek)
    assert date(2026, 10, 2) in days()


def test_the_citys_own_days_go_first(plan):
    office = make.grant_of(Role.CITY_OFFICE, make.city())
    workdays.enter(FRIDAYS[1], worked=False, name="运动会", actor=office, now=NOW)

    activity = plan().activity

    assert days() == [FRIDAYS[0], *FRIDAYS[2:]]
    assert (13, Verdict.HOLIDAY, "运动会") in seen(activity, FRIDAYS[-1])


def test_the_preview_is_merged_with_what_is_there(plan, coordinator):
    activity = plan().activity
    first = db.session.scalars(select(Shift).order_by(Shift.starts_at)).first()
    shifts.cancel(first, reason="暴雨", actor=coordinator, now=NOW)
    service.take_out(activity, FRIDAYS[1], reason="检查", actor=coordinator, now=NOW)

    assert seen(activity, date(2026, 4, 3)) == [
        (6, Verdict.CANCELLED, ""),
        (13, Verdict.SKIPPED, "检查"),
        (20, Verdict.THERE, ""),
        (27, Verdict.THERE, ""),
        (3, Verdict.NEW, ""),
    ]


def test_a_day_taken_out_never_comes_back_by_itself(plan, coordinator):
    activity = plan().activity

    for _ in range(2):
        service.take_out(activity, FRIDAYS[1], reason="检查", actor=coordinator, now=NOW)

    assert days() == [FRIDAYS[0], *FRIDAYS[2:]]
    assert service.open_one(activity, until=FRIDAYS[-1], actor=coordinator, now=NOW) == 0
    assert len(db.session.scalars(select(ActivityException)).all()) == 1
    service.put_in(activity, FRIDAYS[1], reason="照常", actor=coordinator, now=NOW)
    assert days() == FRIDAYS


def test_one_more_day_opens_at_once(plan, coordinator):
    activity = plan().activity

    for _ in range(2):
        service.put_in(activity, date(2026, 3, 11), reason="加场", actor=coordinator, now=NOW)

    assert date(2026, 3, 11) in days()
    assert len(days()) == 5


def test_days_with_people_and_past_days_are_not_taken_out(plan, unit, coordinator):
    activity = plan().activity
    first = db.session.scalars(select(Shift).order_by(Shift.starts_at)).first()
    make.assignment(shift=first, person=make.person(unit=unit), state="cancelled")

    with pytest.raises(HasPeople):
        service.take_out(activity, FRIDAYS[0], reason="检查", actor=coordinator, now=NOW)
    for verb in (service.take_out, service.put_in):
        with pytest.raises(DayOver):
            verb(activity, date(2026, 2, 27), reason="检查", actor=coordinator, now=NOW)
    assert db.session.get_one(Shift, first.id).state == ShiftState.PLANNED
    service.end(activity, reason="放假", actor=coordinator, now=NOW)
    with pytest.raises(ActivityEnded):
        service.put_in(activity, date(2026, 3, 11), reason="加场", actor=coordinator, now=NOW)


def test_opens_a_unit_until_a_day(plan, unit, coordinator, stranger):
    plan()
    other = make.unit()
    plan(unit=other, site=make.site(unit=other), actor=make.grant_of(Role.COORDINATOR, other))
    until = date(2026, 4, 17)

    def opened(actor=coordinator, of=unit, until=until):
        return service.open_until(unit=of, until=until, actor=actor, now=NOW)

    assert [opened(), opened()] == [3, 0]
    with pytest.raises(NotFound):
        opened(actor=stranger)
    with pytest.raises(NotAllowed):
        opened(of=None)
    with pytest.raises(TooFarAhead):
        opened(until=date(2028, 1, 1))
    assert opened(actor=SYSTEM, of=None) == 3


def test_a_training_teaches_and_a_shift_says_so(plan):
    plan(grants="post_training", needs="first_aid", sign_up="open")

    shift = db.session.scalars(select(Shift)).first()
    assert (shift.grants, shift.needs, shift.sign_up) == ("post_training", "first_aid", "open")


def test_the_shell_opens_and_says_how_many(plan, runner, unit, set_clock):
    set_clock(NOW)
    plan()

    def run(*words):
        return runner.invoke(args=["activities", "open", *words, "--json"])

    def answer(*words):
        return json.loads(run(*words).stdout.splitlines()[-1])

    assert answer() == {"opened": 0}
    assert answer("--until", "2026-04-10") == {"opened": 2}
    assert answer("--until", "2026-04-17", "--unit", unit.code) == {"opened": 1}
    assert answer("--until", "2026-04-17") == {"opened": 0}
    for wrong in (("--until", "soon"), ("--unit", "NONE")):
        assert run(*wrong).exit_code == 2
    assert run("--until", "2030-01-01").exit_code == 1


def test_running_keeps_to_the_subtree(plan, unit):
    activity = plan().activity
    activity_id, path = activity.id, unit.path
    foreign = make.unit().path

    asked = {"since": FRIDAYS[0], "until": FRIDAYS[-1]}
    assert [each.id for each in queries.running(**asked, under=(path,))] == [activity_id]
    assert queries.running(**asked, under=(foreign,)) == []


def test_opening_waits_for_whoever_changes_the_series(app, plan, unit, coordinator):
    """Control: without the lock it opens what the other one has just ended."""
    activity = plan().activity
    unit_id, opened = unit.id, []
    db.session.rollback()

    def open_further():
        with app.app_context():
            mine = db.session.get_one(Unit, unit_id)
            until = date(2026, 6, 30)
            opened.append(service.open_until(unit=mine, until=until, actor=coordinator, now=NOW))

    with db.engine.begin() as other:
        change = update(Activity).where(Activity.id == activity.id)
        other.execute(change.values(ended_at=NOW))
        thread = Thread(target=open_further)
        thread.start()
        thread.join(1)
        assert thread.is_alive()
    thread.join(30)

    assert opened == [0]
