"""Reading the spreadsheets that people send: the content decides what a file is, not its name.

What a file unpacks to is measured before it is parsed (bad_input.md B), so that a
hostile one costs a refusal and not the process.
"""

import codecs
import csv
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from io import BytesIO, StringIO
from typing import NamedTuple

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from .errors import DomainError
from .i18n import N_

Cell = str | float | int | bool | date | datetime | time | timedelta
Row = Sequence[Cell]

MOST_UNPACKED = 100 * 1024 * 1024
MOST_RATIO = 100
MOST_PARTS = 2_000
#: Rows times columns of one sheet; the parser makes room for every cell between the corners.
MOST_CELLS = 6_000_000
STEP = 1024 * 1024
#: Unpacked parts below this may have any ratio: a small file of blanks is no bomb.
SMALL = 1024 * 1024

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
REFUSED_PARTS = ("vbaProject.bin", "xl/externalLinks/", "xl/embeddings/", "xl/macrosheets/")
#: A cell beyond column Z or row 99,999.
FAR_CELL = re.compile(rb'r="(?:[A-Z]{2}|[A-Z]\d{6})')
CELL = re.compile(rb'r="([A-Z]{1,4})(\d{1,8})"')

csv.field_size_limit(16 * 1024 * 1024)


class FileRefused(DomainError):
    """The file as a whole cannot be read; nothing in it was looked at."""

    status = 400
    field = "file"


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


class FileType(FileRefused):
    code = "file_type"
    text = N_(
        "This kind of file cannot be read: no macros, links to other files, embedded objects "
        "or passwords. Save it as xlsx or csv and upload that."
    )
    status = 415


class FileBroken(FileRefused):
    code = "file_broken"
    text = N_("The file is damaged. Open it, save it again as xlsx and upload that.")


class FileTooBigInside(FileRefused):
    code = "file_too_big_inside"
    text = N_("Unpacked, the file is far larger than a list. Copy the list into a new file.")
    status = 413


class TooManyRows(FileRefused):
    code = "too_many_rows"
    text = N_("The file has more than %(limit)s rows. Split it and upload the parts.")
    status = 413


class Sheet(NamedTuple):
    """One visible sheet; row 0 of `rows` is row 1 of the spreadsheet."""

    name: str
    rows: Sequence[Row]


def read(content: bytes) -> list[Sheet]:
    """Return the visible sheets of an xlsx file, or the one of a csv file.

    Csv is UTF-8, UTF-16 with its mark, or GB18030, its delimiter comma, semicolon or
    tab. Raises a FileRefused.
    """
    if not content.strip(b"\0 \r\n\t"):
        raise FileEmpty() if not content.strip() else NulByte()
    if content.startswith(b"PK\x03\x04"):
        _measure(content)
        return _workbook(content)
    if content.startswith(OTHER_TYPES):
        raise FileType()
    return [Sheet("", read_csv(content))]


def read_csv(content: bytes) -> list[list[str]]:
    """Return the rows of a csv file as texts; raises a FileRefused."""
    text = decode(content)
    if not text.strip():
        raise FileEmpty()
    try:
        return list(csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text)))
    except csv.Error as error:
        raise FileBroken() from error


def decode(content: bytes) -> str:
    """Return a text file's content: UTF-8 strictly, else GB18030 strictly; no BOM is left.

    >>> decode("编码".encode("gb18030")), decode(b"\\xef\\xbb\\xbf" + "编码".encode())
    ('编码', '编码')
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    elif b"\0" in content:
        raise NulByte()
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            at = error.start
    raise BadEncoding(line=content.count(b"\n", 0, at) + 1, byte=at + 1)


def _delimiter(text: str) -> str:
    head = text[:4000]
    return max(",\t;", key=head.count)


def _workbook(content: bytes) -> list[Sheet]:
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        return [
            Sheet(each.name, book.get_sheet_by_name(each.name).to_python(skip_empty_area=False))
            for each in book.sheets_metadata
            if each.visible == SheetVisibleEnum.Visible and each.typ == SheetTypeEnum.WorkSheet
        ]
    except (CalamineError, OSError, ValueError) as error:
        raise FileBroken() from error


def _measure(content: bytes) -> None:
    """Refuse a package whose directory or whose parts, unpacked step by step, are too large."""
    try:
        parts = zipfile.ZipFile(BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise FileBroken() from error
    unpacked = sum(part.file_size for part in parts)
    if (
        len(parts) > MOST_PARTS
        or unpacked > MOST_UNPACKED
        or unpacked > max(SMALL, MOST_RATIO * len(content))
    ):
        raise FileTooBigInside()
    names = [part.filename for part in parts]
    if "xl/workbook.xml" not in names or any(
        refused in name for name in names for refused in REFUSED_PARTS
    ):
        raise FileType()
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            _measure_part(content, part)


def _measure_part(content: bytes, part: zipfile.ZipInfo) -> None:
    far = False
    seen = 0
    tail = b""
    for chunk in _unpack(content, part):
        seen += len(chunk)
        if seen > part.file_size:  # the directory lied
            raise FileTooBigInside()
        if seen == len(chunk) and b"<!DOCTYPE" in chunk:
            raise FileType()
        far = far or FAR_CELL.search(tail + chunk) is not None
        tail = chunk[-32:]
    if far:
        _measure_corners(content, part)


def _measure_corners(content: bytes, part: zipfile.ZipInfo) -> None:
    rows, columns = 0, 0
    tail = b""
    for chunk in _unpack(content, part):
        for letters, number in CELL.findall(tail + chunk):
            rows = max(rows, int(number))
            columns = max(columns, _column_number(letters))
        tail = chunk[-32:]
    if rows * columns > MOST_CELLS:
        raise FileTooBigInside()


def _column_number(letters: bytes) -> int:
    """Return the number of a column: A is 1, Z 26, AA 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _unpack(content: bytes, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a part in steps, whatever size the directory claims."""
    try:
        names = struct.unpack_from("<HH", content, part.header_offset + 26)
        start = part.header_offset + 30 + sum(names)
        packed = memoryview(content)[start : start + part.compress_size]
        if part.compress_type == zipfile.ZIP_STORED:
            yield bytes(packed)
            return
        if part.compress_type != zipfile.ZIP_DEFLATED or part.flag_bits & 1:
            raise FileType()
        stream = zlib.decompressobj(-15)
        chunk = stream.decompress(packed, STEP)
        while chunk:
            yield chunk
            chunk = stream.decompress(stream.unconsumed_tail, STEP)
    except (struct.error, zlib.error) as error:
        raise FileBroken() from error
