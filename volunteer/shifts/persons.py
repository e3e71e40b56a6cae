"""What becomes of assignments when a person's record changes (hooks of `people`)."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import select, update

from volunteer.core import clock
from volunteer.core.db import db, within
from volunteer.units.models import Unit

from .models import Assignment, AssignmentState, Shift, ShiftState

#: So long before and after a shift its coordinator may read the phones of its people (R63).
AROUND = timedelta(hours=24)


def serves_about_now(person_id: int, paths: Sequence[str], now: datetime) -> bool:
    """Tell whether a person serves within a day from now at a shift of the subtrees (R63)."""
    statement = (
        select(Assignment.id)
        .join(Shift, Shift.id == Assignment.shift_id)
        .join(Unit, Unit.id == Shift.unit_id)
        .where(
            Assignment.person_id == person_id,
            Assignment.state.in_([AssignmentState.ASSIGNED, AssignmentState.WALK_IN]),
            Shift.state == ShiftState.PLANNED,
            Shift.starts_at <= now + AROUND,
            Shift.ends_at >= now - AROUND,
            within(Unit.path, paths),
        )
        .limit(1)
    )
    return db.session.scalar(statement) is not None


def take_over(kept_id: int, other_id: int, now: datetime) -> None:
    """Give the kept record the places of the other one at shifts that have not ended.

    A place at a time at which the kept one has one already is freed.
    """
    session = db.session()
    going_on = select(Assignment).where(Assignment.ends_at > now)
    own = {each.shift_id: each for each in session.scalars(going_on.filter_by(person_id=kept_id))}
    assigned = [each for each in own.values() if each.state == AssignmentState.ASSIGNED]
    for each in session.scalars(going_on.filter_by(person_id=other_id)).all():
        clash = any(
            held.starts_at < each.ends_at and held.ends_at > each.starts_at for held in assigned
        )
        if each.state == AssignmentState.ASSIGNED and (clash or each.shift_id in own):
            each.state = AssignmentState.CANCELLED
            if not clash:
                session.flush()  # the place is free before it is taken: the shift may be full
                again = own[each.shift_id]
                again.state, again.withdrawn_at = AssignmentState.ASSIGNED, None
        elif each.shift_id not in own:
            each.person_id = kept_id
        elif each.call_off_id and own[each.shift_id].state == AssignmentState.CANCELLED:
            own[each.shift_id].call_off_id = each.call_off_id
            each.call_off_id = None
        session.flush()
    leads = update(Shift).where(Shift.leader_id == other_id, Shift.ends_at > now)
    session.execute(leads.values(leader_id=kept_id))


def release(person_id: int, since: date, now: datetime) -> None:
    """Free the places that a person holds at shifts from the day `since` on, if still to come.

    Those that a calling-off has freed do not come back either.
    """
    begins = max(now, clock.at(since, time()))
    db.session.execute(
        update(Assignment)
        .where(
            Assignment.person_id == person_id,
            Assignment.state == AssignmentState.ASSIGNED,
            Assignment.starts_at >= begins,
        )
        .values(state=AssignmentState.CANCELLED)
    )
    db.session.execute(
        update(Assignment)
        .where(Assignment.person_id == person_id, Assignment.starts_at >= begins)
        .values(call_off_id=None)
    )
    db.session.execute(
        update(Shift)
        .where(Shift.leader_id == person_id, Shift.starts_at >= begins)
        .values(leader_id=None)
    )
