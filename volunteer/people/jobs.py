"""What the register does by itself every night."""

from datetime import datetime

from volunteer.core.actor import SYSTEM
from volunteer.core.jobs import job

from . import register, runs


@job("people.apply_moves", hour=0, minute=5)
def apply_moves(now: datetime) -> int:
    """Carry out the transfers and leaves of the day."""
    return register.apply_moves(actor=SYSTEM, now=now)


@job("people.clear_imports", hour=3, minute=20)
def clear_imports(now: datetime) -> int:
    """Forget uploads that nobody confirmed, and the rows of imports that have landed."""
    return runs.clear(now=now)
