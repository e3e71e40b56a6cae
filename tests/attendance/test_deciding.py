"""Deciding about many records at once, about a whole shift's list, and taking it back."""

import re

import pytest

from tests import make
from tests.attendance.conftest import attendance_of, entries_of
from tests.make import at
from volunteer.attendance import claims, deciding, presence, roll_call, service
from volunteer.attendance.by_hand import Ruling
from volunteer.attendance.devices import cookie_hash
from volunteer.attendance.errors import (
    ForAdministrator,
    NothingToConfirm,
    NothingToUndo,
    SelfConfirmation,
    UndoneByAnother,
    UndoTooLate,
)
from volunteer.attendance.models import AttendanceDecision, Reason, Scan
from volunteer.audits import integrity
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.errors import NotFound

NOW = at("2026-03-08 08:00")


@pytest.fixture
def leader(scene):
    return make.actor_of(scene.leader)


@pytest.fixture
def li(scene):
    person = make.person(unit=scene.unit, name="李四")
    make.assignment(person=person, shift=scene.shift)
    return person


@pytest.fixture
def forgotten(scene, li):
    """Wang and Li came and never checked out."""
    scene.come("09:10")
    scene.come("09:30", actor=make.actor_of(li))
    roll_call.close_forgotten(now=at("2026-03-07 12:05"))
    return [attendance_of(scene.wang, scene.shift).id, attendance_of(li, scene.shift).id]


@pytest.fixture
def strict(scene, li):
    """A shift where a scan without evidence is held: Wang is there, Li has gone."""
    settings = make.checkin_settings(hold_without_evidence=True)
    shift = make.shift(
        starts="2026-03-07 14:00", site=scene.site, leader=scene.leader, settings=settings
    )
    for person in (scene.wang, li):
        make.assignment(person=person, shift=shift)
    scene.come("13:55")
    scene.come("13:58", actor=make.actor_of(li))
    scene.go("15:30", actor=make.actor_of(li))
    return shift


def decide(actor, *numbers, ruling=Ruling.APPROVED, now=NOW):
    return deciding.decide(list(numbers), ruling, reason="全程在岗", actor=actor, now=now)


def undo(actor, now=NOW, number=None) -> None:
    number = number or deciding.recent(actor=actor, now=now)[0].id
    deciding.undo(number, reason="按错了", actor=actor, now=now)


def minutes(person) -> list[int]:
    return [line[0] for line in entries_of(person)]


def test_many_at_once_and_a_repeat_changes_nothing(scene, li, leader, forgotten):
    assert decide(leader, *forgotten) == (2, 0, 200)
    assert decide(leader, *forgotten) == (0, 2, 0)

    assert (minutes(scene.wang), minutes(li)) == ([110], [90])
    assert list(integrity.findings()) == []


def test_many_are_rejected_at_once(scene, li, leader, forgotten):
    assert decide(leader, *forgotten, ruling=Ruling.REJECTED) == (2, 0, 0)

    assert {attendance_of(p, scene.shift).state for p in (scene.wang, li)} == {"void"}
    assert (minutes(scene.wang), minutes(li)) == ([], [])


def test_ones_own_is_left_out_of_many(scene, li, forgotten):
    make.grant(person=scene.wang, role=Role.COORDINATOR, unit=scene.unit)

    assert decide(make.actor_of(scene.wang), *forgotten) == (1, 1, 90)
    assert minutes(scene.wang) == []
    with pytest.raises(SelfConfirmation):
        decide(make.actor_of(scene.wang), forgotten[0])


def test_a_foreign_one_stops_all(scene, li, forgotten):
    other = make.shift(starts="2026-03-07 09:00", site=make.site())
    stranger = make.attendance(person=make.person(), shift=other, state="auto_closed")

    with pytest.raises(NotFound):
        decide(make.grant_of(Role.COORDINATOR, scene.unit), *forgotten, stranger.id)
    assert minutes(scene.wang) == []


def test_a_single_one_says_why_not(leader, forgotten):
    decide(leader, forgotten[0])

    with pytest.raises(NothingToConfirm):
        decide(leader, forgotten[0])


@pytest.mark.parametrize("ruling", Ruling)
def test_a_decision_is_taken_back(scene, leader, forgotten, ruling, count):
    decide(leader, forgotten[0], ruling=ruling)

    undo(leader)

    there = attendance_of(scene.wang, scene.shift)
    assert (there.state, there.review, there.out_scan_id) == ("auto_closed", "none", None)
    assert there.left_at == at("2026-03-07 11:00")
    assert sum(minutes(scene.wang)) == 0
    assert deciding.recent(actor=leader, now=NOW) == []
    assert count(Scan, note="按错了") == (1 if ruling == Ruling.APPROVED else 0)
    assert decide(leader, forgotten[0]).minutes == 110  # and may be decided again
    assert sum(minutes(scene.wang)) == 110
    assert list(integrity.findings()) == []


@pytest.mark.parametrize("ruling", Ruling)
def test_a_decision_that_a_claim_has_overtaken_is_not_taken_back(scene, leader, forgotten, ruling):
    decide(leader, forgotten[0], ruling=ruling)
    times = {"arrived_at": at("2026-03-07 09:00"), "left_at": at("2026-03-07 10:00")}
    shift = presence.shift_with(scene.shift.public_id)
    claim = claims.ask(shift, **times, words="x", actor=scene.actor, now=NOW)
    later = at("2026-03-08 08:05")
    other = make.grant_of(Role.COORDINATOR, scene.unit)
    claims.answer(claim.id, approved=True, words="属实", actor=other, now=later)

    with pytest.raises(NothingToUndo):
        undo(leader, now=later)

    there = attendance_of(scene.wang, scene.shift)
    assert (there.state, there.left_at) == ("closed", at("2026-03-07 10:00"))
    assert sum(minutes(scene.wang)) == 60
    assert list(integrity.findings()) == []


def test_who_rejects_what_is_confirmed_by_then_is_told_so(scene, li, leader, strict, monkeypatch):
    number = attendance_of(li, strict).id
    current, stale = roll_call.open_question, [roll_call.open_question(number, leader)]
    decide(leader, number)

    def seen_before(*asked):
        return stale.pop() if stale else current(*asked)

    monkeypatch.setattr(roll_call, "open_question", seen_before)
    with pytest.raises(NothingToConfirm):
        roll_call.reject(number, reason="x", actor=leader, now=NOW)

    assert not stale
    assert attendance_of(li, strict).state == "closed"
    assert minutes(li) == [90]


def test_a_held_one_is_held_again_as_scanned(scene, li, leader, strict):
    there = attendance_of(li, strict)
    decide(leader, there.id)
    undo(leader)

    again = attendance_of(li, strict)
    assert (again.state, again.review, again.out_scan_id) == (
        "closed",
        "pending",
        there.out_scan_id,
    )
    assert again.left_at == at("2026-03-07 15:30")


def test_who_may_take_a_decision_back_and_until_when(scene, leader, forgotten):
    decide(leader, forgotten[0])
    [mine] = deciding.recent(actor=leader, now=NOW)
    colleague = make.grant_of(Role.COORDINATOR, scene.unit)

    assert deciding.recent(actor=colleague, now=NOW) == []
    with pytest.raises(UndoneByAnother):
        undo(colleague, number=mine.id)
    with pytest.raises(NotFound):
        undo(make.grant_of(Role.COORDINATOR, make.unit()), number=mine.id)
    with pytest.raises(UndoTooLate):
        undo(leader, now=at("2026-03-08 08:16"), number=mine.id)
    assert minutes(scene.wang) == [110]
    undo(leader, now=at("2026-03-08 08:15"), number=mine.id)
    with pytest.raises(NothingToUndo):
        undo(leader, number=mine.id)


def test_what_only_an_administrator_confirms(scene, li, leader):
    """Both came with one phone: held by a scan of Li's own, and Wang on account of it."""
    shared = scene.request()._replace(cookie_hash=cookie_hash("one" * 8))
    for person in (scene.wang, li):
        asked = shared._replace(key=f"key-of-{person.id}")
        service.check_in(asked, actor=make.actor_of(person), now=at("2026-03-07 08:50"))
    for person in (scene.wang, li):
        scene.go("08:55", actor=make.actor_of(person))
    both = [attendance_of(each, scene.shift).id for each in (scene.wang, li)]
    admin = make.grant_of(Role.UNIT_ADMIN, scene.unit)

    for number in both:
        with pytest.raises(ForAdministrator):
            decide(leader, number)
    assert decide(leader, *both) == (0, 2, 0)
    with pytest.raises(NothingToConfirm):  # not before it has begun
        decide(admin, both[0], now=at("2026-03-07 08:59"))
    assert decide(admin, *both).done == 2
    assert attendance_of(scene.wang, scene.shift).review == "approved"


def confirm_list(shift, actor, when="2026-03-07 15:40"):
    there = presence.shift_with(shift.public_id)
    return deciding.confirm_list(there, reason="现场看到", actor=actor, now=at(when))


def test_a_whole_list_with_one_tap(scene, li, leader, strict):
    assert confirm_list(strict, leader).done == 2

    assert attendance_of(scene.wang, strict).review == "approved"
    assert minutes(li) == [90]
    assert scene.go("16:00")["held"] is False
    assert minutes(scene.wang) == [120]
    assert confirm_list(strict, leader) == (0, 0, 0)
    assert list(integrity.findings()) == []


def test_without_the_tap_the_minutes_wait(scene, strict):
    """The control arm."""
    assert scene.go("16:00")["held"] is True
    assert minutes(scene.wang) == []


def test_the_tap_leaves_what_is_held_for_another_reason(scene, leader):
    other = make.shift(starts="2026-03-07 08:00", minutes=60, site=make.site(unit=scene.unit))
    make.assignment(person=scene.wang, shift=other)
    scene.come("08:00", site=other.site)
    scene.come("09:10")
    assert attendance_of(scene.wang, scene.shift).review == "pending"

    assert confirm_list(scene.shift, leader, "2026-03-07 09:20") == (0, 0, 0)
    assert attendance_of(scene.wang, scene.shift).review == "pending"


def test_the_tap_leaves_whose_leaving_is_in_doubt(scene, li, leader, strict):
    asked = scene.request()._replace(doubts=(Reason.OUTSIDE_FENCE,))
    service.check_out(asked, actor=scene.actor, now=at("2026-03-07 15:30"))

    assert confirm_list(strict, leader).done == 1  # Li, the control arm

    assert (minutes(scene.wang), minutes(li)) == ([], [90])
    assert attendance_of(scene.wang, strict).review == "pending"


def test_the_tap_leaves_who_shares_a_phone_and_who_has_too_many_minutes(scene, li, leader):
    settings = make.checkin_settings(hold_without_evidence=True)
    long = make.shift(
        starts="2026-03-08 08:00",
        minutes=600,
        site=scene.site,
        leader=scene.leader,
        settings=settings,
    )
    chen = make.person(unit=scene.unit, name="陈一")
    for person, phone in ((scene.wang, "a"), (li, "b"), (chen, "b")):
        make.assignment(person=person, shift=long)
        asked = scene.request()._replace(cookie_hash=cookie_hash(phone * 20))
        moment = at("2026-03-08 07:55")
        service.check_in(asked, actor=make.actor_of(person), now=moment)
    gone = at("2026-03-08 17:50")
    service.check_out(scene.request(), actor=scene.actor, now=gone)

    assert confirm_list(long, leader, "2026-03-08 17:55") == (0, 0, 0)

    assert {attendance_of(p, long).review for p in (scene.wang, li, chen)} == {"pending"}


def test_the_tap_leaves_ones_own(scene, li, strict):
    make.grant(person=scene.wang, role=Role.COORDINATOR, unit=scene.unit)

    assert confirm_list(strict, make.actor_of(scene.wang)).done == 1
    assert attendance_of(scene.wang, strict).review == "pending"


class TestPages:
    @pytest.fixture
    def desk(self, scene, client, set_clock):
        set_clock("2026-03-08 08:00")
        make.login(client, make.person(unit=scene.unit), Role.COORDINATOR)
        return client

    def test_tick_all_decide_and_take_back(self, scene, li, forgotten, desk):
        page = desk.get("/confirmations").text
        assert len(re.findall(r'name="chosen" value="\d+" form="bulk"', page)) == 2

        form = {"chosen": forgotten, "ruling": "approved", "reason": "全程在岗"}
        assert desk.post("/confirmations/decide", data=form).status_code == 303
        assert (minutes(scene.wang), minutes(li)) == ([110], [90])

        after = desk.get("/confirmations").text
        backs = re.findall(r'action="(/confirmations/decisions/\d+/undo)"', after)
        assert len(backs) == 2
        assert desk.post(backs[0]).status_code == 303
        assert sum(minutes(scene.wang) + minutes(li)) in (110, 90)

    @pytest.mark.parametrize(
        "wrong",
        [{"reason": ""}, {"chosen": ""}, {"chosen": "x"}, {"chosen": "9" * 30}, {"ruling": "up"}],
    )
    def test_an_incomplete_form_comes_back(self, scene, forgotten, desk, wrong, count):
        form = {"chosen": forgotten, "ruling": "approved", "reason": "全程在岗", **wrong}

        assert desk.post("/confirmations/decide", data=form).status_code == 400
        assert count(AttendanceDecision) == 0

    def test_the_queue_of_one_shift_with_its_evidence(self, scene, li, forgotten, strict, desk):
        everything = desk.get("/confirmations").text
        one = desk.get(f"/confirmations?shift={strict.public_id}").text

        assert everything.count("<article") == 3
        assert one.count("<article") == 1
        assert "C 级" in one
        assert "没有定位" in one
        assert desk.get("/confirmations?shift=none").status_code == 200

    def test_the_tap_on_the_live_page(self, scene, li, strict, client, set_clock):
        set_clock("2026-03-07 15:40")
        make.login(client, scene.leader)
        live = f"/shifts/{strict.public_id}/live"
        tap = f"/shifts/{strict.public_id}/confirm-list"

        assert tap in client.get(live).text
        assert client.post(tap).status_code == 303
        assert tap not in client.get(live).text
        assert minutes(li) == [90]
        db.session.rollback()
