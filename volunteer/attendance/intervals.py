"""From when to when somebody was there: pairs of the scans that count (checkin.md 1.12).

One person's time counts once, at the shift that was credited with it first (1.5).
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import aliased

from volunteer.core.db import run
from volunteer.hours.rules import Interval
from volunteer.shifts.models import CheckinSettings, Shift

from .models import Attendance, AttendanceState, Direction, Review, Scan, Verdict

#: How the key of a scan begins that only takes another one back; what states other times counts.
UNDO = "undo"

_later = aliased(Scan)
_standing = (
    Scan.shift_id == bindparam("shift_id"),
    Scan.person_id == bindparam("person_id"),
    Scan.verdict.in_([Verdict.ACCEPTED, Verdict.HELD]),
    Scan.key.not_like(f"{UNDO}:%"),
    ~exists().where(_later.supersedes_id == Scan.id),
)
_heard = (
    select(Scan.direction, Scan.effective_at).where(*_standing).order_by(Scan.effective_at, Scan.id)
)
_which = select(Scan.id, Scan.direction).where(*_standing).order_by(Scan.id)


def standing(shift_id: int, person_id: int) -> list[tuple[int, Direction]]:
    """Return the number and direction of each scan that counts, in the order they came in."""
    rows = run(_which, {"shift_id": shift_id, "person_id": person_id}).all()
    return [(number, Direction(direction)) for number, direction in rows]


def presences(shift_id: int, person_id: int, left_at: datetime) -> list[Interval]:
    """Return from when to when a person was at a shift, the last time until `left_at`.

    What was taken back does not count. A check-out before the first check-in is left out,
    and so is a second check-in while present.
    """
    rows = run(_heard, {"shift_id": shift_id, "person_id": person_id}).all()
    return paired([(direction, at) for direction, at in rows], left_at)


_elsewhere = (
    select(
        Attendance.shift_id,
        Attendance.arrived_at,
        Attendance.left_at,
        Shift.starts_at,
        Shift.ends_at,
        CheckinSettings.require_out,
        CheckinSettings.return_allowed,
    )
    .join(Shift, Shift.id == Attendance.shift_id)
    .join(CheckinSettings, CheckinSettings.id == Shift.settings_id)
    .where(
        Attendance.person_id == bindparam("person_id"),
        Attendance.shift_id != bindparam("shift_id"),
        Attendance.state == AttendanceState.CLOSED,
        Attendance.review.in_([Review.NONE, Review.APPROVED]),
        Attendance.revision > 0,
        Attendance.arrived_at.is_not(None),
        Shift.starts_at < bindparam("ends", type_=Shift.starts_at.type),
        Shift.ends_at > bindparam("starts", type_=Shift.ends_at.type),
    )
)


def counted_elsewhere(
    shift_id: int, person_id: int, starts: datetime, ends: datetime
) -> list[Interval]:
    """Return the times between `starts` and `ends` that a person's other shifts have been
    credited with; each lies within its own shift."""
    facts = {"shift_id": shift_id, "person_id": person_id, "starts": starts, "ends": ends}
    found: list[Interval] = []
    for other, arrived, left, begins, until, require_out, may_return in run(_elsewhere, facts):
        times = [(arrived if require_out else begins, left)]
        if may_return and require_out:
            times = presences(other, person_id, left)
        found.extend((max(came, begins), min(went, until)) for came, went in times)
    return found


def without(times: Sequence[Interval], taken: Sequence[Interval]) -> list[Interval]:
    """Return what is left of `times` where `taken` are taken out.

    >>> at = lambda hour: datetime(2026, 3, 7, hour)
    >>> left = without([(at(9), at(12)), (at(13), at(15))], [(at(10), at(11)), (at(14), at(16))])
    >>> [(come.hour, go.hour) for come, go in left]
    [(9, 10), (11, 12), (13, 14)]
    >>> without([(at(9), at(12))], [(at(8), at(13))])
    []
    """
    kept = list(times)
    for begins, ends in taken:
        cut = [((came, min(went, begins)), (max(came, ends), went)) for came, went in kept]
        kept = [(came, went) for parts in cut for came, went in parts if came < went]
    return kept


def paired(scans: list[tuple[str, datetime]], left_at: datetime) -> list[Interval]:
    """Return the intervals of scans in their order, the last one until `left_at`.

    >>> at = lambda hour: datetime(2026, 3, 7, hour)
    >>> scans = [("out", at(8)), ("in", at(9)), ("in", at(10)), ("out", at(11)), ("in", at(13))]
    >>> [(come.hour, go.hour) for come, go in paired(scans, at(15))]
    [(9, 11), (13, 15)]
    >>> [(come.hour, go.hour) for come, go in paired(scans[:4], at(12))]
    [(9, 12)]
    """
    found: list[Interval] = []
    came: datetime | None = None
    went: datetime | None = None
    for direction, at in scans:
        if direction == Direction.OUT:
            went = went or at
            continue
        if came is not None and went is not None and went >= came:
            found.append((came, went))
            came = None
        came, went = came or at, None
    if came is not None:
        found.append((came, max(came, left_at)))
    return found
