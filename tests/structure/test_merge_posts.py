"""The posts at which a merged unit takes turns: the other one takes its place there (R47)."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, select

from tests import make
from tests.structure.conftest import NOW
from volunteer.core.db import db
from volunteer.posts import jobs
from volunteer.posts import service as posts
from volunteer.posts.facts import facts_of
from volunteer.posts.models import Post
from volunteer.posts.rules import Window
from volunteer.shifts.models import Shift
from volunteer.structure import service
from volunteer.structure.errors import WorkRemains

#: When shifts are opened beyond those that setting up a post opens.
LATER = NOW + timedelta(days=20)


@pytest.fixture
def keeper(app):
    return make.unit(name="市文明办")


@pytest.fixture
def set_up(office, keeper):
    """Sets up a post of the keeper at which units take turns by the day."""

    def create(units, unit=keeper):
        return posts.create(
            code="XAL-01",
            name="府前路口",
            unit=unit,
            site=make.site(unit=unit),
            windows=[Window(time(7, 30), time(9), 127)],
            wanted=1,
            first_on=date(2026, 11, 23),
            turn_by="day",
            turn_units=units,
            actor=office,
            now=NOW,
        ).post

    return create


def merge(unit, into, actor, now=NOW):
    service.merge(unit, into, on=now.date(), actor=actor, now=now)
    db.session.expire_all()


def turns(post):
    return [turn.unit_id for turn in db.session.get_one(Post, post.id).turns]


def answer(units):
    """Tell whether just these units answer for the shifts to come."""
    wanted = select(Shift.unit_id).where(Shift.starts_at > NOW).distinct()
    return set(db.session.scalars(wanted)) == {unit.id for unit in units}


def test_the_turns_of_a_merged_unit_go_over(office, bureau, other, keeper, set_up):
    third = make.unit()
    post = set_up([bureau, third])

    merge(bureau, other, office)

    assert turns(post) == [other.id, third.id]
    assert jobs.open_shifts(LATER) > 0
    assert answer([other, third])
    changed = facts_of(db.session.get_one(Post, post.id))._replace(wanted=2)
    posts.edit(post, changed, from_on=NOW.date(), actor=office, now=NOW)
    assert answer([other, third])


def test_a_unit_that_takes_turns_already_gets_no_second_one(office, bureau, other, set_up):
    third = make.unit()
    post = set_up([other, bureau, third])

    merge(bureau, other, office)

    assert turns(post) == [other.id, third.id]
    jobs.open_shifts(LATER)
    assert answer([other, third])


def test_the_only_one_left_that_keeps_the_post_has_it_for_good(office, bureau, other, set_up):
    post = set_up([bureau, other], unit=other)

    merge(bureau, other, office)

    post = db.session.get_one(Post, post.id)
    assert (post.turn_by, post.turns_from, post.turns) == (None, None, [])
    jobs.open_shifts(LATER)
    assert answer([other])


def test_the_only_one_left_at_a_post_that_another_keeps_has_every_turn(
    office, bureau, other, keeper, set_up
):
    post = set_up([bureau, other])

    merge(bureau, other, office)

    assert (turns(post), db.session.get_one(Post, post.id).unit_id) == ([other.id], keeper.id)
    jobs.open_shifts(LATER)
    assert answer([other])


def test_what_holds_before_a_change_to_come_asks_the_unit_that_took_over(
    office, bureau, other, set_up
):
    """Also where that one was merged in its turn."""
    third, last = make.unit(), make.unit()
    post = set_up([bureau, third])
    changed = facts_of(post)._replace(wanted=2)
    posts.edit(post, changed, from_on=date(2027, 1, 10), actor=office, now=NOW)

    merge(bureau, other, office)
    merge(other, last, office)

    assert jobs.open_shifts(LATER) > 0
    assert answer([last, third])


def test_a_post_that_has_ended_keeps_its_turns(office, bureau, other, set_up):
    post = set_up([bureau, make.unit()])
    posts.end(post, reason="撤点", actor=office, now=NOW)
    before = turns(post)

    merge(bureau, other, office)

    assert turns(post) == before


def test_a_unit_that_takes_turns_is_not_closed(office, bureau, set_up):
    post = set_up([bureau, make.unit()])
    with service.transaction():
        for shift in db.session.scalars(select(Shift)):
            shift.state, shift.cancel_reason = "cancelled", "撤点"

    with pytest.raises(WorkRemains) as refused:
        service.close(bureau, on=NOW.date(), actor=office, now=NOW)
    assert refused.value.facts["posts"] == 1
    posts.end(post, reason="撤点", actor=office, now=NOW)
    service.close(bureau, on=NOW.date(), actor=office, now=NOW)
    assert db.session.scalar(select(func.count()).select_from(Shift)) > 0
