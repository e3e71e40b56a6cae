"""The job that opens the shifts of posts, and the ending of a post."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, select

from tests import make
from tests.counting import queries
from tests.make import at
from tests.posts.conftest import MORNING, NOW
from volunteer.core.actor import Role
from volunteer.core.clock import local_day
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.core.jobs import JOBS
from volunteer.posts import jobs, service
from volunteer.posts.errors import PostEnded
from volunteer.posts.rules import WORKDAYS, Window
from volunteer.shifts import service as shifts
from volunteer.shifts.models import Shift

DAY = timedelta(days=1)


def starts():
    return list(db.session.scalars(select(Shift.starts_at).order_by(Shift.starts_at)))


def test_opens_each_shift_once_however_often_it_runs(set_up):
    set_up()

    assert [jobs.open_shifts(NOW) for _ in range(3)] == [0, 0, 0]
    assert jobs.open_shifts(NOW + DAY) == 1
    assert jobs.open_shifts(NOW + DAY) == 0


def test_a_cancelled_shift_is_not_resurrected(set_up, coordinator):
    opened = set_up().opened
    shift = db.session.scalars(select(Shift).order_by(Shift.starts_at)).first()
    shifts.cancel(shift, reason="暴雨", actor=coordinator, now=NOW)

    assert jobs.open_shifts(NOW) == 0
    assert len(starts()) == opened


def test_a_season_that_wraps_over_the_year_end(set_up):
    """R45: summer and winter end differ; 10-01 to 04-30 is one season."""
    windows = [
        Window(time(17), time(18, 30), WORKDAYS, "05-01", "09-30"),
        Window(time(16, 30), time(18), WORKDAYS, "10-01", "04-30"),
    ]
    set_up(windows=windows, now=at("2026-04-20 00:00"), first_on=date(2026, 4, 29))

    assert starts()[:3] == [
        at("2026-04-29 16:30"),
        at("2026-04-30 16:30"),
        at("2026-05-01 17:00"),
    ]


def test_keeps_to_the_first_and_the_last_day(set_up):
    set_up(first_on=date(2026, 3, 5), last_on=date(2026, 3, 9))

    assert starts() == [at(f"2026-03-{day} 07:30") for day in ("05", "06", "09")]


def test_leaders_follow_the_unit(set_up, unit):
    """Without a leader of its own each new shift gets who coordinates the unit then."""
    section = make.unit(parent=unit)
    set_up(unit=section, now=NOW)
    newer = make.grant_of(Role.COORDINATOR, section)

    jobs.open_shifts(NOW + DAY)

    newest = select(Shift.leader_id).order_by(Shift.starts_at.desc()).limit(1)
    assert db.session.scalar(newest) == newer.person_id


def test_asks_little_however_many_there_are(set_up, unit):
    def asked():
        with queries() as found:
            jobs.open_shifts(NOW + DAY)
        return len([each for each in found if not each.startswith("INSERT")])

    set_up()
    few = asked()
    for number in range(15):
        set_up(code=f"P{number}", unit=make.unit(parent=unit))

    assert asked() == few


def test_runs_every_night_under_its_name():
    trigger = str(JOBS["posts.open_shifts"].trigger)

    assert "hour='2'" in trigger
    assert "minute='20'" in trigger


def test_only_the_city_opens_for_all(coordinator):
    with pytest.raises(NotAllowed):
        service.open_shifts(actor=coordinator, now=NOW)


def test_a_unit_opens_its_own_until_a_day(set_up, unit, coordinator, stranger):
    """A unit opens what it answers for: of a post that goes round only its own turns."""
    sections = [make.unit(parent=unit) for _ in range(2)]
    set_up(first_on=date(2026, 4, 6), turn_by="week", turn_units=sections)
    set_up(code="XAL-02", first_on=date(2026, 4, 6))
    until = date(2026, 4, 19)
    other = make.grant_of(Role.COORDINATOR, sections[1])

    assert service.open_until(unit=sections[1], until=until, actor=other, now=NOW) == 5
    assert service.open_until(unit=sections[1], until=until, actor=other, now=NOW) == 0
    assert {local_day(each).day for each in starts()} == {13, 14, 15, 16, 17}
    assert service.open_until(unit=unit, until=until, actor=coordinator, now=NOW) == 15
    with pytest.raises(NotFound):
        service.open_until(unit=unit, until=until, actor=stranger, now=NOW)
    with pytest.raises(NotAllowed):
        service.open_until(unit=None, until=until, actor=coordinator, now=NOW)


def test_an_ended_post_keeps_only_what_has_people(set_up, unit, coordinator):
    made = set_up(windows=[MORNING])
    kept = db.session.scalars(select(Shift).order_by(Shift.starts_at)).first()
    make.assignment(shift=kept, person=make.person(unit=unit))

    cancelled = service.end(made.post, reason="道路施工", actor=coordinator, now=NOW)

    assert cancelled == made.opened - 1
    planned = select(func.count()).select_from(Shift).where(Shift.state == "planned")
    assert db.session.scalar(planned) == 1
    assert jobs.open_shifts(NOW + DAY) == 0
    with pytest.raises(PostEnded):
        service.end(made.post, reason="道路施工", actor=coordinator, now=NOW)


def test_a_foreign_post_does_not_exist(set_up, stranger):
    post = set_up().post

    with pytest.raises(NotFound):
        service.end(post, reason="道路施工", actor=stranger, now=NOW)
