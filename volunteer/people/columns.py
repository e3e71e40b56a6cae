"""Which column of a sheet holds what: the header row and its aliases."""

from collections.abc import Sequence
from typing import NamedTuple

from volunteer.core.tables import Cell, NoRows, Row, Sheet
from volunteer.units.rules import name_key

from .errors import HeaderDuplicate, HeaderUnknown, SeveralSheets

ALIASES = {
    "name": ("姓名", "名字"),
    "phone": ("手机号", "手机", "手机号码", "联系电话"),
    "unit": ("单位", "所属单位", "工作单位", "单位名称"),
    "category": ("人员类别", "类别"),
    "joined": ("入职日期", "入职时间"),
}
NEEDED = ("name", "phone", "unit")
MEANING = {alias: column for column, aliases in ALIASES.items() for alias in aliases}
HEADER_WITHIN = 10


class Table(NamedTuple):
    """The people of a sheet; `places` gives each known column its index, `titles` its header.

    Row `first` of the sheet, counted from 1, is the first one under the header.
    """

    sheet: str
    places: dict[str, int]
    titles: dict[str, str]
    unused: list[str]
    first: int
    rows: Sequence[Row]


def find_table(sheets: Sequence[Sheet]) -> Table:
    """Return the one sheet with a header of people; raises a FileRefused."""
    tables = [table for sheet in sheets if (table := _table_of(sheet))]
    if not tables:
        raise HeaderUnknown(columns="、".join(ALIASES[column][0] for column in NEEDED))
    if len(tables) > 1:
        raise SeveralSheets(sheets="、".join(table.sheet for table in tables))
    if not tables[0].rows:
        raise NoRows()
    return tables[0]


def _table_of(sheet: Sheet) -> Table | None:
    for number, row in enumerate(sheet.rows[:HEADER_WITHIN]):
        titles = [name_key(cell) if isinstance(cell, str) else "" for cell in row]
        found = [title for title in titles if title in MEANING]
        if not set(NEEDED) <= {MEANING[title] for title in found}:
            continue
        places: dict[str, int] = {}
        for place, title in enumerate(titles):
            column = MEANING.get(title)
            if column in places:
                raise HeaderDuplicate(column=title)
            if column:
                places[column] = place
        return Table(
            sheet.name,
            places,
            {column: titles[place] for column, place in places.items()},
            [title for title in titles if title and title not in MEANING],
            number + 2,
            _padded(sheet.rows[number + 1 :], max(places.values()) + 1),
        )
    return None


def _padded(rows: Sequence[Row], width: int) -> Sequence[Row]:
    """Return the rows, short ones of a csv file filled up with empty cells."""
    if all(len(row) >= width for row in rows):
        return rows
    filling: list[Cell] = [""] * width
    return [row if len(row) >= width else [*row, *filling[len(row) :]] for row in rows]
