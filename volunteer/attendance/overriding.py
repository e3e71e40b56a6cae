"""Recording somebody past the rules, with a reason of the closed list (checkin.md 1.9)."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, insert, select
from sqlalchemy.orm import aliased

from volunteer.core import journal
from volunteer.core.actor import KEEPERS, Actor
from volunteer.core.clock import local_day
from volunteer.core.db import again_on_conflict, db, transaction
from volunteer.people.models import Person, PersonState
from volunteer.people.rules import search_kind
from volunteer.shifts import service as shifts
from volunteer.shifts.errors import ShiftCancelled
from volunteer.shifts.models import Shift, ShiftState

from . import access, presence, queries
from .by_hand import AttendanceOverride, OverrideReason
from .errors import (
    MomentOutside,
    NobodyMeant,
    NothingToRecord,
    NotOpenYet,
    OverQuota,
    SelfConfirmation,
    SeveralMeant,
    WordsMissing,
)
from .models import AttendanceState, Channel, Direction, Review, Scan
from .presence import Place
from .recording import arrive, key_of, leave, new_act
from .roll_call import was_there

#: How long before the start somebody may be recorded at the earliest.
EARLY = timedelta(hours=2)


def quota(people: int) -> int:
    """Return how many exceptions a shift of so many people has without an administrator.

    >>> [quota(people) for people in (0, 30, 39, 40, 200)]
    [3, 3, 3, 4, 20]
    """
    return max(3, people // 10)


class Exceptions(NamedTuple):
    """How many exceptions a shift has had, and how many it may have."""

    used: int
    allowed: int


def exceptions_of(shift: Shift) -> Exceptions:
    """Return how a shift's quota stands; what was taken back does not count."""
    later = aliased(Scan)
    statement = (
        select(func.count(func.distinct(Scan.person_id)))
        .join(AttendanceOverride, AttendanceOverride.scan_id == Scan.id)
        .outerjoin(later, later.supersedes_id == Scan.id)
        .where(AttendanceOverride.shift_id == shift.id, later.id.is_(None))
    )
    people = presence.places(shift.id, local_day(shift.starts_at))
    return Exceptions(db.session.scalars(statement).one(), quota(len(people)))


@again_on_conflict
def override(
    shift: Shift,
    who: str,
    direction: Direction,
    *,
    at: datetime | None,
    code: OverrideReason,
    words: str,
    reason: str,
    actor: Actor,
    now: datetime,
) -> str:
    """Record that somebody has come, or has left, past the windows; return the name.

    `who` is the whole name of somebody on the list, or a phone or volunteer number; somebody
    not on the list becomes a walk-in, or is refused for want of a training. `at` lies within
    the shift and not ahead; None is now. `reason` is what is written down. The minutes are
    `manual`, of class D (R18). Nobody records themselves; above the quota only an
    administrator of the unit does.
    """
    with transaction():
        access.require_roll(actor, shift.unit.path, shift.leader_id)
        if shift.state == ShiftState.CANCELLED:
            raise ShiftCancelled()
        if now < shift.starts_at - EARLY:
            raise NotOpenYet(opens=shift.starts_at - EARLY)
        if code is OverrideReason.OTHER and not words:
            raise WordsMissing()
        place = _meant(shift, who)
        if place.person_id == actor.person_id:
            raise SelfConfirmation()
        queries.member(place.person_id, local_day(now), lock=True)
        had = exceptions_of(shift)
        if had.used >= had.allowed and not actor.holds(shift.unit.path, *KEEPERS):
            raise OverQuota(quota=had.allowed)
        shifts.add_walk_in(shift, place.person_id, actor=actor, now=now)
        moment = _moment(shift, at, now)
        act = new_act("override")
        done = _record(shift, place, direction, moment, act, reason, actor, now)
        if not done:
            raise NothingToRecord()
        key = key_of(act, place.person_id, direction)
        scan = select(Scan.id).where(Scan.actor_account_id == actor.account_id, Scan.key == key)
        facts = {
            "scan_id": db.session.scalars(scan).one(),
            "shift_id": shift.id,
            "reason_code": code,
        }
        db.session.execute(insert(AttendanceOverride), facts)
        journal.write(
            "attendance.override",
            "shift",
            shift.public_id,
            actor=actor,
            now=now,
            unit_path=shift.unit.path,
            direction=direction,
            code=code,
        )
        return place.name


def _moment(shift: Shift, at: datetime | None, now: datetime) -> datetime:
    if at is None:
        return min(now, shift.ends_at)
    if not shift.starts_at <= at <= min(now, shift.ends_at):
        raise MomentOutside()
    return at


def _record(
    shift: Shift,
    place: Place,
    direction: Direction,
    moment: datetime,
    act: str,
    reason: str,
    actor: Actor,
    now: datetime,
) -> bool:
    if direction is Direction.OUT:
        if place.state != AttendanceState.OPEN or place.arrived_at is None:
            return False
        if moment < place.arrived_at:
            raise MomentOutside()
        leave(
            place.attendance_id or 0,
            shift,
            moment,
            act=act,
            channel=Channel.OVERRIDE,
            reason=reason,
            actor=actor,
            now=now,
        )
        return True
    if not place.is_free:
        return False
    if now >= shift.ends_at:
        came = moment if moment < shift.ends_at else shift.starts_at
        return was_there(
            shift,
            place,
            arrived_at=came,
            act=act,
            channel=Channel.OVERRIDE,
            reason=reason,
            actor=actor,
            now=now,
        )
    elsewhere = presence.open_elsewhere([place.person_id], shift.id)
    arrives = {
        "state": AttendanceState.OPEN,
        "arrived_at": moment,
        "review": Review.PENDING if elsewhere else Review.NONE,
    }
    here = place.person_id, place.attendance_id
    how = {"act": act, "channel": Channel.OVERRIDE, "reason": reason}
    return arrive(shift, *here, arrives, **how, actor=actor, now=now) is not None  # type: ignore[arg-type]


def _meant(shift: Shift, who: str) -> Place:
    """Return who is meant: somebody on the list, else somebody by phone or volunteer number."""
    everybody = presence.places(shift.id, local_day(shift.starts_at))
    kind, text = search_kind(who)
    if kind in {"phone", "number"}:
        column = Person.phone if kind == "phone" else Person.volunteer_number
        person = db.session.scalar(
            select(Person).where(column == text, Person.state == PersonState.ACTIVE)
        )
        if person is None:
            raise NobodyMeant()
        listed = [place for place in everybody if place.person_id == person.id]
        return listed[0] if listed else presence.place_of(shift.id, person)
    named = [place for place in everybody if place.name == text]
    if len(named) > 1:
        raise SeveralMeant()
    if not named:
        raise NobodyMeant()
    return named[0]
