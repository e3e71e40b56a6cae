"""Setting up, changing and ending grids."""

from datetime import date

import pytest
from sqlalchemy import select

from tests import make
from tests.grids.conftest import NOW
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.core.models import Journal
from volunteer.grids import service
from volunteer.grids.errors import GridEnded, GridExists
from volunteer.units import queries as units
from volunteer.units.errors import DayToCome, UnitEnded
from volunteer.units.models import Grid, GridKind

TODAY = NOW.date()


def add(actor, street, lead, **given):
    facts = {"code": "DL-01", "name": " 府前　路 ", "kind": GridKind.ROAD, **given}
    return service.add(township=street, lead=lead, actor=actor, now=NOW, **facts)


def edit(grid, actor, **given):
    facts = {
        "name": grid.name,
        "kind": GridKind(grid.kind),
        "township": grid.township,
        "lead": grid.lead_unit,
        **given,
    }
    return service.edit(grid, actor=actor, now=NOW, **facts)


def helping(grid):
    return [unit.code for unit in units.units_of_grid(grid, under=["/"])]


def test_a_grid_has_one_lead_unit_and_others_that_help(office, street, bureau, other):
    grid = add(office, street, bureau, co_units=[other, bureau, other])

    assert (grid.name, grid.lead_unit_id, grid.started_on) == ("府前 路", bureau.id, None)
    assert helping(grid) == ["D01", "D02"]
    entry = db.session.scalars(select(Journal)).one()
    assert (entry.action, entry.object_id, entry.unit_path) == ("grids.add", "DL-01", bureau.path)


def test_wrong_grids_are_refused(office, street, bureau, grid):
    over = make.unit(ended_on=date(2026, 11, 1))

    with pytest.raises(GridExists):
        add(office, street, bureau, code="XQ-01")
    with pytest.raises(UnitEnded):
        add(office, street, over)
    with pytest.raises(UnitEnded):
        add(office, street, bureau, co_units=[over])
    with pytest.raises(DayToCome):
        add(office, street, bureau, on=date(2026, 11, 24))
    assert db.session.scalars(select(Grid.code)).all() == ["XQ-01"]


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.UNIT_ADMIN, Role.SYSTEM_LEAD])
def test_only_the_city_office_keeps_grids(street, bureau, grid, role):
    actor, stranger = make.grant_of(role, bureau), make.grant_of(role, make.unit())

    for holder in (actor, stranger):
        for verb in (
            lambda holder=holder: add(holder, street, bureau),
            lambda holder=holder: edit(grid, holder, name="x"),
            lambda holder=holder: service.end(grid, on=TODAY, actor=holder, now=NOW),
            lambda holder=holder: service.import_grids(b"x", actor=holder, now=NOW),
        ):
            with pytest.raises((NotAllowed, NotFound)):
                verb()
    db.session.expire_all()
    assert (grid.name, grid.ended_on) == ("府前小区", None)


def test_the_coordinators_of_a_grid_go_with_its_lead(office, bureau, other, grid):
    wang = make.person(unit=bureau)
    make.grant(person=wang, role=Role.COORDINATOR, unit=bureau, grid_id=grid.id)

    assert edit(grid, office, lead=other, co_units=[bureau])
    assert not edit(grid, office, lead=other, co_units=[bureau])

    assert helping(grid) == ["D02", "D01"]
    actor = make.actor_of(wang)
    assert actor.holds(other.path, Role.COORDINATOR)
    assert not actor.holds(bureau.path, Role.COORDINATOR)


def test_a_grid_ends_once_and_stays_then(office, bureau, grid):
    wang = make.person(unit=bureau)
    make.grant(person=wang, role=Role.COORDINATOR, unit=bureau, grid_id=grid.id)
    site = make.site(unit=bureau, grid_id=grid.id)

    for _ in range(2):
        service.end(grid, on=TODAY, actor=office, now=NOW)

    assert grid.ended_on == TODAY
    assert not make.actor_of(wang).grants
    db.session.refresh(site)
    assert site.grid_id == grid.id
    with pytest.raises(GridEnded):
        service.end(grid, on=date(2026, 11, 1), actor=office, now=NOW)
    with pytest.raises(GridEnded):
        edit(grid, office, name="另一名称")
    with pytest.raises(DayToCome):
        service.end(make.grid(), on=date(2026, 11, 24), actor=office, now=NOW)
