"""What a person owes in a month (R23 to R25), and which version says so (R33)."""

from datetime import date

import pytest

from tests import make
from volunteer.audits import queries as audits
from volunteer.core.clock import Month
from volunteer.hours.rules import as_hours
from volunteer.targets import queries
from volunteer.targets.rules import State, owed, rate

NOVEMBER = Month(2026, 11)
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
TODAY = date(2026, 11, 30)
ALWAYS = [(date(2020, 1, 1), None)]


def test_who_joins_on_the_16th_owes_half(app):
    """R23: 120 minutes, 15 of 30 days: 60."""
    joined = make.person(from_on=date(2026, 11, 16))

    stands = audits.person_month(joined.id, NOVEMBER, today=TODAY)

    assert (stands.owes.required, stands.owes.member_days) == (60, 15)
    assert [because.code for because in stands.reasons] == [
        "base",
        "member_days",
        "prorated",
        "missing",
    ]


@pytest.mark.parametrize(
    ("days", "required"),
    [(30, 120), (29, 105), (28, 105), (27, 105), (26, 90), (15, 60), (10, 30), (9, 0)],
)
def test_the_minimum_is_rounded_down_to_a_quarter_of_an_hour(days, required):
    """R23: base x days / 30, down to 15 minutes; fewer than ten days owe nothing."""
    joined = date(2026, 11, 31 - days)

    assert owed(120, 10, FIRST, LAST, [(joined, None)]).required == required


def test_a_whole_month_owes_the_base_itself_even_if_it_is_no_quarter():
    assert owed(100, 10, FIRST, LAST, ALWAYS).required == 100


def test_maternity_leave_for_the_whole_month_is_exempt_not_met(app):
    """R23: 0 minutes and `exempt`, with or without minutes."""
    mother = make.person()
    make.exemption(
        person=mother, kind="parental", from_on=date(2026, 9, 1), until_on=date(2027, 2, 1)
    )
    make.entry(person=mother, minutes=300, on=date(2026, 11, 3))

    stands = audits.person_month(mother.id, NOVEMBER, today=TODAY)

    assert (stands.state, stands.owes.required, stands.missing) == (State.EXEMPT, 0, 0)


def test_overlapping_exemptions_are_merged(app):
    """R24: 1 to 10 and 6 to 15 November are 15 days, not 20."""
    person = make.person()
    make.exemption(person=person, from_on=date(2026, 11, 1), until_on=date(2026, 11, 10))
    make.exemption(person=person, from_on=date(2026, 11, 6), until_on=date(2026, 11, 15))

    stands = audits.person_month(person.id, NOVEMBER, today=TODAY)

    assert (stands.owes.exempt_days, stands.owes.required) == (15, 60)


def test_a_withdrawn_exemption_is_as_if_it_had_not_been(app):
    person = make.person()
    make.exemption(person=person, from_on=FIRST, until_on=LAST, withdrawn_at=make.LONG_AGO)

    assert audits.person_month(person.id, NOVEMBER, today=TODAY).owes.required == 120


def test_days_of_membership_come_off_before_exemptions():
    """R23: nine days as a member alone is `no_target`; exemptions that leave nine, `exempt`."""
    nine = [(date(2026, 11, 22), None)]
    rest = [(date(2026, 11, 10), LAST)]

    assert owed(120, 10, FIRST, LAST, nine, rest).excused == State.NO_TARGET
    assert owed(120, 10, FIRST, LAST, ALWAYS, rest).excused == State.EXEMPT


def test_exempt_days_before_joining_do_not_count_twice():
    joined = [(date(2026, 11, 11), None)]

    assert owed(120, 10, FIRST, LAST, joined, [(FIRST, date(2026, 11, 15))]).required == 60


def test_the_first_day_elsewhere_is_no_day_here(app):
    """`until_on` is the first day elsewhere: until 16 November is 15 days."""
    left = make.person(until_on=date(2026, 11, 16))

    stands = audits.person_month(left.id, NOVEMBER, today=TODAY)

    assert stands.owes.member_days == 15
    assert audits.person_month(left.id, Month(2026, 12), today=TODAY).state == State.NO_TARGET


def test_a_version_judges_whole_months_only(app):
    """R33: a version that begins with December changes December, not November."""
    person = make.person()
    make.policy(valid_from="2026-12", monthly_target_minutes=180)

    required = [
        audits.person_month(person.id, Month(2026, month), today=TODAY).owes.required
        for month in (10, 11, 12)
    ]

    assert required == [120, 120, 180]
    assert queries.policy_for(Month(2027, 5)).monthly_target_minutes == 180


def test_a_rate_of_nobody_is_a_dash():
    """R25: not 0 % and not 100 %; halves are rounded up."""
    assert [rate(0, 0), rate(0, 3), rate(3, 0), rate(1, 7), rate(1, 1999)] == [
        "—",
        "0.0 %",
        "100.0 %",
        "12.5 %",
        "0.1 %",
    ]


def test_hours_are_summed_as_minutes_first():
    """R9: 3 x 50 minutes are 2.50 h, not 2.49."""
    assert as_hours(3 * 50) == "2.50"
    assert [as_hours(minutes) for minutes in (20, 40, 100)] == ["0.33", "0.67", "1.67"]
