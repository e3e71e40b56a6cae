"""The volunteer says "I was there" or "the time is wrong", and is answered."""

import pytest
from sqlalchemy.exc import IntegrityError

from tests import make
from tests.attendance.conftest import attendance_of, entries_of
from tests.make import at
from volunteer.attendance import claims, presence, roll_call
from volunteer.attendance.errors import (
    ClaimOpen,
    NothingToConfirm,
    SelfConfirmation,
    ShiftRunning,
    TimesOutside,
)
from volunteer.attendance.models import AttendanceClaim
from volunteer.audits import integrity
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound

NOW = at("2026-03-07 13:00")


@pytest.fixture
def leader(scene):
    return make.actor_of(scene.leader)


def ask(scene, arrived="09:00", left="11:00", actor=None, now=NOW, shift=None):
    return claims.ask(
        presence.shift_with((shift or scene.shift).public_id),
        arrived_at=at(f"2026-03-07 {arrived}"),
        left_at=at(f"2026-03-07 {left}"),
        words="手机没电",
        actor=actor or scene.actor,
        now=now,
    )


def answer(claim, actor, approved=True) -> int:
    return claims.answer(claim.id, approved=approved, words="属实", actor=actor, now=NOW)


def minutes(person) -> list[int]:
    return [line[0] for line in entries_of(person)]


def test_i_was_there(scene, leader):
    assert answer(ask(scene, "09:10"), leader) == 110

    there = attendance_of(scene.wang, scene.shift)
    assert (there.state, there.evidence_class) == ("closed", "D")
    assert entries_of(scene.wang) == [(110, "manual", f"attendance:{there.id}:1")]
    claim = db.session.query(AttendanceClaim).one()
    assert (claim.state, claim.answer, claim.answered_at) == ("approved", "属实", NOW)
    assert claim.answered_by == leader.account_id
    assert list(integrity.findings()) == []


def test_the_time_is_wrong_and_what_was_entered_is_taken_back(scene, leader):
    scene.come("09:30")
    scene.go("11:00")
    there = attendance_of(scene.wang, scene.shift)

    assert answer(ask(scene, "09:00"), leader) == 120

    source = f"attendance:{there.id}"
    assert entries_of(scene.wang) == [
        (90, "scanned", f"{source}:1"),
        (-90, "scanned", f"{source}:1:reversed"),
        (120, "manual", f"{source}:2"),
    ]
    after = attendance_of(scene.wang, scene.shift)
    assert (after.arrived_at, after.review) == (at("2026-03-07 09:00"), "approved")
    assert list(integrity.findings()) == []


@pytest.mark.parametrize("rejected", [False, True])
def test_a_forgotten_check_out_even_when_it_was_rejected(scene, leader, rejected):
    scene.come("09:00")
    roll_call.close_forgotten(now=at("2026-03-07 12:05"))
    if rejected:
        number = attendance_of(scene.wang, scene.shift).id
        roll_call.reject(number, reason="x", actor=leader, now=NOW)

    assert answer(ask(scene, left="10:30"), leader) == 90
    assert attendance_of(scene.wang, scene.shift).state == "closed"
    assert list(integrity.findings()) == []


def test_declined_changes_nothing_and_one_may_ask_again(scene, leader):
    assert answer(ask(scene), leader, approved=False) == 0
    assert minutes(scene.wang) == []

    assert answer(ask(scene), leader) == 120


def test_one_open_claim_a_person_and_shift(scene, count):
    ask(scene)

    with pytest.raises(ClaimOpen):
        ask(scene, "09:10")
    with pytest.raises(IntegrityError):
        make.save(
            AttendanceClaim(
                shift_id=scene.shift.id,
                person_id=scene.wang.id,
                arrived_at=scene.shift.starts_at,
                left_at=scene.shift.ends_at,
                words="x",
                state="asked",
                asked_at=NOW,
            )
        )
    db.session.rollback()
    assert count(AttendanceClaim) == 1


def test_not_before_the_end_and_not_of_a_foreign_shift(scene):
    with pytest.raises(ShiftRunning):
        ask(scene, now=at("2026-03-07 10:59"))
    with pytest.raises(NotFound):
        ask(scene, actor=make.actor_of(make.person(unit=scene.unit)))
    ask(scene, now=at("2026-03-07 11:00"))


@pytest.mark.parametrize("times", [("08:59", "11:00"), ("09:00", "11:01"), ("10:00", "10:00")])
def test_the_times_lie_within_the_shift(scene, times):
    with pytest.raises(TimesOutside):
        ask(scene, *times)


def test_who_answers(scene, leader):
    claim = ask(scene)
    make.grant(person=scene.wang, role=Role.COORDINATOR, unit=scene.unit)

    with pytest.raises(SelfConfirmation):
        answer(claim, make.actor_of(scene.wang))
    with pytest.raises(NotFound):
        answer(claim, make.grant_of(Role.COORDINATOR, make.unit()))
    with pytest.raises(NotAllowed):
        answer(claim, make.grant_of(Role.SYSTEM_LEAD, scene.unit))
    assert minutes(scene.wang) == []
    answer(claim, make.grant_of(Role.COORDINATOR, scene.unit))
    with pytest.raises(NothingToConfirm):
        answer(claim, leader)


def test_the_queue_is_of_ones_own(scene, leader):
    ask(scene)

    def queue(actor) -> int:
        paths = actor.paths(Role.COORDINATOR)
        return len(claims.waiting(under=paths, leader_id=actor.person_id))

    assert queue(leader) == queue(make.grant_of(Role.COORDINATOR, scene.unit)) == 1
    assert queue(make.grant_of(Role.COORDINATOR, make.unit())) == 0
    assert claims.waiting(under=(), leader_id=None) == []


class TestPages:
    @pytest.fixture
    def own(self, scene, client, set_clock) -> str:
        set_clock("2026-03-07 13:00")
        make.login(client, scene.wang)
        return f"/my/records/{scene.shift.public_id}"

    FORM = {"arrived_at": "09:00", "left_at": "11:00", "words": "手机没电"}  # noqa: RUF012

    def test_from_the_hours_to_the_answer(self, scene, own, client, app, count):
        assert f'href="{own}"' in client.get("/hours").text
        assert client.post(own, data=self.FORM).status_code == 303
        assert "等待答复" in client.get(own).text

        desk = app.test_client()
        make.login(desk, make.person(unit=scene.unit), Role.COORDINATOR)
        queue = desk.get("/confirmations").text
        claim = db.session.query(AttendanceClaim).one()
        assert "手机没电" in queue
        url = f"/claims/{claim.id}/answer"
        assert desk.post(url, data={"ruling": "approved"}).status_code == 400
        done = desk.post(url, data={"ruling": "approved", "answer": "负责人见到"})
        assert done.status_code == 303
        assert "手机没电" not in desk.get("/confirmations").text

        page = client.get(own).text
        assert "负责人见到" in page
        assert "已同意" in page
        assert f'href="{own}"' in client.get("/hours").text  # now at the entry
        assert minutes(scene.wang) == [120]

    @pytest.mark.parametrize(
        "wrong", [{"words": ""}, {"arrived_at": "x"}, {"left_at": ""}, {"left_at": "12:00"}]
    )
    def test_a_wrong_form_comes_back(self, own, client, count, wrong):
        answer = client.post(own, data={**self.FORM, **wrong})

        assert answer.status_code == 400
        assert 'class="error"' in answer.text
        assert count(AttendanceClaim) == 0

    def test_foreign_records_do_not_exist(self, scene, own, app, set_clock):
        other = app.test_client()
        make.login(other, make.person(unit=scene.unit))

        assert other.get(own).status_code == 404
        assert other.post(own, data=self.FORM).status_code == 404
        assert other.post(f"{own}/undo-check-out").status_code == 404

    def test_the_result_page_leads_here_and_takes_a_check_out_back(self, scene, client, set_clock):
        set_clock("2026-03-07 09:00")
        make.login(client, scene.wang)
        key = "0b6e7f0c-8e7d-4b2a-9a55-0123456789ab"
        client.post(scene.url("check-in"), data={"key": key})
        set_clock("2026-03-07 09:30")
        page = client.post(scene.url("check-out"), data={"key": key.replace("0b", "1b")})
        back = f"/my/records/{scene.shift.public_id}/undo-check-out"

        assert back in page.text
        assert client.post(back).status_code == 303
        assert attendance_of(scene.wang, scene.shift).state == "open"
        set_clock("2026-03-07 12:30")
        late = client.post(scene.url("check-in"), data={"key": key.replace("0b", "2b")})
        assert f"/my/records/{scene.shift.public_id}" in late.text

    def test_before_the_end_the_page_says_when(self, scene, own, client, set_clock):
        set_clock("2026-03-07 10:00")

        page = client.get(own).text

        assert "11:00" in page
        assert 'name="words"' not in page
