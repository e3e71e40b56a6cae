"""Coming back to a shift, shifts without a check-out, and what devices send in late."""

import pytest
from sqlalchemy import delete

from tests import make
from tests.attendance.conftest import attendance_of, change, entries_of, scans_of
from tests.make import at
from volunteer.attendance import claims, overriding, presence, roll_call, undoing
from volunteer.attendance.by_hand import OverrideReason
from volunteer.attendance.models import Attendance, Direction
from volunteer.audits import integrity
from volunteer.core.db import db, transaction
from volunteer.shifts.models import Assignment


def day(hour: str):
    return at(f"2026-03-07 {hour}")


def shift_with(scene, *, minutes=180, **settings):
    """Let the scene's shift be one from 9 on with settings of its own."""
    with transaction() as session:
        session.execute(delete(Assignment))
    scene.shift = make.shift(
        site=scene.site,
        leader=scene.leader,
        minutes=minutes,
        settings=make.checkin_settings(**settings),
    )
    make.assignment(person=scene.wang, shift=scene.shift)
    return scene


@pytest.fixture
def returning(scene):
    return shift_with(scene, return_allowed=True)


def minutes_of(person) -> list[int]:
    return [minutes for minutes, *_ in entries_of(person)]


def test_case_23_two_intervals_count_150_minutes(returning):
    scene = returning
    scene.come("09:00")
    assert scene.go("10:00")["minutes"] == 60
    back = scene.come("10:30")
    there = attendance_of(scene.wang, scene.shift)
    assert (back["verdict"], there.state, there.left_at) == ("accepted", "open", None)
    assert sum(minutes_of(scene.wang)) == 0

    answer = scene.go("12:00")

    there = attendance_of(scene.wang, scene.shift)
    assert answer["minutes"] == 150
    assert minutes_of(scene.wang) == [60, -60, 150]
    assert (there.arrived_at, there.left_at, there.revision) == (day("09:00"), day("12:00"), 2)
    assert list(integrity.findings()) == []


def test_case_24_control_where_it_is_not_allowed_the_second_is_refused(scene, count):
    shift_with(scene, return_allowed=False)
    scene.come("09:00")
    scene.go("10:00")

    assert scene.come("10:30")["reason"] == "already_out"
    assert minutes_of(scene.wang) == [60]
    assert count(Attendance, state="closed") == 1


def test_coming_back_three_times_is_a_union_and_a_repeat_changes_nothing(returning):
    scene = returning
    for came, went in (("09:00", "09:20"), ("10:00", "10:20"), ("11:00", "11:20")):
        scene.come(came)
        scene.go(went)
    scene.go("11:30")

    assert sum(minutes_of(scene.wang)) == 60
    assert minutes_of(scene.wang) == [20, -20, 40, -40, 60]
    assert list(integrity.findings()) == []


def test_who_comes_back_and_forgets_to_leave_keeps_the_first_hour_by_confirmation(returning):
    scene = returning
    scene.come("09:00")
    scene.go("10:00")
    scene.come("11:00")
    roll_call.close_forgotten(now=day("13:01"))
    there = attendance_of(scene.wang, scene.shift)
    assert (there.state, sum(minutes_of(scene.wang))) == ("auto_closed", 0)

    leader = make.actor_of(scene.leader)
    counted = roll_call.confirm(
        there.id, left_at=day("11:30"), reason="在场", actor=leader, now=day("14:00")
    )

    assert counted == 90
    assert sum(minutes_of(scene.wang)) == 90


def test_nobody_comes_back_after_the_window_or_to_a_doubtful_end(returning):
    scene = returning
    scene.come("09:00")
    scene.go("10:00")

    assert scene.come("11:50")["reason"] == "already_out"
    assert attendance_of(scene.wang, scene.shift).state == "closed"


def test_of_two_shifts_the_next_one_is_meant_not_a_return(returning):
    scene = returning
    scene.come("09:00")
    scene.go("11:40")
    early = make.checkin_settings(opens_before_minutes=60)
    second = make.shift(starts="2026-03-07 12:00", site=scene.site, settings=early)
    make.assignment(person=scene.wang, shift=second)

    assert scene.come("11:42")["shift"] == second.public_id


@pytest.mark.parametrize("back", [True, False])
def test_the_times_of_an_approved_claim_hold_whatever_was_scanned_between(returning, back):
    scene = returning
    scene.come("09:00")
    scene.go("10:00")
    if back:
        scene.come("10:30")
        scene.go("11:00")
    leader, late = make.actor_of(scene.leader), day("13:00")
    times = {"arrived_at": day("09:00"), "left_at": day("12:00")}
    shift = presence.shift_with(scene.shift.public_id)
    claim = claims.ask(shift, **times, words="手机没电", actor=scene.actor, now=late)

    assert claims.answer(claim.id, approved=True, words="属实", actor=leader, now=late) == 180

    assert sum(minutes_of(scene.wang)) == 180
    assert list(integrity.findings()) == []


def test_a_whole_shift_that_was_taken_back_counts_no_longer(returning, count):
    """Its arrival at the beginning would pair with a later leaving."""
    scene = returning
    leader, late = make.actor_of(scene.leader), day("12:05")
    shift = presence.shift_with(scene.shift.public_id)
    names, how = [scene.wang.public_id], {"reason": "x", "actor": leader}
    roll_call.call_roll(shift, names, Direction.IN, **how, now=late)
    [one] = undoing.undoable(shift.id, actor=leader, now=late)
    undoing.undo(shift, [one.key], **how, now=day("12:06"))
    overriding.override(
        shift,
        "王小雨",
        Direction.IN,
        at=day("11:00"),
        code=OverrideReason.PHONE_DEAD,
        words="",
        **how,
        now=day("12:07"),
    )

    assert sum(minutes_of(scene.wang)) == 60
    assert list(integrity.findings()) == []


class TestInOnly:
    def test_pays_the_planned_minutes_after_the_confirmation(self, scene):
        shift_with(scene, minutes=120, require_out=False)
        came = scene.come("09:10")
        went = scene.go("10:00")
        assert came["in_only"]
        assert (went["verdict"], went["reason"]) == ("duplicate", "already_in")
        assert minutes_of(scene.wang) == []
        roll_call.close_forgotten(now=day("12:01"))
        there = attendance_of(scene.wang, scene.shift)
        assert (there.state, minutes_of(scene.wang)) == ("auto_closed", [])

        leader = make.actor_of(scene.leader)
        roll_call.confirm(there.id, left_at=None, reason="到场", actor=leader, now=day("13:00"))

        assert minutes_of(scene.wang) == [120]
        assert list(integrity.findings()) == []

    def test_with_a_check_out_the_same_day_counts_what_was_given(self, scene):
        """The control arm: the usual setting."""
        shift_with(scene, minutes=120, require_out=True)
        scene.come("09:10")

        assert scene.go("10:00")["minutes"] == 50

    def test_the_page_says_so(self, scene, client, set_clock):
        shift_with(scene, require_out=False)
        set_clock("2026-03-07 08:55")
        make.login(client, scene.wang)

        page = client.post(scene.url("check-in"), data={"key": "k1"})

        assert "不用签退" in page.text
        assert "离开时" not in page.text
        set_clock("2026-03-07 09:30")
        assert "check-out" not in client.get(scene.url()).text


class TestOffline:
    def late(self, scene, when, **more):
        return scene.request()._replace(effective_at=day(when), offline=True, **more)

    def test_case_63_who_was_taken_off_meanwhile_is_held(self, scene):
        change(db.session.query(Assignment).one(), state="cancelled")

        online = scene.come("08:55")
        answer = scene.press_in(self.late(scene, "08:55"), "20:00")

        assert online["reason"] == "assignment_cancelled"
        assert (answer["verdict"], answer["reason"]) == ("held", "roster_changed")
        assert attendance_of(scene.wang, scene.shift).review == "pending"

    def test_a_check_out_sent_in_late_takes_the_place_of_the_jobs(self, scene):
        scene.come("09:00")
        roll_call.close_forgotten(now=day("12:30"))
        assert scene.go("12:40")["reason"] == "too_late_out"

        answer = scene.press_out(self.late(scene, "10:50"), "20:00")

        there = attendance_of(scene.wang, scene.shift)
        assert (answer["verdict"], answer["minutes"]) == ("accepted", 110)
        assert (there.state, there.left_at) == ("closed", day("10:50"))
        assert minutes_of(scene.wang) == [110]


def test_case_74_adjoining_shifts_with_wide_margins(scene):
    """12:00 belongs to the first, 12:01 to the second."""
    wide = {"opens_before_minutes": 60, "closes_after_minutes": 60}
    shift_with(scene, minutes=180, **wide)
    second = make.shift(
        starts="2026-03-07 12:30", site=scene.site, settings=make.checkin_settings(**wide)
    )
    make.assignment(person=scene.wang, shift=second)
    scene.come("09:00")

    out, into = scene.go("12:00"), scene.come("12:01")

    assert (out["shift"], into["shift"]) == (scene.shift.public_id, second.public_id)
    assert [verdict for _, verdict, _ in scans_of(scene.wang)] == ["accepted"] * 3
