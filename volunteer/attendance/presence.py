"""Who is expected, there, gone, and what waits for a decision: reads of the leader's pages."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, bindparam, case, exists, false, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from volunteer.core.db import db, run, within
from volunteer.core.errors import NotFound
from volunteer.people.models import Membership, Person
from volunteer.shifts.models import (
    Assignment,
    AssignmentState,
    CheckinSettings,
    Shift,
    Site,
)
from volunteer.units.models import Unit

from .models import Attendance, AttendanceState, Reason, Review, Scan, Verdict


def shift_with(public_id: str) -> Shift:
    """Return a shift with its unit, site and leader; the caller asks `access`.

    It has no scope of its own, for a leader's right lies on the shift itself.
    """
    statement = (
        select(Shift)
        .where(Shift.public_id == public_id)
        .options(joinedload(Shift.unit), joinedload(Shift.site), joinedload(Shift.leader))
    )
    shift = db.session.scalar(statement)
    if shift is None:
        raise NotFound()
    return shift


_led = (
    select(Unit.path, Shift.leader_id)
    .join(Unit, Unit.id == Shift.unit_id)
    .where(Shift.public_id == bindparam("public_id"))
)


def led(public_id: str) -> tuple[str, int | None] | None:
    """Return a shift's unit path and its leader: who may scan other people there."""
    row = run(_led, {"public_id": public_id}).first()
    return (row[0], row[1]) if row else None


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
    pinyin: str | None

    @property
    def is_free(self) -> bool:
        """Nothing is recorded of this person here, or no longer."""
        return self.state in (None, AttendanceState.EXPECTED)


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
            Person.name_pinyin,
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
                here.state != AttendanceState.EXPECTED,
            )
        )
        .order_by(Person.name, Person.id)
    )
    return [Place._make(row) for row in db.session.execute(statement)]


def fits(place: Place, words: str) -> bool:
    """Tell whether somebody is meant by words: a part of the name, unit or phone, or initials.

    >>> wang = Place(1, "a", "王小雨", "19900000001", "第一社区", *[None] * 6, "wxy")
    >>> [fits(wang, words) for words in ("", "小雨", " WX", "0001", "社区", "xy", "李")]
    [True, True, True, True, True, False, False]
    """
    text = words.strip().lower()
    told = (place.name, place.unit_name, (place.phone or "")[-4:])
    return any(text in each.lower() for each in told) or (place.pinyin or "").startswith(text)


def attendance_of(shift_id: int, person_id: int) -> Attendance | None:
    """Return what is recorded of a person at a shift, taken back or not."""
    asked = select(Attendance).filter_by(shift_id=shift_id, person_id=person_id)
    return db.session.scalar(asked)


def place_of(shift_id: int, person: Person) -> Place:
    """Return the place of somebody who may not stand on the list of a shift."""
    there = attendance_of(shift_id, person.id)
    return Place(
        person_id=person.id,
        public_id=person.public_id,
        name=person.name,
        phone=person.phone,
        unit_name="",
        attendance_id=there.id if there else None,
        state=there.state if there else None,
        review=there.review if there else None,
        arrived_at=there.arrived_at if there else None,
        left_at=there.left_at if there else None,
        evidence_class=None,
        pinyin=person.name_pinyin,
    )


def open_elsewhere(person_ids: Collection[int], shift_id: int) -> set[int]:
    """Return which of these people are present, and not held, at another shift."""
    statement = select(Attendance.person_id).where(
        Attendance.person_id.in_(person_ids),
        Attendance.shift_id != shift_id,
        Attendance.state == AttendanceState.OPEN,
        Attendance.review != Review.PENDING,
    )
    return set(db.session.scalars(statement))


def serve_elsewhere(attendance_ids: Collection[int], shift_id: int) -> set[int]:
    """Return those of a shift's attendances whose people are present at another shift, too."""
    whose = dict(
        db.session.execute(
            select(Attendance.id, Attendance.person_id).where(Attendance.id.in_(attendance_ids))
        ).all()
    )
    elsewhere = open_elsewhere(whose.values(), shift_id)
    return {number for number, person_id in whose.items() if person_id in elsewhere}


def doubts_about(attendance_ids: Collection[int]) -> dict[int, set[str]]:
    """Return by attendance all that its scans, in and out, were held or warned for.

    Whoever was held because another used the same browser later has `device_shared` too,
    though no scan of theirs says so (`devices.hold_too`).
    """
    came, went, other = aliased(Scan), aliased(Scan), aliased(Scan)
    shared = exists().where(
        other.shift_id == came.shift_id,
        other.device_id == came.device_id,
        other.person_id != came.person_id,
        other.actor_account_id != came.actor_account_id,
        other.verdict.in_([Verdict.ACCEPTED, Verdict.HELD]),
    )
    statement = (
        select(Attendance.id, came.reason, came.flags, went.reason, went.flags, shared)
        .outerjoin(came, came.id == Attendance.in_scan_id)
        .outerjoin(went, went.id == Attendance.out_scan_id)
        .where(Attendance.id.in_(attendance_ids))
    )
    found: dict[int, set[str]] = {}
    for number, why_in, flags_in, why_out, flags_out, is_shared in db.session.execute(statement):
        doubts = {why_in, why_out, *(flags_in or ()), *(flags_out or ())} - {None}
        found[number] = doubts | ({Reason.DEVICE_SHARED} if is_shared else set())
    return found


class Unfinished(NamedTuple):
    """An attendance whose shift's check-out has closed."""

    attendance_id: int
    shift_id: int
    ends_at: datetime


def forgotten(now: datetime, *, limit: int = 500) -> Sequence[Unfinished]:
    """Return open attendances whose check-out window has passed, oldest first (R15)."""
    windows = db.session.scalars(select(CheckinSettings.closes_after_minutes).distinct()).all()
    passed = or_(
        false(),
        *(
            and_(
                CheckinSettings.closes_after_minutes == minutes,
                Shift.ends_at <= now - timedelta(minutes=minutes),
            )
            for minutes in windows
        ),
    )
    statement = (
        select(Attendance.id, Attendance.shift_id, Shift.ends_at)
        .join(Shift, Shift.id == Attendance.shift_id)
        .join(CheckinSettings, CheckinSettings.id == Shift.settings_id)
        .where(Attendance.state == AttendanceState.OPEN, passed)
        .order_by(Shift.ends_at, Attendance.id)
        .limit(limit)
    )
    return [Unfinished(*row) for row in db.session.execute(statement)]


class StillIn(NamedTuple):
    """Somebody who is checked in at a shift that is over."""

    shift_id: int
    person_id: int


def still_in(now: datetime, *, since: timedelta, until: timedelta) -> Sequence[StillIn]:
    """Return who is checked in at shifts that ended between so long ago, soonest over first."""
    statement = (
        select(Attendance.shift_id, Attendance.person_id)
        .join(Shift, Shift.id == Attendance.shift_id)
        .where(
            Attendance.state == AttendanceState.OPEN,
            Shift.ends_at > now - since,
            Shift.ends_at <= now - until,
        )
        .order_by(Shift.ends_at, Attendance.id)
    )
    return [StillIn(*row) for row in db.session.execute(statement)]


class ToConfirm(NamedTuple):
    """A forgotten check-out or a held check-in that waits for a person's decision."""

    attendance_id: int
    person_id: int
    name: str
    unit_name: str
    shift: str
    title: str
    site_name: str
    starts_at: datetime
    ends_at: datetime
    arrived_at: datetime | None
    left_at: datetime | None
    is_forgotten: bool
    #: What speaks for the arrival: class A to D, how it was recorded, why it is held.
    evidence_class: str
    channel: str | None
    reason: str | None
    position: str | None
    distance_band: int | None
    flags: Sequence[str] | None


def to_confirm(
    *,
    under: Sequence[str],
    leader_id: int | None,
    shift: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> Sequence[ToConfirm]:
    """Return what waits in the subtrees or on shifts that a person leads, newest first.

    `shift` is the public id of the one shift that is asked for, `before` the number of the
    last one seen (keyset paging).
    """
    own = aliased(Unit)
    leads = false() if leader_id is None else Shift.leader_id == leader_id
    statement = (
        select(
            Attendance.id,
            Person.id,
            Person.name,
            own.name,
            Shift.public_id,
            Shift.title,
            Site.name,
            Shift.starts_at,
            Shift.ends_at,
            Attendance.arrived_at,
            Attendance.left_at,
            case((Attendance.state == AttendanceState.AUTO_CLOSED, True), else_=False),
            Attendance.evidence_class,
            Scan.channel,
            Scan.reason,
            Scan.position,
            Scan.distance_band,
            Scan.flags,
        )
        .outerjoin(Scan, Scan.id == Attendance.in_scan_id)
        .join(Shift, Shift.id == Attendance.shift_id)
        .join(Site, Site.id == Shift.site_id)
        .join(own, own.id == Attendance.unit_id)
        .join(Person, Person.id == Attendance.person_id)
        .join(Unit, Unit.id == Shift.unit_id)
        .where(
            or_(
                Attendance.state == AttendanceState.AUTO_CLOSED,
                and_(
                    Attendance.state == AttendanceState.CLOSED,
                    Attendance.review == Review.PENDING,
                ),
            ),
            or_(within(Unit.path, under), leads),
        )
        .order_by(Attendance.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(Attendance.id < before)
    if shift is not None:
        statement = statement.where(Shift.public_id == shift)
    return [ToConfirm._make(row) for row in db.session.execute(statement)]
