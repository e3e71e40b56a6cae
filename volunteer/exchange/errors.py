"""What is refused about exports of the national app, and why rows of them are wrong."""

from volunteer.core.errors import DomainError
from volunteer.core.i18n import N_
from volunteer.core.tables import FileRefused


class HeaderUnknown(FileRefused):
    code = "header_unknown"
    text = N_(
        "No header of such an export was found in the first 10 rows. People need %(people)s; "
        "durations need %(durations)s. Name the columns so and upload the file again."
    )


class HeaderTwice(FileRefused):
    code = "header_duplicate"
    text = N_(
        "Columns %(first)s and %(second)s mean the same: “%(column)s”. Remove or rename one and "
        "upload again."
    )


class SheetsUnclear(FileRefused):
    code = "several_sheets"
    text = N_("Several sheets hold such lists: %(sheets)s. Keep one and upload the file again.")


class ValueUnitUnknown(FileRefused):
    code = "value_unit_unknown"
    text = N_(
        "The header “%(column)s” does not say whether hours or minutes are meant. Choose one of "
        "them and upload the file again."
    )
    field = "value_unit"


class KindWrong(FileRefused):
    code = "kind_wrong"
    text = N_("This file holds another kind of list than was asked for. Choose the other kind.")
    field = "kind"


class FileMissing(FileRefused):
    code = "file_missing"
    text = N_("Choose a file first.")


class AlreadyImported(DomainError):
    code = "already_imported"
    text = N_(
        "This very file was imported already, on %(day)s at %(time)s. Open it in the list of files."
    )
    field = "file"


class NothingChosen(DomainError):
    code = "nothing_chosen"
    text = N_("Tick at least one line.")
    status = 400
    field = "line"


class ReasonMissing(DomainError):
    code = "reason_missing"
    text = N_("Write the reason, at least two characters.")
    status = 400
    field = "reason"


class HasTakings(DomainError):
    code = "has_takings"
    text = N_("Minutes were taken over from this file, so it stays as their record.")


class PhonesTooMany(DomainError):
    code = "phones_too_many"
    text = N_("Full phone numbers leave for at most %(most)s rows at once. Choose a smaller unit.")
    field = "phones"


class NothingToWrite(DomainError):
    code = "nothing_to_write"
    text = N_("There are no voluntary hours of this unit in this month. Choose another one.")
    field = "month"


#: Why a row is wrong, and how to mend it.
ROW_TEXTS = {
    "missing_name": N_("The name is missing. Fill it in."),
    "invalid_name": N_("This is no name. Write it without digits and signs."),
    "missing_phone": N_("Phone and volunteer number are missing. Fill in one of them."),
    "phone_format": N_("This is no mobile number. Write its 11 digits, formatted as text."),
    "missing_number": N_("The volunteer number is missing. Fill it in."),
    "invalid_number": N_("This is no volunteer number. Write its letters and digits as text."),
    "duplicate_number": N_("The volunteer number stands for several people. Correct it."),
    "duplicate_phone": N_("The phone number stands for several people. Correct it."),
    "missing_activity": N_("The activity is missing. Fill it in."),
    "missing_time": N_("The day of the service is missing. Fill in the sign-in or the day."),
    "invalid_time": N_("This is no time. Write it as 2026-11-05 08:30."),
    "times_order": N_("The sign-out must lie after the sign-in, by 24 hours at most."),
    "in_future": N_("This lies in the future. Correct the day."),
    "missing_value": N_("The duration is missing. Fill it in."),
    "two_values": N_("Credit and honour hours stand in one row. Divide it into two rows."),
    "minutes_range": N_("A duration is 1 minute to 24 hours. Correct the number."),
    "too_long": N_("The text is too long. Shorten it to 100 characters."),
}

#: Why a record is not taken over, or only a part of it.
WHY_NOT = {
    "taken": N_("taken over already"),
    "not_a_member": N_("belonged to no unit on that day"),
    "other_unit": N_("belonged to another unit on that day"),
    "own": N_("nobody takes over the own minutes"),
    "day_has_own": N_("that day already has minutes here without times; compare by hand"),
    "overlap": N_("that time already counts here"),
    "waits": N_("a record of that time waits for confirmation here; decide it first"),
    "over_record": N_("longer than one record may be; enter it by hand with its reason"),
    "over_day": N_("counted up to the most that a day may hold"),
    "part": N_("without the time that already counts here"),
    "rounded": N_("rounded as the monthly rules say"),
}
