"""The floor of a check-in: a server that inserts its two rows, durably, and does nothing else.

Run by gunicorn as `tests.benchmarks.floor:app`; DATABASE_URL names a database of its own.
One raw connection a thread, one transaction a request, the rows of the product's check-in.
"""

import json
import os
import threading
from datetime import UTC, datetime
from typing import Any

from flask import Flask, request

from .databases import raw
from .world import stored

app = Flask(__name__)
address = os.environ["DATABASE_URL"]
local = threading.local()

SCAN = (
    "INSERT INTO scan (key, body_hash, direction, channel, shift_id, person_id, site_id, "
    "actor_account_id, raw_token_hash, received_at, effective_at, time_quality, position, "
    "ip_prefix, browser_class, verdict, flags, answer, offline) VALUES (?, ?, 'in', "
    "'site_static', ?, ?, ?, ?, ?, ?, ?, 'server', 'none', '127.0.0.0', 'other', 'accepted', "
    "'[]', ?, false) RETURNING id"
)
ATTENDANCE = (
    "INSERT INTO attendance (shift_id, person_id, unit_id, state, in_scan_id, arrived_at, "
    "evidence_class, review, revision) VALUES (?, ?, ?, 'open', ?, ?, 'C', 'none', 0)"
)
if not address.startswith("sqlite"):
    SCAN, ATTENDANCE = SCAN.replace("?", "%s"), ATTENDANCE.replace("?", "%s")
ANSWER = json.dumps(
    {
        "direction": "in",
        "verdict": "accepted",
        "reason": None,
        "flags": [],
        "at": "2026-11-23T09:00:00+00:00",
        "site": "第1点位",
        "shift": "0" * 16,
        "title": "路口劝导",
        "starts_at": "2026-11-23T09:00:00+00:00",
        "ends_at": "2026-11-23T11:00:00+00:00",
        "opens_at": "2026-11-23T08:45:00+00:00",
        "arrived_at": None,
        "left_at": None,
        "name": "志愿者1",
    }
)
HASH = "0" * 64


def connection() -> Any:
    """Return this thread's connection, opened when first asked for."""
    if not hasattr(local, "connection"):
        local.opened = raw(address)
        local.connection = local.opened.__enter__()
    return local.connection


@app.get("/hello")
@app.post("/hello")
def hello() -> str:
    """Answer: what the server and Flask cost by themselves."""
    return "hello"


@app.post("/check-in")
def check_in() -> str:
    """Insert one scan and one attendance of the person in the form."""
    form = request.form
    person, shift = int(form["person"]), int(form["shift"])
    moment = stored(datetime.now(UTC))
    to = connection()
    to.execute("BEGIN IMMEDIATE" if address.startswith("sqlite") else "BEGIN")
    scan = (form["key"], HASH, shift, person, 1, person, HASH, moment, moment, ANSWER)
    (scan_id,) = to.execute(SCAN, scan).fetchone()
    to.execute(ATTENDANCE, (shift, person, 16, scan_id, moment))
    to.execute("COMMIT")
    return "accepted"
