"""Setting up a persuasion post."""

from datetime import date, time

import pytest
from sqlalchemy import select

from tests import make
from tests.posts.conftest import EVENING, MORNING, NOW
from volunteer.core.db import db
from volunteer.core.errors import NotFound
from volunteer.posts.errors import NoWindow, PostExists, WindowsOverlap, WindowTimes, WrongDays
from volunteer.posts.models import Post
from volunteer.posts.rules import EVERY_DAY, WORKDAYS, Window
from volunteer.shifts.errors import SiteClosed, SiteExists, WrongNumbers
from volunteer.shifts.models import Shift, Site

SUMMER = MORNING._replace(season_from="05-01", season_until="09-30")
WINTER = MORNING._replace(season_from="10-01", season_until="04-30", starts=time(8))


def test_opens_four_weeks_at_once(set_up):
    made = set_up(windows=[EVENING, MORNING])

    assert made.opened == 41  # this evening, and two on each of 20 workdays
    first = db.session.scalars(select(Shift.source).order_by(Shift.starts_at).limit(2)).all()
    assert first == [
        f"post:{made.post.id}:2026-03-02:17:00",
        f"post:{made.post.id}:2026-03-03:07:30",
    ]


def test_each_shift_names_all_that_a_record_needs(set_up, unit, site, coordinator):
    """R2, R45: where to stand and what to wear are part of the content."""
    set_up(corners="东北角", kit="红马甲、小红旗", capacity=6)

    shift = db.session.scalars(select(Shift)).first()
    assert (shift.kind, shift.title, shift.nature) == ("post", "府前路口", "voluntary")
    assert shift.content == "文明劝导：府前路口。站位：东北角。装备：红马甲、小红旗。"
    assert (shift.unit_id, shift.site_id) == (unit.id, site.id)
    assert shift.leader_id == coordinator.person_id
    assert (shift.wanted, shift.capacity) == (4, 6)


def test_a_site_is_made_with_it(set_up, unit):
    post = set_up(site=None, address="府前路与新安路交叉口").post

    site = db.session.get_one(Site, post.site_id)
    assert (site.code, site.name, site.unit_id) == ("XAL-01", "府前路口", unit.id)
    assert site.address == "府前路与新安路交叉口"


def test_a_code_is_used_once(set_up, unit):
    set_up()
    make.site(unit=unit, code="XAL-02")

    with pytest.raises(PostExists):
        set_up()
    with pytest.raises(SiteExists):
        set_up(code="XAL-02", site=None)
    assert len(db.session.scalars(select(Post)).all()) == 1


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"windows": []}, NoWindow),
        ({"windows": [MORNING._replace(weekdays=0)]}, NoWindow),
        ({"windows": [MORNING._replace(ends=time(7, 30))]}, WindowTimes),
        ({"windows": [MORNING, MORNING]}, WindowsOverlap),
        ({"windows": [MORNING, SUMMER]}, WindowsOverlap),
        ({"windows": [Window(time(8), time(10), EVERY_DAY), WINTER]}, WindowsOverlap),
        ({"last_on": date(2026, 2, 28)}, WrongDays),
        ({"capacity": 3}, WrongNumbers),
    ],
)
def test_refuses_what_cannot_be(set_up, given, refusal):
    with pytest.raises(refusal):
        set_up(**given)
    assert db.session.scalars(select(Post)).all() == []


def test_windows_of_different_seasons_or_weekdays_may_have_one_time(set_up):
    weekend = Window(time(7, 30), time(9), EVERY_DAY - WORKDAYS)

    assert len(set_up(windows=[SUMMER, WINTER, weekend]).post.windows) == 3


def test_only_within_the_own_units(set_up, unit, stranger):
    with pytest.raises(NotFound):
        set_up(actor=stranger)
    with pytest.raises(NotFound):
        set_up(site=make.site())
    with pytest.raises(SiteClosed):
        set_up(site=make.site(unit=unit, closed_at=NOW))
