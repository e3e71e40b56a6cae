"""Who is logged in in this browser; every door is closed unless it says `@public`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from flask import Flask, Response, current_app, redirect, request, url_for
from flask_login import LoginManager, UserMixin, current_user
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response as AnyResponse

from .actor import Actor
from .errors import wants_json

F = TypeVar("F", bound=Callable[..., object])

manager = LoginManager()


@dataclass(slots=True)
class LoggedIn(UserMixin):
    """A live log-in: the token of the cookie, and the actor behind it."""

    token: str
    actor: Actor

    def get_id(self) -> str:
        return self.token


def public(view: F) -> F:
    """Open a view to everybody; without this mark it asks for a log-in."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def current_actor() -> Actor:
    """Return who is asking; raises Unauthorized where nobody is logged in."""
    if not current_user.is_authenticated:
        raise Unauthorized()
    return current_user.actor


def actor_or_none() -> Actor | None:
    return current_user.actor if current_user.is_authenticated else None


def ask_for_login() -> AnyResponse:
    """Send a browser to the log-in page and back; answer 401 to everything else."""
    if request.method != "GET" or wants_json() or request.headers.get("HX-Request"):
        raise Unauthorized()
    return redirect(url_for("accounts.login", next=request.full_path.rstrip("?")), 303)


def safe_next(address: str | None) -> str:
    """Return a local address to go on to; anything else becomes the front page.

    >>> [safe_next(a) for a in ("/q/abc", "//evil.example", "https://evil.example", None)]
    ['/q/abc', '/', '/', '/']
    """
    if address and address[0] == "/" and address[1:2] not in {"/", "\\"} and address.isprintable():
        return address
    return "/"


def init_app(app: Flask) -> None:
    manager.init_app(app)
    manager.session_protection = None

    @app.before_request
    def closed_by_default() -> AnyResponse | None:
        view = current_app.view_functions.get(request.endpoint or "")
        if view is None or request.endpoint == "static" or getattr(view, "is_public", False):
            return None
        return None if current_user.is_authenticated else ask_for_login()

    @app.context_processor
    def who() -> dict[str, object]:
        return {"actor": actor_or_none(), "city_name": app.extensions["settings"].city_name}

    @app.after_request
    def vary(response: Response) -> Response:
        response.vary.add("Cookie")
        return response
