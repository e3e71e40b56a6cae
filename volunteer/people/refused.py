"""The rows that were refused, as a spreadsheet: mended, it is imported as it is."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

from flask_babel import gettext

from volunteer.core import workbooks

from .columns import ALIASES, OURS, Table
from .errors import REASONS
from .importer import Checked

WIDTH = 18


def workbook_of(checked: Checked) -> bytes:
    """Return the refused rows of a file that was just checked."""
    rows = (
        (checked.cells_of(row), [tuple(error[1:]) for error in errors])
        for row, errors in sorted(checked.errors.items())
    )
    return workbook(header_of(checked.table), rows)


def header_of(table: Table) -> list[str]:
    """Return the header of a table; a column that a person had to name bears the name."""
    return named(table.header, table.titles, table.places)


def named(header: Sequence[str], titles: dict[str, str], places: dict[str, int]) -> list[str]:
    """Return a header in which every known column has a title that is understood."""
    names = list(header)
    for column, place in places.items():
        if titles[column] not in ALIASES[column]:
            names[place] = ALIASES[column][0]
    return names


def workbook(
    header: Sequence[str], rows: Iterable[tuple[Sequence[Any], Iterable[Sequence[str]]]]
) -> bytes:
    """Return an xlsx file: header, each row as it was sent, why it is wrong, how to mend it.

    `rows` pair the cells with errors, each a column, a code, a value. Our own two columns of
    an earlier round are left out.
    """
    kept = [place for place, title in enumerate(header) if title not in OURS]
    content = BytesIO()
    with workbooks.begin(content) as book:
        sheet = book.add_worksheet("未导入")
        bold, marked = book.add_format({"bold": True}), book.add_format({"bg_color": "#FBE9E7"})
        sheet.set_column(0, len(kept) - 1, WIDTH)
        sheet.set_column(len(kept), len(kept) + 1, 2 * WIDTH)
        sheet.freeze_panes(1, 0)
        for column, title in enumerate((*(header[place] for place in kept), *OURS)):
            sheet.write_string(0, column, title, bold)
        for number, (cells, errors) in enumerate(rows, start=1):
            told = list(errors)
            wrong = {column for column, *_ in told}
            for column, place in enumerate(kept):
                cell = cells[place] if place < len(cells) else ""
                form = marked if _key(header[place]) in wrong or header[place] in wrong else None
                _write(sheet, number, column, cell, form)
            reasons = [REASONS[code] for _, code, _ in told]
            why = "".join(dict.fromkeys(gettext(reason) for reason, _ in reasons))
            mend = "".join(dict.fromkeys(gettext(mend) for _, mend in reasons))
            sheet.write_string(number, len(kept), why)
            sheet.write_string(number, len(kept) + 1, mend)
    return content.getvalue()


def _key(title: str) -> str:
    return title.replace(" ", "")


def _write(sheet: Any, row: int, column: int, cell: Any, form: Any) -> None:
    if cell == "" or cell is None:
        sheet.write_blank(row, column, None, form)
    elif isinstance(cell, bool | str) or not isinstance(cell, int | float):
        sheet.write_string(row, column, _plain(str(cell)), form)
    else:
        sheet.write_number(row, column, cell, form)


def _plain(text: str) -> str:
    """Return a text without what a spreadsheet cannot hold (H152)."""
    return "".join(sign for sign in text if sign >= " " or sign in "\n\t")[:32_767]
