"""What was called off is taken back: exactly its own shifts, and whoever can still come."""

from datetime import date, time

import pytest
from sqlalchemy import select

from tests import make
from tests.counting import weigh
from tests.make import at
from tests.shifts.test_assign import at_once
from volunteer.core.actor import Role
from volunteer.core.db import db, transaction
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.core.models import Journal
from volunteer.people.models import Membership, Person
from volunteer.reminders.models import Reminder
from volunteer.shifts import calling_off, editing, persons, service, taking_back
from volunteer.shifts.errors import NothingToCallOff, NothingToTakeBack, ShiftCancelled
from volunteer.shifts.models import Assignment, CallOff, Shift
from volunteer.shifts.taking_back import Why

NOW = at("2026-03-06 07:00")
DAY = date(2026, 3, 7)


@pytest.fixture
def shift(unit, site):
    """From 9 to 11 o'clock on 7 March 2026, for two people at the most."""
    return make.shift(unit=unit, site=site, starts="2026-03-07 09:00", wanted=2, capacity=2)


@pytest.fixture
def call_off(unit, coordinator):
    def verb(**given):
        facts = {"unit": unit, "reason": "暴雨", "actor": coordinator, "now": NOW, **given}
        return calling_off.call_off(facts.pop("unit"), facts.pop("day", DAY), **facts).record

    return verb


@pytest.fixture
def take_back(coordinator):
    def verb(record, **given):
        record = db.session.get_one(CallOff, record.id)
        return taking_back.take_back(record, **{"actor": coordinator, "now": NOW, **given})

    return verb


def state_of(shift):
    row = db.session.get_one(Shift, shift.id, populate_existing=True)
    return row.state if row.cancel_reason is None else f"{row.state}: {row.cancel_reason}"


def assigned(shift):
    statement = select(Assignment.person_id).filter_by(shift_id=shift.id, state="assigned")
    return sorted(db.session.scalars(statement))


def told(kind):
    return sorted(db.session.scalars(select(Reminder.person_id).filter_by(kind=kind)))


def rows(shift):
    """All that is kept of a shift's places."""
    statement = select(Assignment.__table__).filter_by(shift_id=shift.id)
    return sorted(map(tuple, db.session.execute(statement)))


def people_at(shift, count=2, **given):
    return [make.assignment(shift=shift, **given).person for _ in range(count)]


def test_everything_is_as_it_was(unit, shift, call_off, take_back, coordinator):
    """Its shifts and its people: the one who could not come before does not come now either."""
    below = make.shift(unit=make.unit(parent=unit), starts="2026-03-07 23:30")
    came = people_at(shift, origin="self")
    people_at(below, 1, state="excused", withdrawn_at=NOW)
    before = rows(shift), rows(below)

    record = call_off()
    assert (state_of(shift), state_of(below)) == ("cancelled: 暴雨", "cancelled: 暴雨")
    assert rows(shift) != before[0]
    done = take_back(record)

    assert ([each.id for each in done.coming], len(done.places)) == ([shift.id, below.id], 2)
    assert (state_of(shift), state_of(below)) == ("planned", "planned")
    assert (rows(shift), rows(below)) == before
    assert told("takes_place") == sorted(each.id for each in came)
    line = db.session.scalars(select(Journal).filter_by(action="shifts.take_back")).one()
    assert line.body == {"day": "2026-03-07", "shifts": 2, "people": 2, "left_out": 0}
    kept = db.session.get_one(CallOff, record.id)
    assert (kept.taken_back_at, kept.taken_back_by) == (NOW, coordinator.account_id)


def test_a_repeat_is_refused_and_tells_nobody(shift, call_off, take_back):
    people_at(shift, 1)
    record = call_off()
    take_back(record)

    with pytest.raises(NothingToTakeBack):
        take_back(record)

    assert state_of(shift) == "planned"
    assert len(told("takes_place")) == 1


def test_called_off_once_more_it_is_told_once_more_and_comes_back_once_more(
    shift, call_off, take_back
):
    wang, li = people_at(shift)
    first = call_off()
    take_back(first)
    second = call_off(reason="台风")
    with pytest.raises(NothingToTakeBack):
        take_back(first)
    take_back(second)

    assert assigned(shift) == sorted([wang.id, li.id])
    assert len(told("shift_cancelled")) == len(told("takes_place")) == 4


def test_other_cancellations_stay(unit, shift, call_off, take_back, coordinator):
    before = make.shift(unit=unit, starts="2026-03-07 10:00")
    service.cancel(before, reason="停电", actor=coordinator, now=NOW)
    evening = make.shift(unit=unit, starts="2026-03-07 20:00")
    other = call_off(since=time(19), reason="检查")
    record = call_off()
    tomorrow = make.shift(unit=unit, starts="2026-03-08 09:00")
    later = call_off(day=date(2026, 3, 8))

    take_back(record)

    assert state_of(shift) == "planned"
    assert state_of(before) == "cancelled: 停电"
    assert state_of(evening) == "cancelled: 检查"
    assert state_of(tomorrow) == "cancelled: 暴雨"
    take_back(other)
    assert (state_of(evening), state_of(tomorrow)) == ("planned", "cancelled: 暴雨")
    take_back(later)
    assert state_of(before) == "cancelled: 停电"


def test_who_serves_elsewhere_by_now_is_left_out_and_named(unit, shift, call_off, take_back):
    wang, li = people_at(shift)
    record = call_off()
    elsewhere = make.shift(starts="2026-03-07 10:30")
    make.assignment(person=wang, shift=elsewhere)
    make.assignment(person=li, shift=make.shift(starts="2026-03-07 11:00"))

    seen = taking_back.comeback(record, now=NOW)
    done = take_back(record)

    assert [(each.name, each.why) for each in seen.left_out] == [(wang.name, Why.ELSEWHERE)]
    assert [(each.name, each.why) for each in done.left_out] == [(wang.name, Why.ELSEWHERE)]
    assert (assigned(shift), assigned(elsewhere)) == ([li.id], [wang.id])
    assert told("takes_place") == [li.id]
    assert set(db.session.scalars(select(Assignment.call_off_id))) == {None}


def test_who_left_out_does_not_come_back_by_a_later_one(shift, call_off, take_back):
    (wang,) = people_at(shift, 1)
    record = call_off()
    elsewhere = make.assignment(person=wang, shift=make.shift(starts="2026-03-07 10:30"))
    take_back(record)
    with transaction():
        db.session.get_one(Assignment, elsewhere.id).state = "cancelled"

    done = take_back(call_off())

    assert (len(done.coming), done.places, assigned(shift)) == (1, [], [])


def test_no_more_come_back_than_fit(shift, call_off, take_back):
    late = make.assignment(shift=shift, assigned_at=NOW).person
    early = make.assignment(shift=shift).person
    record = call_off()
    with transaction():
        db.session.get_one(Shift, shift.id).wanted = 1
        db.session.get_one(Shift, shift.id).capacity = 1

    done = take_back(record)

    assert [(each.name, each.why) for each in done.left_out] == [(late.name, Why.FULL)]
    assert assigned(shift) == [early.id]


def move(person, day, to=None):
    with transaction() as session:
        stay = session.scalars(select(Membership).filter_by(person_id=person.id)).one()
        stay.until_on = day
        session.flush()
        if to:
            session.add(Membership(person_id=person.id, unit_id=to.id, from_on=day))


def test_who_has_left_or_moved_is_left_out(unit, shift, call_off, take_back):
    shift = make.shift(unit=unit, starts="2026-03-07 14:00", wanted=9)
    left, moved, ends, inside, gone, stays = people_at(shift, 6)
    lent = make.assignment(person=make.person(), shift=shift).person
    record = call_off()
    move(moved, DAY, to=make.unit())
    move(ends, DAY)
    move(inside, DAY, to=make.unit(parent=unit))
    with transaction():
        db.session.get_one(Person, left.id).state = "left"
    persons.release(gone.id, DAY, NOW)
    db.session.commit()

    done = take_back(record)

    assert {each.name for each in done.left_out} == {left.name, moved.name, ends.name}
    assert {each.why for each in done.left_out} == {Why.GONE}
    assert assigned(shift) == sorted(each.id for each in (inside, lent, stays))


def test_what_has_begun_stays_cancelled(unit, shift, call_off, take_back):
    early = make.shift(unit=unit, starts="2026-03-07 08:00")
    wang, li = make.assignment(shift=early).person, make.assignment(shift=shift).person
    record = call_off()

    done = take_back(record, now=at("2026-03-07 08:00"))

    assert [each.id for each in done.begun] == [early.id]
    assert (state_of(early), state_of(shift)) == ("cancelled: 暴雨", "planned")
    assert told("takes_place") == [li.id] != [wang.id]
    with pytest.raises(NothingToTakeBack):
        take_back(record, now=at("2026-03-07 08:00"))


def test_all_begun_is_refused(shift, call_off, take_back):
    record = call_off()

    with pytest.raises(NothingToTakeBack):
        take_back(record, now=at("2026-03-07 09:00"))
    assert state_of(shift) == "cancelled: 暴雨"
    assert db.session.get_one(CallOff, record.id).taken_back_at is None


def test_what_a_unit_above_has_called_off_too_waits_for_that(unit, shift, call_off, take_back):
    office = make.grant_of(Role.CITY_OFFICE, make.city())
    evening = make.shift(unit=unit, starts="2026-03-07 20:00")
    make.shift(starts="2026-03-07 09:30")
    record = call_off()
    above = call_off(unit=make.city(), until=time(12), reason="全市停办", actor=office)

    done = take_back(record)
    assert ([each.id for each in done.from_above], state_of(evening)) == ([shift.id], "planned")
    take_back(above, actor=office)
    assert state_of(shift) == "cancelled: 暴雨"
    take_back(record)
    assert state_of(shift) == "planned"


def test_only_who_schedules_there(unit, shift, call_off, take_back, stranger):
    record = call_off()

    with pytest.raises(NotFound):
        take_back(record, actor=stranger)
    with pytest.raises(NotAllowed):
        take_back(record, actor=make.grant_of(Role.SYSTEM_LEAD, unit))
    assert state_of(shift) == "cancelled: 暴雨"


def test_nothing_of_it_is_changed_meanwhile(unit, shift, call_off, coordinator):
    (wang,) = people_at(shift, 1)
    call_off()

    details = editing.details_of(shift)._replace(title="改名")
    with pytest.raises(ShiftCancelled):
        editing.edit(shift, details, actor=coordinator, now=NOW)
    with pytest.raises(ShiftCancelled):
        service.assign(shift, [wang.id], actor=coordinator, now=NOW)
    with pytest.raises(NothingToCallOff):
        call_off()


def test_of_two_at_once_one_takes_it_back(app, shift, call_off, coordinator):
    people_at(shift)
    record_id = call_off().id

    def act():
        record = db.session.get_one(CallOff, record_id)
        return len(taking_back.take_back(record, actor=coordinator, now=NOW).places)

    results = at_once(app, *[act] * 4)

    print(f"four at once: {results}")
    assert results == ["2", *["NothingToTakeBack"] * 3]
    assert len(told("takes_place")) == 2


def test_somebody_who_is_assigned_elsewhere_at_that_moment_serves_once(
    app, unit, shift, call_off, coordinator
):
    wang_id = people_at(shift, 1)[0].id
    record_id, other_id = call_off().id, make.shift(unit=unit, starts="2026-03-07 10:00").id

    def back():
        record = db.session.get_one(CallOff, record_id)
        return taking_back.take_back(record, actor=coordinator, now=NOW) and "back"

    def elsewhere():
        other = db.session.get_one(Shift, other_id)
        return service.assign(other, [wang_id], actor=coordinator, now=NOW)

    results = at_once(app, back, elsewhere)

    print(f"taken back and assigned elsewhere: {results}")
    places = select(Assignment.shift_id).filter_by(person_id=wang_id, state="assigned")
    assert len(db.session.scalars(places).all()) == 1
    assert results in (["1", "back"], ["Overlapping", "back"])


def test_a_merged_person_comes_back_once(unit, shift, call_off, take_back):
    (wang,) = people_at(shift, 1)
    double = make.person(unit=unit, name=wang.name)
    make.assignment(person=double, shift=shift, state="cancelled")
    record = call_off()
    with transaction():
        persons.take_over(double.id, wang.id, NOW)
        db.session.get_one(Person, wang.id).state = "left"

    done = take_back(record)

    assert (assigned(shift), done.left_out) == ([double.id], [])


@pytest.fixture
def desk(client, unit, set_clock):
    set_clock(NOW)
    make.login(client, make.person(unit=unit), Role.COORDINATOR)
    return client


def test_the_page_one_lands_on_offers_to_take_it_back(desk, unit, shift):
    wang, _li = people_at(shift)
    wanted = {"unit": unit.code, "day": "2026-03-07", "reason": "weather", "step": "apply"}
    done = desk.post("/shifts/call-off", data=wanted)
    make.assignment(person=wang, shift=make.shift(starts="2026-03-07 10:30"))

    page = desk.get(done.location).text
    listed = desk.get("/shifts/call-off").text
    back = desk.post(done.location)
    after = desk.get(back.location).text

    assert "撤回取消，恢复 1 场" in page
    assert wang.name in page
    assert "已另有安排" in page
    assert "最近取消的场次" in listed
    assert f'href="{done.location}"' in listed
    assert back.location == f"/shifts?week=2026-W10&unit={unit.code}"
    assert "恢复 1 场" in after
    assert f"1 人次未能恢复安排：{wang.name}" in after
    assert state_of(shift) == "planned"
    assert done.location not in desk.get("/shifts/call-off").text
    assert "没有可以撤回的场次" in desk.get(done.location).text
    again = desk.post(done.location)
    assert again.status_code == 409
    assert "没有可以撤回的场次" in again.text


def test_the_list_is_of_the_callers_units_newest_first(desk, unit, shift, call_off):
    make.shift(unit=unit, starts="2026-03-08 09:00")
    foreign = make.unit()
    make.shift(unit=foreign, starts="2026-03-07 09:00")
    office = make.grant_of(Role.CITY_OFFICE, make.city())
    first, second = call_off(since=time(8), until=time(12)), call_off(day=date(2026, 3, 8))
    theirs = call_off(unit=foreign, actor=office)

    page = desk.get("/shifts/call-off").text

    places = [page.find(f"/shifts/call-off/{each.public_id}") for each in (second, first, theirs)]
    assert 0 < places[0] < places[1]
    assert places[2] == -1
    assert desk.get(f"/shifts/call-off/{theirs.public_id}").status_code == 404
    assert desk.post(f"/shifts/call-off/{theirs.public_id}").status_code == 404
    weigh(desk, "/shifts/call-off")
    weigh(desk, f"/shifts/call-off/{first.public_id}")


def test_the_message_and_the_one_before_say_that_it_takes_place(
    client, unit, shift, call_off, take_back, set_clock
):
    set_clock(NOW)
    (wang,) = people_at(shift, 1)
    make.login(client, wang)
    record = call_off()
    before = client.get("/inbox").text
    take_back(record)
    after = client.get("/inbox").text

    assert "的“路口劝导”已取消" in before
    assert "场次照常进行" in after
    assert "的“路口劝导”已取消" not in after
    assert "的“路口劝导”曾被取消" in after
