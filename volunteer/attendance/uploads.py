"""What a scanner sends in: each scan a transaction and an answer of its own (checkin.md 1.7)."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, insert, select

from volunteer.core.actor import Actor
from volunteer.core.db import again_on_conflict, db, run, transaction
from volunteer.people.models import Person

from . import access, phone_clock, presence, queries, recounting, rules, scanned, service, tokens
from .asking import Request, answer_of, scan_row
from .errors import CodeRefused, KeyReused
from .models import Channel, Direction, Position, Reason, Scan, TimeQuality
from .phone_clock import Claim, Timed
from .rules import Candidate, Decision
from .scanners import ScannerDevice

_insert_scan = insert(Scan)
#: Longer texts are no codes of ours; they are cut before they are hashed.
LONGEST = 200
#: Something was missing before this scan, or the chain was broken.
GAP = "queue_gap"


class Item(NamedTuple):
    """One scan as the phone says it was: whose code, in or out, when by which clocks.

    `seq`, `prev_hash` and `hash` chain it to the scan before it; None where nothing does.
    """

    key: str
    direction: Direction
    token: str
    shift: str | None
    claim: Claim
    sync_id: str | None = None
    seq: int | None = None
    prev_hash: str = ""
    hash: str = ""

    @property
    def line(self) -> str:
        """What the chain's hash covers; the phone writes the same (scanner/queue.js)."""
        return "\n".join(
            (
                self.prev_hash,
                str(self.seq),
                self.key,
                self.direction,
                self.token,
                self.shift or "",
                f"{self.claim.device_ms:.0f}",
                f"{self.claim.mono_ms:.0f}",
                self.claim.page,
                self.sync_id or "",
            )
        )

    @property
    def body_hash(self) -> str:
        """What must be the same when the key comes again."""
        return hashlib.sha256(self.line.encode()).hexdigest()


class Sending(NamedTuple):
    """What holds for all scans of a batch: the phone, its clock as it sent them, the browser."""

    device_id: int | None
    device_ms: float
    keys: Mapping[int, bytes]
    #: Whether they come from a queue; a single one is sent as it is scanned.
    waited: bool = False
    ip_prefix: str | None = None
    browser_class: str | None = None


@again_on_conflict
def take(item: Item, sending: Sending, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """Take one scan in and return its answer: `verdict`, `reason`, `flags`, the facts.

    Every scan is stored, the refused and the unknown too. The same key again returns the
    stored first answer, whatever is true by now, and leaves the chain alone; the same key
    with another body raises KeyReused.
    """
    with transaction():
        access.require_self(actor)
        device = _device(sending.device_id)  # before anything is read, so that repeats queue up
        if known := queries.stored_answer(actor.account_id or 0, item.key):
            if known[0] != item.body_hash:
                raise KeyReused()
            return known[1]
        when = phone_clock.timed(
            item.claim, device_ms=sending.device_ms, received_at=now, waited=sending.waited
        )
        request = _request(item, sending, when, _chained(item, device))
        person_id, reason = _person(item.token, sending.keys, actor, now)
        if person_id is None:
            return _refused(request, item.direction, reason, None, actor=actor, now=now)
        if when.too_old:
            return _refused(request, item.direction, "too_old", person_id, actor=actor, now=now)
        shift, reason = _shift_of(item, person_id, when.at, actor)
        if shift is None:
            return _refused(request, item.direction, reason, person_id, actor=actor, now=now)
        meant = request._replace(person_id=person_id, shift=shift)
        if item.direction is Direction.OUT:
            return service.check_out(meant, actor=actor, now=now)
        answer = service.check_in(meant, actor=actor, now=now)
        if answer["verdict"] in {rules.ACCEPTED, rules.HELD}:
            recounting.check_out_that_waited(meant, when.at, actor=actor, now=now)
        elif answer["verdict"] == rules.DUPLICATE and when.offline and not when.hold:
            recounting.arrive_earlier(meant, when.at, actor=actor, now=now)
        return answer


def _request(item: Item, sending: Sending, when: Timed, flags: tuple[str, ...]) -> Request:
    return Request(
        site=None,
        key=item.key,
        body=item.body_hash,
        token_hash=hashlib.sha256(item.token.encode()).hexdigest(),
        shift=item.shift,
        ip_prefix=sending.ip_prefix,
        browser_class=sending.browser_class,
        channel=Channel.PERSONAL,
        effective_at=when.at,
        claimed_at=phone_clock.moment(item.claim.device_ms),
        time_quality=TimeQuality(when.quality),
        clock_offset_ms=when.offset_ms,
        queue_seq=item.seq,
        scanner_device_id=sending.device_id,
        offline=when.offline,
        doubts=(Reason(when.hold),) if when.hold else (),
        flags=flags,
    )


def _device(device_id: int | None) -> ScannerDevice | None:
    if device_id is None:
        return None
    return db.session.get_one(
        ScannerDevice, device_id, with_for_update=True, populate_existing=True
    )


def _chained(item: Item, device: ScannerDevice | None) -> tuple[str, ...]:
    """Note the scan as the last of its device's chain; return a flag where it does not fit.

    A gap stops nothing: the scan counts, and the device shows that something is missing.
    """
    if device is None or item.seq is None:
        return ()
    follows = item.seq == device.last_seq + 1 and item.prev_hash == (device.last_hash or "")
    fits = follows and item.hash == item.body_hash
    device.gaps += 0 if fits else 1
    device.last_seq = max(device.last_seq, item.seq)
    device.last_hash = item.hash[:64]
    return () if fits else (GAP,)


_person_by_id = select(func.coalesce(Person.merged_into_id, Person.id))


def _person(
    text: str, keys: Mapping[int, bytes], actor: Actor, now: datetime
) -> tuple[int | None, str]:
    """Return whom a card's code or its short code names (of a merged record the kept one),
    else why nobody."""
    token = tokens.cleaned(text)
    if len(token) < tokens.SHORTEST:
        public_id = scanned.typed(token, actor=actor, now=now)
    else:
        try:
            public_id = tokens.read_card(token, keys).public_id
        except CodeRefused as refusal:
            return None, refusal.code
    known = _person_by_id.where(Person.public_id == public_id)
    found = db.session.scalar(known) if public_id else None
    return found, "person_unknown"


def _shift_of(item: Item, person_id: int, when: datetime, actor: Actor) -> tuple[str | None, str]:
    """Return the shift that is meant, else why none: the one that the phone names, or of
    those at which the actor may scan the person the one of that time."""
    if item.shift is not None:
        return item.shift, ""
    known = queries.candidates(person_id, when)
    mine = [each for each in known if _may_scan(each, person_id, actor)]
    if not mine:
        return None, "not_coordinator" if known else "not_assigned"
    running = [each for each in mine if each.opens_at <= when <= each.out_until]
    wanted = [each for each in running if each.is_open == (item.direction is Direction.OUT)]
    near = min(wanted or running or mine, key=lambda each: abs(each.starts_at - when))
    return near.shift, ""


def _may_scan(candidate: Candidate, person_id: int, actor: Actor) -> bool:
    led = presence.led(candidate.shift)
    return led is not None and access.may_scan(actor, person_id, *led)


def _refused(
    request: Request,
    direction: Direction,
    reason: str,
    person_id: int | None,
    *,
    actor: Actor,
    now: datetime,
) -> dict[str, Any]:
    """Store a scan that comes to nothing, with its answer; the caller has a transaction open."""
    decision = Decision(rules.REFUSED, reason, None)
    when = request.effective_at or now
    answer = answer_of(direction, decision, (), None, when)
    answer["name"] = ""
    account_id = actor.account_id or 0
    row = scan_row(
        request,
        direction,
        account_id=account_id,
        person_id=person_id,
        decision=decision,
        now=now,
    )
    run(_insert_scan, {**row, "position": Position.NONE, "answer": answer})
    return answer
