"""What the pages of a whole city cost: queries, bytes and milliseconds of each.

Each role of the demo city follows the links that it meets, in this process, so that
neither a browser nor a network is part of the figures. Of each rule the dearest address
counts. Files that are made to be saved (sheets, tables) are opened but not weighed.
"""

import logging
import re
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from html import unescape
from typing import NamedTuple
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from tests.browser import apart
from tests.counting import HEAVIEST, MOST_QUERIES, queries
from volunteer.accounts.models import Account, LoginSession
from volunteer.core import clock
from volunteer.core.db import transaction
from volunteer.home import demo
from volunteer.people.models import Person

from .databases import Databases, application, let_go
from .measure import Figure, shown

#: Addresses of one rule that a role opens, and how often the time is taken.
EACH, ROUNDS = 3, 3
#: How long a page of a list may take, in milliseconds (performance.md).
GOAL_MS = 150
SAVED = ("application/pdf", "application/vnd", "image/", "text/csv", "application/zip")
LINK = re.compile(r'<a [^>]*?href="(/[^"#]*)"')


class Cost(NamedTuple):
    """The dearest that was met of one rule."""

    queries: int
    size: int
    milliseconds: float
    path: str


def measure(databases: Databases, people: int) -> dict[str, Cost]:
    """Make the demo city and return what its pages cost, by the rule's endpoint."""
    address = databases.migrated()
    app = application(address)
    logging.disable(logging.INFO)  # a line a request, as on a server, is not to be read here
    with app.app_context():
        demo.make(people, now=clock.now(), progress=lambda step, percent: None)
        costs: dict[str, Cost] = {}
        for phone, *_ in demo.LOG_INS:
            for endpoint, cost in crawl(app, logged_in(app, phone)):
                known = costs.get(endpoint, cost)
                costs[endpoint] = Cost(
                    max(known.queries, cost.queries),
                    max(known.size, cost.size),
                    *max((known[2:], cost[2:])),
                )
        let_go()
    databases.drop(address)
    return costs


def logged_in(app: Flask, phone: str) -> FlaskClient:
    """Return a browser in which the person with this phone is logged in."""
    token, now = secrets.token_urlsafe(32), clock.now()
    of_phone = select(Account.id).join(Person, Person.id == Account.person_id)
    with transaction() as session:
        session.add(
            LoginSession(
                account_id=session.scalars(of_phone.where(Person.phone == phone)).one(),
                token_hash=sha256(token.encode()).hexdigest(),
                created_at=now,
                expires_at=now + timedelta(days=1),
            )
        )
    client = app.test_client()

    def put() -> None:
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token

    apart(put)
    return client


def crawl(app: Flask, client: FlaskClient) -> Iterator[tuple[str, Cost]]:
    """Yield what each page costs that links lead to from the first one."""
    addresses = app.url_map.bind("127.0.0.1")
    opened: Counter[str] = Counter()
    ahead, seen = ["/"], {"/"}
    while ahead:
        path = ahead.pop(0)
        try:
            endpoint = str(addresses.match(urlsplit(path).path, method="GET")[0])
        except (HTTPException, RequestRedirect):
            continue
        if opened[endpoint] >= EACH or endpoint == "static":
            continue
        opened[endpoint] += 1
        body, cost = look(client, path)
        if cost:
            yield endpoint, cost
        for link in LINK.findall(body):
            if (link := unescape(link)) not in seen:
                seen.add(link)
                ahead.append(link)


def look(client: FlaskClient, path: str) -> tuple[str, Cost | None]:
    """Open a page a few times; return its text and its cost, none for what is no page."""
    with queries() as asked:
        answer = apart(client.get, path)
    if answer.status_code >= 400:
        raise AssertionError(f"{path}: {answer.status_code}")
    if answer.status_code != 200 or str(answer.mimetype).startswith(SAVED):
        return "", None
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        apart(client.get, path)
        taken.append(time.perf_counter() - began)
    return answer.text, Cost(len(asked), len(answer.data), 1000 * min(taken), path)


def figures(engine: str, people: int, costs: dict[str, Cost]) -> Iterator[Figure]:
    """Yield the most queries, the most kilobytes and the longest time of a page."""
    dearest = sorted(costs, key=lambda each: -costs[each].queries)
    more: dict[str, object] = {
        "pages": len(costs),
        "most": {each: costs[each].queries for each in dearest[:8]},
    }
    value = costs[dearest[0]].queries
    yield Figure("page_queries", engine, people, value, None, "", MOST_QUERIES, more=more)
    heavy = sorted(costs, key=lambda each: -costs[each].size)
    more = {"most": {each: shown(costs[each].size / 1000) for each in heavy[:8]}}
    value_kb = costs[heavy[0]].size / 1000
    goal = HEAVIEST / 1000
    yield Figure("page_kilobytes", engine, people, value_kb, None, "KB", goal, more=more)
    slow = sorted(costs, key=lambda each: -costs[each].milliseconds)
    more = {
        "over": sum(cost.milliseconds > GOAL_MS for cost in costs.values()),
        "most": {costs[each].path: shown(costs[each].milliseconds) for each in slow[:12]},
    }
    longest = costs[slow[0]].milliseconds
    yield Figure("page_milliseconds", engine, people, longest, None, "ms", GOAL_MS, more=more)


def grown(engine: str, few: dict[str, Cost], many: dict[str, Cost], people: int) -> Figure:
    """Return how many more queries a page takes in the larger city: none, as it should be."""
    both = {each: many[each].queries - few[each].queries for each in many.keys() & few.keys()}
    more: dict[str, object] = {"pages": {each: n for each, n in both.items() if n > 0}}
    value = max(both.values(), default=0)
    return Figure("page_queries_growth", engine, people, value, None, "", 0, more=more)
