"""Changes to the unit tree."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import transaction

from . import access, queries, rules
from .errors import (
    AliasTaken,
    CodeTaken,
    HasSubUnits,
    NameTaken,
    NameTakenThere,
    TooDeep,
    WrongPlace,
)
from .models import Unit, UnitAlias, UnitKind, UnitName


class UnitRow(NamedTuple):
    """One row of a file of units; `line` is its number in the file."""

    line: int
    code: str
    name: str
    parent_code: str
    kind: str


class RowError(NamedTuple):
    line: int
    code: str
    value: str


class ImportOutcome(NamedTuple):
    """`units` = rows of the file that are in the register now."""

    units: int
    new: int
    errors: list[RowError]


def import_units(rows: Sequence[UnitRow], *, actor: Actor, now: datetime) -> ImportOutcome:
    """Bring in the rows of a file, parents in any order; all of them or none.

    A code that is there with the same facts stays as it is, so a repeat changes
    nothing; with other facts it is an error. One wrong row means nothing is written.
    """
    with transaction() as session:
        access.require_keep(actor)
        known: dict[str, Unit] = {unit.code: unit for unit in session.scalars(select(Unit))}
        rows = [_clean(row) for row in rows]
        errors = _errors(rows, known)
        there = sum(row.code in known for row in rows)
        if errors:
            wrong = {error.line for error in errors}
            there = sum(row.code in known and row.line not in wrong for row in rows)
            return ImportOutcome(there, 0, errors)
        by_code = {row.code: row for row in rows if row.code not in known}
        for row in _parents_first(by_code):
            parent = known.get(row.parent_code) if row.parent_code else None
            made = Unit(
                code=row.code,
                name=row.name,
                name_key=rules.name_key(row.name),
                kind=row.kind,
                parent_id=parent and parent.id,
                path=f"new {row.code}",
            )
            session.add(made)
            session.flush()
            made.path = f"{parent.path if parent else '/'}{made.id}/"
            known[row.code] = made
        if by_code:
            journal.write("units.import", "unit", 0, actor=actor, now=now, new=len(by_code))
        return ImportOutcome(len(rows), len(by_code), [])


def _clean(row: UnitRow) -> UnitRow:
    return row._replace(
        code=rules.name_key(row.code),
        name=rules.clean_name(row.name),
        parent_code=rules.name_key(row.parent_code),
        kind=rules.name_key(row.kind).lower(),
    )


def _errors(rows: Sequence[UnitRow], known: dict[str, Unit]) -> list[RowError]:
    """Return what is wrong, at most one error a row, in the order of the file."""
    codes = {row.code for row in rows}
    parents = {unit.id: unit.code for unit in known.values()}
    names: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for unit in known.values():
        names[parents.get(unit.parent_id or 0, ""), unit.name_key].add(unit.code)
    for row in rows:
        names[row.parent_code, rules.name_key(row.name)].add(row.code)
    above = {row.code: row.parent_code for row in rows}
    roots = {unit.code for unit in known.values() if unit.parent_id is None}
    roots |= {row.code for row in rows if not row.parent_code}
    seen: set[str] = set()
    errors = []
    for row in rows:
        there, code = known.get(row.code), None
        if not row.code:
            code = "missing_code"
        elif not row.name:
            code = "missing_name"
        elif len(row.code) > rules.LONGEST_CODE or len(row.name) > rules.LONGEST_NAME:
            code = "too_long"
        elif row.kind not in list(UnitKind):
            code = "unknown_kind"
        elif row.code in seen:
            code = "duplicate_code"
        elif (row.kind == UnitKind.CITY) == bool(row.parent_code) or (
            not row.parent_code and len(roots) > 1
        ):
            code = "wrong_root"
        elif row.parent_code and row.parent_code not in codes and row.parent_code not in known:
            code = "unknown_parent"
        elif _is_circle(row.code, above):
            code = "circle"
        elif len(names[row.parent_code, rules.name_key(row.name)]) > 1:
            code = "duplicate_name"
        elif there and (there.name, there.kind, parents.get(there.parent_id or 0, "")) != (
            row.name,
            row.kind,
            row.parent_code,
        ):
            code = "different"
        seen.add(row.code)
        if code:
            errors.append(RowError(row.line, code, row.name or row.code))
    return errors


def _is_circle(code: str, above: dict[str, str]) -> bool:
    passed = set()
    while code in above:
        if code in passed:
            return True
        passed.add(code)
        code = above[code]
    return False


def _parents_first(rows: dict[str, UnitRow]) -> list[UnitRow]:
    """Return the rows so that each comes after its parent."""
    ordered: dict[str, UnitRow] = {}
    for row in rows.values():
        chain = []
        step: UnitRow | None = row
        while step and step.code not in ordered:
            chain.append(step)
            step = rows.get(step.parent_code)
        ordered.update((each.code, each) for each in reversed(chain))
    return list(ordered.values())


def lock_tree(session: Session) -> None:
    """Let one change of the tree happen at a time. Part of a verb with a transaction open."""
    session.execute(select(Unit.id).where(Unit.parent_id.is_(None)).with_for_update())


def add(
    parent: Unit,
    *,
    code: str,
    name: str,
    kind: UnitKind,
    on: date,
    actor: Actor,
    now: datetime,
) -> Unit:
    """Set up a unit below `parent` from the day `on` on (today or earlier).

    Raises UnitEnded, CodeTaken, NameTaken, DayToCome, TooDeep, WrongPlace (a second city).
    """
    with transaction() as session:
        access.require_add(actor, kind, parent.path)
        lock_tree(session)
        session.refresh(parent)
        rules.require_standing(parent.name, parent.ended_on, on=local_day(now))
        rules.require_change_day(on, after=None, today=local_day(now))
        if kind == UnitKind.CITY:
            raise WrongPlace()
        if queries.by_code(code) is not None:
            raise CodeTaken(code=code)
        name = rules.clean_name(name)
        key = rules.name_key(name)
        if queries.sibling_named(key, parent.id):
            raise NameTaken(name=name)
        unit = Unit(
            code=code,
            name=name,
            name_key=key,
            kind=kind,
            parent_id=parent.id,
            path=f"new {code}",
            started_on=on,
        )
        session.add(unit)
        session.flush()
        unit.path = _fitting(f"{parent.path}{unit.id}/")
        _note("add", unit, actor, now, on=on.isoformat(), kind=str(kind), under=parent.code)
        return unit


def rename(unit: Unit, name: str, *, on: date, actor: Actor, now: datetime) -> Unit:
    """Give the unit another name from the day `on` on; tables before keep the old one (R32).

    The old name becomes an alias, where no other unit has it, so that sheets that still
    say it are understood. The same name again changes nothing. Raises NameTaken,
    DayToCome, and ChangeDay for a day not after the last change of the name.
    """
    with transaction() as session:
        access.require_change(actor, unit.kind, unit.path)
        lock_tree(session)
        session.refresh(unit)
        rules.require_standing(unit.name, unit.ended_on, on=local_day(now))
        name = rules.clean_name(name)
        if name == unit.name:
            return unit
        last = queries.former_names(unit.id)
        since = last[0].until_on if last else unit.started_on
        rules.require_change_day(on, after=since, today=local_day(now))
        key = rules.name_key(name)
        if queries.sibling_named(key, unit.parent_id, but=unit.id):
            raise NameTaken(name=name)
        old, old_key = unit.name, unit.name_key
        session.add(UnitName(unit_id=unit.id, name=old, from_on=since, until_on=on))
        unit.name, unit.name_key = name, key
        session.flush()
        _end_alias(session, unit.id, key)
        remember_name(session, unit, old, old_key, actor=actor, now=now)
        _note("rename", unit, actor, now, on=on.isoformat())
        return unit


def move(unit: Unit, to: Unit, *, on: date, actor: Actor, now: datetime) -> Unit:
    """Put the unit with everything under it below another one, at once.

    Rights follow the tree, so they change with it; `on` is only written down. Tables of
    past months show the tree of today with the names of then (R32). A repeat changes nothing.
    Raises WrongPlace, UnitEnded, NameTaken, TooDeep, DayToCome.
    """
    with transaction() as session:
        access.require_unit(actor, unit.path)
        access.require_unit(actor, to.path)
        lock_tree(session)
        session.refresh(unit)
        session.refresh(to)
        if unit.parent_id is None or to.path.startswith(unit.path):
            raise WrongPlace()
        if unit.parent_id == to.id:
            return unit
        rules.require_standing(unit.name, unit.ended_on, on=local_day(now))
        rules.require_standing(to.name, to.ended_on, on=local_day(now))
        rules.require_change_day(on, after=None, today=local_day(now))
        replant(session, unit, to)
        _note("move", unit, actor, now, on=on.isoformat(), under=to.code)
        return unit


def replant(session: Session, unit: Unit, to: Unit) -> None:
    """Rewrite the paths of a subtree below `to`. Part of a verb that holds the tree's lock."""
    if queries.sibling_named(unit.name_key, to.id, but=unit.id):
        raise NameTakenThere(name=unit.name)
    old, new = unit.path, f"{to.path}{unit.id}/"
    below = Unit.path.startswith(old, autoescape=True)
    longest = session.scalars(select(func.max(func.length(Unit.path))).where(below)).one()
    if longest - len(old) + len(new) > rules.LONGEST_PATH:
        raise TooDeep()
    unit.parent_id = to.id
    session.flush()
    rewritten = new + func.substr(Unit.path, len(old) + 1)
    session.execute(
        update(Unit)
        .where(below)
        .values(path=rewritten)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()


def end(unit: Unit, *, on: date, actor: Actor, now: datetime) -> Unit:
    """Say that the unit is no more from the day `on` on; a repeat changes nothing.

    Who calls it has seen to the people and the work of the unit. Raises HasSubUnits,
    WrongPlace (the city), UnitEnded, DayToCome, ChangeDay.
    """
    with transaction() as session:
        access.require_change(actor, unit.kind, unit.path)
        lock_tree(session)
        session.refresh(unit)
        if unit.parent_id is None:
            raise WrongPlace()
        if unit.ended_on == on:
            return unit
        rules.require_standing(unit.name, unit.ended_on, on=local_day(now))
        rules.require_change_day(on, after=unit.started_on, today=local_day(now))
        if queries.has_standing_children(unit.id, on=on):
            raise HasSubUnits(unit=unit.name)
        unit.ended_on = on
        session.flush()
        _note("end", unit, actor, now, on=on.isoformat())
        return unit


def add_alias(unit: Unit, name: str, *, actor: Actor, now: datetime) -> UnitAlias:
    """Let sheets call the unit by a further name; a repeat returns the one that is there.

    Raises AliasTaken where another unit is called so, NotFound for a foreign unit.
    """
    with transaction() as session:
        access.require_alias(actor, unit.path)
        rules.require_standing(unit.name, unit.ended_on, on=local_day(now))
        name = rules.clean_name(name)
        key = rules.name_key(name)
        if there := session.scalar(select(UnitAlias).filter_by(unit_id=unit.id, name_key=key)):
            return there
        if owner := queries.owner_of_name(key):
            raise AliasTaken(name=name, unit=owner.name)
        return _add_alias(session, unit, name, key, actor=actor, now=now)


def end_alias(alias_id: int, *, actor: Actor, now: datetime) -> None:
    """Take an alias off the list; sheets that still say it are refused from then on."""
    with transaction() as session:
        alias = queries.alias(alias_id, under=access.require_alias_keeper(actor))
        _note("end_alias", alias.unit, actor, now, alias=alias.id)
        session.delete(alias)


def remember_name(
    session: Session, unit: Unit, name: str, key: str, *, actor: Actor, now: datetime
) -> None:
    """Make a former name an alias of the unit where nobody else has it. Part of a verb."""
    if queries.owner_of_name(key) is None:
        _add_alias(session, unit, name, key, actor=actor, now=now)


def _add_alias(
    session: Session, unit: Unit, name: str, key: str, *, actor: Actor, now: datetime
) -> UnitAlias:
    alias = UnitAlias(
        unit_id=unit.id, name=name, name_key=key, created_by=actor.account_id, created_at=now
    )
    session.add(alias)
    session.flush()
    _note("add_alias", unit, actor, now, alias=alias.id)
    return alias


def _end_alias(session: Session, unit_id: int, key: str) -> None:
    """A unit that takes back an old name needs no alias for it."""
    own = select(UnitAlias).filter_by(unit_id=unit_id, name_key=key)
    for alias in session.scalars(own).all():
        session.delete(alias)
    session.flush()


def _fitting(path: str) -> str:
    if len(path) > rules.LONGEST_PATH:
        raise TooDeep()
    return path


def _note(act: str, unit: Unit, actor: Actor, now: datetime, **body: object) -> None:
    journal.write(
        f"units.{act}", "unit", unit.code, actor=actor, now=now, unit_path=unit.path, **body
    )
