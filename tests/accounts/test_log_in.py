"""Logging in, staying in, getting out."""

from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from tests import make
from tests.make import at
from volunteer.accounts import logins, passwords, queries, service
from volunteer.accounts.errors import WrongLogIn, WrongPassword
from volunteer.accounts.logins import Visit
from volunteer.accounts.models import Account, LoginSession
from volunteer.core.actor import SYSTEM, Role
from volunteer.core.db import db, transaction
from volunteer.core.errors import NotFound
from volunteer.core.models import Journal
from volunteer.people.models import Person

PASSWORD = "Right-Horse-9"
NOW = at("2026-11-23 09:00")


@pytest.fixture
def wang(app):
    person = make.person(phone="19900001234", name="王芳")
    make.account(person=person, password=PASSWORD)
    return person


def log_in(password=PASSWORD, *, phone="19900001234", now=NOW, visit=Visit()):  # noqa: B008
    return logins.log_in(phone, password, visit=visit, now=now)


def wrong(times, *, now=NOW):
    for _ in range(times):
        with pytest.raises(WrongLogIn):
            log_in("wrong", now=now)


def account():
    return db.session.scalars(select(Account)).one()


def test_the_right_password_opens_a_log_in(wang):
    token = log_in(visit=Visit("WeChat/Android"))

    actor = queries.actor_of_token(token, now=NOW)
    row = db.session.scalars(select(LoginSession)).one()
    assert (actor.name, actor.person_id, actor.account_id) == ("王芳", wang.id, account().id)
    assert row.browser == "WeChat/Android"
    assert token not in row.token_hash


def test_every_log_in_has_a_token_of_its_own(wang):
    assert log_in() != log_in()


def test_a_new_log_in_ends_the_one_the_browser_carried(wang):
    old = log_in()

    log_in(visit=Visit(token=old))

    assert queries.actor_of_token(old, now=NOW) is None


def test_every_reason_gets_the_same_answer(wang):
    make.account(person=make.person(phone="19900005555"))
    make.account(person=make.person(phone="19900006666"), password=PASSWORD, state="disabled")
    make.account(person=make.person(phone="19900007777", state="left"), password=PASSWORD)

    answers = set()
    for phone in ("19900001234", "19900009999", "19900005555", "nobody", ""):
        with pytest.raises(WrongLogIn) as refusal:
            log_in("wrong", phone=phone)
        answers.add(refusal.value.message)
    for phone in ("19900006666", "19900007777"):
        with pytest.raises(WrongLogIn) as refusal:
            log_in(phone=phone)
        answers.add(refusal.value.message)

    assert len(answers) == 1


def test_an_unknown_phone_costs_a_hash_too(wang, monkeypatch):
    compared = []
    monkeypatch.setattr(passwords, "fits", lambda stored, typed: bool(compared.append(stored)))

    wrong(1)
    with pytest.raises(WrongLogIn):
        log_in(phone="19900009999")

    assert [bool(stored) for stored in compared] == [True, False]


def test_nobodys_hash_costs_what_a_real_one_costs():
    assert not passwords.HASHER.check_needs_rehash(passwords.NOBODYS)


def test_a_password_beyond_the_limit_is_never_hashed(wang, monkeypatch):
    monkeypatch.setattr(passwords, "fits", lambda *_: pytest.fail("hashed"))

    with pytest.raises(WrongLogIn):
        log_in("x" * 1_000_000)


def test_p19_the_fifth_failure_starts_a_delay_that_doubles(wang):
    wrong(4)
    assert account().wait_until is None
    wrong(1)
    assert account().wait_until == NOW + timedelta(seconds=1)

    with pytest.raises(WrongLogIn):
        log_in(now=NOW)  # right, but too early
    assert account().failures == 5

    wrong(1, now=NOW + timedelta(seconds=1))
    assert account().wait_until == NOW + timedelta(seconds=3)
    log_in(now=NOW + timedelta(seconds=3))
    assert (account().failures, account().wait_until) == (0, None)


def test_p19_the_delay_ends_at_fifteen_minutes(wang):
    moment = NOW
    for _ in range(17):
        wrong(1, now=moment)
        moment = max(moment, account().wait_until or moment)

    assert account().failures == 17
    log_in(now=moment)
    assert moment - NOW < timedelta(hours=1.5)


def test_tries_are_journalled_without_the_phone(wang):
    wrong(1)
    with pytest.raises(WrongLogIn):
        log_in(phone="19900009999")
    log_in()

    rows = db.session.scalars(select(Journal).order_by(Journal.id)).all()
    assert [(row.action, row.object_id) for row in rows] == [
        ("accounts.log_in_try", str(account().id)),
        ("accounts.log_in_try", "-"),
        ("accounts.log_in_try", str(account().id)),
        ("accounts.log_in", str(account().id)),
    ]
    assert "1990000" not in str([row.body for row in rows])


@pytest.mark.parametrize(
    ("roles", "stays"),
    [
        ((), timedelta(days=90)),
        ((Role.COORDINATOR,), timedelta(days=7)),
        ((Role.UNIT_ADMIN,), timedelta(hours=12)),
        ((Role.COORDINATOR, Role.CITY_OFFICE), timedelta(hours=12)),
    ],
)
def test_r66_how_long_a_log_in_lasts(wang, roles, stays):
    for role in roles:
        make.grant(person=wang, role=role, unit=make.unit())

    token = log_in()

    assert queries.actor_of_token(token, now=NOW + stays - timedelta(seconds=1))
    assert queries.actor_of_token(token, now=NOW + stays) is None


def test_r66_a_grant_shortens_the_log_ins_that_are_open(wang):
    token = log_in()

    service.grant(wang, Role.CITY_OFFICE, make.city(), actor=SYSTEM, now=NOW)

    assert queries.actor_of_token(token, now=NOW).is_any(Role.CITY_OFFICE)
    assert queries.actor_of_token(token, now=NOW + timedelta(hours=12)) is None


def test_the_loader_asks_once_and_knows_the_grants_of_now(wang):
    unit, other = make.unit(), make.unit()
    make.grant(person=wang, role=Role.COORDINATOR, unit=unit)
    make.grant(person=wang, role=Role.UNIT_ADMIN, unit=other)
    make.grant(person=wang, role=Role.CITY_OFFICE, unit=other, ended_at=NOW)
    token, asked = log_in(), []
    paths = {(Role.COORDINATOR, unit.path), (Role.UNIT_ADMIN, other.path)}
    event.listen(db.engine, "before_cursor_execute", lambda *facts: asked.append(facts[2]))

    actor = queries.actor_of_token(token, now=NOW)

    assert len(asked) == 1
    assert {(grant.role, grant.path) for grant in actor.grants} == paths


def test_logging_out_ends_the_log_in_and_a_repeat_does_nothing(wang):
    token, other = log_in(), log_in()
    actor = queries.actor_of_token(token, now=NOW)

    logins.log_out(token, actor=actor, now=NOW)
    logins.log_out(token, actor=actor, now=NOW)

    assert queries.actor_of_token(token, now=NOW) is None
    assert queries.actor_of_token(other, now=NOW)


def test_one_ends_only_the_own_log_ins(wang):
    log_in()
    mine = db.session.scalars(select(LoginSession)).one().id
    stranger = make.actor_of(make.person())

    with pytest.raises(NotFound):
        logins.end_login(mine, actor=stranger, now=NOW)
    logins.end_login(mine, actor=make.actor_of(wang), now=NOW)
    with pytest.raises(NotFound):
        logins.end_login(mine, actor=make.actor_of(wang), now=NOW)

    assert db.session.scalars(select(LoginSession)).one().ended_at == NOW


def test_a_new_password_ends_the_other_log_ins(wang):
    here, elsewhere = log_in(), log_in()
    actor = queries.actor_of_token(here, now=NOW)

    logins.change_password(PASSWORD, "New-Horse-10", keep=here, actor=actor, now=NOW)

    assert queries.actor_of_token(here, now=NOW)
    assert queries.actor_of_token(elsewhere, now=NOW) is None
    wrong(1)
    with pytest.raises(WrongLogIn):
        log_in()
    log_in("New-Horse-10")


def test_guessing_the_present_password_is_delayed(wang):
    here = log_in()
    actor = queries.actor_of_token(here, now=NOW)
    for _ in range(5):
        with pytest.raises(WrongPassword):
            logins.change_password("wrong", "New-Horse-10", keep=here, actor=actor, now=NOW)

    with pytest.raises(WrongPassword):
        logins.change_password(PASSWORD, "New-Horse-10", keep=here, actor=actor, now=NOW)
    later = NOW + timedelta(seconds=1)
    logins.change_password(PASSWORD, "New-Horse-10", keep=here, actor=actor, now=later)


def test_a_disabled_account_is_out_at_once(wang):
    token = log_in()
    service.disable(wang, actor=SYSTEM, now=NOW)

    assert queries.actor_of_token(token, now=NOW) is None
    wrong(1)

    service.enable(wang, actor=SYSTEM, now=NOW)
    assert queries.actor_of_token(token, now=NOW) is None  # ended for good
    log_in()


def test_who_has_left_is_out_at_once(wang):
    token = log_in()
    with transaction() as session:
        session.get_one(Person, wang.id).state = "left"

    assert queries.actor_of_token(token, now=NOW) is None


def test_the_account_of_a_person_is_made_once(app):
    person = make.person()

    first = service.account_for(person, now=NOW).id

    assert service.account_for(person, now=NOW).id == first
    assert db.session.scalar(select(func.count(Account.id))) == 1
