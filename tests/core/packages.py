"""Xlsx files made part by part, as no program would write them."""

import zipfile
from collections.abc import Mapping
from io import BytesIO
from types import MappingProxyType

BOOK = (
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    "<workbookPr{book}/><sheets>{sheets}</sheets></workbook>"
)
LINKS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    "{links}</Relationships>"
)
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    "<sheetData>{rows}</sheetData>{after}</worksheet>"
)
EMPTY: Mapping[str, bytes] = MappingProxyType({})


def cell(at: str, value: object, **given: str) -> str:
    """One cell with a text written into it; `given` are further attributes."""
    more = "".join(f' {name}="{each}"' for name, each in given.items())
    return f'<c r="{at}" t="inlineStr"{more}><is><t>{value}</t></is></c>'


def row(number: int, *values: object, **given: str) -> str:
    more = "".join(f' {name}="{each}"' for name, each in given.items())
    cells = "".join(cell(f"{chr(65 + at)}{number}", value) for at, value in enumerate(values))
    return f'<row r="{number}"{more}>{cells}</row>'


def package(
    rows: str,
    *,
    after: str = "",
    book: str = "",
    sheets: int = 1,
    parts: Mapping[str, bytes] = EMPTY,
) -> bytes:
    """An xlsx file of which every sheet holds `rows`; `parts` are added or replaced."""
    numbers = range(1, sheets + 1)
    listed = "".join(f'<sheet name="表{n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{KIND}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    if "xl/sharedStrings.xml" in parts:
        links += f'<Relationship Id="s" Type="{KIND}/sharedStrings" Target="sharedStrings.xml"/>'
    root = f'<Relationship Id="r" Type="{KIND}/officeDocument" Target="xl/workbook.xml"/>'
    contents = {
        "[Content_Types].xml": TYPES.encode(),
        "_rels/.rels": LINKS.format(links=root).encode(),
        "xl/workbook.xml": BOOK.format(book=book, sheets=listed).encode(),
        "xl/_rels/workbook.xml.rels": LINKS.format(links=links).encode(),
        **{
            f"xl/worksheets/sheet{n}.xml": SHEET.format(rows=rows, after=after).encode()
            for n in numbers
        },
        **parts,
    }
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in contents.items():
            file.writestr(name, content)
    return made.getvalue()
