"""Moving a person from one shift to another: both or neither, and back within a quarter."""

from datetime import date
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select

from tests import make
from tests.boards.conftest import NOW
from tests.make import at
from volunteer.boards import service
from volunteer.boards.errors import SameShift, TooLateToUndo
from volunteer.boards.models import PlaceMove
from volunteer.core.db import db
from volunteer.core.errors import DomainError, NotAllowed, NotFound
from volunteer.core.models import Journal
from volunteer.people.models import Qualification
from volunteer.reminders.models import Reminder
from volunteer.shifts.errors import (
    BeyondWanted,
    NotTrained,
    Overlapping,
    ShiftCancelled,
    ShiftFull,
    ShiftOver,
)
from volunteer.shifts.models import Assignment, Shift
from volunteer.signups.errors import IsThere
from volunteer.signups.models import DayOff

now = at(NOW)


def on(shift):
    """Who is assigned to a shift."""
    statement = select(Assignment.person_id).filter_by(shift_id=shift.id, state="assigned")
    return set(db.session.scalars(statement))


@pytest.fixture
def place(wang, morning):
    return make.assignment(person=wang, shift=morning)


def test_a_person_is_moved_and_told_of_both(place, wang, morning, evening, coordinator):
    service.move(place.id, evening.public_id, actor=coordinator, now=now)

    assert (on(morning), on(evening)) == (set(), {wang.id})
    told = db.session.execute(
        select(Reminder.kind, Reminder.shift_id).filter_by(person_id=wang.id)
    ).all()
    assert set(map(tuple, told)) == {("taken_off", morning.id), ("assigned", evening.id)}
    assert db.session.scalars(select(Journal.action)).all()[-1] == "boards.move"


def test_a_repeat_is_one_move(place, wang, evening, coordinator):
    first = service.move(place.id, evening.public_id, actor=coordinator, now=now)
    again = service.move(place.id, evening.public_id, actor=coordinator, now=now)

    assert first.id == again.id
    assert on(evening) == {wang.id}
    assert db.session.scalar(select(func.count(PlaceMove.id))) == 1
    assert db.session.scalar(select(func.count(Reminder.id))) == 2


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"state": "cancelled", "cancel_reason": "暴雨"}, ShiftCancelled),
        ({"wanted": 0, "capacity": 1}, ShiftFull),
        ({"wanted": 1}, BeyondWanted),
        ({"needs": "first_aid"}, NotTrained),
    ],
)
def test_what_speaks_against_it_leaves_everything_as_it_is(
    given, error, place, wang, morning, site, coordinator
):
    make.policy(valid_from="2026-12", training_gate="refuse")
    other = make.shift(site=site, starts="2026-12-02 07:30")
    make.assignment(shift=other)
    with service.transaction():
        for name, value in given.items():
            setattr(db.session.get_one(Shift, other.id), name, value)

    with pytest.raises(error):
        service.move(place.id, other.public_id, actor=coordinator, now=now)

    assert on(morning) == {wang.id}
    assert wang.id not in on(other)


def test_who_serves_elsewhere_then_or_comes_too_late_stays(place, wang, site, morning, coordinator):
    there = make.shift(site=site, starts="2026-12-03 07:30")
    make.assignment(person=wang, shift=there)
    other = make.shift(site=site, starts="2026-12-03 08:00")

    with pytest.raises(Overlapping):
        service.move(place.id, other.public_id, actor=coordinator, now=now)
    with pytest.raises(ShiftOver):
        service.move(place.id, other.public_id, actor=coordinator, now=at("2026-12-04 00:00"))
    with pytest.raises(SameShift):
        service.move(place.id, morning.public_id, actor=coordinator, now=now)

    assert on(morning) == {wang.id}


def test_one_who_is_in_the_way_of_himself_can_be_moved(place, wang, site, morning, coordinator):
    """The place that he leaves does not count against him."""
    later = make.shift(site=site, starts="2026-12-01 08:00")

    service.move(place.id, later.public_id, actor=coordinator, now=now)

    assert (on(morning), on(later)) == (set(), {wang.id})


def test_who_has_checked_in_is_not_moved_away(place, wang, morning, evening, coordinator):
    made = service.move(place.id, evening.public_id, actor=coordinator, now=now)
    make.attendance(person=wang, shift=evening, state="open")

    with pytest.raises(IsThere):
        service.undo_move(made.id, actor=coordinator, now=now)
    there = db.session.scalars(select(Assignment).filter_by(shift_id=evening.id)).one()
    with pytest.raises(IsThere):
        service.move(there.id, morning.public_id, actor=coordinator, now=now)

    assert (on(morning), on(evening)) == (set(), {wang.id})
    # what was done before he came is done: asked again, it is the same answer
    assert service.move(place.id, evening.public_id, actor=coordinator, now=now).id == made.id


def test_what_has_been_learnt_opens_the_shift(place, wang, site, coordinator):
    make.policy(valid_from="2026-12", training_gate="refuse")
    other = make.shift(site=site, starts="2026-12-02 07:30", needs="first_aid")
    facts = {"kind": "first_aid", "source": "红十字会", "entered_at": make.LONG_AGO}
    granted = make.LONG_AGO.date()
    make.save(Qualification(person_id=wang.id, granted_on=granted, **facts))

    service.move(place.id, other.public_id, actor=coordinator, now=now)

    assert on(other) == {wang.id}


def test_a_policy_that_only_warns_lets_him_go(place, wang, site, coordinator):
    """R54."""
    other = make.shift(site=site, starts="2026-12-02 07:30", needs="first_aid")

    service.move(place.id, other.public_id, actor=coordinator, now=now)

    assert on(other) == {wang.id}


def test_foreign_shifts_do_not_exist(place, evening, coordinator, stranger):
    foreign = make.shift(starts="2026-12-01 17:00")
    with pytest.raises(NotFound):
        service.move(place.id, evening.public_id, actor=stranger, now=now)
    with pytest.raises(NotFound):
        service.move(place.id, foreign.public_id, actor=coordinator, now=now)
    with pytest.raises(NotAllowed):
        service.move(place.id, evening.public_id, actor=make.actor_of(make.person()), now=now)


def test_a_move_is_taken_back_within_a_quarter(place, wang, morning, evening, coordinator):
    made = service.move(place.id, evening.public_id, actor=coordinator, now=now)
    for minute in ("06:15", "06:16"):  # a repeat changes nothing, also later
        service.undo_move(made.id, actor=coordinator, now=at(f"2026-12-01 {minute}"))

    assert (on(morning), on(evening)) == ({wang.id}, set())
    assert db.session.scalar(select(func.count(Reminder.id))) == 4


def test_a_move_is_not_taken_back_later_nor_by_a_stranger(place, evening, coordinator, stranger):
    made = service.move(place.id, evening.public_id, actor=coordinator, now=now)

    with pytest.raises(NotFound):
        service.undo_move(made.id, actor=stranger, now=now)
    with pytest.raises(TooLateToUndo):
        service.undo_move(made.id, actor=coordinator, now=at("2026-12-01 06:16"))


def test_a_place_given_away_meanwhile_cannot_be_had_back(place, site, evening, coordinator):
    with service.transaction():
        db.session.get_one(Shift, place.shift_id).capacity = 2
    made = service.move(place.id, evening.public_id, actor=coordinator, now=now)
    for _ in range(2):
        make.assignment(shift=db.session.get_one(Shift, place.shift_id))

    with pytest.raises(ShiftFull):
        service.undo_move(made.id, actor=coordinator, now=now)

    assert on(evening) == {place.person_id}


def test_of_two_moves_at_once_one_wins(app, place, wang, site, coordinator):
    """The same person, to two shifts that do not overlap; and one place for two people."""
    goals = [make.shift(site=site, starts=f"2026-12-0{day} 07:30").public_id for day in (2, 3)]

    results = at_once(app, [(place.id, goal) for goal in goals], coordinator)

    assert sorted(results) == ["MovedAlready", "moved"]
    held = select(func.count(Assignment.id)).filter_by(person_id=wang.id, state="assigned")
    assert db.session.scalar(held) == 1


def test_of_two_people_for_one_place_one_wins(app, place, morning, site, unit, coordinator):
    other = make.assignment(person=make.person(unit=unit), shift=morning)
    goal = make.shift(site=site, starts="2026-12-02 07:30", wanted=1, capacity=1)

    results = at_once(app, [(each.id, goal.public_id) for each in (place, other)], coordinator)

    assert sorted(results) == ["ShiftFull", "moved"]
    assert len(on(goal)) == 1
    assert len(on(morning)) == 1


def at_once(app, wishes, actor):
    """Ask for the moves at the same time, each in a thread of its own."""
    results, start = [], Barrier(len(wishes))

    def run(place_id, goal):
        with app.app_context():
            start.wait()
            try:
                service.move(place_id, goal, actor=actor, now=now)
                results.append("moved")
            except DomainError as error:
                results.append(type(error).__name__)

    db.session.rollback()
    threads = [Thread(target=run, args=wish) for wish in wishes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    db.session.rollback()
    return results


def test_the_page_says_what_speaks_against_each_shift(desk, place, wang, site, evening, unit):
    make.policy(valid_from="2026-12", training_gate="refuse")
    full = make.shift(site=site, starts="2026-12-02 07:30", wanted=1, capacity=1, title="满员的")
    make.assignment(shift=full)
    enough = make.shift(site=site, starts="2026-12-03 07:30", wanted=1, title="够了的")
    make.assignment(shift=enough)
    make.shift(site=site, starts="2026-12-04 07:30", needs="first_aid", title="要资格的")
    make.shift(site=site, starts="2026-12-05 07:30", wanted=1, title="休息那天的")
    day = date(2026, 12, 5)
    make.save(DayOff(person_id=wang.id, from_on=day, until_on=day, created_at=make.LONG_AGO))
    make.shift(starts="2026-12-04 07:30", title="别家的")
    make.shift(
        site=site,
        starts="2026-12-04 07:30",
        title="停了的",
        state="cancelled",
        cancel_reason="暴雨",
    )

    page = desk.get(f"/boards/places/{place.id}").text

    lines = [line for line in page.split("<li>") if "</li>" in line]
    told = {
        name: next(line for line in lines if name in line)
        for name in ("满员的", "够了的", "要资格的", "休息那天的")
    }
    assert "已满" in told["满员的"]
    assert "<button" not in told["满员的"]
    assert 'name="beyond"' in told["够了的"]
    assert "未取得资格" in told["要资格的"]
    assert "当天请过假" in told["休息那天的"]
    assert 'name="beyond"' in told["休息那天的"]
    assert f'name="to" value="{evening.public_id}"' in page
    assert "别家的" not in page
    assert "停了的" not in page


def test_the_form_moves_and_offers_the_way_back(desk, place, morning, evening, wang, unit):
    there = desk.post(f"/boards/places/{place.id}/move", data={"to": evening.public_id})
    page = desk.get(there.headers["Location"]).text

    assert there.headers["Location"].startswith(f"/boards/{unit.code}/2026-12?moved=")
    assert "撤销调动" in page
    number = page.split("/boards/moves/")[1].split("/")[0]
    back = desk.post(f"/boards/moves/{number}/undo")
    assert back.status_code == 303
    assert on(morning) == {wang.id}
    assert "撤销调动" not in desk.get(there.headers["Location"]).text


def test_a_refusal_stands_on_the_page(desk, place, site, wang):
    full = make.shift(site=site, starts="2026-12-02 07:30", wanted=1, capacity=1)
    make.assignment(shift=full)

    answer = desk.post(f"/boards/places/{place.id}/move", data={"to": full.public_id})
    nothing = desk.post(f"/boards/places/{place.id}/move", data={})

    assert answer.status_code == 409
    assert nothing.status_code == 400
    assert "请选择要调入的场次" in nothing.text
    assert "调到哪个场次" in answer.text
    assert "本场次最多" in answer.text or "已满" in answer.text
