"""Checking in and out: one verb, one scan, one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from flask_babel import gettext
from sqlalchemy import bindparam, insert, update

from volunteer.core.actor import Actor
from volunteer.core.clock import Month, local_day
from volunteer.core.db import LostRace, again_on_conflict, run, transaction
from volunteer.hours import queries as ledger
from volunteer.hours import service as hours
from volunteer.hours.models import SourceClass
from volunteer.hours.rules import counted
from volunteer.people import service as people
from volunteer.people.models import QualificationKind
from volunteer.targets import queries as targets

from . import access, devices, presence, queries, rules
from .asking import Request as Request
from .asking import answer_by_hand as answer_by_hand
from .asking import answer_of as answer_of
from .asking import scan_row
from .errors import KeyReused
from .evidence import classed, gather
from .intervals import counted_elsewhere as counted_elsewhere
from .intervals import presences as presences
from .intervals import without
from .models import (
    Attendance,
    AttendanceState,
    Channel,
    Direction,
    EvidenceClass,
    Review,
    Scan,
    Verdict,
)
from .queries import Member, Posting, SiteHere
from .rules import Candidate, Decision, Offer

_insert_scan = insert(Scan).returning(Scan.id)
_insert_attendance = insert(Attendance)
#: Somebody comes again whose arrival was taken back.
_come_again = (
    update(Attendance)
    .where(
        Attendance.id == bindparam("attendance_id"),
        Attendance.state == AttendanceState.EXPECTED,
    )
    .values(
        unit_id=bindparam("unit"),
        state=AttendanceState.OPEN,
        in_scan_id=bindparam("scan_id"),
        arrived_at=bindparam("arrived", type_=Attendance.arrived_at.type),
        evidence_class=bindparam("evidence"),
        review=bindparam("new_review"),
    )
    .returning(Attendance.id)
)
_open_again = (
    update(Attendance)
    .where(Attendance.id == bindparam("attendance_id"), Attendance.state == AttendanceState.CLOSED)
    .values(
        state=AttendanceState.OPEN,
        review=bindparam("new_review"),
        out_scan_id=None,
        left_at=None,
        policy_id=None,
    )
    .returning(Attendance.revision)
)
_close = (
    update(Attendance)
    .where(Attendance.id == bindparam("attendance_id"), Attendance.state == bindparam("old_state"))
    .values(
        state=AttendanceState.CLOSED,
        review=bindparam("new_review"),
        out_scan_id=bindparam("scan_id"),
        left_at=bindparam("left", type_=Attendance.left_at.type),
        policy_id=bindparam("policy"),
        revision=bindparam("new_revision"),
    )
    .returning(Attendance.id)
)

#: Comes before everything else: who may not serve is told so, in or not.
INACTIVE = Decision(rules.REFUSED, "account_inactive", None)
#: Comes even before that: a stranger learns nothing about a person.
NOT_LED = Decision(rules.REFUSED, "not_coordinator", None)


class Foresight(NamedTuple):
    """What pressing the button would do; `earns` only where it would check out."""

    name: str
    offer: Offer
    earns: "Earned | None"


def foresee(
    site: SiteHere,
    *,
    shift: str | None = None,
    channel: Channel = Channel.SITE_STATIC,
    actor: Actor,
    now: datetime,
) -> Foresight:
    """Tell what the actor can do now at the site, or at the one shift there that the code
    names; nothing is written, not even a scan."""
    person_id = access.require_self(actor)
    member = queries.member(person_id, local_day(now), lock=False)
    if not member.may_serve:
        return Foresight(member.name, Offer(None, INACTIVE), None)
    evidence = classed(channel, fresh=False, inside=False, known=False)
    offer = rules.offer(queries.candidates(person_id, now), site.id, now, shift, evidence)
    target = offer.decision.target
    facts = queries.posting(target.attendance_id) if target and target.attendance_id else None
    earns = earned(facts, now) if facts and offer.direction == Direction.OUT else None
    return Foresight(member.name, offer, earns)


@again_on_conflict
def check_in(request: Request, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """Check a person in at the shift that the code and the moment point to.

    Everybody for themselves; others only who leads the shift or schedules for its unit, or
    the answer is `not_coordinator`. Every attempt is one `scan` row, refused ones too.
    Returns the answer: `verdict`, `reason`, `flags` and the facts of the page, all plain
    JSON. The same key again returns the stored first answer, whatever is true by now (R17);
    the same key for something else raises KeyReused.
    """
    return _scan(request, Direction.IN, actor=actor, now=now)


@again_on_conflict
def check_out(request: Request, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """Check a person out and enter the minutes into the ledger, in one transaction.

    What is returned and what a repeat does: as `check_in`.
    """
    return _scan(request, Direction.OUT, actor=actor, now=now)


def _scan(request: Request, direction: Direction, *, actor: Actor, now: datetime) -> dict[str, Any]:
    person_id = access.require_subject(actor, request.person_id)
    account_id = actor.account_id or 0
    when = request.effective_at or now
    with transaction():
        if known := queries.stored_answer(account_id, request.key):
            if known[0] != request.body_hash(direction):
                raise KeyReused()
            return known[1]
        member = queries.member(person_id, local_day(when), lock=True)
        candidates = queries.candidates(person_id, when)
        allowed = request.person_id is None or _may_scan(request, person_id, actor)
        decision = _decided(request, direction, member, candidates, allowed=allowed, when=when)
        found = gather(
            request,
            decision,
            person_id=person_id,
            account_id=account_id,
            actor_person_id=actor.person_id or 0,
            now=now,
        )
        doubts = (*found.doubts, *request.doubts)
        decision = rules.weighed(decision, doubts, found.warnings, found.evidence_class)
        scan = scan_row(
            request,
            direction,
            account_id=account_id,
            person_id=person_id,
            decision=decision,
            now=now,
        )
        scan |= found.columns
        answer = answer_of(direction, decision, candidates, request.site, when)
        answer["name"] = member.name if allowed else ""
        moves = decision.verdict in (rules.ACCEPTED, rules.HELD) and decision.target
        if not moves or member.unit_id is None:
            run(_insert_scan, {**scan, "answer": answer})
            return answer
        devices.hold_too(found.others, moves.shift_id)
        if direction is Direction.IN:
            scan_id = run(_insert_scan, {**scan, "answer": answer}).scalar_one()
            if moves.may_return:
                _come_back(moves, decision, actor=actor, now=now)
                return answer
            _enter_shift(
                moves, person_id, member.unit_id, scan_id, decision, found.evidence_class, when
            )
            return answer
        facts = queries.posting(moves.attendance_id or 0)
        if facts is None:
            raise LostRace()
        earns = earned(facts, when)
        doubted = decision.verdict == rules.HELD or moves.review == Review.PENDING
        held = doubted or earns.waits
        answer |= {"minutes": earns.minutes, "held": held, "cut": earns.cut}
        by_hand = facts.evidence_class == EvidenceClass.D
        settle(
            facts,
            earns,
            scan_id=run(_insert_scan, {**scan, "answer": answer}).scalar_one(),
            left_at=when,
            review=Review.PENDING if held else Review.NONE,
            source_class=SourceClass.MANUAL if by_hand else SourceClass.SCANNED,
            actor=actor,
            now=now,
        )
        return answer


def _may_scan(request: Request, person_id: int, actor: Actor) -> bool:
    """Tell whether the actor may scan somebody into the shift that is named."""
    led = presence.led(request.shift or "")
    return led is not None and access.may_scan(actor, person_id, *led)


def _decided(
    request: Request,
    direction: Direction,
    member: Member,
    candidates: Sequence[Candidate],
    *,
    allowed: bool,
    when: datetime,
) -> Decision:
    """Decide by what the door has found, by who asks and who is meant, then by the shifts."""
    if not allowed:
        return NOT_LED
    if not member.may_serve:
        return INACTIVE
    if request.refusal:
        return Decision(rules.REFUSED, request.refusal, None)
    decide = rules.decide_in if direction is Direction.IN else rules.decide_out
    site_id = request.site.id if request.site else None
    return decide(candidates, site_id, when, request.shift, offline=request.offline)


def _come_back(target: Candidate, decision: Decision, *, actor: Actor, now: datetime) -> None:
    """Open a closed attendance again; what it has earned is reckoned anew at the end."""
    held = decision.verdict == Verdict.HELD or target.review == Review.PENDING
    facts = {"attendance_id": target.attendance_id}
    revision = run(
        _open_again, {**facts, "new_review": Review.PENDING if held else Review.NONE}
    ).scalar()
    if revision is None:
        raise LostRace()
    hours.take_back(
        f"attendance:{target.attendance_id}:{revision}",
        reason=gettext("Came back to the same shift"),
        entered_by=actor.account_id,
        now=now,
    )


def _enter_shift(
    target: Candidate,
    person_id: int,
    unit_id: int,
    scan_id: int,
    decision: Decision,
    evidence_class: EvidenceClass,
    now: datetime,
) -> None:
    review = Review.PENDING if decision.verdict == Verdict.HELD else Review.NONE
    if target.attendance_id is not None:
        again = {
            "attendance_id": target.attendance_id,
            "unit": unit_id,
            "scan_id": scan_id,
            "arrived": now,
            "evidence": evidence_class,
            "new_review": review,
        }
        if run(_come_again, again).first() is None:
            raise LostRace()
        return
    run(
        _insert_attendance,
        {
            "shift_id": target.shift_id,
            "person_id": person_id,
            "unit_id": unit_id,
            "state": AttendanceState.OPEN,
            "in_scan_id": scan_id,
            "arrived_at": now,
            "evidence_class": evidence_class,
            "review": review,
            "revision": 0,
        },
    )


class Earned(NamedTuple):
    """What an attendance earns: whole minutes, why they are cut, under which policy version."""

    minutes: int
    cut: str | None
    policy_id: int

    @property
    def waits(self) -> bool:
        """A record over the maximum waits for a person, uncut (R13)."""
        return self.cut == "over_record"


def earned(facts: Posting, left_at: datetime) -> Earned:
    """Return what an attendance earns when it ends at `left_at` (R9 to R13); what another
    shift was credited with does not count again."""
    day = local_day(facts.starts_at)
    policy = targets.policy_for(Month.of_day(day))
    if not facts.require_out:  # whoever has come is taken to have come in time
        times = [(facts.starts_at, left_at)]
    elif facts.may_return:
        times = presences(facts.shift_id, facts.person_id, left_at)
    else:
        times = [(facts.arrived_at or left_at, left_at)]
    if facts.served_beside:
        within = facts.starts_at, facts.ends_at
        times = without(times, counted_elsewhere(facts.shift_id, facts.person_id, *within))
    result = counted(
        times,
        facts.starts_at,
        facts.ends_at,
        targets.terms_of(policy),
        posted_today=ledger.posted_on(facts.person_id, day),
    )
    return Earned(result.minutes, result.reason, policy.id)


def settle(
    facts: Posting,
    earns: Earned,
    *,
    scan_id: int | None,
    left_at: datetime,
    review: Review,
    source_class: SourceClass,
    reason: str | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Close an attendance and enter its minutes, and what a training has taught; while
    `review` is pending both wait.

    Raises LostRace where the attendance has moved since `facts` were read.
    """
    posts = bool(earns.minutes) and review != Review.PENDING
    revision = facts.revision + (1 if posts else 0)
    closed = run(
        _close,
        {
            "attendance_id": facts.attendance_id,
            "old_state": facts.state,
            "new_review": review,
            "scan_id": scan_id,
            "left": left_at,
            "policy": earns.policy_id,
            "new_revision": revision,
        },
    )
    if closed.first() is None:
        raise LostRace()
    if posts:
        hours.enter(
            person_id=facts.person_id,
            unit_id=facts.unit_id,
            grid_id=facts.grid_id,
            service_day=local_day(facts.starts_at),
            minutes=earns.minutes,
            nature=facts.nature,
            source=f"attendance:{facts.attendance_id}:{revision}",
            source_class=source_class,
            reason=reason,
            entered_by=actor.account_id,
            now=now,
        )
        if facts.grants:
            day = local_day(facts.starts_at)
            people.grant_by_training(
                facts.person_id,
                QualificationKind(facts.grants),
                granted_on=day,
                valid_months=targets.policy_for(Month.of_day(day)).training_valid_months,
                source=f"shift:{facts.shift_id}",
                actor=actor,
                now=now,
            )
