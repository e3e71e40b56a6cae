"""Questions about reminders."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from volunteer.core.db import db
from volunteer.shifts.models import Shift

from .models import Reminder


def inbox(person_id: int, *, before: int | None = None, limit: int = 20) -> Sequence[Reminder]:
    """Return a person's messages, newest first; `before` is the id of the last one seen."""
    statement = (
        select(Reminder)
        .where(Reminder.person_id == person_id)
        .options(joinedload(Reminder.shift).joinedload(Shift.site))
        .order_by(Reminder.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(Reminder.id < before)
    return db.session.scalars(statement).all()


def unread(person_id: int) -> int:
    """Return how many messages a person has not read."""
    statement = select(func.count(Reminder.id)).where(
        Reminder.person_id == person_id, Reminder.read_at.is_(None)
    )
    return db.session.scalars(statement).one()
