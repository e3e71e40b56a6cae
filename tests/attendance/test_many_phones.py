"""Several phones, and one phone that asks twice at once: the order of arrival decides nothing."""

from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

import pytest

from tests import make
from tests.attendance.conftest import attendance_of, entries_of, in_app
from tests.attendance.phones import Phone
from tests.make import at
from volunteer.attendance import reading, recounting, uploads
from volunteer.attendance.models import Attendance, Scan, ScannerDevice
from volunteer.core.db import db


def day(hour: str):
    return at(f"2026-03-07 {hour}")


@pytest.fixture
def phones(app, scene, set_clock) -> list[Phone]:
    """Three phones of the leader, with the list of eight o'clock on board."""
    found = [Phone(app, set_clock, scene.leader) for _ in range(3)]
    for each in found:
        each.fetch(day("08:00"))
    return found


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_in_whatever_order_phones_send_the_hours_are_the_same(scene, phones, order, count):
    phones[0].scan(scene.wang, day("08:57"), scene.shift)
    phones[1].scan(scene.wang, day("09:20"), scene.shift)
    phones[2].scan(scene.wang, day("11:00"), scene.shift, "out")

    for minute, number in enumerate(order):
        phones[number].send(day(f"12:0{minute}"))

    there = attendance_of(scene.wang, scene.shift)
    assert (there.state, there.left_at, count(Attendance)) == ("closed", day("11:00"), 1)
    assert sum(minutes for minutes, *_ in entries_of(scene.wang)) == 120
    assert there.arrived_at == day("08:57")
    assert not is_wrong(entries_of(scene.wang))


def is_wrong(entries) -> bool:
    """Tell whether something was entered twice, or taken back without being entered."""
    sources = [source for *_, source in entries]
    taken = [source.removesuffix(":reversed") for source in sources if ":reversed" in source]
    return len(set(sources)) != len(sources) or not set(taken) < set(sources)


def test_minutes_are_taken_back_and_entered_anew(scene, phones):
    phones[1].scan(scene.wang, day("09:20"), scene.shift)
    phones[1].scan(scene.wang, day("11:00"), scene.shift, "out")
    phones[1].send(day("12:00"))
    phones[0].scan(scene.wang, day("08:57"), scene.shift)
    phones[0].send(day("12:01"))

    assert [minutes for minutes, *_ in entries_of(scene.wang)] == [100, -100, 120]
    assert attendance_of(scene.wang, scene.shift).revision == 2


def test_without_the_second_look_a_check_out_that_came_first_is_lost(scene, phones, monkeypatch):
    """The control arm: the same two scans, the check-out first."""
    monkeypatch.setattr(recounting, "check_out_that_waited", lambda *_, **__: None)
    phones[0].scan(scene.wang, day("08:57"), scene.shift)
    phones[2].scan(scene.wang, day("11:00"), scene.shift, "out")

    phones[2].send(day("12:00"))
    phones[0].send(day("12:01"))

    assert attendance_of(scene.wang, scene.shift).state == "open"
    assert entries_of(scene.wang) == []


def test_one_scan_sent_by_eight_requests_at_once_is_one(app, scene, phones, count):
    given = phones[0].scan(scene.wang, day("08:55"), scene.shift)
    device = db.session.query(ScannerDevice).order_by(ScannerDevice.id).first()
    actor, now = make.actor_of(scene.leader), day("12:00")
    item = reading.item(
        given, account_id=actor.account_id, secret=app.config["SECRET_KEY"], now=now
    )
    sending = uploads.Sending(device.id, now.timestamp() * 1000, phones[0].keys)
    db.session.rollback()

    def send(_):
        return in_app(app, lambda one: uploads.take(one, sending, actor=actor, now=now), item)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))

    assert all(each == answers[0] for each in answers)
    assert answers[0]["verdict"] == "accepted"
    assert (count(Scan), count(Attendance)) == (1, 1)
    assert db.session.query(ScannerDevice).order_by(ScannerDevice.id).first().gaps == 0
