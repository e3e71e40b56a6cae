"""What a scanner sends in, case by case (checkin.md 1.6, 1.7 and section 4)."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from tests import make
from tests.attendance.conftest import attendance_of, change, entries_of, scans_of
from tests.attendance.phones import Phone
from tests.make import at
from volunteer.attendance import uploads
from volunteer.attendance.models import Attendance, Scan, ScannerDevice
from volunteer.core.db import db, transaction
from volunteer.people.cards import token_of
from volunteer.people.models import Person
from volunteer.people.rules import short_code
from volunteer.shifts.models import Assignment, Shift


def day(hour: str):
    return at(f"2026-03-07 {hour}")


@pytest.fixture
def phone(app, scene, set_clock) -> Phone:
    """The leader's phone, with the list of eight o'clock on board."""
    made = Phone(app, set_clock, scene.leader)
    made.fetch(day("08:00"))
    return made


def verdicts(items) -> list[tuple[str, str | None]]:
    return [(each["verdict"], each["reason"]) for each in items]


def stored(key: str) -> Scan:
    db.session.rollback()
    return db.session.query(Scan).filter_by(key=key).one()


def put(table, number: int, **values) -> None:
    """Set columns of a row at once, past the verbs."""
    with transaction() as session:
        session.execute(update(table).where(table.id == number).values(**values))


def place_of(scene) -> Assignment:
    """Wang's place on the shift."""
    return db.session.query(Assignment).filter_by(person_id=scene.wang.id).one()


def test_an_answer_has_four_facts_and_names_the_person(scene, phone):
    item = phone.scan(scene.wang, day("08:55"), scene.shift)

    [answer] = phone.send(day("08:55"))

    assert answer == {
        "key": item["key"],
        "verdict": "accepted",
        "reason": None,
        "message": "王小雨：已签到。",
    }
    scan = stored(item["key"])
    assert (scan.channel, scan.offline, scan.time_quality) == ("personal", False, "server")
    assert (scan.queue_seq, scan.flags) == (1, [])


def test_case_51_an_unknown_code_is_refused_and_stored(scene, phone, count):
    stranger = token_of("00ff00ff00ff00ff", make.LONG_AGO, phone.keys)
    forged = phone.token(scene.wang)[:-1] + ("A" if phone.token(scene.wang)[-1] != "A" else "B")
    codes = (stranger, forged, scene.token(), "你好")
    for code in codes:
        phone.scan(code, day("08:55"))

    answers = phone.send(day("12:00"))

    assert verdicts(answers) == [
        ("refused", "person_unknown"),
        ("refused", "token_signature"),
        ("refused", "token_wrong_kind"),
        ("refused", "person_unknown"),
    ]
    assert count(Scan, person_id=None) == 4
    assert count(Attendance) == 0


def test_a_short_code_is_as_good_as_the_card(scene, phone):
    short = short_code(scene.wang.public_id)
    phone.scan(short.lower().replace("-", " "), day("08:55"), scene.shift)
    phone.scan("2222-2222", day("08:56"), scene.shift)

    answers = [("accepted", None), ("refused", "person_unknown")]
    assert verdicts(phone.send(day("12:00"))) == answers


def test_case_53_two_phones_scan_the_same_person(app, scene, phone, set_clock, count):
    other = Phone(app, set_clock, scene.leader)
    other.fetch(day("08:10"))
    phone.scan(scene.wang, day("08:57"), scene.shift)
    other.scan(scene.wang, day("08:51"), scene.shift)

    assert verdicts(phone.send(day("12:00"))) == [("accepted", None)]
    assert verdicts(other.send(day("12:01"))) == [("duplicate", "already_in")]

    assert attendance_of(scene.wang, scene.shift).arrived_at == day("08:51")
    assert count(Attendance) == 1
    assert count(Scan, verdict="duplicate") == 1


def test_case_53_the_later_scan_of_two_changes_nothing(app, scene, phone, set_clock):
    other = Phone(app, set_clock, scene.leader)
    other.fetch(day("08:10"))
    phone.scan(scene.wang, day("08:51"), scene.shift)
    other.scan(scene.wang, day("08:57"), scene.shift)

    phone.send(day("12:00"))
    other.send(day("12:01"))

    assert attendance_of(scene.wang, scene.shift).arrived_at == day("08:51")


def test_case_54_scanned_at_five_to_nine_sent_at_eight_in_the_evening(scene, phone):
    phone.scan(scene.wang, day("08:55"), scene.shift)
    phone.scan(scene.wang, day("11:00"), scene.shift, "out")

    assert verdicts(phone.send(day("20:00"))) == [("accepted", None)] * 2

    there = attendance_of(scene.wang, scene.shift)
    assert (there.arrived_at, there.left_at) == (day("08:55"), day("11:00"))
    assert entries_of(scene.wang)[0][:2] == (120, "scanned")


def test_case_54_the_window_is_that_of_the_scan(scene, phone):
    phone.scan(scene.wang, day("08:30"), scene.shift)

    assert verdicts(phone.send(day("09:00"))) == [("refused", "too_early")]


def test_case_55_the_answer_was_lost_and_the_same_key_comes_again(scene, phone, count):
    item = phone.scan(scene.wang, day("08:55"), scene.shift)
    first = phone.post(day("08:55"), [item]).get_json()["items"]

    again = phone.send(day("13:00"))

    assert again == first
    assert count(Scan) == 1
    assert db.session.query(ScannerDevice).one().gaps == 0


def test_without_the_stored_answer_the_lost_one_would_be_refused(scene, phone, monkeypatch):
    """The control arm of case 55: the repeat meets the rules, or the unique key, instead."""
    item = phone.scan(scene.wang, day("08:55"), scene.shift)
    phone.post(day("08:55"), [item])
    monkeypatch.setattr(uploads.queries, "stored_answer", lambda account_id, key: None)

    assert verdicts(phone.send(day("13:00"))) != [("accepted", None)]


def test_case_14_the_same_key_with_another_body(scene, phone, count):
    li = make.person(unit=scene.unit)
    make.assignment(person=li, shift=scene.shift)
    item = phone.scan(scene.wang, day("08:55"), scene.shift)
    phone.send(day("08:55"))

    for other in ({"token": phone.token(li)}, {"direction": "out"}, {"device_ms": 1}):
        answer = phone.post(day("09:00"), [{**item, **other}]).get_json()["items"]
        assert verdicts(answer) == [("refused", "idempotency_mismatch")]

    assert count(Scan) == 1


def test_case_57_one_bad_item_stops_no_other(scene, phone, count, monkeypatch):
    people = [make.person(unit=scene.unit) for _ in range(3)]
    for each in people:
        make.assignment(person=each, shift=scene.shift)
        phone.scan(each, day("08:55"), scene.shift)
    broken = phone.queue[1]["key"]
    press = uploads.service.check_in

    def fails_once(request, **given):
        if request.key == broken:
            raise RuntimeError("in mid-batch")
        return press(request, **given)

    with monkeypatch.context() as patch:
        patch.setattr(uploads.service, "check_in", fails_once)
        answers = phone.post(day("12:00"), phone.queue).get_json()["items"]
    assert verdicts(answers) == [
        ("accepted", None),
        ("refused", "server_error"),
        ("accepted", None),
    ]
    assert count(Scan) == 2
    assert db.session.query(ScannerDevice).one().waiting == 1

    assert verdicts(phone.send(day("12:05"))) == [("accepted", None)] * 3
    assert (count(Scan), count(Attendance)) == (3, 3)


def test_case_58_after_a_reload_the_offset_tells_the_time(scene, phone):
    phone.fast = timedelta(minutes=7)
    phone.fetch(day("08:00"))
    phone.reload()
    item = phone.scan(scene.wang, day("08:55"), scene.shift)

    assert verdicts(phone.send(day("12:00"))) == [("accepted", None)]

    scan = stored(item["key"])
    assert (scan.effective_at, scan.time_quality) == (day("08:55"), "device_offset")
    assert scan.clock_offset_ms == -7 * 60_000


def test_in_one_page_life_the_anchor_tells_the_time(scene, phone):
    item = phone.scan(scene.wang, day("08:55"), scene.shift)

    phone.send(day("12:00"))

    scan = stored(item["key"])
    assert (scan.effective_at, scan.time_quality) == (day("08:55"), "device_anchored")
    assert (scan.claimed_at, scan.received_at) == (day("08:55"), day("12:00"))


def test_case_59_the_clock_is_two_hours_fast_all_the_time(scene, phone):
    phone.fast = timedelta(hours=2)
    phone.fetch(day("08:00"))
    phone.reload()
    item = phone.scan(scene.wang, day("08:55"), scene.shift)

    assert verdicts(phone.send(day("12:00"))) == [("accepted", None)]
    assert (stored(item["key"]).effective_at, stored(item["key"]).flags) == (day("08:55"), [])


def test_a_page_clock_that_slept_is_put_right_by_the_phones_clock(scene, phone):
    slept = phone.clocks(day("08:55"))["mono_ms"] - 45 * 60_000
    item = phone.scan(scene.wang, day("08:55"), scene.shift, mono_ms=slept)

    assert verdicts(phone.send(day("12:00"))) == [("accepted", None)]
    assert stored(item["key"]).time_quality == "device_offset"


@pytest.mark.parametrize(
    ("claimed", "reason"), [("12:30", "clock_future"), ("07:30", "clock_before_sync")]
)
def test_case_61_outside_the_envelope_it_is_held_and_earns_nothing(scene, phone, claimed, reason):
    change(scene.shift, starts_at=day("07:00"), ends_at=day("13:30"))
    phone.reload()
    phone.scan(scene.wang, day(claimed), scene.shift)

    assert verdicts(phone.send(day("12:00"))) == [("held", reason)]

    there = attendance_of(scene.wang, scene.shift)
    assert (there.state, there.review) == ("open", "pending")
    phone.fetch(day("13:20"))
    phone.scan(scene.wang, day("13:25"), scene.shift, "out")
    phone.send(day("13:26"))
    assert entries_of(scene.wang) == []


def test_a_clock_that_was_moved_is_held(scene, phone):
    phone.reload()
    phone.scan(scene.wang, day("08:55"), scene.shift)
    phone.fast = timedelta(minutes=30)

    assert verdicts(phone.send(day("12:00"))) == [("held", "clock_moved")]


def test_within_two_minutes_nothing_is_held(scene, phone):
    """The control arm of the three before: the edge of the tolerance."""
    phone.reload()
    phone.scan(scene.wang, day("08:55"), scene.shift)
    phone.fast = timedelta(seconds=110)

    assert verdicts(phone.send(day("12:00"))) == [("accepted", None)]


def test_a_time_without_a_sync_of_ours_proves_nothing(scene, phone):
    forged = {**(phone.sync or {}), "id": "1.1772841600000.nonsense"}
    phone.scan(scene.wang, day("08:55"), scene.shift, sync=forged)

    assert verdicts(phone.send(day("12:00"))) == [("held", "clock_before_sync")]


def test_case_62_after_eighty_hours_it_is_too_old(scene, phone, count):
    phone.scan(scene.wang, day("08:55"), scene.shift)
    late = day("08:55") + timedelta(hours=80)

    assert verdicts(phone.send(late)) == [("refused", "too_old")]
    assert scans_of(scene.wang) == [("in", "refused", "too_old")]
    assert count(Attendance) == 0


def test_case_62_within_three_days_it_counts(scene, phone):
    phone.scan(scene.wang, day("08:55"), scene.shift)

    assert verdicts(phone.send(day("08:50") + timedelta(hours=72))) == [("accepted", None)]


@pytest.mark.parametrize("what", ["assignment", "shift"])
def test_case_63_what_changed_meanwhile_is_held(scene, phone, what):
    phone.scan(scene.wang, day("08:55"), scene.shift)
    if what == "shift":
        put(Shift, scene.shift.id, state="cancelled", cancel_reason="下雨")
    else:
        change(place_of(scene), state="cancelled")

    assert verdicts(phone.send(day("12:00"))) == [("held", "roster_changed")]
    assert attendance_of(scene.wang, scene.shift).review == "pending"


def test_case_63_with_a_signal_a_cancelled_place_is_refused(scene, phone, count):
    """The control arm: only what happened without a signal is let stand."""
    change(place_of(scene), state="cancelled")
    phone.scan(scene.wang, day("08:55"), scene.shift)

    assert verdicts(phone.send(day("08:55"))) == [("refused", "assignment_cancelled")]
    assert count(Attendance) == 0


def test_a_real_check_out_comes_after_the_job_has_closed_the_shift(scene, phone):
    make.attendance(
        person=scene.wang,
        shift=scene.shift,
        state="auto_closed",
        left_at=day("11:00"),
        arrived_at=day("08:55"),
    )
    phone.scan(scene.wang, day("11:05"), scene.shift, "out")

    assert verdicts(phone.send(day("20:00"))) == [("accepted", None)]

    there = attendance_of(scene.wang, scene.shift)
    assert (there.state, there.left_at, there.revision) == ("closed", day("11:05"), 1)
    assert entries_of(scene.wang)[0][0] == 120


def test_the_phone_need_not_know_the_shift(scene, phone):
    phone.scan(scene.wang, day("08:55"))

    assert verdicts(phone.send(day("12:00"))) == [("accepted", None)]


def test_whom_one_does_not_lead_one_does_not_scan(app, scene, phone, set_clock, count):
    stranger = Phone(app, set_clock, make.person(unit=scene.unit))
    stranger.fetch(day("08:00"))
    stranger.scan(scene.wang, day("08:55"), scene.shift)
    stranger.scan(scene.wang, day("08:56"))
    phone.scan(make.person(unit=scene.unit), day("08:55"), scene.shift)
    phone.scan(make.person(unit=scene.unit), day("08:56"))
    phone.scan(scene.leader, day("08:57"), scene.shift)

    assert verdicts(stranger.send(day("12:00"))) == [("refused", "not_coordinator")] * 2
    assert verdicts(phone.send(day("12:00"))) == [
        ("refused", "not_assigned"),
        ("refused", "not_assigned"),
        ("refused", "not_coordinator"),  # nobody scans the own code
    ]
    assert count(Attendance) == 0


def test_a_merged_record_is_the_one_that_was_kept(scene, phone):
    old = make.person(unit=scene.unit)
    put(Person, old.id, merged_into_id=scene.wang.id, state="merged")
    phone.scan(old, day("08:55"), scene.shift)

    assert verdicts(phone.send(day("12:00"))) == [("accepted", None)]
    assert attendance_of(scene.wang, scene.shift).state == "open"


def test_a_missing_scan_is_a_gap_that_stops_nothing(scene, phone):
    li = make.person(unit=scene.unit)
    make.assignment(person=li, shift=scene.shift)
    phone.scan(scene.wang, day("08:55"), scene.shift)
    lost = phone.queue.pop()
    kept = phone.scan(li, day("08:56"), scene.shift)

    assert verdicts(phone.send(day("12:00"))) == [("accepted", None)]

    assert lost["key"] != kept["key"]
    assert stored(kept["key"]).flags == ["queue_gap"]
    assert db.session.query(ScannerDevice).one().gaps == 1


@pytest.mark.parametrize("field", ["device_ms", "prev_hash", "hash"])
def test_a_changed_item_breaks_the_chain(scene, phone, field):
    item = phone.scan(scene.wang, day("08:55"), scene.shift)
    item[field] = item[field] + 1 if field == "device_ms" else "0" * 64
    phone.send(day("12:00"))

    assert db.session.query(ScannerDevice).one().gaps == 1


def test_an_unbroken_chain_has_no_gap(scene, phone):
    for minute in range(5):
        phone.scan(scene.wang, day(f"08:5{minute}"), scene.shift)
    phone.send(day("12:00"))

    device = db.session.query(ScannerDevice).one()
    assert (device.gaps, device.last_seq, device.waiting) == (0, 5, 0)
