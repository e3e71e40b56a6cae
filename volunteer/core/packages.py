"""The package around an xlsx file: measured before it is parsed, then its XML read once more.

What a file unpacks to is measured first (bad_input.md B), so that a hostile one costs a
refusal and not the process. The parser of cells tells nothing of merged cells, hidden rows
and formulas: a second pass over the sheets' XML finds them. A sheet that has none of these
is only searched for a few words, which costs a tenth of parsing it.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from .sheets import (
    CELL,
    MOST_CELLS,
    MOST_TEXT,
    Adder,
    Book,
    FileBroken,
    FileLinks,
    FileMacros,
    FileObjects,
    FileTooBigInside,
    FileType,
    Lengths,
    Links,
    Marker,
    Marks,
    Quick,
    column_number,
)

MOST_UNPACKED = 100 * 1024 * 1024
MOST_RATIO = 100
MOST_PARTS = 2_000
STEP = 1024 * 1024
#: Unpacked parts below this may have any ratio: a small file of blanks is no bomb.
SMALL = 1024 * 1024

BOOK = "xl/workbook.xml"
LINKS = "xl/_rels/workbook.xml.rels"

REFUSED_PARTS = (
    ("vbaProject.bin", FileMacros),
    ("xl/macrosheets/", FileMacros),
    ("xl/externalLinks/", FileLinks),
    ("xl/embeddings/", FileObjects),
)


class Package:
    """An xlsx file's parts. Making one measures it; raises a FileRefused."""

    def __init__(self, content: bytes) -> None:
        self.content = content
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
        self._parts = {part.filename: part for part in parts}
        if BOOK not in self._parts:
            raise FileType()
        if len({name.lower() for name in self._parts}) < len(parts) or any(
            "&" in name for name in self._parts
        ):  # two readers might take two parts for the same one
            raise FileBroken()
        for name in self._parts:
            for refused, refusal in REFUSED_PARTS:
                if refused in name:
                    raise refusal()
        #: The parser of cells finds a part whatever the case of its name.
        self._real_names = {name.lower(): name for name in self._parts}
        self._quick: dict[str, Quick] = {}
        self._longest_text = 0
        self._part_of: dict[str, str] = {}
        for part in parts:
            if part.filename.lower() in (BOOK, LINKS):
                self._measure(part)
        self.since_1904, self._part_of = self._read_book()
        for part in parts:
            self._measure(part)
        self._measure_cells()

    def marks(self, sheet: str, rows: int) -> Marks:
        """Return what is special in a sheet of which `rows` were read, to the last filled one."""
        name = self._part_of.get(sheet, "")
        quick = self._quick.get(name)
        if quick is None:
            raise FileBroken()
        if not quick.is_special and not quick.is_odd and rows == quick.marks.last_row:
            return quick.marks
        marker = Marker()
        self._parse(name, marker)
        return marker.marks

    def _measure(self, part: zipfile.ZipInfo) -> None:
        """Read a part in steps, and look for what is refused and for what is special."""
        name = part.filename.lower()
        is_sheet = "worksheets/" in name or part.filename in self._part_of.values()
        quick = Quick() if is_sheet else None
        is_text = quick is not None or name.endswith((".xml", ".rels"))
        seen = 0
        rest = b""
        for chunk in _unpack(self.content, part):
            seen += len(chunk)
            if seen > part.file_size:  # the directory lied
                raise FileTooBigInside()
            if not is_text:
                continue
            if seen == len(chunk) and b"\0" in chunk[:200]:  # no program writes it in UTF-16
                raise FileBroken()
            block = rest + chunk
            end = block.rfind(b"<")  # whole tags only: the last one waits for its end
            block, rest = (block[:end], block[end:]) if end >= 0 else (b"", block)
            self._look(part, block, quick)
        self._look(part, rest, quick)
        if quick:
            self._quick[part.filename] = quick

    def _look(self, part: zipfile.ZipInfo, block: bytes, quick: Quick | None) -> None:
        if b"<!DOCTYPE" in block or b"<!ENTITY" in block:
            raise FileBroken()
        if part.filename == "[Content_Types].xml" and b"macroEnabled" in block:
            raise FileMacros()
        if quick:
            quick.look(block)
        if part.filename.lower().endswith("sharedstrings.xml"):
            longest = max(map(len, block.split(b"</si>")))
            self._longest_text = max(self._longest_text, longest)

    def _measure_cells(self) -> None:
        """Refuse sheets that would take far more room as cells than they do as a file."""
        sheets = self._quick.items()
        most = sum(quick.most_cells for _, quick in sheets)
        if most > MOST_CELLS and sum(map(self._corner, self._quick)) > MOST_CELLS:
            raise FileTooBigInside()
        if self._longest_text * sum(quick.tags // 4 for _, quick in sheets) > MOST_TEXT:
            lengths = Lengths()
            for name in self._parts:
                if name.lower().endswith("sharedstrings.xml"):
                    self._parse(name, lengths)
            adder = Adder(lengths.found)
            for name, _ in sheets:
                self._parse(name, adder)

    def _corner(self, name: str) -> int:
        """Return how many cells lie between the corners of a sheet."""
        rows, columns = 0, 0
        tail = b""
        for chunk in _unpack(self.content, self._parts[name]):
            for letters, number in CELL.findall(tail + chunk):
                rows = max(rows, int(number))
                columns = max(columns, column_number(letters.decode().upper()))
            tail = chunk[-32:]
        return rows * columns

    def _read_book(self) -> tuple[bool, dict[str, str]]:
        """Return whether days count from 1904, and the part of every sheet by its name."""
        book, links = Book(), Links()
        self._parse(BOOK, book)
        self._parse(self._real_names.get(LINKS, LINKS), links)
        targets = {name: links.targets.get(key, "") for name, key in book.sheets.items()}
        if not {target.lower() for target in targets.values()} <= self._real_names.keys():
            raise FileBroken()
        parts = {name: self._real_names[target.lower()] for name, target in targets.items()}
        return book.since_1904, parts

    def _parse(self, name: str, target: Any) -> None:
        """Let `target` hear the tags of a part; entities and document types are refused."""
        if name not in self._parts:
            return
        parser = DefusedXMLParser(target=target, forbid_dtd=True)
        try:
            for chunk in _unpack(self.content, self._parts[name]):
                parser.feed(chunk)
            parser.close()
        except (ParseError, DefusedXmlException, ValueError) as error:
            raise FileBroken() from error


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
