"""The verbs of accounts, codes and roles; logging in and out stands in `logins.py`."""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, update

from volunteer.core import journal
from volunteer.core.actor import Actor, Role
from volunteer.core.clock import local_day
from volunteer.core.db import again_on_conflict, db, transaction
from volunteer.core.errors import NotFound
from volunteer.people.models import Person
from volunteer.units.models import Unit

from . import access, passwords, queries, rules
from .errors import AccountDisabled, NobodyChosen, NoPhone, RoleProtected, TooManyChosen
from .models import Account, AccountGrant, AccountState, ActivationCode, CodeKind, LoginSession

MOST_SLIPS = 100


def stored_password(password: str) -> str:
    """Return what is stored of a password, for accounts that are made in bulk."""
    return passwords.hashed(password)


def account_for(person: Person, *, now: datetime) -> Account:
    """Return the person's account, made if there is none; it has no password then.

    A repeat returns the same account.
    """
    with transaction() as session:
        account = queries.account_of(person.id)
        if account is None:
            account = Account(
                person_id=person.id, state=AccountState.ACTIVE, created_at=now, failures=0
            )
            session.add(account)
            session.flush()
        return account


class NewCode(NamedTuple):
    """A code in clear text; nobody can read it again afterwards."""

    text: str
    expires_at: datetime


@again_on_conflict
def make_code(person: Person, kind: CodeKind, *, actor: Actor, now: datetime) -> NewCode:
    """Make a one-time code (30 days) or link token (10 minutes); the older one ends.

    Raises NotAllowed, NotFound (outside the actor's units), NoPhone, AccountDisabled.
    """
    with transaction():
        unit = queries.unit_of(person.id, day=local_day(now))
        path = unit.path if unit else None
        if kind == CodeKind.LINK:
            access.require_link(actor)
        else:
            access.require_code(actor, path, queries.held_by([person.id]).get(person.id, ()))
        if person.phone is None:
            raise NoPhone()
        return _new_code(account_for(person, now=now), kind, path, actor=actor, now=now)


class Slip(NamedTuple):
    """What is printed for one person."""

    name: str
    phone: str
    unit_name: str
    code: NewCode


@again_on_conflict
def make_slips(public_ids: Collection[str], *, actor: Actor, now: datetime) -> Sequence[Slip]:
    """Make a new activation code for each of these people, by unit and name.

    All or none. Raises NotAllowed, NobodyChosen, TooManyChosen, NotFound (somebody is
    unknown, has no phone, is disabled or belongs to another unit) and RoleProtected.
    """
    with transaction() as session:
        under = access.require_printer(actor)
        wanted = set(public_ids)
        if not wanted:
            raise NobodyChosen()
        if len(wanted) > MOST_SLIPS:
            raise TooManyChosen(limit=MOST_SLIPS)
        chosen = queries.candidates_chosen(wanted, under=under, day=local_day(now))
        if len(chosen) != len(wanted):
            raise NotFound()
        held = queries.held_by([each.person_id for each in chosen])
        if protected := [
            each.name
            for each in chosen
            if not access.may_make_code(actor, each.unit_path, held.get(each.person_id, ()))
        ]:
            raise RoleProtected(people="、".join(protected))
        slips = []
        for each in chosen:
            account = account_for(session.get_one(Person, each.person_id), now=now)
            code = _new_code(account, CodeKind.ACTIVATION, each.unit_path, actor=actor, now=now)
            slips.append(Slip(each.name, each.phone, each.unit_name, code))
        return slips


def _new_code(
    account: Account, kind: CodeKind, path: str | None, *, actor: Actor, now: datetime
) -> NewCode:
    if account.state != AccountState.ACTIVE:
        raise AccountDisabled()
    end_codes(account.id, kind, now=now)
    if kind == CodeKind.LINK:
        clear = secrets.token_urlsafe(32)
        stored, lasts = rules.fingerprint(clear), rules.LINK_LASTS
    else:
        clear = rules.new_code()
        stored, lasts = rules.code_fingerprint(account.id, clear), rules.ACTIVATION_LASTS
    code = ActivationCode(
        account_id=account.id,
        kind=kind,
        code_hash=stored,
        created_at=now,
        created_by=actor.account_id,
        expires_at=now + lasts,
        failures=0,
    )
    db.session.add(code)
    db.session.flush()
    journal.write(
        "accounts.make_code",
        "account",
        account.id,
        actor=actor,
        now=now,
        unit_path=path,
        kind=str(kind),
        code=code.id,
    )
    return NewCode(clear, code.expires_at)


@again_on_conflict
def grant(person: Person, role: Role, unit: Unit, *, actor: Actor, now: datetime) -> AccountGrant:
    """Give the person the role over the unit and everything under it, from now on.

    Log-ins that are open already last no longer than the role allows (R66). A repeat
    returns the grant that is held. Raises NotAllowed, RolesApart.
    """
    with transaction():
        held_account = queries.account_of(person.id)
        access.require_keeper(actor, unit.path, held_account.id if held_account else None)
        return give(person, role, unit, actor=actor, now=now)


def give(
    person: Person,
    role: Role,
    unit: Unit,
    *,
    grid_id: int | None = None,
    actor: Actor,
    now: datetime,
) -> AccountGrant:
    """Give a role; one that is held already is returned.

    Part of a verb: the caller has asked for permission and has a transaction open.
    """
    with transaction() as session:
        account = account_for(person, now=now)
        held = queries.grants_of(account.id)
        for each in held:
            if (each.role, each.unit_id, each.grid_id) == (role, unit.id, grid_id):
                return each
        roles = [Role(each.role) for each in held]
        access.require_together(role, roles)
        made = AccountGrant(
            account_id=account.id,
            role=role,
            unit_id=unit.id,
            grid_id=grid_id,
            granted_at=now,
            granted_by=actor.account_id,
        )
        session.add(made)
        session.flush()
        latest = now + rules.stays_logged_in([*roles, role])
        session.execute(
            update(LoginSession)
            .filter_by(account_id=account.id, ended_at=None)
            .where(LoginSession.expires_at > latest)
            .values(expires_at=latest)
        )
        area = {"grid": grid_id} if grid_id else {}
        _note("grant", account, actor, now, path=unit.path, role=str(role), **area)
        return made


def end_grant(person: Person, role: Role, unit: Unit, *, actor: Actor, now: datetime) -> bool:
    """Take the role over the unit away, at once; return whether it was held."""
    with transaction():
        account = queries.account_of(person.id)
        access.require_keeper(actor, unit.path, account.id if account else None)
        if account is None:
            return False
        for each in queries.grants_of(account.id):
            if each.role == role and each.unit_id == unit.id and each.grid_id is None:
                each.ended_at = now
                _note("end_grant", account, actor, now, path=unit.path, role=str(role))
                return True
        return False


def end_held(held: AccountGrant, *, actor: Actor, now: datetime) -> None:
    """End a role that is held, at once. Part of a verb, as `give`."""
    held.ended_at = now
    area = {"grid": held.grid_id} if held.grid_id else {}
    journal.write(
        "accounts.end_grant",
        "account",
        held.account_id,
        actor=actor,
        now=now,
        unit_path=held.unit.path,
        role=held.role,
        **area,
    )


def end_over(unit_id: int, *, actor: Actor, now: datetime) -> int:
    """End every role over a unit itself, as when it is no more; return how many.

    Part of a verb, as `give`.
    """
    held = select(AccountGrant).filter_by(unit_id=unit_id, ended_at=None)
    grants = db.session.scalars(held).all()
    for each in grants:
        end_held(each, actor=actor, now=now)
    return len(grants)


def end_for_grid(grid_id: int, *, actor: Actor, now: datetime) -> int:
    """End every appointment for a grid that is no more; return how many. Part of a verb."""
    held = select(AccountGrant).filter_by(grid_id=grid_id, ended_at=None)
    grants = db.session.scalars(held).all()
    for each in grants:
        end_held(each, actor=actor, now=now)
    return len(grants)


def lead_grid(grid_id: int, unit_id: int) -> None:
    """Let the grid's coordinators work for its new lead unit. Part of a verb, as `give`."""
    held = update(AccountGrant).filter_by(grid_id=grid_id, ended_at=None)
    db.session.execute(held.values(unit_id=unit_id))


def disable(person: Person, *, actor: Actor, now: datetime) -> None:
    """Close the person's log-in: nobody gets in with it, and who is in is out at once."""
    with transaction():
        account, path = _kept_account(person, actor, now)
        if account.state == AccountState.DISABLED:
            return
        account.state = AccountState.DISABLED
        end_logins(account.id, now=now)
        for kind in CodeKind:
            end_codes(account.id, kind, now=now)
        _note("disable", account, actor, now, path=path)


def enable(person: Person, *, actor: Actor, now: datetime) -> None:
    """Open a disabled log-in again, without any delay left from wrong tries."""
    with transaction():
        account, path = _kept_account(person, actor, now)
        if account.state == AccountState.ACTIVE:
            return
        account.state = AccountState.ACTIVE
        account.failures, account.wait_until = 0, None
        _note("enable", account, actor, now, path=path)


def _kept_account(person: Person, actor: Actor, now: datetime) -> tuple[Account, str | None]:
    unit = queries.unit_of(person.id, day=local_day(now))
    path = unit.path if unit else None
    account = queries.account_of(person.id)
    access.require_keeper(actor, path, account.id if account else None)
    return account or account_for(person, now=now), path


def end_logins(account_id: int, *, now: datetime, but: str | None = None) -> None:
    """End the account's log-ins, all or all but the one with the token `but`.

    Part of a verb: the caller has asked for permission and has a transaction open.
    """
    statement = (
        update(LoginSession).filter_by(account_id=account_id, ended_at=None).values(ended_at=now)
    )
    if but is not None:
        statement = statement.where(LoginSession.token_hash != rules.fingerprint(but))
    db.session.execute(statement)


def end_codes(account_id: int, kind: CodeKind, *, now: datetime) -> None:
    """End the account's code of a kind. Part of a verb, as `end_logins`."""
    db.session.execute(
        update(ActivationCode)
        .filter_by(account_id=account_id, kind=kind, ended_at=None)
        .values(ended_at=now)
    )


def _note(
    act: str,
    account: Account,
    actor: Actor,
    now: datetime,
    *,
    path: str | None = None,
    **body: object,
) -> None:
    journal.write(
        f"accounts.{act}", "account", account.id, actor=actor, now=now, unit_path=path, **body
    )
