"""Every answer carries the headers that keep browsers out of trouble."""

import pytest
from flask import request

from tests import make
from tests.conftest import app_on, let_go
from volunteer.core.headers import ALWAYS

ANSWERS = ["/healthz", "/no/such/page", "/static/app.css", "/static/no-such-file", "/account"]


@pytest.mark.parametrize("path", ANSWERS)
@pytest.mark.parametrize("engine", ["sqlite"])
def test_every_answer_is_hardened(client, path):
    answer = client.get(path)
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert "Strict-Transport-Security" not in answer.headers
    kept = "no-store" not in answer.headers.get("Cache-Control", "")
    assert kept == (path == "/static/app.css")


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere(client):
    policy = client.get("/healthz").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert not {"unsafe", "http:", "https:", "*"} & set(policy.replace(";", " ").split())
    assert "unsafe" not in policy


@pytest.mark.parametrize("engine", ["sqlite"])
def test_cookies_are_kept_from_scripts_and_other_sites(client):
    page = client.get("/login")
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith("volunteer=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize("engine", ["sqlite"])
def test_behind_tls_cookies_and_addresses_are_bound_to_it(database_url):
    app = app_on(database_url, BASE_URL="https://volunteer.example.org")
    with app.app_context():
        answer = app.test_client().get("/login", base_url="https://volunteer.example.org")
        let_go()
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-volunteer=")
    assert "Secure" in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_proxy_is_believed_only_where_there_is_one(database_url):
    """X-Forwarded-Proto of a stranger must not make a request look safe."""
    seen = []
    for proxies in ("0", "1"):
        app = app_on(database_url, PROXIES=proxies)
        app.before_request(lambda: seen.append(request.scheme))
        with app.app_context():
            app.test_client().get("/healthz", headers={"X-Forwarded-Proto": "https"})
            let_go()
    assert seen == ["http", "https"]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_assets_are_kept_under_an_address_of_their_content(app, client):
    with app.test_request_context():
        address = app.jinja_env.globals["asset"]("app.css")
    answer = client.get(address)
    assert "v=" in address
    assert "max-age=31536000" in answer.headers["Cache-Control"]


def test_pages_differ_by_cookie(client, app):
    make.login(client, make.person())
    assert "Cookie" in client.get("/account").headers["Vary"]
