"""From when to when somebody was there: pairs of the scans that count (checkin.md 1.12)."""

from datetime import datetime

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import aliased

from volunteer.core.db import run
from volunteer.hours.rules import Interval

from .models import Direction, Scan, Verdict

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
