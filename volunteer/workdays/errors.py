"""What is refused about days of the city's own."""

from volunteer.core.errors import DomainError
from volunteer.core.i18n import N_


class DayAsItIs(DomainError):
    code = "day_as_it_is"
    text = N_("This day is so already. Enter only days that differ from the calendar.")
    field = "day"
