"""One JSON line a request and an event, without phone numbers."""

import json
import logging
import re
import secrets
import sys
import time
from typing import TextIO

from flask import Flask, Response, g, request

PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")

log = logging.getLogger("volunteer")


def without_phones(text: str) -> str:
    """Return `text` with the middle of every mobile number hidden.

    >>> without_phones("call 19901234567 now")
    'call 199****4567 now'
    """
    return PHONE.sub(lambda found: found[0][:3] + "****" + found[0][7:], text)


class Lines(logging.Formatter):
    """Formats a record as one JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return without_phones(json.dumps(line, ensure_ascii=False, default=str))


class Stderr(logging.StreamHandler[TextIO]):
    """Writes to whatever stderr is now, so that tests may capture it."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def init_app(app: Flask) -> None:
    if not log.handlers:
        handler = Stderr()
        handler.setFormatter(Lines())
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        log.propagate = False

    @app.before_request
    def number() -> None:
        g.request_id = secrets.token_hex(5)
        g.began = time.perf_counter()

    @app.after_request
    def line(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        if request.endpoint not in {"static", "health.show"}:
            log.info(
                "request",
                extra={
                    "facts": {
                        "request": g.get("request_id"),
                        "method": request.method,
                        "endpoint": request.endpoint,
                        "status": response.status_code,
                        "ms": round((time.perf_counter() - g.get("began", 0)) * 1000, 1),
                    }
                },
            )
        return response
