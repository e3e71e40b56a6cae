"""Who may open which door: every role walks through every address (trust.md 3.2, law 5).

`access.csv` holds a line for every endpoint and method, with what each role meets there:

    ok     the page (for a POST: the verb), also where the object is a foreign unit's
    own    the page or verb for what is the role's own, refused (403, 404) where it is foreign
    go     a redirect to another page of ours
    login  the way to the log-in: 303 for a page, 401 for a form and for a program
    no     refused: 403 or 404

A GET is opened on an own and on a foreign object. A POST is sent empty, and only where it
must be refused (`no`, `login`, `own` on a foreign object): what it does belongs to the
verb's own tests.
"""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from flask import current_app
from sqlalchemy import event, text

from tests import make
from tests.house.addresses import address
from tests.house.world import NOW, Corner, World
from volunteer.attendance.receipts import COOKIE, Read, Receipt, receipt_token
from volunteer.core.db import Base, db
from volunteer.core.headers import ALWAYS

TABLE = Path(__file__).with_name("access.csv")
ROLES = ("anon", "volunteer", "coordinator", "unit_admin", "city_office")
WORDS = {"ok", "own", "go", "login", "no"}
REFUSED = {403, 404}
#: Answers that may be kept by the browser, each with its reason.
MAY_BE_KEPT: dict[str, str] = {}


def lines() -> dict[tuple[str, str], dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {(row["endpoint"], row["method"]): row for row in rows}
    assert len(found) == len(rows), "a line stands twice"
    return found


def doors(app):
    """Return every rule with one method each, the rules of static files left out."""
    return {
        (rule.endpoint, method): rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


@pytest.fixture
def world(app, set_clock) -> World:
    set_clock(NOW)
    return World()


@pytest.mark.parametrize("engine", ["sqlite"])
def test_every_route_has_its_line_and_every_line_its_route(app):
    missing = [f"{endpoint},{method}" for endpoint, method in set(doors(app)) - set(lines())]
    assert not missing, "no line in access.csv for\n" + "\n".join(sorted(missing))
    assert not set(lines()) - set(doors(app)), "lines without a route"
    wrong = [
        f"{line}: {role} {row[role]!r}"
        for line, row in lines().items()
        for role in ROLES
        if row[role] not in WORDS
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_every_page_is_shown_to_somebody(app):
    unseen = [
        endpoint
        for (endpoint, method), row in lines().items()
        if method == "GET" and not {row[role] for role in ROLES} & {"ok", "own"}
    ]
    assert set(unseen) <= ONLY_REDIRECTS


#: Addresses that only send people on to where they belong.
ONLY_REDIRECTS: set[str] = set()


@pytest.mark.parametrize("role", ROLES)
def test_the_walk(app, client, world, role):
    if role != "anon":
        make.login(client, world.holders[role])
    have_scanned(client, world.own(role), world.foreign)
    wrong = []
    before = contents()
    for (endpoint, method), rule in sorted(doors(app).items(), key=lambda door: door[0]):
        expected = lines().get((endpoint, method), {}).get(role)
        if expected is None:
            continue  # its missing line is told above
        for corner in (world.own(role), world.foreign):
            word = expected
            if word == "own":
                foreign = corner is world.foreign and rule.arguments
                word = "no" if foreign else "ok"
            if method != "GET" and word not in {"login", "no"}:
                continue
            path = address(app, rule, corner)
            what = f"{role}: {method} {path} ({endpoint})"
            try:
                with statements() as written:
                    answer = client.open(path, method=method)
            except Exception as fault:  # told with the others at the end
                wrong.append(f"{what}: {type(fault).__name__}: {fault}")
                continue
            if not meets(answer, word, method):
                wrong.append(f"{what} answers {answer.status_code}, not {word}")
            if written:
                wrong.append(f"{what} writes: {written[0][:200]}")
            wrong += [f"{what}: {lack}" for lack in lacking_headers(answer, endpoint)]
    if contents() != before:
        wrong.append(f"{role}: the walk has changed {changed(before, contents())}")
    assert not wrong, "\n".join(wrong)


def have_scanned(client, *corners: Corner) -> None:
    """Let the browser keep what it would after scanning the screens and cards of corners."""
    keys = current_app.extensions["settings"].token_keys
    for corner in corners:
        for read, public_id, path in (
            (Read.SCREEN, corner.shift.public_id, "/on-site"),
            (Read.CARD, corner.volunteer.public_id, "/scanned"),
        ):
            text = receipt_token(Receipt(read, public_id, NOW), keys)
            client.set_cookie(COOKIE, text, path=f"{path}/{public_id}")


def meets(answer, word: str, method: str) -> bool:
    to = answer.headers.get("Location", "")
    if word == "login":
        if method != "GET" or answer.request.path.startswith("/api/"):
            return answer.status_code == 401
        return answer.status_code == 303 and to.startswith("/login?next=")
    if word == "go":
        return answer.status_code in {302, 303} and to.startswith("/") and "/login" not in to
    if word == "no":
        return answer.status_code in REFUSED
    return answer.status_code == 200


def lacking_headers(answer, endpoint: str) -> Iterator[str]:
    for name in ALWAYS:
        if not answer.headers.get(name):
            yield f"no {name}"
    if "no-store" not in answer.headers.get("Cache-Control", "") and endpoint not in MAY_BE_KEPT:
        yield "no no-store"
    if not answer.headers.get("X-Request-Id"):
        yield "no X-Request-Id"


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect what is written to the database meanwhile, even if it is rolled back."""
    written: list[str] = []

    def look(connection, cursor, statement, *_):
        if not statement.lstrip().upper().startswith(("SELECT", "WITH", "PRAGMA", "BEGIN")):
            written.append(statement)

    event.listen(db.engine, "before_cursor_execute", look)
    try:
        yield written
    finally:
        event.remove(db.engine, "before_cursor_execute", look)


def contents() -> dict[str, str]:
    """Return a digest of every table."""
    found = {}
    for table in Base.metadata.sorted_tables:
        keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
        rows = db.session.execute(text(f'SELECT * FROM "{table.name}" ORDER BY {keys}')).all()
        found[table.name] = f"{len(rows)} {sha256(repr(rows).encode()).hexdigest()}"
    db.session.rollback()
    return found


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [table for table in before if before[table] != after[table]]
