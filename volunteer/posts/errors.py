"""What posts refuse."""

from volunteer.core.errors import DomainError
from volunteer.core.i18n import N_
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
