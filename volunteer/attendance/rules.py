"""Deciding one scan. Pure: no database, no clock, no request (checkin.md 1.4, 1.8)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

ACCEPTED, HELD, REFUSED, DUPLICATE = "accepted", "held", "refused", "duplicate"


class Candidate(NamedTuple):
    """An assignment of the person, its shift, the shift's settings and the attendance so far.

    Minutes are whole numbers; `attendance_*` are None before the first scan.
    """

    shift_id: int
    shift: str
    title: str
    site_id: int
    site_name: str
    starts_at: datetime
    ends_at: datetime
    cancelled: bool
    assigned: bool
    opens_before: int
    min_stay: int
    closes_after: int
    hold_without_evidence: bool
    attendance_id: int | None
    attendance_state: str | None
    review: str | None
    arrived_at: datetime | None
    left_at: datetime | None

    @property
    def opens_at(self) -> datetime:
        """When check-in opens."""
        return self.starts_at - timedelta(minutes=self.opens_before)

    @property
    def in_until(self) -> datetime:
        """The last moment of check-in: somebody must stay for `min_stay` at least."""
        stay = timedelta(minutes=self.min_stay)
        return max(self.ends_at - stay, self.starts_at)

    @property
    def out_until(self) -> datetime:
        """The last moment of check-out; the job closes what is open after it."""
        return self.ends_at + timedelta(minutes=self.closes_after)

    @property
    def is_open(self) -> bool:
        return self.attendance_state == "open"


class Decision(NamedTuple):
    """One verdict, its reason of the closed list, the shift it is about, the warnings."""

    verdict: str
    reason: str | None
    target: Candidate | None
    flags: tuple[str, ...] = ()


def decide_in(
    candidates: Sequence[Candidate], site_id: int, now: datetime, chosen: str | None = None
) -> Decision:
    """Decide a check-in at a site by its printed code.

    Validity comes before duplicates: a cancelled shift says so, whoever is in already.
    `chosen` is the public id of the shift that the person picked where two are possible.
    """
    here = [c for c in candidates if c.site_id == site_id]
    possible = [c for c in here if _may_enter(c, now) and chosen in {None, c.shift}]
    if len(possible) > 1:
        running = [c for c in possible if c.is_open]
        if len(running) != 1:
            return Decision(REFUSED, "ambiguous_shift", None)
        possible = running
    if not possible:
        return _why_not_in(candidates, here, now)
    target = possible[0]
    if target.is_open:
        return Decision(DUPLICATE, "already_in", target)
    if target.attendance_state is not None:
        return Decision(DUPLICATE, "already_out", target)
    if any(c.is_open and c.review != "pending" for c in candidates):
        return Decision(HELD, "overlap_active", target)
    if target.hold_without_evidence:
        return Decision(HELD, "location_missing", target)
    return Decision(ACCEPTED, None, target)


def decide_out(
    candidates: Sequence[Candidate], site_id: int, now: datetime, chosen: str | None = None
) -> Decision:
    """Decide a check-out: it goes to the open attendance first, then to a finished one."""
    running = [c for c in candidates if c.is_open and chosen in {None, c.shift}]
    here = [c for c in running if c.site_id == site_id]
    if here:
        target = min(here, key=lambda c: c.starts_at)
        if now > target.out_until:
            return Decision(REFUSED, "too_late_out", target)
        early = now < target.ends_at - timedelta(minutes=target.min_stay)
        return Decision(ACCEPTED, None, target, ("left_early",) if early else ())
    if running:
        return Decision(REFUSED, "wrong_site", running[0])
    done = [c for c in candidates if c.site_id == site_id and c.left_at is not None]
    if done:
        latest = max(done, key=lambda c: c.starts_at)
        reason = "too_late_out" if latest.attendance_state == "auto_closed" else "already_out"
        return Decision(DUPLICATE if reason == "already_out" else REFUSED, reason, latest)
    return Decision(REFUSED, "not_checked_in", None)


def _may_enter(candidate: Candidate, now: datetime) -> bool:
    """Check-in may still answer `already_in` until the shift's code closes."""
    until = candidate.out_until if candidate.attendance_state else candidate.in_until
    return candidate.assigned and not candidate.cancelled and candidate.opens_at <= now <= until


def _why_not_in(
    candidates: Sequence[Candidate], here: Sequence[Candidate], now: datetime
) -> Decision:
    """Explain by the nearest shift: here first, then elsewhere."""
    elsewhere = [c for c in candidates if c not in here and _may_enter(c, now)]
    near = min(here, key=lambda c: _distance(c, now), default=None)
    if near is not None and near.cancelled:
        return Decision(REFUSED, "shift_cancelled", near)
    if elsewhere:
        return Decision(REFUSED, "wrong_site", elsewhere[0])
    if near is None:
        return Decision(REFUSED, "not_assigned", None)
    if not near.assigned:
        return Decision(REFUSED, "assignment_cancelled", near)
    if now < near.opens_at:
        return Decision(REFUSED, "too_early", near)
    return Decision(REFUSED, "too_late_in", near)


def _distance(candidate: Candidate, now: datetime) -> timedelta:
    if candidate.opens_at <= now <= candidate.ends_at:
        return timedelta()
    return min(abs(now - candidate.opens_at), abs(now - candidate.ends_at))
