"""The places to go to, by role: nobody is shown a door that is closed to them."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import request, url_for
from flask_babel import lazy_gettext
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.local import LocalProxy

from volunteer.core.actor import KEEPERS, READERS, SCHEDULERS, Actor, Role
from volunteer.core.login import actor_or_none
from volunteer.reminders import queries as reminders


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation."""

    url: str
    label: Any
    icon: str
    current: bool
    count: int


#: Endpoint, label, icon, and the roles that see it; None: everybody with a log-in.
ENTRIES: tuple[tuple[str, Any, str, tuple[Role, ...] | None], ...] = (
    ("home.index", lazy_gettext("Home"), "home", None),
    ("shifts.index", lazy_gettext("Shifts"), "calendar-event", READERS),
    ("activities.index", lazy_gettext("Activities"), "flag-3", READERS),
    ("posts.index", lazy_gettext("Posts"), "map-pin", READERS),
    ("shifts.sites", lazy_gettext("Sites"), "qrcode", READERS),
    ("attendance.confirmations", lazy_gettext("To confirm"), "clipboard-check", SCHEDULERS),
    ("people.index", lazy_gettext("People"), "users", READERS),
    ("people.upload", lazy_gettext("Import"), "upload", KEEPERS),
    ("accounts.codes", lazy_gettext("Activation codes"), "key", SCHEDULERS),
    ("targets.exemptions", lazy_gettext("Exemptions"), "shield-check", SCHEDULERS),
    ("audits.months", lazy_gettext("Month audit"), "chart-bar", READERS),
    ("targets.policies", lazy_gettext("Minimum"), "settings", READERS),
    ("home.mine", lazy_gettext("My service"), "heart-handshake", READERS),
    ("reminders.inbox", lazy_gettext("Messages"), "bell", None),
    ("accounts.me", lazy_gettext("My account"), "user", None),
    ("home.guide", lazy_gettext("Help"), "info-circle", None),
)
#: What a volunteer has at hand at the bottom of the phone.
AT_HAND: tuple[tuple[str, Any, str], ...] = (
    ("home.mine", lazy_gettext("Home"), "home"),
    ("audits.mine", lazy_gettext("Hours"), "clock"),
    ("reminders.inbox", lazy_gettext("Messages"), "bell"),
)


def places_for(actor: Actor, unread: int) -> list[Place]:
    """Return the places of the desk that the actor's roles open."""
    return [
        _place(endpoint, label, icon, unread)
        for endpoint, label, icon, roles in ENTRIES
        if roles is None or actor.is_any(*roles)
    ]


def at_hand(unread: int) -> list[Place]:
    """Return the three places of the phone."""
    return [_place(endpoint, label, icon, unread) for endpoint, label, icon in AT_HAND]


def _place(endpoint: str, label: Any, icon: str, unread: int) -> Place:
    here = request.endpoint or ""
    current = here == endpoint or (endpoint == "home.mine" and here == "home.index")
    count = unread if endpoint == "reminders.inbox" else 0
    return Place(url_for(endpoint), label, icon, current, count)


def unread_messages() -> int:
    """Return the unread messages of whoever asks; 0 where that cannot be known now."""
    actor = actor_or_none()
    if actor is None or actor.person_id is None:
        return 0
    try:
        return reminders.unread(actor.person_id)
    except SQLAlchemyError:
        return 0


def context() -> dict[str, object]:
    """Give the layouts their places; nothing is asked until a layout asks."""
    actor = actor_or_none()
    if actor is None:
        return {"navigation": [], "phone_navigation": [], "unread": 0}
    unread = cache(unread_messages)
    return {
        "navigation": LocalProxy(lambda: places_for(actor, unread())),
        "phone_navigation": LocalProxy(lambda: at_hand(unread())),
        "unread": LocalProxy(unread),
    }
