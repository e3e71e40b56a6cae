"""A verb's answer in words: what the page shows, and the sentence a program gets."""

from datetime import datetime
from typing import Any, NamedTuple

from flask_babel import gettext

from volunteer.core.clock import Month, local_day
from volunteer.core.i18n import local_day_text, local_time, say
from volunteer.hours import queries as ledger
from volunteer.hours.rules import shortfall
from volunteer.targets import queries as targets

from .errors import LEADER_TEXTS, REASON_TEXTS
from .rules import ACCEPTED, HELD, Decision

MOMENTS = ("at", "starts_at", "ends_at", "opens_at", "arrived_at", "left_at")
#: What an answer says nothing of, so that a page can ask.
SILENT: dict[str, Any] = {
    "shift": None,
    "title": None,
    "leader": None,
    "minutes": None,
    "held": False,
    "in_only": False,
    "cut": None,
    "choices": [],
    **dict.fromkeys(MOMENTS),
}


def ticket_of(answer: dict[str, Any]) -> dict[str, Any]:
    """Return a stored answer with its moments read back, and with all that pages ask for."""
    ticket = {**SILENT, **answer}
    for name in MOMENTS:
        if ticket[name]:
            ticket[name] = datetime.fromisoformat(ticket[name])
    ticket["choices"] = [
        {**choice, "starts_at": datetime.fromisoformat(choice["starts_at"])}
        for choice in ticket["choices"]
    ]
    ticket["message"] = message(ticket)
    return ticket


def foreseen(decision: Decision, site: str, now: datetime) -> dict[str, Any]:
    """Return the ticket of a decision that has not been carried out."""
    ticket = {**SILENT, "verdict": decision.verdict, "reason": decision.reason, "at": now}
    ticket |= {"site": site, "flags": decision.flags}
    if target := decision.target:
        ticket |= {name: getattr(target, name) for name in (*MOMENTS[1:], "title", "leader")}
        ticket |= {"shift": target.shift, "site": target.site_name}
    ticket["message"] = message(ticket)
    return ticket


def told_leader(ticket: dict[str, Any]) -> str:
    """Return the one sentence for the leader who has scanned somebody."""
    facts = {**facts_of(ticket), "name": ticket["name"]}
    if ticket["reason"]:
        texts = LEADER_TEXTS if ticket["reason"] in LEADER_TEXTS else REASON_TEXTS
        return say(texts[ticket["reason"]], facts)
    if ticket["direction"] == "in":
        return gettext("%(name)s is checked in.", name=ticket["name"])
    if ticket["held"]:
        return gettext("%(name)s is checked out; the time waits to be confirmed.", **facts)
    facts["minutes"] = ticket["minutes"]
    return gettext("%(name)s is checked out: %(minutes)s minutes.", **facts)


def facts_of(ticket: dict[str, Any]) -> dict[str, Any]:
    """Return what the sentences of reasons name."""
    return {
        "site": ticket["site"],
        "opens": _moment(ticket["opens_at"], ticket["at"]),
        "arrived": _moment(ticket["arrived_at"], ticket["at"]),
        "left": _moment(ticket["left_at"], ticket["at"]),
    }


def message(ticket: dict[str, Any]) -> str:
    """Return the one sentence that says what happened and what to do next."""
    if ticket["reason"]:
        return say(REASON_TEXTS[ticket["reason"]], facts_of(ticket))
    if ticket.get("direction") == "in" and ticket["in_only"]:
        return gettext("You are checked in. You need not check out.")
    if ticket.get("direction") == "in":
        return gettext("You are checked in. Scan the same code again when you leave.")
    if ticket["held"]:
        return gettext("You are checked out. The leader will confirm your time.")
    return gettext("You are checked out. Your time is recorded.")


def _moment(moment: datetime | None, now: datetime) -> str:
    """Tell a time of day, and the day too where it is not today's."""
    if moment is None:
        return ""
    if local_day(moment) == local_day(now):
        return local_time(moment)
    return f"{local_day_text(moment)} {local_time(moment)}"


def status(answer: dict[str, Any]) -> int:
    """Return what HTTP says: 409 where the verb did not do what was asked."""
    return 200 if answer["verdict"] in {ACCEPTED, HELD} else 409


class Balance(NamedTuple):
    """How a person's month stands, in minutes."""

    month: Month
    required: int
    served: int
    missing: int


def balance_of(person_id: int, month: Month) -> Balance:
    """Return what the person owes, has served and still misses in the month."""
    policy = targets.policy_for(month)
    owes = targets.owed_of(person_id, month, policy)
    served = ledger.minutes_of(person_id, month, duty_counts=policy.duty_counts_for_target)
    return Balance(month, owes.required, served, shortfall(served, owes.required))
