"""Changes to the unit tree."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.db import transaction

from . import access, rules
from .models import Unit, UnitKind


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
