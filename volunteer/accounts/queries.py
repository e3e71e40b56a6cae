"""Questions about log-ins."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select, tuple_
from sqlalchemy.orm import contains_eager, joinedload

from volunteer.core.actor import Actor, Grant, Role
from volunteer.core.clock import local_day
from volunteer.core.db import UTCDateTime, db, run, within
from volunteer.core.errors import NotFound
from volunteer.people.models import Membership, Person, PersonState
from volunteer.units import queries as units
from volunteer.units.models import Grid, Unit

from . import rules
from .models import Account, AccountGrant, AccountState, ActivationCode, CodeKind, LoginSession

_live_grant = and_(AccountGrant.account_id == Account.id, AccountGrant.ended_at.is_(None))

#: One row a grant, at least one; built once, for every request asks it.
_actor_of_token = (
    select(Account.id, Person.id, Person.name, AccountGrant.role, Unit.path)
    .select_from(LoginSession)
    .join(Account, Account.id == LoginSession.account_id)
    .join(Person, Person.id == Account.person_id)
    .outerjoin(AccountGrant, _live_grant)
    .outerjoin(Unit, Unit.id == AccountGrant.unit_id)
    .where(
        LoginSession.token_hash == bindparam("token_hash"),
        LoginSession.ended_at.is_(None),
        LoginSession.expires_at > bindparam("now", type_=UTCDateTime()),
        Account.state == AccountState.ACTIVE,
        Person.state == PersonState.ACTIVE,
    )
)


def actor_of_token(token: str, *, now: datetime) -> Actor | None:
    """Return who is logged in with the token of a cookie, with the roles held now.

    None where the log-in has ended or expired, the account is disabled or the person
    has left. One query.
    """
    facts = {"token_hash": rules.fingerprint(token), "now": now}
    rows = run(_actor_of_token, facts).all()
    if not rows:
        return None
    account_id, person_id, name = rows[0][:3]
    grants = frozenset(Grant(Role(row[3]), row[4]) for row in rows if row[3])
    return Actor(name, account_id, person_id, grants)


def _belongs_on(day: date) -> ColumnElement[bool]:
    still = or_(Membership.until_on.is_(None), Membership.until_on > day)
    return and_(Membership.from_on <= day, still)


def unit_of(person_id: int, *, day: date) -> Unit | None:
    """Return the unit to which the person belongs on a day."""
    statement = (
        select(Unit)
        .join(Membership, Membership.unit_id == Unit.id)
        .where(Membership.person_id == person_id, _belongs_on(day))
    )
    return db.session.scalar(statement)


def account_to_open(phone: str) -> Account | None:
    """Return the account of the phone if it may be logged into; locks its row."""
    statement = (
        select(Account)
        .join(Account.person)
        .where(
            Person.phone == phone,
            Person.state == PersonState.ACTIVE,
            Account.state == AccountState.ACTIVE,
        )
        .options(contains_eager(Account.person))
        .with_for_update(of=Account)
    )
    return db.session.scalar(statement)


def account_by_id(account_id: int) -> Account | None:
    """Return the account; locks its row."""
    statement = select(Account).filter_by(id=account_id).with_for_update()
    return db.session.scalar(statement)


def account_of(person_id: int) -> Account | None:
    return db.session.scalar(select(Account).filter_by(person_id=person_id))


def good_code(account_id: int, kind: CodeKind) -> ActivationCode | None:
    """Return the newest code of the kind unless it has been used; it may have expired."""
    statement = select(ActivationCode).filter_by(account_id=account_id, kind=kind, ended_at=None)
    return db.session.scalar(statement.with_for_update())


def good_link(token: str, *, now: datetime, lock: bool = False) -> ActivationCode | None:
    """Return the link's row with account and person, if it may still be used."""
    statement = (
        select(ActivationCode)
        .join(ActivationCode.account)
        .join(Account.person)
        .where(
            ActivationCode.code_hash == rules.fingerprint(token),
            ActivationCode.kind == CodeKind.LINK,
            ActivationCode.ended_at.is_(None),
            ActivationCode.expires_at > now,
            Account.state == AccountState.ACTIVE,
            Person.state == PersonState.ACTIVE,
        )
        .options(contains_eager(ActivationCode.account).contains_eager(Account.person))
    )
    return db.session.scalar(statement.with_for_update(of=ActivationCode) if lock else statement)


def grants_of(account_id: int) -> Sequence[AccountGrant]:
    """Return the roles that the account holds now, with their units."""
    statement = (
        select(AccountGrant)
        .filter_by(account_id=account_id, ended_at=None)
        .options(joinedload(AccountGrant.unit))
        .order_by(AccountGrant.id)
    )
    return db.session.scalars(statement).all()


def held_by(person_ids: Collection[int]) -> dict[int, list[Grant]]:
    """Return what each of these people holds; those who hold nothing are left out."""
    statement = (
        select(Account.person_id, AccountGrant.role, Unit.path)
        .join(AccountGrant, _live_grant)
        .join(Unit, Unit.id == AccountGrant.unit_id)
        .where(Account.person_id.in_(person_ids))
    )
    held: dict[int, list[Grant]] = {}
    for person_id, role, path in db.session.execute(statement):
        held.setdefault(person_id, []).append(Grant(Role(role), path))
    return held


def live_logins(account_id: int, *, now: datetime, limit: int = 50) -> Sequence[LoginSession]:
    """Return where the account is logged in, newest first."""
    statement = (
        select(LoginSession)
        .filter_by(account_id=account_id, ended_at=None)
        .where(LoginSession.expires_at > now)
        .order_by(LoginSession.created_at.desc(), LoginSession.id.desc())
        .limit(limit)
    )
    return db.session.scalars(statement).all()


def own_login(login_id: int, *, account_id: int) -> LoginSession | None:
    statement = select(LoginSession).filter_by(id=login_id, account_id=account_id, ended_at=None)
    return db.session.scalar(statement)


def login_of_token(token: str) -> LoginSession | None:
    statement = select(LoginSession).filter_by(token_hash=rules.fingerprint(token), ended_at=None)
    return db.session.scalar(statement)


class Candidate(NamedTuple):
    """Somebody for whom a code may be printed, and what is known of the log-in so far."""

    person_id: int
    public_id: str
    name: str
    phone: str
    unit_name: str
    unit_path: str
    activated: bool


_candidates = (
    select(
        Person.id,
        Person.public_id,
        Person.name,
        Person.phone,
        Unit.name,
        Unit.path,
        Account.password_hash.is_not(None),
    )
    .join(Membership, Membership.person_id == Person.id)
    .join(Unit, Unit.id == Membership.unit_id)
    .outerjoin(Account, Account.person_id == Person.id)
    .where(
        Person.state == PersonState.ACTIVE,
        Person.phone.is_not(None),
        or_(Account.state.is_(None), Account.state == AccountState.ACTIVE),
    )
)


def candidates(
    *, under: Sequence[str], day: date, search: str = "", limit: int
) -> Sequence[Candidate]:
    """Return people of the subtrees who have a phone, those without a log-in first.

    `search` is a part of the name or the last four digits of the phone.
    """
    statement = _candidates.where(within(Unit.path, under), _belongs_on(day))
    if search:
        statement = statement.where(
            or_(Person.name.contains(search, autoescape=True), Person.phone_tail == search)
        )
    statement = statement.order_by(
        Account.password_hash.is_not(None), Unit.path, Person.name, Person.id
    ).limit(limit)
    return [Candidate._make(row) for row in db.session.execute(statement)]


def candidates_chosen(
    public_ids: Collection[str], *, under: Sequence[str], day: date
) -> Sequence[Candidate]:
    """Return the chosen people by unit and name; those outside the subtrees are left out."""
    statement = _candidates.where(
        Person.public_id.in_(public_ids), within(Unit.path, under), _belongs_on(day)
    ).order_by(Unit.path, Person.name, Person.id)
    return [Candidate._make(row) for row in db.session.execute(statement)]


def person_by_phone(phone: str) -> Person | None:
    return db.session.scalar(select(Person).filter_by(phone=phone, state=PersonState.ACTIVE))


def own_account(actor: Actor) -> Account:
    """Return the account of whoever asks, with the person."""
    statement = select(Account).filter_by(id=actor.account_id).options(joinedload(Account.person))
    return db.session.scalars(statement).one()


#: Appointments, and units without one, on one page.
PAGE = 50


class Coordinator(NamedTuple):
    """One appointment that goes on; the grid's code and name are None for a whole unit."""

    grant_id: int
    public_id: str
    name: str
    has_left: bool
    unit_code: str
    unit_name: str
    unit_path: str
    grid_code: str | None
    grid_name: str | None
    since: date


class CoordinatorPage(NamedTuple):
    """Appointments by unit; `after` is the grant from which the next page goes on, or None."""

    lines: list[Coordinator]
    after: int | None


class Uncovered(NamedTuple):
    """A unit with people and without a coordinator of its own.

    `covered_by` is the nearest unit above that has one, None where there is none.
    """

    code: str
    name: str
    people: int
    covered_by: str | None


def _appointed() -> Select[*tuple[Any, ...]]:
    return (
        select(
            AccountGrant.id,
            Person.public_id,
            Person.name,
            Person.state != PersonState.ACTIVE,
            Unit.code,
            Unit.name,
            Unit.path,
            Grid.code,
            Grid.name,
            AccountGrant.granted_at,
        )
        .join(Account, Account.id == AccountGrant.account_id)
        .join(Person, Person.id == Account.person_id)
        .join(Unit, Unit.id == AccountGrant.unit_id)
        .outerjoin(Grid, Grid.id == AccountGrant.grid_id)
        .where(AccountGrant.role == Role.COORDINATOR, AccountGrant.ended_at.is_(None))
        .order_by(Unit.path, AccountGrant.id)
    )


def _lines(statement: Select[*tuple[Any, ...]]) -> list[Coordinator]:
    rows = db.session.execute(statement)
    return [Coordinator(*row)._replace(since=local_day(row[-1])) for row in rows]


def coordinators(
    *, under: Sequence[str], words: str = "", after: int | None = None
) -> CoordinatorPage:
    """Return a page of the coordinators of the units within `under`, in the tree's order.

    `words` is a part of the name of a person, a unit or a grid.
    """
    statement = _appointed().where(within(Unit.path, under)).limit(PAGE + 1)
    if words:
        columns = (Person.name, Unit.name, Grid.name)
        statement = statement.where(or_(*(c.icontains(words, autoescape=True) for c in columns)))
    place = (select(Unit.path, AccountGrant.id).join(Unit, Unit.id == AccountGrant.unit_id)).where(
        AccountGrant.id == after
    )
    if after is not None and (here := db.session.execute(place).one_or_none()):
        statement = statement.where(tuple_(Unit.path, AccountGrant.id) > tuple(here))
    lines = _lines(statement)
    return CoordinatorPage(lines[:PAGE], lines[PAGE - 1].grant_id if len(lines) > PAGE else None)


def coordinators_of_unit(unit_id: int) -> list[Coordinator]:
    """Return the coordinators of a unit itself, those for its grids among them."""
    statement = _appointed().where(AccountGrant.unit_id == unit_id).limit(PAGE)
    return _lines(statement)


def coordinators_of_grid(grid_id: int) -> list[Coordinator]:
    """Return the coordinators that were appointed for a grid."""
    statement = _appointed().where(AccountGrant.grid_id == grid_id).limit(PAGE)
    return _lines(statement)


def coordinator(grant_id: int, *, under: Sequence[str]) -> Coordinator:
    """Return an appointment that goes on; raises NotFound where it is not within `under`."""
    statement = _appointed().where(AccountGrant.id == grant_id, within(Unit.path, under))
    row = db.session.execute(statement).one_or_none()
    if row is None:
        raise NotFound()
    return Coordinator(*row)._replace(since=local_day(row[-1]))


def without_coordinator(
    *, under: Sequence[str], day: date, people: dict[int, int]
) -> list[Uncovered]:
    """Return the units with people and without a coordinator, those without any above first.

    `people` is how many people each unit itself has, by unit id. A coordinator who has left
    or whose log-in is closed does not count.
    """
    held = (
        select(AccountGrant.unit_id)
        .join(Account, Account.id == AccountGrant.account_id)
        .join(Person, Person.id == Account.person_id)
        .where(
            AccountGrant.role == Role.COORDINATOR,
            AccountGrant.ended_at.is_(None),
            Account.state == AccountState.ACTIVE,
            Person.state == PersonState.ACTIVE,
        )
    )
    named = select(Unit.id, Unit.name).where(Unit.id.in_(held))
    covered = dict(db.session.execute(named).all())
    statement = (
        select(Unit.id, Unit.code, Unit.name, Unit.path)
        .where(within(Unit.path, under), units.standing(day))
        .order_by(Unit.code)
    )
    found = []
    for unit_id, code, name, path in db.session.execute(statement):
        if unit_id in covered or not people.get(unit_id):
            continue
        way = [int(step) for step in path.strip("/").split("/")]
        nearest = next((step for step in reversed(way) if step in covered), None)
        found.append(Uncovered(code, name, people[unit_id], covered.get(nearest or 0)))
    return sorted(found, key=lambda each: each.covered_by is not None)
