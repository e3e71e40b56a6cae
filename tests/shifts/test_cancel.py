"""Cancelling shifts, one by one and the idle ones of a series."""

import pytest
from sqlalchemy import select

from tests import make
from tests.make import at
from volunteer.core.db import db
from volunteer.core.errors import NotFound
from volunteer.shifts import notices, service
from volunteer.shifts.errors import HasAttendance, ShiftCancelled
from volunteer.shifts.models import Assignment, Shift

NOW = at("2026-03-01 08:00")


@pytest.fixture(autouse=True)
def no_hooks(monkeypatch):
    """What other features ask and are told is theirs to test."""
    monkeypatch.setattr(service, "attended_among", [])
    monkeypatch.setattr(notices, "tellers", [])


def test_frees_the_people_and_tells_them(unit, shift, coordinator, monkeypatch):
    """R53."""
    told = []
    monkeypatch.setattr(notices, "tellers", [lambda *facts: told.append(facts)])
    wang = make.person(unit=unit)
    make.assignment(person=wang, shift=shift)

    service.cancel(shift, reason="暴雨", actor=coordinator, now=NOW)

    row = db.session.get_one(Shift, shift.id)
    assert (row.state, row.cancel_reason) == ("cancelled", "暴雨")
    assert db.session.scalars(select(Assignment.state)).all() == ["cancelled"]
    assert told == [("shift_cancelled", [wang.id], f"shift:{shift.id}", shift.id, NOW)]
    elsewhere = make.shift(unit=unit)
    assert service.assign(elsewhere, [wang.id], actor=coordinator, now=NOW) == 1


def test_is_refused_once_somebody_is_there(shift, coordinator, monkeypatch):
    monkeypatch.setattr(service, "attended_among", [lambda ids: {shift.id} & set(ids)])

    with pytest.raises(HasAttendance):
        service.cancel(shift, reason="暴雨", actor=coordinator, now=NOW)
    assert db.session.get_one(Shift, shift.id).state == "planned"


def test_a_repeat_is_refused(shift, coordinator):
    service.cancel(shift, reason="暴雨", actor=coordinator, now=NOW)

    with pytest.raises(ShiftCancelled):
        service.cancel(shift, reason="另有安排", actor=coordinator, now=NOW)
    assert db.session.get_one(Shift, shift.id).cancel_reason == "暴雨"


def test_a_foreign_shift_does_not_exist(shift, stranger):
    with pytest.raises(NotFound):
        service.cancel(shift, reason="暴雨", actor=stranger, now=NOW)


def test_of_a_series_only_the_idle_shifts_to_come_are_cancelled(unit, site, monkeypatch):
    def at_source(source, starts="2026-03-07 09:00"):
        return make.shift(unit=unit, site=site, source=source, starts=starts)

    past = at_source("activity:1:2026-02-28", "2026-02-28 09:00")
    idle = at_source("activity:1:2026-03-07")
    manned = at_source("activity:1:2026-03-14", "2026-03-14 09:00")
    begun = at_source("activity:1:2026-03-21", "2026-03-21 09:00")
    other = at_source("activity:10:2026-03-07")
    make.assignment(shift=manned, person=make.person(unit=unit))
    monkeypatch.setattr(service, "attended_among", [lambda ids: {begun.id} & set(ids)])

    assert service.cancel_idle("activity:1:", reason="结束", now=NOW) == 1
    states = {row.id: row.state for row in db.session.scalars(select(Shift))}
    assert states.pop(idle.id) == "cancelled"
    assert states == {row.id: "planned" for row in (past, manned, begun, other)}
