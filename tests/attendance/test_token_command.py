"""`flask attendance token`: the address that a code carries, printed."""

import json
from datetime import timedelta

import pytest

from tests import make
from tests.make import at
from volunteer.attendance.rotating import read_rotating
from volunteer.attendance.tokens import read_card, read_site_token

NOW = at("2026-03-07 08:55")


@pytest.fixture(autouse=True)
def now(set_clock):
    set_clock(NOW)


@pytest.fixture
def printed(runner):
    def invoke(*arguments: str):
        done = runner.invoke(args=["attendance", "token", *arguments, "--json"])
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return invoke


def token_in(facts) -> str:
    host, found, token = facts["url"].partition("/q/")
    assert (host, found) == ("http://127.0.0.1:8000", "/q/")
    return token


def test_of_a_site_it_is_what_the_poster_carries(scene, printed, runner, tmp_path):
    facts = printed("--site", scene.site.code)
    poster = runner.invoke(
        args=["sites", "poster", scene.site.code, "--out", str(tmp_path / "a.svg"), "--json"]
    )

    assert facts == json.loads(poster.stdout.splitlines()[-1])
    assert read_site_token(token_in(facts), scene.keys).public_id == scene.site.public_id
    assert printed("--shift", scene.shift.public_id) == facts


def test_the_rotating_code_of_a_shift(scene, printed):
    facts = printed("--shift", scene.shift.public_id, "--rotating")

    assert read_rotating(token_in(facts), scene.keys, now=NOW).shift == scene.shift.public_id
    assert facts["until"] == "2026-03-07T08:55:30+08:00"


def test_the_card_of_a_person_made_this_moment(scene, printed, app):
    person = make.person(unit=scene.unit, phone="19900001234")

    card = read_card(token_in(printed("--person", "199 0000 1234")), scene.keys)

    assert card.public_id == person.public_id
    assert card.is_fresh(NOW)
    assert not card.is_fresh(NOW + timedelta(seconds=61))


def test_what_is_printed_opens_the_door(scene, printed, client):
    make.login(client, scene.wang)

    for arguments in (("--site", scene.site.code), ("--shift", scene.shift.public_id)):
        assert client.get(f"/q/{token_in(printed(*arguments))}").status_code == 200
    rotating = printed("--shift", scene.shift.public_id, "--rotating")
    assert client.get(f"/q/{token_in(rotating)}").status_code == 303


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        ([], 2),
        (["--site", "A", "--person", "19900001234"], 2),
        (["--site", "A", "--rotating"], 2),
        (["--site", "NOWHERE"], 1),
        (["--shift", "0" * 16], 1),
        (["--shift", "0" * 16, "--rotating"], 1),
        (["--person", "19900001234"], 1),
        (["--person", "12"], 1),
    ],
)
def test_what_it_refuses(app, runner, arguments, exit_code):
    done = runner.invoke(args=["attendance", "token", *arguments])

    assert done.exit_code == exit_code
    assert len(done.stderr.strip().splitlines()) == 1
    assert "/q/" not in done.stdout
