"""How the domain says no, and how each door repeats it."""

import logging
from typing import ClassVar

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError

from .db import db
from .i18n import N_, say

log = logging.getLogger("volunteer")


class DomainError(Exception):
    """A rule said no. A subclass names the rule and carries the facts of the case.

    `code` is for programs and never changes. `text` is for people: English here,
    translated at the door, filled in with the facts by name. `field` names the
    form field to mend, where there is one.
    """

    code: ClassVar[str]
    text: ClassVar[str]
    status: ClassVar[int] = 409
    field: ClassVar[str | None] = None

    def __init__(self, **facts: object) -> None:
        super().__init__(self.code, facts)
        self.facts = facts

    @property
    def message(self) -> str:
        """The sentence in the language of the one who asks."""
        return say(self.text, self.facts)


class NotAllowed(DomainError):
    code = "not_allowed"
    text = N_("You are not allowed to do this. Ask your unit's administrator if you need to.")
    status = 403


class NotFound(DomainError):
    """Unknown, or foreign: the two are not told apart."""

    code = "not_found"
    text = N_("This page does not exist, or it is not within your units.")
    status = 404


class BadField(DomainError):
    code = "bad_field"
    text = N_("Please check the field “%(field)s” and send the form again.")
    status = 400


HTTP_TEXTS = {
    400: (
        "bad_request",
        N_("The request could not be read. Go back, reload the page and try again."),
    ),
    401: ("login_required", N_("Please log in first.")),
    403: ("not_allowed", NotAllowed.text),
    404: ("not_found", NotFound.text),
    405: ("method", N_("This address does not take that kind of request.")),
    413: ("too_large", N_("The file is too large. Split it and upload the parts.")),
    414: ("too_long", N_("The address is too long.")),
    429: ("rate_limited", N_("Too many requests. Wait a minute and try again.")),
}
SERVER_ERROR = N_(
    "Something went wrong on our side; nothing was saved. Please try again in a minute."
)


def wants_json() -> bool:
    """Tell whether the one who asks is a program."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.path.startswith("/api/") or best == "application/json"


def answer(code: str, message: str, status: int, field: str | None = None) -> Response:
    """Render a refusal as JSON, as a fragment for htmx, or as a page."""
    number = g.get("request_id", "")
    if wants_json():
        facts = {"code": code, "message": message, "field": field, "request": number}
        return make_response(jsonify(error=facts), status)
    context = {"code": code, "status": status, "message": message, "request_id": number}
    if request.headers.get("HX-Request") == "true":
        page = make_response(render_template("errors/_error.html", **context), status)
        page.headers.update({"HX-Retarget": "#notice", "HX-Reswap": "innerHTML"})
        return page
    return make_response(render_template("errors/error.html", **context), status)


def init_app(app: Flask) -> None:
    @app.before_request
    def no_nul() -> None:
        """Nothing of ours has a NUL in its address, and PostgreSQL takes none."""
        if "\0" in request.path or b"%00" in request.query_string:
            raise NotFound()

    @app.errorhandler(DomainError)
    def refuse(error: DomainError) -> Response:
        return answer(error.code, error.message, error.status, error.field)

    @app.errorhandler(CSRFError)
    def stale(error: CSRFError) -> Response:
        text = N_("This page has expired. Go back, reload it and send the form again.")
        return answer("csrf", say(text, {}), 400)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        if isinstance(error, SecurityError):  # an unknown host has no addresses, so no page
            plain = make_response(say(HTTP_TEXTS[400][1], {}), 400)
            plain.mimetype = "text/plain"
            return plain
        status = error.code or 500
        if status < 400 and error.response is not None:
            return make_response(error.get_response())
        code, text = HTTP_TEXTS.get(
            status, ("server_error", SERVER_ERROR) if status >= 500 else HTTP_TEXTS[400]
        )
        result = answer(code, say(text, {}), status)
        for name, value in error.get_headers():
            if name not in {"Content-Type", "Content-Length"}:
                result.headers[name] = value
        return result

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        db.session.rollback()
        log.error("unhandled", exc_info=error, extra={"facts": {"request": g.get("request_id")}})
        if app.testing:
            raise error
        return answer("server_error", say(SERVER_ERROR, {}), 500)
