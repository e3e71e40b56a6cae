"""What attendance refuses, and the sentence of every reason of a scan."""

from volunteer.core.errors import DomainError
from volunteer.core.i18n import N_

#: What a person reads for each reason of the closed list (checkin.md 1.8): what happened,
#: and what to do next. Facts: site, time, opens.
REASON_TEXTS = {
    "token_malformed": N_("This QR code cannot be read here. Scan the code on the poster again."),
    "token_signature": N_("This QR code is not valid. Tell the leader that the poster is wrong."),
    "token_expired": N_("The code has changed. Scan the screen on site again."),
    "token_revoked": N_("This QR code is no longer used. Ask the leader for the new poster."),
    "token_wrong_kind": N_("This is another kind of code. Scan the code of the site."),
    "receipt_missing": N_("Please scan the code again to come in."),
    "login_required": N_("Please log in first."),
    "person_unknown": N_("You are not in the register. Ask your coordinator."),
    "account_inactive": N_("Your log-in is not active. Ask your coordinator."),
    "not_coordinator": N_("You do not lead this shift."),
    "shift_cancelled": N_("This shift has been cancelled. You need not come."),
    "assignment_cancelled": N_("You were taken off this shift. Ask the leader if that is wrong."),
    "not_assigned": N_(
        "You are not assigned to a shift here. Ask your unit's coordinator to assign you."
    ),
    "wrong_site": N_("Your place at this time is %(site)s. Scan the code there."),
    "ambiguous_shift": N_("Two shifts are possible. Choose yours."),
    "too_early": N_("Check-in opens at %(opens)s. Please scan again then."),
    "too_late_in": N_("Check-in is closed. The leader can still record you."),
    "too_late_out": N_("Check-out is closed. The leader will confirm your time."),
    "already_in": N_("You checked in at %(arrived)s. Nothing more to do until the end."),
    "already_out": N_("You checked out at %(left)s. Your time is recorded."),
    "not_checked_in": N_("You have not checked in yet. Check in first, or ask the leader."),
    "overlap_active": N_("You have not checked out at another place. The leader will confirm."),
    "left_early": N_("The shift was not over; your real time counts."),
    "location_missing": N_("Your place could not be confirmed. The leader will confirm."),
    "location_imprecise": N_("Your position was not precise. The leader will confirm."),
    "outside_fence": N_("You seem to be away from the site. The leader will confirm."),
    "device_shared": N_("This phone has just checked in somebody else. The leader will confirm."),
    "device_new": N_("This is a new phone for you."),
    "burst": N_("Very many check-ins at once. The leader will confirm."),
    "clock_future": N_("The phone's clock is wrong. The leader will confirm."),
    "clock_before_sync": N_("The phone's clock is wrong. The leader will confirm."),
    "clock_moved": N_("The phone's clock was changed. The leader will confirm."),
    "too_old": N_("This record is too old to be sent in. Ask the leader."),
    "month_closed": N_("That month is closed. Ask for a correction in this month."),
    "roster_changed": N_("The roster has changed. The leader will confirm."),
    "idempotency_mismatch": N_("This page was already used for something else. Scan again."),
    "rate_limited": N_("Too many attempts. Wait a minute and scan again."),
    "server_error": N_("The system is busy. Please press the button again."),
}


class CodeRefused(DomainError):
    """A printed code that is not ours, or no longer."""

    code = "token_signature"
    text = REASON_TEXTS["token_signature"]
    status = 404


class CodeMalformed(CodeRefused):
    code = "token_malformed"
    text = REASON_TEXTS["token_malformed"]


class CodeRevoked(CodeRefused):
    code = "token_revoked"
    text = REASON_TEXTS["token_revoked"]
    status = 410


class CodeWrongKind(CodeRefused):
    code = "token_wrong_kind"
    text = REASON_TEXTS["token_wrong_kind"]


class KeyReused(DomainError):
    code = "idempotency_mismatch"
    text = REASON_TEXTS["idempotency_mismatch"]
    status = 422


class KeyMissing(DomainError):
    code = "key_missing"
    text = N_("The form is incomplete. Scan the code again.")
    status = 400
    field = "key"


class NotOpenYet(DomainError):
    code = "too_early"
    text = N_("The roll can be called from %(opens)s on.")


class NothingToConfirm(DomainError):
    code = "nothing_to_confirm"
    text = N_("There is nothing left to confirm here; somebody has already decided.")


class SelfConfirmation(DomainError):
    code = "self_approval"
    text = N_("Nobody decides about themselves. Ask a colleague with the same right.")
    status = 403


class TimesOutside(DomainError):
    code = "times"
    text = N_("The times must lie within the shift, and leaving must not be before arriving.")
    status = 400
    field = "left_at"

    def __init__(self, field: str = "left_at") -> None:
        """Name the field that is wrong."""
        super().__init__()
        self.field = field


class StillPresent(DomainError):
    code = "still_present"
    text = N_("The person is at a shift by the other record. Merge after the check-out.")


class UndoTooLate(DomainError):
    code = "undo_too_late"
    text = N_("That was more than 15 minutes ago. Ask the coordinator for a correction.")


class UndoneByAnother(DomainError):
    code = "undo_by_another"
    text = N_("Somebody else recorded that. Only the one who did can take it back.")
    status = 403


class NothingToUndo(DomainError):
    code = "nothing_to_undo"
    text = N_("There is nothing left to take back here; something newer has been recorded.")


class PresentElsewhere(DomainError):
    code = "present_elsewhere"
    text = N_("The person is at another shift by now, and can be in one place only.")


class OverQuota(DomainError):
    code = "override_quota"
    text = N_(
        "This shift has had its %(quota)s exceptions. Your unit's administrator can add more."
    )
    status = 403


class WordsMissing(DomainError):
    code = "words_missing"
    text = N_("Say the reason in a few words.")
    status = 400
    field = "words"


class NobodyMeant(DomainError):
    code = "person_unknown"
    text = N_(
        "Nobody is found by that. Write the whole name of somebody on the list, or the phone "
        "or volunteer number."
    )
    status = 404
    field = "who"


class SeveralMeant(DomainError):
    code = "several_people"
    text = N_("Several people on the list have this name. Write the phone or volunteer number.")
    field = "who"


class NothingToRecord(DomainError):
    code = "nothing_to_record"
    text = N_("That is recorded already, or the person has not been recorded as present yet.")
    field = "who"
