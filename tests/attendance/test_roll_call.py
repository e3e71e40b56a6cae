"""The roll: a leader records people who have no phone with them (R57)."""

import pytest

from tests import make
from tests.attendance.conftest import attendance_of, entries_of, scans_of
from tests.make import at
from volunteer.attendance import presence, roll_call
from volunteer.attendance.errors import NotOpenYet, SelfConfirmation
from volunteer.attendance.models import Attendance, Direction, Scan
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.core.models import Journal
from volunteer.shifts.errors import ShiftCancelled


@pytest.fixture
def leader(scene):
    return make.actor_of(scene.leader)


def call(scene, actor, when, *people, direction=Direction.IN, reason="没带手机") -> int:
    return roll_call.call_roll(
        presence.shift_with(scene.shift.public_id),
        [person.public_id for person in people],
        direction,
        reason=reason,
        actor=actor,
        now=at(f"2026-03-07 {when}"),
    )


def test_present_now_and_gone_now(scene, leader):
    came = call(scene, leader, "09:05", scene.wang)
    went = call(scene, leader, "10:35", scene.wang, direction=Direction.OUT)

    there = attendance_of(scene.wang, scene.shift)
    assert (came, went) == (1, 1)
    assert (there.state, there.evidence_class, there.review) == ("closed", "D", "none")
    assert (there.arrived_at, there.left_at) == (at("2026-03-07 09:05"), at("2026-03-07 10:35"))
    assert entries_of(scene.wang) == [(90, "manual", f"attendance:{there.id}:1")]


def test_the_scans_say_by_hand_and_why(scene, leader):
    call(scene, leader, "09:05", scene.wang, reason="手机没电")

    scan = db.session.query(Scan).one()
    assert (scan.channel, scan.verdict, scan.note) == ("manual", "accepted", "手机没电")
    assert scan.actor_account_id == leader.account_id
    assert scan.site_id == scene.site.id


def test_after_the_end_present_means_the_whole_shift(scene, leader):
    assert call(scene, leader, "11:00", scene.wang) == 1

    there = attendance_of(scene.wang, scene.shift)
    assert (there.state, there.arrived_at, there.left_at) == (
        "closed",
        at("2026-03-07 09:00"),
        at("2026-03-07 11:00"),
    )
    assert [entry[:2] for entry in entries_of(scene.wang)] == [(120, "manual")]
    assert scans_of(scene.wang) == [("in", "accepted", None), ("out", "accepted", None)]


def test_a_repeat_changes_nothing(scene, leader, count):
    call(scene, leader, "11:30", scene.wang)

    assert call(scene, leader, "11:40", scene.wang) == 0
    assert call(scene, leader, "11:40", scene.wang, direction=Direction.OUT) == 0
    assert count(Scan) == 2
    assert len(entries_of(scene.wang)) == 1


def test_who_scanned_in_may_be_recorded_as_gone(scene, leader):
    """The phone died in between: the minutes are manual only where the arrival was."""
    scene.come("08:55")

    call(scene, leader, "11:02", scene.wang, direction=Direction.OUT)

    there = attendance_of(scene.wang, scene.shift)
    assert there.left_at == at("2026-03-07 11:00")
    assert [entry[:2] for entry in entries_of(scene.wang)] == [(120, "manual")]


def test_recorded_by_the_leader_and_out_by_the_phone(scene, leader):
    call(scene, leader, "09:00", scene.wang)

    assert scene.go("11:00")["minutes"] == 120
    assert [entry[:2] for entry in entries_of(scene.wang)] == [(120, "manual")]


def test_who_came_by_a_fast_clock_leaves_no_earlier_than_that(scene, leader):
    """A phone's clock may be two minutes fast."""
    came = at("2026-03-07 09:02")
    make.attendance(person=scene.wang, shift=scene.shift, state="open", arrived_at=came)

    assert call(scene, leader, "09:01", scene.wang, direction=Direction.OUT) == 1

    there = attendance_of(scene.wang, scene.shift)
    assert (there.state, there.left_at, entries_of(scene.wang)) == ("closed", came, [])


def test_not_before_check_in_opens(scene, leader):
    with pytest.raises(NotOpenYet) as refused:
        call(scene, leader, "08:44", scene.wang)

    assert refused.value.facts["opens"] == at("2026-03-07 08:45")


def test_not_of_a_cancelled_shift(scene, leader, count):
    gone = make.shift(
        starts="2026-03-07 14:00",
        site=scene.site,
        leader=scene.leader,
        state="cancelled",
        cancel_reason="暴雨",
    )

    with pytest.raises(ShiftCancelled):
        roll_call.call_roll(
            gone, [], Direction.IN, reason="x", actor=leader, now=at("2026-03-07 14:00")
        )
    assert count(Scan) == 0


def test_nobody_records_themselves(scene, leader, count):
    make.assignment(person=scene.leader, shift=scene.shift)

    with pytest.raises(SelfConfirmation):
        call(scene, leader, "09:05", scene.wang, scene.leader)
    assert count(Attendance) == 0


def test_only_people_of_the_shift(scene, leader, count):
    with pytest.raises(NotFound):
        call(scene, leader, "09:05", scene.wang, make.person(unit=scene.unit))
    assert count(Attendance) == 0


@pytest.mark.parametrize(
    ("role", "refusal"),
    [(None, NotFound), (Role.SYSTEM_LEAD, NotAllowed), (Role.INSPECTOR, NotFound)],
)
def test_only_who_leads_or_schedules(scene, role, refusal):
    person = make.person(unit=scene.unit)
    actor = make.grant_of(role, scene.unit) if role else make.actor_of(person)

    with pytest.raises(refusal):
        call(scene, actor, "09:05", scene.wang)


def test_a_coordinator_of_another_unit_sees_no_such_shift(scene):
    """Case 45: foreign is 404."""
    stranger = make.grant_of(Role.COORDINATOR, make.unit())

    with pytest.raises(NotFound):
        call(scene, stranger, "09:05", scene.wang)


def test_who_is_present_elsewhere_is_held(scene, leader):
    """R14: one person is in one place; the second presence waits for a decision."""
    other = make.shift(starts="2026-03-07 08:00", minutes=60, site=make.site(unit=scene.unit))
    make.assignment(person=scene.wang, shift=other)
    scene.come("08:00", site=other.site)

    assert call(scene, leader, "09:10", scene.wang) == 1

    assert attendance_of(scene.wang, scene.shift).review == "pending"
    assert scans_of(scene.wang)[-1] == ("in", "held", "overlap_active")


def test_the_whole_shift_is_recorded_though_the_person_serves_elsewhere_by_now(scene, leader):
    later = make.shift(starts="2026-03-07 12:00", site=make.site(unit=scene.unit))
    make.assignment(person=scene.wang, shift=later)
    scene.come("12:00", site=later.site)

    assert call(scene, leader, "12:10", scene.wang) == 1

    assert [entry[:2] for entry in entries_of(scene.wang)] == [(120, "manual")]
    assert attendance_of(scene.wang, later).state == "open"


def test_who_has_no_account_can_meet_the_minimum(scene, leader):
    """R57: a person who never logged in can reach `met`."""
    li = make.person(unit=scene.unit, phone=None)
    make.assignment(person=li, shift=scene.shift)

    call(scene, leader, "11:00", li)

    assert [entry[0] for entry in entries_of(li)] == [120]


def test_the_journal_says_how_many_and_no_names(scene, leader):
    call(scene, leader, "09:05", scene.wang)

    row = db.session.query(Journal).filter_by(action="attendance.roll_call").one()
    assert row.body == {"people": 1, "direction": "in"}
    assert row.object_id == scene.shift.public_id
