"""Taking a publication back: on its day, before anybody has come, and for good."""

from datetime import date

import pytest
from sqlalchemy import select

from tests import make
from tests.make import at
from tests.rosters.test_draw import people_of, the_draft
from volunteer.core.db import db
from volunteer.reminders.models import Reminder
from volunteer.rosters import publishing, queries, service
from volunteer.rosters.errors import TooLateToUndo
from volunteer.shifts import calling_off, taking_back


def test_a_publication_is_undone_on_its_day_only(unit, post, month, coordinator, now):
    person = make.person(unit=unit)
    shift = post("2026-12-01 07:30")
    roster = the_draft(service.draw(unit, month, actor=coordinator, now=now))
    publishing.publish(roster, actor=coordinator, now=now)

    with pytest.raises(TooLateToUndo):
        publishing.undo(roster, actor=coordinator, now=at("2026-11-24 00:10"))
    assert publishing.undo(roster, actor=coordinator, now=at("2026-11-23 20:00")) == 1
    assert publishing.undo(roster, actor=coordinator, now=at("2026-11-23 20:01")) == 0
    assert people_of(shift) == []

    assert publishing.publish(roster, actor=coordinator, now=at("2026-11-23 21:00")) == (1, 0)
    assert people_of(shift) == [person.id]


def test_everybody_is_told_each_time(unit, post, month, coordinator, now):
    """The last message is the one that holds, however often it goes to and fro."""
    person = make.person(unit=unit)
    post("2026-12-01 07:30")
    roster = the_draft(service.draw(unit, month, actor=coordinator, now=now))
    for hour in (10, 12):
        publishing.publish(roster, actor=coordinator, now=at(f"2026-11-23 {hour}:00"))
        publishing.publish(roster, actor=coordinator, now=at(f"2026-11-23 {hour}:10"))
        publishing.undo(roster, actor=coordinator, now=at(f"2026-11-23 {hour}:30"))

    told = db.session.scalars(select(Reminder).order_by(Reminder.id)).all()
    assert [each.kind for each in told] == ["roster_published", "taken_off"] * 2
    assert {each.person_id for each in told} == {person.id}
    assert max(len(each.period) for each in told) <= 20


def test_a_publication_stands_once_somebody_has_checked_in(unit, post, month, coordinator, now):
    """Control: without the check-in the same publication is undone."""
    one, other = make.person(unit=unit), make.person(unit=unit)
    shifts = [post("2026-11-23 10:00"), post("2026-12-01 07:30")]
    november = month.previous
    rosters = [
        the_draft(service.draw(unit, each, actor=coordinator, now=now))
        for each in (november, month)
    ]
    for roster in rosters:
        publishing.publish(roster, actor=coordinator, now=now)
    (person_id,) = people_of(shifts[0])
    present = one if person_id == one.id else other
    make.attendance(person=present, shift=shifts[0], state="open")
    told = len(db.session.scalars(select(Reminder)).all())

    with pytest.raises(TooLateToUndo) as refusal:
        publishing.undo(rosters[0], actor=coordinator, now=at("2026-11-23 10:05"))

    assert "只能在发布当天" in refusal.value.message
    assert queries.by_id(rosters[0].id).state == "published"
    assert people_of(shifts[0]) == [person_id]
    assert len(db.session.scalars(select(Reminder)).all()) == told
    assert publishing.undo(rosters[1], actor=coordinator, now=at("2026-11-23 10:05")) == 1


def test_whoever_an_undone_roster_placed_does_not_come_back(unit, post, month, coordinator, now):
    make.person(unit=unit)
    shift, facts = post("2026-12-01 07:30"), {"actor": coordinator, "now": now}
    roster = the_draft(service.draw(unit, month, **facts))
    publishing.publish(roster, **facts)
    off = calling_off.call_off(unit, date(2026, 12, 1), reason="暴雨", **facts).record

    publishing.undo(roster, actor=coordinator, now=at("2026-11-23 20:00"))
    done = taking_back.take_back(off, **facts)

    assert ([each.id for each in done.coming], people_of(shift)) == ([shift.id], [])
