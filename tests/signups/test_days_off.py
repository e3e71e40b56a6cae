"""Days on which people cannot serve: marked, taken back, heeded, and nobody asks why."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests import make
from tests.counting import weigh
from tests.make import at
from volunteer.core.actor import Role
from volunteer.core.db import db, transaction
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.core.models import Journal
from volunteer.people import hooks
from volunteer.shifts import candidates
from volunteer.shifts import service as shifts
from volunteer.signups import days_off, queries
from volunteer.signups.models import DayOff

NOW = at("2026-03-02 08:00")
SINCE, UNTIL = date(2026, 3, 2), date(2026, 4, 30)


def march(*days):
    return {date(2026, 3, day) for day in days}


def choose(person, *days, since=SINCE, until=UNTIL):
    actor = make.actor_of(person)
    return days_off.choose_own(march(*days), since=since, until=until, actor=actor, now=NOW)


def test_days_in_a_row_are_one_stretch(wang):
    assert choose(wang, 5, 6, 7, 10) == 4

    assert queries.days_off([wang.id]) == {
        wang.id: [
            (date(2026, 3, 5), date(2026, 3, 7)),
            (date(2026, 3, 10), date(2026, 3, 10)),
        ]
    }


def test_a_form_sent_twice_changes_nothing_the_second_time(wang):
    choose(wang, 5, 6)

    assert choose(wang, 5, 6) == 0
    assert len(db.session.scalars(select(Journal).filter_by(action="signups.days_off")).all()) == 1


def test_a_day_is_taken_back(wang):
    choose(wang, 5, 6, 7)

    assert choose(wang, 5, 7) == 1
    assert queries.days_off([wang.id])[wang.id] == [
        (date(2026, 3, 5), date(2026, 3, 5)),
        (date(2026, 3, 7), date(2026, 3, 7)),
    ]


def test_what_lies_outside_the_form_stays(wang):
    make.save(DayOff(person_id=wang.id, from_on=date(2026, 2, 27), until_on=SINCE, created_at=NOW))

    choose(wang)

    assert queries.days_off([wang.id])[wang.id] == [(date(2026, 2, 27), date(2026, 3, 1))]


def test_reads_only_what_touches_the_days_and_the_people(unit, wang, li):
    choose(wang, 5, 6)
    choose(li, 20)
    foreign = make.person()
    choose(foreign, 6)

    sixth = date(2026, 3, 6)
    assert set(queries.days_off(since=sixth, until=sixth)) == {wang.id, foreign.id}
    assert set(queries.days_off(under=[unit.path], since=sixth, until=sixth)) == {wang.id}
    assert set(queries.days_off([wang.id, li.id], SINCE, UNTIL)) == {wang.id, li.id}
    crowd = [*range(10**6, 10**6 + queries.MOST_NAMED), wang.id]
    assert set(queries.days_off(crowd, SINCE, UNTIL)) == {wang.id}


def test_the_database_refuses_days_that_end_before_they_begin(wang):
    with pytest.raises(IntegrityError):
        make.save(
            DayOff(person_id=wang.id, from_on=UNTIL, until_on=UNTIL - timedelta(1), created_at=NOW)
        )


def test_a_coordinator_does_it_for_somebody_without_a_phone(unit, coordinator, stranger):
    grandfather = make.person(unit=unit, phone=None)

    def choose_for(actor):
        return days_off.choose_for(
            grandfather.public_id, march(9), since=SINCE, until=UNTIL, actor=actor, now=NOW
        )

    assert choose_for(coordinator) == 1
    with pytest.raises(NotFound):
        choose_for(stranger)
    with pytest.raises(NotAllowed):
        choose_for(make.actor_of(make.person(unit=unit)))


def test_the_coordinator_sees_it_and_may_assign_all_the_same(unit, coordinator, wang, li):
    shift = make.shift(unit=unit, starts="2026-03-07 22:00", minutes=240)
    choose(wang, 8)  # the shift ends on the 8th
    choose(li, 9)

    lines = {each.name: each.off for each in candidates.candidates(shift, under=[unit.path])}

    assert (lines["王芳"], lines["李强"]) == (True, False)
    assert shifts.assign(shift, [wang.id], actor=coordinator, now=NOW) == 1


def test_a_shift_until_midnight_does_not_touch_the_next_day(unit, wang):
    shift = make.shift(unit=unit, starts="2026-03-07 22:00", minutes=120)
    choose(wang, 8)

    assert candidates.off_at(shift, [wang.id]) == set()


def test_go_with_the_kept_record_and_vanish_with_an_erased_one(wang, li):
    choose(wang, 5)
    choose(li, 6)

    with transaction():
        for take_over in hooks.merged:
            take_over(wang.id, li.id, NOW)
    assert queries.days_off([wang.id, li.id]) == {wang.id: [(date(2026, 3, 5), date(2026, 3, 6))]}
    with transaction():
        for forget in hooks.erased:
            forget(wang.id, NOW)
    assert queries.days_off([wang.id, li.id]) == {}


def test_the_page(client, wang, set_clock):
    set_clock("2026-03-02 08:00")
    make.login(client, wang)

    page = client.get("/my-days-off").text
    assert 'value="2026-03-02"' in page
    assert 'value="2026-04-30"' in page
    assert 'value="2026-05-01"' not in page
    answer = client.post(
        "/my-days-off", data={"since": "2026-03-02", "days": ["2026-03-05", "2026-03-06"]}
    )
    assert answer.status_code == 303
    assert queries.days_off([wang.id])[wang.id] == [(date(2026, 3, 5), date(2026, 3, 6))]
    assert client.get("/my-days-off").text.count(" checked") == 2
    assert weigh(client, "/my-days-off") <= 10


def test_a_page_of_yesterday_does_not_take_back_what_it_did_not_offer(client, wang, set_clock):
    set_clock("2026-03-03 00:05")
    make.login(client, wang)
    last = date(2026, 5, 1)  # offered from today on, not by the page of yesterday
    make.save(DayOff(person_id=wang.id, from_on=last, until_on=last, created_at=NOW))

    client.post("/my-days-off", data={"since": "2026-03-02", "days": ["2026-03-04"]})

    assert queries.days_off([wang.id])[wang.id][-1] == (last, last)


@pytest.mark.parametrize("days", ["2026-02-30", "x", "", "2026-03-05\0"])
def test_odd_days_are_refused_with_a_sentence(client, wang, set_clock, days):
    set_clock("2026-03-02 08:00")
    make.login(client, wang)

    answer = client.post("/my-days-off", data={"days": days})

    assert answer.status_code == 400
    assert "请刷新页面" in answer.text
    assert queries.days_off([wang.id]) == {}


def test_the_page_warns_of_a_place_on_a_day_off(client, unit, wang, set_clock):
    set_clock("2026-03-02 08:00")
    make.assignment(person=wang, shift=make.shift(unit=unit, starts="2026-03-05 09:00"))
    choose(wang, 5)
    make.login(client, wang)

    assert "3月5日" in client.get("/my-days-off").text.partition("note")[2].partition("</p>")[0]


def test_the_coordinators_page(client, unit, set_clock):
    set_clock("2026-03-02 08:00")
    grandfather = make.person(unit=unit, phone=None, name="赵大爷")
    make.login(client, make.person(unit=unit), Role.COORDINATOR)
    url = f"/people/{grandfather.public_id}/days-off"

    assert "赵大爷" in client.get(url).text
    assert client.post(url, data={"days": ["2026-03-05"]}).status_code == 303
    assert set(queries.days_off([grandfather.id])) == {grandfather.id}
    assert client.get(f"/people/{make.person().public_id}/days-off").status_code == 404
    assert url in client.get(f"/people/{grandfather.public_id}").text
