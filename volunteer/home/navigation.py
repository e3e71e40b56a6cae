"""The places to go to, by role: nobody is shown a door that is closed to them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import g, request, url_for
from flask_babel import lazy_gettext
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.local import LocalProxy

from volunteer.core.actor import KEEPERS, READERS, SCHEDULERS, Actor, Role
from volunteer.core.db import db
from volunteer.core.login import actor_or_none
from volunteer.reminders import queries as reminders

from . import queries


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation."""

    url: str
    label: Any
    icon: str
    current: bool
    count: int


#: Endpoint, label, icon, and the roles that see it; None: everybody with a log-in.
ENTRIES: tuple[tuple[str, Any, str, Sequence[Role] | None], ...] = (
    ("home.index", lazy_gettext("Home"), "home", None),
    ("shifts.index", lazy_gettext("Shifts"), "calendar-event", READERS),
    ("boards.gaps", lazy_gettext("Gaps"), "alert-triangle", READERS),
    ("activities.index", lazy_gettext("Activities"), "flag-3", READERS),
    ("posts.index", lazy_gettext("Posts"), "map-pin", READERS),
    ("rosters.index", lazy_gettext("Rosters"), "clipboard-check", READERS),
    ("shifts.sites", lazy_gettext("Sites"), "qrcode", READERS),
    ("attendance.confirmations", lazy_gettext("To be confirmed"), "clipboard-check", SCHEDULERS),
    ("scanner.page", lazy_gettext("Scan volunteers"), "scan", SCHEDULERS),
    ("people.index", lazy_gettext("People"), "users", READERS),
    ("structure.index", lazy_gettext("Tree of units"), "building", READERS),
    ("grids.index", lazy_gettext("Grids"), "scan", READERS),
    ("accounts.coordinator_list", lazy_gettext("Coordinators"), "user", READERS),
    ("imports.upload", lazy_gettext("Import"), "upload", KEEPERS),
    ("exchange.index", lazy_gettext("Exchange with 志愿汇"), "arrows-exchange", READERS),
    ("accounts.codes", lazy_gettext("Activation codes"), "key", SCHEDULERS),
    ("targets.exemptions", lazy_gettext("Exemptions"), "shield-check", SCHEDULERS),
    ("audits.months", lazy_gettext("Month audit"), "chart-bar", READERS),
    ("targets.policies", lazy_gettext("Monthly rules"), "settings", READERS),
    ("home.mine", lazy_gettext("My service"), "heart-handshake", None),
)
#: What a volunteer has at hand at the bottom of the phone.
AT_HAND: tuple[tuple[str, Any, str], ...] = (
    ("home.mine", lazy_gettext("Home"), "home"),
    ("signups.mine", lazy_gettext("Shifts"), "calendar-event"),
    ("audits.mine", lazy_gettext("Hours"), "clock"),
    ("reminders.inbox", lazy_gettext("Messages"), "bell"),
)
PLACES = {each for each, *_ in (*ENTRIES, *AT_HAND)}
#: Blueprints whose pages belong to the register.
OF_PEOPLE = ("record", "merge", "cards", "own")
#: To which place a page belongs where it is not the index of its own feature.
PARTS_OF = {
    "accounts.appoint": "accounts.coordinator_list",
    "accounts.hand_over": "accounts.coordinator_list",
    "accounts.print_codes": "accounts.codes",
    "attendance.confirm": "attendance.confirmations",
    "attendance.answer": "attendance.confirmations",
    "attendance.claim": "audits.mine",
    "attendance.own_record": "audits.mine",
    "attendance.confirm_list": "shifts.index",
    "attendance.decide": "attendance.confirmations",
    "attendance.live": "shifts.index",
    "attendance.poster": "shifts.sites",
    "attendance.reject": "attendance.confirmations",
    "attendance.roll_call": "shifts.index",
    "attendance.roll_page": "shifts.index",
    "attendance.override": "shifts.index",
    "attendance.override_page": "shifts.index",
    "attendance.undo": "shifts.index",
    "audits.month": "audits.months",
    "audits.people": "audits.months",
    "audits.person": "audits.months",
    "boards.month": "shifts.index",
    "boards.place": "shifts.index",
    "boards.this_month": "shifts.index",
    "calendar.mine": "home.mine",
    "calendar.person": "people.index",
    "calendar.unit": "shifts.index",
    "imports.absences": "imports.upload",
    "imports.add_category": "imports.upload",
    "imports.category_list": "imports.upload",
    "imports.show": "imports.upload",
    "roster_sheet.show": "shifts.index",
    "checkin.unit": "structure.index",
    "checkin.wish": "structure.index",
    "editing.call_off": "shifts.index",
    "editing.call_off_day": "shifts.index",
    "editing.called_off": "shifts.index",
    "editing.take_back": "shifts.index",
    "editing.edit": "shifts.index",
    "editing.change": "shifts.index",
    "scanner.devices": "scanner.page",
    "series.ask": "shifts.index",
    "series.change": "activities.index",
    "series.edit": "activities.index",
    "series.open_shifts": "activities.index",
    "series.opening": "activities.index",
    "workdays.enter": "activities.index",
    "workdays.index": "activities.index",
    "shifts.create_site": "shifts.sites",
    "signups.ask": "signups.mine",
    "signups.days_off_of": "people.index",
    "signups.index": "signups.mine",
    "signups.my_days_off": "signups.mine",
    "signups.send_request": "signups.mine",
    "signups.show": "signups.mine",
    "shifts.site": "shifts.sites",
    "targets.adopt_policy": "targets.policies",
    "targets.exempt": "targets.exemptions",
    "watch.inspection": "boards.gaps",
    "watch.inspection_list": "boards.gaps",
    "watch.now": "boards.gaps",
}


def places_for(actor: Actor) -> list[Place]:
    """Return the places of the desk that the actor's roles open."""
    counts = {"home.mine": unread_messages(), "attendance.confirmations": waiting_for(actor)}
    return [
        _place(endpoint, label, icon, counts.get(endpoint, 0))
        for endpoint, label, icon, roles in ENTRIES
        if roles is None or actor.is_any(*roles)
    ]


def at_hand() -> list[Place]:
    """Return the places of the phone; to whoever does not work here, `/` is the first."""
    counts = {"reminders.inbox": unread_messages()}
    places = [
        _place(endpoint, label, icon, counts.get(endpoint, 0)) for endpoint, label, icon in AT_HAND
    ]
    if request.endpoint == "home.index":
        places[0] = replace(places[0], current=True)
    return places


def _place(endpoint: str, label: Any, icon: str, count: int) -> Place:
    here = request.endpoint or ""
    feature = "people" if request.blueprint in OF_PEOPLE else request.blueprint
    place = here if here in PLACES else PARTS_OF.get(here, f"{feature}.index")
    return Place(url_for(endpoint), label, icon, endpoint == place, count)


def unread_messages() -> int:
    """Return the unread messages of whoever asks; asked once a request."""
    actor = actor_or_none()
    person_id = actor.person_id if actor else None
    return _once("unread", lambda: reminders.unread(person_id)) if person_id else 0


def waiting_for(actor: Actor) -> int:
    """Return how many records wait for the actor's decision; asked once a request."""
    under, person_id = actor.paths(*SCHEDULERS), actor.person_id
    return _once("waiting", lambda: queries.waiting(under=under, leader_id=person_id))


def _once(name: str, ask: Callable[[], int]) -> int:
    """Return the answer, 0 where the database does not give one: a page is worth more."""
    known: dict[str, int] = g.setdefault("navigation_counts", {})
    if name not in known:
        try:
            known[name] = ask()
        except SQLAlchemyError:
            db.session.rollback()
            known[name] = 0
    return known[name]


def context() -> dict[str, object]:
    """Give the layouts their places; nothing is asked until a layout asks."""
    actor = actor_or_none()
    if actor is None:
        return {"navigation": [], "phone_navigation": [], "unread": 0}
    return {
        "navigation": LocalProxy(lambda: places_for(actor)),
        "phone_navigation": LocalProxy(at_hand),
        "unread": LocalProxy(unread_messages),
    }
