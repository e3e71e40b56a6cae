"""Questions about scans and attendance; the statements of the check-in path are built once."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, bindparam, case, func, literal, or_, select
from sqlalchemy.orm import aliased, joinedload

from volunteer.core.clock import Month
from volunteer.core.db import db, within
from volunteer.people.models import Membership, Person
from volunteer.shifts.models import (
    Assignment,
    AssignmentState,
    CheckinSettings,
    Shift,
    ShiftState,
    Site,
)
from volunteer.units.models import Unit

from .models import Attendance, AttendanceState, Review, Scan
from .rules import Candidate

#: How far from now a shift may lie to be named in an answer.
REACH = timedelta(hours=26)


class SiteHere(NamedTuple):
    """The site whose code was read."""

    id: int
    code: str
    name: str
    qr_epoch: int
    grid_id: int | None


_site = select(Site.id, Site.code, Site.name, Site.qr_epoch, Site.grid_id).where(
    Site.public_id == bindparam("public_id"), Site.closed_at.is_(None)
)


def site_here(public_id: str) -> SiteHere | None:
    """Return the site with that public id, if it is in use."""
    row = db.session.execute(_site, {"public_id": public_id}).first()
    return SiteHere(*row) if row else None


_scan = select(Scan.body_hash, Scan.answer).where(
    Scan.actor_account_id == bindparam("account_id"), Scan.key == bindparam("key")
)


def stored_answer(account_id: int, key: str) -> tuple[str, dict[str, object]] | None:
    """Return the body hash and the answer of a key that this account has used."""
    row = db.session.execute(_scan, {"account_id": account_id, "key": key}).first()
    return (row[0], row[1]) if row else None


class Member(NamedTuple):
    """The person who scans, and the unit on the day of service (None: none)."""

    person_id: int
    name: str
    state: str
    unit_id: int | None


_on = bindparam("day", type_=Membership.from_on.type)
_member = (
    select(Person.id, Person.name, Person.state, Membership.unit_id)
    .outerjoin(
        Membership,
        and_(
            Membership.person_id == Person.id,
            Membership.from_on <= _on,
            or_(Membership.until_on.is_(None), Membership.until_on > _on),
        ),
    )
    .where(Person.id == bindparam("person_id"))
)
_member_locked = _member.with_for_update(of=Person)


def member(person_id: int, day: date, *, lock: bool) -> Member:
    """Return the person and the unit on `day`; `lock` makes the person's scans queue up."""
    statement = _member_locked if lock else _member
    row = db.session.execute(statement, {"person_id": person_id, "day": day}).first()
    if row is None:
        raise LookupError(f"no person {person_id}")
    return Member(*row)


_since = bindparam("since", type_=Assignment.ends_at.type)
_until = bindparam("until", type_=Assignment.starts_at.type)
_candidate_columns = (
    Shift.id,
    Shift.public_id,
    Shift.title,
    Shift.site_id,
    Site.name,
    Shift.starts_at,
    Shift.ends_at,
    case((Shift.state == ShiftState.CANCELLED, literal(True)), else_=literal(False)),
    case(
        (
            Assignment.state.in_([AssignmentState.ASSIGNED, AssignmentState.WALK_IN]),
            literal(True),
        ),
        else_=literal(False),
    ),
    CheckinSettings.opens_before_minutes,
    CheckinSettings.min_stay_minutes,
    CheckinSettings.closes_after_minutes,
    CheckinSettings.hold_without_evidence,
    Attendance.id,
    Attendance.state,
    Attendance.review,
    Attendance.arrived_at,
    Attendance.left_at,
)
_candidates = (
    select(*_candidate_columns)
    .select_from(Assignment)
    .join(Shift, Shift.id == Assignment.shift_id)
    .join(Site, Site.id == Shift.site_id)
    .join(CheckinSettings, CheckinSettings.id == Shift.settings_id)
    .outerjoin(
        Attendance,
        and_(
            Attendance.shift_id == Assignment.shift_id,
            Attendance.person_id == Assignment.person_id,
        ),
    )
    .where(
        Assignment.person_id == bindparam("person_id"),
        Assignment.ends_at > _since,
        Assignment.starts_at < _until,
    )
    .order_by(Assignment.starts_at)
)


def candidates(person_id: int, now: datetime) -> list[Candidate]:
    """Return the person's assignments of these days, with what has come of them."""
    facts = {"person_id": person_id, "since": now - REACH, "until": now + REACH}
    return [Candidate(*row) for row in db.session.execute(_candidates, facts)]


class Posting(NamedTuple):
    """What posting an attendance needs to know."""

    attendance_id: int
    person_id: int
    unit_id: int
    grid_id: int | None
    shift_id: int
    starts_at: datetime
    ends_at: datetime
    nature: str
    arrived_at: datetime | None
    evidence_class: str
    state: str
    review: str
    leader_id: int | None
    unit_path: str
    left_at: datetime | None
    revision: int


_posting = (
    select(
        Attendance.id,
        Attendance.person_id,
        Attendance.unit_id,
        Site.grid_id,
        Shift.id,
        Shift.starts_at,
        Shift.ends_at,
        Shift.nature,
        Attendance.arrived_at,
        Attendance.evidence_class,
        Attendance.state,
        Attendance.review,
        Shift.leader_id,
        Unit.path,
        Attendance.left_at,
        Attendance.revision,
    )
    .join(Shift, Shift.id == Attendance.shift_id)
    .join(Site, Site.id == Shift.site_id)
    .join(Unit, Unit.id == Shift.unit_id)
    .where(Attendance.id == bindparam("attendance_id"))
)


def posting(attendance_id: int) -> Posting | None:
    """Return the facts of one attendance for the ledger."""
    row = db.session.execute(_posting, {"attendance_id": attendance_id}).first()
    return Posting(*row) if row else None


def has_attendance(shift_id: int) -> bool:
    """Tell whether anybody has checked in at the shift."""
    found = select(Attendance.id).where(Attendance.shift_id == shift_id).limit(1)
    return db.session.scalar(found) is not None


class Unfinished(NamedTuple):
    """An attendance whose shift's check-out has closed."""

    attendance_id: int
    shift_id: int
    site_id: int
    ends_at: datetime


def forgotten(now: datetime, *, limit: int = 500) -> Sequence[Unfinished]:
    """Return open attendances whose check-out window has passed, oldest first (R15)."""
    statement = (
        select(
            Attendance.id,
            Attendance.shift_id,
            Shift.site_id,
            Shift.ends_at,
            CheckinSettings.closes_after_minutes,
        )
        .join(Shift, Shift.id == Attendance.shift_id)
        .join(CheckinSettings, CheckinSettings.id == Shift.settings_id)
        .where(Attendance.state == AttendanceState.OPEN, Shift.ends_at <= now)
        .order_by(Shift.ends_at, Attendance.id)
        .limit(limit)
    )
    return [
        Unfinished(*row[:4])
        for row in db.session.execute(statement)
        if row[3] + timedelta(minutes=row[4]) <= now
    ]


class Place(NamedTuple):
    """One person on the live page of a shift."""

    person_id: int
    public_id: str
    name: str
    phone: str | None
    unit_name: str
    attendance_id: int | None
    state: str | None
    review: str | None
    arrived_at: datetime | None
    left_at: datetime | None
    evidence_class: str | None


def places(shift_id: int, day: date) -> list[Place]:
    """Return everybody assigned to a shift or present at it, by name: one query."""
    here = aliased(Attendance)
    statement = (
        select(
            Person.id,
            Person.public_id,
            Person.name,
            Person.phone,
            func.coalesce(Unit.name, ""),
            here.id,
            here.state,
            here.review,
            here.arrived_at,
            here.left_at,
            here.evidence_class,
        )
        .select_from(Person)
        .join(Assignment, and_(Assignment.person_id == Person.id, Assignment.shift_id == shift_id))
        .outerjoin(here, and_(here.person_id == Person.id, here.shift_id == shift_id))
        .outerjoin(
            Membership,
            and_(
                Membership.person_id == Person.id,
                Membership.from_on <= day,
                or_(Membership.until_on.is_(None), Membership.until_on > day),
            ),
        )
        .outerjoin(Unit, Unit.id == Membership.unit_id)
        .where(
            or_(
                Assignment.state.in_([AssignmentState.ASSIGNED, AssignmentState.WALK_IN]),
                here.id.is_not(None),
            )
        )
        .order_by(Person.name, Person.id)
    )
    return [Place(*row) for row in db.session.execute(statement)]


def shift_with(public_id: str) -> Shift | None:
    """Return a shift with its unit, site and leader; the caller asks `access`."""
    statement = (
        select(Shift)
        .where(Shift.public_id == public_id)
        .options(joinedload(Shift.unit), joinedload(Shift.site), joinedload(Shift.leader))
    )
    return db.session.scalar(statement)


_UNSETTLED = or_(
    Attendance.state.in_([AttendanceState.OPEN, AttendanceState.AUTO_CLOSED]),
    Attendance.review == Review.PENDING,
)


def unconfirmed(
    month: Month, *, under: Sequence[str] = ("/",), people: Sequence[int] | None = None
) -> dict[int, int]:
    """Return by person the minutes recorded in a month and not yet decided (R25).

    Open and forgotten attendances count up to the planned end, held ones as scanned.
    """
    statement = (
        select(
            Attendance.person_id,
            Attendance.arrived_at,
            Attendance.left_at,
            Attendance.state,
            Shift.starts_at,
            Shift.ends_at,
        )
        .join(Shift, Shift.id == Attendance.shift_id)
        .where(
            _UNSETTLED,
            Attendance.state != AttendanceState.VOID,
            Shift.starts_at >= month.start,
            Shift.starts_at < month.end,
            Shift.nature == "voluntary",
        )
    )
    if people is not None:
        statement = statement.where(Attendance.person_id.in_(people))
    elif tuple(under) != ("/",):
        statement = statement.join(Unit, Unit.id == Attendance.unit_id).where(
            within(Unit.path, under)
        )
    found: dict[int, int] = {}
    for person_id, arrived_at, left_at, state, starts_at, ends_at in db.session.execute(statement):
        left = left_at if state == AttendanceState.CLOSED and left_at else ends_at
        minutes = (min(left, ends_at) - max(arrived_at or starts_at, starts_at)) // timedelta(
            minutes=1
        )
        found[person_id] = found.get(person_id, 0) + max(0, minutes)
    return found


class ToConfirm(NamedTuple):
    """A forgotten check-out or a held check-in that waits for a person's decision."""

    attendance_id: int
    person_public_id: str
    name: str
    shift: str
    title: str
    starts_at: datetime
    ends_at: datetime
    arrived_at: datetime | None
    state: str
    review: str


def to_confirm(
    *, under: Sequence[str], leader_id: int | None, before: int | None = None, limit: int = 50
) -> Sequence[ToConfirm]:
    """Return what waits for confirmation in the subtrees or on shifts that a person leads."""
    statement = (
        select(
            Attendance.id,
            Person.public_id,
            Person.name,
            Shift.public_id,
            Shift.title,
            Shift.starts_at,
            Shift.ends_at,
            Attendance.arrived_at,
            Attendance.state,
            Attendance.review,
        )
        .join(Shift, Shift.id == Attendance.shift_id)
        .join(Person, Person.id == Attendance.person_id)
        .join(Unit, Unit.id == Shift.unit_id)
        .where(
            or_(
                Attendance.state == AttendanceState.AUTO_CLOSED,
                Attendance.review == Review.PENDING,
            ),
            or_(within(Unit.path, under), Shift.leader_id == leader_id),
        )
        .order_by(Attendance.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(Attendance.id < before)
    return [ToConfirm(*row) for row in db.session.execute(statement)]


class Story(NamedTuple):
    """What an attendance entry came from, for its person."""

    attendance_id: int
    title: str
    site_name: str
    starts_at: datetime
    ends_at: datetime
    arrived_at: datetime | None
    left_at: datetime | None
    state: str
    review: str


def stories_of(person_id: int, month: Month) -> list[Story]:
    """Return a person's attendances of a month with their shifts, latest first."""
    statement = (
        select(
            Attendance.id,
            Shift.title,
            Site.name,
            Shift.starts_at,
            Shift.ends_at,
            Attendance.arrived_at,
            Attendance.left_at,
            Attendance.state,
            Attendance.review,
        )
        .join(Shift, Shift.id == Attendance.shift_id)
        .join(Site, Site.id == Shift.site_id)
        .where(
            Attendance.person_id == person_id,
            Shift.starts_at >= month.start,
            Shift.starts_at < month.end,
        )
        .order_by(Shift.starts_at.desc())
    )
    return [Story(*row) for row in db.session.execute(statement)]
