"""A made-up city, written past the product: units, people, and twelve months of the ledger.

Deterministic for a number of people and a month. Of the people 1 % joined and 1 % changed
units within the measured month, 1 % are exempt in part of it, and 0.5 % wait for a decision
on a check-out they forgot; a ledger has four entries a person and month (2.9 million rows
for 60,000 people and a year), and about 58 % reach the 120 minutes.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from volunteer.core.clock import Month

from .databases import load, prepared

SYSTEMS = 14
UNITS = 400
FIRST_UNIT = 2 + SYSTEMS
SITES = 50
ENTRIES_A_MONTH = 4
MINUTES = (10, 20, 30, 40, 60)
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"
LONG_AGO = "2024-01-01"
LONG_AGO_AT = "2024-01-01 00:00:00.000000"

PERSON = [
    "id",
    "public_id",
    "volunteer_number",
    "name",
    "phone",
    "phone_tail",
    "state",
    "consent",
    "registered_at",
]
MEMBERSHIP = ("person_id", "unit_id", "from_on", "until_on")
LEDGER = [
    "person_id",
    "unit_id",
    "month",
    "service_day",
    "minutes",
    "nature",
    "source",
    "source_class",
    "entered_at",
]
SHIFT = [
    "id",
    "public_id",
    "kind",
    "unit_id",
    "site_id",
    "title",
    "content",
    "starts_at",
    "ends_at",
    "wanted",
    "nature",
    "settings_id",
    "state",
]


class World(NamedTuple):
    """What was written: `month` is the newest with a ledger."""

    people: int
    month: Month


def stored(moment: datetime) -> str:
    """Return an instant as both engines keep it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def build(connection: Any, people: int, month: Month, *, months: int) -> World:
    """Write the city; `months` of ledger end with `month` (0: no ledger)."""
    with prepared(connection):
        build_units(connection)
        build_sites(connection)
        build_people(connection, people, month)
        if months:
            build_exceptions(connection, people, month)
        for _ in range(months):
            load(connection, "ledger_entry", LEDGER, ledger_of(people, month))
            month = month.previous
    return World(people, month)


def build_units(connection: Any) -> None:
    """One city, under it the systems, under them the units."""
    rows: list[Sequence[object]] = [(1, "C001", "测量市", "测量市", "city", None, "/1/")]
    for number in range(2, FIRST_UNIT):
        rows.append(_unit(number, "system", 1, f"/1/{number}/"))
    for number in range(FIRST_UNIT, FIRST_UNIT + UNITS):
        above = 2 + number % SYSTEMS
        rows.append(_unit(number, "department", above, f"/1/{above}/{number}/"))
    load(connection, "unit", ["id", "code", "name", "name_key", "kind", "parent_id", "path"], rows)


def _unit(number: int, kind: str, above: int, path: str) -> Sequence[object]:
    name = f"第{number}单位"
    return (number, f"U{number:04d}", name, name, kind, above, path)


def build_sites(connection: Any) -> None:
    columns = ["id", "code", "public_id", "name", "unit_id", "fence_mode", "qr_epoch"]
    rows = (
        (n, f"S{n:04d}", f"{n:016x}", f"第{n}点位", FIRST_UNIT + n, "off", 1)
        for n in range(1, SITES + 1)
    )
    load(connection, "site", columns, rows)


def unit_of(person: int) -> int:
    return FIRST_UNIT + person % UNITS


def phone_of(person: int) -> str:
    return f"1990{person:07d}"


def name_of(person: int) -> str:
    return SURNAMES[person % 20] + GIVEN[person // 20 % 20] + GIVEN[person // 400 % 20]


def build_people(connection: Any, people: int, month: Month) -> None:
    everybody = range(1, people + 1)
    load(
        connection,
        "person",
        PERSON,
        (
            (
                n,
                f"{n:016x}",
                f"V{n:07d}",
                name_of(n),
                phone_of(n),
                phone_of(n)[-4:],
                "active",
                "given",
                LONG_AGO_AT,
            )
            for n in everybody
        ),
    )
    load(connection, "membership", MEMBERSHIP, memberships(everybody, month))


def memberships(everybody: Sequence[int], month: Month) -> Iterator[Sequence[object]]:
    """Yield where people belong: one in a hundred joined, one moved, within the month."""
    tenth = month.first_day.replace(day=10).isoformat()
    for n in everybody:
        if n % 100 == 1:
            yield n, unit_of(n), tenth, None
        elif n % 100 == 2:
            yield n, unit_of(n), LONG_AGO, tenth
            yield n, unit_of(n + 1), tenth, None
        else:
            yield n, unit_of(n), LONG_AGO, None


def build_exceptions(connection: Any, people: int, month: Month) -> None:
    """Write exemptions, and a shift of the month whose check-out some have forgotten."""
    first, twelfth = (month.first_day.replace(day=day).isoformat() for day in (1, 12))
    load(
        connection,
        "exemption",
        ("person_id", "kind", "from_on", "until_on", "approved_at"),
        ((n, "sick", first, twelfth, LONG_AGO_AT) for n in range(3, people + 1, 100)),
    )
    build_shift(connection, 1, month.start + timedelta(days=3))
    columns = [
        "shift_id",
        "person_id",
        "unit_id",
        "state",
        "arrived_at",
        "evidence_class",
        "review",
        "revision",
    ]
    arrived = stored(month.start + timedelta(days=3))
    load(
        connection,
        "attendance",
        columns,
        (
            (1, n, unit_of(n), "auto_closed", arrived, "C", "none", 0)
            for n in range(4, people + 1, 200)
        ),
    )


def build_shift(connection: Any, number: int, starts: datetime, *, site: int = 1) -> None:
    """Write one shift of two hours, open for check-in by the standard settings."""
    ends = starts + timedelta(hours=2)
    facts = (f"{number:016x}", "single", FIRST_UNIT + site, site, "路口劝导", "路口劝导")
    row = (number, *facts, stored(starts), stored(ends), 1, "voluntary", 1, "planned")
    load(connection, "shift", SHIFT, [row])


def ledger_of(people: int, month: Month) -> Iterator[Sequence[object]]:
    """Yield a month's entries as they come in: week by week, everybody once a week."""
    dealt = random.Random(str(month))
    days = [month.first_day + timedelta(days=day) for day in range(28)]
    texts = [day.isoformat() for day in days]
    entered = [f"{text} 12:00:00.000000" for text in texts]
    for week in range(ENTRIES_A_MONTH):
        minutes = dealt.choices(MINUTES, k=people)
        weekday = dealt.choices(range(7), k=people)
        for n in range(1, people + 1):
            day = week * 7 + weekday[n - 1]
            source = f"bench:{month}:{week}:{n}"
            yield (
                n,
                unit_of(n),
                str(month),
                texts[day],
                minutes[n - 1],
                "voluntary",
                source,
                "scanned",
                entered[day],
            )
