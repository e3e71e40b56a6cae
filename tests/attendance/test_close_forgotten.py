"""The job that closes what nobody checked out of (R15, cases 27 to 30)."""

import pytest

from tests import make
from tests.attendance.conftest import attendance_of, entries_of, scans_of
from tests.make import at
from volunteer.attendance import presence, roll_call
from volunteer.attendance.models import Attendance, Scan
from volunteer.core.db import db
from volunteer.reminders.models import Reminder


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


def test_case_26_leading_out_double_in_trailing_in(scene):
    """What leads is ignored, the second arrival is a duplicate, what trails is closed late."""
    assert scene.go("08:50")["reason"] == "not_checked_in"
    assert scene.come("08:55")["verdict"] == "accepted"
    assert scene.come("09:10")["reason"] == "already_in"
    close("07 12:00")

    there = attendance_of(scene.wang, scene.shift)
    assert (there.state, there.arrived_at) == ("auto_closed", at("2026-03-07 08:55"))
    assert [scan[1] for scan in scans_of(scene.wang)] == [
        "refused",
        "accepted",
        "duplicate",
        "accepted",
    ]
    assert entries_of(scene.wang) == []


class TestReminder:
    def remind(self, when: str) -> int:
        return roll_call.remind_forgetful(now=at(f"2026-03-{when}"))

    def told(self) -> list[tuple[int, str]]:
        db.session.rollback()
        rows = db.session.query(Reminder).filter_by(kind="check_out_missing")
        return [(row.person_id, row.period) for row in rows.order_by(Reminder.id)]

    def test_ten_minutes_after_the_end_and_once(self, open_one):
        assert self.remind("07 11:09") == 0
        assert self.told() == []

        self.remind("07 11:10")
        self.remind("07 11:15")

        assert self.told() == [(open_one.wang.id, f"shift:{open_one.shift.id}")]

    def test_who_has_left_is_not_reminded(self, open_one):
        open_one.go("11:02")

        self.remind("07 11:10")

        assert self.told() == []

    def test_nobody_is_reminded_when_it_is_too_late(self, open_one):
        self.remind("07 12:00")
        assert self.told() == []
        self.remind("07 11:59")  # the control arm: a minute earlier there is still time
        assert len(self.told()) == 1

    def test_the_message_says_what_to_do(self, open_one, client):
        self.remind("07 11:10")
        make.login(client, open_one.wang)

        page = client.get("/inbox").text

        assert "您还没有签退" in page
        assert "路口劝导" in page


@pytest.mark.parametrize("name", ["attendance.close_forgotten", "attendance.remind_forgetful"])
def test_the_job_is_in_the_plan_by_its_name(runner, name):
    assert name in runner.invoke(args=["jobs", "list", "--json"]).stdout
