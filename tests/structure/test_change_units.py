"""Adding, renaming and moving units."""

from datetime import date

import pytest
from sqlalchemy import func, select

from tests import make
from tests.structure.conftest import NOW
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.core.models import Journal
from volunteer.units import queries, service
from volunteer.units.errors import (
    ChangeDay,
    CodeTaken,
    DayToCome,
    NameTaken,
    NameTakenThere,
    UnitEnded,
    WrongPlace,
)
from volunteer.units.models import Unit, UnitAlias, UnitKind, UnitName

TODAY = NOW.date()


def add(parent, actor, **given):
    facts = {"code": "D01-9", "name": "新科室", "kind": UnitKind.SECTION, "on": TODAY, **given}
    return service.add(parent, actor=actor, now=NOW, **facts)


def rename(unit, name, actor, on=TODAY):
    return service.rename(unit, name, on=on, actor=actor, now=NOW)


def move(unit, to, actor, on=TODAY):
    return service.move(unit, to, on=on, actor=actor, now=NOW)


def test_a_unit_is_added_with_its_day_and_journalled(office, bureau):
    made = add(bureau, office, name=" 新　科室 ", on=date(2026, 11, 1))

    assert (made.name, made.name_key, made.path) == (
        "新 科室",
        "新科室",
        f"{bureau.path}{made.id}/",
    )
    assert made.started_on == date(2026, 11, 1)
    entry = db.session.scalars(select(Journal).filter_by(action="units.add")).one()
    assert (entry.object_id, entry.unit_path) == ("D01-9", made.path)


def test_wrong_facts_of_a_new_unit_are_refused(office, bureau, section):
    with pytest.raises(CodeTaken):
        add(bureau, office, code="D01-1")
    with pytest.raises(NameTaken):
        add(bureau, office, name="基础 教育科")
    with pytest.raises(DayToCome):
        add(bureau, office, on=date(2026, 11, 24))
    with pytest.raises(WrongPlace):
        add(bureau, office, kind=UnitKind.CITY)
    assert db.session.scalar(select(func.count(Unit.id))) == 3


def test_a_unit_administrator_keeps_the_own_sections_only(bureau, section, other):
    admin = make.grant_of(Role.UNIT_ADMIN, bureau)

    add(bureau, admin)
    rename(section, "又一科室", admin)
    with pytest.raises(NotAllowed):
        add(bureau, admin, code="X", name="学校", kind=UnitKind.SCHOOL)
    with pytest.raises(NotAllowed):
        rename(bureau, "教育体育局", admin)
    with pytest.raises(NotFound):
        add(other, admin, code="X")
    with pytest.raises(NotAllowed):
        move(section, bureau, admin)


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.SYSTEM_LEAD, Role.INSPECTOR])
def test_others_change_nothing(bureau, section, role):
    actor = make.grant_of(role, bureau)

    for wrong in (
        lambda: add(bureau, actor),
        lambda: rename(section, "x", actor),
        lambda: move(section, make.city(), actor),
        lambda: service.end(section, on=TODAY, actor=actor, now=NOW),
        lambda: service.add_alias(section, "x", actor=actor, now=NOW),
    ):
        with pytest.raises((NotAllowed, NotFound)):
            wrong()


def test_a_renamed_unit_keeps_its_former_name_as_an_alias(office, bureau):
    """R32."""
    rename(bureau, "市教育体育局", office, on=date(2026, 11, 16))
    rename(bureau, "市教育体育局", office, on=date(2026, 11, 16))

    assert bureau.name == "市教育体育局"
    former = db.session.scalars(select(UnitName)).one()
    assert (former.name, former.from_on, former.until_on) == ("市教育局", None, date(2026, 11, 16))
    assert db.session.scalars(select(UnitAlias.name)).all() == ["市教育局"]
    assert queries.load_index(on=TODAY).find("市教育局").id == bureau.id
    assert queries.name_on(bureau, date(2026, 11, 15)) == "市教育局"
    assert queries.name_on(bureau, date(2026, 11, 16)) == "市教育体育局"


def test_names_follow_each_other(office, bureau):
    rename(bureau, "甲局", office, on=date(2026, 9, 1))
    rename(bureau, "乙局", office, on=date(2026, 10, 1))

    days = (date(2026, 8, 31), date(2026, 9, 1), date(2026, 9, 30), date(2026, 10, 1))
    assert [queries.name_on(bureau, day) for day in days] == ["市教育局", "甲局", "甲局", "乙局"]
    with pytest.raises(ChangeDay):
        rename(bureau, "丙局", office, on=date(2026, 10, 1))
    with pytest.raises(DayToCome):
        rename(bureau, "丙局", office, on=date(2026, 12, 1))


def test_a_name_of_a_sibling_is_refused_and_one_may_go_back(office, bureau, other):
    with pytest.raises(NameTaken):
        rename(other, "市 教育局", office)
    rename(bureau, "甲局", office, on=date(2026, 10, 1))
    rename(bureau, "市教育局", office, on=date(2026, 11, 1))

    assert db.session.scalars(select(UnitAlias.name)).all() == ["甲局"]


def test_an_unit_moves_with_everything_under_it(office, bureau, section, other):
    deep = make.unit(parent=section, kind="section")
    move(section, other, office)
    move(section, other, office)

    db.session.expire_all()
    assert section.path == f"{other.path}{section.id}/"
    assert deep.path == f"{section.path}{deep.id}/"
    assert section.parent_id == other.id
    assert db.session.scalar(select(func.count()).where(Journal.action == "units.move")) == 1


def test_rights_follow_the_tree(office, bureau, section, other):
    """A coordinator over the new parent sees the unit at once."""
    move(section, other, office)

    assert make.grant_of(Role.COORDINATOR, other).holds(section.path, Role.COORDINATOR)
    assert not make.grant_of(Role.COORDINATOR, bureau).holds(section.path, Role.COORDINATOR)


def test_a_wrong_move_is_refused(office, bureau, section, other):
    make.unit(parent=other, name="基础教育科", kind="section")
    gone = make.unit(ended_on=date(2026, 11, 1))

    with pytest.raises(WrongPlace):
        move(bureau, section, office)
    with pytest.raises(WrongPlace):
        move(make.city(), bureau, office)
    with pytest.raises(NameTakenThere):
        move(section, other, office)
    with pytest.raises(UnitEnded):
        move(section, gone, office)
    with pytest.raises(DayToCome):
        move(section, make.city(), office, on=date(2026, 11, 24))
