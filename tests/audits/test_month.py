"""The month table (R22 to R30), checked against literal SQL through the raw driver."""

import json
from datetime import date

import psycopg
import pytest

from tests import counting, make
from volunteer.audits import queries
from volunteer.audits.rules import Tally
from volunteer.core.clock import Month
from volunteer.core.db import sqlite

NOVEMBER = Month(2026, 11)
TODAY = date(2026, 12, 3)

#: The whole reckoning once more, day by day, in SQL alone. {days} lists the month's days,
#: {minutes} is the engine's way to count minutes between two instants.
LITERAL = """
WITH day(d) AS (VALUES {days}),
stay AS (
  SELECT DISTINCT m.person_id, day.d FROM membership m JOIN day
  ON m.from_on <= day.d AND (m.until_on IS NULL OR m.until_on > day.d)),
freed AS (
  SELECT DISTINCT stay.person_id, stay.d FROM stay JOIN exemption e
  ON e.person_id = stay.person_id AND e.withdrawn_at IS NULL
  AND stay.d BETWEEN e.from_on AND e.until_on),
rule AS (
  SELECT monthly_target_minutes AS base, min_days FROM policy
  WHERE valid_from <= '{month}' ORDER BY valid_from DESC LIMIT 1),
person_days AS (
  SELECT stay.person_id, count(*) AS member, (SELECT count(*) FROM day) AS days,
    (SELECT count(*) FROM freed WHERE freed.person_id = stay.person_id) AS exempt
  FROM stay GROUP BY stay.person_id),
owed AS (
  SELECT person_id, member, exempt, min_days,
    CASE WHEN member - exempt = days THEN base
    ELSE base * (member - exempt) / days / 15 * 15 END AS required,
    (SELECT coalesce(sum(minutes), 0) FROM ledger_entry l
     WHERE l.person_id = person_days.person_id AND l.month = '{month}'
     AND l.nature = 'voluntary') AS served,
    (SELECT coalesce(sum({minutes}), 0) FROM attendance a JOIN shift s ON s.id = a.shift_id
     WHERE a.person_id = person_days.person_id AND s.nature = 'voluntary'
     AND s.starts_at >= '{since}' AND s.starts_at < '{until}'
     AND a.state <> 'void' AND (a.state IN ('open', 'auto_closed') OR a.review = 'pending')
    ) AS waiting
  FROM person_days, rule),
stands AS (
  SELECT CASE WHEN member < min_days THEN 'no_target'
    WHEN member - exempt < min_days THEN 'exempt'
    WHEN served >= required THEN 'met'
    WHEN served + waiting >= required THEN 'pending'
    ELSE 'not_met' END AS state FROM owed)
SELECT count(*), coalesce(sum(CASE WHEN state = 'met' THEN 1 ELSE 0 END), 0),
  coalesce(sum(CASE WHEN state = 'not_met' THEN 1 ELSE 0 END), 0),
  coalesce(sum(CASE WHEN state = 'exempt' THEN 1 ELSE 0 END), 0),
  coalesce(sum(CASE WHEN state = 'no_target' THEN 1 ELSE 0 END), 0),
  coalesce(sum(CASE WHEN state = 'pending' THEN 1 ELSE 0 END), 0),
  (SELECT coalesce(sum(minutes), 0) FROM ledger_entry WHERE month = '{month}')
FROM stands
"""


def literal(database_url: str, month: Month) -> dict[str, int]:
    """Ask the database itself, past everything of ours."""
    days = [date(month.year, month.month, number) for number in range(1, month.days + 1)]
    on_sqlite = database_url.startswith("sqlite")
    texts = {
        "month": str(month),
        "days": ", ".join(f"('{day}')" if on_sqlite else f"(DATE '{day}')" for day in days),
        # What is open or forgotten counts to the planned end; all of these begin on time.
        "minutes": "CAST(round((julianday(s.ends_at) - julianday(s.starts_at)) * 1440) AS INTEGER)"
        if on_sqlite
        else "CAST(extract(epoch FROM s.ends_at - s.starts_at) / 60 AS INTEGER)",
        "since": f"{month.start:%Y-%m-%d %H:%M:%S}",
        "until": f"{month.end:%Y-%m-%d %H:%M:%S}",
    }
    statement = LITERAL.format(**texts)
    if on_sqlite:
        connection = sqlite.connect(database_url.removeprefix("sqlite:///"))
        row = connection.execute(statement).fetchone()
        connection.close()
    else:
        with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
            row = connection.execute(statement).fetchone()
    names = ("people", "met", "not_met", "exempt", "no_target", "pending", "minutes")
    return dict(zip(names, map(int, row), strict=True))


def told_by_the_shell(runner, *arguments: str) -> dict[str, object]:
    result = runner.invoke(args=["audits", "month", *arguments, "--json"])
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture
def ten(app, set_clock):
    """R25: ten people, six met, two not, one exempt, one pending."""
    set_clock("2026-12-03 09:00")
    unit = make.unit(name="明镜小学")
    people = [make.person(unit=unit) for _ in range(10)]
    for person in people[:6]:
        make.entry(person=person, minutes=120, on=date(2026, 11, 6))
    make.entry(person=people[6], minutes=119, on=date(2026, 11, 6))
    make.exemption(person=people[8], from_on=date(2026, 11, 1), until_on=date(2026, 11, 30))
    make.entry(person=people[9], minutes=60, on=date(2026, 11, 6))
    shift = make.shift(starts="2026-11-20 15:00", minutes=60, unit=unit)
    make.attendance(person=people[9], shift=shift, state="auto_closed")
    return unit


def test_ten_people(ten):
    """R25: 6 of 8 are 75.0 %, pending is told apart."""
    whole = queries.month_table(NOVEMBER, ten, today=TODAY).whole

    assert whole == Tally(10, met=6, not_met=2, exempt=1, pending=1, minutes=6 * 120 + 119 + 60)
    assert (whole.rate, whole.owing) == ("75.0 %", 9)


def test_the_shell_tells_what_literal_sql_tells(ten, runner, database_url):
    make.person(unit=ten, from_on=date(2026, 11, 16))
    make.person(unit=ten, from_on=date(2026, 11, 25))
    make.person(unit=ten, until_on=date(2026, 11, 12))
    make.person(unit=ten, until_on=date(2026, 11, 1))
    back = make.person(unit=ten, until_on=date(2026, 11, 5))
    make.member(person=back, unit=ten, from_on=date(2026, 11, 20))
    part = make.person(unit=ten)
    make.exemption(person=part, from_on=date(2026, 10, 20), until_on=date(2026, 11, 7))
    make.exemption(person=part, from_on=date(2026, 11, 5), until_on=date(2026, 11, 12))
    make.entry(person=part, minutes=60, on=date(2026, 11, 28))
    make.entry(person=part, minutes=30, on=date(2026, 11, 28), nature="duty")
    make.entry(person=part, minutes=90, on=date(2026, 10, 28))

    told = told_by_the_shell(runner, "2026-11")

    assert told == {"month": "2026-11", **literal(database_url, NOVEMBER)}
    october = told_by_the_shell(runner, "2026-10")
    assert october == {"month": "2026-10", **literal(database_url, Month(2026, 10))}


def test_the_shell_narrows_to_a_unit_and_refuses_in_a_sentence(ten, runner):
    make.person()

    assert told_by_the_shell(runner, "2026-11", "--unit", ten.code)["people"] == 10
    assert told_by_the_shell(runner, "2026-11")["people"] == 11
    for wrong in (["2026-13"], ["november"], ["2026-11", "--unit", "NOWHERE"]):
        result = runner.invoke(args=["audits", "month", *wrong])
        assert result.exit_code == 2
        assert result.stderr.strip()


def test_a_mover_is_counted_once_at_the_unit_of_the_last_day(app):
    """R25, R29, R30: with B from 16 November; October stays with A; the city has one person."""
    a, b = make.unit(), make.unit()
    mover = make.person(unit=a, until_on=date(2026, 11, 16))
    make.member(person=mover, unit=b, from_on=date(2026, 11, 16))
    make.entry(person=mover, minutes=120, on=date(2026, 11, 3), unit=a)

    november = queries.tallies(NOVEMBER, under=("/",), today=TODAY)
    october = queries.tallies(Month(2026, 10), under=("/",), today=TODAY)

    assert (november[a.id].people, november[b.id].met) == (0, 1)
    assert (november[a.id].minutes, november[b.id].minutes) == (120, 0)
    assert (october[a.id].not_met, october.get(b.id, Tally()).people) == (1, 0)


def test_in_the_running_month_today_decides(app):
    """R25: until the day of the move the person is counted at the old unit."""
    a, b = make.unit(), make.unit()
    mover = make.person(unit=a, until_on=date(2026, 11, 16))
    make.member(person=mover, unit=b, from_on=date(2026, 11, 16))

    before = queries.tallies(NOVEMBER, under=("/",), today=date(2026, 11, 15))
    after = queries.tallies(NOVEMBER, under=("/",), today=date(2026, 11, 16))

    assert (before[a.id].people, before[b.id].people) == (1, 0)
    assert (after[a.id].people, after[b.id].people) == (0, 1)


def test_the_sum_over_the_units_is_the_city(ten):
    other = make.unit()
    below = make.unit(parent=other)
    mover = make.person(unit=ten, until_on=date(2026, 11, 10))
    make.member(person=mover, unit=below, from_on=date(2026, 11, 10))
    make.person(unit=other)
    make.person(unit=make.city())

    table = queries.month_table(NOVEMBER, make.city(), today=TODAY)

    parts = [table.own, *(line.tally for line in table.lines)]
    assert tuple(map(sum, zip(*parts, strict=True))) == tuple(table.whole)
    assert table.whole.people == 13
    assert [line.has_children for line in table.lines] == [False, True]


def test_a_subtree_is_the_same_seen_from_above_and_from_itself(ten):
    other = make.unit()
    for _ in range(3):
        make.person(unit=other)

    seen = queries.month_table(NOVEMBER, make.city(), today=TODAY).lines

    for line, unit in zip(seen, (ten, other), strict=True):
        assert line.tally == queries.month_table(NOVEMBER, unit, today=TODAY).whole


def test_booked_shifts_of_the_future_change_no_state(app):
    """R25: they feed the forecast, never the state."""
    person = make.person()
    shift = make.shift(starts="2026-11-28 09:00", minutes=240, unit=make.unit_of(person))
    make.assignment(person=person, shift=shift)

    assert queries.person_month(person.id, NOVEMBER, today=date(2026, 11, 20)).state == "not_met"


@pytest.mark.parametrize(
    ("state", "review", "expected"),
    [
        ("open", "none", "pending"),
        ("auto_closed", "none", "pending"),
        ("closed", "pending", "pending"),
        ("open", "pending", "pending"),
        ("void", "rejected", "not_met"),
        ("closed", "none", "not_met"),
        ("closed", "approved", "not_met"),
    ],
)
def test_what_waits_makes_pending_where_it_would_be_enough(app, state, review, expected):
    person = make.person()
    shift = make.shift(starts="2026-11-10 09:00", minutes=120, unit=make.unit_of(person))
    make.attendance(person=person, shift=shift, state=state, review=review)

    stands = queries.person_month(person.id, NOVEMBER, today=TODAY)

    assert stands.state == expected


def test_what_waits_but_is_too_little_stays_not_met(app):
    person = make.person()
    shift = make.shift(starts="2026-11-10 09:00", minutes=119, unit=make.unit_of(person))
    make.attendance(person=person, shift=shift, state="auto_closed")

    stands = queries.person_month(person.id, NOVEMBER, today=TODAY)

    assert (stands.state, stands.unconfirmed, stands.missing) == ("not_met", 119, 120)


def test_a_night_over_the_end_of_the_month_belongs_to_its_start(app):
    """R16: 23:30 on 31 October to 00:30 waits in October."""
    person = make.person()
    shift = make.shift(starts="2026-10-31 23:30", minutes=60, unit=make.unit_of(person))
    make.attendance(person=person, shift=shift, state="auto_closed")

    waiting = [
        queries.person_month(person.id, month, today=TODAY).unconfirmed
        for month in (Month(2026, 10), NOVEMBER)
    ]

    assert waiting == [60, 0]


def test_part_of_the_job_counts_only_where_the_version_says_so(app):
    """R21: duty minutes are summed in the table, and count by `duty_counts_for_target`."""
    make.policy(valid_from="2026-12", duty_counts_for_target=True)
    person = make.person()
    for month in (11, 12):
        make.entry(person=person, minutes=120, on=date(2026, month, 2), nature="duty")

    november = queries.city_tally(NOVEMBER, under=("/",), today=date(2026, 12, 31))
    december = queries.city_tally(Month(2026, 12), under=("/",), today=date(2026, 12, 31))

    assert (november.not_met, november.minutes) == (1, 120)
    assert (december.met, december.minutes) == (1, 120)


def test_a_correction_takes_minutes_back(app):
    person = make.person()
    first = make.entry(person=person, minutes=120, on=date(2026, 11, 2))
    make.entry(
        person=person, minutes=-30, on=date(2026, 11, 2), corrects_id=first.id, reason="重复"
    )

    assert queries.person_month(person.id, NOVEMBER, today=TODAY).served == 90


def test_the_cost_does_not_grow_with_the_city(app):
    """One statement for all, and few for those who are not ordinary."""
    unit = make.unit()
    make.person(unit=unit)
    few = asked(unit)
    for number in range(20):
        person = make.person(unit=make.unit(parent=unit))
        make.exemption(
            person=person, from_on=date(2026, 11, 1), until_on=date(2026, 11, number + 2)
        )

    assert asked(unit) == few


def asked(unit) -> int:
    with counting.queries() as found:
        queries.month_table(NOVEMBER, unit, today=TODAY)
    return len(found)
