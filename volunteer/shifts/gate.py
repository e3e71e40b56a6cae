"""Who has not learnt what a shift asks for, and whether that is refused (R54)."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select

from volunteer.core.db import db
from volunteer.people.models import Person

from .errors import NotTrained
from .models import Shift

#: Called with a shift, people and the moment; returns those who are not qualified on the
#: shift's day. `features.py` fills it.
gates: list[Callable[[Shift, Sequence[int], datetime], set[int]]] = []
#: Tells whether those are refused, and not only warned of.
refusing: list[Callable[[Shift], bool]] = []


def untrained(shift: Shift, person_ids: Sequence[int], now: datetime) -> set[int]:
    """Return who of the people has not learnt what the shift asks for, refused or not."""
    if shift.needs is None or not person_ids:
        return set()
    return {each for gate in gates for each in gate(shift, person_ids, now)}


def refused(shift: Shift, person_ids: Sequence[int], now: datetime) -> set[int]:
    """Return who of the people the policy keeps off the shift for want of a training."""
    if shift.needs is None or not any(asks(shift) for asks in refusing):
        return set()
    return untrained(shift, person_ids, now)


def require_trained(shift: Shift, person_ids: Sequence[int], now: datetime) -> None:
    """Refuse a shift to those who have not learnt what it asks for, where the policy says so."""
    if wrong := refused(shift, person_ids, now):
        names = select(Person.name).where(Person.id.in_(wrong)).order_by(Person.name)
        raise NotTrained(people="、".join(db.session.scalars(names)))


def untrained_listed(shift: Shift, public_ids: Sequence[str], now: datetime) -> list[str]:
    """Return the names of those who have not learnt what the shift asks for, for a warning."""
    if shift.needs is None:
        return []
    wanted = select(Person.id, Person.name).where(Person.public_id.in_(public_ids))
    names = dict(db.session.execute(wanted.order_by(Person.name)).all())
    wrong = untrained(shift, list(names), now)
    return [name for person_id, name in names.items() if person_id in wrong]
