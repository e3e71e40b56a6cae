"""Files of people, as a test needs them."""

from io import BytesIO

import xlsxwriter

HEADER = ("姓名", "手机号", "单位", "人员类别", "入职日期")


def xlsx(*rows, header=HEADER, above=(), sheet="花名册", further=()) -> bytes:
    """A workbook: rows above the header, the header, the rows; `further` sheets (name, rows)."""
    content = BytesIO()
    with xlsxwriter.Workbook(content, {"strings_to_formulas": False}) as book:
        for name, lines in ((sheet, (*above, header, *rows)), *further):
            made = book.add_worksheet(name)
            for number, line in enumerate(lines):
                for place, cell in enumerate(line):
                    made.write(number, place, cell)
    return content.getvalue()


def csv(*rows, header=HEADER, encoding="utf-8", delimiter=",") -> bytes:
    lines = (delimiter.join(map(str, line)) for line in (header, *rows))
    return "\r\n".join(lines).encode(encoding)
