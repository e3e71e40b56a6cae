"""What activities refuse."""

from volunteer.core.errors import DomainError
from volunteer.core.i18n import N_


class ActivityEnded(DomainError):
    code = "activity_ended"
    text = N_("This activity has been ended already. Make a new one if it is to go on.")


class NoSuchDay(DomainError):
    code = "no_day"
    text = N_("Between the first and the last day it never takes place. Change the days.")
    status = 400
    field = "last_on"


class NoSuchRule(DomainError):
    code = "rule"
    text = N_("Say on which weekdays it comes back: tick at least one.")
    status = 400
    field = "weekdays"


class TooFarAhead(DomainError):
    code = "too_far"
    text = N_("Shifts are opened for a year ahead at most. Choose an earlier day.")
    status = 400
    field = "until"


class HasPeople(DomainError):
    code = "has_people"
    text = N_(
        "People are or were assigned to this shift, so it cannot be taken out. "
        "Cancel it instead: they are told."
    )


class DayOver(DomainError):
    code = "day_over"
    text = N_("This day is over already. Choose a day to come.")
    status = 400
    field = "day"


class CarriedOn(DomainError):
    code = "carried_on"
    text = N_(
        "From %(day)s on another series carries this one on. "
        "Choose an earlier last day, or change that series."
    )
    field = "last_on"


class SeriesOver(DomainError):
    code = "series_over"
    text = N_("The series ends before that day already. Look whether it has been changed just now.")
