"""Random dirty files, written with their truth beside them, and read as the truth says."""

from collections import Counter
from datetime import date, timedelta
from io import BytesIO
from typing import NamedTuple

import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.people.sheets import csv
from volunteer.core import tables
from volunteer.people import columns, importer
from volunteer.people.rules import CATEGORIES
from volunteer.units.queries import IndexedUnit, UnitIndex

TODAY = date(2026, 11, 23)
UNITS = {
    1: ("330182", "建德市", "建德市", "/1/", None),
    2: ("T1", "梅城镇", "梅城镇", "/1/2/", 1),
    3: ("T2", "乾潭镇", "乾潭镇", "/1/3/", 1),
    4: ("C1", "白沙社区", "白沙社区", "/1/2/4/", 2),
    5: ("C2", "白沙社区", "白沙社区", "/1/3/5/", 3),
    6: ("S1", "艾溪（西湖）小学", "艾溪(西湖)小学", "/1/2/6/", 2),
}
INDEX = UnitIndex(
    (
        IndexedUnit(key, code, same, path, above)
        for key, (code, _, same, path, above) in UNITS.items()
    ),
    ["/"],
    [("艾小", 6)],
)
#: How each unit may be called.
CALLED = {
    1: ["330182", "建德市", " 建德市\u3000"],
    2: ["T1", "梅城镇", "梅 城 镇", "建德市/梅城镇"],
    4: ["C1", "梅城镇/白沙社区", "梅城镇／白沙社区"],
    6: ["S1", "艾溪（西湖）小学", "艾溪(西湖)小学", "艾小", "\u200b艾小"],
}
NAMES = ["王强", "欧阳娜娜", "阿依古丽·买买提", "𠮷田", "李", "䶮丽"]
BAD = {
    "missing_name": ("name", ["", " \u3000", "——"]),
    "invalid_name": ("name", ["123", "=1+1", "王<b>", "长" * 41, "王\n强"]),
    "missing_phone": ("phone", ["", "-", "\u3000"]),
    "phone_format": ("phone", ["12345", "0571-64123456", "1.99E+10", "1990000、1990001", "无"]),
    "missing_unit": ("unit", ["", "--"]),
    "unknown_unit": ("unit", ["没有这个单位", "乾潭"]),
    "ambiguous_unit": ("unit", ["白沙社区"]),
    "unknown_category": ("category", ["临时工", "公务"]),
    "invalid_date": ("day", ["去年", "2026-02-30", "26/11/5", "2031-01-01"]),
    "too_long": ("unit", ["单" * 101]),
}


NOTES = [
    ("合计", 9, "", "", ""),
    ("姓名", "手机号", "单位", "", ""),
    ("制表人：王", "", "", "", ""),
]


class Line(NamedTuple):
    """A row to be written, and what it means: the facts, a code, or a word for the rest."""

    cells: tuple[object, ...]
    means: object


def dirty_name(name: str) -> st.SearchStrategy[str]:
    ways = [name, f" {name}\u3000", f"\u200b{name}", f"\t{name}", name.replace("·", "•")]
    return st.sampled_from([*ways, "\u3000".join(name) if len(name) == 2 else name])


def dirty_phone(phone: str) -> st.SearchStrategy[object]:
    wide = phone.translate({48 + digit: 0xFF10 + digit for digit in range(10)})
    dashed = f"{phone[:3]}-{phone[3:7]}-{phone[7:]}"
    texts = [phone, wide, dashed, f"+86 {phone}", f"86{phone}", f"'{phone}", f"{phone}.0"]
    return st.sampled_from([*texts, int(phone)])


def dirty_day(day: date) -> st.SearchStrategy[object]:
    serial = (day - date(1899, 12, 30)).days
    forms = (day.isoformat(), f"{day:%Y/%m/%d}", f"{day:%Y.%m.%d}", f"{day:%Y%m%d}")
    return st.sampled_from([*forms, f"{day.year}年{day.month}月{day.day}日", str(serial), serial])


@st.composite
def right_row(draw: st.DrawFn, number: int) -> Line:
    name, unit = draw(st.sampled_from(NAMES)), draw(st.sampled_from(sorted(CALLED)))
    phone = f"1990{number:07d}"
    category = draw(st.sampled_from([None, *CATEGORIES]))
    day = draw(st.none() | st.dates(date(1950, 1, 1), TODAY))
    cells = (
        draw(dirty_name(name)),
        draw(dirty_phone(phone)),
        draw(st.sampled_from(CALLED[unit])),
        draw(st.sampled_from(["", "—"] if category is None else [category, f" {category}"])),
        "" if day is None else draw(dirty_day(day)),
    )
    return Line(cells, (name, phone, unit, category, day))


@st.composite
def lines(draw: st.DrawFn) -> list[Line]:
    """Draw a file's rows: right ones, wrong ones, doubles, and what is no person at all."""
    found: list[Line] = []
    for number in range(draw(st.integers(1, 12))):
        kind = draw(st.sampled_from(["right", "right", "wrong", "twice", "clash", "blank", "note"]))
        line = draw(right_row(number))
        if kind == "right":
            found.append(line)
        elif kind == "wrong":
            code = draw(st.sampled_from(sorted(BAD)))
            column, values = BAD[code]
            cells = list(line.cells)
            cells[["name", "phone", "unit", "category", "day"].index(column)] = draw(
                st.sampled_from(values)
            )
            found.append(Line(tuple(cells), code))
        elif kind == "twice":
            again = Line((line.means[0], line.means[1], *line.cells[2:]), "twice")
            found += [line, again]
        elif kind == "clash":
            other = Line(("另一个", *line.cells[1:]), "duplicate_phone")
            found += [line._replace(means="duplicate_phone"), other]
        elif kind == "blank":
            found.append(Line(("", " ", "", "\u3000", ""), "blank"))
        else:
            found.append(Line(draw(st.sampled_from(NOTES)), "note"))
    # A file must hold a row that is not blank.
    return [draw(right_row(99)), *found]


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, list[Line], int]:
    """Draw a file, its rows, and the number of the first one in the spreadsheet."""
    rows = draw(lines())
    header = (
        draw(st.sampled_from(["姓名", " 姓  名", "名字"])),
        draw(st.sampled_from(["手机号", "手机号码", "联系电话", "手 机"])),
        draw(st.sampled_from(["单位", "所属单位", "工作单位"])),
        "人员类别",
        "入职日期",
    )
    if draw(st.booleans()):
        encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]))
        delimiter = draw(st.sampled_from(",;\t"))
        words = "".join(str(cell) for line in rows for cell in line.cells)
        if not set(words) & set(",;\t\n"):
            cells = [line.cells for line in rows]
            return csv(*cells, header=header, encoding=encoding, delimiter=delimiter), rows, 2
    above = draw(st.integers(0, 3))
    return xlsx(draw, header, rows, above), rows, above + 2


def xlsx(draw: st.DrawFn, header: tuple[str, ...], rows: list[Line], above: int) -> bytes:
    content = BytesIO()
    with xlsxwriter.Workbook(content, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("花名册")
        for number in range(above):
            sheet.write(number, 0, f"标题{number}")
        sheet.write_row(above, 0, header)
        for number, line in enumerate(rows, start=above + 1):
            for place, cell in enumerate(line.cells):
                sheet.write(number, place, cell)
            if draw(st.booleans()):
                sheet.set_row(number, None, None, {"hidden": True})
    return content.getvalue()


@given(files())
@settings(max_examples=120, deadline=None)
def test_a_dirty_file_is_read_as_its_writer_meant_it(drawn):
    content, rows, first = drawn

    checked = importer.check(
        columns.find_table(tables.read_book(content)), INDEX, categories=CATEGORIES, today=TODAY
    )

    truth = list(enumerate((line.means for line in rows), start=first))
    right = {row: means for row, means in truth if isinstance(means, tuple)}
    wrong = {row: means for row, means in truth if means in {*BAD, "duplicate_phone"}}
    assert {facts.row: tuple(facts[1:]) for facts in checked.good} == right
    assert {row: errors[0].code for row, errors in checked.errors.items()} == wrong
    assert checked.rejected == dict(Counter(wrong.values()))
    assert checked.repeats == [row for row, means in truth if means == "twice"]
    blanks = [row for row, means in truth if means == "blank"]
    assert checked.blank_rows + checked.other_rows == len(blanks) + sum(
        means == "note" for _, means in truth
    )


@given(st.dates(date(1950, 1, 1), TODAY), st.booleans())
@settings(max_examples=25, deadline=None)
def test_a_day_cell_is_the_same_day_in_both_systems(day, since_1904):
    content = BytesIO()
    with xlsxwriter.Workbook(content, {"date_1904": since_1904}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ("姓名", "手机号", "单位", "入职日期"))
        sheet.write_row(1, 0, ("王强", "19900000001", "T1"))
        sheet.write_datetime(1, 3, day, book.add_format({"num_format": "yyyy-mm-dd"}))

    table = columns.find_table(tables.read_book(content.getvalue()))
    checked = importer.check(table, INDEX, categories=CATEGORIES, today=TODAY)

    assert [facts.joined for facts in checked.good] == [day]
    assert TODAY - checked.good[0].joined >= timedelta()
