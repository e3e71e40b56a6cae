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
    field = "people"


class BeyondWanted(DomainError):
    code = "beyond_wanted"
    text = N_(
        "%(wanted)s people are asked for, and it would be %(assigned)s. "
        "Confirm to assign them all the same."
    )
    field = "people"


class Overlapping(DomainError):
    code = "overlapping"
    text = N_(
        "%(people)s already serve elsewhere at that time. Leave them out or free them there first."
    )
    field = "people"


class PeopleUnknown(DomainError):
    code = "people_unknown"
    text = N_("Not in the register or not in your units: %(people)s. Search for them again.")
    status = 404
    field = "people"


class NotAssigned(DomainError):
    code = "not_assigned"
    text = N_("This person is not assigned to the shift. Reload the page to see who is.")
    status = 404


class HasAttendance(DomainError):
    code = "has_attendance"
    text = N_("Somebody has already checked in here, so the shift can no longer be cancelled.")


class WrongTimes(DomainError):
    code = "times"
    text = N_("The end must be later than the start, and at most 24 hours later.")
    status = 400
    field = "minutes"


class InThePast(DomainError):
    code = "past"
    text = N_("This time is over already. Choose a later one.")
    status = 400
    field = "day"


class WrongNumbers(DomainError):
    code = "numbers"
    text = N_("The most that fit cannot be fewer than are asked for.")
    status = 400
    field = "capacity"


class LeaderUnknown(DomainError):
    code = "leader_unknown"
    text = N_(
        "Nobody in this unit fits “%(words)s”. "
        "Write the name, or leave the field empty for the unit's coordinator."
    )
    status = 400
    field = "leader"


class LeaderAmbiguous(DomainError):
    code = "leader_ambiguous"
    text = N_("Several people fit: %(people)s. Write the name and the last four digits.")
    status = 400
    field = "leader"


class SiteExists(DomainError):
    code = "site_exists"
    text = N_("There is already a site with the code %(site)s. Choose another code.")
    field = "code"


class SiteUnknown(DomainError):
    code = "site_unknown"
    text = N_("There is no site with the code %(site)s. Look it up among the sites.")
    status = 404
    field = "site"


class SiteClosed(DomainError):
    code = "site_closed"
    text = N_("This site is no longer used. Choose another one.")
    field = "site"


class AlreadyBegun(DomainError):
    code = "already_begun"
    text = N_("Somebody has already checked in here, so the shift can no longer be changed.")


class Begun(DomainError):
    code = "begun"
    text = N_("This shift has begun, so check-in stays as it is. Change the series for later ones.")


class CopiedOntoItself(DomainError):
    code = "copied_onto_itself"
    text = N_("This is the week or month that is copied. Choose another one.")
    status = 400
    field = "into"


class CopiedTooFar(DomainError):
    code = "copied_too_far"
    text = N_("Shifts are copied a year ahead at most. Choose an earlier day.")
    status = 400
    field = "into"


class TooManyHere(DomainError):
    code = "too_many_here"
    text = N_(
        "“%(shift)s” on %(begins)s has %(people)s people already. "
        "Enter at least as many, or take people off first."
    )
    field = "capacity"


class WouldOverlap(DomainError):
    code = "would_overlap"
    text = N_(
        "%(people)s would then serve in two places at once. "
        "Choose another time, or take them off one of the two shifts first."
    )
    field = "starts"


class NotTrained(DomainError):
    code = "not_trained"
    text = N_(
        "Without a training that still holds: %(people)s. Enter it in their record first, or "
        "choose others."
    )
    field = "people"


class NothingToCallOff(DomainError):
    code = "nothing_to_call_off"
    text = N_("In these hours no shift is planned that could still be called off.")
    field = "day"


class NothingToTakeBack(DomainError):
    code = "nothing_to_take_back"
    text = N_(
        "There is nothing left to take back: the shifts are planned again already, have begun, "
        "or stay cancelled for another reason. Look at the shifts of that day."
    )


class WrongHours(DomainError):
    code = "hours"
    text = N_("The end must be later than the start. Leave both empty for the whole day.")
    status = 400
    field = "until"
