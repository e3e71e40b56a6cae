"""Reads of the staging table, for the preview."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from volunteer.core.db import db
from volunteer.units.models import Unit

from . import rules
from .models import ImportRun, Person
from .staging import ImportAbsence, ImportRow, RowAction

PAGE = 50
RECENT = 5
FLAGGED = "flagged"
#: What may be looked at row by row.
VIEWS = (*(action.value for action in RowAction), FLAGGED)
#: How long a cell is that a page shows.
SHOWN = 60


class StagedLine(NamedTuple):
    """A row of a file as the preview shows it; the phone is masked.

    `errors` are each column, code, value.
    """

    row: int
    action: str
    name: str
    phone: str
    unit_name: str
    old_unit_name: str
    category: str | None
    old_category: str | None
    errors: Sequence[Sequence[str]]
    flags: list[str]


class StagedPage(NamedTuple):
    lines: list[StagedLine]
    #: The row after which the next page begins.
    after: int | None


def page(run_id: int, view: str, *, code: str = "", after: int = 0) -> StagedPage:
    """Return 50 rows of one kind after the row `after`; refused ones of one `code` if given."""
    old = aliased(Unit)
    statement = (
        select(
            ImportRow.row,
            ImportRow.action,
            ImportRow.name,
            ImportRow.phone,
            Unit.name,
            old.name,
            ImportRow.category,
            Person.category,
            ImportRow.errors,
            ImportRow.flags,
        )
        .outerjoin(Unit, Unit.id == ImportRow.unit_id)
        .outerjoin(old, old.id == ImportRow.old_unit_id)
        .outerjoin(Person, Person.id == ImportRow.person_id)
        .where(ImportRow.run_id == run_id, ImportRow.row > after)
    )
    rows = db.session.execute(_kind(statement, view, code).order_by(ImportRow.row).limit(PAGE + 1))
    lines = [_line(row) for row in rows]
    return StagedPage(lines[:PAGE], lines[PAGE - 1].row if len(lines) > PAGE else None)


def _kind(statement: Select[Any], view: str, code: str) -> Select[Any]:
    if view == FLAGGED:
        return statement.where(ImportRow.flags.is_not(None))
    if view == RowAction.REFUSED:
        statement = statement.where(ImportRow.code.is_not(None))
        return statement.where(ImportRow.code == code) if code else statement
    return statement.where(ImportRow.action == view)


def _line(row: Sequence[Any]) -> StagedLine:
    number, action, name, phone, unit, old_unit, category, old_category, errors, flags = row
    return StagedLine(
        number,
        action,
        (name or "")[:SHOWN],
        rules.mask_phone(phone),
        unit or "",
        old_unit or "",
        category,
        old_category,
        errors or (),
        (flags or "").split(),
    )


def refused_rows(run_id: int) -> list[tuple[list[Any], list[list[str]]]]:
    """Return the refused rows as they were sent, each with its errors, in their order."""
    wanted = select(ImportRow.cells, ImportRow.errors).where(
        ImportRow.run_id == run_id, ImportRow.code.is_not(None)
    )
    rows = db.session.execute(wanted.order_by(ImportRow.row))
    return [(cells or [], errors or []) for cells, errors in rows]


class AbsentLine(NamedTuple):
    """Somebody of the register whom a whole roster lacks, and what is to become of them."""

    public_id: str
    volunteer_number: str
    name: str
    phone: str
    unit_name: str
    choice: str
    new_unit: str


class AbsentPage(NamedTuple):
    total: int
    lines: list[AbsentLine]
    #: What stands in the address of the next page.
    after: str | None


def absent(run_id: int, *, after: str = "") -> AbsentPage:
    """Return 50 of the people whom the roster lacks, by volunteer number after `after`."""
    new = aliased(Unit)
    rows = db.session.execute(
        select(
            Person.public_id,
            Person.volunteer_number,
            Person.name,
            Person.phone,
            Unit.name,
            ImportAbsence.choice,
            new.code,
        )
        .join(ImportAbsence, ImportAbsence.person_id == Person.id)
        .join(Unit, Unit.id == ImportAbsence.old_unit_id)
        .outerjoin(new, new.id == ImportAbsence.unit_id)
        .where(ImportAbsence.run_id == run_id, Person.volunteer_number > after)
        .order_by(Person.volunteer_number)
        .limit(PAGE + 1)
    )
    lines = [
        AbsentLine(who, number, name, rules.mask_phone(phone), unit, choice, new_unit or "")
        for who, number, name, phone, unit, choice, new_unit in rows
    ]
    counted = select(func.count()).where(ImportAbsence.run_id == run_id)
    return AbsentPage(
        db.session.scalar(counted) or 0,
        lines[:PAGE],
        lines[PAGE - 1].volunteer_number if len(lines) > PAGE else None,
    )


def absent_by_choice(run_id: int) -> dict[str, int]:
    """Return how many of the absent people are to become what."""
    counted = select(ImportAbsence.choice, func.count()).where(ImportAbsence.run_id == run_id)
    return dict(db.session.execute(counted.group_by(ImportAbsence.choice)).all())


def recent_runs(account_id: int | None) -> Sequence[ImportRun]:
    """Return the newest imports of an account, the last one first."""
    wanted = select(ImportRun).where(ImportRun.account_id == account_id)
    return db.session.scalars(wanted.order_by(ImportRun.id.desc()).limit(RECENT)).all()
