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

#: The same for the leader who has scanned somebody; a reason that is missing here has no
#: sentence of its own. Facts: name too.
LEADER_TEXTS = {
    "account_inactive": N_("%(name)s has left, or belongs to no unit today. Ask the unit."),
    "not_coordinator": N_("You neither lead this shift nor coordinate its unit."),
    "shift_cancelled": N_("This shift has been cancelled."),
    "assignment_cancelled": N_("%(name)s was taken off this shift."),
    "not_assigned": N_("%(name)s is not on the list of this shift."),
    "wrong_site": N_("%(name)s should be at %(site)s at this time."),
    "too_early": N_("Check-in opens at %(opens)s."),
    "too_late_in": N_("Check-in is closed. Use the roll call."),
    "too_late_out": N_("Check-out is closed. Confirm the time in the list to confirm."),
    "already_in": N_("%(name)s checked in at %(arrived)s."),
    "already_out": N_("%(name)s checked out at %(left)s."),
    "not_checked_in": N_("%(name)s has not checked in yet."),
    "overlap_active": N_("%(name)s has not checked out at another place: to be confirmed."),
    "left_early": N_("The shift is not over; the real time counts."),
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


class CodeExpired(CodeRefused):
    code = "token_expired"
    text = REASON_TEXTS["token_expired"]
    status = 410


class ReceiptMissing(DomainError):
    """The code was read too long ago, or never."""

    code = "receipt_missing"
    text = REASON_TEXTS["receipt_missing"]
    status = 403


class PersonUnknown(DomainError):
    code = "person_unknown"
    text = N_("This code belongs to nobody in the register.")
    status = 404


class ShiftUnknown(DomainError):
    code = "shift_unknown"
    text = N_("There is no shift %(shift)s.")
    status = 404


class NotCoordinator(DomainError):
    """The code is good; it is for others to scan."""

    code = "not_coordinator"
    text = N_(
        "Only the leader of a shift, or a coordinator of its unit, records others. "
        "You lead no shift now."
    )
    status = 403


class OwnCode(DomainError):
    code = "own_code"
    text = N_("This is your own card. Another coordinator or leader has to scan it.")
    status = 403


class ReasonMissing(DomainError):
    code = "reason"
    text = N_("Choose a reason.")
    status = 400
    field = "reason"


class TooManyTries(DomainError):
    code = "rate_limited"
    text = REASON_TEXTS["rate_limited"]
    status = 429


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


class ForAdministrator(DomainError):
    code = "for_administrator"
    text = N_(
        "One phone served several people, codes were read too fast, or a clock was wrong: "
        "your unit's administrator confirms this one."
    )
    status = 403


class TimesOutside(DomainError):
    code = "times"
    text = N_("The times must lie within the shift, and leaving must not be before arriving.")
    status = 400
    field = "left_at"


class MomentOutside(TimesOutside):
    field = "at"


class StillPresent(DomainError):
    code = "still_present"
    text = N_("The person is at a shift by the other record. Merge after the check-out.")


class DeviceRevoked(DomainError):
    code = "device_revoked"
    text = N_(
        "This phone may no longer scan for others; its lists have been removed. Scans not sent in"
        " yet stay on it: ask your unit's administrator to allow it again, then send them in."
    )
    status = 403


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


class BatchWrong(DomainError):
    code = "batch_wrong"
    text = N_("The batch could not be read: “items” is a list of at most %(most)s scans.")
    status = 400
    field = "items"


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


class ShiftRunning(DomainError):
    code = "shift_running"
    text = N_("The shift is not over. After %(ends)s you can say if a time is wrong.")


class ClaimOpen(DomainError):
    code = "claim_open"
    text = N_("You have told us already; the leader or coordinator will answer.")
