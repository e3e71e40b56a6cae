"""Reading a sheet of posts: its header, its rows, and what is wrong with them."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from os.path import commonprefix
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import select

from volunteer.core.db import db, within
from volunteer.core.errors import DomainError
from volunteer.core.tables import (
    ASIDE,
    MISSING,
    SHOWN,
    Cell,
    Headed,
    NoRows,
    Row,
    RowError,
    Sheet,
    TooManyRows,
    headed,
    text_of,
)
from volunteer.shifts.rules import numbers_fit
from volunteer.units import queries as units
from volunteer.units.models import Unit
from volunteer.units.rules import name_key

from . import columns, rules
from .columns import ALIASES, MEANING, NEEDED
from .errors import PostColumnsMissing, PostHeaderTwice, SeveralPostSheets
from .kit import kit_of, kit_text, names_in
from .rules import Size

MOST_ROWS = 5_000
#: The most that a text may hold.
LONGEST = {"name": 60, "roads": 120, "address": 120, "corners": 120, "kit": 120}
CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,19}\Z")

T = TypeVar("T")


class PostRow(NamedTuple):
    """One row that can be written: `given` are facts by their names, as far as the sheet has
    columns for them; `first_on` and `address` are for a new post only."""

    row: int
    code: str
    given: dict[str, Any]
    first_on: date | None
    address: str | None


class Checked(NamedTuple):
    """The rows that can be written, what is wrong, and how many rows were left out."""

    sheet: str
    good: list[PostRow]
    errors: list[RowError]
    blank_rows: int
    other_rows: int


def check(sheets: Sequence[Sheet], *, under: Sequence[str], today: date) -> Checked:
    """Check every row of the one sheet of posts; raises a FileRefused, or TooManyRows."""
    tables = [table for sheet in sheets if (table := _table_of(sheet))]
    if not tables:
        raise PostColumnsMissing(columns="、".join(ALIASES[column][0] for column in NEEDED))
    if len(tables) > 1:
        raise SeveralPostSheets(sheets="、".join(table.sheet for table in tables))
    table = tables[0]
    if len(table.rows) > MOST_ROWS:
        raise TooManyRows(limit=MOST_ROWS)
    reader = _Reader(table, under, today)
    for number, row in enumerate(table.rows, start=table.first):
        reader.read(number, row)
    if not reader.good and not reader.errors:
        raise NoRows()
    return Checked(table.sheet, reader.good, reader.errors, reader.blank_rows, reader.other_rows)


def _table_of(sheet: Sheet) -> Headed | None:
    def twice(title: str) -> PostHeaderTwice:
        return PostHeaderTwice(column=title)

    return headed(sheet, MEANING, NEEDED, key=name_key, twice=twice)


class _Reader:
    """Takes row after row of a table and sorts them into right and wrong ones."""

    def __init__(self, table: Headed, under: Sequence[str], today: date) -> None:
        self.table = table
        self.index = units.load_index(on=today, under=under)
        scope = select(Unit.id, Unit.path).where(within(Unit.path, under))
        self.path_of = dict(db.session.execute(scope).all())
        self.unit_at = {path: unit_id for unit_id, path in self.path_of.items()}
        self.seen: set[str] = set()
        self.good: list[PostRow] = []
        self.errors: list[RowError] = []
        self.blank_rows = 0
        self.other_rows = 0
        self.row = 0
        self.cells: dict[str, Cell] = {}

    def read(self, number: int, row: Row) -> None:
        self.row = number
        self.cells = {
            column: row[place] if place < len(row) else ""
            for column, place in self.table.places.items()
        }
        texts = [name_key(cell) for cell in row if isinstance(cell, str)]
        if all(MISSING.match(text_of(cell)) for cell in self.cells.values()):
            self.blank_rows += 1
            return
        if ASIDE.match(next(filter(None, texts), "")) or MEANING.get(name_key(self._text("code"))):
            self.other_rows += 1
            return
        before = len(self.errors)
        for column, place in self.table.places.items():
            if (number, place + 1) in self.table.marks.broken:
                self._wrong(column, "formula_value")
        if len(self.errors) > before:
            return
        code = self._code()
        given = self._facts()
        first_on = self._read("first_on", columns.day_of, "day_format")
        address = self._line("address")
        if len(self.errors) == before:
            self.good.append(PostRow(number, code, given, first_on, address))

    def _facts(self) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for column in ("roads", "corners"):
            if column in self.cells:
                given[column] = self._line(column)
        given["name"] = self._line("name")
        if given["name"] is None:
            self._wrong("name", "missing_name")
        if "kit" in self.cells:
            given["kit"] = kit_text(*kit_of(self._line("kit")))
        for column, words, otherwise in (
            ("place", columns.PLACE_WORDS, rules.PlaceKind.CROSSING),
            ("size", columns.SIZE_WORDS, Size.MINOR),
            ("holidays", columns.HOLIDAY_WORDS, rules.Holidays.MAKE_UP),
            ("needs_training", columns.YES_WORDS, True),
        ):
            if column in self.cells:
                given[column] = self._word(column, words, otherwise)
        for column in ("wanted", "capacity"):
            if column in self.cells:
                given[column] = self._read(column, _number, "number_format")
        if "wanted" in given or "size" in given:
            given["wanted"] = (
                given.get("wanted") or rules.WANTED[Size(given.get("size") or Size.MINOR)]
            )
        if given.get("wanted") and not numbers_fit(given["wanted"], given.get("capacity")):
            self._wrong("capacity", "numbers")
        if "last_on" in self.cells:
            given["last_on"] = self._read("last_on", columns.day_of, "day_format")
        given["windows"] = self._windows()
        return {**given, **self._units()}

    def _windows(self) -> tuple[rules.Window, ...]:
        if MISSING.match(self._text("windows")):
            self._wrong("windows", "missing_windows")
            return ()
        found = self._read("windows", lambda cell: columns.windows_of(str(cell)), "windows_format")
        if found and any(each.ends <= each.starts for each in found):
            self._wrong("windows", "window_times")
        elif found and rules.overlapping(found):
            self._wrong("windows", "windows_overlap")
        return tuple(found or ())

    def _units(self) -> dict[str, Any]:
        """Return who answers for the post, and who keeps it."""
        names = names_in(self._text("units"))
        if not names:
            self._wrong("units", "missing_unit")
            return {}
        turns = [self._unit("units", name) for name in names]
        turn_by = None
        if "turn_by" in self.cells:
            turn_by = self._word("turn_by", columns.TURN_WORDS, None)
        if len(turns) > 1 and turn_by is None:
            self._wrong("turn_by" if "turn_by" in self.cells else "units", "missing_turn")
        if turn_by and (len(turns) < 2 or len(set(turns)) < len(turns)):
            self._wrong("units", "turn_units")
        if None in turns:
            return {}
        keeper = self._text("keeper")
        kept = self._unit("keeper", keeper) if not MISSING.match(keeper) else self._above(turns)
        facts = {"unit_id": kept, "turn_by": turn_by, "units": tuple(turns) if turn_by else ()}
        from_on = self._read("turns_from", columns.day_of, "day_format")
        if turn_by is None:
            return {**facts, "turns_from": None}
        return {**facts, "turns_from": from_on} if from_on else facts

    def _above(self, turns: Sequence[int | None]) -> int | None:
        """Return the lowest unit above all that take turns, or the only one itself."""
        paths = [self.path_of[unit_id] for unit_id in turns if unit_id]
        shared = commonprefix([path.split("/")[:-1] for path in paths])
        found = self.unit_at.get("/".join(shared) + "/")
        if found is None:
            self._wrong("units", "missing_keeper")
        return found

    def _unit(self, column: str, name: str) -> int | None:
        try:
            return self.index.find(name).id
        except DomainError as error:
            self._wrong(column, error.code, name)
            return None

    def _code(self) -> str:
        code = name_key(self._text("code")).upper()
        if not code:
            self._wrong("code", "missing_code")
        elif not CODE.match(code):
            self._wrong("code", "code_format")
        elif code in self.seen:
            self._wrong("code", "duplicate_code")
        self.seen.add(code)
        return code

    def _text(self, column: str) -> str:
        return text_of(self.cells.get(column, "")).strip()

    def _line(self, column: str) -> str | None:
        text = " ".join(self._text(column).split())
        if len(text) > LONGEST[column]:
            self._wrong(column, "too_long")
        return None if MISSING.match(text) else text

    def _word(self, column: str, words: Mapping[str, Any], otherwise: Any) -> Any:
        text = name_key(self._text(column))
        if MISSING.match(text):
            return otherwise
        known = {name_key(word): meaning for word, meaning in words.items()}
        if text not in known:
            self._wrong(column, f"unknown_{column}")
        return known.get(text, otherwise)

    def _read(self, column: str, read: Callable[[Any], T], code: str) -> T | None:
        cell = self.cells.get(column, "")
        if MISSING.match(text_of(cell)):
            return None
        try:
            return read(cell)
        except ValueError:
            self._wrong(column, code)
            return None

    def _wrong(self, column: str, code: str, value: str | None = None) -> None:
        told = self._text(column) if value is None else value
        title = self.table.titles.get(column, ALIASES[column][0])
        self.errors.append(RowError(self.row, title, code, told[:SHOWN]))


def _number(cell: Cell) -> int:
    number = int(text_of(cell).strip().removesuffix("人"))
    if not 1 <= number <= 50:
        raise ValueError(f"not 1 to 50: {number}")
    return number
