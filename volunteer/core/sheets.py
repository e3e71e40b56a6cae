"""What the XML of an xlsx file says beside its values: hidden rows, merged cells, formulas."""

import re
from dataclasses import dataclass, field
from operator import lt
from typing import NamedTuple

from .errors import DomainError
from .i18n import N_

#: Rows times columns of one sheet; the parser makes room for every cell between the corners.
MOST_CELLS = 6_000_000
#: Merged ranges, and cells with formulas, of one sheet.
MOST_MARKS = 1_000_000
#: What the texts of all cells may take: the parser copies a shared text for every cell.
MOST_TEXT = 256 * 1024 * 1024

#: A cell beyond column Z or row 99,999, as programs write it.
FAR_CELL = re.compile(rb'<c r="(?:[A-Za-z]{2}|[A-Za-z]\d{6})')
#: A cell's place, however it is written.
CELL = re.compile(rb"""r\s*=\s*["']([A-Za-z]{1,4})(\d{1,8})["']""")
NEAR_COLUMNS = 26
ROW = re.compile(rb'<row r="(\d{1,8})"')
#: What makes the second pass look at a sheet tag by tag.
SPECIAL = (b"<f", b"mergeCell", b"hidden", b'"e"', b"'e'", b"<!")
#: Tags of another namespace, in which nobody writes a plain sheet.
PREFIXED = (b":c", b":row")
RANGE = re.compile(r"([A-Z]{1,4})(\d{1,8})(?::([A-Z]{1,4})(\d{1,8}))?")


class FileRefused(DomainError):
    """The file as a whole cannot be read; nothing in it was looked at."""

    status = 400
    field = "file"


class FileType(FileRefused):
    code = "file_type"
    text = N_(
        "This kind of file cannot be read: no macros, links to other files, embedded objects "
        "or passwords. Save it as xlsx or csv and upload that."
    )
    status = 415


class FileMacros(FileType):
    text = N_("The file holds macros. Save it as an xlsx file without macros and upload that.")


class FileLinks(FileType):
    text = N_(
        "The file is linked to other files. Copy the list as values into a new xlsx file and "
        "upload that."
    )


class FileObjects(FileType):
    text = N_("The file holds embedded objects. Copy the list into a new xlsx file.")


class FileBroken(FileRefused):
    code = "file_broken"
    text = N_("The file is damaged. Open it, save it again as xlsx and upload that.")


class FileTooBigInside(FileRefused):
    code = "file_too_big_inside"
    text = N_("Unpacked, the file is far larger than a list. Copy the list into a new file.")
    status = 413


class Merged(NamedTuple):
    """A range of merged cells; rows and columns from 1, both ends within."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(slots=True)
class Marks:
    """What the second pass found in a sheet; rows and columns are counted from 1.

    `last_row` is the highest number of a row, `last_filled` that of one that holds anything
    (None where that was not asked), `is_ordered` whether each row's number is above the one
    before. `broken` are the cells whose formula has no value, or an error for one.
    """

    last_row: int = 0
    last_filled: int | None = None
    is_ordered: bool = True
    merged: list[Merged] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    formulas: set[tuple[int, int]] = field(default_factory=set)
    broken: set[tuple[int, int]] = field(default_factory=set)


class Quick:
    """The search for the few words that make a closer look worth while.

    `is_odd` where cells or rows are written in another way than by the usual programs.
    """

    def __init__(self) -> None:
        self.marks = Marks()
        self.is_special = False
        self.is_odd = False
        self.is_far = False
        self.tags = 0

    def look(self, block: bytes) -> None:
        self.tags += block.count(b"<")
        self.is_far = self.is_far or FAR_CELL.search(block) is not None
        self.is_special = self.is_special or any(word in block for word in SPECIAL)
        self.is_odd = self.is_odd or self._is_odd(block)
        numbers = [self.marks.last_row, *map(int, ROW.findall(block))]
        if len(numbers) - 1 != block.count(b"<row") - block.count(b"<rowBreaks"):
            self.is_odd = True
        if not all(map(lt, numbers, numbers[1:])):
            self.is_special = True
        self.marks.last_row = max(numbers)

    def _is_odd(self, block: bytes) -> bool:
        if any(word in block for word in PREFIXED):
            return True
        others = sum(map(block.count, (b"<col", b"<cond", b"<cfRule", b"<cellW", b"<control")))
        return block.count(b"<c") - others != block.count(b'<c r="')

    @property
    def most_cells(self) -> int:
        """How many cells lie between the corners at most, as far as the search can tell."""
        if self.is_far or self.is_odd:
            return MOST_CELLS + 1
        return self.marks.last_row * NEAR_COLUMNS


class Hearer:
    """What a parser tells its tags to."""

    def start(self, tag: str, given: dict[str, str]) -> None:
        """Hear an opening tag."""

    def end(self, tag: str) -> None:
        """Hear a closing tag."""

    def data(self, text: str) -> None:
        """Hear a piece of text."""

    def close(self) -> None:
        """Hear the end."""


class Lengths(Hearer):
    """Hears the shared texts and keeps how long each is, in bytes."""

    def __init__(self) -> None:
        self.found: list[int] = []

    def start(self, tag: str, given: dict[str, str]) -> None:
        if tag.endswith("}si"):
            self.found.append(0)

    def data(self, text: str) -> None:
        if self.found:
            self.found[-1] += 4 * len(text)


class Adder(Hearer):
    """Hears the cells of a sheet and adds up the shared texts that they name."""

    def __init__(self, lengths: list[int]) -> None:
        self._lengths = lengths
        self._sum = 0
        self._text: list[str] | None = None
        self._is_shared = False

    def start(self, tag: str, given: dict[str, str]) -> None:
        kind = tag.rpartition("}")[2]
        if kind == "c":
            self._is_shared = given.get("t") == "s"
        elif kind == "v" and self._is_shared:
            self._text = []

    def data(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        if self._text is None or not tag.endswith("}v"):
            return
        number = "".join(self._text).strip()
        self._text = None
        if number.isdigit() and len(number) < 9 and int(number) < len(self._lengths):
            self._sum += self._lengths[int(number)]
        if self._sum > MOST_TEXT:
            raise FileTooBigInside()


class Book(Hearer):
    def __init__(self) -> None:
        self.since_1904 = False
        self.sheets: dict[str, str] = {}

    def start(self, tag: str, given: dict[str, str]) -> None:
        kind = tag.rpartition("}")[2]
        if kind == "workbookPr":
            self.since_1904 = given.get("date1904") in ("1", "true")
        elif kind == "sheet":
            keys = [value for name, value in given.items() if name.endswith("}id")]
            name = given.get("name", "")
            if len(keys) != 1 or name in self.sheets:  # another reader might take the other one
                raise FileBroken()
            self.sheets[name] = keys[0]


class Links(Hearer):
    def __init__(self) -> None:
        self.targets: dict[str, str] = {}

    def start(self, tag: str, given: dict[str, str]) -> None:
        if tag.endswith("}Relationship"):
            target = given.get("Target", "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if given.get("Id", "") in self.targets:  # another reader might take the first one
                raise FileBroken()
            self.targets[given.get("Id", "")] = part


class Marker(Hearer):
    """Hears the tags of a sheet and keeps what is special."""

    def __init__(self) -> None:
        self.marks = Marks(last_filled=0)
        self._cell = (0, 0)
        self._has_formula = self._has_value = self._is_error = self._is_text = False
        self._in_value = False

    def start(self, tag: str, given: dict[str, str]) -> None:
        kind = tag.rpartition("}")[2]
        marks = self.marks
        if kind == "c":
            found = RANGE.fullmatch(given.get("r", ""))
            column = column_number(found[1]) if found else self._cell[1] + 1
            self._cell = (marks.last_row, column)
            self._has_formula = False
            self._is_error = given.get("t") == "e"
            self._has_value = False
            self._is_text = given.get("t") == "str"
            if found and int(found[2]) != marks.last_row:
                marks.is_ordered = False
        elif kind == "row":
            number = given.get("r", "")
            here = int(number) if number.isdigit() and len(number) < 9 else marks.last_row + 1
            marks.is_ordered = marks.is_ordered and here > marks.last_row
            marks.last_row = here
            self._cell = (here, 0)
            if given.get("hidden") in ("1", "true"):
                marks.hidden_rows.add(here)
        elif kind in ("v", "t"):
            self._in_value = True
            self._has_value = self._has_value or self._is_text  # an empty text is a value
        elif kind == "f":
            self._has_formula = True
        elif kind == "mergeCell":
            self._merge(given.get("ref", ""))

    def data(self, text: str) -> None:
        if self._in_value and text:
            self._has_value = True
            self.marks.last_filled = self._cell[0]

    def end(self, tag: str) -> None:
        kind = tag.rpartition("}")[2]
        if kind in ("v", "t"):
            self._in_value = False
        elif kind == "c" and (self._is_error or self._has_formula):
            if self._is_error or not self._has_value:
                self.marks.broken.add(self._cell)
            else:
                self.marks.formulas.add(self._cell)
            self._limit()

    def _merge(self, words: str) -> None:
        if (found := RANGE.fullmatch(words)) and found[3]:
            corners = (int(found[2]), column_number(found[1]))
            ends = (int(found[4]), column_number(found[3]))
            self.marks.merged.append(Merged(*corners, *ends))
            self._limit()

    def _limit(self) -> None:
        marks = self.marks
        if len(marks.merged) + len(marks.formulas) + len(marks.broken) > MOST_MARKS:
            raise FileTooBigInside()


def column_number(letters: str) -> int:
    """Return the number of a column.

    >>> [column_number(letters) for letters in ("A", "Z", "AA")]
    [1, 26, 27]
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """Return the letters of a column.

    >>> [column_letters(number) for number in (1, 26, 27)]
    ['A', 'Z', 'AA']
    """
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
