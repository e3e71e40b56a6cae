"""What the browser of a volunteer sends along with a press, and the cookie that knows it again."""

import hashlib
import hmac
import secrets
from typing import TypedDict

from flask import Response, current_app, request

from . import rules
from .devices import cookie_hash
from .place import Fix, read_fix

COOKIE = "device"
KEPT_SECONDS = 400 * 24 * 3600


class SentAlong(TypedDict):
    """Fields of a `Request` that are the same at every door of the volunteer."""

    ip_prefix: str | None
    browser_class: str
    fix: Fix | None
    secret: bytes
    cookie_hash: str | None


def sent_along() -> SentAlong:
    """Return what the browser says of itself and of its place, where the page asked for it."""
    cookie = request.cookies.get(COOKIE, "")
    form = request.form
    return {
        "ip_prefix": rules.ip_prefix(request.remote_addr),
        "browser_class": rules.browser_class(request.user_agent.string),
        "fix": read_fix(*(form.get(name, "") for name in ("latitude", "longitude", "accuracy"))),
        "secret": hmac.digest(str(current_app.secret_key).encode(), b"position", hashlib.sha256),
        "cookie_hash": cookie_hash(cookie) if 20 <= len(cookie) <= 64 else None,
    }


def remembered(response: Response) -> Response:
    """Give the browser a name of its own, if it has none; nothing is stored before it is used."""
    if COOKIE not in request.cookies:
        response.set_cookie(
            COOKIE,
            secrets.token_urlsafe(24),
            max_age=KEPT_SECONDS,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
    return response
