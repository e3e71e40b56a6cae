"""When waiting lists move on."""

from datetime import datetime

from volunteer.core.jobs import job

from . import swapping, waitlist


@job("signups.move_on", minute="*/5", catch_up_hours=1)
def move_on(now: datetime) -> int:
    """Let lapse what was not answered in time, and offer on, every five minutes."""
    return waitlist.move_on(now=now) + swapping.lapse(now=now)
