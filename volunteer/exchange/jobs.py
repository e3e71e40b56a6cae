"""Scheduled forgetting of what exports said about people."""

from datetime import datetime

from volunteer.core.jobs import job

from . import service


@job("exchange.forget", hour=3, minute=40)
def forget(now: datetime) -> int:
    """Empty the records of erased people; drop old rows about nobody here."""
    return service.forget(now=now)
