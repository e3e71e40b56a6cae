"""What becomes of days off, waiting lists and swaps when a record changes (hooks of `people`)."""

from datetime import date, datetime

from sqlalchemy import delete, or_, select, update

from volunteer.core.db import db

from .models import DayOff, Swap, SwapState, Waiting, WaitingState
from .rules import days_of, spans

ON_A_LIST = (WaitingState.WAITING, WaitingState.OFFERED)


def release(person_id: int, since: date, now: datetime) -> None:
    """Take a person who leaves off every waiting list, and end the requests for a swap."""
    db.session.execute(
        update(Waiting)
        .where(Waiting.person_id == person_id, Waiting.state.in_(ON_A_LIST))
        .values(state=WaitingState.LEFT, offered_until=None, is_held=False)
    )
    _end_swaps(person_id, now)


def take_over(kept_id: int, other_id: int, now: datetime) -> None:
    """Give the kept record the days off and the place on waiting lists of the other one.

    Requests for a swap are ended: who is meant by them is no longer sure.
    """
    session = db.session()
    both = (kept_id, other_id)
    known = session.scalars(select(DayOff).where(DayOff.person_id.in_(both))).all()
    days = {day for each in known for day in days_of(each.from_on, each.until_on)}
    for each in known:
        session.delete(each)
    session.flush()
    for first, last in spans(days):
        session.add(DayOff(person_id=kept_id, from_on=first, until_on=last, created_at=now))
    lists = select(Waiting.shift_id).where(Waiting.person_id == kept_id)
    theirs = select(Waiting).where(Waiting.person_id == other_id)
    for waiting in session.scalars(theirs.where(Waiting.shift_id.in_(lists))).all():
        session.delete(waiting)
    session.flush()
    for waiting in session.scalars(theirs).all():
        waiting.person_id = kept_id
    session.flush()
    for person_id in both:
        _end_swaps(person_id, now)


def forget(person_id: int, now: datetime) -> None:
    """Remove what says when an erased person could not serve."""
    db.session.execute(delete(DayOff).where(DayOff.person_id == person_id))


def _end_swaps(person_id: int, now: datetime) -> None:
    theirs = or_(Swap.asker_id == person_id, Swap.asked_id == person_id)
    db.session.execute(
        update(Swap)
        .where(theirs, Swap.state == SwapState.ASKED)
        .values(state=SwapState.LAPSED, answered_at=now)
    )
