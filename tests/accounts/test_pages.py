"""The pages of logging in, of the own account and of printed codes."""

import base64
import re

import pytest
from sqlalchemy import func, select

from tests import make
from volunteer.accounts import service
from volunteer.accounts.models import ActivationCode, CodeKind, LoginSession
from volunteer.core import clock
from volunteer.core.actor import SYSTEM, Role
from volunteer.core.db import db
from volunteer.core.models import Journal

PASSWORD = "Right-Horse-9"
PHONE = "19900001234"
CODE = re.compile(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b")


@pytest.fixture
def unit(app):
    return make.unit()


@pytest.fixture
def wang(unit):
    person = make.person(phone=PHONE, unit=unit, name="王芳")
    make.account(person=person, password=PASSWORD)
    return person


def enter(client, **given):
    facts = {"phone": PHONE, "password": PASSWORD, **given}
    return client.post("/login", data=facts)


def cookie(client):
    return client.get_cookie("volunteer").value


def test_logging_in_and_out(wang, client):
    assert client.get("/login").status_code == 200
    answer = enter(client, phone="+86 199 0000 1234")

    assert (answer.status_code, answer.location) == (303, "/")
    assert "王芳" in client.get("/account").text
    assert client.get("/login").status_code == 303
    assert client.post("/logout").location == "/login"
    assert client.get("/account").location == "/login?next=/account"


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        ("/q/abc?x=1", "/q/abc?x=1"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/\tevil", "/"),
        ("", "/"),
    ],
)
def test_next_never_leaves_the_site(wang, client, asked, goes):
    page = client.get("/login", query_string={"next": asked}).text
    assert 'name="next"' in page

    assert enter(client, next=asked).location == goes


def test_a_wrong_password_and_an_unknown_phone_get_the_same_page(wang, client):
    pages = [enter(client, password="wrong"), enter(client, phone="19900001239", password="wrong")]

    assert [page.status_code for page in pages] == [401, 401]
    for page in pages:
        assert 'id="password-error"' in page.text
    same = [re.sub(r"1990000123\d|value=\"[^\"]{20,}\"", "", page.text) for page in pages]
    assert same[0] == same[1]


def test_an_empty_form_is_shown_again_with_errors_beside_its_fields(wang, client):
    page = client.post("/login", data={})

    assert page.status_code == 400
    assert 'id="phone-error"' in page.text
    assert 'id="password-error"' in page.text


def test_a_program_is_answered_in_json(wang, client):
    answer = client.post(
        "/login",
        data={"phone": PHONE, "password": "wrong"},
        headers={"Accept": "application/json"},
    )

    assert answer.status_code == 401
    assert answer.json["error"]["code"] == "wrong_login"


@pytest.mark.parametrize("path", ["/login", "/activate", "/login/x", "/logout"])
def test_without_its_token_no_form_is_taken(wang, client, path):
    answer = client.post(path, csrf=False, headers={"Accept": "application/json"})

    assert (answer.status_code, answer.json["error"]["code"]) == (400, "csrf")


def test_logging_in_starts_a_new_session(wang, client):
    client.remember("planted", "by somebody else")
    client.remember("language", "en")
    old = client.csrf_token()

    enter(client)

    with client.session_transaction() as session:
        assert "planted" not in session
        assert session["language"] == "en"
        assert session.permanent
    stale = client.post("/logout", csrf=False, data={"csrf_token": old})
    assert stale.status_code == 400


def old_cookie(app, value):
    browser = app.test_client()
    browser.set_cookie("volunteer", value)
    return browser


def test_a_cookie_from_before_is_dead_afterwards(wang, app, client):
    enter(client)
    kept = cookie(client)
    assert old_cookie(app, kept).get("/account").status_code == 200

    client.post("/logout")

    assert old_cookie(app, kept).get("/account").status_code == 303


def test_another_log_in_in_the_same_browser_kills_the_old_cookie(wang, app, client):
    enter(client)
    kept = cookie(client)

    enter(client)

    assert cookie(client) != kept
    assert old_cookie(app, kept).get("/account").status_code == 303


def test_a_new_password_logs_out_everywhere_else(wang, app, client):
    other = app.test_client()
    enter(client)
    enter(other)

    new = {"current": PASSWORD, "password": "New-Horse-10", "again": "New-Horse-10"}
    wrong = client.post("/account/password", data={**new, "current": "wrong"})
    differs = client.post("/account/password", data={**new, "again": "New-Horse-11"})
    simple = client.post(
        "/account/password", data={**new, "password": "aaaaaaaa", "again": "aaaaaaaa"}
    )
    assert [page.status_code for page in (wrong, differs, simple)] == [400, 400, 400]
    assert 'id="current-error"' in wrong.text
    assert 'id="again-error"' in differs.text
    assert 'id="password-error"' in simple.text
    assert client.get("/account/password").status_code == 200

    assert client.post("/account/password", data=new).status_code == 303
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 303


def test_a_role_taken_away_acts_at_the_next_request(wang, unit, client):
    service.grant(wang, Role.COORDINATOR, unit, actor=SYSTEM, now=clock.now())
    enter(client)
    assert client.get("/accounts/codes").status_code == 200

    service.end_grant(wang, Role.COORDINATOR, unit, actor=SYSTEM, now=clock.now())

    assert client.get("/accounts/codes").status_code == 403


def test_ending_a_log_in_elsewhere(wang, app, client):
    other, stranger = app.test_client(), app.test_client()
    enter(other)
    enter(client)
    make.login(stranger, make.person())
    first = db.session.scalars(select(LoginSession.id).order_by(LoginSession.id)).first()
    page = client.get("/account").text
    assert f"/account/sessions/{first}/end" in page
    assert page.count("/end") == 1

    assert stranger.post(f"/account/sessions/{first}/end").status_code == 404
    assert client.post(f"/account/sessions/{first}/end").status_code == 303
    assert client.post(f"/account/sessions/{first}/end").status_code == 404
    assert other.get("/account").status_code == 303
    assert client.get("/account").status_code == 200


def test_the_own_account_hides_the_middle_of_the_phone(wang, unit, client):
    make.login(client, wang, Role.COORDINATOR)

    page = client.get("/account").text

    assert "199****1234" in page
    assert PHONE not in page
    assert unit.name in page


def test_who_has_no_password_is_told_how_to_get_one(unit, client):
    make.login(client, make.person(unit=unit, phone=None))

    page = client.get("/account").text

    assert 'name="current"' not in page
    assert "/activate" in page


def activation(code, **given):
    facts = {"phone": PHONE, "code": code, "password": "New-Horse-10", "again": "New-Horse-10"}
    return {**facts, "consent": "yes", **given}


def test_activating(wang, client):
    code = service.make_code(wang, CodeKind.ACTIVATION, actor=SYSTEM, now=clock.now()).text
    assert client.get("/activate?next=/q/abc").status_code == 200

    no_answer = client.post("/activate", data=activation(code, consent=""))
    bad = client.post("/activate", data=activation("ACDE-FGHJ"))
    assert 'id="consent-error"' in no_answer.text
    assert 'id="code-error"' in bad.text
    assert "New-Horse-10" not in bad.text
    answer = client.post("/activate", data=activation(code, next="/q/abc"))

    assert (answer.status_code, answer.location) == (303, "/q/abc")
    assert client.get("/account").status_code == 200


def test_a_link_is_opened_without_being_used(wang, client):
    token = service.make_code(wang, CodeKind.LINK, actor=SYSTEM, now=clock.now()).text
    journal = select(func.count(Journal.id))
    before = db.session.scalar(journal)

    page = client.get(f"/login/{token}")
    client.get(f"/login/{token}")

    assert "199****1234" in page.text
    assert PHONE not in page.text
    assert db.session.scalar(journal) == before
    assert client.post(f"/login/{token}").status_code == 303
    assert client.get("/account").status_code == 200


def test_a_link_that_is_gone_says_what_to_do(wang, app, client):
    token = service.make_code(wang, CodeKind.LINK, actor=SYSTEM, now=clock.now()).text
    client.post(f"/login/{token}")

    for path in (f"/login/{token}", "/login/unknown"):
        assert app.test_client().get(path).status_code == 410
        assert app.test_client().post(path).status_code == 410


def test_printing_codes(wang, unit, client):
    li = make.person(unit=unit, phone="19900005678", name="李明")
    chief = make.person(unit=unit)
    make.grant(person=chief, role=Role.UNIT_ADMIN, unit=unit)
    make.person(name="外单位的人")
    make.login(client, make.person(unit=unit), Role.COORDINATOR)

    page = client.get("/accounts/codes").text
    assert page.index("李明") < page.index("王芳")
    assert li.public_id in page
    assert chief.public_id not in page
    assert "外单位的人" not in page
    assert "李明" not in client.get("/accounts/codes?q=王芳").text
    assert client.get(f"/accounts/codes?unit={unit.code}").status_code == 200

    sheet = client.post("/accounts/codes", data={"person": [wang.public_id, li.public_id]})

    codes = CODE.findall(sheet.text)
    assert sheet.status_code == 200
    assert sheet.headers["Cache-Control"] == "no-store"
    assert len(set(codes)) == 2
    assert "199****5678" in sheet.text
    assert li.phone not in sheet.text
    picture = re.search(r"data:image/svg\+xml;base64,([^\"]+)\" alt", sheet.text)[1]
    assert b"<svg" in base64.b64decode(picture)
    assert not set(codes) & set(
        re.findall(r"[A-Z0-9]{4}-[A-Z0-9]{4}", client.get("/accounts/codes").text)
    )


def test_codes_are_for_the_own_people_only(wang, unit, client):
    stranger = make.person()
    make.login(client, make.person(unit=unit), Role.COORDINATOR)

    assert client.post("/accounts/codes", data={"person": stranger.public_id}).status_code == 404
    assert client.post("/accounts/codes", data={}).status_code == 400
    assert not db.session.scalars(select(ActivationCode)).all()


def test_codes_are_not_for_volunteers(wang, client):
    make.login(client, wang)

    assert client.get("/accounts/codes").status_code == 403
    assert client.post("/accounts/codes", data={"person": wang.public_id}).status_code == 403
