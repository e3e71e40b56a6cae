"""What posts refuse."""

from volunteer.core.errors import DomainError
from volunteer.core.i18n import N_


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
