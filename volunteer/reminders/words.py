"""The sentences of the inbox, by kind of message."""

from flask_babel import lazy_gettext

from .models import ReminderKind

MONTH = lazy_gettext("Your month")

HEADINGS = {
    ReminderKind.SHORT_DAY_20: MONTH,
    ReminderKind.SHORT_DAY_27: MONTH,
    ReminderKind.SHIFT_CANCELLED: lazy_gettext("Shift cancelled"),
    ReminderKind.SHIFT_CHANGED: lazy_gettext("Shift changed"),
    ReminderKind.ASSIGNED: lazy_gettext("You are assigned"),
    ReminderKind.TAKEN_OFF: lazy_gettext("You need not come"),
    ReminderKind.PLACE_OFFERED: lazy_gettext("A place is free for you"),
    ReminderKind.PLACE_LAPSED: lazy_gettext("The place has gone to the next one"),
    ReminderKind.SWAP_ASKED: lazy_gettext("Somebody asks you to stand in"),
    ReminderKind.SWAP_ANSWERED: lazy_gettext("Your request has been answered"),
    ReminderKind.PLACE_GIVEN_UP: lazy_gettext("Somebody cannot come"),
    ReminderKind.PLACE_SWAPPED: lazy_gettext("Two people have changed places"),
    ReminderKind.PEOPLE_ASKED: lazy_gettext("Who can help out?"),
    ReminderKind.GAPS_TOMORROW: lazy_gettext("People are missing tomorrow"),
    ReminderKind.ROSTER_PUBLISHED: lazy_gettext("Your roster is ready"),
    ReminderKind.TAKES_PLACE: lazy_gettext("The shift takes place after all"),
    ReminderKind.CHECK_OUT_MISSING: lazy_gettext("You have not checked out yet"),
}

#: What a message about a shift says under the shift's title, time and place.
TOLD = {
    ReminderKind.SHIFT_CHANGED: lazy_gettext(
        "Time, place or task of this shift have changed. If you cannot come now, say so in one tap."
    ),
    ReminderKind.ASSIGNED: lazy_gettext(
        "Your coordinator has put you down for this shift. If you cannot come, say so in one tap."
    ),
    ReminderKind.TAKEN_OFF: lazy_gettext("You are no longer put down for this shift."),
    ReminderKind.PLACE_OFFERED: lazy_gettext(
        "You stood on the waiting list. Take the place in time, or it goes to the next one."
    ),
    ReminderKind.PLACE_LAPSED: lazy_gettext(
        "The time for answering is over. Nothing else follows from it."
    ),
    ReminderKind.SWAP_ASKED: lazy_gettext(
        "Say yes or no on the page of your shifts; nothing changes before you say yes."
    ),
    ReminderKind.SWAP_ANSWERED: lazy_gettext("See on the page of your shifts what was answered."),
    ReminderKind.PLACE_GIVEN_UP: lazy_gettext("A place has become free. Fill it, or ask people."),
    ReminderKind.PLACE_SWAPPED: lazy_gettext(
        "Both have agreed; the list of the shift is up to date."
    ),
    ReminderKind.PEOPLE_ASKED: lazy_gettext(
        "People are missing here. If you have time, take a place; if not, you need do nothing."
    ),
    ReminderKind.GAPS_TOMORROW: lazy_gettext(
        "Open the page of the gaps to see who is missing where."
    ),
    ReminderKind.ROSTER_PUBLISHED: lazy_gettext(
        "See when and where you serve in the coming month."
    ),
    ReminderKind.TAKES_PLACE: lazy_gettext(
        "It had been called off; that has been taken back, and you are put down for it again. "
        "If you cannot come now, say so in one tap."
    ),
    ReminderKind.CHECK_OUT_MISSING: lazy_gettext(
        "The shift is over. Scan the code on site once more, or the leader must confirm your time."
    ),
}
