"""Inspections: who calls them, what they show, and the alarm of the evening before."""

from datetime import date

import pytest
from sqlalchemy import select

from tests import make
from tests.boards.conftest import NOW
from tests.counting import weigh
from tests.make import at
from volunteer.boards import inspections, service
from volunteer.boards.errors import InspectionOver, WrongDays
from volunteer.core import jobs
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed
from volunteer.reminders.models import Reminder

now = at(NOW)


@pytest.fixture
def office(app):
    return make.grant_of(Role.CITY_OFFICE, make.city())


@pytest.fixture
def inspection(office):
    """The whole city, from the 2nd to the 4th of December."""
    return service.call_inspection(
        name="全国文明城市测评",
        unit=make.city(),
        from_on=date(2026, 12, 2),
        until_on=date(2026, 12, 4),
        actor=office,
        now=now,
    )


def told():
    statement = select(Reminder.person_id, Reminder.period).filter_by(kind="gaps_tomorrow")
    return {tuple(row) for row in db.session.execute(statement)}


def test_only_the_office_calls_one(inspection, coordinator, unit, office):
    facts = {"name": "抽查", "unit": unit, "now": now}
    days = {"from_on": date(2026, 12, 2), "until_on": date(2026, 12, 4)}
    with pytest.raises(NotAllowed):
        service.call_inspection(**facts, **days, actor=coordinator)
    swapped = {"from_on": days["until_on"], "until_on": days["from_on"]}
    past = {"from_on": date(2026, 11, 2), "until_on": date(2026, 11, 30)}
    with pytest.raises(WrongDays):
        service.call_inspection(**facts, **swapped, actor=office)
    with pytest.raises(InspectionOver):
        service.call_inspection(**facts, **past, actor=office)
    with pytest.raises(NotAllowed):
        service.end_inspection(inspection.id, actor=coordinator, now=now)

    again = service.call_inspection(
        name=inspection.name, unit=make.city(), **days, actor=office, now=now
    )
    assert again.id == inspection.id


def test_each_day_says_what_is_manned(inspection, site, unit):
    full = make.shift(site=site, kind="post", starts="2026-12-02 07:30", wanted=1)
    make.assignment(shift=full)
    half = make.shift(site=site, kind="post", starts="2026-12-02 17:00", wanted=2)
    make.assignment(shift=half)
    make.shift(site=site, kind="post", starts="2026-12-04 07:30", wanted=4)
    make.shift(site=site, kind="activity", starts="2026-12-04 07:30", wanted=4)
    make.shift(site=site, kind="post", starts="2026-12-05 07:30", wanted=4)

    days = inspections.manning(inspection, under=["/"])

    assert [tuple(day)[1:] for day in days] == [(2, 1, 0, 1), (0, 0, 0, 0), (1, 1, 1, 4)]
    assert [day.day.day for day in days] == [2, 3, 4]


def test_on_the_evening_before_the_coordinators_are_told_once(
    inspection, coordinator, site, stranger
):
    make.shift(site=site, kind="post", starts="2026-12-02 07:30")

    for time in ("2026-12-01 18:00", "2026-12-01 19:00"):
        jobs.JOBS["boards.warn_of_gaps"].run(at(time))

    assert told() == {(coordinator.person_id, f"inspection:{inspection.id}:1202")}


@pytest.mark.parametrize(
    "shift",
    [
        {"kind": "activity"},
        {"kind": "post", "wanted": 0},
        {"kind": "post", "starts": "2026-12-03 07:30"},
        {"kind": "post", "state": "cancelled", "cancel_reason": "暴雨"},
    ],
)
def test_nobody_is_alarmed_without_need(shift, inspection, coordinator, site):
    make.shift(site=site, **{"starts": "2026-12-02 07:30", **shift})

    assert service.warn_of_gaps(now=at("2026-12-01 18:00")) == 0
    assert told() == set()


def test_nobody_is_alarmed_outside_an_inspection_or_after_its_end(
    inspection, coordinator, site, office
):
    make.shift(site=site, kind="post", starts="2026-12-02 07:30")
    make.shift(site=site, kind="post", starts="2026-12-05 07:30")

    assert service.warn_of_gaps(now=at("2026-12-04 18:00")) == 0
    service.end_inspection(inspection.id, actor=office, now=now)
    service.end_inspection(inspection.id, actor=office, now=now)
    assert service.warn_of_gaps(now=at("2026-12-01 18:00")) == 0


def test_an_inspection_of_a_township_is_no_other_ones_affair(office, site, unit, coordinator):
    service.call_inspection(
        name="抽查",
        unit=make.unit(),
        from_on=date(2026, 12, 2),
        until_on=date(2026, 12, 2),
        actor=office,
        now=now,
    )
    make.shift(site=site, kind="post", starts="2026-12-02 07:30")

    assert service.warn_of_gaps(now=at("2026-12-01 18:00")) == 0
    assert inspections.listed(under=[unit.path]) == []


def test_its_banner_stands_on_the_boards(desk, unit, inspection, site):
    make.shift(site=site, kind="post", starts="2026-12-02 07:30")

    for path in ("/boards/gaps", f"/boards/{unit.code}/2026-12"):
        assert "全国文明城市测评" in desk.get(path).text, path
    assert "全国文明城市测评" not in desk.get("/boards/gaps?day=2026-12-05").text
    page = desk.get(f"/boards/inspections/{inspection.id}").text
    assert "点位还缺 2 人" in page
    assert "结束检查" not in page
    assert weigh(desk, f"/boards/inspections/{inspection.id}") <= 15


def test_the_office_announces_one_by_the_form(client, set_clock, unit):
    set_clock(NOW)
    make.login(client, make.person(unit=make.city()), Role.CITY_OFFICE)
    form = {
        "name": "省级测评",
        "from_on": "2026-12-02",
        "until_on": "2026-12-03",
        "unit": unit.code,
    }

    wrong = client.post("/boards/inspections", data={**form, "until_on": "2026-12-01"})
    there = client.post("/boards/inspections", data=form)
    page = client.get(there.headers["Location"]).text

    assert wrong.status_code == 400
    assert "结束日期不能早于" in wrong.text
    assert "省级测评" in page
    assert "省级测评" in client.get("/boards/inspections").text
    number = there.headers["Location"].rsplit("/", 1)[1]
    client.post(f"/boards/inspections/{number}/end")
    assert "已结束" in client.get("/boards/inspections").text
