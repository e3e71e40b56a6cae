"""Deciding one scan. Pure: no database, no clock, no request (checkin.md 1.4, 1.8)."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import NamedTuple

ACCEPTED, HELD, REFUSED, DUPLICATE = "accepted", "held", "refused", "duplicate"


#: A fence without a size of its own; enough for a crossing.
USUAL_METRES = 150


class Fence(NamedTuple):
    """A circle around a site: WGS-84 degrees and metres; `refuses` whoever is outside."""

    latitude: float
    longitude: float
    metres: int
    refuses: bool


class Candidate(NamedTuple):
    """An assignment of the person, its shift, the shift's settings and the attendance so far.

    Minutes are whole numbers; `attendance_*` are None before the first scan.
    """

    shift_id: int
    shift: str
    title: str
    leader: str | None
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
    require_out: bool = True
    return_allowed: bool = False
    wants_location: bool = False
    latitude: float | None = None
    longitude: float | None = None
    fence_metres: int | None = None
    fence_mode: str = "off"
    #: The browser of the check-in: who leaves with it has been looked at already.
    in_device_id: int | None = None
    in_cookie_hash: str | None = None

    @property
    def fence(self) -> Fence | None:
        """Where the phone should be; None: nobody asks (R58)."""
        if not self.wants_location or self.fence_mode == "off":
            return None
        if self.latitude is None or self.longitude is None:
            return None
        metres = self.fence_metres or USUAL_METRES
        return Fence(self.latitude, self.longitude, metres, self.fence_mode == "refuse")

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

    @property
    def may_return(self) -> bool:
        """The person has gone, nothing is in doubt, and the shift lets people come back."""
        return self.return_allowed and self.attendance_state == "closed"

    @property
    def is_free(self) -> bool:
        """Nothing has been recorded here yet, or it was taken back."""
        return self.attendance_state in {None, "expected"}


class Decision(NamedTuple):
    """One verdict, its reason of the closed list, the shift it is about, the warnings."""

    verdict: str
    reason: str | None
    target: Candidate | None
    flags: tuple[str, ...] = ()


def _meant(
    candidates: Sequence[Candidate], site_id: int | None, chosen: str | None
) -> list[Candidate]:
    """Return what the code means: the shifts of its site, or the one that it names."""
    at_site = [c for c in candidates if site_id in {None, c.site_id}]
    return [c for c in at_site if chosen in {None, c.shift}]


def decide_in(
    candidates: Sequence[Candidate],
    site_id: int | None,
    now: datetime,
    chosen: str | None = None,
    *,
    offline: bool = False,
) -> Decision:
    """Decide a check-in at a site; None is any site, for a code that names the shift itself.

    Validity comes before duplicates: a cancelled shift says so, whoever is in already.
    Of two adjoining shifts the first one's time ends with it: a minute later the next
    one is meant, if it may be entered. `chosen` is the public id of the shift that the
    code names, or that the person picked where two are possible. What a device has let in
    `offline` is held, not refused, where the roster has changed meanwhile. Who comes back
    to a shift that allows it is let in where no other shift is meant.
    """
    here = _meant(candidates, site_id, chosen)
    possible = [c for c in here if _may_enter(c, now)]
    inside = {"open", "auto_closed"} if offline else {"open"}
    running = [c for c in possible if c.attendance_state in inside]
    if any(now <= c.ends_at for c in running):
        return Decision(DUPLICATE, "already_in", min(running, key=lambda c: c.starts_at))
    free = [c for c in possible if c.is_free]
    if len(free) > 1:
        return Decision(REFUSED, "ambiguous_shift", None)
    if not free:
        gone = [c for c in here if offline and _was_taken_off(c, now)]
        if gone:
            return Decision(HELD, "roster_changed", gone[0])
        free = [c for c in here if c.may_return and _may_come_back(c, now)][:1]
    if not free:
        elsewhere = [c for c in candidates if site_id not in {None, c.site_id}]
        return _why_not_in(here, elsewhere, now)
    target = free[0]
    if any(c.is_open and c.review != "pending" for c in candidates):
        return Decision(HELD, "overlap_active", target)
    return Decision(ACCEPTED, None, target)


def decide_out(
    candidates: Sequence[Candidate],
    site_id: int | None,
    now: datetime,
    chosen: str | None = None,
    *,
    offline: bool = False,
) -> Decision:
    """Decide a check-out: it goes to the open attendance first, then to a finished one.

    One made `offline` comes late, and closes what the job has closed by then. Where nobody
    need check out there is nothing to do.
    """
    states = {"open", "auto_closed"} if offline else {"open"}
    named = [c for c in candidates if chosen in {None, c.shift}]
    running = [c for c in named if c.attendance_state in states]
    here = _meant(running, site_id, chosen)
    in_time = [c for c in here if (c.arrived_at or now) <= now <= c.out_until]
    if in_time:
        target = min(in_time, key=lambda c: c.starts_at)
        if not target.require_out:
            return Decision(DUPLICATE, "already_in", target)
        early = now < target.ends_at - timedelta(minutes=target.min_stay)
        return Decision(ACCEPTED, None, target, ("left_early",) if early else ())
    late = [c for c in here if now > c.out_until]
    if late:
        return Decision(REFUSED, "too_late_out", late[-1])
    if here:  # nobody leaves before coming; a device's earlier check-in may be on its way
        return Decision(REFUSED, "not_checked_in", None)
    if running:
        return Decision(REFUSED, "wrong_site", running[0])
    return _why_not_out(_meant(candidates, site_id, chosen), now)


def weighed(
    decision: Decision, doubts: Sequence[str], warnings: Sequence[str], evidence: str
) -> Decision:
    """Return the decision as its evidence leaves it: what would be accepted is held by doubts.

    Only the fence of a site that says so refuses. A check-in of class C, by the printed code
    and nothing else, waits for the leader where the settings do not let it pass.

    >>> free = Decision(ACCEPTED, None, None)
    >>> weighed(free, ["clock_moved", "burst"], ["device_new"], "C")
    Decision(verdict='held', reason='clock_moved', target=None, flags=('burst', 'device_new'))
    >>> weighed(Decision(REFUSED, "too_early", None), ["burst"], [], "C").reason
    'too_early'
    """
    target = decision.target
    if decision.verdict not in {ACCEPTED, HELD}:
        return decision._replace(flags=(*decision.flags, *doubts, *warnings))
    if target and target.fence and target.fence.refuses and "outside_fence" in doubts:
        return Decision(REFUSED, "outside_fence", target)
    if not doubts and evidence == "C" and target and not target.is_open:
        doubts = ["location_missing"] if target.hold_without_evidence else []
    reasons = [decision.reason] if decision.reason else []
    reasons.extend(doubts)
    flags = (*decision.flags, *reasons[1:], *warnings)
    if not reasons:
        return decision._replace(flags=flags)
    return Decision(HELD, reasons[0], target, flags)


class Offer(NamedTuple):
    """What the page of a site's code offers: one button, a choice, or a reason.

    `direction` is `in`, `out`, or None where there is only the reason of `decision`.
    """

    direction: str | None
    decision: Decision
    choices: tuple[Candidate, ...] = ()


def offer(
    candidates: Sequence[Candidate],
    site_id: int | None,
    now: datetime,
    chosen: str | None = None,
    evidence: str = "C",
) -> Offer:
    """Return what the person can do here now: leave where in, else arrive.

    What is meant: as in `decide_in`; `evidence` is the class that the code is worth itself.
    """
    leaving = decide_out(candidates, site_id, now, chosen)
    if leaving.verdict == ACCEPTED:
        return Offer("out", leaving)
    coming = decide_in(candidates, site_id, now, chosen)
    if coming.target and not coming.target.fence:
        coming = weighed(coming, [], [], evidence)
    if coming.verdict in {ACCEPTED, HELD}:
        return Offer("in", coming)
    if coming.reason == "ambiguous_shift":
        return Offer("in", coming, open_to_choose(candidates, site_id, now))
    if leaving.reason == "too_late_out":
        return Offer(None, leaving)
    return Offer(None, coming)


def open_to_choose(
    candidates: Sequence[Candidate], site_id: int | None, now: datetime
) -> tuple[Candidate, ...]:
    """Return the shifts here that may be entered now, soonest first."""
    here = _meant(candidates, site_id, None)
    return tuple(c for c in here if c.is_free and _may_enter(c, now))


def _may_enter(candidate: Candidate, now: datetime) -> bool:
    """Check-in may still answer `already_in` until the shift's code closes."""
    until = candidate.in_until if candidate.is_free else candidate.out_until
    return candidate.assigned and not candidate.cancelled and candidate.opens_at <= now <= until


def _may_come_back(candidate: Candidate, now: datetime) -> bool:
    may_enter = candidate.assigned and not candidate.cancelled
    return may_enter and (candidate.left_at or now) <= now <= candidate.in_until


def _was_taken_off(candidate: Candidate, now: datetime) -> bool:
    """Tell whether only the roster stands against a check-in at the time."""
    kept = candidate.assigned and not candidate.cancelled
    return not kept and candidate.is_free and candidate.opens_at <= now <= candidate.in_until


def _why_not_in(
    here: Sequence[Candidate], elsewhere: Sequence[Candidate], now: datetime
) -> Decision:
    """Explain by the nearest shift here, or by the one elsewhere where the person should be."""
    wanted = [c for c in elsewhere if (c.is_free or c.is_open) and _may_enter(c, now)]
    near = _nearest(here, now)
    if near is not None and near.cancelled:
        return Decision(REFUSED, "shift_cancelled", near)
    if near is not None and near.is_open:
        return Decision(DUPLICATE, "already_in", near)
    if near is not None and near.attendance_state == "closed" and now <= near.out_until:
        return Decision(DUPLICATE, "already_out", near)
    if wanted:
        return Decision(REFUSED, "wrong_site", wanted[0])
    if near is None:
        return Decision(REFUSED, "not_assigned", None)
    if near.attendance_state == "closed":
        return Decision(DUPLICATE, "already_out", near)
    if near.attendance_state == "auto_closed":
        return Decision(REFUSED, "too_late_out", near)
    if not near.assigned:
        return Decision(REFUSED, "assignment_cancelled", near)
    if now < near.opens_at:
        return Decision(REFUSED, "too_early", near)
    return Decision(REFUSED, "too_late_in", near)


def _why_not_out(here: Sequence[Candidate], now: datetime) -> Decision:
    """Explain by the shift just left, else by the nearest one."""
    left = [c for c in here if c.attendance_state == "closed" and now <= c.out_until]
    near = max(left, key=lambda c: c.starts_at) if left else _nearest(here, now)
    if near is not None and near.cancelled:
        return Decision(REFUSED, "shift_cancelled", near)
    if near is not None and near.attendance_state == "closed":
        return Decision(DUPLICATE, "already_out", near)
    if near is not None and near.attendance_state == "auto_closed":
        return Decision(REFUSED, "too_late_out", near)
    return Decision(REFUSED, "not_checked_in", None)


def _nearest(here: Sequence[Candidate], now: datetime) -> Candidate | None:
    """Return the shift that somebody here now most likely means."""
    return min(here, key=lambda c: (_distance(c, now), c.starts_at), default=None)


def _distance(candidate: Candidate, now: datetime) -> timedelta:
    if candidate.opens_at <= now <= candidate.ends_at:
        return timedelta()
    return min(abs(now - candidate.opens_at), abs(now - candidate.ends_at))


#: What a page makes as an idempotency key is a UUID; a program may choose other plain words.
_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")


def is_key(text: str) -> bool:
    """Tell whether a text may be an idempotency key.

    >>> [is_key(text) for text in ("0b6e7f0c-8e7d", "", "roll:1:2", "k" * 61)]
    [True, False, False, False]
    """
    return _KEY.fullmatch(text) is not None


def ip_prefix(address: str | None) -> str | None:
    """Return the network of an address, wide enough to name no household.

    >>> ip_prefix("203.0.113.77"), ip_prefix("2001:db8:1:2::5"), ip_prefix("nonsense")
    ('203.0.113.0/24', '2001:db8:1::/48', None)
    """
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return None
    return str(ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))


def browser_class(user_agent: str) -> str:
    """Return `wechat`, `ios`, `android` or `desktop`.

    >>> browser_class("Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0"), browser_class("curl/8")
    ('wechat', 'desktop')
    """
    for mark, name in (
        ("MicroMessenger", "wechat"),
        ("iPhone", "ios"),
        ("iPad", "ios"),
        ("Android", "android"),
    ):
        if mark in user_agent:
            return name
    return "desktop"


def standing(state: str | None, review: str | None, *, over: bool) -> str:
    """Return how a person on a shift's list stands, in one word.

    `expected`, `present`, `left`; `absent` once the shift is over; `held` where somebody
    must decide, `forgotten` where nobody checked out, `rejected` where it was decided so.

    >>> standing(None, None, over=False), standing(None, None, over=True)
    ('expected', 'absent')
    >>> standing("open", "none", over=True), standing("closed", "pending", over=True)
    ('present', 'held')
    """
    if state in {None, "expected"}:
        return "absent" if over else "expected"
    if state == "void":
        return "rejected"
    if state == "auto_closed":
        return "forgotten"
    if review == "pending":
        return "held"
    return "present" if state == "open" else "left"
