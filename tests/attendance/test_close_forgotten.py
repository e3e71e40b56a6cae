"""The job that closes what nobody checked out of (R15, cases 27 to 30)."""

import pytest

from tests import make
from tests.attendance.conftest import attendance_of, entries_of, scans_of
from tests.make import at
from volunteer.attendance import presence, roll_call
from volunteer.attendance.models import Attendance, Scan
from volunteer.core.db import db


def close(when: str) -> int:
    return roll_call.close_forgotten(now=at(f"2026-03-{when}"))


@pytest.fixture
def open_one(scene):
    scene.come("09:00")
    return scene


def test_case_27_nobody_checks_out(open_one):
    assert close("07 12:00") == 1

    there = attendance_of(open_one.wang, open_one.shift)
    assert (there.state, there.left_at, there.revision) == (
        "auto_closed",
        at("2026-03-07 11:00"),
        0,
    )
    assert entries_of(open_one.wang) == []
    waiting = presence.to_confirm(under=("/",), leader_id=None)
    assert [line.attendance_id for line in waiting] == [there.id]


def test_case_28_five_minutes_early_closes_nothing(open_one):
    assert close("07 11:55") == 0
    assert attendance_of(open_one.wang, open_one.shift).state == "open"


@pytest.mark.parametrize("when", ["07 12:00", "08 12:00", "20 03:00"])
def test_case_29_twice_or_a_day_late_is_one_auto_scan_at_the_shifts_end(open_one, count, when):
    assert (close(when), close(when)) == (1, 0)

    scan = db.session.query(Scan).filter_by(channel="auto").one()
    assert scan.shift_id == open_one.shift.id
    assert scan.effective_at == at("2026-03-07 11:00")
    assert (scan.actor_account_id, scan.time_quality) == (None, "stated")


def test_case_30_the_next_shift_is_left_alone(open_one):
    later = make.shift(starts="2026-03-07 11:30", site=make.site(unit=open_one.unit))
    make.assignment(person=open_one.wang, shift=later)
    open_one.go("11:10")
    open_one.come("11:30", site=later.site)

    assert close("07 12:30") == 0
    assert attendance_of(open_one.wang, later).state == "open"


def test_who_checks_out_in_the_last_minute_is_not_forgotten(open_one):
    open_one.go("12:00")

    assert close("07 12:00") == 0
    assert [entry[0] for entry in entries_of(open_one.wang)] == [120]


def test_checking_out_after_the_close_says_who_decides(open_one):
    close("07 12:00")

    assert open_one.go("12:05")["reason"] == "too_late_out"
    assert open_one.come("12:05")["reason"] == "too_late_out"
    assert scans_of(open_one.wang)[-1] == ("in", "refused", "too_late_out")


def test_each_shift_has_its_own_margin(open_one, count):
    """An older shift that stays open for long does not hide a younger one."""
    patient = make.checkin_settings(closes_after_minutes=1440)
    older = make.shift(starts="2026-03-07 06:00", site=open_one.site, settings=patient)
    for _ in range(3):
        person = make.person(unit=open_one.unit)
        make.save(
            Attendance(
                shift_id=older.id,
                person_id=person.id,
                unit_id=open_one.unit.id,
                state="open",
                arrived_at=older.starts_at,
                evidence_class="C",
                review="none",
                revision=0,
            )
        )

    seen = presence.forgotten(at("2026-03-07 12:00"), limit=1)

    assert [each.shift_id for each in seen] == [open_one.shift.id]
    assert close("07 12:00") == 1
    assert count(Attendance, state="open") == 3


def test_the_job_is_in_the_plan_by_its_name(runner):
    assert "attendance.close_forgotten" in runner.invoke(args=["jobs", "list", "--json"]).stdout
