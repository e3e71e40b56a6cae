"""Days that the city enters itself go before what the state has published."""

from datetime import date

import pytest
from sqlalchemy import select

from tests import make
from tests.make import at
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.core.models import Journal
from volunteer.workdays import queries, rules, service
from volunteer.workdays.errors import DayAsItIs
from volunteer.workdays.models import SpecialDay

NOW = at("2026-11-23 09:00")
FRIDAY, SUNDAY = date(2026, 11, 27), date(2026, 11, 29)
NEW_YEAR = date(2027, 1, 1)


@pytest.fixture
def office(app):
    return make.grant_of(Role.CITY_OFFICE, make.city())


def test_a_day_entered_goes_first(office):
    service.enter(FRIDAY, worked=False, name="运动会", actor=office, now=NOW)
    service.enter(SUNDAY, worked=True, name="补班", actor=office, now=NOW)

    own = queries.own_days(date(2026, 11, 1), date(2026, 11, 30))
    assert own == {FRIDAY: False, SUNDAY: True}
    assert [rules.is_workday(day, own) for day in (FRIDAY, SUNDAY)] == [False, True]
    assert [rules.is_workday(day, {}) for day in (FRIDAY, SUNDAY)] == [True, False]
    calendar = queries.calendar(FRIDAY, SUNDAY)
    assert (calendar.name_of(FRIDAY), calendar.makes_up(SUNDAY)) == ("运动会", True)


def test_both_ends_are_asked_for_and_nothing_beyond(office):
    for day in (FRIDAY, NEW_YEAR):
        service.enter(day, worked=False, name="放假", actor=office, now=NOW)

    assert set(queries.own_days(FRIDAY, FRIDAY)) == {FRIDAY}
    assert set(queries.own_days(FRIDAY, NEW_YEAR)) == {FRIDAY, NEW_YEAR}
    assert queries.own_days(date(2026, 12, 1), date(2026, 12, 31)) == {}


def test_the_holidays_of_a_year_nobody_knows_are_entered(office):
    assert rules.is_workday(date(2190, 10, 1), {})

    service.enter(date(2190, 10, 1), worked=False, name="国庆节", actor=office, now=NOW)

    own = queries.own_days(date(2190, 1, 1), date(2190, 12, 31))
    assert not rules.is_workday(date(2190, 10, 1), own)


def test_a_repeat_is_one_and_a_correction_replaces(office):
    for name in ("补班", "补班", "国庆补班"):
        service.enter(SUNDAY, worked=True, name=name, actor=office, now=NOW)

    assert [each.name for each in db.session.scalars(select(SpecialDay))] == ["国庆补班"]
    assert len(db.session.scalars(select(Journal).filter_by(action="workdays.enter")).all()) == 2


def test_what_is_so_already_is_refused(office):
    with pytest.raises(DayAsItIs):
        service.enter(FRIDAY, worked=True, name="上班", actor=office, now=NOW)
    with pytest.raises(DayAsItIs):
        service.enter(date(2026, 10, 1), worked=False, name="国庆", actor=office, now=NOW)
    assert queries.own_days(date(2026, 1, 1), date(2026, 12, 31)) == {}


def test_removed_the_calendar_speaks_again(office):
    service.enter(FRIDAY, worked=False, name="运动会", actor=office, now=NOW)

    service.remove(FRIDAY, actor=office, now=NOW)

    assert queries.own_days(FRIDAY, FRIDAY) == {}
    with pytest.raises(NotFound):
        service.remove(FRIDAY, actor=office, now=NOW)


def test_only_the_city_office_enters_and_removes(office):
    keeper = make.grant_of(Role.UNIT_ADMIN, make.city())
    service.enter(FRIDAY, worked=False, name="运动会", actor=office, now=NOW)

    with pytest.raises(NotAllowed):
        service.enter(SUNDAY, worked=True, name="补班", actor=keeper, now=NOW)
    with pytest.raises(NotAllowed):
        service.remove(FRIDAY, actor=keeper, now=NOW)
    assert set(queries.own_days(FRIDAY, SUNDAY)) == {FRIDAY}
