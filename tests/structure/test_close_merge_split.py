"""Closing, merging and splitting units: people and work go along, past months stay."""

from datetime import date

import pytest
from sqlalchemy import select

from tests import make
from tests.structure.conftest import NOW
from volunteer.accounts.models import AccountGrant
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.people.models import Membership, PlannedMove
from volunteer.shifts import calling_off
from volunteer.shifts.models import CallOff, Shift, Site
from volunteer.structure import service
from volunteer.structure.errors import GridsRemain, NothingChosen, PeopleRemain, WorkRemains
from volunteer.units import queries as units
from volunteer.units.errors import DayToCome, HasSubUnits, NameTakenThere, UnitEnded, WrongPlace
from volunteer.units.models import Grid, GridCoUnit, Unit, UnitAlias

TODAY = NOW.date()
NOV_16 = date(2026, 11, 16)


def close(unit, actor, on=TODAY):
    return service.close(unit, on=on, actor=actor, now=NOW)


def merge(unit, into, actor, on=NOV_16):
    return service.merge(unit, into, on=on, actor=actor, now=NOW)


def split(unit, actor, **given):
    facts = {
        "code": "D09",
        "name": "市体育局",
        "on": NOV_16,
        "people": (),
        "sub_units": (),
        **given,
    }
    return service.split(unit, actor=actor, now=NOW, **facts)


def stays(person):
    rows = select(Membership).filter_by(person_id=person.id).order_by(Membership.from_on)
    return [(row.unit.code, row.from_on, row.until_on) for row in db.session.scalars(rows)]


def test_a_unit_is_closed_with_its_sites_and_roles(office, bureau):
    site = make.site(unit=bureau)
    make.alias(unit=bureau)
    holder = make.person(unit=make.unit())
    make.grant(person=holder, role=Role.COORDINATOR, unit=bureau)

    close(bureau, office)
    close(bureau, office)

    assert bureau.ended_on == TODAY
    db.session.expire_all()
    assert site.closed_at == NOW
    assert db.session.scalars(select(UnitAlias)).all() == []
    assert not make.actor_of(holder).grants
    with pytest.raises(UnitEnded):
        close(bureau, office, on=NOV_16)


def test_what_is_still_there_keeps_a_unit_open(office, bureau, section):
    with pytest.raises(HasSubUnits):
        close(bureau, office)
    make.person(unit=section)
    with pytest.raises(PeopleRemain):
        close(section, office)
    led = make.unit()
    make.grid(lead=led)
    with pytest.raises(GridsRemain):
        close(led, office)
    around = make.unit()
    make.grid(lead=make.unit(), township_id=around.id)
    with pytest.raises(GridsRemain):
        close(around, office)
    busy = make.unit()
    make.shift(unit=busy, starts="2026-12-01 09:00")
    with pytest.raises(WorkRemains):
        close(busy, office)
    with pytest.raises(DayToCome):
        close(make.unit(), office, on=date(2026, 11, 24))


def test_people_of_a_merged_unit_belong_to_the_other_from_the_day_on(office, bureau, other):
    """R29, R32: what was before stays where it was."""
    wang = make.person(unit=bureau)
    late = make.person(unit=bureau, from_on=date(2026, 11, 20))
    gone = make.person(unit=bureau, until_on=date(2026, 6, 1))
    expected = make.person()
    make.save(
        PlannedMove(person_id=expected.id, unit_id=bureau.id, on=date(2026, 12, 1), planned_at=NOW)
    )

    assert merge(bureau, other, office) == 2
    assert db.session.scalars(select(PlannedMove.unit_id)).all() == [other.id]
    assert stays(wang) == [("D01", date(2026, 1, 1), NOV_16), ("D02", NOV_16, None)]
    assert stays(late) == [("D02", date(2026, 11, 20), None)]
    assert stays(gone) == [("D01", date(2026, 1, 1), date(2026, 6, 1))]
    assert bureau.ended_on == NOV_16
    assert units.load_index(on=TODAY).find("市教育局").id == other.id


def test_the_work_of_a_merged_unit_goes_over(office, bureau, section, other):
    site = make.site(unit=bureau)
    coming = make.shift(unit=bureau, site=site, starts="2026-12-01 09:00")
    past = make.shift(unit=bureau, site=site, starts="2026-11-01 09:00")
    stormy = make.shift(unit=bureau, site=site, starts="2026-12-02 09:00")
    day = date(2026, 12, 2)
    off = calling_off.call_off(bureau, day, reason="暴雨", actor=office, now=NOW).record
    led, helped = make.grid(lead=bureau), make.grid(lead=other)
    make.save(GridCoUnit(grid_id=helped.id, unit_id=bureau.id))
    make.save(GridCoUnit(grid_id=led.id, unit_id=other.id))
    around = make.grid(lead=other, township_id=bureau.id)
    of_grid = make.person(unit=other)
    make.grant(person=of_grid, role=Role.COORDINATOR, unit=bureau, grid_id=led.id)
    of_unit = make.person(unit=bureau)
    make.grant(person=of_unit, role=Role.COORDINATOR, unit=bureau)

    merge(bureau, other, office)

    db.session.expire_all()
    assert db.session.get(Site, site.id).unit_id == other.id
    assert db.session.get(Shift, coming.id).unit_id == other.id
    assert db.session.get(Shift, past.id).unit_id == bureau.id
    assert db.session.get(Shift, stormy.id).unit_id == other.id
    assert db.session.get(CallOff, off.id).unit_id == other.id
    assert db.session.get(Grid, led.id).lead_unit_id == other.id
    assert db.session.get(Grid, around.id).township_id == other.id
    assert db.session.scalars(select(GridCoUnit)).all() == []
    assert section.path.startswith(other.path)
    held = {row.account_id: row.unit_id for row in open_grants()}
    assert held.get(make.account_of(of_grid).id) == other.id
    assert make.account_of(of_unit).id not in held


def test_nothing_new_is_made_for_a_unit_that_has_ended(client, office, bureau, set_clock):
    set_clock(NOW)
    make.login(client, make.person(unit=make.unit()), Role.CITY_OFFICE, over=make.city())
    close(bureau, office)

    assert 'value="D01"' not in client.get("/posts/new").text
    answer = client.post("/sites", data={"name": "路口", "code": "S1", "unit": "D01", "grid": "0"})
    assert answer.status_code == 400
    assert db.session.scalars(select(Site)).all() == []


def open_grants():
    return db.session.scalars(select(AccountGrant).filter_by(ended_at=None)).all()


def test_a_wrong_merger_changes_nothing(office, bureau, section, other):
    wang = make.person(unit=bureau)
    make.unit(parent=other, name="基础教育科", kind="section")

    with pytest.raises(WrongPlace):
        merge(bureau, section, office)
    with pytest.raises(WrongPlace):
        merge(make.city(), bureau, office)
    with pytest.raises(WrongPlace):
        merge(bureau, bureau, office)
    with pytest.raises(DayToCome):
        merge(bureau, other, office, on=date(2026, 11, 24))
    with pytest.raises(NameTakenThere):
        merge(bureau, other, office)
    assert stays(wang) == [("D01", date(2026, 1, 1), None)]
    assert db.session.get(Unit, bureau.id).ended_on is None


@pytest.mark.parametrize("verb", [merge, lambda unit, other, actor: split(unit, actor)])
def test_only_the_city_office_rebuilds(bureau, other, verb):
    with pytest.raises(NotAllowed):
        verb(bureau, other, make.grant_of(Role.UNIT_ADMIN, bureau))
    with pytest.raises(NotFound):
        verb(bureau, other, make.grant_of(Role.UNIT_ADMIN, other))


def test_a_unit_is_split(office, bureau, section):
    zhao, qian = make.person(unit=bureau), make.person(unit=bureau)

    new = split(bureau, office, people=[zhao.public_id], sub_units=[section.code])

    assert (new.parent_id, new.kind, new.started_on) == (bureau.parent_id, bureau.kind, NOV_16)
    assert stays(zhao) == [("D01", date(2026, 1, 1), NOV_16), ("D09", NOV_16, None)]
    assert stays(qian) == [("D01", date(2026, 1, 1), None)]
    assert section.path == f"{new.path}{section.id}/"


def test_a_split_takes_along_only_its_own(office, bureau, section, other):
    stranger = make.person(unit=other)
    below = make.person(unit=section)

    with pytest.raises(NothingChosen):
        split(bureau, office)
    for person in (stranger, below):
        with pytest.raises(NotFound):
            split(bureau, office, people=[person.public_id])
    with pytest.raises(NotFound):
        split(bureau, office, sub_units=[other.code])
    assert units.by_code("D09") is None
