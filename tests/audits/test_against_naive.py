"""The month table against a person-by-person, day-by-day reckoning, over random small worlds."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from tests import make
from volunteer.attendance.models import Attendance
from volunteer.audits import census, listing, queries
from volunteer.core.clock import LOCAL, Month
from volunteer.core.db import transaction
from volunteer.hours.models import LedgerEntry
from volunteer.people.models import Membership, Person
from volunteer.targets import queries as targets
from volunteer.targets.models import Exemption
from volunteer.targets.rules import State

#: Each month with the version that judges it: base, least days, whether duty counts.
MONTHS = {
    Month(2026, 2): (120, 10, False),
    Month(2026, 11): (100, 1, True),
    Month(2026, 12): (45, 0, False),
}
UNITS = 3
DAY = timedelta(days=1)


@dataclass
class Someone:
    """A person before it is written: days are counted from the month's first."""

    stays: list[tuple[int, int, int | None]]
    exemptions: list[tuple[int, int, bool]]
    entries: list[tuple[int, str]]
    presences: list[tuple[int, int, str, str, str]]


@st.composite
def stays(draw) -> list[tuple[int, int, int | None]]:
    """One to three stretches after another, (unit, first day, first day elsewhere)."""
    found = []
    day = draw(st.integers(-40, 35))
    for _ in range(draw(st.integers(1, 3))):
        until = draw(st.none() | st.integers(day + 1, day + 40))
        found.append((draw(st.integers(0, UNITS - 1)), day, until))
        if until is None:
            break
        day = until + draw(st.integers(0, 12))
    return found


people = st.builds(
    Someone,
    stays=stays(),
    exemptions=st.lists(
        st.tuples(st.integers(-10, 32), st.integers(0, 45), st.booleans()), max_size=2
    ),
    entries=st.lists(
        st.tuples(st.integers(1, 130), st.sampled_from(["voluntary", "duty"])), max_size=3
    ),
    presences=st.lists(
        st.tuples(
            st.integers(-2, 32),
            st.sampled_from([30, 60, 120]),
            st.sampled_from(["open", "closed", "auto_closed", "void"]),
            st.sampled_from(["none", "pending"]),
            st.sampled_from(["voluntary", "duty"]),
        ),
        max_size=2,
        unique_by=lambda presence: presence[0],
    ),
)


@pytest.fixture
def policies(app):
    for month, (base, least, duty) in MONTHS.items():
        make.policy(
            valid_from=str(month),
            monthly_target_minutes=base,
            min_days=least,
            duty_counts_for_target=duty,
        )


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    world=st.lists(people, max_size=6),
    month=st.sampled_from(list(MONTHS)),
    today=st.integers(-3, 40),
)
def test_the_table_is_the_sum_of_its_people(policies, world, month, today):
    top = make.unit()
    units = [top, make.unit(parent=top), make.unit(parent=top)]
    ids = [write(someone, units, month) for someone in world]
    day = month.first_day + today * DAY

    told = queries.tallies(month, under=(top.path,), today=day)

    counted = Counter(naive(someone, month, day) for someone in world)
    counted.pop(None, None)
    for number, unit in enumerate(units):
        for state in State:
            assert getattr(told[unit.id], state) == counted[number, state], (number, state)
    assert queries.tallies(month, under=("/",), today=day)[top.id] == told[top.id]
    listed(month, top, day, counted, ids)
    everybody_at_once(month, day)


def everybody_at_once(month, day) -> None:
    """The census of the city says of everybody what the other ways say."""
    taken = census.take(month, today=day)
    policy = targets.policy_for(month)
    assert taken.people == queries.standings_of(
        select(Person.id), month, policy, today=day, many=True
    )
    told = queries.tallies(month, under=("/",), today=day)
    assert {unit: tally for unit, tally in taken.units.items() if any(tally)} == {
        unit: tally for unit, tally in told.items() if any(tally)
    }


def listed(month, top, day, counted, ids) -> None:
    """The lists, page by page, name the same people as the table counts."""
    policy = targets.policy_for(month)
    for state in State:
        found, after = [], ""
        while after is not None:
            lines, after = listing.people_of(
                month, policy, under=(top.path,), today=day, wanted=state, after=after, limit=2
            )
            found += [line.person_id for line in lines]
        assert len(found) == len(set(found)), state
        assert set(found) <= set(ids)
        assert len(found) == sum(counted[number, state] for number in range(UNITS)), state
    everybody = listing.everybody(month, policy, under=(top.path,), today=day)
    assert len(list(everybody)) == counted.total()


def naive(someone: Someone, month: Month, today: date) -> tuple[int, State] | None:
    """Reckon one person on the fingers: the unit by its number, and the state."""
    base, least, duty = MONTHS[month]
    first = month.first_day
    where = {}
    for unit, begin, until in someone.stays:
        for number in range(month.days):
            if begin <= number and (until is None or number < until):
                where[number] = unit
    if not where:
        return None
    free = {
        number
        for begin, length, withdrawn in someone.exemptions
        for number in range(begin, begin + length + 1)
        if number in where and not withdrawn
    }
    natures = {"voluntary", "duty"} if duty else {"voluntary"}
    served = sum(minutes for minutes, nature in someone.entries if nature in natures)
    waiting = sum(
        minutes
        for begin, minutes, state, review, nature in someone.presences
        if 0 <= begin < month.days
        and nature in natures
        and state != "void"
        and (state in {"open", "auto_closed"} or review == "pending")
    )
    eligible = len(where) - len(free)
    required = base if eligible == month.days else base * eligible // month.days // 15 * 15
    if len(where) < least:
        state = State.NO_TARGET
    elif eligible < least:
        state = State.EXEMPT
    elif served >= required:
        state = State.MET
    else:
        state = State.PENDING if served + waiting >= required else State.NOT_MET
    last = min(max((today - first).days, 0), month.days - 1)
    begun = [unit for unit, begin, until in in_month(someone, month) if begin <= last]
    return (begun or [in_month(someone, month)[0][0]])[-1], state


def in_month(someone: Someone, month: Month) -> list[tuple[int, int, int | None]]:
    return [
        stay for stay in someone.stays if stay[1] < month.days and (stay[2] is None or stay[2] > 0)
    ]


def write(someone: Someone, units, month: Month) -> int:
    """Write the person with everything at once; return the id."""
    first = month.first_day
    (unit, begin, until), *later = someone.stays
    person = make.person(
        unit=units[unit],
        from_on=first + begin * DAY,
        until_on=until if until is None else first + until * DAY,
    )
    rows: dict[type, list[dict[str, object]]] = {
        Membership: [
            {
                "person_id": person.id,
                "unit_id": units[unit].id,
                "from_on": first + begin * DAY,
                "until_on": until if until is None else first + until * DAY,
            }
            for unit, begin, until in later
        ],
        Exemption: [
            {
                "person_id": person.id,
                "kind": "sick",
                "from_on": first + begin * DAY,
                "until_on": first + (begin + length) * DAY,
                "approved_at": make.LONG_AGO,
                "withdrawn_at": make.LONG_AGO if withdrawn else None,
            }
            for begin, length, withdrawn in someone.exemptions
        ],
        LedgerEntry: [
            {
                "person_id": person.id,
                "unit_id": units[0].id,
                "month": str(month),
                "service_day": first,
                "minutes": minutes,
                "nature": nature,
                "source": f"naive:{person.id}:{number}",
                "source_class": "scanned",
                "entered_at": make.LONG_AGO,
            }
            for number, (minutes, nature) in enumerate(someone.entries)
        ],
    }
    opened = False
    for begin, minutes, state, review, nature in someone.presences:
        if state == "open" and review == "none" and opened:
            state = "auto_closed"  # the database allows one open presence at a time
        opened = opened or (state == "open" and review == "none")
        start = datetime.combine(first + begin * DAY, time(9), LOCAL)
        shift = make.shift(starts=start, minutes=minutes, unit=units[0], nature=nature)
        rows.setdefault(Attendance, []).append(
            {
                "shift_id": shift.id,
                "person_id": person.id,
                "unit_id": units[0].id,
                "state": state,
                "arrived_at": start,
                "left_at": None if state == "open" else start + timedelta(minutes=minutes),
                "evidence_class": "C",
                "review": review,
                "revision": 0,
            }
        )
    with transaction() as session:
        for model, lines in rows.items():
            if lines:
                session.execute(insert(model), lines)
    return person.id
