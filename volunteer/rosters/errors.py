"""What rosters refuse."""

from volunteer.core.errors import DomainError
from volunteer.core.i18n import N_


class NothingToDraw(DomainError):
    code = "nothing_to_draw"
    text = N_(
        "In this month no shift to come wants people. "
        "Open the shifts of the month first, then draw again."
    )


class NotADraft(DomainError):
    code = "not_a_draft"
    text = N_("This roster is no draft any more. Draw the month again to change it.")


class MonthOver(DomainError):
    code = "month_over"
    text = N_("This month is over. Choose the present one or a later one.")
    status = 400
    field = "month"


class CannotServe(DomainError):
    code = "cannot_serve"
    text = N_("%(person)s cannot serve there: %(reason)s. Choose somebody else.")
    field = "person"


class NotInRoster(DomainError):
    code = "not_in_roster"
    text = N_("This person has no place there in the draft. Reload the page to see who has.")
    status = 404


class TooLateToUndo(DomainError):
    code = "too_late_to_undo"
    text = N_(
        "A publication can be undone on its own day only, and only while nobody has checked in."
    )


class NothingToCopy(DomainError):
    code = "nothing_to_copy"
    text = N_("Last month nobody was assigned at these places and hours. Draw the month instead.")
