"""Calendars: the own month, secret addresses, and what a calendar program reads there."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from sqlalchemy import select

from tests import counting, make
from tests.boards.conftest import NOW
from tests.make import at
from volunteer.boards import calendars, service
from volunteer.boards.models import CalendarAddress
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.shifts import calling_off, taking_back
from volunteer.shifts import service as shifts
from volunteer.shifts.models import Shift

now = at(NOW)
LOCAL = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def token(wang):
    return calendars.make_address(None, actor=make.actor_of(wang), now=now)


def read(client, token):
    """Ask as a calendar program does; return the events by title, parsed back."""
    answer = client.get(f"/calendar/{token}.ics")
    assert answer.status_code == 200
    assert answer.mimetype == "text/calendar"
    calendar = Calendar.from_ical(answer.data)
    assert not calendar.get_missing_tzids()
    return {str(event["summary"]): event for event in calendar.events}, calendar


def test_a_program_reads_the_own_shifts(client, set_clock, wang, site, morning, token):
    set_clock(NOW)
    make.assignment(person=wang, shift=morning)
    make.assignment(person=wang, shift=make.shift(title="早过去的", starts="2026-10-01 09:00"))
    dropped = make.shift(site=site, title="被移出的", starts="2026-12-03 09:00")
    make.assignment(person=wang, shift=dropped, state="cancelled")
    make.shift(site=site, title="别人的", starts="2026-12-04 09:00")

    events, calendar = read(client, token)

    assert set(events) == {morning.title}
    event = events[morning.title]
    assert event.start == at("2026-12-01 07:30")
    assert event.start.tzinfo == LOCAL
    assert event.end == at("2026-12-01 09:00")
    assert event["status"] == "CONFIRMED"
    assert event["location"] == "府前路口"
    assert morning.public_id in event["uid"]
    assert len(calendar.timezones) == 1


def test_a_change_and_a_cancel_are_seen_under_the_same_uid(
    client, set_clock, wang, morning, token, coordinator
):
    set_clock(NOW)
    make.assignment(person=wang, shift=morning)
    title = morning.title
    first = read(client, token)[0][title]

    with service.transaction():
        shift = db.session.get_one(Shift, morning.id)
        shift.changed_at, shift.ends_at = now, shift.ends_at + timedelta(hours=1)
    second = read(client, token)[0][title]
    shifts.cancel(db.session.get_one(Shift, morning.id), reason="暴雨", actor=coordinator, now=now)
    third = read(client, token)[0][title]

    assert first["uid"] == second["uid"] == third["uid"]
    assert first["sequence"] < second["sequence"] < third["sequence"]
    assert second.end == at("2026-12-01 10:00")
    assert second["last-modified"].dt == now
    assert [each["status"] for each in (second, third)] == ["CONFIRMED", "CANCELLED"]
    assert third["description"] == "暴雨"


def test_a_day_called_off_and_taken_back_is_seen(
    client, set_clock, wang, morning, token, coordinator
):
    set_clock(NOW)
    make.assignment(person=wang, shift=morning)
    day, title = morning.starts_at.astimezone(LOCAL).date(), morning.title
    facts = {"actor": coordinator, "now": now}
    done = calling_off.call_off(morning.unit, day, reason="暴雨", **facts)
    off = read(client, token)[0][title]
    taking_back.take_back(done.record, **facts)
    back = read(client, token)[0][title]

    assert (off["status"], back["status"]) == ("CANCELLED", "CONFIRMED")
    assert off["sequence"] < back["sequence"]


def test_a_move_is_seen(client, set_clock, wang, morning, site, token, coordinator):
    set_clock(NOW)
    place = make.assignment(person=wang, shift=morning)
    goal = make.shift(site=site, title="新的", starts="2026-12-02 07:30")
    service.move(place.id, goal.public_id, actor=coordinator, now=now)

    assert set(read(client, token)[0]) == {"新的"}


def test_a_units_calendar_has_numbers_and_no_names(
    client, set_clock, unit, morning, wang, coordinator
):
    set_clock(NOW)
    make.assignment(person=wang, shift=morning)
    make.shift(unit=make.unit(parent=unit), title="下级的", starts="2026-12-02 09:00")
    make.shift(title="别家的", starts="2026-12-02 09:00")
    token = calendars.make_address(unit, actor=coordinator, now=now)

    events, _ = read(client, token)

    assert set(events) == {morning.title, "下级的"}
    assert events[morning.title]["description"] == "1/2"
    assert "王芳" not in client.get(f"/calendar/{token}.ics").text


def test_a_busy_unit_reads_what_is_to_come_first(
    client, set_clock, unit, site, coordinator, monkeypatch
):
    monkeypatch.setattr(calendars, "MOST", 5)
    set_clock(NOW)
    for day in range(20, 31):
        make.shift(site=site, title=f"十一月{day}", starts=f"2026-11-{day} 09:00")
    make.shift(site=site, title="正在进行", starts="2026-12-01 05:30")
    for day in (2, 3):
        make.shift(site=site, title=f"十二月{day}", starts=f"2026-12-{day:02} 09:00")
    token = calendars.make_address(unit, actor=coordinator, now=now)

    titles = list(read(client, token)[0])

    assert titles == ["十一月29", "十一月30", "正在进行", "十二月2", "十二月3"]
    monkeypatch.setattr(calendars, "MOST", 2)
    assert list(read(client, token)[0]) == ["正在进行", "十二月2"]


def test_a_calendar_costs_few_queries(client, set_clock, wang, site, token):
    set_clock(NOW)
    for day in range(40):
        starts = at("2026-12-01 07:30") + timedelta(days=day)
        make.assignment(person=wang, shift=make.shift(site=site, starts=starts, title=f"{day}"))

    with counting.queries() as asked:
        events, _ = read(client, token)

    assert len(events) == 40
    assert len(asked) <= 15


def test_a_new_address_ends_the_old_one_and_only_the_hash_is_kept(client, set_clock, wang, token):
    set_clock(NOW)
    new = calendars.make_address(None, actor=make.actor_of(wang), now=now)

    assert client.get(f"/calendar/{token}.ics").status_code == 404
    assert client.get(f"/calendar/{new}.ics").status_code == 200
    assert len(new) >= 32
    kept = db.session.scalars(select(CalendarAddress.token_hash)).all()
    assert new not in kept
    assert token not in kept


def test_a_void_address_leads_nowhere(client, set_clock, wang, token):
    set_clock(NOW)
    for _ in range(2):
        calendars.revoke_address(None, actor=make.actor_of(wang), now=now)

    for address in (token, "x", "0" * 32):
        assert client.get(f"/calendar/{address}.ics").status_code == 404


def test_who_has_left_has_no_calendar(client, set_clock, wang, token):
    set_clock(NOW)
    with service.transaction():
        db.session.merge(wang).state = "left"

    assert client.get(f"/calendar/{token}.ics").status_code == 404


def test_a_units_address_is_its_schedulers_affair(unit, stranger):
    with pytest.raises(NotFound):
        calendars.make_address(unit, actor=stranger, now=now)
    reader = make.grant_of(Role.SYSTEM_LEAD, unit)
    for verb in (calendars.make_address, calendars.revoke_address):
        with pytest.raises(NotAllowed):
            verb(unit, actor=reader, now=now)


def test_the_own_month_shows_what_became_of_each_shift(client, set_clock, wang, site, morning):
    set_clock("2026-12-15 12:00")
    make.login(client, wang)
    make.assignment(person=wang, shift=morning)
    make.attendance(person=wang, shift=morning)
    off = make.shift(
        site=site,
        title="停了的",
        starts="2026-12-03 09:00",
        state="cancelled",
        cancel_reason="暴雨",
    )
    make.assignment(person=wang, shift=off, state="cancelled")
    ahead = make.shift(site=site, title="要来的", starts="2026-12-20 09:00")
    make.assignment(person=wang, shift=ahead)
    make.assignment(person=wang, shift=make.shift(title="明年的", starts="2027-01-20 09:00"))

    page = client.get("/my-calendar").text

    assert "2026年12月还有 1 个场次" in page
    parts = {
        title: page.split(f"<strong>{title}")[1].split("</li>")[0]
        for title in (morning.title, "停了的", "要来的")
    }
    assert "已参加" in parts[morning.title]
    assert "暴雨" in parts["停了的"]
    assert "未开始" in parts["要来的"]
    assert "明年的" not in page
    assert "明年的" in client.get("/my-calendar?month=2027-01").text
    assert counting.weigh(client, "/my-calendar") <= 15


def test_the_address_is_shown_once(client, set_clock, wang):
    set_clock(NOW)
    make.login(client, wang)

    page = client.post("/my-calendar/address").text
    token = page.split("/calendar/")[1].split(".ics")[0]

    assert client.get(f"/calendar/{token}.ics").status_code == 200
    assert token not in client.get("/my-calendar").text
    client.post("/my-calendar/address/revoke")
    assert client.get(f"/calendar/{token}.ics").status_code == 404


def test_a_coordinator_sees_the_calendars_of_the_own_people_only(desk, unit, wang, morning):
    make.assignment(person=wang, shift=morning)

    page = desk.get(f"/boards/people/{wang.public_id}").text

    assert morning.title in page
    assert f"/shifts/{morning.public_id}" in page
    assert desk.get(f"/boards/people/{make.person().public_id}").status_code == 404


def test_a_coordinator_makes_the_units_address(desk, unit):
    page = desk.post(f"/boards/{unit.code}/calendar").text
    token = re.search(r"/calendar/([\w-]+)\.ics", page)[1]

    assert desk.get(f"/calendar/{token}.ics").status_code == 200
    assert "作废" in desk.get(f"/boards/{unit.code}/calendar").text
    desk.post(f"/boards/{unit.code}/calendar/revoke")
    assert desk.get(f"/calendar/{token}.ics").status_code == 404
    assert desk.get(f"/boards/{make.unit().code}/calendar").status_code == 404
