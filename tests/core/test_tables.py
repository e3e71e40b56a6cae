"""Spreadsheets: what is read from them, and what is refused before it costs anything (A, B)."""

import struct

import pytest

from tests.core.packages import KIND, LINKS, SHEET, cell, package, row
from volunteer.core import sheets, tables
from volunteer.core.sheets import Merged

HEADER = row(1, "姓名", "手机号")
PEOPLE = HEADER + row(2, "王芳", "19901234567")


def only(content: bytes) -> tables.Sheet:
    (sheet,) = tables.read(content)
    return sheet


def test_a_sheet_is_read_with_what_is_special_about_it():
    rows = (
        HEADER
        + row(2, "王芳", "1")
        + row(4, "李强", "2", hidden="1")
        + '<row r="5"><c r="A5"><f>1+1</f><v>2</v></c><c r="B5"><f>1+1</f></c>'
        + '<c r="C5" t="e"><f>A9</f><v>#REF!</v></c></row>'
    )

    sheet = only(package(rows, after='<mergeCells><mergeCell ref="A2:A4"/></mergeCells>'))

    assert [list(line[:2]) for line in sheet.rows[:4]] == [
        ["姓名", "手机号"],
        ["王芳", "1"],
        ["", ""],
        ["李强", "2"],
    ]
    assert sheet.marks.merged == [Merged(2, 1, 4, 1)]
    assert sheet.marks.hidden_rows == {4}
    assert sheet.marks.formulas == {(5, 1)}
    assert sheet.marks.broken == {(5, 2), (5, 3)}


def test_days_may_count_from_1904():
    assert tables.read_book(package(PEOPLE, book=' date1904="1"')).since_1904
    assert not tables.read_book(package(PEOPLE)).since_1904


def test_rows_beyond_the_dimension_are_read():
    """A12."""
    small = SHEET.replace("<sheetData>", '<dimension ref="A1:B1"/><sheetData>')
    content = small.format(rows=PEOPLE, after="").encode()

    sheet = only(package("", parts={"xl/worksheets/sheet1.xml": content}))

    assert len(sheet.rows) == 2


def test_a_dimension_as_large_as_a_sheet_costs_nothing():
    large = SHEET.replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')
    content = large.format(rows=PEOPLE, after="").encode()

    assert len(only(package("", parts={"xl/worksheets/sheet1.xml": content})).rows) == 2


@pytest.mark.parametrize(
    "rows",
    [
        HEADER + row(5, "王芳", "1") + row(3, "李强", "2"),
        HEADER + row(2, "王芳", "1") + row(2, "李强", "2"),
        HEADER + f'<row r="2">{cell("A7", "王芳")}</row>',
    ],
)
def test_a_sheet_that_contradicts_itself_is_refused(rows):
    with pytest.raises(tables.SheetInconsistent):
        tables.read(package(rows))


def test_hidden_sheets_are_named_and_not_read():
    book = (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
        '<sheet name="花名册" sheetId="1" r:id="rId1"/>'
        '<sheet name="旧表" sheetId="2" r:id="rId2" state="hidden"/></sheets></workbook>'
    )

    found = tables.read_book(package(PEOPLE, sheets=2, parts={"xl/workbook.xml": book.encode()}))

    assert [sheet.name for sheet in found.sheets] == ["花名册"]
    assert found.hidden_sheets == ["旧表"]


def shared(*texts: str) -> dict[str, bytes]:
    words = "".join(f"<si><t>{text}</t></si>" for text in texts)
    kind = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return {"xl/sharedStrings.xml": f'<sst xmlns="{kind}">{words}</sst>'.encode()}


def naming(number: int, times: int) -> str:
    """Rows of cells that all name one shared text."""
    return "".join(
        f'<row r="{n}"><c r="A{n}" t="s"><v>{number}</v></c></row>' for n in range(1, times)
    )


def test_a_long_text_that_is_named_seldom_is_read():
    rows = naming(1, 20_000) + '<row r="20000"><c r="A20000" t="s"><v>0</v></c></row>'

    sheet = only(package(rows, parts=shared("长" * 30_000, "短")))

    assert len(sheet.rows[-1][0]) == 30_000


def lying(content: bytes, size: int) -> bytes:
    """Let the directory claim that every part has `size` bytes."""
    lied, at = bytearray(content), content.find(b"PK\x01\x02")
    while at >= 0:
        struct.pack_into("<I", lied, at + 24, size)
        at = content.find(b"PK\x01\x02", at + 4)
    return bytes(lied)


def renamed(rows: str, name: str, *, part: str = "") -> bytes:
    """A file whose one sheet is a part of another name than programs give it."""
    link = f'<Relationship Id="rId1" Type="{KIND}/worksheet" Target="/{name}"/>'
    links = LINKS.format(links=link)
    sheet = SHEET.format(rows=rows, after="").encode()
    return package("", parts={part or name: sheet, "xl/_rels/workbook.xml.rels": links.encode()})


NOISE = "".join(f"{n:x}" for n in range(300_000))
DOCTYPE = '<!DOCTYPE x [<!ENTITY a "{}">]>'
TYPES = "xl/worksheets/sheet1.xml"
FAR = "<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>"


def test_endless_numbers_and_nul_characters_become_texts():
    numbers = "".join(
        f'<c r="{at}2"><v>{value}</v></c>' for at, value in (("A", "1e999"), ("B", "NaN"))
    )
    rows = HEADER + f'<row r="2">{numbers}{cell("C2", "王_x0000_芳")}</row>'

    assert list(only(package(rows)).rows[1]) == ["inf", "nan", "王芳"]


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (package(PEOPLE, parts={"xl/media/a.xml": bytes(60_000_000)}), sheets.FileTooBigInside),
        (package(PEOPLE + row(3, NOISE)), None),
        (lying(package(PEOPLE + row(3, NOISE)), 10), sheets.FileTooBigInside),
        (package(PEOPLE + FAR), sheets.FileTooBigInside),
        (renamed(PEOPLE + FAR, "xl/worksheets/list.dat"), sheets.FileTooBigInside),
        (renamed(PEOPLE + FAR, "xl/worksheets/list.XML"), sheets.FileTooBigInside),
        (renamed(PEOPLE + FAR, "xl/Worksheets/list.xml"), sheets.FileTooBigInside),
        (renamed(PEOPLE + FAR, "xl/lists/list.dat"), sheets.FileTooBigInside),
        (renamed(PEOPLE + FAR, "xl/lists/none.dat", part="xl/a.dat"), sheets.FileBroken),
        (renamed(PEOPLE + FAR, "xl/lists/&amp;", part="xl/lists/&amp;"), sheets.FileBroken),
        (renamed(PEOPLE, "xl/worksheets/list.dat"), None),
        (
            package(PEOPLE, parts={"xl/worksheets/SHEET1.xml": b"<worksheet/>"}),
            sheets.FileBroken,
        ),
        (lying(package(PEOPLE, parts={"xl/a.bin": NOISE.encode()}), 10), sheets.FileTooBigInside),
        (
            package('<row r="99999"><c r="Z99999"><v>1</v></c></row>', sheets=9),
            sheets.FileTooBigInside,
        ),
        (package(naming(0, 20_000), parts=shared("长" * 30_000)), sheets.FileTooBigInside),
        (
            package(PEOPLE, parts={TYPES: (DOCTYPE.format("x") + PEOPLE).encode()}),
            sheets.FileBroken,
        ),
        (package(PEOPLE, parts={TYPES: b"<worksheet><sheetData><row"}), sheets.FileBroken),
        (package(PEOPLE, parts={TYPES: PEOPLE.encode("utf-16")}), sheets.FileBroken),
        (package(PEOPLE)[:-40], sheets.FileBroken),
        (package(PEOPLE, parts={"xl/vbaProject.bin": b"x"}), sheets.FileMacros),
        (package(PEOPLE, parts={"[Content_Types].xml": b"macroEnabled"}), sheets.FileMacros),
        (package(PEOPLE, parts={"xl/externalLinks/a.xml": b"<x/>"}), sheets.FileLinks),
        (package(PEOPLE, parts={"xl/embeddings/a.bin": b"x"}), sheets.FileObjects),
        (b"PK\x03\x04" + bytes(40), sheets.FileBroken),
        (b"\xd0\xcf\x11\xe0" + bytes(600), sheets.FileType),
        (b"\x89PNG" + bytes(60), sheets.FileType),
        (b"", tables.FileEmpty),
        (b"\0\0\0", tables.NulByte),
        ("姓名,手机号\n王芳,1\n".encode("gb18030") + b"\xff\xff", tables.BadEncoding),
        (b"\n" * 300_000 + b"a", tables.TooManyRows),
        (b"," * 7_000_000, sheets.FileTooBigInside),
    ],
)
def test_a_hostile_file_is_refused_by_its_kind(content, refusal):
    if refusal is None:
        assert tables.read(content)
        return
    with pytest.raises(refusal):
        tables.read(content)


def test_an_entity_that_names_a_file_is_never_followed():
    """B45."""
    words = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    sheet = words + SHEET.format(rows=row(1, "&a;"), after="")

    with pytest.raises(sheets.FileBroken):
        tables.read(package("", parts={TYPES: sheet.encode()}))


def test_bad_bytes_are_told_by_line_and_place():
    """A14."""
    with pytest.raises(tables.BadEncoding) as refused:
        tables.read("姓名\n王芳\n".encode() + b"\xff\xff\xff")

    assert refused.value.facts == {"line": 3, "byte": 15}


@pytest.mark.parametrize(
    ("content", "encoding", "delimiter"),
    [
        ("姓名,手机号\n王芳,1".encode(), "UTF-8", ","),
        ("\ufeff姓名;手机号\n王芳;1".encode(), "UTF-8", ";"),
        ("姓名\t手机号\n王芳\t1".encode("gb18030"), "GB18030", "\t"),
        ("姓名,手机号\n王芳,1".encode("utf-16"), "UTF-16", ","),
    ],
)
def test_csv_says_how_it_was_read(content, encoding, delimiter):
    """A14, A15, A17."""
    book = tables.read_book(content)

    assert (book.encoding, book.delimiter) == (encoding, delimiter)
    assert book.sheets[0].rows[0] == ["姓名", "手机号"]
