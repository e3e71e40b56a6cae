"""The reconciliation, and what may be taken over, against a loop that asks nothing clever."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from tests import make
from tests.exchange.conftest import NOW
from volunteer.attendance.models import Attendance
from volunteer.core.actor import Role
from volunteer.core.clock import LOCAL
from volunteer.core.db import db, transaction
from volunteer.exchange import comparison, lines, taking
from volunteer.exchange.comparison import Scope
from volunteer.exchange.models import ExchangeFile, ExchangeRecord, ExchangeTaking
from volunteer.exchange.rules import Standing
from volunteer.hours.models import LedgerEntry

FIRST = date(2026, 11, 2)
PEOPLE = 3
DAYS = 3
TOLERANCE = 5
SLOT = 30


@dataclass(frozen=True)
class Theirs:
    """A record: person (None: a stranger), day, first slot, slots (0: honour), minutes."""

    person: int | None
    day: int
    start: int
    slots: int
    minutes: int
    doubt: bool


@dataclass(frozen=True)
class Ours:
    """A presence of ours in slots of the day: counted, waiting, or minutes without times."""

    person: int
    day: int
    start: int
    slots: int
    kind: str


theirs = st.builds(
    Theirs,
    st.none() | st.integers(0, PEOPLE - 1),
    st.integers(0, DAYS - 1),
    st.integers(16, 36),
    st.integers(0, 6),
    st.integers(1, 200),
    st.integers(0, 9).map(lambda n: n == 0),
)
ours = st.builds(
    Ours,
    st.integers(0, PEOPLE - 1),
    st.integers(0, DAYS - 1),
    st.integers(16, 36),
    st.integers(1, 6),
    st.sampled_from(["counted", "counted", "open", "loose"]),
)


@dataclass
class City:
    people: list
    file: ExchangeFile
    actor: object


@pytest.fixture
def city(app) -> City:
    unit = make.unit(name="艾溪社区")
    people = [make.person(unit=unit, name=name) for name in ("甲一", "乙二", "丙三")]
    file = make.save(
        ExchangeFile(
            public_id="f" * 16,
            unit_id=unit.id,
            kind="durations",
            file_name="x",
            sha256="0" * 64,
            value_unit="minutes",
            first_on=FIRST,
            last_on=FIRST + timedelta(DAYS - 1),
            counts={},
            errors=[],
            imported_at=NOW,
        )
    )
    return City(people, file, make.grant_of(Role.UNIT_ADMIN, unit))


def moment(day: int, slot: int) -> datetime:
    return datetime.combine(FIRST + timedelta(day), datetime.min.time(), LOCAL) + timedelta(
        minutes=slot * SLOT
    )


def build(city: City, there: list[Theirs], here: list[Ours]) -> None:
    for row, each in enumerate(there, start=2):
        make.save(
            ExchangeRecord(
                file_id=city.file.id,
                row=row,
                name="某人",
                activity=f"活动{row}",
                day=FIRST + timedelta(each.day),
                starts_at=moment(each.day, each.start) if each.slots else None,
                ends_at=moment(each.day, each.start + each.slots) if each.slots else None,
                minutes=each.minutes,
                person_id=None if each.person is None else city.people[each.person].id,
                doubt="name" if each.doubt and each.person is not None else None,
            )
        )
    for each in here:
        person, on = city.people[each.person], FIRST + timedelta(each.day)
        if each.kind == "loose":
            make.entry(person=person, minutes=each.slots * SLOT, on=on, source_class="manual")
            continue
        shift = make.shift(starts=moment(each.day, each.start), minutes=each.slots * SLOT)
        review = "pending" if each.kind == "open" else "none"
        state = "open" if each.kind == "open" else "closed"
        made = make.attendance(person=person, shift=shift, state=state, review=review)
        if each.kind == "counted":
            make.entry(
                person=person,
                minutes=each.slots * SLOT,
                on=on,
                source=f"attendance:{made.id}:1",
            )


def clear() -> None:
    """Empty what a world was made of; the ledger's triggers stand aside in this test only."""
    with transaction() as session:
        drop_guards(session)
        for table in (ExchangeTaking, ExchangeRecord, LedgerEntry, Attendance):
            session.execute(delete(table))


def drop_guards(session) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
        return
    for verb in ("update", "delete"):
        session.connection().exec_driver_sql(f"DROP TRIGGER IF EXISTS ledger_entry_refuses_{verb}")


def sure(there: list[Theirs]) -> list[Theirs]:
    return [each for each in there if each.person is not None and not each.doubt]


def minute_by_minute(there: list[Theirs], here: list[Ours]) -> dict[tuple[int, int], int]:
    """Return by person and day what may be entered, counting single minutes of the day."""
    found: dict[tuple[int, int], int] = {}
    for person in range(PEOPLE):
        for day in range(DAYS):
            mine = [each for each in here if (each.person, each.day) == (person, day)]
            minutes_of = {
                each: set(range(each.start * SLOT, (each.start + each.slots) * SLOT))
                for each in mine
            }
            busy = set().union(*(minutes_of[e] for e in mine if e.kind == "counted"), set())
            waits = set().union(*(minutes_of[e] for e in mine if e.kind == "open"), set())
            posted = sum(e.slots * SLOT for e in mine if e.kind != "open")
            own, loose = posted, any(e.kind == "loose" for e in mine)
            gained = 0
            records = [
                (each.start * SLOT if each.slots else 10**6, row, each)
                for row, each in enumerate(there)
                if (each.person, each.day) == (person, day) and not each.doubt
            ]
            for _, _, each in sorted(records):
                span = set(range(each.start * SLOT, (each.start + each.slots) * SLOT))
                if loose or (not each.slots and (own or waits)) or span & waits:
                    continue
                free = each.minutes
                if each.slots:
                    free = min(each.minutes, len(span)) - len(span & busy)
                free = min(free, 720 - posted - gained)
                if free > 0:
                    gained += free
                    busy |= span
            found[person, day] = gained
    return found


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(theirs, max_size=9), st.lists(ours, max_size=5))
def test_lines_and_takings_are_what_a_plain_loop_says(city, there, here):
    clear()
    build(city, there, here)
    scope = Scope(city.file, (city.file.unit.path,), True)

    days: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for each in sure(there):
        days[each.person, each.day][0] += each.minutes
    for each in here:
        days[each.person, each.day][1] += each.slots * SLOT if each.kind != "open" else 0
    expected: dict[Standing, set[str]] = defaultdict(set)
    for (person, day), (said, have) in days.items():
        key = f"{city.people[person].public_id}.{FIRST + timedelta(day)}"
        if said and have:
            near = abs(said - have) <= TOLERANCE
            expected[Standing.AGREES if near else Standing.DIFFERS].add(key)
        elif said or have:
            expected[Standing.ONLY_THERE if said else Standing.ONLY_HERE].add(key)
    counts = comparison.counts(scope)
    for standing in (
        Standing.AGREES,
        Standing.DIFFERS,
        Standing.ONLY_THERE,
        Standing.ONLY_HERE,
    ):
        found = walked(scope, standing)
        assert set(found) == expected[standing]
        assert len(found) == len(expected[standing]) == counts[standing]
    nobody = Counter(each.person is None for each in there)
    assert counts[Standing.UNKNOWN] == nobody[True]
    assert counts[Standing.DOUBTFUL] == sum(e.doubt for e in there if e.person is not None)

    keys = [
        f"{city.people[person].public_id}.{FIRST + timedelta(day)}"
        for person in range(PEOPLE)
        for day in range(DAYS)
    ]
    taken = taking.take(city.file.public_id, keys, reason="核对", actor=city.actor, now=NOW)
    again = taking.take(city.file.public_id, keys, reason="核对", actor=city.actor, now=NOW)

    asked = (
        select(LedgerEntry.person_id, LedgerEntry.service_day, func.sum(LedgerEntry.minutes))
        .where(LedgerEntry.source_class == "imported")
        .group_by(LedgerEntry.person_id, LedgerEntry.service_day)
    )
    entered = {(row[0], row[1]): row[2] for row in db.session.execute(asked)}
    wanted = {
        (city.people[person].id, FIRST + timedelta(day)): minutes
        for (person, day), minutes in minute_by_minute(there, here).items()
        if minutes
    }
    assert entered == wanted
    assert taken.minutes == sum(wanted.values())
    assert (again.records, again.minutes) == (0, 0)


def walked(scope: Scope, standing: Standing) -> list[str]:
    """Return the keys of all pages of two lines, and hold them to be those of the whole list."""
    keys, after = [], ""
    while after is not None:
        page, after = lines.page(scope, standing, after=after, limit=2)
        keys += [line.key for line in page]
    assert keys == [line.key for line in lines.everything(scope, standing)]
    return keys
