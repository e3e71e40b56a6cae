"""Questions about scans and attendance; the statements of the check-in path are built once."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    SelectBase,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from volunteer.core.clock import Month
from volunteer.core.db import db, run
from volunteer.people.models import Membership, Person, PersonState
from volunteer.shifts.models import (
    Assignment,
    AssignmentState,
    CheckinSettings,
    Nature,
    Shift,
    ShiftState,
    Site,
)
from volunteer.units.models import Unit

from .errors import CodeRefused, CodeRevoked
from .models import Attendance, AttendanceState, Device, Scan
from .rules import Candidate
from .stories import Missed as Missed
from .stories import Story as Story
from .stories import missed_by as missed_by
from .stories import stories_of as stories_of
from .tokens import SiteCode, site_token

#: How far from now a shift may lie to be named in an answer.
REACH = timedelta(hours=26)


class SiteHere(NamedTuple):
    """The site whose code was read."""

    id: int
    code: str
    name: str
    address: str | None
    qr_epoch: int


_site = select(Site.id, Site.code, Site.name, Site.address, Site.qr_epoch).where(
    Site.public_id == bindparam("public_id"), Site.closed_at.is_(None)
)


def site_here(code: SiteCode) -> SiteHere:
    """Return the site that a printed code names.

    Raises CodeRefused where there is none in use, CodeRevoked where newer ones were printed.
    """
    row = run(_site, {"public_id": code.public_id}).first()
    if row is None:
        raise CodeRefused()
    site = SiteHere(*row)
    if site.qr_epoch != code.epoch:
        raise CodeRevoked()
    return site


def site_url(site: Site, *, base_url: str, keys: Mapping[int, bytes]) -> str:
    """Return the address that the site's printed code carries now: `BASE_URL/q/<token>`."""
    return f"{base_url}/q/{site_token(SiteCode(site.public_id, site.qr_epoch), keys)}"


_scan = select(Scan.body_hash, Scan.answer).where(
    Scan.actor_account_id == bindparam("account_id"), Scan.key == bindparam("key")
)


def stored_answer(account_id: int, key: str) -> tuple[str, dict[str, object]] | None:
    """Return the body hash and the answer of a key that this account has used."""
    row = run(_scan, {"account_id": account_id, "key": key}).first()
    return (row[0], row[1]) if row else None


class Member(NamedTuple):
    """The person who scans, and the unit on the day of service (None: none)."""

    person_id: int
    name: str
    state: str
    unit_id: int | None

    @property
    def may_serve(self) -> bool:
        """Only active people who belong to a unit that day do."""
        return self.state == PersonState.ACTIVE and self.unit_id is not None


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
    row = run(statement, {"person_id": person_id, "day": day}).first()
    if row is None:
        raise LookupError(f"no person {person_id}")
    return Member(*row)


_since = bindparam("since", type_=Assignment.ends_at.type)
_until = bindparam("until", type_=Assignment.starts_at.type)
_candidate_columns = (
    Shift.id,
    Shift.public_id,
    Shift.title,
    Person.name,
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
    CheckinSettings.require_out,
    CheckinSettings.return_allowed,
    CheckinSettings.wants_location,
    Site.latitude,
    Site.longitude,
    Site.fence_metres,
    Site.fence_mode,
    Device.id,
    Device.cookie_hash,
)
_candidates = (
    select(*_candidate_columns)
    .select_from(Assignment)
    .join(Shift, Shift.id == Assignment.shift_id)
    .join(Site, Site.id == Shift.site_id)
    .join(CheckinSettings, CheckinSettings.id == Shift.settings_id)
    .outerjoin(Person, Person.id == Shift.leader_id)
    .outerjoin(
        Attendance,
        and_(
            Attendance.shift_id == Assignment.shift_id,
            Attendance.person_id == Assignment.person_id,
        ),
    )
    .outerjoin(Scan, Scan.id == Attendance.in_scan_id)
    .outerjoin(Device, Device.id == Scan.device_id)
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
    return [Candidate(*row) for row in run(_candidates, facts)]


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
    #: What one has learnt by serving here (R54).
    grants: str | None
    may_return: bool
    require_out: bool
    #: Another shift of the same time has been entered for the person.
    served_beside: bool


_beside, _beside_shift = aliased(Attendance), aliased(Shift)
_served_beside = exists().where(
    _beside.person_id == Attendance.person_id,
    _beside.id != Attendance.id,
    _beside.state == AttendanceState.CLOSED,
    _beside.revision > 0,
    _beside_shift.id == _beside.shift_id,
    _beside_shift.starts_at < Shift.ends_at,
    _beside_shift.ends_at > Shift.starts_at,
)
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
        Shift.grants,
        CheckinSettings.return_allowed,
        CheckinSettings.require_out,
        _served_beside.correlate(Attendance, Shift),
    )
    .join(Shift, Shift.id == Attendance.shift_id)
    .join(CheckinSettings, CheckinSettings.id == Shift.settings_id)
    .join(Site, Site.id == Shift.site_id)
    .join(Unit, Unit.id == Shift.unit_id)
    .where(Attendance.id == bindparam("attendance_id"))
)


def posting(attendance_id: int) -> Posting | None:
    """Return the facts of one attendance for the ledger."""
    row = run(_posting, {"attendance_id": attendance_id}).first()
    return Posting._make(row) if row else None


def attended_among(shift_ids: Sequence[int]) -> set[int]:
    """Return those of the shifts at which somebody has checked in."""
    found: set[int] = set()
    for start in range(0, len(shift_ids), 500):
        some = (
            Attendance.shift_id.in_(shift_ids[start : start + 500]),
            Attendance.state != AttendanceState.EXPECTED,
        )
        found.update(db.session.scalars(select(Attendance.shift_id).where(*some).distinct()))
    return found


def has_checked_in(shift_id: int, person_id: int) -> bool:
    """Tell whether a person has checked in at the shift."""
    present = (AttendanceState.OPEN, AttendanceState.CLOSED, AttendanceState.AUTO_CLOSED)
    found = select(Attendance.id).filter_by(shift_id=shift_id, person_id=person_id)
    return db.session.scalar(found.where(Attendance.state.in_(present)).limit(1)) is not None


#: Written out, so that both engines recognise the condition of their partial index.
_UNSETTLED = or_(
    Attendance.state.in_([literal_column("'open'"), literal_column("'auto_closed'")]),
    Attendance.review == literal_column("'pending'"),
)


#: The person who serves: of a merged record the kept one.
_KEPT = func.coalesce(Person.merged_into_id, Person.id)


def _undecided(month: Month, *, duty_counts: bool) -> ColumnElement[bool]:
    """Return the condition that an attendance of the month may still earn minutes."""
    natures = [Nature.VOLUNTARY, Nature.DUTY] if duty_counts else [Nature.VOLUNTARY]
    return and_(
        _UNSETTLED,
        Attendance.state != AttendanceState.VOID,
        Shift.starts_at >= month.start,
        Shift.starts_at < month.end,
        Shift.nature.in_(natures),
    )


def undecided_people(month: Month, *, duty_counts: bool) -> Select[int]:
    """Return the statement of people with minutes recorded in a month and not yet decided."""
    return (
        select(_KEPT)
        .select_from(Attendance)
        .join(Shift, Shift.id == Attendance.shift_id)
        .join(Person, Person.id == Attendance.person_id)
        .where(_undecided(month, duty_counts=duty_counts))
    )


def unconfirmed(
    month: Month, *, people: SelectBase | Sequence[int] | None = None, duty_counts: bool = False
) -> dict[int, int]:
    """Return by person the minutes recorded in a month and not yet decided (R25).

    Open and forgotten attendances count up to the planned end, held ones as scanned.
    """
    statement = (
        select(
            _KEPT,
            Attendance.arrived_at,
            Attendance.left_at,
            Attendance.state,
            Shift.starts_at,
            Shift.ends_at,
        )
        .select_from(Attendance)
        .join(Shift, Shift.id == Attendance.shift_id)
        .join(Person, Person.id == Attendance.person_id)
        .where(_undecided(month, duty_counts=duty_counts))
    )
    if people is not None:
        merged = select(Person.id).where(Person.merged_into_id.in_(people))
        theirs = or_(Attendance.person_id.in_(people), Attendance.person_id.in_(merged))
        statement = statement.where(theirs)
    found: dict[int, int] = {}
    for person_id, arrived_at, left_at, state, starts_at, ends_at in db.session.execute(statement):
        left = left_at if state == AttendanceState.CLOSED and left_at else ends_at
        minutes = (min(left, ends_at) - max(arrived_at or starts_at, starts_at)) // timedelta(
            minutes=1
        )
        found[person_id] = found.get(person_id, 0) + max(0, minutes)
    return found
