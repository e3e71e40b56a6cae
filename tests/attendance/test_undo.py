"""Taking back within 15 minutes what was just recorded (checkin.md 1.4, cases 32 and 33)."""

import pytest
from sqlalchemy import select

from tests import make
from tests.attendance.conftest import attendance_of, change, entries_of, scans_of
from tests.attendance.test_roll_call import call
from tests.make import at
from volunteer.attendance import presence, roll_call, undoing
from volunteer.attendance.errors import (
    NothingToUndo,
    PresentElsewhere,
    UndoneByAnother,
    UndoTooLate,
)
from volunteer.attendance.models import Attendance, Direction, Scan
from volunteer.audits import integrity
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.core.models import Journal
from volunteer.people.models import Qualification


@pytest.fixture
def leader(scene):
    return make.actor_of(scene.leader)


def undo(scene, actor, when, *keys, shift=None, reason="按错了") -> int:
    shift = presence.shift_with((shift or scene.shift).public_id)
    moment = at(f"2026-03-07 {when}")
    wished = keys or [each.key for each in undoing.undoable(shift.id, actor=actor, now=moment)]
    return undoing.undo(shift, wished, reason=reason, actor=actor, now=moment)


def keys(scene) -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Scan.key).order_by(Scan.id)))


def journalled(action: str) -> list[dict]:
    db.session.rollback()
    return [row.body for row in db.session.query(Journal).filter_by(action=action)]


def test_case_32_a_check_in_is_taken_back_and_the_scan_stays(scene, leader, count):
    call(scene, leader, "09:05", scene.wang)

    assert undo(scene, leader, "09:15") == 1

    there = attendance_of(scene.wang, scene.shift)
    assert (there.state, there.arrived_at, there.in_scan_id) == ("expected", None, None)
    first, second = db.session.scalars(select(Scan).order_by(Scan.id)).all()
    assert (second.supersedes_id, second.note) == (first.id, "按错了")
    assert not presence.places(scene.shift.id, at("2026-03-07 09:00").date())[0].arrived_at
    assert journalled("attendance.undo") == [{"people": 1}]
    assert list(integrity.findings()) == []


def test_case_32_a_check_out_is_taken_back_and_so_are_the_minutes(scene, leader):
    call(scene, leader, "09:05", scene.wang)
    call(scene, leader, "10:30", scene.wang, direction=Direction.OUT)
    posted = entries_of(scene.wang)

    assert undo(scene, leader, "10:45") == 1

    there = attendance_of(scene.wang, scene.shift)
    source = f"attendance:{there.id}:1"
    assert posted == [(85, "manual", source)]
    assert (there.state, there.left_at, there.out_scan_id) == ("open", None, None)
    assert there.arrived_at == at("2026-03-07 09:05")
    assert entries_of(scene.wang) == [*posted, (-85, "manual", f"{source}:reversed")]
    assert list(integrity.findings()) == []

    call(scene, leader, "11:00", scene.wang, direction=Direction.OUT)
    assert [line[0] for line in entries_of(scene.wang)] == [85, -85, 115]
    assert list(integrity.findings()) == []


def test_a_whole_shift_recorded_at_once_is_taken_back_whole(scene, leader):
    call(scene, leader, "11:30", scene.wang)

    assert undo(scene, leader, "11:40") == 1

    assert attendance_of(scene.wang, scene.shift).state == "expected"
    assert [line[0] for line in entries_of(scene.wang)] == [120, -120]
    assert list(integrity.findings()) == []


def test_who_was_taken_back_may_come_again_by_hand_or_by_phone(scene, leader):
    call(scene, leader, "09:00", scene.wang)
    undo(scene, leader, "09:01")
    call(scene, leader, "09:01", scene.wang)
    undo(scene, leader, "09:02")

    assert scene.come("09:03")["verdict"] == "accepted"

    there = attendance_of(scene.wang, scene.shift)
    assert (there.state, there.arrived_at) == ("open", at("2026-03-07 09:03"))
    assert scene.go("11:00")["minutes"] == 117
    assert list(integrity.findings()) == []


def test_a_repeat_changes_nothing(scene, leader, count):
    call(scene, leader, "09:05", scene.wang)
    [key] = keys(scene)
    undo(scene, leader, "09:06", key)

    assert undo(scene, leader, "09:07", key) == 0
    assert count(Scan) == 2


def test_case_33_after_15_minutes(scene, leader):
    call(scene, leader, "09:05", scene.wang)
    [key] = keys(scene)

    with pytest.raises(UndoTooLate):
        undo(scene, leader, "09:21", key)
    assert attendance_of(scene.wang, scene.shift).state == "open"
    assert journalled("attendance.undo_refused") == [{"why": "undo_too_late"}]
    assert undo(scene, leader, "09:20", key) == 1  # the last minute still is in time


def test_case_33_by_another_hand(scene, leader):
    call(scene, leader, "09:05", scene.wang)
    [key] = keys(scene)
    other = make.grant_of(Role.COORDINATOR, scene.unit)

    assert undoing.undoable(scene.shift.id, actor=other, now=at("2026-03-07 09:06")) == []
    with pytest.raises(UndoneByAnother):
        undo(scene, other, "09:06", key)
    assert attendance_of(scene.wang, scene.shift).state == "open"
    assert journalled("attendance.undo_refused") == [{"why": "undo_by_another"}]


def test_case_33_an_unknown_key_and_another_shift(scene, leader):
    other = make.shift(starts="2026-03-07 14:00", site=scene.site, leader=scene.leader)
    call(scene, leader, "09:05", scene.wang)
    [key] = keys(scene)

    for wrong, shift in (("roll:unknown:1:in", None), (key, other)):
        with pytest.raises(NotFound):
            undo(scene, leader, "09:06", wrong, shift=shift)
    with pytest.raises(NotFound):
        undo(scene, leader, "09:06", key, "roll:unknown:1:in")
    assert attendance_of(scene.wang, scene.shift).state == "open"
    assert len(journalled("attendance.undo_refused")) == 3


@pytest.mark.parametrize(("role", "refusal"), [(Role.SYSTEM_LEAD, NotAllowed), (None, NotFound)])
def test_only_who_may_call_the_roll(scene, leader, role, refusal):
    call(scene, leader, "09:05", scene.wang)
    [key] = keys(scene)
    person = make.person(unit=scene.unit)
    actor = make.grant_of(role, scene.unit) if role else make.actor_of(person)

    with pytest.raises(refusal):
        undo(scene, actor, "09:06", key)


def test_only_the_last_word_is_taken_back(scene, leader):
    """Present by the leader, gone by the own phone: the arrival stands."""
    call(scene, leader, "09:05", scene.wang)
    [key] = keys(scene)
    scene.go("09:10")

    with pytest.raises(NothingToUndo):
        undo(scene, leader, "09:12", key)
    assert attendance_of(scene.wang, scene.shift).state == "closed"


def test_who_was_held_is_held_again(scene, leader):
    other = make.shift(starts="2026-03-07 08:00", minutes=60, site=make.site(unit=scene.unit))
    make.assignment(person=scene.wang, shift=other)
    scene.come("08:00", site=other.site)
    call(scene, leader, "09:10", scene.wang)
    call(scene, leader, "09:15", scene.wang, direction=Direction.OUT)

    undo(scene, leader, "09:16")

    there = attendance_of(scene.wang, scene.shift)
    assert (there.state, there.review) == ("open", "pending")


def test_who_serves_elsewhere_by_now_cannot_be_here_again(scene, leader):
    other = make.shift(starts="2026-03-07 11:00", site=make.site(unit=scene.unit))
    make.assignment(person=scene.wang, shift=other)
    call(scene, leader, "09:05", scene.wang)
    call(scene, leader, "10:50", scene.wang, direction=Direction.OUT)
    scene.come("10:51", site=other.site)

    with pytest.raises(PresentElsewhere):
        undo(scene, leader, "10:55")
    assert attendance_of(scene.wang, scene.shift).state == "closed"


def test_a_training_is_taken_back_with_the_service(scene, leader, count):
    lesson = make.shift(
        starts="2026-03-07 12:00", site=scene.site, leader=scene.leader, grants="post_training"
    )
    make.assignment(person=scene.wang, shift=lesson)
    there = presence.shift_with(lesson.public_id)
    roll_call.call_roll(
        there,
        [scene.wang.public_id],
        Direction.IN,
        reason="x",
        actor=leader,
        now=at("2026-03-07 14:00"),
    )
    assert count(Qualification, ended_at=None) == 1

    undo(scene, leader, "14:05", shift=lesson)

    assert count(Qualification, ended_at=None) == 0


def test_an_attendance_taken_back_is_no_attendance(scene, leader):
    """A shift at which nobody is recorded any longer may be cancelled again."""
    from_shift = presence.shift_with(scene.shift.public_id)
    call(scene, leader, "09:05", scene.wang)
    assert roll_call.queries.attended_among([from_shift.id]) == {from_shift.id}

    undo(scene, leader, "09:06")

    assert roll_call.queries.attended_among([scene.shift.id]) == set()


class TestOnesOwn:
    def back(self, scene, when, actor=None) -> None:
        undoing.undo_own_leaving(
            presence.shift_with(scene.shift.public_id),
            reason="按错了",
            actor=actor or scene.actor,
            now=at(f"2026-03-07 {when}"),
        )

    def test_a_check_out_pressed_by_mistake(self, scene):
        scene.come("09:00")
        scene.go("09:30")

        self.back(scene, "09:45")

        assert attendance_of(scene.wang, scene.shift).state == "open"
        assert [line[0] for line in entries_of(scene.wang)] == [30, -30]
        assert scene.go("11:00")["minutes"] == 120
        assert list(integrity.findings()) == []

    def test_not_after_15_minutes(self, scene):
        scene.come("09:00")
        scene.go("09:30")

        with pytest.raises(UndoTooLate):
            self.back(scene, "09:46")
        assert attendance_of(scene.wang, scene.shift).state == "closed"

    def test_what_waits_for_the_leader_waits_on(self, scene):
        """Held while present, as by `devices.hold_too`: leaving and coming back frees nobody."""
        scene.come("09:00")
        change(attendance_of(scene.wang, scene.shift), review="pending")
        scene.go("09:30")

        self.back(scene, "09:31")

        assert attendance_of(scene.wang, scene.shift).review == "pending"
        assert scene.go("11:00")["held"] is True
        assert entries_of(scene.wang) == []

    def test_not_what_the_leader_has_rejected(self, scene, leader):
        scene.come("09:00")
        change(attendance_of(scene.wang, scene.shift), review="pending")
        scene.go("10:55")
        number = attendance_of(scene.wang, scene.shift).id
        moment = at("2026-03-07 10:56")
        roll_call.reject(number, reason="不在场", actor=leader, now=moment)

        with pytest.raises(NothingToUndo):
            self.back(scene, "10:57")

        there = attendance_of(scene.wang, scene.shift)
        assert (there.state, there.review) == ("void", "rejected")

    def test_not_what_the_leader_recorded(self, scene, leader):
        scene.come("09:00")
        call(scene, leader, "09:30", scene.wang, direction=Direction.OUT)

        with pytest.raises(NothingToUndo):
            self.back(scene, "09:31")

    def test_not_anybody_elses(self, scene):
        scene.come("09:00")
        scene.go("09:30")

        with pytest.raises(NothingToUndo):
            self.back(scene, "09:31", make.actor_of(make.person(unit=scene.unit)))
        assert attendance_of(scene.wang, scene.shift).state == "closed"
        assert scans_of(scene.wang)[-1][0] == "out"


def test_the_check_finds_minutes_that_were_not_taken_back(scene, leader):
    """The control arm of `findings() == []` above."""
    call(scene, leader, "11:30", scene.wang)
    there = attendance_of(scene.wang, scene.shift)
    with undoing.transaction() as session:
        session.get(Attendance, there.id).state = "open"

    assert [each.code for each in integrity.findings()] == ["entry_disagrees"]
