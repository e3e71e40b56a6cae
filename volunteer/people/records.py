"""Reads of what belongs to one person: consents, qualifications, requests, other records."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    func,
    or_,
    select,
)
from sqlalchemy.orm import joinedload

from volunteer.core.db import db
from volunteer.core.errors import NotFound
from volunteer.units import queries as units
from volunteer.units.models import Unit

from .models import (
    Consent,
    Membership,
    Notice,
    Person,
    PersonRequest,
    PlannedMove,
    Purpose,
    Qualification,
    RequestKind,
    RequestState,
)


class MonthOf(NamedTuple):
    """The minutes of one month of a person that count to the minimum, and the other ones."""

    month: str
    served: int
    other: int


class ShiftOf(NamedTuple):
    """A shift at which a person is to serve, or served."""

    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    public_id: str


class ExemptOf(NamedTuple):
    """Days on which a person owes nothing, both included."""

    kind: str
    from_on: date
    until_on: date


class Deeds(NamedTuple):
    """What higher features know of a person; the newest months and past shifts first."""

    months: Sequence[MonthOf]
    to_come: Sequence[ShiftOf]
    past: Sequence[ShiftOf]
    exemptions: Sequence[ExemptOf]


class Line(NamedTuple):
    """One entry of a person's ledger, oldest first."""

    day: date
    title: str
    place: str
    minutes: int
    nature: str
    source_class: str
    reason: str | None


NOTHING = Deeds((), (), (), ())


def same_person(person_id: Any) -> CompoundSelect[int]:
    """Return the statement of a person's own id and those of the records merged into it.

    Minutes, attendances and assignments keep the id under which they came about; whatever
    is read of one person is read by all of these.
    """
    merged = select(Person.id).where(Person.merged_into_id == person_id)
    return select(person_id).union_all(merged)


def kept_people() -> Select[int | None]:
    """Return the statement of people into whom another record was merged."""
    return select(Person.merged_into_id).where(Person.merged_into_id.is_not(None))


def merged_into(person_id: int) -> Sequence[Person]:
    """Return the records that were merged into a person, by number."""
    wanted = select(Person).where(Person.merged_into_id == person_id)
    return db.session.scalars(wanted.order_by(Person.volunteer_number)).all()


def kept_id(public_id: str) -> str | None:
    """Return the public id of the record that was kept, None where this one was not merged."""
    other = Person.__table__.alias("other")
    wanted = (
        select(Person.public_id)
        .join(other, other.c.merged_into_id == Person.id)
        .where(other.c.public_id == public_id)
    )
    return db.session.scalar(wanted)


def planned_move_of(person_id: int, *, lock: bool = False) -> PlannedMove | None:
    """Return the transfer or leave of a person that is still to come, or None."""
    wanted = select(PlannedMove).where(PlannedMove.person_id == person_id)
    if lock:
        return db.session.scalar(wanted.with_for_update())
    return db.session.scalar(wanted.options(joinedload(PlannedMove.unit)))


def moves_due(day: date) -> Sequence[PlannedMove]:
    """Return the planned moves of `day` and of the days before, the oldest first."""
    wanted = select(PlannedMove).where(PlannedMove.on <= day)
    return db.session.scalars(wanted.order_by(PlannedMove.on, PlannedMove.id)).all()


def newest_membership(person_id: int) -> tuple[Membership, Unit]:
    """Return a person's last membership so far, with its unit."""
    wanted = (
        select(Membership, Unit)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.person_id == person_id)
        .order_by(Membership.from_on.desc())
        .limit(1)
    )
    found = db.session.execute(wanted).one_or_none()
    if found is None:
        raise NotFound()
    return found[0], found[1]


def current_notice(purpose: Purpose = Purpose.SERVICE) -> Notice:
    """Return the newest version of what people are told."""
    return notices(purpose)[0]


def asks_consent(person_id: int) -> bool:
    """Tell whether a person has still to answer the newest notice."""
    newest = select(func.max(Notice.version)).where(Notice.purpose == Purpose.SERVICE)
    due = select(Person.id).where(
        Person.id == person_id,
        or_(Person.consent_version.is_(None), Person.consent_version < newest.scalar_subquery()),
    )
    return db.session.scalar(due) is not None


def notice_shown(version: object) -> int:
    """Return which version a form says that it has shown; what is none means the newest."""
    known = {str(notice.version): notice.version for notice in notices()}
    return known.get(str(version), max(known.values()))


def notices(purpose: Purpose = Purpose.SERVICE) -> Sequence[Notice]:
    """Return every version, the newest first."""
    wanted = select(Notice).where(Notice.purpose == purpose).order_by(Notice.version.desc())
    return db.session.scalars(wanted).all()


def consents_of(person_id: int) -> Sequence[Consent]:
    """Return a person's answers, the newest first, those of merged records among them."""
    wanted = select(Consent).where(Consent.person_id.in_(same_person(person_id)))
    return db.session.scalars(wanted.order_by(Consent.id.desc())).all()


def qualifications_of(person_id: int) -> Sequence[Qualification]:
    """Return a person's qualifications, the newest first; those ended by hand left out."""
    wanted = select(Qualification).where(
        Qualification.person_id.in_(same_person(person_id)), Qualification.ended_at.is_(None)
    )
    order = (Qualification.granted_on.desc(), Qualification.id.desc())
    return db.session.scalars(wanted.order_by(*order)).all()


def requests_of(person_id: int) -> Sequence[PersonRequest]:
    """Return what a person has asked for, the newest first."""
    wanted = select(PersonRequest).where(PersonRequest.person_id.in_(same_person(person_id)))
    return db.session.scalars(wanted.order_by(PersonRequest.id.desc())).all()


def _open_requests(names: Sequence[str], deletions: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition of open requests: names of some subtrees, deletions of others."""
    return or_(
        (PersonRequest.kind == RequestKind.NAME) & units.within(names),
        (PersonRequest.kind == RequestKind.DELETION) & units.within(deletions),
    )


def open_requests(
    *, names: Sequence[str], deletions: Sequence[str], limit: int
) -> list[tuple[PersonRequest, str]]:
    """Return open requests of people of the subtrees, the oldest first, with the unit's name."""
    wanted = (
        _requests(PersonRequest, Unit.name)
        .where(_open_requests(names, deletions))
        .options(joinedload(PersonRequest.person))
        .order_by(PersonRequest.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in db.session.execute(wanted)]


def requests_waiting(*, names: Sequence[str], deletions: Sequence[str]) -> int:
    """Return how many requests are open in the subtrees."""
    waiting = _requests(func.count()).where(_open_requests(names, deletions))
    return db.session.scalar(waiting) or 0


def open_request(public_id: str, *, under: Sequence[str]) -> tuple[PersonRequest, Unit]:
    """Return an open request of somebody within `under`, locked; raises NotFound."""
    wanted = _requests(PersonRequest, Unit).where(
        PersonRequest.public_id == public_id, units.within(under)
    )
    found = db.session.execute(wanted.with_for_update(of=PersonRequest)).one_or_none()
    if found is None:
        raise NotFound()
    return found[0], found[1]


def _requests(*columns: Any) -> Select[Any]:
    """Return the selection of open requests with the unit to which the person (last) belongs."""
    later = Membership.__table__.alias("later")
    newest = ~(
        select(later.c.id)
        .where(later.c.person_id == Membership.person_id, later.c.from_on > Membership.from_on)
        .exists()
    )
    return (
        select(*columns)
        .select_from(PersonRequest)
        .join(Person, Person.id == PersonRequest.person_id)
        .join(Membership, (Membership.person_id == Person.id) & newest)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(PersonRequest.state == RequestState.OPEN)
    )
