"""Check-in settings come down from the city, by unit and series, to the shift (the lower wins)."""

from datetime import date, time

import pytest
from sqlalchemy import select

from tests import make
from tests.counting import weigh
from tests.make import at
from volunteer.activities import service as activities
from volunteer.activities.models import Activity
from volunteer.core.actor import Role
from volunteer.core.db import db, transaction
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.shifts import checkin
from volunteer.shifts import service as shifts
from volunteer.shifts.checkin import FIELDS, Place
from volunteer.shifts.models import CheckinSettings, CheckinWishes, Shift

NOW = at("2026-03-02 12:00")


def wishes(**given):
    return {**dict.fromkeys(FIELDS), **given}


def row(**given):
    return make.save(CheckinWishes(**wishes(**given), created_at=NOW))


@pytest.fixture
def township(app):
    return make.unit(name="新安江街道")


@pytest.fixture
def unit(township):
    return make.unit(name="第一社区", parent=township)


@pytest.fixture
def keeper(township):
    return make.grant_of(Role.UNIT_ADMIN, township)


@pytest.fixture
def wish(township, keeper):
    def verb(*, at_unit=township, actor=keeper, **given):
        return checkin.wish(at_unit, wishes(**given), actor=actor, now=NOW)

    return verb


def settings_of(shift):
    held = db.session.get_one(Shift, shift.id, populate_existing=True).settings
    return held.min_stay_minutes, held.opens_before_minutes, held.require_out


def test_the_lower_level_wins_and_none_leaves_it_above(township, unit, wish):
    wish(min_stay_minutes=30, opens_before_minutes=60)
    wish(at_unit=unit, min_stay_minutes=5)
    series, own = row(opens_before_minutes=45), row(min_stay_minutes=1)

    places = [
        Place(make.unit().id),
        Place(township.id),
        Place(unit.id),
        Place(unit.id, series.id),
        Place(unit.id, series.id, own.id),
    ]
    with transaction():
        ids = checkin.settings_ids(places)
        again = checkin.settings_ids(places)

    assert ids == again
    city = make.standard_settings()
    assert ids[places[0]] == city.id
    held = [db.session.get_one(CheckinSettings, ids[each]) for each in places]
    assert [each.min_stay_minutes for each in held] == [city.min_stay_minutes, 30, 5, 5, 1]
    assert [each.opens_before_minutes for each in held][1:] == [60, 60, 45, 45]
    assert {each.closes_after_minutes for each in held} == {city.closes_after_minutes}


def test_new_shifts_open_with_what_holds(unit, keeper, wish):
    wish(min_stay_minutes=30, require_out=False)
    site = make.site(unit=unit)
    times = {"starts_at": at("2026-03-09 09:00"), "ends_at": at("2026-03-09 11:00")}

    single = shifts.open_shift(site=site, **times, actor=keeper, now=NOW)
    made = activities.create(
        unit=unit,
        site=site,
        title="清扫",
        rrule="FREQ=WEEKLY;BYDAY=FR",
        starts=time(15),
        minutes=60,
        first_on=date(2026, 3, 1),
        wanted=2,
        actor=keeper,
        now=NOW,
    )

    held = {
        settings_of(single)[0],
        *(settings_of(each)[0] for each in db.session.scalars(select(Shift))),
    }
    assert (made.opened, held) == (4, {30})


def test_shifts_to_come_are_settled_again_and_those_about_to_begin_are_not(unit, wish):
    soon = make.shift(starts="2026-03-02 15:00", unit=unit)
    later = make.shift(starts="2026-03-03 15:00", unit=unit)
    foreign = make.shift(starts="2026-03-03 15:00")
    before = settings_of(soon)

    assert [wish(min_stay_minutes=40), wish(min_stay_minutes=40)] == [1, 0]

    assert settings_of(later)[0] == 40
    assert settings_of(soon) == settings_of(foreign) == before
    assert wish() == 1
    assert settings_of(later) == before


def test_an_activitys_own_wish_outlives_a_change_of_the_unit(unit, keeper, wish):
    activity = make.save(
        Activity(
            public_id="a" * 16,
            unit_id=unit.id,
            site_id=make.site(unit=unit).id,
            title="清扫",
            content="清扫",
            rrule="FREQ=WEEKLY;BYDAY=FR",
            holidays="keep",
            category="cleaning",
            sign_up="open",
            starts=time(15),
            minutes=60,
            first_on=date(2026, 3, 1),
            wanted=2,
            nature="voluntary",
            wishes_id=row(min_stay_minutes=7).id,
            created_at=NOW,
        )
    )
    until = date(2026, 3, 13)
    assert activities.open_one(activity, until=until, actor=keeper, now=NOW) == 2

    wish(min_stay_minutes=50, opens_before_minutes=90)

    found = db.session.scalars(select(Shift)).all()
    assert {settings_of(each)[:2] for each in found} == {(7, 90)}


def test_only_who_keeps_the_unit(township, unit, wish):
    with pytest.raises(NotAllowed):
        wish(actor=make.grant_of(Role.COORDINATOR, township), min_stay_minutes=30)
    with pytest.raises(NotFound):
        wish(actor=make.grant_of(Role.UNIT_ADMIN, make.unit()), min_stay_minutes=30)
    assert db.session.scalars(select(CheckinWishes)).all() == []


def test_the_page_says_who_decides_and_lets_one_differ(client, township, unit, wish, set_clock):
    set_clock(NOW)
    wish(min_stay_minutes=30)
    make.login(client, make.person(unit=unit), Role.UNIT_ADMIN)
    path = f"/units/{unit.code}/check-in"

    before = client.get(path).text
    answer = client.post(path, data={"min_stay_minutes": "10", "require_out": "no"})
    after = client.get(path).text

    assert "由新安江街道设置" in before
    assert answer.location == path
    assert "此处设置；上级为：30 分钟" in after
    assert 'value="10"' in after
    wrong = client.post(path, data={"min_stay_minutes": "999"})
    assert (wrong.status_code, 'id="min_stay_minutes-error"' in wrong.text) == (400, True)
    assert client.get(f"/units/{township.code}/check-in").status_code == 404
    weigh(client, path)


def test_asking_for_the_place_comes_down_like_everything_else(township, unit, wish):
    """R58: nobody is asked where they are unless a level says so."""
    place, other = Place(unit.id), Place(make.unit().id)
    wish(wants_location=True)

    with transaction():
        ids = checkin.settings_ids([place, other])

    held = db.session.get_one(CheckinSettings, ids[place])
    assert held.wants_location
    assert not db.session.get_one(CheckinSettings, ids[other]).wants_location
