"""What the boards refuse."""

from volunteer.core.errors import DomainError
from volunteer.core.i18n import N_


class MovedAlready(DomainError):
    code = "moved_already"
    text = N_("This person is no longer on that shift. Reload the board to see who is.")
    field = "to"


class SameShift(DomainError):
    code = "same_shift"
    text = N_("That is the shift on which the person is already. Choose another one.")
    field = "to"


class TooLateToUndo(DomainError):
    code = "too_late_to_undo"
    text = N_("This can be undone for 15 minutes only. Move the person back by hand.")


class NothingMissing(DomainError):
    code = "nothing_missing"
    text = N_("Nobody is missing on this shift any more.")


class NobodyFree(DomainError):
    code = "nobody_free"
    text = N_(
        "Nobody of %(unit)s is free at that time. Ask another unit, or assign people by hand."
    )


class WrongDays(DomainError):
    code = "inspection_days"
    text = N_("The last day must not lie before the first one, and at most 92 days after it.")
    status = 400
    field = "until_on"


class InspectionOver(DomainError):
    code = "inspection_over"
    text = N_("The last day of this inspection lies in the past. Choose a later one.")
    status = 400
    field = "until_on"
