"""When posts open their shifts."""

from datetime import datetime

from volunteer.core.actor import SYSTEM
from volunteer.core.jobs import job

from . import service


@job("posts.open_shifts", hour=2, minute=20)
def open_shifts(now: datetime) -> int:
    """Open the shifts of the next four weeks, every night."""
    return service.open_shifts(actor=SYSTEM, now=now)
