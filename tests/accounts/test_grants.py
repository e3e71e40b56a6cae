"""Roles over units, and the shell that gives them."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests import make
from tests.make import at
from volunteer.accounts import service
from volunteer.accounts.errors import RolesApart
from volunteer.accounts.models import AccountGrant
from volunteer.core.actor import SYSTEM, Role
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed
from volunteer.core.models import Journal

PHONE = "19900001234"
NOW = at("2026-11-23 09:00")


@pytest.fixture
def unit(app):
    return make.unit(code="U77")


@pytest.fixture
def wang(unit):
    return make.person(phone=PHONE, unit=unit)


def rows():
    return db.session.scalar(select(func.count(AccountGrant.id)))


def test_a_grant_is_given_once_and_journalled(wang, unit):
    first = service.grant(wang, Role.COORDINATOR, unit, actor=SYSTEM, now=NOW).id

    assert service.grant(wang, Role.COORDINATOR, unit, actor=SYSTEM, now=NOW).id == first
    entry = db.session.scalars(select(Journal)).one()
    assert (entry.action, entry.unit_path) == ("accounts.grant", unit.path)
    assert entry.body == {"role": "coordinator"}
    assert entry.actor_account_id is None


def test_a_grant_may_be_ended_and_given_again(wang, unit):
    service.grant(wang, Role.COORDINATOR, unit, actor=SYSTEM, now=NOW)

    later = NOW + timedelta(days=1)
    assert service.end_grant(wang, Role.COORDINATOR, unit, actor=SYSTEM, now=later)
    assert not service.end_grant(wang, Role.COORDINATOR, unit, actor=SYSTEM, now=later)
    service.grant(wang, Role.COORDINATOR, unit, actor=SYSTEM, now=later)

    assert rows() == 2


@pytest.mark.parametrize("role", [r for r in Role if r != Role.SEC_ADMIN])
def test_only_the_security_administrator_and_the_shell_grant(wang, unit, role):
    actor = make.grant_of(role, make.city())
    before = rows()

    with pytest.raises(NotAllowed):
        service.grant(wang, Role.COORDINATOR, unit, actor=actor, now=NOW)
    with pytest.raises(NotAllowed):
        service.end_grant(wang, Role.COORDINATOR, unit, actor=actor, now=NOW)
    with pytest.raises(NotAllowed):
        service.disable(wang, actor=actor, now=NOW)
    assert rows() == before


def test_the_security_administrator_grants_to_others_only(wang, unit):
    keeper = make.person(unit=unit)
    make.grant(person=keeper, role=Role.SEC_ADMIN, unit=make.city())
    actor = make.actor_of(keeper)

    assert service.grant(wang, Role.UNIT_ADMIN, unit, actor=actor, now=NOW).granted_by
    with pytest.raises(NotAllowed):
        service.grant(keeper, Role.CITY_OFFICE, unit, actor=actor, now=NOW)


@pytest.mark.parametrize(
    ("held", "role", "may"),
    [
        (Role.COORDINATOR, Role.UNIT_ADMIN, True),
        (Role.SEC_ADMIN, Role.COORDINATOR, True),
        (Role.SYS_ADMIN, Role.SEC_ADMIN, False),
        (Role.SEC_ADMIN, Role.AUDIT_ADMIN, False),
        (Role.AUDIT_ADMIN, Role.COORDINATOR, False),
        (Role.CITY_OFFICE, Role.AUDIT_ADMIN, False),
    ],
)
def test_administrators_are_kept_apart(wang, unit, held, role, may):
    service.grant(wang, held, unit, actor=SYSTEM, now=NOW)

    if may:
        service.grant(wang, role, unit, actor=SYSTEM, now=NOW)
    else:
        with pytest.raises(RolesApart):
            service.grant(wang, role, unit, actor=SYSTEM, now=NOW)


def run(runner, *args):
    return runner.invoke(args=["accounts", *args])


def last(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def test_the_shell_grants(wang, unit, runner):
    result = run(runner, "grant", PHONE, "--role", "coordinator", "--unit", "U77", "--json")

    assert last(result)["unit"] == "U77"
    assert make.actor_of(wang).holds(unit.path, Role.COORDINATOR)

    ended = run(runner, "end-grant", PHONE, "--role", "coordinator", "--unit", "U77", "--json")
    assert last(ended) == {"ended": 1}
    assert not make.actor_of(wang).grants


@pytest.mark.parametrize(
    "args",
    [
        ("grant", "19900009999", "--role", "coordinator", "--unit", "U77"),
        ("grant", PHONE, "--role", "emperor", "--unit", "U77"),
        ("grant", PHONE, "--role", "coordinator", "--unit", "U78"),
        ("login-link", "19900009999", "--json"),
        ("code", "nobody"),
        ("disable", "19900009999"),
    ],
)
def test_a_bad_argument_ends_with_one_sentence(wang, runner, args):
    result = run(runner, *args)

    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert not result.stdout


def test_a_refusal_in_the_shell_is_one_sentence(wang, runner):
    run(runner, "grant", PHONE, "--role", "sys_admin", "--unit", "U77")

    result = run(runner, "grant", PHONE, "--role", "sec_admin", "--unit", "U77")

    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1


def test_the_shells_link_and_code_open_the_log_in(wang, runner, client):
    url = last(run(runner, "login-link", PHONE, "--json"))["url"]
    code = last(run(runner, "code", PHONE, "--json"))["code"]

    assert url.startswith("http://127.0.0.1:8000/login/")
    assert client.post(url.removeprefix("http://127.0.0.1:8000")).status_code == 303
    assert len(code) == 9


def test_the_shell_disables_and_enables(wang, runner, client):
    make.login(client, wang)
    assert client.get("/account").status_code == 200

    assert run(runner, "disable", PHONE).exit_code == 0
    assert client.get("/account").status_code == 303
    assert run(runner, "enable", PHONE).exit_code == 0
