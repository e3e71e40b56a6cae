"""A scanner as the server sees it: its clocks, its numbered queue, its cookie."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from flask import Flask

from tests import make
from tests.browser import Browser
from volunteer.people.cards import token_of
from volunteer.people.models import Person
from volunteer.shifts.models import Shift

LINE = ("prev_hash", "seq", "key", "direction", "token", "shift", "device_ms", "mono_ms", "page")


class Phone:
    """One phone of one scanner. `fast` is how far its clock is ahead of the server's."""

    def __init__(self, app: Flask, set_clock: Any, owner: Person, fast: timedelta = timedelta()):
        self.app, self.set_clock = app, set_clock
        self.keys = app.extensions["settings"].token_keys
        self.browser: Browser = app.test_client()
        make.login(self.browser, owner)
        self.fast, self.booted = fast, make.LONG_AGO
        self.page, self.seq, self.hash = secrets.token_hex(4), 0, ""
        self.sync: dict[str, Any] | None = None
        self.queue: list[dict[str, Any]] = []

    def clocks(self, at: datetime) -> dict[str, Any]:
        return {
            "device_ms": round((at + self.fast).timestamp() * 1000),
            "mono_ms": round((at - self.booted).total_seconds() * 1000),
            "page": self.page,
        }

    def reload(self) -> None:
        self.page, self.booted = secrets.token_hex(4), self.booted + timedelta(hours=1)

    def note(self, at: datetime, answer: dict[str, Any]) -> None:
        self.sync = {"id": answer["sync_id"], **self.clocks(at)}

    def fetch(self, at: datetime) -> dict[str, Any]:
        """Fetch the list, in one part, and enrol."""
        self.set_clock(at)
        self.browser.post("/api/v1/scanner/device", json={})
        answer = self.browser.get("/api/v1/scanner/roster").get_json()
        self.note(at, answer)
        return answer

    def token(self, person: Person) -> str:
        url = token_of(person.public_id, make.LONG_AGO, self.keys)
        return f"{self.app.extensions['settings'].base_url}/q/{url}"

    def scan(
        self,
        who: Person | str,
        at: datetime,
        shift: Shift | None = None,
        direction: str = "in",
        **given: Any,
    ) -> dict[str, Any]:
        """Put a scan into the queue, chained as the page does it; return the item."""
        self.seq += 1
        item = {
            "key": str(uuid4()),
            "seq": self.seq,
            "prev_hash": self.hash,
            "direction": direction,
            "token": who if isinstance(who, str) else self.token(who),
            "shift": shift and shift.public_id,
            **self.clocks(at),
            "sync": self.sync,
            **given,
        }
        parts = [str(item[name] or "") for name in LINE]
        parts.append(item["sync"]["id"] if item["sync"] else "")
        self.hash = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        self.queue.append({**item, "hash": self.hash})
        return self.queue[-1]

    def post(self, at: datetime, items: list[Any], **given: Any) -> Any:
        """Send these items; return the answer as it is."""
        self.set_clock(at)
        body = {"items": items, **self.clocks(at), **given}
        return self.browser.post("/api/v1/scans", json=body)

    def send(self, at: datetime, **given: Any) -> list[dict[str, Any]]:
        """Send the whole queue and empty it; return the items of the answer."""
        answer = self.post(at, self.queue, **given)
        assert answer.status_code == 200, answer.text
        self.queue = []
        self.note(at, answer.get_json())
        items: list[dict[str, Any]] = answer.get_json()["items"]
        return items
