"""When waiting lists move on."""

from datetime import datetime

from volunteer.core.jobs import job

from . import waitlist


@job("signups.move_on", minute="*/5", catch_up_hours=1)
def move_on(now: datetime) -> int:
    """Let offers lapse that were not answered, and offer on, every five minutes."""
    return waitlist.move_on(now=now)
