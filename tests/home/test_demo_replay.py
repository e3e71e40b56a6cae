"""200 attendances of the demo city, done again by the real verbs from their scans alone."""

from collections import defaultdict
from datetime import datetime
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, tuple_, update

from tests import make
from tests.conftest import app_on, let_go
from tests.home.test_demo import build
from volunteer.accounts.models import Account
from volunteer.attendance import roll_call, service
from volunteer.attendance.models import Attendance, Channel, Direction, Scan
from volunteer.attendance.queries import SiteHere
from volunteer.core.actor import Actor
from volunteer.core.db import db, transaction
from volunteer.home.demo_load import Loader
from volunteer.hours.models import LedgerEntry
from volunteer.people.models import Person
from volunteer.shifts.models import Shift, Site

SAMPLE = 200
LEFT_BY_PRESENCE = {"scan", "attendance", "ledger_entry"}

#: One attendance by shift and person.
Pair = tuple[int, int]

SCAN = [
    "direction",
    "channel",
    "shift_id",
    "person_id",
    "site_id",
    "actor_account_id",
    "effective_at",
    "time_quality",
    "position",
    "ip_prefix",
    "browser_class",
    "verdict",
    "reason",
    "flags",
    "answer",
    "offline",
    "note",
]
ATTENDANCE = [
    "shift_id",
    "person_id",
    "unit_id",
    "state",
    "arrived_at",
    "left_at",
    "evidence_class",
    "review",
    "policy_id",
    "revision",
]
ENTRY = [
    "person_id",
    "unit_id",
    "grid_id",
    "month",
    "service_day",
    "minutes",
    "nature",
    "source_class",
    "reason",
    "entered_by",
    "entered_at",
]


class Traces:
    """What one attendance left behind, ids and keys left out."""

    def __init__(self) -> None:
        self.scans: list[Scan] = []
        self.attendance: dict[str, Any] = {}
        self.entries: list[dict[str, Any]] = []

    def told(self) -> dict[str, Any]:
        scans = [facts(scan, SCAN) for scan in self.scans]
        return {"attendance": self.attendance, "scans": scans, "ledger": self.entries}


def facts(row: Any, names: list[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def traces(pairs: list[Pair]) -> dict[Pair, Traces]:
    """Return what is in the database about these attendances."""
    found: dict[Pair, Traces] = {pair: Traces() for pair in pairs}
    scans = select(Scan).where(tuple_(Scan.shift_id, Scan.person_id).in_(pairs))
    for scan in db.session.scalars(scans.order_by(Scan.received_at, Scan.id)):
        found[scan.shift_id, scan.person_id].scans.append(scan)
    numbers = {}
    rows = select(Attendance).where(tuple_(Attendance.shift_id, Attendance.person_id).in_(pairs))
    for row in db.session.scalars(rows):
        found[row.shift_id, row.person_id].attendance = facts(row, ATTENDANCE)
        numbers[str(row.id)] = (row.shift_id, row.person_id)
    for entry in db.session.scalars(select(LedgerEntry)):
        number = entry.source.split(":")[1]
        if number in numbers:
            found[numbers[number]].entries.append(facts(entry, ENTRY))
    db.session.expunge_all()
    db.session.rollback()
    return found


def sample(random: Random) -> list[Pair]:
    """Return 200 attendances by chance, some of every kind among them."""
    kinds: dict[tuple[str, ...], list[Pair]] = defaultdict(list)
    for row in db.session.scalars(select(Attendance).order_by(Attendance.id)):
        kind = (row.state, row.review, row.evidence_class)
        kinds[kind].append((row.shift_id, row.person_id))
    chosen = [
        pair for pairs in kinds.values() for pair in random.sample(pairs, min(10, len(pairs)))
    ]
    taken = set(chosen)
    others = [pair for pairs in kinds.values() for pair in pairs if pair not in taken]
    return chosen + random.sample(others, SAMPLE - len(chosen))


@pytest.fixture
def written(databases, engine) -> dict[Pair, Traces]:
    """What 200 attendances of a demo city left behind."""
    address = databases.migrated(engine)
    with app_on(address).app_context():
        build()
        found = traces(sample(Random(42)))
        let_go()
    databases.drop(address)
    return found


@pytest.fixture
def bare(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The same demo city before anybody came: no scan, no attendance, an empty ledger."""
    write = Loader.write

    def but(self: Loader, table: str, rows: Any) -> None:
        if table not in LEFT_BY_PRESENCE:
            write(self, table, rows)

    monkeypatch.setattr(Loader, "write", but)
    monkeypatch.setattr(Loader, "_hand_over", lambda self: None)
    build()
    with transaction() as session:  # those who have left since were there then
        session.execute(update(Person).values(state="active"))
    return app


def test_the_verbs_write_what_the_demo_city_wrote(written, bare):
    events = [(scan, pair) for pair, trace in written.items() for scan in trace.scans]
    events.sort(key=lambda event: (event[0].received_at, event[0].id))
    channels = {scan.channel for scan, _ in events}
    assert channels == {"site_static", "manual", "auto", "override"}
    states = {trace.attendance["state"] for trace in written.values()}
    assert states == {"closed", "auto_closed", "open"}
    assert len(written) == SAMPLE

    for scan, _ in events:
        repeat(scan)

    again = traces(list(written))
    wrong = {
        pair: (trace.told(), again[pair].told())
        for pair, trace in written.items()
        if trace.told() != again[pair].told()
    }
    assert not wrong, f"{len(wrong)} of {SAMPLE}: {next(iter(wrong.values()))}"


def repeat(scan: Scan) -> None:
    """Do again what made a scan, at the moment at which it was made."""
    now = scan.received_at
    if scan.channel == Channel.SITE_STATIC:
        press(scan, now)
    elif scan.channel == Channel.AUTO:
        roll_call.close_forgotten(now=now)
    elif scan.channel == Channel.OVERRIDE:
        attendance = select(Attendance.id).filter_by(
            shift_id=scan.shift_id, person_id=scan.person_id
        )
        roll_call.confirm(
            db.session.scalars(attendance).one(),
            left_at=None,
            reason=scan.note,
            actor=actor_of(scan),
            now=now,
        )
    else:
        shift = db.session.get_one(Shift, scan.shift_id)
        person = db.session.get_one(Person, scan.person_id)
        roll_call.call_roll(
            shift,
            [person.public_id],
            Direction(scan.direction),
            reason=scan.note,
            actor=actor_of(scan),
            now=now,
        )


def press(scan: Scan, now: datetime) -> None:
    site = db.session.get_one(Site, scan.site_id)
    asked = service.Request(
        SiteHere(site.id, site.code, site.name, site.address, site.qr_epoch),
        scan.key,
        ip_prefix=scan.ip_prefix,
        browser_class=scan.browser_class,
    )
    verb = service.check_in if scan.direction == Direction.IN else service.check_out
    verb(asked, actor=actor_of(scan), now=now)


def actor_of(scan: Scan) -> Actor:
    account = db.session.get_one(Account, scan.actor_account_id)
    return make.actor_of(db.session.get_one(Person, account.person_id))
