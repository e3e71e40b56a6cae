"""At each start of the demo city a shift waits at which check-in can be tried."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests import make
from tests.home.test_demo import NOW, build
from volunteer.attendance import service
from volunteer.attendance.models import Attendance
from volunteer.attendance.queries import SiteHere, site_url
from volunteer.attendance.tokens import SiteCode, read_site_token
from volunteer.audits import queries as audits
from volunteer.core.clock import Month, local_day
from volunteer.core.db import db
from volunteer.home import demo
from volunteer.people.models import Person
from volunteer.shifts.models import Assignment, Shift, Site


@pytest.fixture
def volunteer(app) -> Person:
    build()
    return db.session.scalars(select(Person).filter_by(phone=demo.VOLUNTEER)).one()


def open_check_in(shift: Shift, volunteer: Person, now):
    site = db.session.get_one(Site, shift.site_id)
    here = SiteHere(site.id, site.code, site.name, site.address, site.qr_epoch)
    asked = service.Request(here, str(uuid4()))
    return service.check_in(asked, actor=make.actor_of(volunteer), now=now)


def test_a_shift_begins_within_ten_minutes_and_takes_check_ins(volunteer):
    leader = db.session.scalars(select(Person).filter_by(phone=demo.COORDINATOR)).one()
    for seconds in (0, 3661, 7350, 11099):
        now = NOW + timedelta(seconds=seconds)

        shift = demo.prepare(now=now)

        assert timedelta(minutes=4) < shift.starts_at - now <= timedelta(minutes=10)
        assert shift.leader_id == leader.id
        assert open_check_in(shift, volunteer, now)["verdict"] == "accepted"


def test_the_volunteer_has_served_something_and_owes_the_rest(volunteer):
    month = audits.person_month(volunteer.id, Month(2026, 11), today=local_day(NOW))

    assert month.state == "not_met"
    assert 0 < month.served < 120
    past = audits.person_month(volunteer.id, Month(2026, 10), today=local_day(NOW))
    assert past.state in {"met", "pending"}


def test_a_second_start_finds_the_same_shift(volunteer):
    first = demo.prepare(now=NOW)

    again = demo.prepare(now=NOW + timedelta(minutes=1))

    assert again.id == first.id
    assigned = select(Assignment).filter_by(person_id=volunteer.id, state="assigned")
    now_and_here = assigned.where(Assignment.shift_id == first.id)
    assert len(db.session.scalars(now_and_here).all()) == 1


def test_a_later_start_ends_the_visit_before_and_frees_the_time(volunteer):
    first = demo.prepare(now=NOW)
    open_check_in(first, volunteer, NOW)
    later = NOW + timedelta(minutes=25)

    second = demo.prepare(now=later)

    assert second.id != first.id
    visit = db.session.scalars(select(Attendance).filter_by(shift_id=first.id)).one()
    assert visit.state == "closed"
    assert open_check_in(second, volunteer, later)["verdict"] == "accepted"


def test_a_city_of_others_is_left_alone(app):
    make.person()

    assert demo.prepare(now=NOW) is None
    assert db.session.scalar(select(Shift.id)) is None


def test_the_address_of_the_poster_names_the_site(app, volunteer):
    keys = app.extensions["settings"].token_keys
    shift = demo.prepare(now=NOW)

    url = site_url(shift.site, base_url="https://a.example", keys=keys)

    head, _, token = url.rpartition("/")
    assert head == "https://a.example/q"
    assert read_site_token(token, keys) == SiteCode(shift.site.public_id, 1)
