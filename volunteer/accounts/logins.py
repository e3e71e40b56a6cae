"""The verbs of logging in and out; whoever asks is not known yet, so what they bring decides."""

import secrets
from datetime import datetime
from hmac import compare_digest
from typing import NamedTuple

from sqlalchemy.exc import IntegrityError

from volunteer.core import journal
from volunteer.core.actor import SYSTEM, Actor
from volunteer.core.db import db, transaction
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.people import queries as people_queries
from volunteer.people import service as people
from volunteer.people.errors import PhoneInvalid, PhoneTaken
from volunteer.people.models import ConsentState

from . import passwords, queries, rules, service
from .errors import BAD_PASSWORDS, LinkGone, WrongCode, WrongLogIn, WrongPassword
from .models import Account, ActivationCode, CodeKind, LoginSession


class Visit(NamedTuple):
    """The browser that asks: what it calls itself, and the log-in that it carries already."""

    browser: str | None = None
    token: str | None = None


def log_in(phone: str, password: str, *, visit: Visit, now: datetime) -> str:
    """Log in and return the new token for the browser's cookie; ends the one it carried.

    Raises WrongLogIn for every reason alike, after equal time: an unknown phone is
    hashed and journalled as a known one is. From the fifth wrong password on the next
    try waits (P19); one during the wait is refused unread and does not lengthen it.
    """
    too_long = len(password) > rules.LONGEST_PASSWORD
    with transaction():
        account = queries.account_to_open(phone)
        account_id = account.id if account else None
        stored = _count_try(account, now) if account and not too_long else None
        _note("log_in_try", account, now)
    # Outside the transaction: a hash takes 30 ms, and SQLite has one writer.
    if too_long or not passwords.fits(stored, password):
        raise WrongLogIn()
    with transaction():
        account = queries.account_to_open(phone)
        if account is None or account.id != account_id or account.password_hash != stored:
            raise WrongLogIn()
        account.failures, account.wait_until = 0, None
        _note("log_in", account, now)
        return _begin(account, visit, now)


def activate(
    phone: str,
    code: str,
    password: str,
    *,
    consent: bool,
    notice_version: int | None = None,
    visit: Visit,
    now: datetime,
) -> str:
    """Set the password with an activation code, store the consent, and log in.

    The consent is to the version of the notice that was shown, else to the newest.

    Returns the new token. The code is used up, every other log-in of the account ends
    (a forgotten password is a new code), and delays are over. Raises PasswordShort,
    PasswordLong or PasswordSimple before anything is looked up, and WrongCode for every
    reason alike; wrong codes are counted on the code and delay its next try (P19).
    """
    _require_password(password)
    password_hash = passwords.hashed(password)
    with transaction():
        account = queries.account_to_open(phone)
        good = queries.good_code(account.id, CodeKind.ACTIVATION) if account else None
        token = None
        if account and good and _opens(good, code, now):
            good.used_at = good.ended_at = now
            account.password_hash, account.password_set_at = password_hash, now
            account.failures, account.wait_until = 0, None
            service.end_logins(account.id, now=now)
            version = notice_version or people_queries.current_notice().version
            _store_consent(account, given=consent, version=version, now=now)
            _note("activate", account, now, code=good.id)
            token = _begin(account, visit, now)
        else:
            _note("activate_refused", account, now)
    if token is None:
        raise WrongCode()
    return token


def use_link(token: str, *, visit: Visit, now: datetime) -> str:
    """Log in by a one-time link and return the new token; raises LinkGone."""
    with transaction():
        link = queries.good_link(token, now=now, lock=True)
        if link is None:
            raise LinkGone()
        link.used_at = link.ended_at = now
        _note("use_link", link.account, now, code=link.id)
        return _begin(link.account, visit, now)


def log_out(token: str, *, actor: Actor, now: datetime) -> None:
    """End the log-in of this browser; a repeat changes nothing."""
    with transaction():
        login = queries.login_of_token(token)
        if login is None or login.account_id != actor.account_id:
            return
        _end(login, actor, now)


def end_login(login_id: int, *, actor: Actor, now: datetime) -> None:
    """End one of the actor's own log-ins; raises NotFound for any other."""
    with transaction():
        login = queries.own_login(login_id, account_id=_own_account(actor))
        if login is None:
            raise NotFound()
        _end(login, actor, now)


def change_password(current: str, password: str, *, keep: str, actor: Actor, now: datetime) -> None:
    """Set a new password; every log-in but the one with the token `keep` ends.

    Raises the refusals of a bad password, and WrongPassword where `current` is not the
    present one; wrong ones are counted and delayed as at the log-in.
    """
    account_id = _own_account(actor)
    _require_password(password)
    with transaction():
        account = queries.account_by_id(account_id)
        stored = _count_try(account, now) if account else None
    too_long = len(current) > rules.LONGEST_PASSWORD
    if too_long or not passwords.fits(stored, current):
        raise WrongPassword()
    password_hash = passwords.hashed(password)
    with transaction():
        account = queries.account_by_id(account_id)
        if account is None or account.password_hash != stored:
            raise WrongPassword()
        account.password_hash, account.password_set_at = password_hash, now
        account.failures, account.wait_until = 0, None
        service.end_logins(account_id, now=now, but=keep)
        _note("change_password", account, now)


def change_phone(password: str, phone: str, *, visit: Visit, actor: Actor, now: datetime) -> str:
    """Log in by another phone number from now on; return the token of this browser's new log-in.

    Every other log-in ends, and every code. Raises WrongPassword (counted and delayed as at
    the log-in), PhoneInvalid, PhoneTaken.
    """
    account_id = _own_account(actor)
    with transaction():
        account = queries.account_by_id(account_id)
        stored = _count_try(account, now) if account else None
    too_long = len(password) > rules.LONGEST_PASSWORD
    if too_long or not passwords.fits(stored, password):
        raise WrongPassword()
    try:
        with transaction():
            account = queries.account_by_id(account_id)
            if account is None or account.password_hash != stored:
                raise WrongPassword()
            if not phone:
                raise PhoneInvalid()
            account.failures, account.wait_until = 0, None
            people.set_phone(account.person, phone, now=now)
            _note("change_phone", account, now)
            return _begin(account, visit, now)
    except IntegrityError as error:
        raise PhoneTaken() from error


def _own_account(actor: Actor) -> int:
    if actor.account_id is None:
        raise NotAllowed()
    return actor.account_id


def _require_password(password: str) -> None:
    if problem := rules.password_problem(password):
        raise BAD_PASSWORDS[problem]()


def _count_try(account: Account, now: datetime) -> str | None:
    """Count a try before the password is looked at, and return the hash to compare with.

    A right password clears the count afterwards. Counted the other way round, a thousand
    guesses sent at once would all be compared. None while a delay lasts.
    """
    if account.wait_until and account.wait_until > now:
        return None
    account.failures += 1
    account.wait_until = _waits_until(account.failures, now)
    return account.password_hash


def _opens(good: ActivationCode, code: str, now: datetime) -> bool:
    """Tell whether `code` is the good one, and count it on that if it is not."""
    if good.expires_at <= now or (good.wait_until and good.wait_until > now):
        return False
    if compare_digest(good.code_hash, rules.code_fingerprint(good.account_id, code)):
        return True
    good.failures += 1
    good.wait_until = _waits_until(good.failures, now)
    return False


def _waits_until(failures: int, now: datetime) -> datetime | None:
    delay = rules.delay_after(failures)
    return now + delay if delay else None


def _store_consent(account: Account, *, given: bool, version: int, now: datetime) -> None:
    state = ConsentState.GIVEN if given else ConsentState.DECLINED
    people.record_consent(account.person, state, version=version, actor=_actor(account), now=now)


def _begin(account: Account, visit: Visit, now: datetime) -> str:
    """Add a log-in of the account and return its token; what the browser carried ends."""
    if visit.token and (carried := queries.login_of_token(visit.token)):
        carried.ended_at = now
    token = secrets.token_urlsafe(32)
    roles = [each.role for each in queries.grants_of(account.id)]
    db.session.add(
        LoginSession(
            account_id=account.id,
            token_hash=rules.fingerprint(token),
            browser=visit.browser,
            created_at=now,
            expires_at=now + rules.stays_logged_in(roles),
        )
    )
    return token


def _end(login: LoginSession, actor: Actor, now: datetime) -> None:
    login.ended_at = now
    journal.write(
        "accounts.log_out", "account", login.account_id, actor=actor, now=now, login=login.id
    )


def _actor(account: Account) -> Actor:
    return Actor(account.person.name, account.id, account.person_id)


def _note(act: str, account: Account | None, now: datetime, **body: int) -> None:
    """Write what somebody at the door did; an unknown phone is an act without an account."""
    journal.write(
        f"accounts.{act}",
        "account",
        account.id if account else "-",
        actor=_actor(account) if account else SYSTEM,
        now=now,
        unit_path=None,
        **body,
    )
