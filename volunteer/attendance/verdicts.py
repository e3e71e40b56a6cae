"""A verdict in words for whoever scans somebody else."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext

from volunteer.core.i18n import N_, local_time, say

from .errors import REASON_TEXTS
from .rules import ACCEPTED

#: What a leader reads where the sentence for the volunteer would not fit. Facts: as there.
ABOUT_OTHERS = {
    "token_malformed": N_("This code cannot be read. Scan again, or call the roll."),
    "token_signature": N_("This code is not valid. Ask to see the volunteer's own card."),
    "token_wrong_kind": N_("This is not a person's code. Scan the volunteer's card."),
    "person_unknown": N_("Nobody in the register has this code."),
    "account_inactive": N_("This volunteer is no longer active. Ask the unit's administrator."),
    "not_coordinator": N_("You do not lead a shift of this person now."),
    "shift_cancelled": N_("The shift has been cancelled."),
    "assignment_cancelled": N_("This person was taken off the shift."),
    "not_assigned": N_("This person is not assigned to the shift."),
    "wrong_site": N_("This person's place at this time is %(site)s."),
    "too_early": N_("Check-in opens at %(opens)s. Scan again then."),
    "too_late_in": N_("Check-in is closed. You can still call the roll."),
    "too_late_out": N_("Check-out is closed. Confirm the time on the page “To be confirmed”."),
    "already_in": N_("Checked in at %(arrived)s already."),
    "already_out": N_("Checked out at %(left)s already."),
    "not_checked_in": N_("Not checked in yet. Scan the check-in first."),
    "overlap_active": N_("Not checked out at another place yet; recorded, to be confirmed."),
    "clock_future": N_("This phone's clock is wrong; recorded, to be confirmed."),
    "clock_before_sync": N_("This phone's clock is wrong; recorded, to be confirmed."),
    "clock_moved": N_("This phone's clock was changed; recorded, to be confirmed."),
    "too_old": N_("Sent in more than three days later. Record it by hand."),
    "roster_changed": N_("The list has changed meanwhile; recorded, to be confirmed."),
    "idempotency_mismatch": N_("This scan was sent in before with other contents."),
    "server_error": N_("The system is busy; the scan stays on the phone and is sent again."),
}


def about(answer: Mapping[str, Any]) -> str:
    """Return the sentence on an answer: whom it is about, what happened, what to do."""
    name = answer.get("name") or ""
    sentence = _sentence(answer)
    return gettext("%(name)s: %(what)s", name=name, what=sentence) if name else sentence


def _sentence(answer: Mapping[str, Any]) -> str:
    if reason := answer["reason"]:
        text = ABOUT_OTHERS.get(reason) or REASON_TEXTS.get(reason, REASON_TEXTS["server_error"])
        facts = {"site": answer.get("site") or ""}
        for name, key in (("opens", "opens_at"), ("arrived", "arrived_at"), ("left", "left_at")):
            moment = answer.get(key)
            facts[name] = local_time(datetime.fromisoformat(moment)) if moment else ""
        return say(text, dict(facts))
    if answer["verdict"] == ACCEPTED and answer.get("direction") == "out":
        return gettext("Checked out.")
    return gettext("Checked in.")
