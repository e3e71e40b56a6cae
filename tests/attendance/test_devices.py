"""Which phone asks: known, new, shared (checkin.md 1.10)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import make
from tests.attendance.conftest import attendance_of, change
from tests.make import at
from volunteer.attendance import service
from volunteer.attendance.devices import cookie_hash
from volunteer.attendance.models import Channel, Device, DeviceBinding, Scan
from volunteer.core.db import db

ONE, OTHER = cookie_hash("one" * 8), cookie_hash("other" * 6)


@pytest.fixture
def li(scene):
    """Another volunteer of the same shift."""
    person = make.person(unit=scene.unit, name="李青")
    make.assignment(person=person, shift=scene.shift)
    return person


def with_phone(scene, cookie):
    return scene.request()._replace(cookie_hash=cookie)


def test_the_first_phone_is_no_news(scene, count):
    answer = scene.press_in(with_phone(scene, ONE), "08:50")

    device = db.session.query(Device).one()
    assert (answer["verdict"], answer["flags"]) == ("accepted", [])
    assert (device.cookie_hash, device.kind, device.account_id) == (
        ONE,
        "volunteer",
        scene.actor.account_id,
    )
    assert db.session.query(Scan).one().device_id == device.id
    assert count(DeviceBinding, state="seen") == 1


def test_case_71_one_cookie_two_volunteers_holds_both(scene, li):
    scene.press_in(with_phone(scene, ONE), "08:50")
    assert attendance_of(scene.wang, scene.shift).review == "none"

    answer = scene.press_in(with_phone(scene, ONE), "08:52", actor=make.actor_of(li))

    assert (answer["verdict"], answer["reason"]) == ("held", "device_shared")
    assert attendance_of(li, scene.shift).review == "pending"
    assert attendance_of(scene.wang, scene.shift).review == "pending"


def test_two_phones_hold_nobody(scene, li):
    """The control arm of case 71."""
    scene.press_in(with_phone(scene, ONE), "08:50")

    answer = scene.press_in(with_phone(scene, OTHER), "08:52", actor=make.actor_of(li))

    assert answer["verdict"] == "accepted"
    assert attendance_of(scene.wang, scene.shift).review == "none"


def test_one_phone_at_two_shifts_holds_nobody(scene):
    scene.press_in(with_phone(scene, ONE), "08:50")
    scene.press_out(with_phone(scene, ONE), "11:00")
    later = make.shift(starts="2026-03-07 14:00", site=scene.site)
    other = make.person(unit=scene.unit)
    make.assignment(person=other, shift=later)

    answer = scene.press_in(with_phone(scene, ONE), "13:55", actor=make.actor_of(other))

    assert answer["verdict"] == "accepted"


def test_who_leaves_with_the_phone_of_another_waits(scene, li):
    scene.press_in(with_phone(scene, ONE), "08:50")
    scene.press_in(with_phone(scene, OTHER), "08:51", actor=make.actor_of(li))

    answer = scene.press_out(with_phone(scene, ONE), "11:00", actor=make.actor_of(li))

    assert (answer["verdict"], answer["reason"], answer["held"]) == ("held", "device_shared", True)
    assert attendance_of(scene.wang, scene.shift).review == "pending"


def test_case_72_a_second_browser_is_a_warning_only(scene):
    scene.press_in(with_phone(scene, ONE), "08:50")

    answer = scene.press_out(with_phone(scene, OTHER), "11:00")

    assert (answer["verdict"], answer["reason"]) == ("accepted", None)
    assert answer["flags"] == ["device_new"]


def test_a_crowd_with_one_phone_is_a_burst_too(scene):
    reasons = []
    for number in range(4):
        person = make.person(unit=scene.unit)
        make.assignment(person=person, shift=scene.shift)
        asked = with_phone(scene, ONE)
        answer = scene.press_in(asked, f"08:5{number}", actor=make.actor_of(person))
        reasons.append((answer["reason"], "burst" in answer["flags"]))

    assert reasons == [(None, False), *[("device_shared", False)] * 2, ("device_shared", True)]


@pytest.mark.parametrize(("step", "reason"), [(1.0, "burst"), (2.0, None)])
def test_a_leader_who_scans_faster_than_hands_can(scene, step, reason):
    leader, now = make.actor_of(scene.leader), at("2026-03-07 08:50")
    people = [make.person(unit=scene.unit) for _ in range(10)]
    for person in people:
        make.assignment(person=person, shift=scene.shift)

    answers = [
        service.check_in(
            service.Request(
                None,
                f"p{number}",
                shift=scene.shift.public_id,
                person_id=person.id,
                channel=Channel.PERSONAL,
            ),
            actor=leader,
            now=now + number * timedelta(seconds=step),
        )
        for number, person in enumerate(people)
    ]

    assert [answer["reason"] for answer in answers] == [*[None] * 9, reason]


@pytest.mark.parametrize(
    ("channel", "fresh", "wanted"),
    [
        (Channel.SITE_STATIC, False, "C"),
        (Channel.SITE_ROTATING, False, "B"),
        (Channel.PERSONAL, True, "A"),
        (Channel.PERSONAL, False, "B"),
    ],
)
def test_every_attendance_has_its_class(scene, channel, fresh, wanted):
    asked = scene.request(shift=scene.shift.public_id)._replace(channel=channel, fresh=fresh)
    actor = scene.actor
    if channel is Channel.PERSONAL:
        asked, actor = asked._replace(person_id=scene.wang.id), make.actor_of(scene.leader)

    scene.press_in(asked, "08:50", actor=actor)

    assert attendance_of(scene.wang, scene.shift).evidence_class == wanted


def test_a_revoked_device_is_none(scene, li):
    scene.press_in(with_phone(scene, ONE), "08:50")
    change(db.session.query(Device).one(), revoked_at=at("2026-03-07 08:51"))

    answer = scene.press_in(with_phone(scene, ONE), "08:52", actor=make.actor_of(li))

    assert answer["verdict"] == "accepted"
    assert [scan.device_id is None for scan in db.session.query(Scan)] == [False, True]


def test_a_day_later_the_phone_is_known_and_its_day_moves_on(scene):
    scene.press_in(with_phone(scene, ONE), "08:50")
    scene.press_out(with_phone(scene, ONE), "11:00")
    first = db.session.scalars(select(DeviceBinding.last_seen_at)).one()
    later = make.shift(starts="2026-03-09 09:00", site=scene.site)
    make.assignment(person=scene.wang, shift=later)

    service.check_in(with_phone(scene, ONE), actor=scene.actor, now=at("2026-03-09 08:50"))

    db.session.rollback()
    assert first == at("2026-03-07 08:50")
    assert db.session.scalars(select(DeviceBinding.last_seen_at)).one() == at("2026-03-09 08:50")


class TestCookie:
    def test_the_page_gives_one_that_only_the_server_reads(self, scene, client, set_clock, count):
        set_clock("2026-03-07 08:50")
        make.login(client, scene.wang)

        first = client.get(scene.url())
        again = client.get(scene.url())

        given = first.headers["Set-Cookie"]
        assert given.startswith("device=")
        assert "HttpOnly" in given
        assert "SameSite=Lax" in given
        assert "Set-Cookie" not in again.headers
        assert count(Device) == 0  # case 2: looking changes nothing

        client.post(scene.url("check-in"), data={"key": "k1"})
        assert count(Device) == 1

    def test_who_brings_none_is_checked_in_all_the_same(self, scene, client, set_clock, count):
        set_clock("2026-03-07 08:50")
        make.login(client, scene.wang)

        assert client.post(scene.url("check-in"), data={"key": "k1"}).status_code == 200
        assert count(Device) == 0
