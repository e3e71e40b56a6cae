"""Peak memory of a worker that reads a large file, and of one that reads a hostile one.

Every file has a process of its own, for `ru_maxrss` never goes down again; and each is the
child of a small shell, for it is inherited from whoever starts the process.
"""

import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks import importing
from tests.benchmarks.databases import Databases
from tests.core.packages import SHEET, package, row

#: What a worker may take in all; 200 MB are a web worker's own (performance.md).
LIMIT_MB = 400
PATIENCE = 300
PART = "xl/worksheets/sheet1.xml"
HEADER = row(1, "姓名", "手机号", "单位")
PEOPLE = HEADER + row(2, "王芳", "19901234567", "U0001")
MB = 1024 * 1024
DOCTYPE = "<!DOCTYPE x [<!ENTITY a '{}'>{}]>"
KIND = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


class Peak(NamedTuple):
    """One file: how large, what was said of it, and what memory it took, in MB."""

    file: str
    kilobytes: int
    #: The code with which it was refused; how many rows have landed where it was not.
    answer: str
    expected: str
    before_mb: int
    peak_mb: int

    @property
    def is_bounded(self) -> bool:
        return self.answer == self.expected and self.peak_mb <= LIMIT_MB


def measure(databases: Databases, template: str, file: Path) -> list[Peak]:
    """Let a process of its own import each file; the clean one first."""
    people = int(file.stem.rpartition("_")[2])
    found = [_peak(databases, template, "clean", file.read_bytes(), str(people))]
    for name, content, expected in hostile(databases.folder):
        found.append(_peak(databases, template, name, content, expected))
    return found


def _peak(databases: Databases, template: str, name: str, content: bytes, expected: str) -> Peak:
    address, path = databases.copy(template), databases.folder / "measured"
    path.write_bytes(content)
    arguments = [sys.executable, "-m", "tests.faults.import_worker", address, str(path)]
    shell = ["sh", "-c", '"$@"; exit $?', "sh"]
    worker = subprocess.run([*shell, *arguments], capture_output=True, text=True, timeout=PATIENCE)
    databases.drop(address)
    if worker.returncode:
        return Peak(name, len(content) // 1024, "died", expected, 0, LIMIT_MB + 1)
    facts = json.loads(worker.stdout.splitlines()[-1])
    answer = str(facts.get("refused") or facts["landed"])
    return Peak(name, len(content) // 1024, answer, expected, facts["before_mb"], facts["peak_mb"])


def hostile(folder: Path) -> Iterator[tuple[str, bytes, str]]:
    """Yield files that mean harm: their names, their bytes, the code that they must meet."""
    large = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(1, 4_000_000))
    yield "xml of 190 MB", package(large), "file_too_big_inside"
    blanks = {"xl/a.xml": bytes(60 * MB)}
    yield "ratio of 1000", package(PEOPLE, parts=blanks), "file_too_big_inside"
    parts = {f"xl/media/{n}.xml": b"<x/>" for n in range(2_001)}
    yield "2,001 parts", package(PEOPLE, parts=parts), "file_too_big_inside"
    noise = "".join(f"{n:x}" for n in range(300_000))
    yield "lying sizes", _lying(package(PEOPLE + row(3, noise))), "file_too_big_inside"
    nested = "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(8))
    laughs = DOCTYPE.format("x" * 10, nested) + SHEET.format(rows=row(1, "&i;"), after="")
    yield "entities", package("", parts={PART: laughs.encode()}), "file_broken"
    outside = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + SHEET.format(
        rows=row(1, "&a;"), after=""
    )
    yield "outside entity", package("", parts={PART: outside.encode()}), "file_broken"
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    yield "far corner", package(PEOPLE + far), "file_too_big_inside"
    yield "far corner, quoted", package(PEOPLE + far.replace('"', "'")), "file_too_big_inside"
    near = '<row r="99999"><c r="Z99999"><v>1</v></c></row>'
    yield "50 wide sheets", package(near, sheets=50), "file_too_big_inside"
    text = f'<sst xmlns="{KIND}"><si><t>{"长" * 30_000}</t></si></sst>'.encode()
    named = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 50_000))
    shared = {"xl/sharedStrings.xml": text}
    yield "one text 50,000 times", package(named, parts=shared), "file_too_big_inside"
    yield "macros", package(PEOPLE, parts={"xl/vbaProject.bin": b"x"}), "file_type"
    links = {"xl/externalLinks/externalLink1.xml": b"<x/>"}
    yield "external links", package(PEOPLE, parts=links), "file_type"
    yield "old xls", b"\xd0\xcf\x11\xe0" + bytes(MB), "file_type"
    yield "cut short", package(PEOPLE + row(3, noise))[:200_000], "file_broken"
    file = folder / "people_200000.xlsx"
    importing.write(file, 200_000)
    yield "200,000 rows", file.read_bytes(), "too_many_rows"
    yield "csv of 200,000 rows", b"\xd0\xd5\xc3\xfb\n" * 200_002, "too_many_rows"
    yield "csv of 20 million commas", b"," * 20 * MB, "no_rows"
    yield "gbk with bad bytes", "姓名,手机号\n王芳,1\n".encode("gb18030") + b"\xff\xff", "encoding"


def _lying(content: bytes) -> bytes:
    """Let the directory of a package claim that every part has ten bytes."""
    lied, at = bytearray(content), content.find(b"PK\x01\x02")
    while at >= 0:
        struct.pack_into("<I", lied, at + 24, 10)
        at = content.find(b"PK\x01\x02", at + 4)
    return bytes(lied)
