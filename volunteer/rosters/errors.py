"""What rosters refuse."""

from volunteer.core.errors import DomainError
from volunteer.core.i18n import N_
from volunteer.core.tables import FileRefused


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


class NothingToPublish(DomainError):
    code = "nothing_to_publish"
    text = N_("There is no draft of this month that waits to be published. Draw the month first.")


class StillAtWork(DomainError):
    code = "still_at_work"
    text = N_(
        "This month is being worked on at this moment. Wait until that has come to an end, "
        "then try again."
    )


class RosterColumnsMissing(FileRefused):
    code = "header_unknown"
    text = N_("One of the first ten lines must hold the columns %(columns)s.")


class RosterHeaderTwice(FileRefused):
    code = "header_duplicate"
    text = N_("The header “%(column)s” stands twice. Keep one of the two columns.")


class SeveralRosterSheets(FileRefused):
    code = "several_sheets"
    text = N_("Several sheets hold rosters: %(sheets)s. Keep one of them in the file.")


#: Why a row of a file with a roster is wrong, and what to do.
ROW_TEXTS = {
    "missing_time": (N_("The time is missing."), N_("Write it as in 2026-12-01 7:30-9:00.")),
    "missing_post": (N_("The post is missing."), N_("Write its code or its name.")),
    "missing_unit": (N_("The unit is missing."), N_("Write its full name or its code.")),
    "missing_person": (
        N_("The people are missing."),
        N_("Write the names, with 、 between them; or delete the row."),
    ),
    "invalid_date": (
        N_("This time cannot be read."),
        N_("Write it as in 2026-12-01 7:30-9:00, or 12月1日 早."),
    ),
    "formula_value": (
        N_("The formula in this cell has no value."),
        N_("Write the value itself."),
    ),
    "unknown_post": (
        N_("No post or activity of your units is called so."),
        N_("Look the code or the name up among the posts."),
    ),
    "no_shift": (
        N_("Nothing is planned there at that time."),
        N_("Mend the time, or open the shift first."),
    ),
    "ambiguous_shift": (
        N_("Several shifts fit."),
        N_("Write the hours as well, and the code of the post."),
    ),
    "cancelled": (N_("This shift has been cancelled."), N_("Delete the row, or choose another.")),
    "over": (N_("This shift is over."), N_("Delete the row; use the roll call instead.")),
    "unknown_unit": (
        N_("No unit of yours is called so."),
        N_("Write its full name or its code."),
    ),
    "ambiguous_unit": (
        N_("Several units are called so."),
        N_("Write “parent/name” or the code."),
    ),
    "unknown_person": (
        N_("Nobody in your units is called so or has this phone."),
        N_("Mend the name or the phone, or add the person to the register first."),
    ),
    "ambiguous_person": (
        N_("Several people of this unit are called so."),
        N_("Write the phone, or its last four digits, behind the name."),
    ),
    "not_in_unit": (
        N_("This person does not belong to this unit on that day."),
        N_("Mend the unit, or transfer the person first."),
    ),
    "overlapping": (
        N_("This person serves elsewhere at that time, or stands in the file twice."),
        N_("Take one of the two out."),
    ),
    "full": (N_("The shift has as many people as fit."), N_("Choose another shift for them.")),
    "not_trained": (
        N_("This person has no training that still holds."),
        N_("Enter it in their record first, or choose somebody else."),
    ),
}
