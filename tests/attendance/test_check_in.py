"""Checking in: the acceptance cases of checkin.md, by their numbers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import event, inspect
from sqlalchemy.exc import IntegrityError

from tests import make
from tests.attendance.conftest import attendance_of, change, in_app, scans_of
from tests.browser import apart
from tests.make import at
from volunteer.attendance import queries, service
from volunteer.attendance.errors import REASON_TEXTS, CodeRevoked, KeyReused
from volunteer.attendance.models import Attendance, Reason, Scan
from volunteer.attendance.tokens import SiteCode
from volunteer.core.actor import SYSTEM
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed


def test_case_1_ten_minutes_before_the_start(scene):
    answer = scene.come("08:50")

    there = attendance_of(scene.wang, scene.shift)
    assert (answer["verdict"], answer["reason"]) == ("accepted", None)
    assert (answer["name"], answer["leader"], answer["site"]) == ("王小雨", "周启明", "新安路口")
    assert (there.state, there.arrived_at) == ("open", at("2026-03-07 08:50"))
    assert (there.evidence_class, there.review, there.unit_id) == ("C", "none", scene.unit.id)


def test_a_scan_keeps_what_the_door_knew(scene, app):
    asked = scene.request()._replace(
        token_hash="a" * 64, ip_prefix="203.0.113.0/24", browser_class="wechat"
    )

    service.check_in(asked, actor=scene.actor, now=at("2026-03-07 08:50"))

    scan = db.session.query(Scan).one()
    assert (scan.channel, scan.time_quality, scan.position) == ("site_static", "server", "none")
    assert (scan.ip_prefix, scan.browser_class) == ("203.0.113.0/24", "wechat")
    assert scan.actor_account_id == scene.actor.account_id
    assert scan.effective_at == scan.received_at == at("2026-03-07 08:50")


def test_case_4_twenty_minutes_before_the_start(scene, count):
    answer = scene.come("08:40")

    assert (answer["verdict"], answer["reason"]) == ("refused", "too_early")
    assert datetime.fromisoformat(answer["opens_at"]) == at("2026-03-07 08:45")
    assert count(Attendance) == 0
    assert count(Scan, verdict="refused", reason="too_early") == 1


def test_case_6_after_the_window(scene, count):
    assert scene.come("10:50")["reason"] == "too_late_in"
    assert count(Attendance) == 0


def test_case_7_the_place_is_elsewhere(scene):
    station = make.site(name="车站")

    answer = scene.come("08:55", site=station)

    assert (answer["reason"], answer["site"]) == ("wrong_site", "新安路口")


def test_case_8_no_shift_at_all(scene):
    stranger = make.actor_of(make.person(unit=scene.unit))

    assert scene.come("08:55", actor=stranger)["reason"] == "not_assigned"


def test_case_9_two_shifts_are_possible_and_one_is_chosen(scene, count):
    early = make.checkin_settings(opens_before_minutes=180)
    second = make.shift(starts="2026-03-07 11:00", site=scene.site, settings=early)
    make.assignment(person=scene.wang, shift=second)

    asked = scene.come("09:00")
    answer = scene.come("09:00", shift=second.public_id)

    assert asked["reason"] == "ambiguous_shift"
    assert [c["shift"] for c in asked["choices"]] == [scene.shift.public_id, second.public_id]
    assert (answer["verdict"], answer["shift"]) == ("accepted", second.public_id)
    assert count(Attendance) == 1


def test_case_10_a_second_scan_is_a_duplicate_that_tells_the_first_time(scene, count):
    scene.come("08:50")

    answer = scene.come("09:10")

    assert (answer["verdict"], answer["reason"]) == ("duplicate", "already_in")
    assert datetime.fromisoformat(answer["arrived_at"]) == at("2026-03-07 08:50")
    assert count(Attendance) == 1
    assert scans_of(scene.wang) == [
        ("in", "accepted", None),
        ("in", "duplicate", "already_in"),
    ]


def test_case_11_the_same_key_gives_the_stored_answer_whatever_is_true_by_now(scene, count):
    first = scene.come("08:50", key="k1")
    scene.go("10:55")

    again = scene.come("13:00", key="k1")

    assert again == first
    assert count(Scan) == 2


@pytest.mark.parametrize("keys", ["one", "twenty"])
def test_case_12_twenty_at_once(scene, count, keys):
    """R17: one attendance and one accepted scan, whether the keys are the same or not."""
    wished = [scene.request(key="k" if keys == "one" else f"k{n}") for n in range(20)]

    def press(asked):
        try:
            return service.check_in(asked, actor=scene.actor, now=at("2026-03-07 08:50"))
        finally:
            db.session.remove()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda asked: apart(in_app, scene.app, press, asked), wished))

    verdicts = [answer["verdict"] for answer in answers]
    assert count(Attendance) == 1
    assert count(Scan, verdict="accepted") == 1
    assert count(Scan) == (1 if keys == "one" else 20)
    assert verdicts.count("accepted") == (20 if keys == "one" else 1)


def test_case_14_the_same_key_for_something_else_is_refused(scene, count):
    scene.come("08:50", key="k1")

    with pytest.raises(KeyReused) as refused:
        scene.go("10:50", key="k1")

    assert (refused.value.code, refused.value.status) == ("idempotency_mismatch", 422)
    assert count(Scan) == 1


def test_case_15_the_same_key_of_another_account_is_another_scan(scene):
    li = make.person(unit=scene.unit)
    make.assignment(person=li, shift=scene.shift)

    scene.come("08:50", key="k1")
    answer = scene.come("08:51", key="k1", actor=make.actor_of(li))

    assert (answer["verdict"], answer["name"]) == ("accepted", li.name)


def test_case_35_a_poster_of_an_older_epoch_is_revoked(scene):
    old = SiteCode(scene.site.public_id, scene.site.qr_epoch)
    change(scene.site, qr_epoch=2)

    with pytest.raises(CodeRevoked) as refused:
        queries.site_here(old)

    assert refused.value.status == 410


def test_case_49_a_suspended_person_is_told_so_even_if_in(scene, count):
    scene.come("08:50")
    change(scene.wang, state="left")

    assert scene.come("09:00")["reason"] == "account_inactive"
    assert scene.go("11:00")["reason"] == "account_inactive"
    assert attendance_of(scene.wang, scene.shift).state == "open"


def test_who_belongs_to_no_unit_that_day_is_told_so(scene):
    left = make.person(unit=scene.unit, until_on=at("2026-03-01 00:00").date())
    make.assignment(person=left, shift=scene.shift)

    assert scene.come("08:50", actor=make.actor_of(left))["reason"] == "account_inactive"


def test_the_system_checks_nobody_in(scene):
    with pytest.raises(NotAllowed):
        scene.come("08:50", actor=SYSTEM)


def test_overlap_is_held_and_both_presences_stand(scene, count):
    """R14, checkin.md 1.5: who forgot to leave is let in, and somebody decides."""
    station = make.site(unit=scene.unit, name="车站")
    later = make.shift(starts="2026-03-07 11:00", site=station)
    make.assignment(person=scene.wang, shift=later)
    scene.come("08:50")

    answer = scene.come("10:50", site=station)

    assert (answer["verdict"], answer["reason"]) == ("held", "overlap_active")
    assert attendance_of(scene.wang, later).review == "pending"
    assert count(Attendance, state="open") == 2


def test_without_evidence_a_check_in_waits_where_the_settings_say_so(scene):
    strict = make.checkin_settings(hold_without_evidence=True)
    shift = make.shift(starts="2026-03-07 14:00", site=scene.site, settings=strict)
    make.assignment(person=scene.wang, shift=shift)

    assert scene.come("13:50")["reason"] == "location_missing"
    assert attendance_of(scene.wang, shift).review == "pending"


def test_case_91_a_check_in_takes_the_lock_and_few_queries(scene, engine):
    seen = []
    asked = scene.request()

    def look(connection, cursor, statement, *_):
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", look)
    service.check_in(asked, actor=scene.actor, now=at("2026-03-07 08:50"))

    assert len(seen) <= 8
    locked = "FOR UPDATE" if engine == "postgresql" else "BEGIN IMMEDIATE"
    assert any(locked in statement for statement in seen)


def test_case_87_every_reason_has_its_sentence_and_no_other_is_stored(scene):
    scene.come("08:50")
    first = db.session.query(Scan).one()
    facts = {column.key: getattr(first, column.key) for column in inspect(Scan).column_attrs}
    unknown = Scan(**{**facts, "id": None, "key": "k9", "reason": "because"})

    assert set(REASON_TEXTS) == set(Reason)
    with pytest.raises(IntegrityError):
        make.save(unknown)
