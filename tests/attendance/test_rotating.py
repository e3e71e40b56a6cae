"""The code on the leader's screen: it changes, and a receipt outlives it (checkin.md 1.3)."""

import re
from base64 import b64decode
from datetime import timedelta

import pytest

from tests import make
from tests.attendance.test_poster import drawn, read
from tests.make import at
from volunteer.attendance import rotating
from volunteer.attendance.errors import CodeExpired, CodeRefused, CodeWrongKind
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
