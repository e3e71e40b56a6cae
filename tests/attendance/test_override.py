"""Recording one person past the rules, with a reason and within a quota (checkin.md 1.9)."""

import pytest

from tests import make
from tests.attendance.conftest import attendance_of, entries_of
from tests.make import at
from volunteer.attendance import overriding, presence, service, undoing
from volunteer.attendance.by_hand import OverrideReason
from volunteer.attendance.errors import (
    NobodyMeant,
    NothingToRecord,
    NotOpenYet,
    OverQuota,
    SelfConfirmation,
    SeveralMeant,
    TimesOutside,
    WordsMissing,
)
from volunteer.attendance.models import Attendance, AttendanceOverride, Direction, Scan
from volunteer.audits import integrity
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.core.models import Journal
from volunteer.shifts.errors import ShiftCancelled
from volunteer.shifts.models import Assignment


@pytest.fixture
def leader(scene):
    return make.actor_of(scene.leader)


def record(scene, actor, when, who, direction="in", **given) -> str:
    facts = {"at": None, "code": "phone_dead", "words": "", "shift": scene.shift, **given}
    moment = facts["at"] and at(f"2026-03-07 {facts['at']}")
    return overriding.override(
        presence.shift_with(facts["shift"].public_id),
        who,
        Direction(direction),
        at=moment,
        code=OverrideReason(facts["code"]),
        words=facts["words"],
        reason="手机没电",
        actor=actor,
        now=at(f"2026-03-07 {when}"),
    )


def test_case_6_too_late_for_the_code_and_recorded_with_a_reason(scene, leader):
    assert scene.come("10:50")["reason"] == "too_late_in"

    assert record(scene, leader, "10:50", "王小雨", at="09:00") == "王小雨"
    record(scene, leader, "11:00", "王小雨", "out")

    there = attendance_of(scene.wang, scene.shift)
    assert (there.state, there.evidence_class) == ("closed", "D")
    assert entries_of(scene.wang) == [(120, "manual", f"attendance:{there.id}:1")]
    scans = db.session.query(Scan).filter_by(channel="override").order_by(Scan.id).all()
    assert [(s.verdict, s.note, s.actor_account_id) for s in scans] == [
        ("accepted", "手机没电", leader.account_id)
    ] * 2
    assert list(integrity.findings()) == []


def test_case_8_a_walk_in_is_added_by_phone_or_number(scene, leader):
    chen = make.person(unit=make.unit(), name="陈一", phone="19905550001")
    assert scene.come("09:00", actor=make.actor_of(chen))["reason"] == "not_assigned"

    record(scene, leader, "09:10", "19905550001", code="walk_in")

    db.session.rollback()
    place = db.session.query(Assignment).filter_by(person_id=chen.id).one()
    assert (place.state, place.shift_id) == ("walk_in", scene.shift.id)
    assert attendance_of(chen, scene.shift).state == "open"
    assert scene.go("11:00", actor=make.actor_of(chen))["minutes"] == 110
    li = make.person(unit=scene.unit, name="李四")
    assert record(scene, leader, "09:10", li.volunteer_number, code="walk_in") == "李四"


def test_a_walk_in_taken_back_is_no_longer_on_the_list(scene, leader):
    chen = make.person(unit=scene.unit, phone="19905550001")
    record(scene, leader, "09:10", "19905550001", code="walk_in")
    moment = at("2026-03-07 09:12")
    [one] = undoing.undoable(scene.shift.id, actor=leader, now=moment)

    shift = presence.shift_with(scene.shift.public_id)
    undoing.undo(shift, [one.key], reason="x", actor=leader, now=moment)

    db.session.rollback()
    assert db.session.query(Assignment).filter_by(person_id=chen.id).one().state == "cancelled"
    assert overriding.exceptions_of(scene.shift).used == 0
    assert len(presence.places(scene.shift.id, moment.date())) == 1


def test_an_exception_for_the_whole_shift_taken_back_is_none(scene, leader):
    record(scene, leader, "11:30", "王小雨", at="09:00")
    assert overriding.exceptions_of(scene.shift).used == 1
    moment = at("2026-03-07 11:32")
    [one] = undoing.undoable(scene.shift.id, actor=leader, now=moment)

    shift = presence.shift_with(scene.shift.public_id)
    undoing.undo(shift, [one.key], reason="x", actor=leader, now=moment)

    assert overriding.exceptions_of(scene.shift).used == 0


@pytest.mark.parametrize(("starts", "beside"), [("09:00", [0]), ("10:00", [60]), ("11:00", [120])])
def test_the_same_time_is_credited_once_whatever_the_shift(scene, leader, starts, beside):
    """Wang serves from 9 to 11, and another leader says he was with them for two hours."""
    scene.come("09:00")
    scene.go("11:00")
    chief = make.person(unit=scene.unit, name="吴队")
    other = make.shift(starts=f"2026-03-07 {starts}", site=make.site(unit=scene.unit), leader=chief)
    number = scene.wang.volunteer_number

    record(scene, make.actor_of(chief), "14:00", number, at=starts, shift=other)

    minutes = [line[0] for line in entries_of(scene.wang)]
    assert minutes == [120, *filter(None, beside)]
    assert list(integrity.findings()) == []


def test_the_check_finds_the_same_time_credited_twice(scene, leader, monkeypatch):
    """The control arm."""
    monkeypatch.setattr(service, "without", lambda times, taken: times)
    scene.come("09:00")
    scene.go("11:00")
    other = make.shift(
        starts="2026-03-07 09:00", site=make.site(unit=scene.unit), leader=scene.leader
    )
    record(scene, leader, "14:00", scene.wang.volunteer_number, at="09:00", shift=other)

    assert [line[0] for line in entries_of(scene.wang)] == [120, 120]
    assert [each.code for each in integrity.findings()] == ["credited_twice"]


def test_case_85_without_a_reason(scene, leader, client, set_clock, count):
    with pytest.raises(WordsMissing):
        record(scene, leader, "09:10", "王小雨", code="other")
    set_clock("2026-03-07 09:10")
    make.login(client, scene.leader)
    url = f"/shifts/{scene.shift.public_id}/override"
    form = {"who": "王小雨", "direction": "in"}

    for wrong in ({}, {"reason": ""}, {"reason": "because"}, {"reason": "other"}):
        assert client.post(url, data={**form, **wrong}).status_code == 400
    assert count(Attendance) == 0
    assert client.post(url, data={**form, "reason": "no_signal"}).status_code == 303
    assert count(AttendanceOverride, reason_code="no_signal") == 1


def test_case_85_beyond_the_quota_an_administrator(scene, leader):
    for number in range(4):
        person = make.person(unit=scene.unit, name=f"李{number}")
        make.assignment(person=person, shift=scene.shift)
    for number in range(3):
        record(scene, leader, "09:10", f"李{number}")

    with pytest.raises(OverQuota):
        record(scene, leader, "09:10", "李3")
    with pytest.raises(OverQuota):
        record(scene, make.grant_of(Role.COORDINATOR, scene.unit), "09:10", "李3")
    assert record(scene, make.grant_of(Role.UNIT_ADMIN, scene.unit), "09:10", "李3") == "李3"
    assert overriding.exceptions_of(scene.shift) == (4, 3)


def test_the_quota_grows_with_the_shift(scene, leader):
    for number in range(39):
        person = make.person(unit=scene.unit, name=f"李{number:02d}")
        make.assignment(person=person, shift=scene.shift)
    for number in range(4):
        record(scene, leader, "09:10", f"李{number:02d}")

    with pytest.raises(OverQuota):
        record(scene, leader, "09:10", "李04")


def test_nobody_records_themselves(scene, leader, count):
    make.assignment(person=scene.leader, shift=scene.shift)

    with pytest.raises(SelfConfirmation):
        record(scene, leader, "09:10", "周启明")
    assert count(Scan) == 0


def test_the_name_must_be_clear(scene, leader, count):
    make.assignment(person=make.person(unit=scene.unit, name="王小雨"), shift=scene.shift)

    for who, refusal in (
        ("王小雨", SeveralMeant),
        ("王小", NobodyMeant),
        ("19900009999", NobodyMeant),
        ("V9999999", NobodyMeant),
        (make.person(unit=scene.unit, name="赵六").name, NobodyMeant),
    ):
        with pytest.raises(refusal):
            record(scene, leader, "09:10", who)
    assert count(Attendance) == 0
    assert record(scene, leader, "09:10", scene.wang.phone) == "王小雨"


@pytest.mark.parametrize("moment", ["08:59", "09:31"])
def test_the_time_lies_within_the_shift_and_not_ahead(scene, leader, moment):
    with pytest.raises(TimesOutside):
        record(scene, leader, "09:30", "王小雨", at=moment)


def test_what_is_recorded_is_not_recorded_again(scene, leader, count):
    with pytest.raises(NothingToRecord):
        record(scene, leader, "09:10", "王小雨", "out")
    record(scene, leader, "09:10", "王小雨")
    with pytest.raises(NothingToRecord):
        record(scene, leader, "09:10", "王小雨")
    with pytest.raises(TimesOutside):
        record(scene, leader, "09:20", "王小雨", "out", at="09:05")
    assert count(Scan) == 1


def test_after_the_end_from_the_stated_time_on(scene, leader):
    record(scene, leader, "12:00", "王小雨", at="10:00", code="forgot_out")

    assert [line[:2] for line in entries_of(scene.wang)] == [(60, "manual")]


def test_not_long_before_and_not_of_a_cancelled_shift(scene, leader):
    with pytest.raises(NotOpenYet):
        record(scene, leader, "06:59", "王小雨")
    gone = make.shift(
        starts="2026-03-07 14:00",
        site=scene.site,
        leader=scene.leader,
        state="cancelled",
        cancel_reason="暴雨",
    )
    with pytest.raises(ShiftCancelled):
        record(scene, leader, "14:00", "王小雨", shift=gone)
    assert record(scene, leader, "07:00", "王小雨") == "王小雨"


@pytest.mark.parametrize(("role", "refusal"), [(None, NotFound), (Role.SYSTEM_LEAD, NotAllowed)])
def test_only_shifts_that_one_leads_or_has_in_scope(scene, role, refusal):
    person = make.person(unit=scene.unit)
    actor = make.grant_of(role, scene.unit) if role else make.actor_of(person)

    with pytest.raises(refusal):
        record(scene, actor, "09:10", "王小雨")
    with pytest.raises(NotFound):
        record(scene, make.grant_of(Role.COORDINATOR, make.unit()), "09:10", "王小雨")


def test_the_journal_says_which_reason_and_no_name(scene, leader):
    record(scene, leader, "09:10", "王小雨", code="code_damaged")

    row = db.session.query(Journal).filter_by(action="attendance.override").one()
    assert row.body == {"direction": "in", "code": "code_damaged"}


class TestPage:
    @pytest.fixture
    def url(self, scene, client, set_clock):
        set_clock("2026-03-07 09:10")
        make.login(client, scene.leader)
        return f"/shifts/{scene.shift.public_id}/override"

    def test_a_refusal_stands_beside_its_field(self, scene, client, url):
        answer = client.post(
            url, data={"who": "没有此人", "direction": "in", "reason": "no_signal"}
        )

        assert answer.status_code == 404
        assert 'id="who-error"' in answer.text
        assert 'value="没有此人"' in answer.text

    def test_a_time_is_read_in_the_shift(self, scene, client, url):
        form = {"who": "王小雨", "direction": "in", "reason": "no_signal"}

        assert client.post(url, data={**form, "at": "09:30"}).status_code == 400
        assert client.post(url, data={**form, "at": "09:05"}).status_code == 303
        assert attendance_of(scene.wang, scene.shift).arrived_at == at("2026-03-07 09:05")

    def test_the_page_says_how_many_are_left(self, scene, client, url):
        before = client.get(url).text
        client.post(url, data={"who": "王小雨", "direction": "in", "reason": "no_signal"})

        assert "最多登记 3 人，已登记 0 人" in before
        assert "最多登记 3 人，已登记 1 人" in client.get(url).text
