"""Setting up, changing and ending grids: areas with one lead unit and some co-units."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from volunteer.accounts import service as accounts
from volunteer.core import journal, tables
from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import again_on_conflict, transaction
from volunteer.core.tables import RowError
from volunteer.units import queries as units
from volunteer.units import rules
from volunteer.units.models import Grid, GridCoUnit, GridKind, Unit

from . import access, importer
from .errors import GridEnded, GridExists
from .importer import GridRow


@again_on_conflict
def add(
    *,
    code: str,
    name: str,
    kind: GridKind,
    township: Unit,
    lead: Unit,
    co_units: Iterable[Unit] = (),
    on: date | None = None,
    actor: Actor,
    now: datetime,
) -> Grid:
    """Set up a grid from the day `on` on, today or earlier; None: it has always been there.

    The lead unit is left out of the co-units. Raises GridExists, UnitEnded, DayToCome,
    and NotFound for a unit outside the actor's.
    """
    with transaction() as session:
        _require(actor, township, lead)
        today = local_day(now)
        if on is not None:
            rules.require_change_day(on, after=None, today=today)
        rules.require_standing(lead.name, lead.ended_on, on=today)
        if session.scalar(select(Grid.id).filter_by(code=code)):
            raise GridExists(code=code)
        grid = Grid(
            code=code,
            name=rules.clean_name(name),
            kind=kind,
            township_id=township.id,
            lead_unit_id=lead.id,
            started_on=on,
        )
        session.add(grid)
        session.flush()
        _help(session, grid, co_units, actor, today)
        _note("add", grid, lead, actor, now, kind=str(kind))
        return grid


def edit(
    grid: Grid,
    *,
    name: str,
    kind: GridKind,
    township: Unit,
    lead: Unit,
    co_units: Iterable[Unit] = (),
    actor: Actor,
    now: datetime,
) -> bool:
    """Change a grid's facts, at once; return whether anything changed.

    With a new lead unit the grid's coordinators work for that one. Minutes that have been
    entered keep their grid and their unit (R29). Raises GridEnded, UnitEnded, NotFound.
    """
    with transaction() as session:
        _require(actor, township, lead)
        _lock(session, grid)
        if grid.ended_on is not None:
            raise GridEnded()
        today = local_day(now)
        facts = (rules.clean_name(name), str(kind), township.id, lead.id)
        before = (grid.name, grid.kind, grid.township_id, grid.lead_unit_id)
        if lead.id != grid.lead_unit_id:
            rules.require_standing(lead.name, lead.ended_on, on=today)
            accounts.lead_grid(grid.id, lead.id)
        grid.name, grid.kind, grid.township_id, grid.lead_unit_id = facts
        session.flush()
        helpers_changed = _help(session, grid, co_units, actor, today)
        changed = facts != before or helpers_changed
        if changed:
            _note("edit", grid, lead, actor, now, led_by=lead.code)
        return changed


def end(grid: Grid, *, on: date, actor: Actor, now: datetime) -> None:
    """Say that the grid is no more from the day `on` on; its coordinators' appointments end.

    Its sites stay where they are, and what was served there stays in its past months. A
    repeat changes nothing. Raises GridEnded (another day), DayToCome, ChangeDay.
    """
    with transaction() as session:
        _require(actor, grid.township, grid.lead_unit)
        _lock(session, grid)
        if grid.ended_on == on:
            return
        if grid.ended_on is not None:
            raise GridEnded()
        rules.require_change_day(on, after=grid.started_on, today=local_day(now))
        grid.ended_on = on
        accounts.end_for_grid(grid.id, actor=actor, now=now)
        _note("end", grid, grid.lead_unit, actor, now, on=on.isoformat())


class ImportOutcome(NamedTuple):
    """What became of a file; with `errors` nothing was written, and `new` is what would be."""

    sheet: str
    rows: int
    new: int
    updated: int
    unchanged: int
    blank_rows: int
    other_rows: int
    errors: list[RowError]


@again_on_conflict
def import_grids(
    content: bytes, *, dry_run: bool = False, actor: Actor, now: datetime
) -> ImportOutcome:
    """Bring in a sheet of grids, by their codes: all rows or none.

    A grid that is there is changed to what the row says; the same file again changes
    nothing. Grids that the file does not name stay. With one wrong row, or `dry_run`,
    nothing is written. Raises a FileRefused, TooManyRows, NotAllowed.
    """
    with transaction() as session:
        under = access.require_keeper(actor)
        checked = importer.check(tables.read(content), under=under, today=local_day(now))
        there = {grid.code: grid for grid in session.scalars(select(Grid))}
        wanted = [row for row in checked.good if row.code in there]
        helping: defaultdict[int, set[int]] = defaultdict(set)
        for grid_id, unit_id in session.execute(select(GridCoUnit.grid_id, GridCoUnit.unit_id)):
            helping[grid_id].add(unit_id)
        other = [row for row in wanted if _differs(row, there[row.code], helping)]
        outcome = ImportOutcome(
            checked.sheet,
            len(checked.good) + len({error.row for error in checked.errors}),
            len(checked.good) - len(wanted),
            len(other),
            len(wanted) - len(other),
            checked.blank_rows,
            checked.other_rows,
            checked.errors,
        )
        if dry_run or checked.errors:
            return outcome
        known = units.by_ids(
            each
            for row in checked.good
            for each in (row.township_id, row.lead_id, *row.co_unit_ids)
        )
        changed = {row.code for row in other}
        for row in checked.good:
            facts = _facts(row, known)
            if row.code not in there:
                add(code=row.code, actor=actor, now=now, **facts)
            elif row.code in changed:
                edit(there[row.code], actor=actor, now=now, **facts)
        if outcome.new or outcome.updated:
            journal.write(
                "grids.import",
                "grid",
                0,
                actor=actor,
                now=now,
                new=outcome.new,
                updated=outcome.updated,
            )
        return outcome


def _differs(row: GridRow, grid: Grid, helping: Mapping[int, set[int]]) -> bool:
    facts = (grid.name, grid.kind, grid.township_id, grid.lead_unit_id)
    told = (row.name, row.kind.value, row.township_id, row.lead_id)
    return told != facts or set(row.co_unit_ids) != helping[grid.id]


def _facts(row: GridRow, known: Mapping[int, Unit]) -> dict[str, Any]:
    return {
        "name": row.name,
        "kind": row.kind,
        "township": known[row.township_id],
        "lead": known[row.lead_id],
        "co_units": [known[each] for each in row.co_unit_ids],
    }


def _lock(session: Session, grid: Grid) -> None:
    """Take the grid's row for this verb, and read it anew."""
    session.execute(select(Grid.id).where(Grid.id == grid.id).with_for_update())
    session.refresh(grid)


def _require(actor: Actor, *held: Unit) -> None:
    for unit in held:
        access.require_keep(actor, unit.path)


def _help(
    session: Session, grid: Grid, co_units: Iterable[Unit], actor: Actor, today: date
) -> bool:
    """Let exactly these units help, the lead left out; return whether that is new."""
    wanted = {unit.id: unit for unit in co_units if unit.id != grid.lead_unit_id}
    held = select(GridCoUnit.unit_id).filter_by(grid_id=grid.id)
    helping = set(session.scalars(held))
    for unit_id in wanted.keys() - helping:
        unit = wanted[unit_id]
        access.require_keep(actor, unit.path)
        rules.require_standing(unit.name, unit.ended_on, on=today)
        session.add(GridCoUnit(grid_id=grid.id, unit_id=unit_id))
    if gone := helping - wanted.keys():
        session.execute(
            delete(GridCoUnit).where(GridCoUnit.grid_id == grid.id, GridCoUnit.unit_id.in_(gone))
        )
    session.flush()
    return wanted.keys() != helping


def _note(act: str, grid: Grid, lead: Unit, actor: Actor, now: datetime, **body: object) -> None:
    journal.write(
        f"grids.{act}", "grid", grid.code, actor=actor, now=now, unit_path=lead.path, **body
    )
