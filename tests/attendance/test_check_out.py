"""Checking out: what counts, what the ledger gets, and what a repeat does."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import OperationalError

from tests import make
from tests.attendance.conftest import attendance_of, change, entries_of, in_app, scans_of
from tests.browser import apart
from tests.make import at
from volunteer.attendance import roll_call, service
from volunteer.attendance.models import Attendance, Scan
from volunteer.core.db import db
from volunteer.hours.models import LedgerEntry


def test_case_18_out_after_the_end_is_the_planned_time(scene):
    scene.come("08:50")

    answer = scene.go("11:05")

    there = attendance_of(scene.wang, scene.shift)
    assert (answer["verdict"], answer["minutes"], answer["held"]) == ("accepted", 120, False)
    assert (there.state, there.left_at, there.revision) == ("closed", at("2026-03-07 11:05"), 1)
    assert entries_of(scene.wang) == [(120, "scanned", f"attendance:{there.id}:1")]


def test_the_entry_says_where_and_when(scene):
    grid = make.grid(lead=scene.unit)
    change(scene.site, grid_id=grid.id)

    scene.come("08:50")
    scene.go("11:05")

    entry = db.session.query(LedgerEntry).one()
    assert (entry.unit_id, entry.grid_id, entry.month) == (scene.unit.id, grid.id, "2026-03")
    assert (entry.nature, entry.service_day.isoformat()) == ("voluntary", "2026-03-07")
    assert entry.entered_by == scene.actor.account_id


def test_a_shift_over_midnight_belongs_to_the_month_it_began_in(scene):
    """R16: 23:30 on 31 March to 00:30 is March, 60 minutes."""
    night = make.shift(starts="2026-03-31 23:30", minutes=60, site=scene.site)
    make.assignment(person=scene.wang, shift=night)
    request = scene.request()

    service.check_in(request, actor=scene.actor, now=at("2026-03-31 23:29"))
    service.check_out(scene.request(), actor=scene.actor, now=at("2026-04-01 00:31"))

    entry = db.session.query(LedgerEntry).one()
    assert (entry.month, entry.minutes) == ("2026-03", 60)


def test_case_19_out_with_nothing_open(scene, count):
    assert scene.go("10:50")["reason"] == "not_checked_in"
    assert count(Attendance) == 0


def test_case_20_out_twice(scene):
    scene.come("09:00")
    scene.go("10:55")

    answer = scene.go("11:10")

    assert (answer["verdict"], answer["reason"]) == ("duplicate", "already_out")
    assert [minutes for minutes, *_ in entries_of(scene.wang)] == [115]


def test_case_21_two_phones_at_once(scene, count):
    scene.come("09:00")
    asked = [scene.request(key=f"k{n}") for n in range(8)]

    def press(each):
        try:
            return service.check_out(each, actor=scene.actor, now=at("2026-03-07 11:00"))
        finally:
            db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda each: apart(in_app, scene.app, press, each), asked))

    assert sorted({answer["verdict"] for answer in answers}) == ["accepted", "duplicate"]
    assert count(Scan, direction="out", verdict="accepted") == 1
    assert [minutes for minutes, *_ in entries_of(scene.wang)] == [120]


def test_case_22_leaving_forty_minutes_early_counts_what_was_given(scene):
    scene.come("09:00")

    answer = scene.go("10:20")

    assert (answer["verdict"], answer["flags"], answer["minutes"]) == (
        "accepted",
        ["left_early"],
        80,
    )
    assert attendance_of(scene.wang, scene.shift).state == "closed"


def test_case_24_no_return_where_it_is_not_allowed(scene):
    scene.come("09:00")
    scene.go("10:00")

    answer = scene.come("10:30")

    assert (answer["verdict"], answer["reason"]) == ("duplicate", "already_out")
    assert [minutes for minutes, *_ in entries_of(scene.wang)] == [60]


def test_case_26_leading_out_double_in_trailing_in(scene):
    scene.go("08:50")
    scene.come("08:55")
    scene.come("09:30")

    roll_call.close_forgotten(now=at("2026-03-07 12:01"))

    assert scans_of(scene.wang) == [
        ("out", "refused", "not_checked_in"),
        ("in", "accepted", None),
        ("in", "duplicate", "already_in"),
        ("out", "accepted", None),
    ]
    assert attendance_of(scene.wang, scene.shift).state == "auto_closed"
    assert entries_of(scene.wang) == []


@pytest.mark.parametrize(
    ("case", "policy", "shift", "came", "went", "minutes"),
    [
        (78, {"grace_in_minutes": 10, "grace_out_minutes": 10}, 240, "08:09", "11:52", 240),
        (78, {"grace_in_minutes": 10, "grace_out_minutes": 10}, 240, "08:11", "11:49", 218),
        (80, {}, 240, "07:45", "12:30", 240),
        (81, {"min_presence_percent": 60}, 240, "08:00", "10:12", 0),
        (81, {"min_presence_percent": 60}, 240, "08:00", "10:24", 144),
        (11, {}, 60, "07:46", "08:58", 58),
    ],
)
def test_cases_78_to_81_what_counts(scene, case, policy, shift, came, went, minutes):
    """R11, R12: early arrival and late leaving earn nothing, grace has no cliff."""
    make.policy(valid_from="2026-03", **policy)
    morning = make.shift(starts="2026-03-07 08:00", minutes=shift, site=make.site(unit=scene.unit))
    li = make.person(unit=scene.unit)
    make.assignment(person=li, shift=morning)
    actor = make.actor_of(li)

    scene.come(came, actor=actor, site=morning.site)
    answer = scene.go(went, actor=actor, site=morning.site)

    assert answer["minutes"] == minutes
    assert answer["cut"] == ("below_minimum" if minutes == 0 else None)
    assert [entry[0] for entry in entries_of(li)] == ([minutes] if minutes else [])


def test_case_82_three_short_ones_are_summed_in_minutes(scene):
    for hour in ("08", "09", "10"):
        short = make.shift(
            starts=f"2026-03-08 {hour}:00",
            minutes=20,
            site=make.site(unit=scene.unit),
            settings=make.checkin_settings(min_stay_minutes=0),
        )
        make.assignment(person=scene.wang, shift=short)
        service.check_in(
            scene.request(site=short.site), actor=scene.actor, now=at(f"2026-03-08 {hour}:00")
        )
        service.check_out(
            scene.request(site=short.site), actor=scene.actor, now=at(f"2026-03-08 {hour}:20")
        )

    assert [minutes for minutes, *_ in entries_of(scene.wang)] == [20, 20, 20]


def test_a_record_over_the_maximum_waits_uncut(scene):
    """R13: 500 minutes stay for a person to decide, they are not cut silently."""
    long = make.shift(starts="2026-03-08 08:00", minutes=500, site=scene.site)
    make.assignment(person=scene.wang, shift=long)

    service.check_in(scene.request(), actor=scene.actor, now=at("2026-03-08 08:00"))
    answer = service.check_out(scene.request(), actor=scene.actor, now=at("2026-03-08 16:20"))

    assert (answer["minutes"], answer["held"], answer["cut"]) == (500, True, "over_record")
    assert attendance_of(scene.wang, long).review == "pending"
    assert entries_of(scene.wang) == []


def test_a_day_counts_up_to_its_maximum(scene):
    """R13."""
    make.policy(valid_from="2026-03", max_minutes_per_day=150)
    later = make.shift(starts="2026-03-07 14:00", minutes=60, site=scene.site)
    make.assignment(person=scene.wang, shift=later)
    scene.come("09:00")
    scene.go("11:00")

    scene.come("14:00")
    answer = scene.go("15:00")

    assert (answer["minutes"], answer["cut"]) == (30, "over_day")
    assert [minutes for minutes, *_ in entries_of(scene.wang)] == [120, 30]


def test_what_was_held_at_the_door_is_held_to_the_end(scene):
    strict = make.checkin_settings(hold_without_evidence=True)
    shift = make.shift(starts="2026-03-07 14:00", site=scene.site, settings=strict)
    make.assignment(person=scene.wang, shift=shift)
    scene.come("13:50")

    answer = scene.go("16:00")

    assert (answer["minutes"], answer["held"]) == (120, True)
    assert attendance_of(scene.wang, shift).review == "pending"
    assert entries_of(scene.wang) == []


def test_a_failing_ledger_leaves_the_attendance_open(scene, monkeypatch, count):
    """Both or neither: minutes and attendance are one transaction."""
    scene.come("09:00")

    def fails(**facts):
        raise OperationalError("INSERT", {}, Exception("disk full"))

    monkeypatch.setattr(service.hours, "enter", fails)
    with pytest.raises(OperationalError):
        scene.go("11:00", key="k1")

    assert attendance_of(scene.wang, scene.shift).state == "open"
    assert count(Scan, direction="out") == 0

    monkeypatch.undo()
    assert scene.go("11:01", key="k1")["minutes"] == 120
    assert [minutes for minutes, *_ in entries_of(scene.wang)] == [120]
