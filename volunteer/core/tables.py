"""Reading the spreadsheets that people send: the content decides what a file is, not its name."""

import codecs
import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from io import BytesIO, StringIO
from itertools import islice
from math import isfinite
from typing import NamedTuple

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from .i18n import N_
from .packages import MOST_UNPACKED, Package
from .sheets import MOST_CELLS, FileBroken, FileRefused, FileTooBigInside, FileType, Marks

Cell = str | float | int | bool | date | datetime | time | timedelta
Row = Sequence[Cell]

#: How much of a wrong cell is told.
SHOWN = 60
#: What begins a row that is none of the list: totals, signatures, notes and samples.
ASIDE = re.compile(r"(合计|总计|小计|示例|样例|填表|制表|审核|负责人|说明|备注|注[:：])")
#: What stands in a cell in which nothing is said.
MISSING = re.compile(r"[-—–/\\\s]*\Z")

OTHER_TYPES = (
    b"\xd0\xcf\x11\xe0",  # xls, et, and xlsx with a password
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
)
#: Lines of a csv file, blank ones too, before it counts as endless.
MOST_LINES = 200_000
csv.field_size_limit(16 * 1024 * 1024)


class FileEmpty(FileRefused):
    code = "file_empty"
    text = N_("The file is empty. Choose the file that holds the list.")


class NoRows(FileRefused):
    code = "no_rows"
    text = N_("The file has a header but no rows. Fill in the rows and upload it again.")


class NulByte(FileRefused):
    code = "nul_byte"
    text = N_("The file holds NUL bytes. Save it again as xlsx or csv and upload that.")


class BadEncoding(FileRefused):
    code = "encoding"
    text = N_(
        "The text cannot be read: line %(line)s, byte %(byte)s is neither UTF-8 nor GB18030. "
        "Save the file again as xlsx and upload that."
    )


class TooManyRows(FileRefused):
    code = "too_many_rows"
    text = N_("The file has more than %(limit)s rows. Split it and upload the parts.")
    status = 413


class SheetInconsistent(FileRefused):
    code = "sheet_inconsistent"
    text = N_(
        "The sheet “%(sheet)s” holds other rows than it says. Copy the list into a new file and "
        "upload that."
    )


class RowError(NamedTuple):
    """What is wrong with one cell: the row of the file, the column as it is headed there."""

    row: int
    column: str
    code: str
    value: str


class Sheet(NamedTuple):
    """One visible sheet; row 0 of `rows` is row 1 of the spreadsheet."""

    name: str
    rows: Sequence[Row]
    marks: Marks = Marks()


class Headed(NamedTuple):
    """The rows of a sheet under its header; `places` and `titles` by what a column means."""

    sheet: str
    places: Mapping[str, int]
    titles: Mapping[str, str]
    #: The number of the first row under the header.
    first: int
    rows: Sequence[Row]
    marks: Marks


@dataclass(frozen=True, slots=True)
class Book:
    """A file as it was read; `encoding` and `delimiter` are those of a csv file."""

    sheets: list[Sheet]
    hidden_sheets: list[str] = field(default_factory=list)
    since_1904: bool = False
    encoding: str = ""
    delimiter: str = ""


def read(content: bytes) -> list[Sheet]:
    """Return the visible sheets of an xlsx file, or the one of a csv file; see `read_book`."""
    return read_book(content).sheets


def read_book(content: bytes) -> Book:
    """Return a file's visible sheets, and how they were read.

    Csv is UTF-8, UTF-16 with its mark, or GB18030, its delimiter comma, semicolon or
    tab. Raises a FileRefused.
    """
    if len(content) > MOST_UNPACKED:
        raise FileTooBigInside()
    if not content.strip(b"\0 \r\n\t"):
        raise FileEmpty() if not content.strip() else NulByte()
    if content.startswith(b"PK\x03\x04"):
        return _workbook(content, Package(content))
    if content.startswith(OTHER_TYPES):
        raise FileType()
    text, encoding = decoded(content)
    rows, delimiter = _rows_of(text)
    return Book([Sheet("", rows)], encoding=encoding, delimiter=delimiter)


def read_csv(content: bytes) -> list[list[str]]:
    """Return the rows of a csv file as texts; raises a FileRefused."""
    return _rows_of(decoded(content)[0])[0]


def _rows_of(text: str) -> tuple[list[list[str]], str]:
    if not text.strip():
        raise FileEmpty()
    head = text[:4000]
    delimiter = max(",\t;", key=head.count)
    if text.count(delimiter) > MOST_CELLS:
        raise FileTooBigInside()
    try:
        lines = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
        rows = list(islice(lines, MOST_LINES + 1))
    except csv.Error as error:
        raise FileBroken() from error
    if len(rows) > MOST_LINES:
        raise TooManyRows(limit=MOST_LINES)
    return rows, delimiter


def decoded(content: bytes) -> tuple[str, str]:
    """Return a text file's content and its encoding; no byte order mark is left.

    It is UTF-16 by its mark, else UTF-8 strictly, else GB18030 strictly.

    >>> decoded("编码".encode("gb18030")), decoded(b"\\xef\\xbb\\xbf" + "编码".encode())
    (('编码', 'GB18030'), ('编码', 'UTF-8'))
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = {"UTF-16": "utf-16"}
    elif b"\0" in content:
        raise NulByte()
    else:
        encodings = {"UTF-8": "utf-8-sig", "GB18030": "gb18030"}
    for name, encoding in encodings.items():
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            at = error.start
            continue
        if "\0" in text:
            raise NulByte()
        return text, name
    raise BadEncoding(line=content.count(b"\n", 0, at) + 1, byte=at + 1)


def _workbook(content: bytes, package: Package) -> Book:
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        sheets = [
            (each.name, _mended(book.get_sheet_by_name(each.name).to_python(skip_empty_area=False)))
            for each in book.sheets_metadata
            if each.visible == SheetVisibleEnum.Visible and each.typ == SheetTypeEnum.WorkSheet
        ]
        hidden = [
            each.name for each in book.sheets_metadata if each.visible != SheetVisibleEnum.Visible
        ]
    except (CalamineError, OSError, ValueError) as error:
        raise FileBroken() from error
    found = [Sheet(name, rows, _marks_of(package, name, len(rows))) for name, rows in sheets]
    return Book(found, hidden, package.since_1904)


def _mended(rows: list[list[Cell]]) -> list[list[Cell]]:
    """Take NUL characters out of texts; a number that is none, or endless, becomes a text."""
    for row in rows:
        for place, cell in enumerate(row):
            if type(cell) is str:
                if "\0" in cell:
                    row[place] = cell.replace("\0", "")
            elif type(cell) is float and not isfinite(cell):
                row[place] = str(cell)
    return rows


def _marks_of(package: Package, sheet: str, rows: int) -> Marks:
    """Return what the second pass found; it must agree with the first about the rows."""
    marks = package.marks(sheet, rows)
    last_filled = marks.last_row if marks.last_filled is None else marks.last_filled
    if not marks.is_ordered or not last_filled <= rows <= max(marks.last_row, 1):
        raise SheetInconsistent(sheet=sheet)
    return marks


def text_of(cell: Cell) -> str:
    """Return a cell as text; a whole number without its point.

    >>> text_of(19901234567.0), text_of("王芳")
    ('19901234567', '王芳')
    """
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def headed(
    sheet: Sheet,
    meaning: Mapping[str, str],
    needed: Sequence[str],
    *,
    key: Callable[[str], str],
    twice: Callable[[str], FileRefused],
    within: int = 10,
) -> Headed | None:
    """Return what stands under the header, which is one of the first rows, or None.

    `meaning` says what a title means, as `key` makes it; a header holds all that is
    `needed`. Raises what `twice` makes of a title whose meaning stands there twice.
    """
    for number, row in enumerate(sheet.rows[:within]):
        titles = [key(cell) if isinstance(cell, str) else "" for cell in row]
        places: dict[str, int] = {}
        for place, title in enumerate(titles):
            column = meaning.get(title)
            if column in places:
                raise twice(title)
            if column:
                places[column] = place
        if set(needed) <= places.keys():
            shown = {column: titles[place] for column, place in places.items()}
            rows = sheet.rows[number + 1 :]
            return Headed(sheet.name, places, shown, number + 2, rows, sheet.marks)
    return None


def padded(rows: Sequence[Row], width: int) -> Sequence[Row]:
    """Return the rows, short ones of a csv file filled up with empty cells."""
    if all(len(row) >= width for row in rows):
        return rows
    filling: list[Cell] = [""] * width
    return [row if len(row) >= width else [*row, *filling[len(row) :]] for row in rows]
