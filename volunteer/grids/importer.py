"""Reading a sheet of grids: its header, its rows, and what is wrong with them."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from volunteer.core.db import db
from volunteer.core.errors import DomainError
from volunteer.core.tables import (
    ASIDE,
    MISSING,
    SHOWN,
    Headed,
    NoRows,
    Row,
    RowError,
    Sheet,
    TooManyRows,
    headed,
    text_of,
)
from volunteer.units import queries as units
from volunteer.units.models import Grid, GridKind, Unit, UnitKind
from volunteer.units.rules import LONGEST_CODE, LONGEST_NAME, clean_name, name_key

from .errors import GridColumnsMissing, GridHeaderTwice, SeveralGridSheets
from .rules import names_in

ALIASES = {
    "code": ("网格编码", "编码", "网格编号", "编号", "网格代码"),
    "name": ("网格名称", "网格", "名称"),
    "kind": ("网格类型", "类型", "类别"),
    "township": ("所在镇街", "镇街", "乡镇街道", "所属镇街", "乡镇(街道)", "街道"),
    "lead": ("牵头单位", "责任单位", "包保单位", "单位"),
    "co_units": ("协同单位", "配合单位", "参与单位"),
}
MEANING = {alias: column for column, aliases in ALIASES.items() for alias in aliases}
NEEDED = ("code", "name", "kind", "township", "lead")
#: What is written once over merged cells holds for every row of them.
FILLED_DOWN = ("kind", "township", "lead", "co_units")
MOST_ROWS = 5_000
KIND_WORDS = {
    "道路": GridKind.ROAD,
    "路": GridKind.ROAD,
    "道路网格": GridKind.ROAD,
    "小区": GridKind.ESTATE,
    "小区网格": GridKind.ESTATE,
    "市场": GridKind.MARKET,
    "农贸市场": GridKind.MARKET,
    "小巷": GridKind.LANE,
    "巷": GridKind.LANE,
    "背街小巷": GridKind.LANE,
    **{kind.value: kind for kind in GridKind},
}
CODE = re.compile(r"[A-Z0-9][A-Z0-9-]*\Z")


class GridRow(NamedTuple):
    """One row that can be written; `row` is its number in the file."""

    row: int
    code: str
    name: str
    kind: GridKind
    township_id: int
    lead_id: int
    co_unit_ids: tuple[int, ...]


class Checked(NamedTuple):
    """The rows that can be written, what is wrong, and how many rows were left out."""

    sheet: str
    good: list[GridRow]
    errors: list[RowError]
    blank_rows: int
    other_rows: int


def check(sheets: Sequence[Sheet], *, under: Sequence[str], today: date) -> Checked:
    """Check every row of the one sheet of grids; raises a FileRefused, or TooManyRows."""
    table = _table(sheets)
    if len(table.rows) > MOST_ROWS:
        raise TooManyRows(limit=MOST_ROWS)
    reader = _Reader(table, under, today)
    for number, row in enumerate(table.rows, start=table.first):
        reader.read(number, row)
    if not reader.good and not reader.errors:
        raise NoRows()
    return Checked(table.sheet, reader.good, reader.errors, reader.blank_rows, reader.other_rows)


def _table(sheets: Sequence[Sheet]) -> Headed:
    tables = [table for sheet in sheets if (table := _table_of(sheet))]
    if not tables:
        raise GridColumnsMissing(columns="、".join(ALIASES[column][0] for column in NEEDED))
    if len(tables) > 1:
        raise SeveralGridSheets(sheets="、".join(table.sheet for table in tables))
    return tables[0]


def _table_of(sheet: Sheet) -> Headed | None:
    def twice(title: str) -> GridHeaderTwice:
        return GridHeaderTwice(column=title)

    return headed(sheet, MEANING, NEEDED, key=name_key, twice=twice)


def _filled_down(table: Headed) -> dict[tuple[int, str], str]:
    """Return what a merged cell says in each further row that it covers, by row and column."""
    found: dict[tuple[int, str], str] = {}
    for top, left, bottom, right in table.marks.merged:
        head = top - table.first
        if not 0 <= head < len(table.rows) or bottom == top:
            continue
        for column in FILLED_DOWN:
            place = table.places.get(column)
            if place is not None and left <= place + 1 <= right and left <= len(table.rows[head]):
                value = text_of(table.rows[head][left - 1])
                found |= {(row, column): value for row in range(top + 1, bottom + 1)}
    return found


class _Reader:
    """Takes row after row of a table and sorts them into right and wrong ones."""

    def __init__(self, table: Headed, under: Sequence[str], today: date) -> None:
        self.table = table
        self.index = units.load_index(on=today, under=under)
        townships = select(Unit.id).where(Unit.kind == UnitKind.TOWNSHIP)
        self.townships = set(db.session.scalars(townships))
        over = select(Grid.code).where(Grid.ended_on.is_not(None))
        self.ended = set(db.session.scalars(over))
        self.seen: set[str] = set()
        self.good: list[GridRow] = []
        self.errors: list[RowError] = []
        self.blank_rows = 0
        self.other_rows = 0
        self.filled = _filled_down(table)

    def read(self, number: int, row: Row) -> None:
        cells = {
            column: text_of(row[place]) if place < len(row) else ""
            for column, place in self.table.places.items()
        }
        if all(MISSING.match(cell) for cell in cells.values()) and not _is_no_grid(row):
            self.blank_rows += 1
            return
        if self._is_header(cells) or _is_no_grid(row):
            self.other_rows += 1
            return
        for column in FILLED_DOWN:
            if cells.get(column) == "":
                cells[column] = self.filled.get((number, column), "")
        before = len(self.errors)
        for column, place in self.table.places.items():
            if (number, place + 1) in self.table.marks.broken:
                self._wrong(number, column, "formula_value", cells[column])
        if len(self.errors) > before:
            return
        code = self._code(number, cells["code"])
        name = self._name(number, cells["name"])
        kind = KIND_WORDS.get(name_key(cells["kind"]).lower())
        if kind is None:
            self._wrong(number, "kind", "unknown_kind", cells["kind"])
        township = self._unit(number, "township", cells["township"])
        lead = self._unit(number, "lead", cells["lead"])
        helping = [
            self._unit(number, "co_units", each) for each in names_in(cells.get("co_units", ""))
        ]
        if kind is not None and len(self.errors) == before:
            co_units = tuple(each for each in dict.fromkeys(helping) if each != lead)
            self.good.append(GridRow(number, code, name, kind, township, lead, co_units))

    def _is_header(self, cells: Mapping[str, str]) -> bool:
        return all(MEANING.get(name_key(cells[column])) == column for column in ("code", "lead"))

    def _code(self, number: int, cell: str) -> str:
        code = name_key(cell).upper()
        if MISSING.match(cell):
            self._wrong(number, "code", "missing_code", cell)
        elif len(code) > LONGEST_CODE or not CODE.match(code):
            self._wrong(number, "code", "code_format", cell)
        elif code in self.seen:
            self._wrong(number, "code", "duplicate_code", cell)
        elif code in self.ended:
            self._wrong(number, "code", "ended", cell)
        self.seen.add(code)
        return code

    def _name(self, number: int, cell: str) -> str:
        name = clean_name(cell)
        if MISSING.match(cell):
            self._wrong(number, "name", "missing_name", cell)
        elif len(name) > LONGEST_NAME:
            self._wrong(number, "name", "too_long", cell)
        return name

    def _unit(self, number: int, column: str, cell: str) -> int:
        """Return the id of the unit that a cell names, 0 where that is wrong."""
        is_township = column == "township"
        if MISSING.match(cell):
            self._wrong(number, column, f"missing_{'township' if is_township else 'unit'}", cell)
            return 0
        try:
            found = self.index.find(cell).id
        except DomainError as error:
            known = is_township and error.code == "unknown_unit"
            self._wrong(number, column, "unknown_township" if known else error.code, cell)
            return 0
        if is_township and found not in self.townships:
            self._wrong(number, column, "unknown_township", cell)
            return 0
        return found

    def _wrong(self, number: int, column: str, code: str, value: str) -> None:
        self.errors.append(RowError(number, self.table.titles[column], code, value[:SHOWN]))


def _is_no_grid(row: Row) -> bool:
    """Tell whether the first text of a row says that it is a total, a signature or a sample."""
    texts = (name_key(cell) for cell in row if isinstance(cell, str))
    first = next(filter(None, texts), "")
    return ASIDE.match(first) is not None
