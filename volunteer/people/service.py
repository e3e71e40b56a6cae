"""The facts of one record as verbs write them, also those of other features: phone, consent."""

from datetime import date, datetime

from sqlalchemy import select

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.db import db
from volunteer.units.rules import name_key

from . import categories, hooks, records, rules
from .errors import CategoryUnknown, NameInvalid, PhoneInvalid
from .models import (
    Consent,
    ConsentState,
    Person,
    Purpose,
    Qualification,
    QualificationKind,
)


def set_name(person: Person, text: str) -> bool:
    """Give a person another name; return whether it is another one. Part of a verb."""
    if text == person.name or (name := name_of(text)) == person.name:
        return False
    person.name, person.name_pinyin = name, rules.pinyin_key(name)
    return True


def set_phone(person: Person, text: str | None, *, now: datetime) -> bool:
    """Give a person another phone number, or none; return whether it is another one.

    Part of a verb: the caller has asked for permission and has a transaction open. What
    depends on the number (log-ins, printed codes) is told by a hook. A number that a merged
    record of the same person holds passes over; anybody else's is an IntegrityError.
    """
    number = phone_of(text) if text else None
    if number == person.phone:
        return False
    session = db.session()
    if number:
        for other in records.merged_into(person.id):
            if other.phone == number:
                other.phone = other.phone_tail = None
        session.flush()
    person.phone, person.phone_tail = number, number and number[7:]
    session.flush()
    for hook in hooks.phone_changed:
        hook(person.id, now)
    return True


def record_consent(
    person: Person, state: ConsentState, *, version: int, actor: Actor, now: datetime
) -> None:
    """Write down what a person answered to a version of the notice (R4, R62).

    Part of a verb, as `set_phone`. The newest answer stands on the person too.
    """
    session = db.session()
    session.add(
        Consent(person_id=person.id, purpose=Purpose.SERVICE, version=version, state=state, at=now)
    )
    person.consent, person.consent_version, person.consent_at = state, version, now
    journal.write(
        "people.consent",
        "person",
        person.id,
        actor=actor,
        now=now,
        given=state == ConsentState.GIVEN,
        version=version,
    )


def name_of(text: str) -> str:
    try:
        return rules.normalise_name(text)
    except rules.Wrong as error:
        raise NameInvalid() from error


def phone_of(text: str) -> str:
    try:
        return rules.normalise_phone(text)
    except rules.Wrong as error:
        raise PhoneInvalid() from error


def category_of(text: str | None, *, held: str | None = None) -> str | None:
    """Return the category that a text names, None for nothing; raises CategoryUnknown.

    What the person holds already (`held`) stays, offered or not.
    """
    if text is None or rules.is_missing(text):
        return None
    category = name_key(text)
    if category != held and category not in categories.on_offer():
        raise CategoryUnknown()
    return category


def grant_by_training(
    person_id: int,
    kind: QualificationKind,
    *,
    granted_on: date,
    valid_months: int,
    source: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Enter what somebody has learnt by serving (R54); `source` names the shift.

    Part of a verb, as `set_phone`. The same source again enters nothing.
    """
    session = db.session()
    known = select(Qualification.id).where(
        Qualification.person_id == person_id,
        Qualification.kind == kind,
        Qualification.source == source,
        Qualification.ended_at.is_(None),
    )
    if session.scalar(known) is not None:
        return
    made = Qualification(
        person_id=person_id,
        kind=kind,
        granted_on=granted_on,
        expires_on=rules.months_later(granted_on, valid_months),
        source=source,
        entered_by=actor.account_id,
        entered_at=now,
    )
    session.add(made)
    session.flush()
    journal.write(
        "people.qualify",
        "person",
        person_id,
        actor=actor,
        now=now,
        kind=str(kind),
        qualification=made.id,
    )


def take_back_training(person_id: int, *, source: str, actor: Actor, now: datetime) -> None:
    """End what somebody was said to have learnt by serving, where that was a mistake.

    Part of a verb, as `grant_by_training`; where there is nothing, nothing changes.
    """
    session = db.session()
    held = select(Qualification).where(
        Qualification.person_id == person_id,
        Qualification.source == source,
        Qualification.ended_at.is_(None),
    )
    for each in session.scalars(held).all():
        each.ended_at = now
        journal.write(
            "people.end_qualification",
            "person",
            person_id,
            actor=actor,
            now=now,
            qualification=each.id,
        )
    session.flush()
