"""People who come without having been assigned; part of the verbs of attendance."""

from datetime import datetime

from sqlalchemy import select

from volunteer.core.actor import Actor
from volunteer.core.db import db

from . import gate
from .models import Assignment, AssignmentState, Shift


def add_walk_in(shift: Shift, person_id: int, *, actor: Actor, now: datetime) -> bool:
    """Put somebody who has come down for a shift; False where the person was assigned anyhow.

    No capacity stops it, for the person is there; who lacks a needed training is refused.
    The caller has asked for permission and has a transaction open.
    """
    known = _assignment(shift.id, person_id)
    if known and known.state in (AssignmentState.ASSIGNED, AssignmentState.WALK_IN):
        return False
    gate.require_trained(shift, [person_id], now)
    if known is None:
        known = Assignment(
            shift_id=shift.id,
            person_id=person_id,
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
        )
        db.session.add(known)
    known.state = AssignmentState.WALK_IN
    known.assigned_at, known.assigned_by = now, actor.account_id
    db.session.flush()
    return True


def take_walk_in_back(shift: Shift, person_id: int, *, actor: Actor, now: datetime) -> None:
    """Take somebody off who had been put down as a walk-in by mistake; others stay."""
    known = _assignment(shift.id, person_id)
    if known and known.state == AssignmentState.WALK_IN:
        known.state = AssignmentState.CANCELLED
        known.assigned_at, known.assigned_by = now, actor.account_id
        db.session.flush()


def _assignment(shift_id: int, person_id: int) -> Assignment | None:
    asked = select(Assignment).filter_by(shift_id=shift_id, person_id=person_id)
    return db.session.scalar(asked.with_for_update())
