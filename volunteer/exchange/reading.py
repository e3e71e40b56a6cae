"""What an export says: every row checked, column by column, nothing written."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache, partial
from typing import Any, NamedTuple

from volunteer.core import clock, tables
from volunteer.core.tables import Cell, Row, TooManyRows
from volunteer.people.rules import Wrong, is_missing, normalise_name, normalise_phone
from volunteer.units.rules import clean_name, name_key

from . import rules
from .columns import ALIASES, MEANING, Table, find_table
from .errors import ValueUnitUnknown
from .models import Kind, ValueUnit

MOST_ROWS = 100_000
#: Wrong cells told one by one; of the others only the number is told.
ERRORS_TOLD = 200
#: How much of a wrong cell is told.
SHOWN = 60

ORDER = ("number", "name", "phone", "organisation", "activity", "day", "starts", "ends", "value")
TOTALS = ("合计", "总计", "小计", "共计")
NOTE = re.compile(
    r"[(（【]?(示例|样例|例[:：])|(填表|制表|导出|说明|备注|注|审核|签字)[^，。]{0,8}[:：]"
)


class RowError(NamedTuple):
    """Why one cell is wrong; `row` as the spreadsheet counts, `column` as its header says."""

    row: int
    column: str
    code: str
    value: str


class Facts(NamedTuple):
    """What a right row says; of people the last five are None.

    Minutes without `ends_at` are honour hours.
    """

    row: int
    number: str | None
    name: str
    phone: str | None
    organisation: str | None
    activity: str | None = None
    day: date | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    minutes: int | None = None


@dataclass(slots=True)
class Reading:
    """What a file says: the right rows, and the wrong ones by row number.

    A row counts once in `rejected`, under its first error in the order of `ORDER`.
    """

    kind: Kind
    sheet: str
    titles: dict[str, str]
    unused: list[str]
    rows: int
    value_unit: ValueUnit | None = None
    good: list[Facts] = field(default_factory=list)
    wrong: dict[int, list[RowError]] = field(default_factory=dict)
    skipped_duplicates: int = 0
    blank_rows: int = 0
    #: Second headers, totals, notes, samples.
    other_rows: int = 0
    #: The first duration, as it stands there and as it was read.
    sample: dict[str, Any] = field(default_factory=dict)

    @property
    def errors(self) -> list[RowError]:
        """The first errors, by row."""
        return [error for _, each in sorted(self.wrong.items()) for error in each][:ERRORS_TOLD]

    @property
    def counts(self) -> dict[str, Any]:
        """The figures that the file's page and the shell tell."""
        return {
            "rows": self.rows,
            "kept": len(self.good),
            "rejected": dict(Counter(errors[0].code for errors in self.wrong.values())),
            "skipped_duplicates": self.skipped_duplicates,
            "blank_rows": self.blank_rows,
            "other_rows": self.other_rows,
            "sheet": self.sheet,
            "titles": self.titles,
            "unused": self.unused,
            "sample": self.sample,
        }

    @property
    def period(self) -> tuple[date | None, date | None]:
        """The first and the last day of the records."""
        days = [facts.day for facts in self.good if facts.day]
        return (min(days), max(days)) if days else (None, None)


def read(
    content: bytes,
    *,
    kind: Kind | None = None,
    value_unit: ValueUnit | None = None,
    now: datetime,
) -> Reading:
    """Read an export and check every row by itself; raises a FileRefused.

    In which unit durations are told is what their header says, else `value_unit`; where
    neither says it, nothing is guessed (ValueUnitUnknown).
    """
    table = find_table(tables.read(content), kind)
    if len(table.rows) > MOST_ROWS:
        filled = sum(any(cell != "" for cell in row) for row in table.rows)
        if filled > MOST_ROWS:
            raise TooManyRows(limit=MOST_ROWS)
    reading = Reading(table.kind, table.sheet, table.titles, table.unused, len(table.rows))
    reader = _Reader(table, reading, now)
    if table.kind == Kind.DURATIONS:
        reader.units = _units(table, value_unit)
        reading.value_unit = ValueUnit(reader.units.get("value") or reader.units["honour"])
    for row_number, row in enumerate(table.rows, start=table.first):
        reader.take(row_number, row)
    _refuse_doubles(reading)
    return reading


def _units(table: Table, chosen: ValueUnit | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for column in ("value", "honour"):
        if column not in table.places:
            continue
        unit = table.units.get(column) or chosen
        if unit is None:
            raise ValueUnitUnknown(column=table.titles[column])
        found[column] = str(unit)
    return found


class _Reader:
    """Reads the rows of one table into `reading`."""

    def __init__(self, table: Table, reading: Reading, now: datetime) -> None:
        self.table = table
        self.reading = reading
        self.now = now
        self.today = clock.local_day(now)
        self.units: dict[str, str] = {}
        self.seen: set[Facts] = set()
        self.found: list[tuple[str, str, str]] = []
        # Most cells of these columns say what another one has said: each is read once.
        self.moment_of = cache(partial(rules.moment_of, today=self.today))
        self.minutes_of = cache(rules.minutes_of)
        self.short = cache(_short)
        self.at = cache(clock.at)

    def take(self, number: int, row: Row) -> None:
        """Add one row to the right ones, to the wrong ones, or to those left out."""
        cells = {column: row[place] for column, place in self.table.places.items()}
        if all(_is_empty(cell) for cell in cells.values()):
            self.reading.blank_rows += not _is_note(row)
            self.reading.other_rows += _is_note(row)
            return
        if _is_header(cells) or _is_note(row):
            self.reading.other_rows += 1
            return
        self.found = []
        facts = self._facts(number, cells)
        if self.found:
            found = sorted(self.found, key=lambda each: ORDER.index(each[0]))
            self.reading.wrong[number] = [
                RowError(number, self._title(column), code, value[:SHOWN])
                for column, code, value in found
            ]
        elif facts._replace(row=0) in self.seen:
            self.reading.skipped_duplicates += 1
        else:
            self.seen.add(facts._replace(row=0))
            self.reading.good.append(facts)

    def _title(self, column: str) -> str:
        titles = self.table.titles
        others = {"value": "honour", "day": "starts", "starts": "day"}
        return titles.get(column) or titles.get(others.get(column, ""), column)

    def _refuse(self, column: str, code: str, cell: Cell = "") -> None:
        self.found.append((column, code, text(cell)))

    def _read(self, column: str, cells: dict[str, Cell], read: Any, missing: str = "") -> Any:
        """Return what a cell says, None where it is wrong or says nothing."""
        cell = cells.get(column, "")
        if _is_empty(cell):
            if missing:
                self._refuse(column, missing)
            return None
        try:
            return read(cell)
        except Wrong as error:
            self._refuse(column, error.code, cell)
            return None

    def _facts(self, number: int, cells: dict[str, Cell]) -> Facts:
        durations = self.table.kind == Kind.DURATIONS
        theirs = self._read(
            "number",
            cells,
            lambda cell: rules.number_of(text(cell)),
            "" if durations else "missing_number",
        )
        name = self._read("name", cells, lambda cell: normalise_name(text(cell)), "missing_name")
        phone = self._read("phone", cells, normalise_phone)
        nobody = _is_empty(cells.get("number", "")) and _is_empty(cells.get("phone", ""))
        if durations and nobody:
            self._refuse("phone" if "phone" in cells else "number", "missing_phone")
        organisation = self._read("organisation", cells, self.short)
        who = Facts(number, theirs, name or "", phone, organisation)
        return self._served(who, cells) if durations else who

    def _served(self, who: Facts, cells: dict[str, Cell]) -> Facts:
        activity = self._read("activity", cells, self.short, "missing_activity")
        minutes = self._minutes(cells)

        def moment(column: str) -> rules.Moment:
            told = self._read(column, cells, self.moment_of)
            return told or rules.NO_MOMENT

        on, starts, ends = moment("day"), moment("starts"), moment("ends")
        if any(column in {"day", "starts", "ends"} for column, *_ in self.found):
            return who
        day = starts.day or on.day
        if day is None:
            self._refuse("starts" if "starts" in cells else "day", "missing_time")
            return who
        hour = starts.hour or on.hour
        begins = self.at(day, hour) if hour else None
        finishes = self.at(ends.day or day, ends.hour) if begins and ends.hour else None
        if begins and finishes and not timedelta() < finishes - begins <= rules.DAY:
            self._refuse("ends", "times_order", cells.get("ends", ""))
        if (finishes or begins or self.at(day, time())) > self.now:
            self._refuse("starts", "in_future", cells.get("starts") or cells.get("day", ""))
        return who._replace(
            activity=activity, day=day, starts_at=begins, ends_at=finishes, minutes=minutes
        )

    def _minutes(self, cells: dict[str, Cell]) -> int | None:
        told = {
            column: cells[column] for column in self.units if not rules.is_nothing(cells[column])
        }
        if len(told) != 1:
            shown = "、".join(text(cell) for cell in told.values())
            self._refuse("value", "two_values" if told else "missing_value", shown)
            return None
        column, cell = next(iter(told.items()))
        try:
            minutes = self.minutes_of(cell, self.units[column])
        except Wrong as error:
            self._refuse("value", error.code, cell)
            return None
        if not self.reading.sample:
            self.reading.sample = {"text": text(cell)[:SHOWN], "minutes": minutes}
        return minutes


def text(cell: Cell) -> str:
    """Return a cell as text; a whole number without its point."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _is_empty(cell: Cell) -> bool:
    """Tell whether a cell says nothing; most say something with their first sign."""
    if not isinstance(cell, str):
        return False
    return not cell or (not cell[0].isalnum() and is_missing(cell))


def _short(cell: Cell) -> str:
    words = clean_name(text(cell))
    if len(words) > rules.LONGEST_CELL:
        raise Wrong("too_long")
    return words


def _is_header(cells: dict[str, Cell]) -> bool:
    if text(cells["name"]).strip("* ") not in ALIASES["name"]:
        return False
    keys = [name_key(text(cells[each])) for each in ("phone", "number") if each in cells]
    return all(rules.unit_of_title(key)[0] in MEANING for key in keys)


def _is_note(row: Row) -> bool:
    """Tell whether a row begins with totals, a note or a sample."""
    first = next((cell for cell in row if isinstance(cell, str) and cell.strip()), "")
    return first.lstrip().startswith(TOTALS) or NOTE.match(name_key(first)) is not None


def _refuse_doubles(reading: Reading) -> None:
    """Refuse the rows of a phone, or of a number, that stands for several people."""
    wrong: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
    for column in ("phone", "number"):
        for rows in _shared(reading.good, column):
            for facts in rows:
                value = getattr(facts, column)
                wrong[facts.row].append((column, f"duplicate_{column}", value))
    for number, found in wrong.items():
        reading.wrong[number] = [
            RowError(number, reading.titles.get(column, column), code, value)
            for column, code, value in sorted(found, key=lambda each: ORDER.index(each[0]))
        ]
    reading.good = [facts for facts in reading.good if facts.row not in wrong]


def _shared(good: Iterable[Facts], column: str) -> list[list[Facts]]:
    """Return the rows of each phone, or number, that is borne by several names."""
    rows: defaultdict[str, list[Facts]] = defaultdict(list)
    for facts in good:
        if value := getattr(facts, column):
            rows[value].append(facts)
    return [group for group in rows.values() if len({facts.name for facts in group}) > 1]
