"""Taking back what was just recorded: within 15 minutes, by the one who did (checkin.md 1.4)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, or_, select

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import LostRace, again_on_conflict, db, transaction
from volunteer.core.errors import DomainError, NotFound
from volunteer.hours import service as hours
from volunteer.people import service as people
from volunteer.people.models import Person
from volunteer.shifts import service as shifts
from volunteer.shifts.models import Shift

from . import access, presence, queries
from .errors import NothingToUndo, PresentElsewhere, UndoneByAnother, UndoTooLate
from .intervals import UNDO
from .models import Attendance, AttendanceState, Channel, Direction, Review, Scan, Verdict
from .recording import act_of, key_of, new_act, set_aside, write_scan

#: How long somebody may take back what he recorded.
PATIENCE = timedelta(minutes=15)
BY_HAND = (Channel.MANUAL, Channel.OVERRIDE)
#: Acts that record presence; those that decide about it are taken back where they were made.
ACTS = ("roll:%", "override:%")


class Undoable(NamedTuple):
    """A scan that its maker may still take back."""

    key: str
    person_id: int
    public_id: str
    name: str
    direction: str
    received_at: datetime

    @property
    def act(self) -> str:
        return act_of(self.key)


#: The scan by which an attendance stands as it does.
_STANDS_BY = or_(
    Attendance.out_scan_id == Scan.id,
    and_(
        Attendance.in_scan_id == Scan.id,
        Attendance.out_scan_id.is_(None),
        Attendance.state == AttendanceState.OPEN,
    ),
)


def undoable(shift_id: int, *, actor: Actor, now: datetime) -> Sequence[Undoable]:
    """Return what the actor recorded by hand at a shift and may still take back, newest first."""
    statement = (
        select(
            Scan.key,
            Person.id,
            Person.public_id,
            Person.name,
            Scan.direction,
            Scan.received_at,
        )
        .join(Attendance, _STANDS_BY)
        .join(Person, Person.id == Scan.person_id)
        .where(
            Scan.shift_id == shift_id,
            Scan.actor_account_id == actor.account_id,
            Scan.received_at >= now - PATIENCE,
            Scan.channel.in_(BY_HAND),
            or_(*(Scan.key.like(act) for act in ACTS)),
        )
        .order_by(Scan.received_at.desc(), Person.name, Person.id)
    )
    return [Undoable._make(row) for row in db.session.execute(statement)]


@again_on_conflict
def undo(shift: Shift, keys: Sequence[str], *, reason: str, actor: Actor, now: datetime) -> int:
    """Take back scans of a shift by their keys, all or none; return how many were new.

    Each person stands again as before: gone becomes present, present becomes expected, and
    what was posted is entered the other way round. The scans stay; a further one says what
    it takes back and why. A repeat changes nothing. Refused, and written down: a scan older
    than 15 minutes, of another person's hand, of another shift, or that is no longer the
    last word.
    """
    refusal: DomainError | None = None
    undone = 0
    with transaction() as session:
        access.require_roll(actor, shift.unit.path, shift.leader_id)
        wished = set(keys)
        asked = select(Scan).where(Scan.shift_id == shift.id, Scan.key.in_(wished))
        scans = session.scalars(asked.order_by(Scan.id)).all()
        fresh = _not_yet_undone(scans)
        if len({scan.key for scan in scans}) != len(wished):
            refusal = NotFound()
        else:
            refusal = next(filter(None, (_refusal(scan, actor, now) for scan in fresh)), None)
        if refusal is None:
            for scan in fresh:
                _restore(scan, shift, reason, actor, now)
                undone += 1
        _write_down(shift, refusal, undone, actor, now)
    if refusal:
        raise refusal
    return undone


@again_on_conflict
def undo_own_leaving(shift: Shift, *, reason: str, actor: Actor, now: datetime) -> None:
    """Take back one's own check-out at a shift: one is there again. Limits as for `undo`.

    Raises NothingToUndo where there is none by one's own hand.
    """
    refusal: DomainError | None = None
    with transaction() as session:
        person_id = access.require_self(actor)
        asked = (
            select(Scan)
            .join(Attendance, Attendance.out_scan_id == Scan.id)
            .where(
                Attendance.shift_id == shift.id,
                Attendance.person_id == person_id,
                Scan.actor_account_id == actor.account_id,
                Scan.channel.not_in((*BY_HAND, Channel.AUTO)),
            )
        )
        scan = session.scalar(asked)
        if scan is None:
            raise NothingToUndo()
        refusal = _refusal(scan, actor, now)
        if refusal is None:
            _restore(scan, shift, reason, actor, now)
        _write_down(shift, refusal, 1, actor, now)
    if refusal:
        raise refusal


def _not_yet_undone(scans: Sequence[Scan]) -> list[Scan]:
    later = select(Scan.supersedes_id).where(Scan.supersedes_id.in_([scan.id for scan in scans]))
    done = set(db.session.scalars(later))
    return [scan for scan in scans if scan.id not in done]


def _refusal(scan: Scan, actor: Actor, now: datetime) -> DomainError | None:
    if scan.actor_account_id != actor.account_id:
        return UndoneByAnother()
    if now - scan.received_at > PATIENCE:
        return UndoTooLate()
    stands = select(Attendance.id).where(
        _STANDS_BY,
        Scan.id == scan.id,
        Attendance.state != AttendanceState.VOID,
        Attendance.review != Review.REJECTED,
    )
    if db.session.scalar(stands.limit(1)) is None:
        return NothingToUndo()
    return None


def _restore(scan: Scan, shift: Shift, reason: str, actor: Actor, now: datetime) -> None:
    """Let the attendance stand as before the scan, and write down that it was taken back.

    What waits for the leader waits on. Raises LostRace where somebody has rejected it since.
    """
    person_id = scan.person_id or 0
    queries.member(person_id, local_day(now), lock=True)
    asked = select(Attendance).where(
        Attendance.shift_id == shift.id, Attendance.person_id == person_id
    )
    there = db.session.scalars(
        asked.with_for_update().execution_options(populate_existing=True)
    ).one()
    if there.review == Review.REJECTED:
        raise LostRace()
    if there.revision:
        source = f"attendance:{there.id}:{there.revision}"
        hours.take_back(source, reason=reason, entered_by=actor.account_id, now=now)
    if shift.grants:
        source = f"shift:{shift.id}"
        people.take_back_training(person_id, source=source, actor=actor, now=now)
    came = db.session.get(Scan, there.in_scan_id) if there.in_scan_id else None
    if scan.id == there.out_scan_id and came and not _one_act(came, scan):
        held = came.verdict == Verdict.HELD or there.review == Review.PENDING
        if not held and presence.open_elsewhere([person_id], shift.id):
            raise PresentElsewhere()
        there.state, there.review = AttendanceState.OPEN, Review.PENDING if held else Review.NONE
    else:
        there.state, there.review = AttendanceState.EXPECTED, Review.NONE
        there.in_scan_id = there.arrived_at = None
        shifts.take_walk_in_back(shift, person_id, actor=actor, now=now)
        how = {"reason": reason, "actor": actor, "now": now}
        set_aside(shift, person_id, but=[scan.id], **how)  # type: ignore[arg-type]
    there.out_scan_id = there.left_at = there.policy_id = None
    db.session.flush()
    write_scan(
        key_of(new_act(UNDO), person_id, Direction(scan.direction)),
        shift,
        person_id,
        Direction(scan.direction),
        Channel.MANUAL,
        now,
        note=reason,
        supersedes_id=scan.id,
        actor=actor,
        now=now,
    )


def _one_act(came: Scan, went: Scan) -> bool:
    """Tell whether arriving and leaving were recorded by one press of a button."""
    return act_of(came.key) == act_of(went.key) and came.channel in BY_HAND


def _write_down(
    shift: Shift, refusal: DomainError | None, people: int, actor: Actor, now: datetime
) -> None:
    action = "attendance.undo_refused" if refusal else "attendance.undo"
    body = {"why": refusal.code} if refusal else {"people": people}
    journal.write(
        action,
        "shift",
        shift.public_id,
        actor=actor,
        now=now,
        unit_path=shift.unit.path,
        **body,
    )
