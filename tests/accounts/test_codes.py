"""Activation codes and one-time links."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import make
from tests.make import at
from volunteer.accounts import logins, queries, rules, service
from volunteer.accounts.errors import (
    AccountDisabled,
    LinkGone,
    NobodyChosen,
    NoPhone,
    PasswordSimple,
    RoleProtected,
    TooManyChosen,
    WrongCode,
    WrongLogIn,
)
from volunteer.accounts.logins import Visit
from volunteer.accounts.models import Account, ActivationCode, CodeKind
from volunteer.core.actor import SYSTEM, Role
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.core.models import Journal
from volunteer.people.models import Person

PASSWORD = "Right-Horse-9"
PHONE = "19900001234"
NOW = at("2026-11-23 09:00")


@pytest.fixture
def unit(app):
    return make.unit()


@pytest.fixture
def wang(unit):
    return make.person(phone=PHONE, unit=unit)


@pytest.fixture
def coordinator(unit):
    return make.grant_of(Role.COORDINATOR, unit)


def code_for(person, *, now=NOW, kind=CodeKind.ACTIVATION):
    return service.make_code(person, kind, actor=SYSTEM, now=now).text


def activate(code, *, phone=PHONE, password=PASSWORD, consent=True, now=NOW):
    return logins.activate(phone, code, password, consent=consent, visit=Visit(), now=now)


def refused(code, **given):
    with pytest.raises(WrongCode) as refusal:
        activate(code, **given)
    return refusal.value.message


def test_a_code_sets_the_password_and_logs_in(wang):
    token = activate(code_for(wang))

    assert queries.actor_of_token(token, now=NOW).person_id == wang.id
    assert logins.log_in(PHONE, PASSWORD, visit=Visit(), now=NOW)


def test_a_code_is_typed_as_people_type(wang):
    code = code_for(wang)

    assert activate(f" {code.lower().replace('-', ' ')} ")


@pytest.mark.parametrize(("consent", "state"), [(True, "given"), (False, "declined")])
def test_r4_the_answer_to_the_notice_is_stored(wang, consent, state):
    activate(code_for(wang), consent=consent)

    person = db.session.get(Person, wang.id)
    assert (person.consent, person.consent_version, person.consent_at) == (state, 1, NOW)
    assert db.session.scalars(select(Journal.body).filter_by(action="people.consent")).one() == {
        "given": consent,
        "version": 1,
    }


def test_a_code_is_good_once(wang):
    code = code_for(wang)
    activate(code)

    refused(code)


def test_a_code_is_good_for_thirty_days(wang):
    code = code_for(wang)

    refused(code, now=NOW + timedelta(days=30))
    activate(code, now=NOW + timedelta(days=30, seconds=-1))


def test_a_new_code_ends_the_older_one_of_its_kind(wang):
    old, link = code_for(wang), code_for(wang, kind=CodeKind.LINK)
    new = code_for(wang, now=NOW + timedelta(seconds=1))

    refused(old)
    activate(new)
    logins.use_link(link, visit=Visit(), now=NOW)


def test_a_forgotten_password_is_a_new_code_that_ends_all_log_ins_and_delays(wang):
    old = activate(code_for(wang))
    for _ in range(9):
        with pytest.raises(WrongLogIn):
            logins.log_in(PHONE, "wrong", visit=Visit(), now=NOW)

    activate(code_for(wang), password="Other-Horse-1")

    assert queries.actor_of_token(old, now=NOW) is None
    with pytest.raises(WrongLogIn):
        logins.log_in(PHONE, PASSWORD, visit=Visit(), now=NOW)
    assert logins.log_in(PHONE, "Other-Horse-1", visit=Visit(), now=NOW)


def test_every_reason_gets_the_same_answer(wang):
    code = code_for(wang)
    other = make.person(phone="19900005555")
    answers = {
        refused("ACDE-FGHJ"),
        refused(code, phone="19900009999"),
        refused(code, phone=other.phone),
        refused(""),
    }

    assert len(answers) == 1


def test_p19_wrong_codes_delay_the_next_try_and_not_the_password(wang):
    activate(code_for(wang))
    code = code_for(wang)
    for _ in range(5):
        refused("ACDE-FGHJ")

    refused(code)
    assert logins.log_in(PHONE, PASSWORD, visit=Visit(), now=NOW)
    activate(code, now=NOW + timedelta(seconds=1))


def test_p19_wrong_passwords_do_not_delay_a_code(wang):
    activate(code_for(wang))
    for _ in range(9):
        with pytest.raises(WrongLogIn):
            logins.log_in(PHONE, "wrong", visit=Visit(), now=NOW)

    activate(code_for(wang))


def test_a_bad_password_leaves_the_code_good(wang):
    code = code_for(wang)
    with pytest.raises(PasswordSimple):
        activate(code, password="allsmall")

    activate(code)


@pytest.mark.parametrize(
    "password", ["密码Aa一二三四", "Emoji😀😀😀1", "  Nul\x00 1 ", "Aa1" + "x" * 125]
)
def test_r66_any_characters_are_taken_unchanged(wang, password):
    activate(code_for(wang), password=password)

    assert logins.log_in(PHONE, password, visit=Visit(), now=NOW)
    with pytest.raises(WrongLogIn):
        logins.log_in(PHONE, password.strip() + " ", visit=Visit(), now=NOW)


def test_nothing_stored_is_the_code_or_the_password(wang):
    code = code_for(wang)
    activate(code)

    row = db.session.scalars(select(ActivationCode)).one()
    account = db.session.scalars(select(Account)).one()
    assert rules.plain_code(code) not in str(vars(row))
    assert account.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PHONE not in str(db.session.scalars(select(Journal.body)).all())


def test_a_link_logs_in_once_within_ten_minutes(wang):
    late = code_for(wang, kind=CodeKind.LINK)
    with pytest.raises(LinkGone):
        logins.use_link(late, visit=Visit(), now=NOW + timedelta(minutes=10))

    link = code_for(wang, kind=CodeKind.LINK)
    token = logins.use_link(link, visit=Visit(), now=NOW + timedelta(minutes=9))
    with pytest.raises(LinkGone):
        logins.use_link(link, visit=Visit(), now=NOW + timedelta(minutes=9))
    assert queries.actor_of_token(token, now=NOW).person_id == wang.id


def test_a_link_is_no_activation_code(wang):
    refused(code_for(wang, kind=CodeKind.LINK))


def test_a_disabled_log_in_gets_no_code(wang):
    code, link = code_for(wang), code_for(wang, kind=CodeKind.LINK)
    service.disable(wang, actor=SYSTEM, now=NOW)

    refused(code)
    with pytest.raises(LinkGone):
        logins.use_link(link, visit=Visit(), now=NOW)
    with pytest.raises(AccountDisabled):
        code_for(wang)


def test_who_has_no_phone_has_no_code(unit):
    with pytest.raises(NoPhone):
        code_for(make.person(phone=None, unit=unit))


def test_a_coordinator_makes_codes_for_the_own_subtree(wang, unit, coordinator):
    stranger = make.person()

    assert service.make_code(wang, CodeKind.ACTIVATION, actor=coordinator, now=NOW).text
    with pytest.raises(NotFound):
        service.make_code(stranger, CodeKind.ACTIVATION, actor=coordinator, now=NOW)
    with pytest.raises(NotAllowed):
        service.make_code(wang, CodeKind.LINK, actor=coordinator, now=NOW)
    with pytest.raises(NotFound):
        service.make_code(wang, CodeKind.ACTIVATION, actor=make.actor_of(stranger), now=NOW)


@pytest.mark.parametrize(
    ("maker", "holder", "may"),
    [
        (Role.COORDINATOR, Role.COORDINATOR, False),
        (Role.COORDINATOR, Role.UNIT_ADMIN, False),
        (Role.UNIT_ADMIN, Role.COORDINATOR, True),
        (Role.UNIT_ADMIN, Role.UNIT_ADMIN, False),
        (Role.CITY_OFFICE, Role.UNIT_ADMIN, True),
        (Role.CITY_OFFICE, Role.CITY_OFFICE, False),
        (Role.CITY_OFFICE, Role.SEC_ADMIN, False),
        (Role.SEC_ADMIN, Role.CITY_OFFICE, True),
    ],
)
def test_nobody_gets_into_a_log_in_as_high_as_the_own(wang, unit, maker, holder, may):
    make.grant(person=wang, role=holder, unit=unit)
    actor = make.grant_of(maker, unit)

    if may:
        assert service.make_code(wang, CodeKind.ACTIVATION, actor=actor, now=NOW)
    else:
        with pytest.raises(NotAllowed):
            service.make_code(wang, CodeKind.ACTIVATION, actor=actor, now=NOW)


def test_slips_are_made_for_all_or_none(wang, unit, coordinator):
    li, stranger = make.person(unit=unit), make.person()
    ids, foreign = [wang.public_id, li.public_id], stranger.public_id

    slips = service.make_slips(ids, actor=coordinator, now=NOW)

    assert {slip.phone for slip in slips} == {wang.phone, li.phone}
    assert slips[0].code.expires_at == NOW + timedelta(days=30)
    made = db.session.scalars(select(ActivationCode.id)).all()
    with pytest.raises(NotFound):
        service.make_slips([*ids, foreign], actor=coordinator, now=NOW)
    with pytest.raises(NobodyChosen):
        service.make_slips([], actor=coordinator, now=NOW)
    with pytest.raises(TooManyChosen):
        service.make_slips([str(n) for n in range(101)], actor=coordinator, now=NOW)
    make.grant(person=li, role=Role.UNIT_ADMIN, unit=unit)
    with pytest.raises(RoleProtected):
        service.make_slips(ids, actor=coordinator, now=NOW)
    assert db.session.scalars(select(ActivationCode.id)).all() == made


def test_slips_are_not_for_everybody(wang):
    ids = [wang.public_id]
    for actor in (make.actor_of(wang), make.grant_of(Role.SEC_ADMIN, make.city())):
        with pytest.raises(NotAllowed):
            service.make_slips(ids, actor=actor, now=NOW)


def test_candidates_are_people_of_the_subtree_without_a_log_in_first(unit):
    section = make.unit(parent=unit, kind="section")
    active, waiting = make.person(unit=unit), make.person(unit=section, name="待激活")
    make.account(person=active, password=PASSWORD)
    make.person(unit=unit, phone=None)
    make.person(unit=unit, state="left")
    make.account(person=make.person(unit=unit), state="disabled")
    make.person(unit=unit, until_on=NOW.date())
    make.person()

    def found(**given):
        rows = queries.candidates(under=[unit.path], day=NOW.date(), limit=100, **given)
        return [row.person_id for row in rows]

    assert found() == [waiting.id, active.id]
    assert found(search="激活") == [waiting.id]
    assert found(search=active.phone[-4:]) == [active.id]
    assert found(search="%") == []
