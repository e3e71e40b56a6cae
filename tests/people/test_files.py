"""Files as a whole: what is read, and what is refused before a row is looked at."""

import zipfile
from io import BytesIO

import pytest

from tests import make
from tests.make import at
from tests.people.sheets import csv, xlsx
from volunteer.core import sheets, tables
from volunteer.core.actor import SYSTEM
from volunteer.core.db import db
from volunteer.people import runs
from volunteer.people.errors import HeaderDuplicate, HeaderUnknown, SeveralSheets
from volunteer.people.models import Person


@pytest.fixture
def school(app):
    return make.unit(name="新安江小学", code="S01")


def bring_in(content):
    return runs.import_people(content, "people.xlsx", actor=SYSTEM, now=at("2026-11-23 09:00"))


def one(name="王芳", phone="19901234567", unit="新安江小学", category="公务员", day=""):
    return (name, phone, unit, category, day)


@pytest.mark.parametrize(
    "content",
    [
        csv(one()),
        csv(one(), encoding="utf-8-sig"),
        csv(one(), encoding="gb18030"),
        csv(one(), encoding="utf-16"),
        csv(one(), delimiter=";"),
        csv(one(), delimiter="\t"),
    ],
)
def test_csv_is_read_whatever_its_encoding(school, content):
    assert bring_in(content).landed == 1


def bomb(**sizes) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", "<workbook/>")
        for name, size in sizes.items():
            package.writestr(f"xl/{name}.xml", b"\0" * size)
    return content.getvalue()


def with_part(name: str) -> bytes:
    content = BytesIO(xlsx(one()))
    with zipfile.ZipFile(content, "a") as package:
        package.writestr(name, b"x")
    return content.getvalue()


def far_corner() -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(BytesIO(xlsx(one()))) as old, zipfile.ZipFile(content, "w") as new:
        for part in old.namelist():
            data = old.read(part)
            if part.endswith("sheet1.xml"):
                data = data.replace(
                    b"</sheetData>",
                    b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>',
                )
            new.writestr(part, data, zipfile.ZIP_DEFLATED)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", tables.FileEmpty),
        (b"\r\n \r\n", tables.FileEmpty),
        (csv(), tables.NoRows),
        ("姓名,手机号,单位\n王\0芳,1,2".encode(), tables.NulByte),
        ("姓名,手机号,单位\n王芳".encode() + b"\xff\xff", tables.BadEncoding),
        (csv(one(), header=("姓名", "电话", "单位")), HeaderUnknown),
        (csv(one(), header=("姓名", "手机", "手机号", "单位")), HeaderDuplicate),
        (b"\xd0\xcf\x11\xe0" + bytes(600), sheets.FileType),
        (b"%PDF-1.7", sheets.FileType),
        (b"PK\x03\x04 and no package", sheets.FileBroken),
        (with_part("xl/vbaProject.bin"), sheets.FileType),
        (with_part("xl/externalLinks/externalLink1.xml"), sheets.FileType),
        (bomb(sheet=30 * 1024 * 1024), sheets.FileTooBigInside),
        (bomb(**{f"part{number}": 1 for number in range(2_001)}), sheets.FileTooBigInside),
        (far_corner(), sheets.FileTooBigInside),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(school, content, refusal):
    """Bad input A and B."""
    with pytest.raises(refusal):
        bring_in(content)

    assert db.session.query(Person).count() == 0


def test_two_sheets_with_people_are_not_guessed_between(school):
    further = [("另一张", [("姓名", "手机号", "单位"), one()])]
    with pytest.raises(SeveralSheets):
        bring_in(xlsx(one(), further=further))


def test_a_second_sheet_of_another_kind_is_left_aside(school):
    assert bring_in(xlsx(one(), further=[("说明", [("请填写",)])])).landed == 1


@pytest.mark.parametrize("engine", ["sqlite"])
def test_more_than_100_000_rows_are_refused(school):
    lines = "\n".join(f"王芳,1990{number:07d},S01" for number in range(100_001))
    with pytest.raises(tables.TooManyRows):
        bring_in(f"姓名,手机号,单位\n{lines}".encode())
