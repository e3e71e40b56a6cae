"""The code on the leader's screen: it changes, and a receipt outlives it (checkin.md 1.3)."""

import re
from base64 import b64decode
from datetime import timedelta
from uuid import uuid4

import pytest
from PIL import Image

from tests import make
from tests.attendance.conftest import attendance_of, scans_of
from tests.attendance.test_poster import drawn, read
from tests.make import at
from volunteer.attendance import rotating
from volunteer.attendance.errors import CodeExpired, CodeRefused, CodeWrongKind
from volunteer.attendance.models import Attendance, Scan
from volunteer.attendance.receipts import Read, Receipt, receipt_token
from volunteer.attendance.rotating import SLOT, RotatingCode, read_rotating, rotating_token, slot_at
from volunteer.core.actor import Role
from volunteer.shifts import service as shifts

KEYS = {1: b"secret"}
NOW = at("2026-03-07 08:55")
SHIFT = "00ff00ff00ff00ff"


def token_at(moment, keys=KEYS, shift=SHIFT) -> str:
    return rotating_token(RotatingCode(shift, slot_at(moment)), keys)


def screen(scene) -> str:
    return f"/shifts/{scene.shift.public_id}/screen"


def urls_of(page: str) -> list[str]:
    """Read every code that stands on a page."""
    svgs = re.findall(r"data:image/svg\+xml;base64,([^\"]+)", page)
    return [text for each in svgs for text in read(drawn(b64decode(each)))]


@pytest.mark.parametrize(
    ("slots_ago", "holds"), [(0, True), (1, True), (2, False), (40, False), (-1, False)]
)
def test_case_40_the_present_code_and_the_one_before(slots_ago, holds):
    text = token_at(NOW - timedelta(seconds=slots_ago * SLOT))

    if holds:
        assert read_rotating(text, KEYS, now=NOW).shift == SHIFT
    else:
        with pytest.raises(CodeExpired) as refused:
            read_rotating(text, KEYS, now=NOW)
        assert refused.value.code == "token_expired"


def test_case_40_a_code_lives_at_most_half_a_minute():
    """From its first moment on it holds for two slots, not a second longer."""
    first = NOW - timedelta(seconds=NOW.timestamp() % SLOT)
    text = token_at(first)
    alive = []
    for second in range(-2, 60):
        try:
            read_rotating(text, KEYS, now=first + timedelta(seconds=second))
        except CodeExpired:
            continue
        alive.append(second)

    assert alive == list(range(2 * SLOT))


def test_it_is_as_long_as_it_should_be():
    """checkin.md 1.3: 58 characters with a host name of 23, version 4 at level M."""
    url = f"https://zyfw.example.cn/q/{token_at(NOW)}"

    assert len(url) == 58
    assert b'viewBox="0 0 41 41"' in rotating.svg(url)  # 33 modules and the border


@pytest.mark.parametrize(
    ("width", "angle"), [(600, 0), (60, 0), (60, 90), (120, 30), (450, 30), (450, 215)]
)
def test_case_88_every_frame_is_read_small_and_turned(width, angle):
    """Twenty frames one after another, as a phone at the back of the crowd sees them."""
    for turn in range(20):
        moment = NOW + timedelta(seconds=turn * SLOT)
        url = f"https://zyfw.example.cn/q/{token_at(moment)}"
        image = drawn(rotating.svg(url))
        turned = image.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
        share = width / image.width
        small = turned.resize([round(side * share) for side in turned.size], Image.Resampling.BOX)
        assert read(small) == [url]


def test_a_code_of_another_kind_or_key_is_none(scene):
    with pytest.raises(CodeWrongKind):
        read_rotating(scene.token(), scene.keys, now=NOW)
    with pytest.raises(CodeRefused):
        read_rotating(token_at(NOW, {1: b"another"}), KEYS, now=NOW)


class TestScreen:
    @pytest.fixture(autouse=True)
    def leader(self, scene, client, set_clock):
        set_clock(NOW)
        make.login(client, scene.leader)

    def test_case_88_the_page_shows_the_present_code(self, scene, client):
        page = client.get(screen(scene)).text

        expected = token_at(NOW, scene.keys, scene.shift.public_id)
        assert urls_of(page) == [f"http://127.0.0.1:8000/q/{expected}"]
        assert 'http-equiv="refresh"' in page
        assert 'hx-trigger="every 5s"' in page

    def test_case_43_fifty_refreshes_follow_the_same_slots(self, scene, client, set_clock):
        """A second page, and a page opened anew, show what the first one shows."""
        other = client.application.test_client()
        make.login(other, make.person(unit=scene.unit), Role.COORDINATOR)
        seen = []
        for turn in range(50):
            moment = NOW + timedelta(seconds=turn)
            set_clock(moment)
            browser, fragment = ((client, False), (other, True))[turn % 2]
            headers = {"HX-Request": "true"} if fragment else {}
            [url] = urls_of(browser.get(screen(scene), headers=headers).text)
            seen.append(url)
            token = url.rpartition("/")[2]
            for later in (0, SLOT):
                read_rotating(token, scene.keys, now=moment + timedelta(seconds=later))
        assert len(set(seen)) == len({slot_at(NOW + timedelta(seconds=t)) for t in range(50)})
        assert seen == sorted(seen, key=seen.index)

    def test_case_44_the_clock_of_the_screen_is_never_asked(self, scene, client):
        """The server makes the picture; no script makes a code, no clock of the device counts."""
        wrong = {"Date": "Sat, 07 Mar 2026 01:05:00 GMT", "HX-Request": "true"}

        [url] = urls_of(client.get(screen(scene), headers=wrong).text)

        assert read_rotating(url.rpartition("/")[2], scene.keys, now=NOW)

    def test_it_tells_who_has_arrived_with_masked_names(self, scene, client):
        make.attendance(person=scene.wang, shift=scene.shift, state="open")
        late = make.person(unit=scene.unit, name="欧阳修")
        make.assignment(person=late, shift=scene.shift)

        page = client.get(screen(scene)).text

        assert re.sub(r"<[^>]+>", "", page).replace(" ", "").count("1/2") == 1
        assert "<li>王*</li>" in page
        assert "王小雨" not in page
        assert "欧阳" not in page

    def test_before_check_in_opens_it_says_when(self, scene, client, set_clock):
        set_clock("2026-03-07 08:30")

        page = client.get(screen(scene)).text

        assert urls_of(page) == []
        assert "08:45" in page

    @pytest.mark.parametrize("cancelled", [True, False])
    def test_a_shift_that_is_off_or_over_has_no_code(self, scene, client, set_clock, cancelled):
        if cancelled:
            boss = make.grant_of(Role.UNIT_ADMIN, scene.unit)
            shifts.cancel(scene.shift, reason="暴雨", actor=boss, now=NOW)
        else:
            set_clock("2026-03-07 12:01")

        page = client.get(screen(scene)).text

        assert urls_of(page) == []
        assert ("暴雨" if cancelled else "结束") in page

    def test_only_who_leads_sees_it(self, scene, client, app):
        for person, roles, status in (
            (scene.wang, (), 404),
            (make.person(), (Role.COORDINATOR,), 404),
            (make.person(unit=scene.unit), (Role.SYSTEM_LEAD,), 403),
            (make.person(unit=scene.unit), (Role.COORDINATOR,), 200),
        ):
            browser = app.test_client()
            make.login(browser, person, *roles)
            assert browser.get(screen(scene)).status_code == status

    def test_the_live_page_and_the_shift_lead_to_it(self, scene, client, app):
        coordinator = app.test_client()
        make.login(coordinator, make.person(unit=scene.unit), Role.COORDINATOR)

        assert f'href="{screen(scene)}"' in client.get(screen(scene)[:-6] + "live").text
        assert f'href="{screen(scene)}"' in coordinator.get(screen(scene)[:-7]).text


class TestComingIn:
    """Scanning the screen: a receipt of five minutes, and an address without the code."""

    @pytest.fixture(autouse=True)
    def now(self, set_clock):
        set_clock(NOW)

    @pytest.fixture
    def here(self, scene) -> str:
        return f"/on-site/{scene.shift.public_id}"

    @pytest.fixture
    def code(self, scene) -> str:
        return f"/q/{token_at(NOW, scene.keys, scene.shift.public_id)}"

    def test_a_volunteer_scans_confirms_and_leaves(
        self, scene, client, code, here, set_clock, count
    ):
        make.login(client, scene.wang)

        sent_on = client.get(code)
        page = client.get(sent_on.location)
        answer = press(client, f"{here}/check-in")

        assert (sent_on.status_code, sent_on.location) == (303, here)
        assert f'action="{here}/check-in"' in page.text
        assert answer.status_code == 200
        assert "09:00" in page.text
        assert attendance_of(scene.wang, scene.shift).state == "open"
        assert count(Scan, channel="site_rotating", verdict="accepted") == 1
        set_clock(at("2026-03-07 11:00"))
        client.get(f"/q/{token_at(at('2026-03-07 11:00'), scene.keys, scene.shift.public_id)}")
        assert f'action="{here}/check-out"' in client.get(here).text
        assert press(client, f"{here}/check-out").status_code == 200
        assert attendance_of(scene.wang, scene.shift).state == "closed"

    def test_case_41_the_code_is_dead_after_the_log_in_the_receipt_is_not(
        self, scene, client, code, here, set_clock
    ):
        sent_on = client.get(code)
        asked = client.get(sent_on.location)
        assert asked.location == f"/login?next={here}"
        set_clock(NOW + timedelta(minutes=3))
        make.login(client, scene.wang)

        page, answer = client.get(here), press(client, f"{here}/check-in")

        assert (page.status_code, answer.status_code) == (200, 200)
        assert attendance_of(scene.wang, scene.shift).state == "open"
        assert client.get(code).status_code == 410  # the control: the code itself is dead
        assert "token_expired" in client.get(code).text

    def test_case_41_for_five_minutes_and_no_longer(self, scene, client, code, here, set_clock):
        client.get(code)
        make.login(client, scene.wang)
        page = client.get(here)
        set_clock(NOW + timedelta(minutes=5, seconds=1))

        late = press(client, f"{here}/check-in")

        assert page.status_code == 200
        assert late.status_code == client.get(here).status_code == 403
        assert "receipt_missing" in late.text
        assert scans_of(scene.wang) == []

    def test_without_a_receipt_nobody_comes_in(self, scene, client, here, count):
        make.login(client, scene.wang)

        for answer in (client.get(here), press(client, f"{here}/check-in")):
            assert answer.status_code == 403
            assert "receipt_missing" in answer.text
        assert count(Scan) == count(Attendance) == 0

    def test_the_receipt_of_another_shift_or_another_key_is_none(
        self, scene, client, here, code, count
    ):
        make.login(client, scene.wang)
        other = make.shift(site=scene.site, starts="2026-03-07 13:00")
        answer = client.get(f"/q/{token_at(NOW, scene.keys, other.public_id)}")
        stolen = re.search("receipt=([^;]+)", answer.headers["Set-Cookie"]).group(1)
        forged = receipt_token(Receipt(Read.SCREEN, scene.shift.public_id, NOW), {1: b"another"})
        early = Receipt(Read.SCREEN, scene.shift.public_id, NOW + timedelta(minutes=1))
        card = Receipt(Read.CARD, scene.shift.public_id, NOW)
        for wrong in (stolen, forged, *(receipt_token(r, scene.keys) for r in (early, card))):
            client.set_cookie("receipt", wrong, path=here)
            assert press(client, f"{here}/check-in").status_code == 403
        assert count(Scan) == 0
        client.get(code)
        assert press(client, f"{here}/check-in").status_code == 200

    def test_no_script_reads_the_receipt_and_no_other_site_gets_it(self, client, code, here):
        cookie = client.get(code).headers["Set-Cookie"]

        for word in ("HttpOnly", "SameSite=Lax", "Max-Age=300", f"Path={here}"):
            assert word in cookie

    def test_a_get_writes_nothing(self, scene, client, code, here, count):
        make.login(client, scene.wang)

        client.get(code)
        client.get(here)

        assert count(Scan) == count(Attendance) == 0

    def test_the_code_names_the_shift_so_nobody_has_to_choose(self, scene, client, here, code):
        """Two shifts at one site at one time: the poster asks which, the screen does not."""
        other = make.shift(site=scene.site, starts="2026-03-07 09:00", title="清扫")
        make.assignment(person=scene.wang, shift=other, state="walk_in")
        make.login(client, scene.wang)
        client.get(code)

        assert 'type="radio"' in client.get(scene.url()).text
        assert 'type="radio"' not in client.get(here).text
        assert press(client, f"{here}/check-in").status_code == 200
        assert attendance_of(scene.wang, scene.shift).state == "open"

    def test_whoever_is_not_on_the_list_is_told(self, scene, client, code, here):
        make.login(client, make.person(unit=scene.unit))
        client.get(code)

        answer = press(client, f"{here}/check-in")

        assert answer.status_code == 409
        assert "您没有排入这里的场次" in answer.text

    def test_the_screen_is_evidence_where_the_poster_alone_is_held(
        self, scene, client, app, here, code
    ):
        strict = make.checkin_settings(hold_without_evidence=True)
        shift = make.shift(site=scene.site, leader=scene.leader, settings=strict)
        people = [make.person(unit=scene.unit) for _ in range(2)]
        for person in people:
            make.assignment(person=person, shift=shift)
        by_screen, by_poster = (app.test_client() for _ in range(2))
        make.login(by_screen, people[0])
        make.login(by_poster, people[1])
        by_screen.get(f"/q/{token_at(NOW, scene.keys, shift.public_id)}")

        page = by_screen.get(f"/on-site/{shift.public_id}").text
        press(by_screen, f"/on-site/{shift.public_id}/check-in")
        press(by_poster, scene.url("check-in"))

        assert "确认" not in page
        first, second = (attendance_of(person, shift) for person in people)
        assert (first.evidence_class, first.review) == ("B", "none")
        assert (second.evidence_class, second.review) == ("C", "pending")

    def test_the_same_key_again_is_the_same_answer(self, scene, client, code, here, count):
        make.login(client, scene.wang)
        client.get(code)
        key = str(uuid4())

        first, again = (
            client.post(f"{here}/check-in", data={"key": key}).status_code for _ in range(2)
        )

        assert first == again == 200
        assert count(Scan) == 1


def press(client, url: str, **form: str):
    return client.post(url, data={"key": str(uuid4()), **form})
