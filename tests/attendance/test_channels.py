"""One verb for every channel: whose scan it is, which shift is meant, when it happened."""

from datetime import timedelta

import pytest

from tests import make
from tests.attendance.conftest import attendance_of, scans_of
from tests.make import at
from volunteer.attendance import service
from volunteer.attendance.models import Attendance, Channel, Reason, Scan, TimeQuality
from volunteer.core.actor import Role
from volunteer.core.db import db

NINE = at("2026-03-07 09:00")


@pytest.fixture
def scanned(scene):
    """What a leader asks who has read Wang's personal code."""
    return service.Request(
        site=None,
        key="s1",
        shift=scene.shift.public_id,
        channel=Channel.PERSONAL,
        person_id=scene.wang.id,
    )


@pytest.fixture
def leader(scene):
    return make.actor_of(scene.leader)


def test_the_leader_scans_a_volunteer_in_and_out(scene, scanned, leader):
    came = service.check_in(scanned, actor=leader, now=NINE)
    went = service.check_out(scanned._replace(key="s2"), actor=leader, now=at("2026-03-07 11:00"))

    scan = db.session.query(Scan).first()
    assert (came["verdict"], came["name"], came["site"]) == ("accepted", "王小雨", "新安路口")
    assert (went["verdict"], went["minutes"]) == ("accepted", 120)
    assert (scan.channel, scan.person_id, scan.site_id) == (
        "personal",
        scene.wang.id,
        scene.site.id,
    )
    assert scan.actor_account_id == leader.account_id


def test_nobody_else_scans_others_and_learns_no_name(scene, scanned, leader, count):
    far = make.grant_of(Role.COORDINATOR, make.unit(name="外单位"))

    for key, actor in (("a", scene.actor), ("b", far)):
        answer = service.check_in(scanned._replace(key=key), actor=actor, now=NINE)
        assert (answer["reason"], answer["name"]) == ("not_coordinator", "")

    assert count(Attendance) == 0
    assert service.check_in(scanned, actor=leader, now=NINE)["verdict"] == "accepted"


def test_nobody_scans_the_own_code(scene, leader, count):
    make.assignment(person=scene.leader, shift=scene.shift)
    own = service.Request(
        None, "o", shift=scene.shift.public_id, person_id=scene.leader.id, channel=Channel.PERSONAL
    )

    assert service.check_in(own, actor=leader, now=NINE)["reason"] == "not_coordinator"
    assert count(Attendance) == 0
    assert scene.come("09:00", actor=leader)["verdict"] == "accepted"


def test_a_code_that_names_the_shift_needs_no_site(scene, count):
    by_shift = service.Request(
        None, "r1", shift=scene.shift.public_id, channel=Channel.SITE_ROTATING
    )
    other = make.shift(site=make.site(name="车站"), starts="2026-03-07 09:00")

    refused = service.check_in(
        by_shift._replace(key="r0", shift=other.public_id), actor=scene.actor, now=NINE
    )
    answer = service.check_in(by_shift, actor=scene.actor, now=NINE)

    assert (refused["reason"], refused["site"]) == ("not_assigned", "")
    assert (answer["verdict"], answer["site"]) == ("accepted", "新安路口")
    assert count(Attendance) == 1


def test_case_54_an_upload_counts_from_when_it_happened(scene, scanned, leader):
    late = scanned._replace(
        effective_at=at("2026-03-07 08:55"),
        claimed_at=at("2026-03-07 08:53"),
        time_quality=TimeQuality.DEVICE_OFFSET,
        offline=True,
        queue_seq=7,
        clock_offset_ms=120_000,
    )

    too_soon = late._replace(key="s0", effective_at=at("2026-03-07 08:00"))
    assert service.check_in(too_soon, actor=leader, now=NINE)["reason"] == "too_early"
    answer = service.check_in(late, actor=leader, now=at("2026-03-07 20:00"))

    scan = db.session.query(Scan).filter_by(key="s1").one()
    assert answer["verdict"] == "accepted"
    assert attendance_of(scene.wang, scene.shift).arrived_at == at("2026-03-07 08:55")
    assert scan.received_at - scan.effective_at == timedelta(hours=11, minutes=5)
    assert (scan.offline, scan.queue_seq, scan.time_quality) == (True, 7, "device_offset")


def test_what_the_door_doubts_is_held_and_what_it_refuses_is_kept(scene, scanned, leader, count):
    doubted = scanned._replace(doubts=(Reason.CLOCK_MOVED, Reason.BURST))
    refused = scanned._replace(key="s0", refusal=Reason.TOO_OLD)

    assert service.check_in(refused, actor=leader, now=NINE)["reason"] == "too_old"
    assert count(Attendance) == 0
    answer = service.check_in(doubted, actor=leader, now=NINE)

    assert (answer["verdict"], answer["reason"]) == ("held", "clock_moved")
    assert answer["flags"] == ["burst"]
    assert attendance_of(scene.wang, scene.shift).review == "pending"
    assert scans_of(scene.wang) == [("in", "refused", "too_old"), ("in", "held", "clock_moved")]


def test_a_doubtful_check_out_is_held_too(scene, scanned, leader):
    service.check_in(scanned, actor=leader, now=NINE)
    out = scanned._replace(key="s2", doubts=(Reason.CLOCK_FUTURE,))

    answer = service.check_out(out, actor=leader, now=at("2026-03-07 11:00"))

    there = attendance_of(scene.wang, scene.shift)
    assert (answer["verdict"], answer["held"], answer["minutes"]) == ("held", True, 120)
    assert (there.state, there.review, there.revision) == ("closed", "pending", 0)
