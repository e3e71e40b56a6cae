"""What speaks for a scan and what against it: its place, its device, its channel."""

from datetime import datetime
from typing import NamedTuple

from . import devices, place, rules
from .asking import Request
from .models import Channel, EvidenceClass, Position, Reason
from .rules import Decision

#: Read with the volunteer's own phone, so that its place and its cookie say something.
BY_OWN_PHONE = {Channel.SITE_STATIC, Channel.SITE_ROTATING}


class Evidence(NamedTuple):
    """What was found: `doubts` hold what would be accepted, `warnings` only stand there."""

    evidence_class: EvidenceClass
    position: Position = Position.NONE
    distance_band: int | None = None
    position_hash: str | None = None
    device_id: int | None = None
    doubts: tuple[Reason, ...] = ()
    warnings: tuple[Reason, ...] = ()
    #: Who else uses the same device at the shift.
    others: tuple[int, ...] = ()

    @property
    def columns(self) -> dict[str, object]:
        """What the scan keeps of it."""
        return {
            "position": self.position,
            "distance_band": self.distance_band,
            "position_hash": self.position_hash,
            "device_id": self.device_id,
        }


def classed(channel: Channel, *, fresh: bool, inside: bool, known: bool) -> EvidenceClass:
    """Return how good the evidence is (checkin.md 1.2).

    >>> def of(channel, **given):
    ...     return classed(channel, **{"fresh": False, "inside": False, "known": False, **given})
    >>> [of(Channel.PERSONAL, fresh=True), of(Channel.SITE_ROTATING, inside=True, known=True)]
    [<EvidenceClass.A: 'A'>, <EvidenceClass.A: 'A'>]
    >>> [of(Channel.SITE_ROTATING, inside=True), of(Channel.SITE_STATIC, inside=True)]
    [<EvidenceClass.B: 'B'>, <EvidenceClass.B: 'B'>]
    >>> [of(Channel.PERSONAL), of(Channel.SITE_STATIC, known=True), of(Channel.OVERRIDE)]
    [<EvidenceClass.B: 'B'>, <EvidenceClass.C: 'C'>, <EvidenceClass.D: 'D'>]
    """
    if channel == Channel.PERSONAL:
        return EvidenceClass.A if fresh else EvidenceClass.B
    if channel == Channel.SITE_ROTATING:
        return EvidenceClass.A if inside and known else EvidenceClass.B
    if channel == Channel.SITE_STATIC:
        return EvidenceClass.B if inside else EvidenceClass.C
    return EvidenceClass.D


def gather(
    request: Request,
    decision: Decision,
    *,
    person_id: int,
    account_id: int,
    actor_person_id: int,
    now: datetime,
) -> Evidence:
    """Return what speaks for and against a scan that the shifts allow; others are not looked at."""
    target = decision.target
    if target is None or decision.verdict not in {rules.ACCEPTED, rules.HELD}:
        return Evidence(EvidenceClass.C, device_id=request.device_id)
    if request.channel not in BY_OWN_PHONE:
        by_code = request.channel == Channel.PERSONAL and not request.offline
        burst = by_code and devices.is_burst(
            target.shift_id, account_id=account_id, actor_person_id=actor_person_id, now=now
        )
        return Evidence(
            classed(request.channel, fresh=request.fresh, inside=False, known=False),
            device_id=request.device_id,
            doubts=(Reason.BURST,) if burst else (),
        )
    doubts: list[Reason] = []
    warnings: list[Reason] = []
    judged, mark = place.Judged(Position.NONE, None, None), None
    if target.fence:
        judged = place.judge(request.fix, target.fence)
        if judged.reason:
            doubts.append(judged.reason)
        if request.fix:
            mark = place.mark(request.fix, target.shift_id, request.secret)
            if devices.same_place(target.shift_id, mark, person_id) >= devices.MOST_PEOPLE:
                warnings.append(Reason.BURST)
    if target.is_open and request.cookie_hash and request.cookie_hash == target.in_cookie_hash:
        # who used it after this person has had both held
        seen = devices.Seen(target.in_device_id, is_known=True)
    else:
        seen = devices.look(
            request.cookie_hash,
            target.shift_id,
            person_id=person_id,
            account_id=account_id,
            now=now,
        )
    if seen.others:
        doubts.append(Reason.DEVICE_SHARED)
    if len(seen.others) >= devices.MOST_PEOPLE:
        doubts.append(Reason.BURST)
    if seen.is_new:
        warnings.append(Reason.DEVICE_NEW)
    inside = judged.position == Position.INSIDE
    return Evidence(
        classed(request.channel, fresh=False, inside=inside, known=seen.is_known),
        judged.position,
        judged.band,
        mark,
        seen.device_id or request.device_id,
        tuple(doubts),
        tuple(warnings),
        seen.others,
    )
