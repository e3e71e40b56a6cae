"""What taking part refuses: a sentence for every verdict, each with what to do next."""

from volunteer.core.errors import DomainError
from volunteer.core.i18n import N_

from .rules import Verdict


class NotPlaced(DomainError):
    """The person does not get the place; the code is the verdict."""

    field = "place"


class Full(NotPlaced):
    code = Verdict.FULL.value
    text = N_(
        "All places are taken. Stand on the waiting list: you are told as soon as one is free."
    )


class AlreadyIn(NotPlaced):
    code = Verdict.ALREADY_IN.value
    text = N_("You have a place here already. You will find it under “My shifts”.")


class AlreadyWaiting(NotPlaced):
    code = Verdict.ALREADY_WAITING.value
    text = N_("You stand on the waiting list. You are told as soon as a place is free for you.")


class OverlapsAnother(NotPlaced):
    code = Verdict.OVERLAPPING.value
    text = N_(
        "You serve elsewhere at that time. Give up the other place first, or choose another shift."
    )


class OnDayOff(NotPlaced):
    code = Verdict.DAY_OFF.value
    text = N_("You have marked this day as one on which you cannot serve. Take the day back first.")


class OnExemption(NotPlaced):
    code = Verdict.EXEMPT.value
    text = N_(
        "You are exempt on this day. If you want to come all the same, ask your unit's coordinator."
    )


class NotQualified(NotPlaced):
    code = Verdict.NOT_QUALIFIED.value
    text = N_(
        "This shift asks for a training that you do not have on that day. "
        "Ask your unit's coordinator when the next one is."
    )


class TooLate(NotPlaced):
    code = Verdict.TOO_LATE.value
    text = N_("It is too late to sign up for this shift. Choose another one.")


class AssignedOnly(NotPlaced):
    code = Verdict.ASSIGNED_ONLY.value
    text = N_("For this shift the coordinator chooses the people. Ask there if you want to come.")


class Cancelled(NotPlaced):
    code = Verdict.CANCELLED.value
    text = N_("This shift does not take place. Choose another one.")


class NotYourUnit(NotPlaced):
    code = Verdict.NOT_YOUR_UNIT.value
    text = N_("This shift is for the people of another unit. See what is open to you.")
    status = 404


class HasLeft(NotPlaced):
    code = Verdict.LEFT.value
    text = N_("You belong to no unit on that day. Ask the coordinator of your unit.")
    status = 403


#: How each verdict is told; the one that is none is not refused.
REFUSALS: dict[Verdict, type[NotPlaced]] = {
    Verdict(each.code): each
    for each in (
        Full,
        AlreadyIn,
        AlreadyWaiting,
        OverlapsAnother,
        OnDayOff,
        OnExemption,
        NotQualified,
        TooLate,
        AssignedOnly,
        Cancelled,
        NotYourUnit,
        HasLeft,
    )
}


class StillFree(NotPlaced):
    code = "still_free"
    text = N_("A place is free right now: take it, there is no need to wait.")


class NoPlace(DomainError):
    code = "no_place"
    text = N_("There is no place here to give up. Reload the page to see how things stand.")
    status = 404
    field = "place"


class IsThere(DomainError):
    code = "checked_in"
    text = N_("This person has checked in at the shift already. Check out when leaving.")
    field = "place"


class Over(DomainError):
    code = "over"
    text = N_("This shift is over.")
    field = "place"


class TooLateToUndo(DomainError):
    code = "too_late_to_undo"
    text = N_("This can no longer be taken back. Sign up again if there is a place.")
    field = "place"


class PlaceGone(DomainError):
    code = "place_gone"
    text = N_("Your place has been given on meanwhile. Stand on the waiting list if you can come.")
    field = "place"


class NotWaiting(DomainError):
    code = "not_waiting"
    text = N_("This person does not stand on the waiting list. Reload the page.")
    status = 404
    field = "place"


class NothingFree(DomainError):
    code = "nothing_free"
    text = N_("No place is free to be offered. Take somebody off or allow more people first.")


class OtherHindered(DomainError):
    code = "other_hindered"
    text = N_("%(name)s cannot take this place: %(reason)s")
    field = "place"


class SwapGone(DomainError):
    code = "swap_gone"
    text = N_(
        "This request is settled: somebody else has said yes, or it was taken back. "
        "Nothing is asked of you."
    )
    field = "place"


class SwapAlready(DomainError):
    code = "swap_already"
    text = N_("You have asked somebody about this place already. Take that back first.")
    field = "place"


class NoColleague(DomainError):
    code = "no_colleague"
    text = N_("Nobody of your unit is meant by this. Search for the name again.")
    status = 404
    field = "place"


class NotTheirPlace(DomainError):
    code = "not_their_place"
    text = N_("The place to swap against is gone. Choose anew.")
    field = "place"
