"""The page behind the printed code, as a phone meets it."""

import re
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event

from tests import make
from tests.attendance.conftest import attendance_of, change
from volunteer.attendance.models import Attendance, Scan
from volunteer.attendance.tokens import SiteCode, site_token
from volunteer.core.db import db
from volunteer.core.headers import asset
from volunteer.core.tokens import TokenKind, sign

STYLE = "checkin.css"


def key_of(page: str) -> str:
    return re.search(r'name="key" value="([^"]+)"', page).group(1)


def press(client, url: str, **form: str):
    return client.post(url, data={"key": str(uuid4()), **form})


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.fixture
def morning(scene, set_clock):
    set_clock("2026-03-07 08:52")
    return scene


def test_case_3_a_stranger_is_sent_to_the_log_in_and_back(morning, client, count):
    answer = client.get(morning.url())

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/login?next=/q/{morning.token()}"
    assert count(Scan) == 0


def test_a_stranger_may_not_press_the_button(morning, client, count):
    assert press(client, morning.url("check-in")).status_code == 401
    assert press(client, morning.url("check-out")).status_code == 401
    assert count(Scan) == 0


def test_case_2_the_page_offers_check_in_and_changes_nothing(morning, client, count):
    make.login(client, morning.wang)

    page = client.get(morning.url())

    assert page.status_code == 200
    assert f'action="{morning.url("check-in")}"' in page.text
    assert UUID(key_of(page.text)).version == 4
    for word in ("王小雨", "路口劝导", "新安路口", "周启明", "09:00"):
        assert word in page.text
    assert count(Scan) == count(Attendance) == 0


def test_two_openings_of_the_page_have_two_keys(morning, client):
    make.login(client, morning.wang)

    first, second = client.get(morning.url()).text, client.get(morning.url()).text

    assert key_of(first) != key_of(second)


def test_checking_in_by_the_form_of_the_page(morning, client, count):
    make.login(client, morning.wang)
    key = key_of(client.get(morning.url()).text)

    answer = client.post(morning.url("check-in"), data={"key": key})
    again = client.post(morning.url("check-in"), data={"key": key})

    assert answer.status_code == again.status_code == 200
    for word in ("王小雨", "08:52", "路口劝导", "新安路口", "周启明"):
        assert word in answer.text
    assert drop_keys(again.text) == drop_keys(answer.text)
    assert count(Scan) == count(Attendance) == 1


def drop_keys(page: str) -> str:
    """Return a page without what must differ each time."""
    return re.sub(r'(name="(key|csrf_token)" value=")[^"]*', r"\1", page)


def test_a_second_key_is_answered_with_409_and_the_first_time(morning, client, set_clock):
    make.login(client, morning.wang)
    press(client, morning.url("check-in"))
    set_clock("2026-03-07 09:20")

    answer = press(client, morning.url("check-in"))

    assert answer.status_code == 409
    assert "08:52" in answer.text


def test_the_page_then_offers_to_leave_early_and_says_what_would_count(morning, client, set_clock):
    make.login(client, morning.wang)
    press(client, morning.url("check-in"))
    set_clock("2026-03-07 09:46")

    page = client.get(morning.url())

    assert f'action="{morning.url("check-out")}"' in page.text
    assert f'action="{morning.url("check-in")}"' not in page.text
    assert "46" in words(page.text)
    assert attendance_of(morning.wang, morning.shift).state == "open"


def test_checking_out_shows_the_minutes_and_what_is_missing(morning, client, set_clock):
    make.policy(valid_from="2026-03", monthly_target_minutes=240)
    make.login(client, morning.wang)
    press(client, morning.url("check-in"))
    set_clock("2026-03-07 11:02")

    page = client.get(morning.url())
    answer = client.post(morning.url("check-out"), data={"key": key_of(page.text)})

    assert answer.status_code == 200
    assert '<data value="120">2:00</data>' in answer.text
    assert words(answer.text).count("2:00") >= 2  # earned, and still missing of 4:00
    assert "4:00" in answer.text


def test_checking_out_of_the_last_shift_meets_the_minimum(morning, client, set_clock):
    make.login(client, morning.wang)
    press(client, morning.url("check-in"))
    set_clock("2026-03-07 11:02")

    answer = press(client, morning.url("check-out"))

    assert "2:00" in answer.text
    assert '<meter class="wide" min="0" max="120" value="120"' in answer.text


def test_a_refusal_names_the_time_with_its_day(morning, client, set_clock):
    set_clock("2026-03-06 20:00")
    make.login(client, morning.wang)

    page = client.get(morning.url())

    assert page.status_code == 200
    assert "08:45" in page.text
    assert "3月7日" in page.text
    assert "<button" not in page.text.split("<main")[1]


def test_case_4_too_early_is_409(morning, client, set_clock):
    set_clock("2026-03-07 08:40")
    make.login(client, morning.wang)

    answer = press(client, morning.url("check-in"))

    assert answer.status_code == 409
    assert "08:45" in answer.text


def test_case_9_the_page_lets_choose(morning, client, set_clock):
    early = make.checkin_settings(opens_before_minutes=180)
    second = make.shift(
        starts="2026-03-07 11:00", site=morning.site, settings=early, title="午间岗"
    )
    make.assignment(person=morning.wang, shift=second)
    make.login(client, morning.wang)

    page = client.get(morning.url())
    unsure = press(client, morning.url("check-in"))
    answer = press(client, morning.url("check-in"), shift=second.public_id)

    assert page.text.count('type="radio"') == unsure.text.count('type="radio"') == 2
    assert unsure.status_code == 409
    assert answer.status_code == 200
    assert attendance_of(morning.wang, second).state == "open"


@pytest.mark.parametrize("key", ["", "k" * 61, "a key", "roll:1:2:in", "键"])
@pytest.mark.parametrize("verb", ["check-in", "check-out"])
def test_a_form_without_a_right_key_is_refused(morning, client, count, verb, key):
    make.login(client, morning.wang)

    answer = client.post(morning.url(verb), data={"key": key} if key else {})

    assert answer.status_code == 400
    assert "key_missing" in answer.text
    assert count(Scan) == 0


def test_case_14_over_http(morning, client):
    make.login(client, morning.wang)
    press(client, morning.url("check-in"), key="k1")

    answer = press(client, morning.url("check-out"), key="k1")

    assert answer.status_code == 422
    assert "idempotency_mismatch" in answer.text


def test_a_program_gets_the_answer_and_its_sentence(morning, client):
    make.login(client, morning.wang)
    headers = {"Accept": "application/json"}

    first = client.post(morning.url("check-in"), data={"key": "k1"}, headers=headers)
    again = client.post(morning.url("check-in"), data={"key": "k2"}, headers=headers)
    broken = client.post(morning.url("check-in"), data={}, headers=headers)

    assert first.status_code == 200
    assert first.json["verdict"] == "accepted"
    assert first.json["shift"] == morning.shift.public_id
    assert first.json["message"]
    assert (again.status_code, again.json["reason"]) == (409, "already_in")
    assert "08:52" in again.json["message"]
    assert (broken.status_code, broken.json["error"]["code"]) == (400, "key_missing")


def test_a_form_without_its_csrf_token_is_refused(morning, client, count):
    make.login(client, morning.wang)

    answer = client.post(morning.url("check-in"), data={"key": "k1"}, csrf=False)

    assert answer.status_code == 400
    assert count(Scan) == 0


class TestTokens:
    """Cases 34 to 37: what is no code of ours is refused before anybody has to log in."""

    def test_case_34_every_changed_bit(self, morning, client):
        token = morning.token()
        for place in (0, 4, 13, 20, len(token) - 1):
            other = "A" if token[place] != "A" else "B"
            changed = token[:place] + other + token[place + 1 :]
            answer = client.get(f"/q/{changed}")
            assert (answer.status_code, place) == (404, place)
            assert "token_signature" in answer.text

    def test_case_35_an_older_epoch(self, morning, client):
        url = morning.url()
        change(morning.site, qr_epoch=2)

        answer = client.get(url)

        assert answer.status_code == 410
        assert "token_revoked" in answer.text
        assert client.get(morning.url()).status_code == 303

    @pytest.mark.parametrize("kind", [TokenKind.PERSONAL, TokenKind.ROTATING])
    def test_case_36_another_kind_of_code(self, morning, client, kind):
        answer = client.get(f"/q/{sign(kind, bytes(12), morning.keys)}")

        assert answer.status_code == 404
        assert "token_wrong_kind" in answer.text

    @pytest.mark.parametrize(
        "guess", ["1", "S0001", "0" * 16, "a" * 30, "x" * 200, "%00", "二维码", "+" * 30]
    )
    def test_case_37_a_guess(self, morning, client, guess):
        assert client.get(f"/q/{guess}").status_code == 404

    def test_a_site_that_is_not_there(self, morning, client):
        signed = site_token(SiteCode("00" * 8, 1), morning.keys)

        assert client.get(f"/q/{signed}").status_code == 404

    def test_a_site_no_longer_in_use(self, morning, client):
        change(morning.site, closed_at=make.LONG_AGO)

        assert client.get(morning.url()).status_code == 404

    def test_a_key_of_before_is_read_until_it_is_taken_out(self, morning, client, app):
        url = morning.url()
        city = app.extensions["settings"]
        newer = {**city.token_keys, 2: b"another secret of ours"}
        app.extensions["settings"] = replaced(city, newer)

        assert client.get(url).status_code == 303
        app.extensions["settings"] = replaced(city, {2: newer[2]})
        assert client.get(url).status_code == 404

    def test_the_buttons_refuse_them_too(self, morning, client, count):
        make.login(client, morning.wang)

        assert press(client, "/q/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/check-in").status_code == 404
        assert count(Scan) == 0


def replaced(settings, keys):
    fields = {name: getattr(settings, name) for name in settings.__slots__}
    return type(settings)(**{**fields, "token_keys": keys})


def test_the_page_is_light_and_needs_no_script(morning, client, app):
    make.login(client, morning.wang)
    page = client.get(morning.url())
    result = press(client, morning.url("check-in"))
    with app.test_request_context():
        style = app.test_client().get(asset(STYLE)).data

    for shown in (page, result):
        assert "<script" not in shown.text
        assert len(shown.data) + len(style) < 16 * 1024


@pytest.mark.parametrize("verb", ["check-in", "check-out"])
def test_case_91_a_press_takes_at_most_fifteen_queries(morning, client, set_clock, verb):
    make.login(client, morning.wang)
    client.get(morning.url())  # it gives the phone its cookie
    if verb == "check-out":
        press(client, morning.url("check-in"))
        set_clock("2026-03-07 11:00")
    url, seen = morning.url(verb), []

    def look(connection, cursor, statement, *_):
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", look)
    answer = press(client, url)
    event.remove(db.engine, "before_cursor_execute", look)

    assert answer.status_code == 200
    print(f"{verb}: {len(seen)} queries on {db.engine.dialect.name}")
    assert len(seen) <= 15
