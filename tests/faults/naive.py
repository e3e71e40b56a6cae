"""The control arm: a check-in as one writes it without thinking of crashes and repeats.

It looks, then inserts; no key, no constraint, and each row with a commit of its own. A
moment passes between the steps, as it does where there is more to do than here, so that a
short run meets what a long one would. Run by gunicorn as `tests.faults.naive:app`.
"""

import os
import threading
import time
from typing import Any

from flask import Flask, Response, jsonify, request

from tests.benchmarks.databases import raw

TABLES = (
    "CREATE TABLE naive_attendance (id {serial}, person integer, minutes integer)",
    "CREATE TABLE naive_scan (id {serial}, person integer, direction text)",
    "CREATE TABLE naive_ledger (id {serial}, person integer, minutes integer)",
)
SERIALS = {"sqlite": "integer PRIMARY KEY", "postgresql": "serial PRIMARY KEY"}
MOMENT = 0.02

app = Flask(__name__)
local = threading.local()


def create_tables(connection: Any, engine: str) -> None:
    for table in TABLES:
        connection.execute(table.format(serial=SERIALS[engine]))


def run(statement: str, *values: object) -> Any:
    """Execute one statement; it is committed at once."""
    if not hasattr(local, "connection"):
        local.opened = raw(os.environ["DATABASE_URL"])
        local.connection = local.opened.__enter__()
    if not os.environ["DATABASE_URL"].startswith("sqlite"):
        statement = statement.replace("?", "%s")
    return local.connection.execute(statement, values)


@app.post("/check-in")
def check_in() -> tuple[Response, int]:
    person = int(request.form["person"])
    if run("SELECT id FROM naive_attendance WHERE person = ?", person).fetchone():
        return jsonify(verdict="duplicate"), 409
    time.sleep(MOMENT)
    run("INSERT INTO naive_attendance (person) VALUES (?)", person)
    time.sleep(MOMENT)
    run("INSERT INTO naive_scan (person, direction) VALUES (?, 'in')", person)
    return jsonify(verdict="accepted"), 200


@app.post("/check-out")
def check_out() -> tuple[Response, int]:
    person = int(request.form["person"])
    where = "person = ? AND minutes IS NULL"
    if not run(f"SELECT id FROM naive_attendance WHERE {where}", person).fetchone():
        return jsonify(verdict="duplicate"), 409
    time.sleep(MOMENT)
    run(f"UPDATE naive_attendance SET minutes = 10 WHERE {where}", person)
    time.sleep(MOMENT)
    run("INSERT INTO naive_ledger (person, minutes) VALUES (?, 10)", person)
    run("INSERT INTO naive_scan (person, direction) VALUES (?, 'out')", person)
    return jsonify(verdict="accepted"), 200
