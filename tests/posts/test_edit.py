"""Editing a post: a version from a day on, and the shifts to come that follow it."""

from datetime import date, time

import pytest
from sqlalchemy import select

from tests import make
from tests.make import at
from tests.posts.conftest import EVENING, MORNING, NOW
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.errors import NotFound
from volunteer.posts import jobs, opening, service
from volunteer.posts.errors import ChangeDay, ChangeTooFar, NoUnits, PostEnded
from volunteer.posts.facts import facts_of, of_json
from volunteer.posts.models import PostVersion
from volunteer.posts.rules import Holidays
from volunteer.shifts import calling_off, taking_back
from volunteer.shifts import service as shifts
from volunteer.shifts.errors import NothingToTakeBack
from volunteer.shifts.models import Shift

TUESDAY = date(2026, 3, 3)
LATER = MORNING._replace(starts=time(7, 40))


def shift_on(day, start="07:30"):
    wanted = at(f"2026-03-{day:02d} {start}")
    return db.session.scalar(select(Shift).where(Shift.starts_at == wanted))


def planned():
    return set(db.session.scalars(select(Shift.starts_at).where(Shift.state == "planned")))


def everything():
    rows = select(Shift.id, Shift.source, Shift.starts_at, Shift.state, Shift.wanted)
    return sorted(tuple(row) for row in db.session.execute(rows))


def test_shifts_without_people_follow_in_place(set_up, change):
    made = set_up()
    first = shift_on(3).id

    changed = change(made.post, windows=(LATER,), wanted=2, corners="东北角")

    assert changed == (made.opened, 0, 0, 0)
    moved = db.session.get(Shift, first)
    assert (moved.starts_at, moved.wanted) == (at("2026-03-03 07:40"), 2)
    assert "站位：东北角" in moved.content
    assert len(everything()) == made.opened
    assert jobs.open_shifts(NOW) == 0


def test_shifts_with_people_stay_and_are_told(set_up, change, unit):
    made = set_up()
    kept = shift_on(4)
    make.assignment(shift=kept, person=make.person(unit=unit))

    changed = change(made.post, windows=(LATER,))

    assert (changed.updated, changed.kept) == (made.opened - 1, 1)
    assert shift_on(4).id == kept.id
    assert [each.id for each in opening.differing(made.post, now=NOW)] == [kept.id]
    assert jobs.open_shifts(NOW) == 0
    assert shift_on(4, "07:40") is None


def test_one_where_somebody_is_there_already_stays(set_up, change, unit):
    made = set_up(first_on=TUESDAY)
    early = shift_on(3)
    make.attendance(person=make.person(unit=unit), shift=early, state="open")

    changed = change(made.post, now=at("2026-03-03 07:20"), windows=(LATER,))

    assert changed.kept == 1
    assert shift_on(3).id == early.id


def test_a_cancelled_shift_stays_cancelled_wherever_its_window_moves(set_up, change, coordinator):
    made = set_up()
    shifts.cancel(shift_on(4), reason="暴雨", actor=coordinator, now=NOW)

    change(made.post, windows=(LATER,))
    change(made.post, windows=(MORNING,))
    change(made.post, windows=(LATER, EVENING))

    assert at("2026-03-04 17:00") in planned()
    assert not {at("2026-03-04 07:30"), at("2026-03-04 07:40")} & planned()
    assert jobs.open_shifts(NOW) == 0


def test_a_window_that_is_no_more_is_cancelled_and_a_new_one_opened(set_up, change):
    made = set_up(windows=[MORNING])

    changed = change(made.post, windows=(EVENING,))

    assert (changed.cancelled, changed.opened) == (made.opened, made.opened)
    assert all(moment.hour == 9 for moment in planned())  # 17:00 in Shanghai


def test_before_its_day_nothing_changes(set_up, change):
    """What holds on a day is what was said for that day, also for shifts opened later."""
    made = set_up(last_on=date(2026, 3, 6))
    change(made.post, from_on=date(2026, 3, 20), windows=(LATER,), last_on=None)

    assert jobs.open_shifts(NOW) == 0
    assert planned() == {
        *(at(f"2026-03-{day:02d} 07:30") for day in (3, 4, 5, 6)),
        *(at(f"2026-03-{day} 07:40") for day in (20, 23, 24, 25, 26, 27, 30)),
    }


def test_history_says_what_it_was_and_what_it_is(set_up, change, coordinator):
    made = set_up()
    change(made.post, wanted=2)
    change(made.post, from_on=date(2026, 3, 10), name="府前路西口")

    first, second = db.session.scalars(select(PostVersion).order_by(PostVersion.number))
    assert (first.number, first.from_on, first.changed_by) == (1, TUESDAY, coordinator.account_id)
    assert (of_json(first.before).wanted, of_json(first.after).wanted) == (4, 2)
    assert of_json(second.before) == of_json(first.after)
    assert second.after["name"] == "府前路西口"


def test_the_same_once_more_changes_nothing(set_up, change):
    made = set_up()
    change(made.post, wanted=2)
    before = everything()

    assert change(made.post, wanted=2) == (0, 0, 0, 0)
    assert everything() == before
    assert len(db.session.scalars(select(PostVersion)).all()) == 1


def test_days_of_versions_never_go_back(set_up, change):
    made = set_up()
    change(made.post, from_on=date(2026, 3, 20), wanted=2)

    with pytest.raises(ChangeDay):
        change(made.post, from_on=date(2026, 3, 19), wanted=3)
    with pytest.raises(ChangeDay):
        change(made.post, from_on=date(2026, 3, 1), wanted=3)
    assert facts_of(made.post).wanted == 2


def test_units_take_turns_by_the_week(set_up, change, unit):
    """R47: a shift that is opened gets the unit whose turn it is."""
    sections = [make.unit(parent=unit) for _ in range(3)]
    leader = make.grant_of(Role.COORDINATOR, sections[1])
    made = set_up(turn_by="week", turn_units=sections, first_on=date(2026, 3, 4))

    units = [shift_on(day).unit_id for day in (4, 6, 9, 16, 23)]
    assert units == [sections[n].id for n in (0, 0, 1, 2, 0)]
    assert shift_on(9).leader_id == leader.person_id

    change(made.post, from_on=date(2026, 3, 16), turn_by=None, turns_from=None, units=())

    assert [shift_on(day).unit_id for day in (9, 16, 23)] == [sections[1].id, unit.id, unit.id]


def test_a_rotation_needs_units_of_the_planner(set_up, unit):
    with pytest.raises(NoUnits):
        set_up(turn_by="day", turn_units=[unit])
    with pytest.raises(NoUnits):
        set_up(turn_by="day", turn_units=[unit, unit])
    with pytest.raises(NotFound):
        set_up(turn_by="day", turn_units=[unit, make.unit()])


def test_days_off_and_days_made_up_for(set_up):
    """National Day 2026: 1 to 7 October are off, Saturday the 10th is worked."""

    def opened(code, holidays):
        post = set_up(
            code=code,
            holidays=holidays,
            first_on=date(2026, 10, 1),
            last_on=date(2026, 10, 12),
            now=at("2026-09-30 12:00"),
        ).post
        mine = select(Shift.source).where(Shift.source.startswith(f"post:{post.id}:"))
        return sorted(int(source.split("-")[2][:2]) for source in db.session.scalars(mine))

    assert opened("A", Holidays.SKIP) == [8, 9, 12]
    assert opened("B", Holidays.MAKE_UP) == [8, 9, 10, 12]
    assert opened("C", Holidays.REGARDLESS) == [1, 2, 5, 6, 7, 8, 9, 12]


def test_wants_as_many_as_its_size_says(set_up):
    """R46."""
    assert set_up(code="A", size="minor", wanted=None).post.wanted == 2
    assert set_up(code="B", size="major", wanted=None).post.wanted == 4


def test_not_of_foreign_units_nor_after_the_end(set_up, change, stranger, coordinator):
    post = set_up().post

    with pytest.raises(NotFound):
        change(post, actor=stranger, wanted=2)
    with pytest.raises(NotFound):
        change(post, unit_id=make.unit().id)
    service.end(post, reason="道路施工", actor=coordinator, now=NOW)
    with pytest.raises(PostEnded):
        change(post, wanted=2)


@pytest.fixture
def storm(unit, coordinator):
    """Calls Tuesday off; returns what takes that back."""

    def call_off():
        done = calling_off.call_off(unit, TUESDAY, reason="暴雨", actor=coordinator, now=NOW)
        return lambda: taking_back.take_back(done.record, actor=coordinator, now=NOW)

    return call_off


def test_a_day_called_off_comes_back_as_its_post_is_by_then(set_up, change, storm):
    made = set_up()
    place = make.assignment(shift=shift_on(3))
    take_back = storm()

    change(made.post, wanted=2, corners="东北角")
    assert shift_on(3).state == "cancelled"
    take_back()

    assert (shift_on(3).state, shift_on(3).wanted) == ("planned", 2)
    assert "站位：东北角" in shift_on(3).content
    assert db.session.get(type(place), place.id, populate_existing=True).state == "assigned"
    assert jobs.open_shifts(NOW) == 0


@pytest.mark.parametrize("windows", [(LATER,), (EVENING,)])
def test_a_window_called_off_that_its_post_has_no_more_never_comes_back(
    set_up, change, storm, windows
):
    made = set_up()
    take_back = storm()

    change(made.post, windows=windows)

    with pytest.raises(NothingToTakeBack):
        take_back()
    assert shift_on(3).state == "cancelled"


def test_a_change_does_not_hold_from_a_day_decades_away(set_up, change):
    made = set_up()

    with pytest.raises(ChangeTooFar) as refusal:
        change(made.post, from_on=date(2062, 12, 1), wanted=3)
    assert refusal.value.facts["day"].startswith("2027-")
    assert facts_of(made.post).wanted != 3
