"""What a door asks of the verbs of attendance, the scan row it becomes, the answer it gets."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from . import rules
from .models import Channel, Direction, Reason, TimeQuality, Verdict
from .place import Fix
from .queries import SiteHere
from .rules import Candidate, Decision


class Request(NamedTuple):
    """What the door read: which code, with what key, from where, and for whom.

    A code names a site, or a shift (`shift`), or a person whom the leader of `shift` scans.
    An upload also says when it happened and how sure that is; everything else is of now.
    """

    site: SiteHere | None
    key: str
    token_hash: str | None = None
    #: The public id of the shift that the code names, or that the person chose.
    shift: str | None = None
    ip_prefix: str | None = None
    browser_class: str | None = None
    channel: Channel = Channel.SITE_STATIC
    #: Who is meant; None: whoever asks.
    person_id: int | None = None
    #: When it happened, where that is not when we hear of it, and what the device said.
    effective_at: datetime | None = None
    claimed_at: datetime | None = None
    time_quality: TimeQuality = TimeQuality.SERVER
    clock_offset_ms: int | None = None
    queue_seq: int | None = None
    device_id: int | None = None
    scanner_device_id: int | None = None
    offline: bool = False
    #: A personal code that its owner's phone has only just shown.
    fresh: bool = False
    #: Where the phone says it is, and what its marks are keyed with; the hash of its cookie.
    fix: Fix | None = None
    secret: bytes = b""
    cookie_hash: str | None = None
    #: What the door has found already: this refuses, these hold what would be accepted.
    refusal: Reason | None = None
    doubts: tuple[Reason, ...] = ()
    #: Why a leader records it, in words.
    note: str | None = None
    #: What the door noticed and no verdict needs.
    flags: tuple[str, ...] = ()
    #: The hash of what was sent, where there is more to it than is said here.
    body: str | None = None

    def body_hash(self, direction: Direction) -> str:
        """Return what must be the same when the key comes again."""
        if self.body is not None:
            return self.body
        text = f"{direction}|{self.site.id if self.site else ''}|{self.shift or ''}"
        if self.person_id is not None:
            text += f"|{self.person_id}"
        return hashlib.sha256(text.encode()).hexdigest()


def scan_row(
    request: Request,
    direction: Direction,
    *,
    account_id: int,
    person_id: int | None,
    decision: Decision,
    now: datetime,
) -> dict[str, Any]:
    """Return the columns of the scan, its answer and its evidence excepted."""
    target = decision.target
    return {
        "key": request.key,
        "body_hash": request.body_hash(direction),
        "direction": direction,
        "channel": request.channel,
        "shift_id": target and target.shift_id,
        "person_id": person_id,
        "site_id": request.site.id if request.site else target and target.site_id,
        "actor_account_id": account_id,
        "raw_token_hash": request.token_hash,
        "claimed_at": request.claimed_at,
        "received_at": now,
        "effective_at": request.effective_at or now,
        "time_quality": request.time_quality,
        "clock_offset_ms": request.clock_offset_ms,
        "queue_seq": request.queue_seq,
        "scanner_device_id": request.scanner_device_id,
        "ip_prefix": request.ip_prefix,
        "browser_class": request.browser_class,
        "verdict": decision.verdict,
        "reason": decision.reason,
        "flags": [*decision.flags, *request.flags],
        "offline": request.offline,
        "note": request.note,
    }


def answer_of(
    direction: Direction,
    decision: Decision,
    candidates: Sequence[Candidate],
    site: SiteHere | None,
    now: datetime,
) -> dict[str, Any]:
    """Return the answer as plain JSON, so that a replay shows the same page."""
    answer: dict[str, Any] = {
        "direction": direction,
        "verdict": decision.verdict,
        "reason": decision.reason,
        "flags": list(decision.flags),
        "at": now.isoformat(),
        "site": site.name if site else "",
    }
    if target := decision.target:
        answer |= {
            "shift": target.shift,
            "title": target.title,
            "leader": target.leader,
            "site": target.site_name,
            "starts_at": target.starts_at.isoformat(),
            "ends_at": target.ends_at.isoformat(),
            "opens_at": target.opens_at.isoformat(),
            "arrived_at": target.arrived_at and target.arrived_at.isoformat(),
            "left_at": target.left_at and target.left_at.isoformat(),
        }
        if not target.require_out:
            answer["in_only"] = True
    if decision.reason == "ambiguous_shift":
        answer["choices"] = [
            {
                "shift": c.shift,
                "title": c.title,
                "starts_at": c.starts_at.isoformat(),
                "asks_place": c.fence is not None,
            }
            for c in rules.open_to_choose(candidates, site.id if site else None, now)
        ]
    return answer


def answer_by_hand(verdict: Verdict, reason: Reason | None, at: str) -> dict[str, Any]:
    """Return the answer of a scan that a leader or a job wrote; `at` is the time that counts."""
    return {"verdict": verdict, "reason": reason, "at": at}
