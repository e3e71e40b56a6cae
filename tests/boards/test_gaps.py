"""Who is missing where: figures as plain loops count them, and asking the unit's people."""

from datetime import date, timedelta
from random import Random

import pytest
from sqlalchemy import select

from tests import make
from tests.boards.conftest import NOW
from tests.counting import weigh
from tests.make import at
from volunteer.boards import queries, service
from volunteer.boards.errors import NobodyFree, NothingMissing
from volunteer.boards.models import CallForHelp
from volunteer.core.actor import Role
from volunteer.core.clock import local_day
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.reminders.models import Reminder
from volunteer.shifts.errors import ShiftCancelled, ShiftOver
from volunteer.shifts.models import Assignment, Shift
from volunteer.signups.models import DayOff
from volunteer.units.models import Unit

now = at(NOW)
TOMORROW = date(2026, 12, 2)


def asked_about(shift):
    statement = select(Reminder.person_id).filter_by(kind="people_asked", shift_id=shift.id)
    return set(db.session.scalars(statement))


def test_the_figures_are_those_of_a_plain_loop(app):
    """Random shifts of four units over three days, against loops over the rows."""
    random = Random(4)
    townships = [make.unit(name=f"第{number}镇", kind="township") for number in range(2)]
    units = [*townships, *(make.unit(parent=parent, kind="community") for parent in townships)]
    for _ in range(40):
        shift = make.shift(
            unit=random.choice(units),
            starts=at("2026-12-01 05:00") + timedelta(hours=random.randrange(72)),
            minutes=60,
            wanted=random.randrange(4),
            **random.choice([{}, {}, {"state": "cancelled", "cancel_reason": "暴雨"}]),
        )
        for _ in range(random.randrange(3)):
            make.assignment(shift=shift, state=random.choice(["assigned", "cancelled"]))
    root = make.city().path

    found = queries.gaps_of_day(TOMORROW, under=["/"], scopes=[root], grid_id=None, now=now)
    groups = {group.unit.id: (group.missing, len(group.gaps)) for group in queries.grouped(found)}

    expected: dict[int, tuple[int, int]] = {}
    everybody = db.session.scalars(select(Assignment)).all()
    for shift in db.session.scalars(select(Shift)).all():
        there = [a for a in everybody if a.shift_id == shift.id and a.state == "assigned"]
        lack = shift.wanted - len(there)
        if shift.state == "planned" and lack > 0 and local_day(shift.starts_at) == TOMORROW:
            unit = db.session.get_one(Unit, shift.unit_id)
            top = int(unit.path.strip("/").split("/")[1])
            missing, shifts = expected.get(top, (0, 0))
            expected[top] = (missing + lack, shifts + 1)
    assert groups == expected
    assert len(expected) == 2
    assert [gap.starts_at for gap in found] == sorted(gap.starts_at for gap in found)


@pytest.fixture
def gap(site):
    return make.shift(site=site, kind="post", starts="2026-12-02 07:30", minutes=90)


def test_the_board_says_it_in_a_sentence_first(desk, unit, site, gap):
    make.assignment(shift=gap)
    make.shift(site=site, starts="2026-12-02 17:00", wanted=3)
    make.shift(site=site, starts="2026-12-03 17:00", wanted=3)
    make.shift(starts="2026-12-02 17:00", title="别家的")

    page = desk.get("/boards/gaps").text

    assert "明天有 2 个场次缺 4 人" in page.split("</h1>")[0]
    assert page.index("07:30") < page.index("17:00")
    assert "别家的" not in page
    assert "需 2 人，缺 1 人" in page
    assert "没有场次" in desk.get("/boards/gaps?day=2027-05-01").text


def test_the_board_of_a_city_is_light_and_has_pages(client, set_clock):
    set_clock(NOW)
    for number in range(12):
        unit = make.unit(name=f"第{number}镇", kind="township")
        site = make.site(unit=unit)
        for hour in range(12):
            make.shift(site=site, starts=at("2026-12-02 06:00") + timedelta(hours=hour))
    make.login(client, make.person(unit=make.city()), Role.CITY_OFFICE)

    assert weigh(client, "/boards/gaps") <= 15
    page = client.get("/boards/gaps").text
    assert "144 个场次缺 288 人" in page
    seen = [client.get(f"/boards/gaps?page={number}").text for number in (1, 2, 3)]
    assert sum(text.count('name="shift"') for text in seen) == 144


def test_the_free_people_of_the_unit_are_asked_once(gap, unit, coordinator):
    """Not those elsewhere then, exempt, gone, of another unit, or who cannot come; those below
    are."""
    free = make.person(unit=unit)
    below = make.person(unit=make.unit(parent=unit))
    after = make.person(unit=unit)
    make.assignment(person=after, shift=make.shift(unit=unit, starts="2026-12-02 09:00"))
    busy = make.person(unit=unit)
    make.assignment(person=busy, shift=make.shift(unit=unit, starts="2026-12-02 08:59"))
    exempt = make.person(unit=unit)
    make.exemption(person=exempt, from_on=TOMORROW, until_on=TOMORROW)
    off = make.person(unit=unit)
    make.save(
        DayOff(person_id=off.id, from_on=TOMORROW, until_on=TOMORROW, created_at=make.LONG_AGO)
    )
    make.person(unit=unit, state="left")
    make.person(unit=unit, until_on=TOMORROW)
    make.person()
    here = make.person(unit=unit)
    make.assignment(person=here, shift=gap)
    withdrew = make.person(unit=unit)  # R27: has said so about this very shift
    make.assignment(person=withdrew, shift=gap, state="excused", withdrawn_at=now)
    elsewhere = make.person(unit=unit)
    make.assignment(
        person=elsewhere,
        shift=make.shift(unit=unit, starts="2026-12-02 07:30"),
        state="excused",
        withdrawn_at=now,
    )

    count = service.ask(gap, actor=coordinator, now=now)
    service.ask(gap, actor=coordinator, now=now + timedelta(hours=1))

    assert count == 5
    assert asked_about(gap) == {
        *(each.id for each in (free, below, after, elsewhere)),
        coordinator.person_id,
    }
    shift = db.session.get_one(Shift, gap.id)
    assert shift.sign_up == "open"
    call = db.session.scalars(select(CallForHelp)).one()
    assert (call.people, call.asked_at) == (5, now + timedelta(hours=1))


def test_both_days_of_a_shift_over_midnight_count(site, unit):
    """Control: one until midnight."""
    over = make.shift(site=site, starts="2026-12-01 22:00", minutes=240)
    until = make.shift(site=site, starts="2026-12-01 22:00", minutes=120)
    exempt, off = make.person(unit=unit), make.person(unit=unit)
    make.exemption(person=exempt, from_on=TOMORROW, until_on=TOMORROW)
    make.save(
        DayOff(person_id=off.id, from_on=TOMORROW, until_on=TOMORROW, created_at=make.LONG_AGO)
    )

    assert queries.free_people(over) == []
    assert queries.free_people(until) == [exempt.id, off.id]


def test_only_those_who_have_learnt_it_are_asked(site, unit, coordinator):
    shift = make.shift(site=site, starts="2026-12-02 07:30", needs="first_aid")
    make.policy(valid_from="2026-12", training_gate="refuse")
    with pytest.raises(NobodyFree):
        service.ask(shift, actor=coordinator, now=now)

    assert db.session.get_one(Shift, shift.id).sign_up == "assigned_only"


def test_a_policy_that_only_warns_asks_everybody(site, unit, coordinator):
    """R54."""
    make.person(unit=unit)
    shift = make.shift(site=site, starts="2026-12-02 07:30", needs="first_aid")

    assert service.ask(shift, actor=coordinator, now=now) == 2


def test_nobody_is_asked_where_it_helps_nobody(site, gap, coordinator, stranger):
    cancelled = make.shift(
        site=site, starts="2026-12-02 07:30", state="cancelled", cancel_reason="暴雨"
    )
    full = make.shift(site=site, starts="2026-12-02 07:30", wanted=0)

    for shift, error in ((cancelled, ShiftCancelled), (full, NothingMissing)):
        with pytest.raises(error):
            service.ask(shift, actor=coordinator, now=now)
    with pytest.raises(ShiftOver):
        service.ask(gap, actor=coordinator, now=at("2026-12-02 09:00"))
    with pytest.raises(NotFound):
        service.ask(gap, actor=stranger, now=now)
    with pytest.raises(NotAllowed):
        service.ask(gap, actor=make.grant_of(Role.SYSTEM_LEAD, gap.unit), now=now)

    assert asked_about(gap) == set()


def test_the_button_asks_and_says_how_many(desk, unit, gap):
    make.person(unit=unit)

    there = desk.post("/boards/gaps/ask", data={"shift": gap.public_id})
    page = desk.get(there.headers["Location"]).text

    assert there.headers["Location"].startswith("/boards/gaps?day=2026-12-02")
    assert "已通知教育局 2 名空闲人员" in page
    assert "再次通知" in page
    assert desk.post("/boards/gaps/ask", data={"shift": "nothing"}).status_code == 404
