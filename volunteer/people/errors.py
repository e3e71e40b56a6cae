"""What is refused about people and their files."""

from collections.abc import Mapping
from typing import Any

from volunteer.core.errors import DomainError
from volunteer.core.i18n import N_
from volunteer.core.tables import FileRefused


class Undecided(FileRefused):
    """The file leaves open what only a person can decide; `question` is what to ask."""

    question: Mapping[str, Any] = {}

    def about(self, question: Mapping[str, Any]) -> "Undecided":
        """Return this refusal with what there is to choose from."""
        self.question = question
        return self


class HeaderUnknown(Undecided):
    code = "header_unknown"
    text = N_(
        "No header with the columns %(columns)s was found in the first 10 rows. Say on the page "
        "which columns they are, or name them so and upload the file again."
    )


class SeveralSheets(Undecided):
    code = "several_sheets"
    text = N_("Several sheets hold people: %(sheets)s. Choose one, or upload a file with one.")


class HeaderDuplicate(Undecided):
    code = "header_duplicate"
    text = N_(
        "The column “%(column)s” stands twice, in %(first)s and in %(second)s. Remove or rename "
        "one and upload again."
    )


class CategoryTaken(DomainError):
    code = "category_taken"
    text = N_("There is a category “%(name)s” already. Choose another name.")
    field = "name"


class CategoryName(DomainError):
    code = "category_name"
    text = N_("Write the category in 1 to 20 characters.")
    status = 400
    field = "name"


class ChoiceUnknown(DomainError):
    code = "import_choice"
    text = N_("This choice does not fit the file any more. Reload the page and choose again.")
    status = 400


class StalePreview(DomainError):
    code = "stale_preview"
    text = N_("The register has changed since this file was checked. Upload the file again.")


class NotReady(DomainError):
    code = "import_state"
    text = N_("This import cannot be confirmed any more. Upload the file again.")


class RowsWrong(DomainError):
    code = "rows_wrong"
    text = N_("Some rows are wrong. Mend the file, or choose to bring in only the right rows.")


class FileMissing(DomainError):
    code = "file_missing"
    text = N_("Choose a file first.")
    status = 400
    field = "file"


class NameInvalid(DomainError):
    code = "invalid_name"
    text = N_("This is no name. Write it without digits and signs, at most 40 characters.")
    status = 400
    field = "name"


class PhoneInvalid(DomainError):
    code = "phone_format"
    text = N_("This is no mobile number. Write its 11 digits.")
    status = 400
    field = "phone"


class PhoneTaken(DomainError):
    code = "duplicate_phone"
    text = N_("This phone number is registered already. Ask the city office to look into it.")
    field = "phone"


class CategoryUnknown(DomainError):
    code = "unknown_category"
    text = N_("This category is not known. Choose one of the list.")
    status = 400
    field = "category"


class SameUnit(DomainError):
    code = "same_unit"
    text = N_("The person belongs to this unit already. Choose another unit.")
    field = "unit"


#: Why a cell is wrong, and how to mend it.
REASONS: Mapping[str, tuple[str, str]] = {
    "missing_name": (N_("The name is missing."), N_("Fill it in.")),
    "invalid_name": (N_("This is no name."), N_("Write it without digits and signs.")),
    "missing_phone": (N_("The phone number is missing."), N_("Fill it in.")),
    "phone_format": (
        N_("This is no mobile number."),
        N_("Write its 11 digits, one number, in a column formatted as text."),
    ),
    "duplicate_phone": (
        N_("This phone number stands for several people, or is registered already."),
        N_("Correct it, or ask the city office to look into it."),
    ),
    "missing_unit": (N_("The unit is missing."), N_("Fill it in.")),
    "unknown_unit": (
        N_("No unit of this name is within your units."),
        N_("Write its full name or code."),
    ),
    "ambiguous_unit": (
        N_("Several units have this name."),
        N_("Write “parent/name” or the code."),
    ),
    "unknown_category": (
        N_("This category is not known."),
        N_("Write one of the categories of the list, or leave it out."),
    ),
    "invalid_date": (N_("This is no day."), N_("Write it as 2026-11-05.")),
    "too_long": (N_("The text is too long."), N_("Shorten it.")),
    "formula_value": (
        N_("The formula in this cell has no value."),
        N_("Write the value itself into the cell."),
    ),
}


# What is refused about one person's record.


class MoveDay(DomainError):
    code = "move_day"
    text = N_("The day must lie from %(earliest)s to a year ahead. Choose another day.")
    status = 400
    field = "on"


class ReturnDay(DomainError):
    code = "return_day"
    text = N_("The return lies between %(earliest)s and today. Choose another day.")
    status = 400
    field = "on"


class FirstDay(DomainError):
    code = "first_day"
    text = N_("The first day lies between 1940 and today. Choose another day.")
    status = 400
    field = "from_on"


class MovePlanned(DomainError):
    code = "move_planned"
    text = N_("A change is planned for %(on)s already. Undo it first, then enter the new one.")
    field = "on"


class NothingToUndo(DomainError):
    code = "nothing_to_undo"
    text = N_("There is nothing to undo: only changes of the running month can be taken back.")


class HasLeft(DomainError):
    code = "has_left"
    text = N_("This person has left. Enter the return first.")
    field = "on"


class NotLeft(DomainError):
    code = "not_left"
    text = N_("This person has not left. Transfer the person instead.")
    field = "unit"


class SameName(DomainError):
    code = "same_name"
    text = N_(
        "Somebody called %(name)s is in this unit already (%(number)s). If it is another person "
        "of that name, tick the box and send the form again."
    )
    field = "name"


class QualificationDays(DomainError):
    code = "qualification_days"
    text = N_("It begins today at the latest, and ends after it begins. Choose other days.")
    status = 400
    field = "expires_on"


class ReasonMissing(DomainError):
    code = "reason_missing"
    text = N_("Say why the whole phone number is needed; the reason goes into the journal.")
    status = 400
    field = "reason"


class NoPhoneThere(DomainError):
    code = "no_phone_there"
    text = N_("This person has no phone number in the register.")
    field = "reason"


class TooManyWhole(DomainError):
    code = "too_many_whole"
    text = N_(
        "Whole phone numbers of at most %(limit)s people are saved at a time; these are "
        "%(people)s. Narrow the filters, or save the list with masked numbers."
    )
    field = "reason"


class SameRecord(DomainError):
    code = "same_record"
    text = N_("These are the same record. Choose the other one.")
    status = 400


class NameUnchanged(DomainError):
    code = "name_unchanged"
    text = N_("This is the name that is stored already. Write the name as it should be.")
    status = 400
    field = "name"


class AskedAlready(DomainError):
    code = "asked_already"
    text = N_("You have asked for this already. Wait for the answer, or take the request back.")
    field = "name"


class NoticeOld(DomainError):
    code = "notice_old"
    text = N_("The notice has changed meanwhile. Read the new version below and answer again.")
    field = "answer"


class NoticeEmpty(DomainError):
    code = "notice_empty"
    text = N_("Write at least one paragraph: a heading, a full-width colon, and the text.")
    status = 400
    field = "body"


class ReasonUnknown(DomainError):
    code = "reason_unknown"
    text = N_("Choose why the request is refused.")
    status = 400
    field = "reason"


#: Why a request about the own record is refused; the person reads it.
REFUSALS = {
    "not_proved": N_("The name does not agree with the unit's papers. Please see your unit."),
    "unclear": N_("It is not clear what is meant. Please ask again."),
    "still_needed": N_("The law asks us to keep this record for the time being."),
    "withdrawn": N_("You have told us that you no longer want it."),
}
