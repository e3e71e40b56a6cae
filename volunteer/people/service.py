"""Changes to the register of people."""

import secrets
from datetime import date, datetime

from sqlalchemy.exc import IntegrityError

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import transaction
from volunteer.units import queries as units
from volunteer.units.errors import UnitUnknown

from . import access, landing, queries, rules
from .errors import (
    CategoryUnknown,
    NameInvalid,
    PhoneInvalid,
    PhoneTaken,
    SameUnit,
    TransferDay,
)
from .models import ConsentState, Membership, Person, PersonState


def register(
    *,
    name: str,
    phone: str | None,
    unit_code: str,
    category: str | None = None,
    from_on: date | None = None,
    actor: Actor,
    now: datetime,
) -> Person:
    """Enter one person, a member of the unit from `from_on` (else today) on.

    A person without a phone of their own has none (R57). Consent is pending (R4).
    """
    try:
        with transaction() as session:
            access.require_import(actor)
            landing.take_lock(session)
            unit = units.by_code(unit_code, under=access.readable(actor))
            if unit is None:
                raise UnitUnknown(unit=unit_code)
            access.require_keep(actor, unit.path)
            number = phone and _phone(phone)
            person = Person(
                public_id=secrets.token_hex(8),
                volunteer_number=rules.volunteer_number(landing.next_number(session)),
                name=_name(name),
                phone=number,
                phone_tail=number and number[7:],
                category=_category(category),
                state=PersonState.ACTIVE,
                consent=ConsentState.PENDING,
                registered_at=now,
            )
            session.add(person)
            session.flush()
            since = from_on or local_day(now)
            session.add(Membership(person_id=person.id, unit_id=unit.id, from_on=since))
            journal.write(
                "people.register", "person", person.id, actor=actor, now=now, unit_path=unit.path
            )
            return person
    except IntegrityError as error:
        raise PhoneTaken() from error


def transfer(
    public_id: str, *, unit_code: str, on: date, actor: Actor, now: datetime
) -> Membership:
    """Move a person into another unit from the day `on` on; past months keep the old unit (R29).

    Both units must be the actor's to keep. A day in the future, or not after the day on
    which the person came, is refused; who has left is not found.
    """
    with transaction() as session:
        person = queries.by_public_id(public_id, under=access.readable(actor))
        present, old_unit = queries.open_membership(person.id)
        access.require_keep(actor, old_unit.path)
        unit = units.by_code(unit_code, under=access.keepable(actor))
        if unit is None:
            raise UnitUnknown(unit=unit_code)
        if unit.id == old_unit.id:
            raise SameUnit()
        if not present.from_on < on <= local_day(now):
            raise TransferDay(earliest=present.from_on.isoformat())
        present.until_on = on
        session.flush()  # the old one ends before a new open one is written
        membership = Membership(person_id=person.id, unit_id=unit.id, from_on=on)
        session.add(membership)
        session.flush()
        journal.write(
            "people.transfer",
            "person",
            person.id,
            actor=actor,
            now=now,
            unit_path=unit.path,
            on=on.isoformat(),
        )
        return membership


def _name(text: str) -> str:
    try:
        return rules.normalise_name(text)
    except rules.Wrong as error:
        raise NameInvalid() from error


def _phone(text: str) -> str:
    try:
        return rules.normalise_phone(text)
    except rules.Wrong as error:
        raise PhoneInvalid() from error


def _category(text: str | None) -> str | None:
    try:
        return rules.category_of(text or "")
    except rules.Wrong as error:
        raise CategoryUnknown() from error
