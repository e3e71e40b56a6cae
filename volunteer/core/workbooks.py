"""Writing the spreadsheets that leave: texts stay texts, rows go to disk as they are written."""

import re
import tempfile
from collections.abc import Sequence
from typing import IO, Any

import xlsxwriter
from flask import send_file
from werkzeug.wrappers import Response
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

#: The type under which a workbook is sent.
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: A workbook larger than this is written to disk while it is made.
IN_MEMORY = 1024 * 1024
#: What a cell of text must not hold (bad_input.md 152).
CONTROL = re.compile(r"[\x00-\x1f\x7f\ufffe\uffff]")

#: A text that begins like a formula or an address stays text (bad_input.md 35); the memory
#: does not grow with the rows.
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
}


def begin(file: IO[bytes]) -> xlsxwriter.Workbook:
    """Return a new workbook that is written into `file` when it is closed."""
    return xlsxwriter.Workbook(file, OPTIONS)


def begin_sheet(
    book: xlsxwriter.Workbook,
    name: str,
    columns: Sequence[tuple[object, int]],
    *,
    title: str,
    note: str,
    still: int = 2,
) -> Worksheet:
    """Return a sheet whose first rows are a title, a note, and the header.

    `columns` are each a heading and a width in characters; `still` of them stay in sight.
    Rows of data begin at 3.
    """
    sheet = book.add_worksheet(name)
    bold: Format = book.add_format({"bold": True})
    head: Format = book.add_format(
        {"bold": True, "bottom": 1, "text_wrap": True, "valign": "vcenter"}
    )
    for column, (_, width) in enumerate(columns):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(3, still)
    write_texts(sheet, 0, (title,), bold)
    write_texts(sheet, 1, (note,))
    write_texts(sheet, 2, [str(heading) for heading, _ in columns], head)
    return sheet


def write_texts(sheet: Any, row: int, texts: Sequence[str], style: Format | None = None) -> None:
    """Write texts side by side from the first column on."""
    for column, text in enumerate(texts):
        sheet.write_string(row, column, CONTROL.sub("", text), style)


def new_file() -> IO[bytes]:
    """Return a file for a workbook that will be sent; whoever sends it closes it."""
    return tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)


def send(file: IO[bytes], name: str) -> Response:
    """Return the answer that saves a workbook under a name, a slash in it as a dash."""
    file.seek(0)
    return send_file(file, XLSX, as_attachment=True, download_name=name.replace("/", "-"))
