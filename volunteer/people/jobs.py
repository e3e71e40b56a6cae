"""When planned transfers and leaves become true."""

from datetime import datetime

from volunteer.core.actor import SYSTEM
from volunteer.core.jobs import job

from . import register


@job("people.apply_moves", hour=0, minute=5)
def apply_moves(now: datetime) -> int:
    """Carry out the transfers and leaves of the day, every night."""
    return register.apply_moves(actor=SYSTEM, now=now)
