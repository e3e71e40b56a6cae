"""Taking back that a day was called off: what comes back with it, and doing it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import func, literal, select, update
from sqlalchemy.orm import joinedload

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import again_on_conflict, db, transaction, within
from volunteer.core.errors import NotFound
from volunteer.people.models import Membership, Person, PersonState
from volunteer.units.models import Unit

from . import access, notices, service
from .errors import NothingToTakeBack
from .models import Assignment, AssignmentState, CallOff, Shift, ShiftState
from .notices import Notice

#: How many callings-off the page lists.
LISTED = 20


class Why(StrEnum):
    """Why somebody who was freed is not assigned again."""

    ELSEWHERE = "elsewhere"
    FULL = "full"
    #: No volunteer any more, or of another unit by then.
    GONE = "gone"


class LeftOut(NamedTuple):
    """A place that does not come back."""

    name: str
    shift: Shift
    why: Why


class Comeback(NamedTuple):
    """What taking a calling-off back does."""

    #: The shifts that are planned again, earliest first, and the places that come back.
    coming: Sequence[Shift]
    places: Sequence[Assignment]
    left_out: Sequence[LeftOut]
    #: They stay cancelled: begun by now, or called off by a unit above as well.
    begun: Sequence[Shift]
    from_above: Sequence[Shift]

    @property
    def people(self) -> dict[int, list[int]]:
        """Who is assigned again, by shift."""
        found: dict[int, list[int]] = defaultdict(list)
        for place in self.places:
            found[place.shift_id].append(place.person_id)
        return found


def comeback(call_off: CallOff, *, now: datetime, locked: bool = False) -> Comeback:
    """Return what taking it back does: its shifts that have not begun are planned again, and
    whom it freed there is assigned again.

    Left out is who serves elsewhere by now, is gone, or would be too many; who had the place
    longer goes first. Nothing comes back that a unit above has called off as well.
    """
    statement = (
        select(Shift)
        .where(Shift.call_off_id == call_off.id)
        .options(joinedload(Shift.unit), joinedload(Shift.site))
        .order_by(Shift.starts_at, Shift.id)
    )
    freed = (
        select(Assignment)
        .join(Assignment.shift)
        .where(Shift.call_off_id == call_off.id, Assignment.call_off_id == call_off.id)
        .options(joinedload(Assignment.person))
        .order_by(Assignment.assigned_at, Assignment.id)
    )
    if locked:
        fresh = {"populate_existing": True}
        statement = statement.with_for_update(of=Shift).execution_options(**fresh)
        freed = freed.with_for_update(of=Assignment).execution_options(**fresh)
    shifts = db.session.scalars(statement).all()
    begun = [each for each in shifts if each.starts_at <= now]
    above = _above(call_off)
    held = [
        each
        for each in shifts
        if each not in begun and any(since <= each.starts_at < until for since, until in above)
    ]
    coming = {each.id: each for each in shifts if each not in begun and each not in held}
    wished = [each for each in db.session.scalars(freed) if each.shift_id in coming]
    places, left_out = _settle(wished, coming)
    return Comeback(list(coming.values()), places, left_out, begun, held)


def _above(call_off: CallOff) -> list[tuple[datetime, datetime]]:
    """Return the hours of the callings-off by units above that stand."""
    statement = (
        select(CallOff.starts_at, CallOff.ends_at)
        .join(CallOff.unit)
        .where(
            CallOff.taken_back_at.is_(None),
            CallOff.unit_id != call_off.unit_id,
            literal(call_off.unit.path).startswith(Unit.path),
            CallOff.starts_at < call_off.ends_at,
            CallOff.ends_at > call_off.starts_at,
        )
    )
    return [(since, until) for since, until in db.session.execute(statement)]


def _settle(
    wished: Sequence[Assignment], shifts: Mapping[int, Shift]
) -> tuple[list[Assignment], list[LeftOut]]:
    people = {each.person_id for each in wished}
    if not people:
        return [], []
    busy, stays = _busy(people, shifts.values()), _stays(people)
    taken: dict[int, int] = defaultdict(int)
    places: list[Assignment] = []
    left_out: list[LeftOut] = []
    for each in wished:
        shift = shifts[each.shift_id]
        if not _belongs(each, shift, stays[each.person_id]):
            why = Why.GONE
        elif any(
            since < shift.ends_at and until > shift.starts_at
            for since, until in busy[each.person_id]
        ):
            why = Why.ELSEWHERE
        elif shift.capacity is not None and taken[shift.id] >= shift.capacity:
            why = Why.FULL
        else:
            places.append(each)
            taken[shift.id] += 1
            busy[each.person_id].append((shift.starts_at, shift.ends_at))
            continue
        left_out.append(LeftOut(each.person.name, shift, why))
    return places, left_out


def _busy(people: set[int], shifts: Any) -> dict[int, list[tuple[datetime, datetime]]]:
    """Return when the people serve while the shifts last."""
    found: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    rows = select(Assignment.person_id, Assignment.starts_at, Assignment.ends_at).where(
        Assignment.state == AssignmentState.ASSIGNED,
        Assignment.starts_at < max(each.ends_at for each in shifts),
        Assignment.ends_at > min(each.starts_at for each in shifts),
    )
    for person_id, starts_at, ends_at in db.session.execute(rows):
        if person_id in people:
            found[person_id].append((starts_at, ends_at))
    return found


class _Stay(NamedTuple):
    from_on: date
    until_on: date | None
    path: str

    def covers(self, day: date) -> bool:
        return self.from_on <= day and (self.until_on is None or day < self.until_on)


def _stays(people: set[int]) -> dict[int, list[_Stay]]:
    """Return to which units the active ones of the people belong, and from when to when."""
    found: dict[int, list[_Stay]] = defaultdict(list)
    rows = (
        select(Membership.person_id, Membership.from_on, Membership.until_on, Unit.path)
        .join(Unit, Unit.id == Membership.unit_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.person_id.in_(people), Person.state == PersonState.ACTIVE)
    )
    for person_id, from_on, until_on, path in db.session.execute(rows):
        found[person_id].append(_Stay(from_on, until_on, path))
    return found


def _belongs(place: Assignment, shift: Shift, stays: Sequence[_Stay]) -> bool:
    """Tell whether the person belongs to the shift's unit on its day; somebody lent by another
    unit still comes as long as he is of the unit that he was of when he was assigned."""
    day = local_day(shift.starts_at)
    here = next((stay for stay in stays if stay.covers(day)), None)
    if here is None:
        return False
    return here.path.startswith(shift.unit.path) or here.from_on <= local_day(place.assigned_at)


@again_on_conflict
def take_back(call_off: CallOff, *, actor: Actor, now: datetime) -> Comeback:
    """Plan the shifts of a calling-off again that have not begun, assign again whom it freed
    where that is still possible, and tell them; return what was done.

    Shifts cancelled otherwise stay so. A repeat finds nothing left, and is refused as that.
    """
    with transaction() as session:
        access.require_schedule(actor, call_off.unit.path)
        call_off = session.get_one(
            CallOff, call_off.id, with_for_update=True, populate_existing=True
        )
        found = comeback(call_off, now=now, locked=True)
        if not found.coming:
            raise NothingToTakeBack()
        ids = [each.id for each in found.coming]
        for shift in found.coming:
            shift.state, shift.cancel_reason = ShiftState.PLANNED, None
            shift.call_off_id, shift.restored_at = None, now
        session.execute(
            update(Assignment)
            .where(Assignment.shift_id.in_(ids), Assignment.call_off_id == call_off.id)
            .values(call_off_id=None)
        )
        back = [each.id for each in found.places]
        session.execute(
            update(Assignment).where(Assignment.id.in_(back)).values(state=AssignmentState.ASSIGNED)
        )
        call_off.taken_back_at, call_off.taken_back_by = now, actor.account_id
        for shift_id, people in found.people.items():
            about = f"back:{call_off.id}:{shift_id}"
            notices.tell(Notice.TAKES_PLACE, people, about=about, shift_id=shift_id, now=now)
        for shift_id in sorted({each.shift.id for each in found.left_out}):
            for offer_on in service.place_freed:
                offer_on(shift_id, now)
        journal.write(
            "shifts.take_back",
            "unit",
            call_off.unit.code,
            actor=actor,
            now=now,
            unit_path=call_off.unit.path,
            day=local_day(call_off.starts_at).isoformat(),
            shifts=len(ids),
            people=len(found.places),
            left_out=len(found.left_out),
        )
        return found


def own(public_id: str, *, under: Sequence[str]) -> CallOff:
    """Return the calling-off of a unit of the subtrees, or raise NotFound."""
    found = db.session.scalar(
        select(CallOff)
        .join(CallOff.unit)
        .where(CallOff.public_id == public_id, within(Unit.path, under))
        .options(joinedload(CallOff.unit))
    )
    if found is None:
        raise NotFound()
    return found


class Line(NamedTuple):
    """A calling-off that can be taken back: how many shifts to come, how many people freed."""

    call_off: CallOff
    shifts: int
    people: int


def lately(*, under: Sequence[str], now: datetime, limit: int = LISTED) -> list[Line]:
    """Return the callings-off of the subtrees that still have shifts to come, newest first."""
    theirs = (Shift.call_off_id == CallOff.id, Shift.starts_at > now)
    shifts = select(func.count(Shift.id)).where(*theirs).correlate(CallOff).scalar_subquery()
    people = (
        select(func.count(Assignment.id))
        .join(Shift, Shift.id == Assignment.shift_id)
        .where(*theirs, Assignment.call_off_id == CallOff.id)
        .correlate(CallOff)
        .scalar_subquery()
    )
    statement = (
        select(CallOff, shifts, people)
        .join(CallOff.unit)
        .where(within(Unit.path, under), select(Shift.id).where(*theirs).exists())
        .options(joinedload(CallOff.unit))
        .order_by(CallOff.id.desc())
        .limit(limit)
    )
    return [Line(*row) for row in db.session.execute(statement)]
