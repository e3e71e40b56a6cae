"""Phones that scan for others: taken in, taken out of use, and what they still owe us."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import joinedload

from volunteer.accounts.models import Account
from volunteer.core import journal
from volunteer.core.actor import KEEPERS, Actor
from volunteer.core.clock import local_day
from volunteer.core.db import again_on_conflict, db, transaction, within
from volunteer.core.errors import NotFound
from volunteer.people.models import Membership, Person
from volunteer.shifts.models import Shift
from volunteer.units.models import Unit

from . import access
from .devices import cookie_hash
from .errors import DeviceRevoked
from .phone_clock import LOOKBACK
from .scanners import ScannerDevice, ScannerHold


def enrol(cookie: str | None, browser_class: str, *, actor: Actor, now: datetime) -> str:
    """Take the browser in as a scanning device of the actor; return its new secret cookie.

    A browser that is taken in already and is the actor's keeps its cookie; one that another
    account had takes a new one. Raises DeviceRevoked where it was taken out of use.
    """
    with transaction() as session:
        access.require_self(actor)
        if device_of(cookie, actor) is not None:
            return cookie or ""
        fresh = secrets.token_urlsafe(24)
        device = ScannerDevice(
            public_id=secrets.token_hex(8),
            account_id=actor.account_id,
            cookie_hash=cookie_hash(fresh),
            browser_class=browser_class,
            enrolled_at=now,
            seen_at=now,
            last_seq=0,
            gaps=0,
            waiting=0,
        )
        session.add(device)
        session.flush()
        journal.write(
            "attendance.enrol_scanner", "scanner_device", device.public_id, actor=actor, now=now
        )
        return fresh


def device_of(cookie: str | None, actor: Actor) -> ScannerDevice | None:
    """Return the actor's device in this browser, None where it has not been taken in.

    Raises DeviceRevoked where it was taken out of use, whosever it was.
    """
    if not cookie:
        return None
    known = db.session.scalar(select(ScannerDevice).filter_by(cookie_hash=cookie_hash(cookie)))
    if known is None:
        return None
    if known.revoked_at is not None:
        raise DeviceRevoked()
    return known if known.account_id == actor.account_id else None


def use(public_id: str, *, allowed: bool, actor: Actor, now: datetime) -> bool:
    """Take a device out of use, or allow it again; return whether that changed anything.

    Its owner may take it out, and who keeps the owner's unit; only the latter allows it
    again, so that whoever found a lost phone does not. What it still holds stays on it.
    """
    with transaction() as session:
        owner = _owner_path(public_id, now)
        device = _found(public_id)
        access.require_device(actor, owner, device.account_id, giving_back=allowed)
        device = session.get_one(
            ScannerDevice, device.id, with_for_update=True, populate_existing=True
        )
        if (device.revoked_at is None) == allowed:
            return False
        device.revoked_at = None if allowed else now
        device.revoked_by = None if allowed else actor.account_id
        act = "allow_scanner" if allowed else "revoke_scanner"
        journal.write(
            f"attendance.{act}",
            "scanner_device",
            public_id,
            actor=actor,
            now=now,
            unit_path=owner,
        )
        return True


def _found(public_id: str) -> ScannerDevice:
    device = db.session.scalar(select(ScannerDevice).filter_by(public_id=public_id))
    if device is None:
        raise NotFound()
    return device


def _owner_path(public_id: str, now: datetime) -> str | None:
    """Return the path of the unit to which the owner belongs today."""
    statement = (
        select(Unit.path)
        .join(Membership, and_(Membership.unit_id == Unit.id, _belongs(now)))
        .join(Account, Account.person_id == Membership.person_id)
        .join(ScannerDevice, ScannerDevice.account_id == Account.id)
        .where(ScannerDevice.public_id == public_id)
    )
    return db.session.scalar(statement)


def _belongs(now: datetime) -> ColumnElement[bool]:
    day = local_day(now)
    return and_(
        Membership.from_on <= day, or_(Membership.until_on.is_(None), Membership.until_on > day)
    )


class DeviceLine(NamedTuple):
    """A device on the page of devices."""

    device: ScannerDevice
    name: str
    unit_name: str
    unit_path: str


def devices(actor: Actor, *, now: datetime, limit: int = 100) -> list[DeviceLine]:
    """Return the actor's own devices and those of the units that the actor keeps, the last
    seen first."""
    statement = (
        select(ScannerDevice, Person.name, Unit.name, Unit.path)
        .join(Account, Account.id == ScannerDevice.account_id)
        .join(Person, Person.id == Account.person_id)
        .join(Membership, and_(Membership.person_id == Person.id, _belongs(now)))
        .join(Unit, Unit.id == Membership.unit_id)
        .where(
            or_(
                ScannerDevice.account_id == actor.account_id,
                within(Unit.path, actor.paths(*KEEPERS)),
            )
        )
        .options(joinedload(ScannerDevice.account))
        .order_by(ScannerDevice.seen_at.desc(), ScannerDevice.id.desc())
        .limit(limit)
    )
    return [DeviceLine(*row) for row in db.session.execute(statement)]


@again_on_conflict
def note_sync(
    device_id: int, *, holds: Iterable[str], waiting: int, actor: Actor, now: datetime
) -> None:
    """Write down what a device has on board and how many scans it has not sent in yet.

    `holds` are public ids of shifts, unknown ones are passed over; those once held stay.
    With nothing waiting the watermark of all its shifts moves up to `now`.
    """
    with transaction() as session:
        access.require_self(actor)
        device = session.get_one(
            ScannerDevice, device_id, with_for_update=True, populate_existing=True
        )
        device.seen_at = now
        device.waiting = waiting
        if not waiting:
            device.synced_at = now
        wanted = list(holds)
        if wanted:
            known = select(Shift.id).where(Shift.public_id.in_(wanted))
            held = select(ScannerHold.shift_id).filter_by(device_id=device_id)
            fresh = set(session.scalars(known)) - set(session.scalars(held))
            session.add_all(
                ScannerHold(device_id=device_id, shift_id=each, held_at=now)
                for each in sorted(fresh)
            )


def not_synced(shift_ids: Sequence[int], now: datetime) -> dict[int, int]:
    """Return by shift how many phones may still hold scans of it: the watermark (R15).

    A phone that has a shift's list on board owes a sync with an empty queue after the
    shift's end; until then nobody of the shift is absent. Phones out of use owe nothing, and
    nobody does after the lookback, since what comes later is refused. One query.
    """
    statement = (
        select(ScannerHold.shift_id, func.count())
        .join(ScannerDevice, ScannerDevice.id == ScannerHold.device_id)
        .join(Shift, Shift.id == ScannerHold.shift_id)
        .where(
            ScannerHold.shift_id.in_(shift_ids),
            ScannerDevice.revoked_at.is_(None),
            or_(ScannerDevice.synced_at.is_(None), ScannerDevice.synced_at < Shift.ends_at),
            Shift.ends_at > now - LOOKBACK,
        )
        .group_by(ScannerHold.shift_id)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}
