"""What a person has learnt: entering it and ending it; and the look at a whole phone number."""

from datetime import date, datetime

from sqlalchemy import select

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import db, transaction
from volunteer.core.errors import NotFound
from volunteer.units.models import Unit

from . import access, hooks, queries, records
from .errors import NoPhoneThere, QualificationDays, ReasonMissing
from .models import Person, Qualification, QualificationKind
from .register import kept


def qualify(
    public_id: str,
    *,
    kind: QualificationKind,
    granted_on: date,
    expires_on: date | None,
    source: str,
    actor: Actor,
    now: datetime,
) -> Qualification:
    """Enter what a person has learnt; it holds until `expires_on` (first day no more).

    The same one twice is one. Raises QualificationDays.
    """
    with transaction() as session:
        person, unit = _kept(public_id, actor)
        if granted_on > local_day(now) or (expires_on and expires_on <= granted_on):
            raise QualificationDays()
        facts = {"person_id": person.id, "kind": kind, "granted_on": granted_on, "source": source}
        held = select(Qualification).filter_by(**facts, expires_on=expires_on, ended_at=None)
        if (same := session.scalar(held)) is not None:
            return same
        made = Qualification(
            **facts, expires_on=expires_on, entered_by=actor.account_id, entered_at=now
        )
        session.add(made)
        session.flush()
        journal.write(
            "people.qualify",
            "person",
            person.id,
            actor=actor,
            now=now,
            unit_path=unit.path,
            kind=str(kind),
            qualification=made.id,
        )
        return made


def end_qualification(
    public_id: str, qualification_id: int, *, actor: Actor, now: datetime
) -> None:
    """End a qualification that was lost or entered by mistake. A repeat changes nothing."""
    with transaction():
        person, unit = _kept(public_id, actor)
        held = select(Qualification).where(
            Qualification.id == qualification_id,
            Qualification.person_id.in_(records.same_person(person.id)),
        )
        found = db.session.scalar(held)
        if found is None:
            raise NotFound()
        if found.ended_at is None:
            found.ended_at = now
            journal.write(
                "people.end_qualification",
                "person",
                person.id,
                actor=actor,
                now=now,
                unit_path=unit.path,
                qualification=found.id,
            )


def show_phone(public_id: str, *, reason: str, actor: Actor, now: datetime) -> str:
    """Return a person's whole phone number; every look is journalled with its reason (R63).

    Raises NotFound, NotAllowed (a coordinator sees it only about a shift of the own units
    at which the person serves), ReasonMissing, NoPhoneThere.
    """
    with transaction():
        person = queries.by_public_id(public_id, under=access.readable(actor))
        _, unit = records.newest_membership(person.id)
        serves_now = any(
            serves(person.id, access.coordinated(actor), now) for serves in hooks.serves
        )
        access.require_phone(actor, unit.path, serves_now=serves_now)
        if not reason:
            raise ReasonMissing()
        if person.phone is None:
            raise NoPhoneThere()
        journal.write(
            "people.show_phone",
            "person",
            person.id,
            actor=actor,
            now=now,
            unit_path=unit.path,
            reason=reason,
        )
        return person.phone


def _kept(public_id: str, actor: Actor) -> tuple[Person, Unit]:
    access.require_import(actor)
    return kept(public_id, actor)
