"""What a draft that has grown old may not do to people, and to what others have decided."""

from sqlalchemy import select

from tests import make
from tests.rosters.test_draw import people_of, placed, the_draft
from volunteer.core.actor import Role
from volunteer.core.db import db, transaction
from volunteer.rosters import publishing, queries, service
from volunteer.rosters.models import RosterPlace
from volunteer.rosters.problem import Why
from volunteer.rosters.reasons import LOST, lost_text
from volunteer.shifts.models import Assignment, Shift
from volunteer.signups import taking


def lost(roster):
    """The reasons of a published draft, by shift."""
    statement = select(RosterPlace.shift_id, RosterPlace.lost).filter_by(roster_id=roster.id)
    return {shift_id: why for shift_id, why in db.session.execute(statement) if why}


def test_whoever_cannot_come_is_not_drawn_for_that_shift_again(unit, post, month, coordinator, now):
    """R27. Control: another shift is still drawn."""
    make.policy(valid_from="2026-12")
    person, facts = make.person(unit=unit), {"actor": coordinator, "now": now}
    shift = post("2026-12-01 07:30")
    publishing.publish(the_draft(service.draw(unit, month, **facts)), **facts)
    taking.withdraw(shift.public_id, actor=make.actor_of(person), now=now)
    other = post("2026-12-02 07:30")

    (drawn,) = service.draw(unit, month, **facts)
    roster = queries.by_id(drawn.roster_id)

    assert placed(roster) == {(other.id, person.id)}
    assert drawn.unfilled == [
        (shift.public_id, 1, [{"code": "people", "people": 1}, {"code": "withdrew", "people": 1}])
    ]
    (verdict,) = queries.verdicts(roster, shift.id, now=now)
    assert verdict.why == Why.WITHDREW


def test_whoever_cannot_come_meanwhile_is_not_assigned_by_an_old_draft(
    unit, post, month, coordinator, now
):
    """R27. Undone, the roster is a draft with the place of somebody who then cannot come."""
    one, other = make.person(unit=unit), make.person(unit=unit)
    shifts = [post("2026-12-01 07:30"), post("2026-12-01 07:30")]
    facts = {"actor": coordinator, "now": now}
    roster = the_draft(service.draw(unit, month, **facts))
    publishing.publish(roster, **facts)
    (person_id,) = people_of(shifts[0])
    person = one if person_id == one.id else other
    taking.withdraw(shifts[0].public_id, actor=make.actor_of(person), now=now)
    publishing.undo(roster, **facts)

    assert publishing.publish(roster, **facts) == (1, 1)

    assert lost(roster) == {shifts[0].id: "withdrew"}
    held = db.session.scalars(select(Assignment).filter_by(shift_id=shifts[0].id)).one()
    assert held.state == "excused"
    assert held.withdrawn_at == now
    assert len(people_of(shifts[1])) == 1


def test_every_reason_has_its_chinese_words(app):
    for code, words in LOST.items():
        assert lost_text(code) != words


def test_the_shift_of_another_unit_is_not_filled_by_an_old_draft(
    unit, post, month, client, coordinator, now, set_clock
):
    """A post goes to another unit between the draw and the publication. Control: the second
    shift stays, and is published."""
    set_clock("2026-11-23 09:00")
    people = [make.person(unit=unit, name=name) for name in ("王芳", "李明")]
    gone, stays = post("2026-12-01 07:30", title="新安路口"), post("2026-12-01 07:30")
    roster = the_draft(service.draw(unit, month, actor=coordinator, now=now))
    with transaction():
        db.session.get_one(Shift, gone.id).unit_id = make.unit().id

    assert publishing.publish(roster, actor=coordinator, now=now) == (1, 1)

    assert lost(roster) == {gone.id: "handed_over"}
    assert (people_of(gone), len(people_of(stays))) == ([], 1)
    make.login(client, make.person(unit=unit), Role.COORDINATOR)
    page = client.get(f"/rosters/{roster.public_id}").text
    assert "新安路口" in page
    assert lost_text("handed_over") in page
    assert any(each.name in page for each in people)
