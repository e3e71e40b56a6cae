"""Calendars of a person and of a unit: their secret addresses, and what is read there."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from icalendar import Calendar, Event, vUri
from sqlalchemy import Select, and_, func, or_, select, update
from sqlalchemy.orm import joinedload

from volunteer.attendance.models import Attendance
from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import local
from volunteer.core.db import again_on_conflict, db, transaction, within
from volunteer.core.errors import NotFound
from volunteer.people.models import Person, PersonState
from volunteer.shifts.models import Assignment, AssignmentState, Shift, ShiftState, Site
from volunteer.units.models import Unit

from . import access
from .models import CalendarAddress

#: What a calendar tells: the last month, and four months ahead.
SINCE, UNTIL = timedelta(days=31), timedelta(days=124)
#: The most shifts of one calendar: what is still to come, the soonest first, then the past.
MOST = 1500
#: Calendar programs ask again after so long.
REFRESH = timedelta(hours=2)
#: Sequence numbers count minutes from here on: they only grow.
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@again_on_conflict
def make_address(unit: Unit | None, *, actor: Actor, now: datetime) -> str:
    """Return a new secret for the unit's calendar, or for the actor's own (None).

    It is told once: only its hash is kept. An older one is void from now on.
    """
    with transaction() as session:
        owner = _owner(unit, actor)
        _end(owner, now)
        token = secrets.token_urlsafe(24)
        made = {"made_at": now, "made_by": actor.account_id, "token_hash": hash_of(token)}
        session.add(CalendarAddress(**owner, **made))
        session.flush()
        _journal("boards.make_address", owner, unit, actor, now)
        return token


def revoke_address(unit: Unit | None, *, actor: Actor, now: datetime) -> None:
    """Make the secret address void; where there is none, nothing happens."""
    with transaction():
        owner = _owner(unit, actor)
        if _end(owner, now):
            _journal("boards.revoke_address", owner, unit, actor, now)


def _owner(unit: Unit | None, actor: Actor) -> dict[str, int]:
    """Return whose calendar is meant; a unit's is its schedulers' affair."""
    if unit is None:
        return {"person_id": access.require_self(actor)}
    access.require_schedule(actor, unit.path)
    return {"unit_id": unit.id}


def _end(owner: dict[str, int], now: datetime) -> bool:
    ended = (
        update(CalendarAddress)
        .filter_by(**owner, ended_at=None)
        .values(ended_at=now)
        .returning(CalendarAddress.id)
    )
    return bool(db.session.scalars(ended).all())


def _journal(
    action: str, owner: dict[str, int], unit: Unit | None, actor: Actor, now: datetime
) -> None:
    [(kind, number)] = owner.items()
    path = unit.path if unit else None
    journal.write(action, kind.removesuffix("_id"), number, actor=actor, now=now, unit_path=path)


def address_of(*, person_id: int | None = None, unit_id: int | None = None) -> Any:
    """Return the address of a person or of a unit that is good, or None."""
    owner = {"person_id": person_id} if unit_id is None else {"unit_id": unit_id}
    return db.session.scalar(select(CalendarAddress).filter_by(**owner, ended_at=None))


class Entry(NamedTuple):
    """A shift in a calendar; `told` is its description, `changed` when it last changed."""

    public_id: str
    title: str
    place: str
    told: str
    starts_at: datetime
    ends_at: datetime
    cancelled: bool
    changed_at: datetime | None
    since: datetime | None


class Feed(NamedTuple):
    """A calendar: whose it is, and its shifts."""

    name: str
    entries: Sequence[Entry]


def feed(token: str, *, now: datetime) -> Feed:
    """Return the calendar behind a secret address; raises NotFound where it is void.

    A unit's has no names of people, only shifts and numbers.
    """
    statement = (
        select(CalendarAddress, Person, Unit)
        .outerjoin(Person, Person.id == CalendarAddress.person_id)
        .outerjoin(Unit, Unit.id == CalendarAddress.unit_id)
        .where(CalendarAddress.token_hash == hash_of(token), CalendarAddress.ended_at.is_(None))
    )
    row = db.session.execute(statement).one_or_none()
    if row is None:
        raise NotFound()
    _, person, unit = row
    if person is not None:
        if person.state != PersonState.ACTIVE:
            raise NotFound()
        return Feed(person.name, _of_person(person.id, now))
    return Feed(unit.name, _of_unit(unit, now))


def _shifts(now: datetime, *more: Any) -> Select[Any]:
    return (
        select(Shift, Site.name, Site.address, *more)
        .join(Site, Site.id == Shift.site_id)
        .where(Shift.starts_at > now - SINCE, Shift.starts_at < now + UNTIL)
    )


def _rows(statement: Select[Any], now: datetime) -> list[Any]:
    """Return the rows that a calendar has room for, soonest first; the oldest are left out."""
    coming = statement.where(Shift.ends_at > now).order_by(Shift.starts_at, Shift.id).limit(MOST)
    rows = list(db.session.execute(coming))
    past = statement.where(Shift.ends_at <= now).limit(MOST - len(rows))
    newest = past.order_by(Shift.starts_at.desc(), Shift.id.desc())
    return [*reversed(list(db.session.execute(newest))), *rows]


def _of_person(person_id: int, now: datetime) -> list[Entry]:
    statement = _shifts(now, Assignment.assigned_at).join(
        Assignment, Assignment.shift_id == Shift.id
    )
    statement = statement.where(Assignment.person_id == person_id, _concerns())
    return [
        _entry(shift, site, address, shift.content, since)
        for shift, site, address, since in _rows(statement, now)
    ]


def _concerns() -> Any:
    """Return the condition that a place stands, or was lost because its shift was cancelled."""
    return or_(
        Assignment.state.in_([AssignmentState.ASSIGNED, AssignmentState.WALK_IN]),
        and_(
            Assignment.state == AssignmentState.CANCELLED,
            Assignment.withdrawn_at.is_(None),
            Shift.state == ShiftState.CANCELLED,
        ),
    )


def _of_unit(unit: Unit, now: datetime) -> list[Entry]:
    there = (
        select(func.count(Assignment.id))
        .where(Assignment.shift_id == Shift.id, Assignment.state == AssignmentState.ASSIGNED)
        .correlate(Shift)
        .scalar_subquery()
    )
    statement = _shifts(now, there).join(Unit, Unit.id == Shift.unit_id)
    statement = statement.where(within(Unit.path, [unit.path]))
    return [
        _entry(shift, site, address, f"{assigned}/{shift.wanted}", None)
        for shift, site, address, assigned in _rows(statement, now)
    ]


def _entry(
    shift: Shift, site: str, address: str | None, told: str, since: datetime | None
) -> Entry:
    cancelled = shift.state == ShiftState.CANCELLED
    return Entry(
        shift.public_id,
        shift.title,
        "，".join(filter(None, (site, address))),
        shift.cancel_reason or told if cancelled else told,
        shift.starts_at,
        shift.ends_at,
        cancelled,
        max(filter(None, (shift.changed_at, shift.restored_at)), default=None),
        since,
    )


def file_of(feed: Feed, *, base_url: str, now: datetime) -> bytes:
    """Return the calendar as an iCalendar file (RFC 5545), times in the local zone."""
    calendar = Calendar()
    calendar.add("prodid", "-//volunteer//shifts//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", feed.name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    host = base_url.partition("//")[2]
    for entry in feed.entries:
        event = Event()
        event.add("uid", f"{entry.public_id}@{host}")
        event.add("summary", entry.title)
        event.add("dtstart", local(entry.starts_at))
        event.add("dtend", local(entry.ends_at))
        event.add("dtstamp", now)
        event.add("location", entry.place)
        event.add("description", entry.told)
        event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
        event.add("sequence", sequence_of(entry))
        if changed := max(filter(None, (entry.changed_at, entry.since)), default=None):
            event.add("last-modified", changed)
        event.add("url", vUri(f"{base_url}/my-calendar"))
        calendar.add_component(event)
    calendar.add_missing_timezones()
    return calendar.to_ical()


def sequence_of(entry: Entry) -> int:
    """Return a number that grows with every change of a shift: minutes, and one for a cancel.

    >>> later = EPOCH + timedelta(minutes=90)
    >>> entry = Entry("", "", "", "", EPOCH, EPOCH, False, None, None)
    >>> sequence_of(entry), sequence_of(entry._replace(cancelled=True))
    (0, 1)
    >>> sequence_of(entry._replace(changed_at=later))
    92
    """
    minutes = 0
    if entry.changed_at:
        minutes = 2 + max(0, (entry.changed_at - EPOCH) // timedelta(minutes=1))
    return minutes + entry.cancelled


class Own(NamedTuple):
    """A shift of a person's month, with what has come of it."""

    shift: Shift
    place_id: int
    assignment: str
    attendance: str | None
    arrived_at: datetime | None
    left_at: datetime | None


def month_of(person_id: int, since: datetime, until: datetime) -> list[Own]:
    """Return a person's shifts that start in [since, until), soonest first, withdrawn ones too."""
    statement = (
        select(
            Shift,
            Assignment.id,
            Assignment.state,
            Attendance.state,
            Attendance.arrived_at,
            Attendance.left_at,
        )
        .join(Assignment, Assignment.shift_id == Shift.id)
        .outerjoin(
            Attendance,
            and_(Attendance.shift_id == Shift.id, Attendance.person_id == Assignment.person_id),
        )
        .options(joinedload(Shift.site))
        .where(
            Assignment.person_id == person_id,
            Shift.starts_at >= since,
            Shift.starts_at < until,
            or_(_concerns(), Assignment.state == AssignmentState.EXCUSED),
        )
        .order_by(Shift.starts_at, Shift.id)
    )
    return [Own._make(row) for row in db.session.execute(statement)]
