"""What shifts refuse."""

from volunteer.core.errors import DomainError
from volunteer.core.i18n import N_


class ShiftCancelled(DomainError):
    code = "shift_cancelled"
    text = N_("This shift has been cancelled. Choose another one.")


class ShiftOver(DomainError):
    code = "shift_over"
    text = N_("This shift is over. Use the roll call to record who was there.")


class ShiftFull(DomainError):
    code = "full"
    text = N_("This shift takes %(capacity)s people and has %(assigned)s. Choose fewer people.")


class BeyondWanted(DomainError):
    code = "beyond_wanted"
    text = N_(
        "%(assigned)s of %(wanted)s wanted people would be exceeded. Confirm to assign them all the same."
    )


class Overlapping(DomainError):
    code = "overlapping"
    text = N_(
        "%(people)s already serve elsewhere at that time. Leave them out or free them there first."
    )


class NotAssigned(DomainError):
    code = "not_assigned"
    text = N_("This person is not assigned to the shift.")
    status = 404


class HasAttendance(DomainError):
    code = "has_attendance"
    text = N_("Somebody has already checked in here, so it can no longer be changed.")


class WrongTimes(DomainError):
    code = "times"
    text = N_("The end must be later than the start, and at most 24 hours later.")
    status = 400
    field = "ends_at"


class SiteExists(DomainError):
    code = "site_exists"
    text = N_("There is already a site with the code %(site)s. Choose another code.")
    field = "code"


class SiteUnknown(DomainError):
    code = "site_unknown"
    text = N_("There is no site with the code %(site)s.")
    status = 404
    field = "site"


class PeopleUnknown(DomainError):
    code = "people_unknown"
    text = N_("Not in the register or not in your units: %(people)s.")
    status = 404
    field = "people"
