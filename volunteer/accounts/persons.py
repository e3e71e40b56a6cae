"""What becomes of a log-in when a person's record changes (hooks of `people`)."""

from datetime import date, datetime

from sqlalchemy import update

from volunteer.core.actor import Role
from volunteer.core.clock import local_day
from volunteer.core.db import db

from . import queries, service
from .errors import HoldsOffice, HoldsRoles
from .models import Account, AccountGrant, AccountState, CodeKind


def renew(person_id: int, now: datetime) -> None:
    """End the log-ins and codes of an old phone number: they were made for who holds it."""
    if account := queries.account_of(person_id):
        service.end_logins(account.id, now=now)
        for kind in CodeKind:
            service.end_codes(account.id, kind, now=now)


def require_no_office(person_id: int) -> None:
    """Refuse that an administrator is entered as gone: who gave the role ends it first.

    Coordinators are appointed by those who keep the register, so theirs end by themselves.
    Raises HoldsOffice.
    """
    account = queries.account_of(person_id)
    held = queries.grants_of(account.id) if account else ()
    if any(grant.role != Role.COORDINATOR for grant in held):
        raise HoldsOffice()


def retire(person_id: int, since: date, now: datetime) -> None:
    """End log-ins, codes and roles of somebody who has left; a return begins without them."""
    renew(person_id, now)
    if account := queries.account_of(person_id):
        db.session.execute(
            update(AccountGrant)
            .where(AccountGrant.account_id == account.id, AccountGrant.ended_at.is_(None))
            .values(ended_at=now)
        )


def take_over(kept_id: int, other_id: int, now: datetime) -> None:
    """Let the kept record have the one log-in: its own, or the other's where it has none.

    A log-in never activated takes over the other's password, unless it holds roles: those
    are for whom it was appointed. Roles are never moved: the record that holds them is the
    one to keep. Raises HoldsRoles.
    """
    other = queries.account_of(other_id)
    if other is None:
        return
    if queries.grants_of(other.id):
        raise HoldsRoles()
    own = queries.account_of(kept_id)
    if own is None:
        other.person_id = kept_id
        db.session.flush()
        return
    if own.password_hash is None and not queries.grants_of(own.id):
        own.password_hash, own.password_set_at = other.password_hash, other.password_set_at
    _close(other, now)


def forget(person_id: int, now: datetime) -> None:
    """Close the log-in of an erased person for good: no password, no roles, no log-ins."""
    if account := queries.account_of(person_id):
        retire(person_id, local_day(now), now)
        _close(account, now)


def _close(account: Account, now: datetime) -> None:
    renew(account.person_id, now)
    account.password_hash, account.password_set_at = None, None
    account.state = AccountState.DISABLED
    db.session.flush()
