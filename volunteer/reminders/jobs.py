"""When reminders are owed."""

from datetime import datetime

from volunteer.core.clock import Month
from volunteer.core.jobs import job

from . import service
from .models import ReminderKind


@job("reminders.day_20", day=20, hour=9, catch_up_hours=48)
def day_20(now: datetime) -> int:
    """Tell those below the monthly minimum, on the 20th."""
    return service.plan_short(Month.of(now), ReminderKind.SHORT_DAY_20, now=now)


@job("reminders.day_27", day=27, hour=9, catch_up_hours=48)
def day_27(now: datetime) -> int:
    """Tell those below the monthly minimum, on the 27th."""
    return service.plan_short(Month.of(now), ReminderKind.SHORT_DAY_27, now=now)
