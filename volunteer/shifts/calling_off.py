"""Calling off a day for all: heat, storm, or an order from above (R53)."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from volunteer.core import clock, journal
from volunteer.core.actor import Actor
from volunteer.core.db import again_on_conflict, db, transaction, within
from volunteer.units.models import Unit

from . import access, editing, notices, service
from .errors import NothingToCallOff, WrongHours
from .models import Assignment, AssignmentState, CallOff, Shift, ShiftState
from .notices import Notice

#: Check-in opens at most so long before a shift: later ones have no attendance yet.
OPENS_AT_MOST = timedelta(minutes=240)


class Concerned(NamedTuple):
    """What calling off a stretch of a day does."""

    #: The shifts that are cancelled, earliest first.
    going: Sequence[Shift]
    #: How many people are freed and told.
    people: int
    #: The shifts at which somebody is already: they stay.
    staying: Sequence[Shift]
    #: By which it is taken back, once it is done.
    record: CallOff | None = None


def stretch(day: date, since: time | None, until: time | None) -> tuple[datetime, datetime]:
    """Return the instants from which to which shifts that begin are called off.

    Without a time it is the whole day. Raises WrongHours where the end is not the later.
    """
    starts = clock.at(day, since or time())
    ends = clock.at(day, until) if until else clock.at(day + timedelta(days=1), time())
    if ends <= starts:
        raise WrongHours()
    return starts, ends


def concerned(
    since: datetime, until: datetime, *, under: Sequence[str], now: datetime, locked: bool = False
) -> Concerned:
    """Return what calling off the shifts of the subtrees that begin in [since, until) does.

    Shifts that are over or cancelled already are no matter.
    """
    statement = (
        select(Shift)
        .join(Shift.unit)
        .where(
            Shift.starts_at >= since,
            Shift.starts_at < until,
            Shift.ends_at > now,
            Shift.state == ShiftState.PLANNED,
            within(Unit.path, under),
        )
        .options(joinedload(Shift.site), joinedload(Shift.unit))
        .order_by(Shift.starts_at, Shift.id)
    )
    if locked:
        statement = statement.with_for_update(of=Shift).execution_options(populate_existing=True)
    shifts = db.session.scalars(statement).all()
    begun = service.attended([each.id for each in shifts if each.starts_at <= now + OPENS_AT_MOST])
    going = [each for each in shifts if each.id not in begun]
    people = editing.people_of([each.id for each in going])
    return Concerned(
        going,
        sum(len(these) for these in people.values()),
        [each for each in shifts if each.id in begun],
    )


@again_on_conflict
def call_off(
    unit: Unit,
    day: date,
    *,
    since: time | None = None,
    until: time | None = None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Concerned:
    """Cancel the shifts of a unit, and of those under it, that begin on a day, or in some hours
    of it; those assigned are free again and are told. Return what was done; `record` is
    what it is taken back by.

    Where somebody has checked in already the shift stays. A repeat finds nothing left, and
    is refused as that.
    """
    with transaction() as session:
        access.require_schedule(actor, unit.path)
        starts, ends = stretch(day, since, until)
        found = concerned(starts, ends, under=[unit.path], now=now, locked=True)
        if not found.going:
            raise NothingToCallOff()
        ids = [each.id for each in found.going]
        people = editing.people_of(ids)
        record = CallOff(
            public_id=service.new_public_id(),
            unit_id=unit.id,
            starts_at=starts,
            ends_at=ends,
            reason=reason,
            called_off_at=now,
            called_off_by=actor.account_id,
        )
        session.add(record)
        session.flush()
        session.execute(
            update(Assignment)
            .where(Assignment.shift_id.in_(ids), Assignment.state == AssignmentState.ASSIGNED)
            .values(state=AssignmentState.CANCELLED, call_off_id=record.id)
        )
        for shift in found.going:
            shift.state, shift.cancel_reason = ShiftState.CANCELLED, reason
            shift.call_off_id = record.id
            # taken back, it can be called off once more, and is told once more
            told, about = people.get(shift.id, []), f"off:{record.id}:{shift.id}"
            notices.tell(Notice.SHIFT_CANCELLED, told, about=about, shift_id=shift.id, now=now)
        journal.write(
            "shifts.call_off",
            "unit",
            unit.code,
            actor=actor,
            now=now,
            unit_path=unit.path,
            day=day.isoformat(),
            shifts=len(ids),
            people=found.people,
            staying=len(found.staying),
        )
        return found._replace(record=record)
