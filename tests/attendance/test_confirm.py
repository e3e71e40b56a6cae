"""Forgotten check-outs and held records wait for a person's decision (R15, R20)."""

import pytest

from tests import make
from tests.attendance.conftest import attendance_of, entries_of
from tests.make import at
from volunteer.attendance import presence, roll_call
from volunteer.attendance.errors import NothingToConfirm, SelfConfirmation, TimesOutside
from volunteer.attendance.models import Attendance, Scan
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound

NEXT_DAY = at("2026-03-08 08:00")


@pytest.fixture
def leader(scene):
    return make.actor_of(scene.leader)


@pytest.fixture
def forgotten(scene) -> Attendance:
    """Wang came at 9:10 and never checked out."""
    scene.come("09:10")
    roll_call.close_forgotten(now=at("2026-03-07 12:05"))
    return attendance_of(scene.wang, scene.shift)


@pytest.fixture
def held(scene) -> Attendance:
    """Wang served from 14:00 to 15:30 where a check-in without evidence is held."""
    strict = make.checkin_settings(hold_without_evidence=True)
    shift = make.shift(
        starts="2026-03-07 14:00", site=scene.site, leader=scene.leader, settings=strict
    )
    make.assignment(person=scene.wang, shift=shift)
    scene.come("13:55")
    scene.go("15:30")
    return attendance_of(scene.wang, shift)


def confirm(attendance, actor, left_at=None, reason="全程在岗") -> int:
    return roll_call.confirm(
        attendance.id, left_at=left_at, reason=reason, actor=actor, now=NEXT_DAY
    )


def test_a_forgotten_one_counts_to_the_planned_end_by_hand(scene, forgotten, leader):
    assert confirm(forgotten, leader) == 110

    there = attendance_of(scene.wang, scene.shift)
    assert (there.state, there.review) == ("closed", "approved")
    assert there.left_at == at("2026-03-07 11:00")
    assert entries_of(scene.wang) == [(110, "manual", f"attendance:{there.id}:1")]


def test_a_forgotten_one_counts_until_the_time_that_is_stated(scene, forgotten, leader):
    assert confirm(forgotten, leader, at("2026-03-07 10:00")) == 50

    scan = db.session.query(Scan).filter_by(channel="override").one()
    assert (scan.time_quality, scan.note) == ("stated", "全程在岗")
    assert scan.effective_at == at("2026-03-07 10:00")


@pytest.mark.parametrize("left_at", ["2026-03-07 09:09", "2026-03-07 11:01"])
def test_the_stated_time_lies_within_the_shift(forgotten, leader, left_at):
    with pytest.raises(TimesOutside):
        confirm(forgotten, leader, at(left_at))


def test_a_held_one_counts_as_scanned(scene, held, leader):
    assert confirm(held, leader) == 90

    assert entries_of(scene.wang) == [(90, "scanned", f"attendance:{held.id}:1")]


def test_a_decided_one_is_not_decided_again(scene, forgotten, leader):
    confirm(forgotten, leader)

    with pytest.raises(NothingToConfirm):
        confirm(forgotten, leader)
    with pytest.raises(NothingToConfirm):
        roll_call.reject(forgotten.id, reason="x", actor=leader, now=NEXT_DAY)
    assert len(entries_of(scene.wang)) == 1


def test_a_rejected_one_earns_nothing_and_stays(scene, forgotten, leader, count):
    roll_call.reject(forgotten.id, reason="中途离岗", actor=leader, now=NEXT_DAY)

    there = attendance_of(scene.wang, scene.shift)
    assert (there.state, there.review) == ("void", "rejected")
    assert entries_of(scene.wang) == []
    assert count(Scan, person_id=scene.wang.id) == 2


def test_an_open_one_is_no_question_yet(scene, leader):
    scene.come("09:00")

    with pytest.raises(NothingToConfirm):
        confirm(attendance_of(scene.wang, scene.shift), leader)


def test_nobody_decides_about_themselves(scene, forgotten):
    make.grant(person=scene.wang, role=Role.COORDINATOR, unit=scene.unit)

    with pytest.raises(SelfConfirmation):
        confirm(forgotten, make.actor_of(scene.wang))
    with pytest.raises(SelfConfirmation):
        roll_call.reject(forgotten.id, reason="x", actor=make.actor_of(scene.wang), now=NEXT_DAY)
    assert entries_of(scene.wang) == []


def test_foreign_ones_do_not_exist(scene, forgotten):
    stranger = make.grant_of(Role.COORDINATOR, make.unit())
    reader = make.grant_of(Role.SYSTEM_LEAD, scene.unit)

    with pytest.raises(NotFound):
        confirm(forgotten, stranger)
    with pytest.raises(NotAllowed):
        confirm(forgotten, reader)
    with pytest.raises(NotFound):
        roll_call.confirm(10**6, left_at=None, reason="x", actor=stranger, now=NEXT_DAY)


def test_the_queue_holds_what_is_the_actors_own(scene, forgotten, held, leader):
    nobody = make.actor_of(make.person(unit=scene.unit))
    foreign = make.grant_of(Role.COORDINATOR, make.unit())
    office = make.grant_of(Role.CITY_OFFICE, make.city())

    def queue(actor):
        paths = actor.paths(Role.COORDINATOR, Role.CITY_OFFICE)
        lines = presence.to_confirm(under=paths, leader_id=actor.person_id)
        return [(line.attendance_id, line.is_forgotten) for line in lines]

    both = [(held.id, False), (forgotten.id, True)]
    assert queue(leader) == queue(office) == both
    assert queue(nobody) == queue(foreign) == []
    assert presence.to_confirm(under=(), leader_id=None) == []


def test_the_queue_turns_its_pages(scene, forgotten, held, leader):
    first = presence.to_confirm(under=(), leader_id=leader.person_id, limit=1)
    second = presence.to_confirm(
        under=(), leader_id=leader.person_id, before=first[0].attendance_id, limit=1
    )

    assert [line.attendance_id for line in (*first, *second)] == [held.id, forgotten.id]


def test_what_is_held_and_still_open_is_not_asked_yet(scene, leader):
    strict = make.checkin_settings(hold_without_evidence=True)
    shift = make.shift(
        starts="2026-03-07 14:00", site=scene.site, leader=scene.leader, settings=strict
    )
    make.assignment(person=scene.wang, shift=shift)
    scene.come("13:55")

    assert presence.to_confirm(under=(), leader_id=leader.person_id) == []
