"""What posts refuse."""

from volunteer.core.errors import DomainError
from volunteer.core.i18n import N_
from volunteer.core.tables import FileRefused
from volunteer.units.errors import UnitAmbiguous, UnitUnknown


class PostExists(DomainError):
    code = "post_exists"
    text = N_("There is already a post with the code %(post)s. Choose another code.")
    field = "code"


class PostEnded(DomainError):
    code = "post_ended"
    text = N_("This post has been ended already. Make a new one if it is to go on.")


class NoWindow(DomainError):
    code = "no_window"
    text = N_("Say when the post is manned: at least one window with start, end and weekdays.")
    status = 400
    field = "windows"


class WindowTimes(DomainError):
    code = "window_times"
    text = N_("A window must end after it starts, on the same day.")
    status = 400
    field = "windows"


class WindowsOverlap(DomainError):
    code = "windows_overlap"
    text = N_(
        "The windows from %(one)s and from %(other)s fall into each other on some days. "
        "Change their times, weekdays or seasons."
    )
    status = 400
    field = "windows"


class WrongDays(DomainError):
    code = "days"
    text = N_("The last day cannot be before the first.")
    status = 400
    field = "last_on"


class NoUnits(DomainError):
    code = "no_units"
    text = N_("Name the units that take turns, two at least, each once.")
    status = 400
    field = "units"


class ChangeDay(DomainError):
    code = "change_day"
    text = N_("A change may hold from %(day)s on or later. Choose such a day.")
    status = 400
    field = "from_on"


class ChangeTooFar(DomainError):
    code = "change_too_far"
    text = N_("A change may hold from %(day)s on at the latest. Choose an earlier day.")
    status = 400
    field = "from_on"


class SuspendedAlready(DomainError):
    code = "suspended"
    text = N_(
        "The post rests already on some of these days. Resume it first, or choose other days."
    )
    field = "from_on"


class SuspensionOver(DomainError):
    code = "suspension_over"
    text = N_("This rest is over already. Reload the page to see how the post is.")


class ResumeDay(DomainError):
    code = "resume_day"
    text = N_("Choose today or a later day within the rest.")
    status = 400
    field = "on"


class TurnUnknown(UnitUnknown):
    status = 400
    field = "units"


class TurnAmbiguous(UnitAmbiguous):
    status = 400
    field = "units"


class PostColumnsMissing(FileRefused):
    code = "header_unknown"
    text = N_("One of the first ten lines must hold the columns %(columns)s.")


class PostHeaderTwice(FileRefused):
    code = "header_duplicate"
    text = N_("The header “%(column)s” stands twice. Keep one of the two columns.")


class SeveralPostSheets(FileRefused):
    code = "several_sheets"
    text = N_("Several sheets hold posts: %(sheets)s. Keep one of them in the file.")


#: Why a row of a file of posts is wrong.
ROW_TEXTS = {
    "missing_code": N_("The code is missing. Fill it in."),
    "missing_name": N_("The name is missing. Fill it in."),
    "missing_unit": N_("The unit is missing. Write its full name or its code."),
    "missing_windows": N_("The windows are missing. Write them as in 7:30-9:00；17:00-18:30."),
    "missing_turn": N_("Several units take turns. Write 日, 周 or 月 under 轮换周期."),
    "missing_keeper": N_("No unit of yours is above all of these. Name one under 管理单位."),
    "too_long": N_("The text is too long. Shorten it."),
    "code_format": N_("A code is at most 20 letters, digits and dashes."),
    "duplicate_code": N_("The code occurs twice in the file. Keep one of the rows."),
    "code_taken": N_("This code belongs to another unit. Choose another one."),
    "ended": N_("A post with this code has ended. Give the new one another code."),
    "site_closed": N_("The site with this code is no longer used. Choose another code."),
    "formula_value": N_("The formula in this cell has no value. Write the value itself."),
    "unknown_unit": N_("No unit is called so. Use its full name or its code."),
    "ambiguous_unit": N_("Several units are called so. Write “parent/name” or the code."),
    "turn_units": N_("Two units at least take turns, each once. Mend the list or write 固定."),
    "unknown_place": N_("Write 路口, 校门口, 市场, 公交站 or 其他."),
    "unknown_size": N_("Write 小 or 大."),
    "unknown_turn_by": N_("Write 固定, 日, 周 or 月."),
    "unknown_holidays": N_("Write 放假不设岗, “放假不设岗，调休设岗” or 照常."),
    "unknown_needs_training": N_("Write 是 or 否."),
    "number_format": N_("Write a whole number from 1 to 50."),
    "numbers": N_("The most that fit cannot be fewer than are asked for."),
    "day_format": N_("Write the day as in 2026-12-01."),
    "windows_format": N_("Write windows as in 7:30-9:00；17:00-18:30（周一至周五，05-01至09-30）."),
    "window_times": N_("A window must end after it starts, on the same day."),
    "windows_overlap": N_("Two windows fall into each other. Change their times or weekdays."),
}
