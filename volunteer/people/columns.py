"""Which sheet and which columns hold what: the header row, its aliases, a person's choice."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, zip_longest
from typing import Any, NamedTuple

from volunteer.core.sheets import Marks, column_letters
from volunteer.core.tables import Book, NoRows, Row, Sheet, padded, text_of
from volunteer.units.rules import name_key

from .errors import ChoiceUnknown, HeaderDuplicate, HeaderUnknown, SeveralSheets

ALIASES = {
    "name": ("姓名", "名字"),
    "phone": ("手机号", "手机", "手机号码", "联系电话"),
    "unit": ("单位", "所属单位", "工作单位", "单位名称"),
    "category": ("人员类别", "类别"),
    "joined": ("入职日期", "入职时间"),
}
NEEDED = ("name", "phone", "unit")
MEANING = {alias: column for column, aliases in ALIASES.items() for alias in aliases}
#: What our own file of refused rows has besides; it is ignored when it comes back.
OURS = ("问题原因", "修改办法")
HEADER_WITHIN = 10
PHONE = re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)")
#: Columns of a sheet that a person may be asked about.
MOST_ASKED = 60
#: Cells shown of a column that a person is asked about.
SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person chose for one file.

    `columns` gives the columns of the sheet, from 0, their meaning; then row `header`, from
    1, is the header. `units` gives codes to what stands in unit cells, as compared. `whole`
    says that the file is the whole roster of the units in it.
    """

    sheet: str | None = None
    header: int | None = None
    columns: Mapping[int, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False

    @classmethod
    def stored(cls, facts: Mapping[str, Any]) -> "Choices":
        """Return the choices that `facts` has kept."""
        columns = {int(place): column for place, column in facts.get("columns", {}).items()}
        return cls(**{**facts, "columns": columns})

    @property
    def facts(self) -> dict[str, Any]:
        """The choices as they are kept."""
        return {
            "sheet": self.sheet,
            "header": self.header,
            "columns": {str(place): column for place, column in self.columns.items()},
            "units": dict(self.units),
            "whole": self.whole,
        }


NOTHING_CHOSEN = Choices()


@dataclass(frozen=True, slots=True)
class Table:
    """The people of a sheet; `places` gives each known column its index, `titles` its header.

    `header` is the whole header row, `unused` are its titles that say nothing to us. Row
    `first` of the sheet, counted from 1, is the first one under the header.
    """

    sheet: str
    header: list[str]
    places: dict[str, int]
    titles: dict[str, str]
    unused: dict[int, str]
    first: int
    rows: Sequence[Row]
    marks: Marks
    since_1904: bool
    #: How the file was read: encoding, delimiter, hidden and other sheets.
    reading: dict[str, Any]

    @property
    def question(self) -> dict[str, Any]:
        """The columns as a person may match them otherwise."""
        means = {place: column for column, place in self.places.items()}
        return _question(self.sheet, self.first - 1, self.header, means, self.rows)


class Header(NamedTuple):
    """A row that may be a header: its number, from 1, and what its cells say."""

    row: int
    titles: list[str]

    @property
    def means(self) -> dict[int, str]:
        """The columns whose meaning is known."""
        keys = enumerate(map(name_key, self.titles))
        return {place: MEANING[key] for place, key in keys if key in MEANING}

    @property
    def is_whole(self) -> bool:
        return set(NEEDED) <= set(self.means.values())


def find_table(book: Book, choices: Choices = NOTHING_CHOSEN) -> Table:
    """Return the one sheet with a header of people; raises a FileRefused.

    Where the file leaves open which sheet or column is meant, nothing is guessed: the
    refusal is an Undecided with the question.
    """
    sheets = [sheet for sheet in book.sheets if any(map(_is_filled, sheet.rows))]
    if choices.sheet is not None:
        sheets = [sheet for sheet in sheets if sheet.name == choices.sheet]
        if not sheets:
            raise ChoiceUnknown()
    if not sheets:
        raise NoRows()
    found = [(sheet, header) for sheet in sheets if (header := _header_of(sheet, choices))]
    if len(found) > 1 or (not found and len(sheets) > 1):
        raise SeveralSheets(sheets="、".join(each.name for each in sheets)).about(
            {"sheets": [{"name": each.name, "rows": len(each.rows)} for each in sheets]}
        )
    if not found:
        raise _unknown(sheets[0])
    sheet, header = found[0]
    means = choices.columns or header.means
    rows = sheet.rows[header.row :]
    if not set(NEEDED) <= set(means.values()):
        raise _missing(_question(sheet.name, header.row, header.titles, means, rows))
    if not any(map(_is_filled, rows)):
        raise NoRows()
    others = [each.name for each in book.sheets if each.name != sheet.name]
    return _table(sheet, header, means, rows, book, others)


def _is_filled(row: Row) -> bool:
    return any(cell != "" for cell in row)


def _header_of(sheet: Sheet, choices: Choices) -> Header | None:
    if choices.header is not None and choices.columns:
        if choices.header > len(sheet.rows):
            raise ChoiceUnknown()
        titles = _titles(sheet.rows[choices.header - 1])
        if max(choices.columns) >= len(titles):
            raise ChoiceUnknown()
        return Header(choices.header, titles)
    above: list[str] = []
    for number, row in enumerate(islice(sheet.rows, HEADER_WITHIN), start=1):
        titles = _titles(row)
        header = Header(number, titles)
        if header.is_whole:
            return header
        both = Header(number, _two_lines(above, titles))
        if both.is_whole:
            return both
        above = titles
    return None


def _two_lines(above: Sequence[str], below: Sequence[str]) -> list[str]:
    """Return the titles of a header on two lines: the lower one says more where it says any."""
    pairs = zip_longest(above, below, fillvalue="")
    return [lower or upper for upper, lower in pairs] if any(below) else []


def _titles(row: Row) -> list[str]:
    return [cell.strip() if isinstance(cell, str) else "" for cell in row]


def _unknown(sheet: Sheet) -> HeaderUnknown:
    """Return the refusal with the row that looks most like a header, for a person to match."""
    headers = [
        Header(number, _titles(row))
        for number, row in enumerate(islice(sheet.rows, HEADER_WITHIN), start=1)
    ]
    best = max(headers, key=lambda each: (len(each.means), sum(map(bool, each.titles))))
    rows = sheet.rows[best.row :]
    return _missing(_question(sheet.name, best.row, best.titles, best.means, rows))


def _missing(question: Mapping[str, Any]) -> HeaderUnknown:
    refusal = HeaderUnknown(columns="、".join(ALIASES[column][0] for column in NEEDED))
    refusal.about(question)
    return refusal


def _question(
    sheet: str, row: int, titles: Sequence[str], means: Mapping[int, str], rows: Sequence[Row]
) -> dict[str, Any]:
    columns = [
        {
            "place": place,
            "letters": column_letters(place + 1),
            "title": title[:40],
            "means": means.get(place, ""),
            "samples": _samples(rows, place),
        }
        for place, title in enumerate(titles[:MOST_ASKED])
    ]
    return {
        "sheet": sheet,
        "row": row,
        "columns": [each for each in columns if each["title"] or each["samples"]],
    }


def masked(text: str) -> str:
    """Return a text with its phone numbers masked.

    >>> masked("王芳 19901234567")
    '王芳 199****4567'
    """
    return PHONE.sub(r"\1****\2", text)


def _samples(rows: Sequence[Row], place: int) -> list[str]:
    cells = (text_of(row[place]) for row in islice(rows, 50) if place < len(row))
    return [masked(cell)[:20] for cell in islice(filter(None, cells), SAMPLES)]


def _table(
    sheet: Sheet,
    header: Header,
    means: Mapping[int, str],
    rows: Sequence[Row],
    book: Book,
    others: list[str],
) -> Table:
    places: dict[str, int] = {}
    for place, column in means.items():
        if column in places:
            refusal = HeaderDuplicate(
                column=header.titles[place],
                first=column_letters(places[column] + 1),
                second=column_letters(place + 1),
            )
            refusal.about(_question(sheet.name, header.row, header.titles, means, rows))
            raise refusal
        places[column] = place
    titles = [name_key(title) for title in header.titles]
    return Table(
        sheet.name,
        header.titles,
        places,
        {column: titles[place] for column, place in places.items()},
        {
            place: title
            for place, title in enumerate(titles)
            if title and place not in means and title not in OURS
        },
        header.row + 1,
        padded(rows, len(titles)),
        sheet.marks,
        book.since_1904,
        {
            "encoding": book.encoding,
            "delimiter": book.delimiter,
            "hidden_sheets": book.hidden_sheets,
            "other_sheets": others,
        },
    )
