"""What happens by itself: the alarm on the evening before a day of an inspection."""

from datetime import datetime

from volunteer.core.jobs import job

from . import service


@job("boards.warn_of_gaps", hour=18, catch_up_hours=5)
def warn_of_gaps(now: datetime) -> int:
    """Tell the coordinators at whose posts people are missing tomorrow (R55)."""
    return service.warn_of_gaps(now=now)
