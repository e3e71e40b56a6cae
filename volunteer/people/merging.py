"""Two records of one person become one; nothing that either has earned is rewritten.

Minutes, attendances and consents keep the id under which they came about, and reads of the
kept person follow `merged_into_id` (`records.same_person`). What is still to come, and what
is counted by days (memberships, exemptions, qualifications), goes over to the kept record.
"""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import delete, select, update

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.db import db, transaction
from volunteer.core.errors import NotFound

from . import access, hooks, register
from .errors import SameRecord
from .models import (
    Membership,
    Person,
    PersonRequest,
    PersonState,
    PlannedMove,
    Qualification,
    RequestState,
)

#: A stretch of days: the first one, and the first one after it (None: open-ended).
Stretch = tuple[date, date | None]


def merge(public_id: str, other_id: str, *, actor: Actor, now: datetime) -> Person:
    """Merge the record `other_id` into `public_id` and return the one that is kept.

    Both must be the actor's to keep. The units of the kept record hold; those of the other
    one fill its gaps, so that nobody is counted twice in any month. Phone and category pass
    over where the kept one has none. The other number, card and address go on meaning the
    person. A repeat changes nothing. Raises SameRecord, NotFound, NotAllowed, and what the
    hooks refuse: somebody who is at a shift, or who holds roles by the other record.
    """
    with transaction() as session:
        kept, unit = _kept(public_id, actor)
        if _is_merged(other_id, kept.id):
            return kept
        other, other_unit = _kept(other_id, actor)
        if other.id == kept.id:
            raise SameRecord()
        for hook in hooks.merged:
            hook(kept.id, other.id, now)
        gone = _join_stays(kept, other)
        _join_facts(kept, other, now)
        session.execute(
            update(Person).where(Person.merged_into_id == other.id).values(merged_into_id=kept.id)
        )
        other.state, other.merged_into_id = PersonState.MERGED, kept.id
        journal.write(
            "people.merge",
            "person",
            kept.id,
            actor=actor,
            now=now,
            unit_path=unit.path,
            merged=other.id,
            merged_unit=other_unit.code,
            memberships=gone,
        )
        return kept


def _kept(public_id: str, actor: Actor) -> tuple[Person, register.Unit]:
    access.require_import(actor)
    return register.kept(public_id, actor)


def _is_merged(public_id: str, into: int) -> bool:
    wanted = select(Person.id).where(Person.public_id == public_id, Person.merged_into_id == into)
    return db.session.scalar(wanted) is not None


def _stays(person: Person) -> list[Membership]:
    wanted = select(Membership).filter_by(person_id=person.id).order_by(Membership.from_on)
    return list(db.session.scalars(wanted))


def _join_stays(kept: Person, other: Person) -> list[list[object]]:
    """Fill the gaps of the kept record; return the other's memberships as they were."""
    session = db.session()
    ours, theirs = _stays(kept), _stays(other)
    if not ours or not theirs:
        raise NotFound()
    covered: list[Stretch] = [(each.from_on, each.until_on) for each in ours]
    facts = [(each.unit_id, each.from_on, each.until_on) for each in theirs]
    session.execute(delete(Membership).where(Membership.person_id == other.id))
    session.execute(delete(PlannedMove).where(PlannedMove.person_id == other.id))
    for unit_id, begins, ends in facts:
        for first, last in gaps((begins, ends), covered):
            session.add(
                Membership(person_id=kept.id, unit_id=unit_id, from_on=first, until_on=last)
            )
            if last is None:
                kept.state = PersonState.ACTIVE
                session.execute(delete(PlannedMove).where(PlannedMove.person_id == kept.id))
    session.flush()
    return [[unit_id, str(begins), ends and str(ends)] for unit_id, begins, ends in facts]


def gaps(wanted: Stretch, covered: Iterable[Stretch]) -> list[Stretch]:
    """Return the parts of a stretch that none of the others covers, in order.

    >>> june, july, august = (date(2026, month, 1) for month in (6, 7, 8))
    >>> gaps((june, None), [(july, august)]) == [(june, july), (august, None)]
    True
    >>> gaps((june, august), [(june, None)])
    []
    """
    begins, ends = wanted
    found: list[Stretch] = []
    for first, last in sorted(covered, key=lambda stretch: stretch[0]):
        if ends is not None and first >= ends:
            break
        if first > begins:
            found.append((begins, first))
        if last is None:
            return found
        begins = max(begins, last)
    if ends is None or begins < ends:
        found.append((begins, ends))
    return found


def _join_facts(kept: Person, other: Person, now: datetime) -> None:
    learnt = update(Qualification).where(Qualification.person_id == other.id)
    db.session.execute(learnt.values(person_id=kept.id))
    if kept.phone is None and other.phone is not None:
        phone, tail = other.phone, other.phone_tail
        other.phone = other.phone_tail = None
        db.session.flush()  # the number is free before it is taken
        kept.phone, kept.phone_tail = phone, tail
    kept.category = kept.category or other.category
    if other.consent_at and (kept.consent_at is None or other.consent_at > kept.consent_at):
        kept.consent, kept.consent_at = other.consent, other.consent_at
        kept.consent_version = other.consent_version
    db.session.execute(
        update(PersonRequest)
        .where(PersonRequest.person_id == other.id, PersonRequest.state == RequestState.OPEN)
        .values(state=RequestState.TAKEN_BACK, decided_at=now)
    )
