"""When attendance is looked after."""

from datetime import datetime

from volunteer.core.jobs import job

from . import roll_call


@job("attendance.close_forgotten", minute="*/5", catch_up_hours=1)
def close_forgotten(now: datetime) -> int:
    """Close forgotten check-outs; a run that was missed is covered by the next (R15)."""
    return roll_call.close_forgotten(now=now)


@job("attendance.remind_forgetful", minute="*/5", catch_up_hours=1)
def remind_forgetful(now: datetime) -> int:
    """Remind who has not checked out 10 minutes after the end, once (trust.md P20)."""
    return roll_call.remind_forgetful(now=now)
