"""What the monthly rules say of training before duty (R54); fills the gate of shifts."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select

from volunteer.core.clock import Month, local_day
from volunteer.core.db import db
from volunteer.people.models import Person, Qualification
from volunteer.shifts.models import Shift

from .models import Policy, TrainingGate
from .queries import policy_for


def policy_of(starts_at: datetime) -> Policy:
    """Return the version of the rules that judges a shift's month."""
    return policy_for(Month.of(starts_at))


def untrained(shift: Shift, person_ids: Sequence[int], now: datetime) -> set[int]:
    """Return who of the people does not hold, on the shift's day, what the shift asks for.

    Nobody where the rules do not ask. What was entered for a merged record counts.
    """
    if shift.needs is None or policy_of(shift.starts_at).training_gate == TrainingGate.OFF:
        return set()
    day = local_day(shift.starts_at)
    kept = func.coalesce(Person.merged_into_id, Person.id)
    held = (
        select(kept)
        .join(Qualification, Qualification.person_id == Person.id)
        .where(
            kept.in_(person_ids),
            Qualification.kind == shift.needs,
            Qualification.granted_on <= day,
            or_(Qualification.expires_on.is_(None), Qualification.expires_on > day),
            Qualification.ended_at.is_(None),
        )
    )
    return set(person_ids) - set(db.session.scalars(held))


def refuses(shift: Shift) -> bool:
    """Tell whether the rules refuse a shift to the untrained."""
    return policy_of(shift.starts_at).training_gate == TrainingGate.REFUSE
