"""Makers of rows: sensible unless told otherwise, always by keyword.

They write plain rows, past the verbs, so that a test of one verb stands on no other.
"""

import secrets
from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any, TypeVar

from argon2 import PasswordHasher
from sqlalchemy import select

from tests.browser import Browser
from volunteer.accounts.models import Account, AccountGrant, LoginSession
from volunteer.attendance.models import Attendance
from volunteer.core.actor import Actor, Grant, Role
from volunteer.core.clock import LOCAL
from volunteer.core.db import Base, db, transaction
from volunteer.hours.models import LedgerEntry
from volunteer.people.models import Membership, Person
from volunteer.people.rules import pinyin_key
from volunteer.reminders.models import Reminder
from volunteer.shifts.models import Assignment, CheckinSettings, Shift, Site
from volunteer.targets.models import Exemption, Policy
from volunteer.units.models import Grid, Unit, UnitAlias

Row = TypeVar("Row", bound=Base)

_serial = count(1)
_hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


def at(text: str) -> datetime:
    """A local moment: at("2026-03-07 09:00")."""
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


#: When everything was made that says nothing else.
LONG_AGO = at("2026-01-01 00:00")
FAR_AHEAD = at("2099-12-31 00:00")


def city() -> Unit:
    """The root of the tree; made when first asked for."""
    found = db.session.scalar(select(Unit).where(Unit.kind == "city"))
    return found or _place_in_tree(
        code="CITY", name="建德市", kind="city", parent_id=None, base="/"
    )


def unit(*, parent: Unit | None = None, **given: Any) -> Unit:
    """A unit under `parent`, or under the city."""
    number = next(_serial)
    above = parent or city()
    facts = {"code": f"U{number:04d}", "name": f"第{number}单位", "kind": "department", **given}
    return _place_in_tree(**facts, parent_id=above.id, base=above.path)


def grid(*, lead: Unit | None = None, **given: Any) -> Grid:
    number = next(_serial)
    lead = lead or unit()
    facts = {"code": f"G{number:04d}", "name": f"第{number}网格", "kind": "road"}
    return save(Grid(**{**facts, "township_id": lead.id, "lead_unit_id": lead.id, **given}))


def alias(*, unit: Unit, name: str | None = None) -> UnitAlias:
    """A name by which sheets may call the unit."""
    name = name or f"第{next(_serial)}别名"
    return save(UnitAlias(unit_id=unit.id, name=name, name_key=name, created_at=LONG_AGO))


def phone() -> str:
    """A phone number of the block that belongs to nobody, 1990..."""
    return f"1990{next(_serial):07d}"


_A_NEW_ONE: Any = object()


def person(
    *,
    unit: Unit | None = None,
    phone: str | None = _A_NEW_ONE,
    from_on: date = date(2026, 1, 1),
    until_on: date | None = None,
    **given: Any,
) -> Person:
    """A person with one membership; `phone=None` is somebody without a phone."""
    number = next(_serial)
    unit = unit or globals()["unit"]()
    if phone is _A_NEW_ONE:
        phone = globals()["phone"]()
    made = save(
        Person(
            **{
                "public_id": secrets.token_hex(8),
                "volunteer_number": f"V{number:07d}",
                "name": f"志愿者{number}",
                "phone": phone,
                "phone_tail": phone and phone[-4:],
                "name_pinyin": pinyin_key(given.get("name", f"志愿者{number}")),
                "state": "active",
                "consent": "pending",
                "registered_at": LONG_AGO,
                **given,
            }
        )
    )
    member(person=made, unit=unit, from_on=from_on, until_on=until_on)
    return made


def member(
    *, person: Person, unit: Unit, from_on: date, until_on: date | None = None
) -> Membership:
    """A further membership; the one before must have been given its end."""
    return save(
        Membership(person_id=person.id, unit_id=unit.id, from_on=from_on, until_on=until_on)
    )


def unit_of(person: Person) -> Unit:
    """The unit of the person's newest membership."""
    newest = select(Membership).filter_by(person_id=person.id).order_by(Membership.from_on.desc())
    return db.session.scalars(newest).first().unit


def standard_settings() -> CheckinSettings:
    """The check-in settings that the first migration brings."""
    return db.session.scalars(select(CheckinSettings).order_by(CheckinSettings.id)).first()


def checkin_settings(**given: Any) -> CheckinSettings:
    """A version of its own, as the standard one where nothing else is given."""
    return save(
        CheckinSettings(
            **{
                "name": "test",
                "opens_before_minutes": 15,
                "min_stay_minutes": 15,
                "closes_after_minutes": 60,
                "require_out": True,
                "return_allowed": False,
                "qr_mode": "static",
                "hold_without_evidence": False,
                "created_at": LONG_AGO,
                **given,
            }
        )
    )


def site(*, unit: Unit | None = None, **given: Any) -> Site:
    number = next(_serial)
    unit = unit or globals()["unit"]()
    facts = {
        "code": f"S{number:04d}",
        "public_id": secrets.token_hex(8),
        "name": f"第{number}点位",
        "fence_mode": "off",
        "qr_epoch": 1,
    }
    return save(Site(**{**facts, "unit_id": unit.id, **given}))


def shift(
    *,
    starts: str | datetime = "2026-03-07 09:00",
    minutes: int = 120,
    unit: Unit | None = None,
    site: Site | None = None,
    leader: Person | None = None,
    settings: CheckinSettings | None = None,
    **given: Any,
) -> Shift:
    """A shift of `unit` (else of the site's unit) at `site` (else at one of the unit)."""
    starts_at = at(starts) if isinstance(starts, str) else starts
    site = site or globals()["site"](unit=unit)
    return save(
        Shift(
            **{
                "public_id": secrets.token_hex(8),
                "kind": "single",
                "unit_id": unit.id if unit else site.unit_id,
                "site_id": site.id,
                "leader_id": leader and leader.id,
                "title": "路口劝导",
                "content": "路口劝导",
                "starts_at": starts_at,
                "ends_at": starts_at + timedelta(minutes=minutes),
                "wanted": 2,
                "nature": "voluntary",
                "settings_id": (settings or standard_settings()).id,
                "state": "planned",
                **given,
            }
        )
    )


def assignment(
    *, person: Person | None = None, shift: Shift | None = None, **given: Any
) -> Assignment:
    shift = shift or globals()["shift"]()
    person = person or globals()["person"](unit=shift.unit)
    facts = {
        "person_id": person.id,
        "shift_id": shift.id,
        "starts_at": shift.starts_at,
        "ends_at": shift.ends_at,
        "state": "assigned",
        "assigned_at": LONG_AGO,
    }
    return save(Assignment(**{**facts, **given}))


def policy(*, valid_from: str = "2026-01", **given: Any) -> Policy:
    """A version of the monthly rules: 120 minutes, nothing else, from `valid_from` on."""
    facts = {
        "document_number": f"第{next(_serial)}号",
        "valid_from": valid_from,
        "monthly_target_minutes": 120,
        "min_days": 10,
        "rounding": "none",
        "grace_in_minutes": 0,
        "grace_out_minutes": 0,
        "min_presence_percent": 0,
        "max_minutes_per_record": 480,
        "max_minutes_per_day": 720,
        "duty_counts_for_target": False,
        "created_at": LONG_AGO,
    }
    return save(Policy(**{**facts, **given}))


def exemption(
    *, person: Person, from_on: date, until_on: date, kind: str = "sick", **given: Any
) -> Exemption:
    facts = {"kind": kind, "from_on": from_on, "until_on": until_on, "approved_at": LONG_AGO}
    return save(Exemption(person_id=person.id, **{**facts, **given}))


def entry(
    *, person: Person, minutes: int, on: date, unit: Unit | None = None, **given: Any
) -> LedgerEntry:
    """A line of the ledger, in the month of the day `on`, for `unit` (else the person's)."""
    facts = {
        "unit_id": (unit or unit_of(person)).id,
        "month": f"{on:%Y-%m}",
        "service_day": on,
        "nature": "voluntary",
        "source": f"made:{next(_serial)}",
        "source_class": "scanned",
        "entered_at": LONG_AGO,
    }
    return save(LedgerEntry(person_id=person.id, minutes=minutes, **{**facts, **given}))


def attendance(*, person: Person, shift: Shift, state: str = "closed", **given: Any) -> Attendance:
    """A presence for the whole shift; `open` has no leaving yet."""
    facts = {
        "unit_id": unit_of(person).id,
        "arrived_at": shift.starts_at,
        "left_at": None if state == "open" else shift.ends_at,
        "evidence_class": "C",
        "review": "none",
        "revision": 0,
    }
    made = Attendance(person_id=person.id, shift_id=shift.id, state=state, **{**facts, **given})
    return save(made)


def reminder(*, person: Person, kind: str = "short_day_20", **given: Any) -> Reminder:
    """A message in the inbox, not read yet."""
    facts = {
        "period": "2026-03",
        "required_minutes": 120,
        "served_minutes": 45,
        "planned_at": at("2026-03-20 09:00"),
    }
    return save(Reminder(person_id=person.id, kind=kind, **{**facts, **given}))


def account(*, person: Person | None = None, password: str | None = None, **given: Any) -> Account:
    """A log-in; without a password it has not been activated."""
    person = person or globals()["person"]()
    facts = {
        "password_hash": password and _hasher.hash(password),
        "password_set_at": password and LONG_AGO,
        "state": "active",
        "created_at": LONG_AGO,
        "failures": 0,
    }
    return save(Account(person_id=person.id, **{**facts, **given}))


def account_of(person: Person) -> Account:
    """The person's account; made when first asked for."""
    found = db.session.scalar(select(Account).filter_by(person_id=person.id))
    return found or account(person=person)


def grant(*, person: Person, role: Role, unit: Unit, **given: Any) -> AccountGrant:
    """The role over the unit, given to the person's account."""
    facts = {"role": role, "unit_id": unit.id, "granted_at": LONG_AGO}
    return save(AccountGrant(account_id=account_of(person).id, **{**facts, **given}))


def actor_of(person: Person) -> Actor:
    """The person as the one who asks, with the grants that are held."""
    login = account_of(person)
    held = select(AccountGrant).filter_by(account_id=login.id, ended_at=None)
    grants = {Grant(Role(row.role), row.unit.path) for row in db.session.scalars(held)}
    return Actor(person.name, login.id, person.id, frozenset(grants))


def grant_of(role: Role, unit: Unit) -> Actor:
    """Somebody of the unit who holds the role over it, with an account of his own."""
    holder = person(unit=unit)
    grant(person=holder, role=role, unit=unit)
    return actor_of(holder)


def login(client: Browser, person: Person, *roles: Role, over: Unit | None = None) -> Actor:
    """Log `person` in in this browser, with `roles` over a unit (else over the own one)."""
    for role in roles:
        grant(person=person, role=role, unit=over or unit_of(person))
    token = secrets.token_urlsafe(32)
    save(
        LoginSession(
            account_id=account_of(person).id,
            token_hash=sha256(token.encode()).hexdigest(),
            created_at=LONG_AGO,
            expires_at=FAR_AHEAD,
        )
    )
    client.remember("_user_id", token)
    return actor_of(person)


def save(row: Row) -> Row:
    """Write one row in a transaction of its own and give it back."""
    with transaction() as session:
        session.add(row)
    return row


def _place_in_tree(*, base: str, **facts: Any) -> Unit:
    facts.setdefault("name_key", facts["name"])
    with transaction() as session:
        made = Unit(**facts, path=f"new {facts['code']}")
        session.add(made)
        session.flush()
        made.path = f"{base}{made.id}/"
    return made
