"""People who are logged in and assigned to a shift that runs now, and the posts they send."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import uuid4

from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from volunteer.attendance.tokens import SiteCode, site_token

from . import load
from .databases import load as bulk
from .databases import prepared
from .world import SITES, build_shift, stored

#: Shifts of the crowd, one a site, are numbered from here.
FIRST_SHIFT = 101


def build(connection: Any, people: int, *, now: datetime, devices: int = 1) -> None:
    """Log everybody in and assign everybody to one of the shifts that began ten minutes ago.

    Person and account of a number belong together; each is logged in on so many devices.
    """
    everybody = range(1, people + 1)
    starts = now - timedelta(minutes=10)
    begins, ends = stored(starts), stored(starts + timedelta(hours=2))
    today, later = stored(now), stored(now + timedelta(days=1))
    with prepared(connection):
        for site in range(1, SITES + 1):
            build_shift(connection, FIRST_SHIFT + site - 1, starts, site=site)
        bulk(
            connection,
            "account",
            ("id", "person_id", "state", "created_at", "failures"),
            ((n, n, "active", today, 0) for n in everybody),
        )
        bulk(
            connection,
            "login_session",
            ("account_id", "token_hash", "created_at", "expires_at"),
            (
                (n, sha256(token_of(n, device=device).encode()).hexdigest(), today, later)
                for device in range(devices)
                for n in everybody
            ),
        )
        bulk(
            connection,
            "assignment",
            ("shift_id", "person_id", "starts_at", "ends_at", "state", "assigned_at"),
            ((shift_of(n), n, begins, ends, "assigned", today) for n in everybody),
        )


def token_of(person: int, *, device: int = 0) -> str:
    """Return the secret of a person's log-in cookie."""
    return f"only-for-measuring-{device}-{person:08d}"


def shift_of(person: int) -> int:
    return FIRST_SHIFT + person % SITES


class Browser(NamedTuple):
    """What a volunteer's browser holds after it has opened the page of the site's code."""

    path: str
    cookie: str
    csrf: str

    def form(self, key: str) -> bytes:
        """Return what one press of a button sends; the verb is in the path."""
        return urlencode({"csrf_token": self.csrf, "key": key}).encode()


class Crowd:
    """The browsers of the people, as the application itself would have signed them."""

    def __init__(self, app: Flask) -> None:
        self.name = app.config["SESSION_COOKIE_NAME"]
        self.sessions = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        self.csrf = URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="wtf-csrf-token")
        keys = app.extensions["settings"].token_keys
        self.tokens = [site_token(SiteCode(f"{n:016x}", 1), keys) for n in range(1, SITES + 1)]

    def browser(self, person: int, *, device: int = 0) -> Browser:
        secret = sha256(token_of(person, device=device).encode()).hexdigest()[:40]
        session = {
            "_user_id": token_of(person, device=device),
            "_fresh": True,
            "_permanent": True,
            "csrf_token": secret,
        }
        cookie = f"{self.name}={self.sessions.dumps(session)}"
        token = self.tokens[(shift_of(person) - FIRST_SHIFT) % SITES]
        return Browser(f"/q/{token}", cookie, self.csrf.dumps(secret))

    def check_ins(self, people: Sequence[int]) -> list[bytes]:
        """Return one check-in of each person, each with a key of its own."""
        browsers = map(self.browser, people)
        return [
            load.post(f"{each.path}/check-in", each.form(str(uuid4())), cookie=each.cookie)
            for each in browsers
        ]


def plain_check_ins(people: Sequence[int]) -> list[bytes]:
    """Return the posts that the floor takes for the same people."""
    return [
        load.post(
            "/check-in",
            urlencode({"person": n, "shift": shift_of(n), "key": str(uuid4())}).encode(),
        )
        for n in people
    ]
