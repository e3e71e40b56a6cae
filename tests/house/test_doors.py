"""Every address is tidy, and closed to strangers unless it is named here (law 5)."""

import re

import pytest

from tests.house.addresses import address

#: The doors that stand open to everybody. A new one is a decision: say it here.
PUBLIC = {
    "health.show",
    "accounts.login",
    "accounts.log_in",
    "accounts.activate",
    "accounts.use_code",
    "accounts.link",
    "accounts.use_link",
    "home.guide",  # help for those who cannot log in
    "home.language",  # so that the log-in page can be read
    "calendar.feed",  # calendar programs do not log in: its address is the secret
    "scanner.worker",  # browsers fetch it on their own; it names files, nobody and nothing else
    "scanner.manifest",  # the same
    "attendance.scan",  # says what is wrong with a code before it asks who scans it
}
TYPED = r"<(string|id):[a-z_]+>"


def rules(app):
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def closed(app):
    return [rule for rule in rules(app) if rule.endpoint not in PUBLIC]


@pytest.mark.parametrize("engine", ["sqlite"])
class TestDoors:
    """On one engine: no door depends on it."""

    def test_addresses_are_lower_case_kebab_with_typed_parts(self, app):
        wrong = [
            rule.rule
            for rule in rules(app)
            if not re.fullmatch(r"[/a-z0-9.-]*", re.sub(TYPED, "", rule.rule))
        ]
        assert not wrong

    def test_the_open_doors_are_those_named_here(self, app):
        opened = {
            rule.endpoint
            for rule in rules(app)
            if getattr(app.view_functions[rule.endpoint], "is_public", False)
        }
        assert opened == PUBLIC

    def test_a_stranger_is_sent_to_the_log_in(self, app, client):
        wrong = []
        for rule in closed(app):
            if "GET" in rule.methods:
                path = address(app, rule)
                answer = client.get(path)
                there = answer.headers.get("Location", "")
                if path.startswith("/api/") and answer.status_code == 401:
                    continue  # only programs ask there
                if answer.status_code != 303 or not there.startswith("/login?next="):
                    wrong.append(f"GET {path} {answer.status_code} {there}")
                if client.get(path, headers={"HX-Request": "true"}).status_code != 401:
                    wrong.append(f"GET {path} by htmx")
                if client.get(path, headers={"Accept": "application/json"}).status_code != 401:
                    wrong.append(f"GET {path} by a program")
        assert not wrong, "\n".join(wrong)

    def test_a_stranger_may_send_nothing(self, app, client):
        wrong = []
        for rule in closed(app):
            for method in rule.methods - {"GET", "HEAD", "OPTIONS"}:
                path = address(app, rule)
                codes = [
                    client.open(path, method=method, csrf=csrf).status_code
                    for csrf in (True, False)
                ]
                if codes != [401, 400]:
                    wrong.append(f"{method} {path} {codes}")
        assert not wrong, "\n".join(wrong)

    def test_no_form_is_taken_without_its_token(self, app, client):
        wrong = [
            rule.rule
            for rule in rules(app)
            for method in rule.methods - {"GET", "HEAD", "OPTIONS"}
            if client.open(address(app, rule), method=method, csrf=False).status_code != 400
        ]
        assert not wrong
