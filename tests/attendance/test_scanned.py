"""A volunteer's card, scanned or typed by the leader: whose it is, and what can be recorded."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from tests import make
from tests.attendance.conftest import attendance_of, change, entries_of, scans_of
from tests.make import at
from volunteer.attendance.models import Attendance, Scan, WrongTries
from volunteer.core.actor import Role
from volunteer.core.models import Journal
from volunteer.people import cards
from volunteer.people.rules import short_code
from volunteer.shifts.models import Assignment

NOW = at("2026-03-07 08:55")


@pytest.fixture(autouse=True)
def now(set_clock):
    set_clock(NOW)


@pytest.fixture
def leader(scene, client):
    make.login(client, scene.leader)
    return client


def card_of(person, scene, *, issued=NOW) -> str:
    return f"/q/{cards.token_of(person.public_id, issued, scene.keys)}"


def here(person) -> str:
    return f"/scanned/{person.public_id}"


def press(client, url: str, **form: str):
    return client.post(url, data={"key": str(uuid4()), **form})


class TestScanning:
    def test_the_leader_scans_a_card_and_records_in_and_out(self, scene, leader, set_clock, count):
        sent_on = leader.get(card_of(scene.wang, scene))
        page = leader.get(sent_on.location).text

        assert (sent_on.status_code, sent_on.location) == (303, here(scene.wang))
        for word in ("王小雨", "第一社区", "路口劝导", "核对本人"):
            assert word in page
        assert count(Scan) == 0
        shift = re.search(r'name="shift" value="([^"]+)"', page).group(1)
        came = press(leader, f"{here(scene.wang)}/check-in", shift=shift)
        assert came.status_code == 200
        assert "王小雨 已签到" in came.text
        set_clock(at("2026-03-07 11:00"))
        leader.get(card_of(scene.wang, scene))
        went = press(leader, f"{here(scene.wang)}/check-out", shift=shift)
        assert "计 120 分钟" in went.text
        assert count(Scan, channel="personal", verdict="accepted") == 2
        assert [minutes for minutes, *_ in entries_of(scene.wang)] == [120]

    def test_an_old_card_is_as_good(self, scene, leader):
        leader.get(card_of(scene.wang, scene, issued=NOW - timedelta(days=900)))

        answer = press(leader, f"{here(scene.wang)}/check-in", shift=scene.shift.public_id)

        assert answer.status_code == 200
        assert attendance_of(scene.wang, scene.shift).state == "open"

    @pytest.mark.parametrize(
        ("age", "evidence"), [(0, "A"), (60, "A"), (61, "B"), (86400, "B"), (-5, "B")]
    )
    def test_a_code_that_the_own_phone_has_just_made_is_better_evidence(
        self, scene, leader, age, evidence, set_clock
    ):
        leader.get(card_of(scene.wang, scene, issued=NOW - timedelta(seconds=age)))
        set_clock(NOW + timedelta(minutes=2))  # the leader looks at the face first

        press(leader, f"{here(scene.wang)}/check-in", shift=scene.shift.public_id)

        assert attendance_of(scene.wang, scene.shift).evidence_class == evidence

    def test_a_coordinator_who_has_to_log_in_first_keeps_the_card(self, scene, client):
        sent_on = client.get(card_of(scene.wang, scene))
        asked = client.get(sent_on.location)
        make.login(client, make.person(unit=scene.unit), Role.COORDINATOR)

        assert asked.location == f"/login?next={here(scene.wang)}"
        assert "王小雨" in client.get(here(scene.wang)).text

    def test_nothing_is_recorded_without_the_card(self, scene, leader, count, set_clock):
        url = f"{here(scene.wang)}/check-in"

        missing = press(leader, url, shift=scene.shift.public_id)
        leader.get(card_of(scene.wang, scene))
        set_clock(NOW + timedelta(minutes=6))
        late = press(leader, url, shift=scene.shift.public_id)

        for answer in (missing, late, leader.get(here(scene.wang))):
            assert answer.status_code == 403
            assert "receipt_missing" in answer.text
        assert count(Scan) == 0

    def test_the_card_of_one_does_not_record_another(self, scene, leader, count):
        other = make.person(unit=scene.unit)
        make.assignment(person=other, shift=scene.shift)
        leader.get(card_of(scene.wang, scene))

        answer = press(leader, f"{here(other)}/check-in", shift=scene.shift.public_id)

        assert answer.status_code == 403
        assert count(Scan) == 0

    def test_case_45_a_coordinator_of_another_unit(self, scene, client, count):
        make.login(client, make.person(), Role.COORDINATOR)

        sent_on = client.get(card_of(scene.wang, scene))
        page = client.get(sent_on.location)
        pressed = press(client, f"{here(scene.wang)}/check-in", shift=scene.shift.public_id)

        for answer in (page, pressed):
            assert answer.status_code == 403
            assert "not_coordinator" in answer.text
            assert "王小雨" not in answer.text
        assert count(Scan) == count(Attendance) == 0

    def test_case_45_with_a_shift_of_their_own(self, scene, client, count):
        """Who leads something else now learns nothing of who is expected elsewhere."""
        far = make.person()
        make.shift(starts="2026-03-07 09:00", unit=make.unit_of(far), leader=far)
        make.login(client, far)
        client.get(card_of(scene.wang, scene))

        assert client.get(here(scene.wang)).status_code == 403
        stranger = make.person(unit=scene.unit, name="李强")
        client.get(card_of(stranger, scene))
        assert "李强" in client.get(here(stranger)).text  # expected nowhere: may help out here
        refused = press(client, f"{here(stranger)}/check-in", shift=scene.shift.public_id)
        assert refused.status_code == 409
        assert scans_of(stranger) == [("in", "refused", "not_coordinator")]
        assert count(Attendance) == 0

    def test_a_volunteer_who_leads_nothing(self, scene, client):
        make.login(client, make.person(unit=scene.unit))
        client.get(card_of(scene.wang, scene))

        answer = client.get(here(scene.wang))

        assert answer.status_code == 403
        assert "not_coordinator" in answer.text

    def test_case_46_nobody_scans_the_own_card(self, scene, leader, count):
        make.assignment(person=scene.leader, shift=scene.shift)
        leader.get(card_of(scene.leader, scene))
        url = here(scene.leader)

        for answer in (
            leader.get(url),
            press(leader, f"{url}/check-in", shift=scene.shift.public_id),
            press(leader, f"{url}/walk-in", shift=scene.shift.public_id, reason="helps"),
        ):
            assert answer.status_code == 403
            assert "own_code" in answer.text
        assert count(Scan) == 0

    def test_case_10_a_second_press_says_since_when(self, scene, leader, set_clock):
        leader.get(card_of(scene.wang, scene))
        for _ in range(2):
            answer = press(leader, f"{here(scene.wang)}/check-in", shift=scene.shift.public_id)

        assert answer.status_code == 409
        assert "王小雨 已于 08:55 签到" in answer.text
        assert [each[1:] for each in scans_of(scene.wang)] == [
            ("accepted", None),
            ("duplicate", "already_in"),
        ]

    def test_too_early_says_when(self, scene, leader, set_clock):
        set_clock("2026-03-07 08:00")
        leader.get(card_of(scene.wang, scene, issued=at("2026-03-07 08:00")))

        page = leader.get(here(scene.wang)).text

        assert "08:45 开始签到" in page
        assert "/check-in" not in page

    def test_somebody_who_has_left_is_named_and_not_recorded(self, scene, leader, count):
        gone = make.person(unit=scene.unit, name="赵敏", until_on=NOW.date())
        make.assignment(person=gone, shift=scene.shift)
        leader.get(card_of(gone, scene))

        page = leader.get(here(gone)).text
        answer = press(leader, f"{here(gone)}/check-in", shift=scene.shift.public_id)

        assert "赵敏" in page
        assert answer.status_code == 409
        assert scans_of(gone) == [("in", "refused", "account_inactive")]

    def test_a_card_of_nobody_in_the_register(self, scene, leader, count):
        text = cards.token_of("00ff" * 4, NOW, scene.keys)

        answer = leader.get(leader.get(f"/q/{text}").location)

        assert answer.status_code == 404
        assert "person_unknown" in answer.text
        assert count(Scan) == 0

    def test_a_program_gets_the_verdict(self, scene, leader):
        leader.get(card_of(scene.wang, scene))

        answer = leader.post(
            f"{here(scene.wang)}/check-in",
            data={"key": "k1", "shift": scene.shift.public_id},
            headers={"Accept": "application/json"},
        )

        assert answer.json["verdict"] == "accepted"
        assert answer.json["message"] == "王小雨 已签到。"


class TestWalkIn:
    @pytest.fixture
    def li(self, scene):
        return make.person(unit=scene.unit, name="李强")

    def test_case_8_somebody_on_no_list_is_recorded_with_a_reason(self, scene, leader, li, count):
        leader.get(card_of(li, scene))
        page = leader.get(here(li)).text
        alone = press(leader, f"{here(li)}/check-in", shift=scene.shift.public_id)
        form = {"shift": scene.shift.public_id, "reason": "stands_in", "words": "替王小雨"}

        answer = press(leader, f"{here(li)}/walk-in", **form)

        assert "不在您负责的场次名单中" in page
        assert alone.status_code == 409
        assert answer.status_code == 200
        assert attendance_of(li, scene.shift).state == "open"
        assert count(Assignment, person_id=li.id, state="walk_in") == 1
        assert count(Scan, person_id=li.id, note="临时替班：替王小雨") == 1
        assert count(Journal, action="attendance.walk_in") == 1

    @pytest.mark.parametrize("form", [{}, {"reason": "other"}, {"reason": "nonsense"}])
    def test_without_a_reason_nothing(self, scene, leader, li, count, form):
        leader.get(card_of(li, scene))

        answer = press(leader, f"{here(li)}/walk-in", shift=scene.shift.public_id, **form)

        assert answer.status_code == 400
        assert count(Scan) == count(Assignment, person_id=li.id) == 0

    def test_twice_is_once(self, scene, leader, li, count):
        leader.get(card_of(li, scene))
        form = {"key": "same", "shift": scene.shift.public_id, "reason": "helps"}

        answers = [leader.post(f"{here(li)}/walk-in", data=form) for _ in range(2)]

        assert [each.status_code for each in answers] == [200, 200]
        assert count(Scan) == count(Journal, action="attendance.walk_in") == 1

    def test_not_at_a_shift_of_others_nor_when_it_is_over(self, scene, leader, li, count):
        foreign = make.shift(starts="2026-03-07 09:00")
        later = make.shift(site=scene.site, leader=scene.leader, starts="2026-03-07 15:00")
        leader.get(card_of(li, scene))

        codes = [
            press(leader, f"{here(li)}/walk-in", shift=each.public_id, reason="helps").status_code
            for each in (foreign, later)
        ]

        assert codes == [404, 409]
        assert count(Assignment, person_id=li.id) == count(Attendance) == 0


class TestTyped:
    def test_the_typed_code_leads_to_the_same_page(self, scene, leader):
        code = short_code(scene.wang.public_id).lower().replace("-", " ")

        sent_on = leader.post("/typed-code", data={"code": code})
        answer = press(leader, f"{here(scene.wang)}/check-in", shift=scene.shift.public_id)

        assert sent_on.location == here(scene.wang)
        assert answer.status_code == 200
        found = attendance_of(scene.wang, scene.shift)
        assert (found.state, found.evidence_class) == ("open", "B")

    @pytest.mark.parametrize("shape", ["{}", "\\000026{}\r\n", "\x1d{}", "  {}\t"])
    def test_case_38_what_a_hand_scanner_types(self, scene, leader, shape):
        url = "https://zyfw.example.cn" + card_of(scene.wang, scene)

        sent_on = leader.post("/typed-code", data={"code": shape.format(url)})

        assert sent_on.location == here(scene.wang)

    def test_case_38_in_an_address(self, scene, client):
        assert client.get(f"{scene.url()}%0D%0A").status_code == 303

    def test_the_code_of_a_site_is_of_the_wrong_kind(self, scene, leader):
        answer = leader.post("/typed-code", data={"code": scene.token()})

        assert answer.status_code == 404
        assert "token_wrong_kind" in answer.text

    def test_ten_wrong_tries_lock_the_field_for_a_minute(self, scene, leader, set_clock, app):
        right = short_code(scene.wang.public_id)
        for _ in range(9):
            wrong = leader.post("/typed-code", data={"code": "2222-2222"})
            assert wrong.status_code == 404
        assert leader.post("/typed-code", data={"code": right}).status_code == 303
        for _ in range(10):  # the right one has begun the count anew
            assert leader.post("/typed-code", data={"code": "2222-2222"}).status_code == 404

        locked = leader.post("/typed-code", data={"code": right})
        set_clock(NOW + timedelta(seconds=59))
        still = leader.post("/typed-code", data={"code": right})
        set_clock(NOW + timedelta(seconds=60))
        open_again = leader.post("/typed-code", data={"code": right})

        assert (locked.status_code, still.status_code) == (429, 429)
        assert "rate_limited" in locked.text
        assert open_again.status_code == 303

    def test_the_lock_is_of_one_account(self, scene, leader, app):
        for _ in range(10):
            leader.post("/typed-code", data={"code": "2222-2222"})
        other = app.test_client()
        make.login(other, make.person(unit=scene.unit), Role.COORDINATOR)
        right = short_code(scene.wang.public_id)

        assert leader.post("/typed-code", data={"code": right}).status_code == 429
        assert other.post("/typed-code", data={"code": right}).status_code == 303

    def test_only_who_leads_may_type(self, scene, client):
        make.login(client, scene.wang)

        assert client.get("/typed-code").status_code == 403
        assert client.post("/typed-code", data={"code": "2222-2222"}).status_code == 403

    def test_of_two_with_one_code_the_one_expected_here_is_meant(self, scene, leader):
        twin = make.person(name="外单位的人")
        change(twin, public_id=scene.wang.public_id[:10] + "0" * 6)
        change(scene.wang, public_id=scene.wang.public_id[:10] + "1" * 6)
        assert short_code(twin.public_id) == short_code(scene.wang.public_id)

        sent_on = leader.post("/typed-code", data={"code": short_code(twin.public_id)})

        assert sent_on.location == here(scene.wang)


class TestGuessing:
    """Case 37: guesses are told nothing, and after ten of them to wait."""

    def test_case_37_ten_guesses_then_a_pause(self, scene, client, set_clock, count):
        guesses = ["1", "17", "S0001", scene.site.public_id, "A" * 30]
        first = [client.get(f"/q/{guess}") for guess in guesses * 2]
        eleventh = client.get("/q/1")

        assert {answer.status_code for answer in first} == {404}
        assert eleventh.status_code == 429
        assert "rate_limited" in eleventh.text
        assert client.get(scene.url()).status_code == 303  # good codes are let in meanwhile
        set_clock(NOW + timedelta(seconds=61))
        assert client.get("/q/1").status_code == 404
        assert count(WrongTries) == 1

    def test_who_is_logged_in_is_counted_apart(self, scene, leader, client, app):
        for _ in range(11):
            leader.get("/q/1")

        assert leader.get("/q/1").status_code == 429
        assert app.test_client().get("/q/1").status_code == 404

    def test_an_expired_or_revoked_code_is_no_guess(self, scene, client, set_clock):
        old = scene.url()
        change(scene.site, qr_epoch=2)
        for _ in range(12):
            assert client.get(old).status_code == 410
