"""R27: "I cannot come" is one tap, asks for no approval and has no consequence."""

import pytest
from sqlalchemy import select

from tests import make
from tests.make import at
from tests.signups.conftest import open_shift
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.core.models import Journal
from volunteer.reminders.models import Reminder
from volunteer.shifts.models import Assignment
from volunteer.signups import taking
from volunteer.signups.errors import IsThere, NoPlace, Over, PlaceGone, TooLateToUndo

NOW = at("2026-03-02 08:00")


def withdraw(person, shift, now=NOW):
    return taking.withdraw(shift.public_id, actor=make.actor_of(person), now=now)


def undo(person, shift, now=NOW):
    return taking.undo(shift.public_id, actor=make.actor_of(person), now=now)


def held(person):
    return db.session.scalars(select(Assignment).filter_by(person_id=person.id)).one()


def told(kind):
    return list(
        db.session.scalars(
            select(Reminder.person_id).filter_by(kind=kind).order_by(Reminder.person_id)
        )
    )


def test_the_place_is_free_and_leader_and_coordinator_are_told(coordinator, shift, wang):
    make.assignment(person=wang, shift=shift)

    withdraw(wang, shift)

    assert (held(wang).state, held(wang).withdrawn_at) == ("excused", NOW)
    assert told("place_given_up") == sorted([shift.leader_id, coordinator.person_id])


def test_a_repeat_changes_nothing_and_tells_nobody_again(coordinator, shift, wang):
    make.assignment(person=wang, shift=shift)

    withdraw(wang, shift)
    withdraw(wang, shift, at("2026-03-02 09:00"))

    assert held(wang).withdrawn_at == NOW
    assert len(told("place_given_up")) == 2


@pytest.mark.parametrize(
    ("moment", "late"), [("2026-03-06 21:00", False), ("2026-03-06 21:01", True)]
)
def test_a_late_one_is_recorded_as_such(shift, wang, moment, late):
    make.assignment(person=wang, shift=shift)

    withdraw(wang, shift, at(moment))

    line = db.session.scalars(select(Journal).filter_by(action="signups.withdraw")).one()
    assert line.body == {"late": late}


def test_not_after_the_check_in(shift, wang):
    make.assignment(person=wang, shift=shift)
    make.attendance(person=wang, shift=shift, state="open")

    with pytest.raises(IsThere):
        withdraw(wang, shift, at("2026-03-07 09:10"))
    assert held(wang).state == "assigned"


def test_not_after_the_end_and_not_without_a_place(shift, wang, li):
    make.assignment(person=wang, shift=shift)

    with pytest.raises(Over):
        withdraw(wang, shift, at("2026-03-07 11:00"))
    with pytest.raises(NoPlace):
        withdraw(li, shift)


def test_a_place_is_taken_again_by_signing_up(shift, wang):
    taking.take(shift.public_id, actor=make.actor_of(wang), now=NOW)
    withdraw(wang, shift)

    taking.take(shift.public_id, actor=make.actor_of(wang), now=NOW)

    assert (held(wang).state, held(wang).withdrawn_at) == ("assigned", None)


def test_within_a_quarter_of_an_hour_one_may_think_better_of_it(shift, wang):
    make.assignment(person=wang, shift=shift)
    withdraw(wang, shift)

    undo(wang, shift, at("2026-03-02 08:15"))
    undo(wang, shift, at("2026-03-02 08:16"))  # a repeat: the place is there

    assert (held(wang).state, held(wang).origin) == ("assigned", "coordinator")


def test_later_one_signs_up_anew(shift, wang):
    make.assignment(person=wang, shift=shift)
    withdraw(wang, shift)

    with pytest.raises(TooLateToUndo):
        undo(wang, shift, at("2026-03-02 08:16"))


def test_not_where_the_place_has_been_given_on(shift, wang, li):
    make.assignment(person=wang, shift=shift)
    withdraw(wang, shift)
    taking.take(shift.public_id, actor=make.actor_of(li), now=NOW)

    with pytest.raises(PlaceGone):
        undo(wang, shift)


def test_the_coordinator_writes_it_down_for_somebody_without_a_phone(
    unit, coordinator, stranger, shift
):
    grandfather = make.person(unit=unit, phone=None)
    make.assignment(person=grandfather, shift=shift)

    def excuse(actor):
        taking.excuse(shift.public_id, grandfather.public_id, actor=actor, now=NOW)

    with pytest.raises(NotFound):
        excuse(stranger)
    with pytest.raises((NotAllowed, NotFound)):
        excuse(make.actor_of(make.person(unit=unit)))
    excuse(coordinator)
    assert held(grandfather).state == "excused"
    assert told("place_given_up") == sorted([shift.leader_id, coordinator.person_id])


def test_from_the_front_page_in_one_tap(client, unit, wang, set_clock):
    set_clock("2026-03-02 08:00")
    shift = open_shift(unit=unit)
    make.assignment(person=wang, shift=shift)
    make.login(client, wang)

    page = client.get("/my").text
    action = f"/open-shifts/{shift.public_id}/withdraw"
    assert f'action="{action}"' in page
    assert client.post(action).status_code == 303
    assert "我又能来了" in client.get(f"/open-shifts/{shift.public_id}").text
    assert client.post(f"/open-shifts/{shift.public_id}/undo").status_code == 303
    assert action in client.get("/my").text
