"""What activities refuse."""

from volunteer.core.errors import DomainError
from volunteer.core.i18n import N_


class ActivityEnded(DomainError):
    code = "activity_ended"
    text = N_("This activity has been ended already. Make a new one if it is to go on.")


class NoSuchDay(DomainError):
    code = "no_day"
    text = N_("Between the first and the last day that weekday does not come. Change the days.")
    status = 400
    field = "last_on"
