"""What a draft that has grown old may not do to people, and to what others have decided."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests import make
from tests.make import at
from tests.rosters.test_draw import people_of, placed, the_draft
from volunteer.core.actor import Role
from volunteer.core.db import db, transaction
from volunteer.people.models import Qualification
from volunteer.rosters import checker, publishing, queries, service
from volunteer.rosters.models import RosterPlace
from volunteer.rosters.problem import Why
from volunteer.rosters.reasons import LOST, lost_text
from volunteer.shifts.models import Assignment, Shift
from volunteer.signups import taking
from volunteer.signups.models import DayOff


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


def day_off(person, day):
    facts = {"person_id": person.id, "from_on": day, "until_on": day, "created_at": make.LONG_AGO}
    make.save(DayOff(**facts))


def exempt(person, day):
    make.exemption(person=person, from_on=day, until_on=day)


def second_post(person, day):
    make.assignment(person=person, shift=make.shift(starts=f"{day} 14:00", kind="post"))


def full_week(person, day):
    for other in (30, 1, 4):  # Monday, 30 November, to Friday
        starts = f"2026-{11 if other == 30 else 12}-{other:02} 12:00"
        make.assignment(person=person, shift=make.shift(starts=starts, kind="post"))


def late_evening(person, day):
    shift = make.shift(starts=f"{day - timedelta(days=1)} 17:00", minutes=90, kind="post")
    make.assignment(person=person, shift=shift)


def loses_training(person, day):
    with transaction() as session:
        session.scalars(select(Qualification).filter_by(person_id=person.id)).one().ended_at = at(
            "2026-11-23 09:30"
        )


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (day_off, "day_off"),
        (exempt, "exempt"),
        (second_post, "same_day"),
        (full_week, "week_full"),
        (late_evening, "rest"),
        (loses_training, "untrained"),
    ],
)
def test_no_hard_rule_is_broken_by_what_happens_between_draw_and_publication(
    unit, post, month, coordinator, now, happens, why
):
    """Control: the place of the week after is published."""
    make.policy(valid_from="2026-12", training_gate="refuse")
    person = make.person(unit=unit)
    learnt = {"kind": "post_training", "granted_on": date(2026, 1, 1), "source": "培训班"}
    make.save(Qualification(person_id=person.id, entered_at=now, **learnt))
    needs = "post_training" if happens is loses_training else None
    shift, later = post("2026-12-02 07:30", needs=needs), post("2026-12-09 07:30")
    roster = the_draft(service.draw(unit, month, actor=coordinator, now=now))
    happens(person, date(2026, 12, 2))

    assert publishing.publish(roster, actor=coordinator, now=now) == (1, 1)

    assert lost(roster) == {shift.id: why}
    assert (people_of(shift), people_of(later)) == ([], [person.id])
    assert checker.broken(unit, month) == []


def test_rest_is_kept_across_the_border_of_two_drafts(unit, post, month, coordinator, now):
    """Both months are drawn before either is published. Control: a second person may."""
    person = make.person(unit=unit)
    evening = post("2026-11-30 17:00", minutes=90)
    morning = post("2026-12-01 07:30")
    draws = [
        the_draft(service.draw(unit, each, actor=coordinator, now=now))
        for each in (month.previous, month)
    ]
    assert (placed(draws[0]), placed(draws[1])) == ({(evening.id, person.id)}, set())

    other = make.person(unit=unit)
    service.draw(unit, month, actor=coordinator, now=now)

    assert placed(draws[1]) == {(morning.id, other.id)}


def test_a_draft_whose_shifts_want_nobody_any_more_assigns_nobody(
    unit, post, month, coordinator, now
):
    make.person(unit=unit)
    shift = post("2026-12-01 07:30")
    roster = the_draft(service.draw(unit, month, actor=coordinator, now=now))
    with transaction():
        db.session.get_one(Shift, shift.id).wanted = 0

    assert publishing.publish(roster, actor=coordinator, now=now) == (0, 1)

    assert lost(roster) == {shift.id: "unwanted"}


@pytest.mark.parametrize(("happens", "why"), [(day_off, "day_off"), (exempt, "exempt")])
@pytest.mark.parametrize("day", [date(2026, 12, 3), date(2027, 1, 1)])
def test_a_shift_over_midnight_lies_on_two_days(
    unit, post, month, coordinator, now, happens, why, day
):
    """Also where the second day is of the month after. Control: one until midnight is drawn."""
    make.policy(valid_from="2026-12")
    person = make.person(unit=unit)
    happens(person, day)
    night = {"starts": f"{day - timedelta(days=1)} 22:00", "kind": "activity"}
    over, until = post(**night, minutes=240), post(**{**night, "minutes": 120})

    (drawn,) = service.draw(unit, month, actor=coordinator, now=now)

    assert placed(queries.by_id(drawn.roster_id)) == {(until.id, person.id)}
    assert drawn.unfilled[0][2][1] == {"code": why, "people": 1}
    make.assignment(person=person, shift=over, origin="roster")
    rules = [each["rule"] for each in checker.broken(unit, month) if each["rule"] != "overlap"]
    assert rules == [why]
