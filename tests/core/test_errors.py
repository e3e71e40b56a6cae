"""One way to say no at every door: a page, a fragment, JSON; never a stack trace."""

import json
import re

import pytest
from flask import Blueprint

from tests.make import LONG_AGO
from volunteer.core.db import db
from volunteer.core.errors import BadField, DomainError, NotAllowed, NotFound
from volunteer.core.i18n import N_
from volunteer.core.login import public
from volunteer.core.models import Lease

PHONE = "19900000001"


class TooEarly(DomainError):
    code = "too_early"
    text = N_("You are not allowed to do this. Ask your unit's administrator if you need to.")
    status = 409


@pytest.fixture
def client(app, client):
    """A browser of a server that does not tell tests about its faults."""
    bp = Blueprint("test", __name__)

    @bp.get("/test/refused")
    @public
    def refused():
        raise TooEarly()

    @bp.get("/test/field")
    @public
    def field():
        raise BadField(field="月份")

    @bp.get("/test/foreign")
    @public
    def foreign():
        raise NotFound()

    @bp.get("/test/not-allowed")
    @public
    def not_allowed():
        raise NotAllowed()

    @bp.get("/test/broken")
    @bp.get("/api/test/broken")
    @public
    def broken():
        db.session.add(
            Lease(name="half", holder="x", epoch=1, renewed_at=LONG_AGO, expires_at=LONG_AGO)
        )
        db.session.flush()
        raise ZeroDivisionError(f"secret of {PHONE}")

    app.register_blueprint(bp)
    app.testing = False
    return client


def test_a_browser_gets_a_page(client):
    answer = client.get("/test/refused")
    assert (answer.status_code, answer.mimetype) == (409, "text/html")
    assert "too_early" in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


def test_htmx_gets_a_fragment_for_the_notice(client):
    answer = client.get("/test/refused", headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert (answer.headers["HX-Retarget"], answer.headers["HX-Reswap"]) == ("#notice", "innerHTML")
    assert "<main" not in answer.text


def test_a_program_gets_json(client):
    answer = client.get("/test/refused", headers={"Accept": "application/json"})
    error = answer.json["error"]
    assert answer.status_code == 409
    assert set(error) == {"code", "message", "field", "request"}
    assert (error["code"], error["request"]) == ("too_early", answer.headers["X-Request-Id"])


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/test/field", 400, "bad_field"),
        ("/test/not-allowed", 403, "not_allowed"),
        ("/test/foreign", 404, "not_found"),
        ("/no/such/page", 404, "not_found"),
    ],
)
def test_each_refusal_has_its_status_and_code(client, path, status, code):
    answer = client.get(path, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)


def test_foreign_and_unknown_are_not_told_apart(client):
    pages = [client.get(path).text for path in ("/test/foreign", "/no/such/page")]
    without_number = [re.sub(r"\b[0-9a-f]{10}\b", "", page) for page in pages]
    assert without_number[0] == without_number[1]


def test_a_wrong_method_says_which_are_right(client):
    answer = client.post("/healthz", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["error"]["code"]) == (405, "method")
    assert "GET" in answer.headers["Allow"]


def test_too_large_a_form_is_refused_politely(app, client):
    app.config["MAX_CONTENT_LENGTH"] = 100
    answer = client.post("/healthz", data={"a": "x" * 1000})
    assert answer.status_code in {405, 413}


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/test/broken", {}),
        ("/test/broken", {"HX-Request": "true"}),
        ("/api/test/broken", {}),
    ],
)
def test_a_fault_of_ours_shows_its_number_and_nothing_else(client, path, headers, capsys):
    answer = client.get(path, headers=headers)

    number = answer.headers["X-Request-Id"]
    assert answer.status_code == 500
    assert number in answer.text
    for secret in ("Traceback", "ZeroDivisionError", "secret", PHONE, ".py"):
        assert secret not in answer.text
    logged = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    fault = next(line for line in logged if line["event"] == "unhandled")
    assert fault["request"] == number
    assert "ZeroDivisionError: secret of 199****0001" in fault["trace"]
    assert db.session.get(Lease, "half") is None


def test_a_stale_form_is_told_what_to_do(client):
    answer = client.post("/healthz", csrf=False, headers={"Accept": "application/json"})
    assert answer.status_code in {400, 405}


def test_an_unknown_host_is_refused(client):
    assert client.get("/healthz", base_url="http://evil.example/").status_code == 400
