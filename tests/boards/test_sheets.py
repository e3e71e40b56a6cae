"""The roster on paper: the right paper, every name, phones masked."""

import re
import zlib

import pytest

from tests import counting, make
from tests.boards.conftest import NOW
from volunteer.core.actor import Role

#: Points: A4 upright, A3 lying.
SIZES = {"a4": (595.28, 841.89), "a3": (1190.55, 841.89)}


def streams(pdf: bytes) -> list[bytes]:
    """Return the content of every packed stream."""
    found = []
    for part in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompress(part))
        except zlib.error:
            found.append(part)
    return found


def text_of(pdf: bytes) -> str:
    """Return what stands in a PDF with one font, by the font's own table of characters."""
    packed = streams(pdf)
    table = next(part for part in packed if b"beginbfchar" in part or b"beginbfrange" in part)
    letters = {
        int(glyph, 16): bytes.fromhex(letter.decode()).decode("utf-16-be")
        for glyph, letter in re.findall(rb"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]{4,8})>\n", table)
    }
    words = []
    for part in packed:
        for raw in re.findall(rb"\(((?:\\.|[^\\)])*)\) Tj", part, re.DOTALL):
            plain = re.sub(rb"\\(.)", unescaped, raw, flags=re.DOTALL)
            glyphs = (int.from_bytes(plain[at : at + 2]) for at in range(0, len(plain), 2))
            words.append("".join(letters.get(glyph, "?") for glyph in glyphs))
    return "\n".join(words)


def unescaped(found: re.Match[bytes]) -> bytes:
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}.get(found[1], found[1])


@pytest.fixture
def roster(unit, site, morning, evening, wang):
    """Wang in the morning, a cancelled shift on the second, another one a week later."""
    make.assignment(person=wang, shift=morning)
    make.shift(site=site, starts="2026-12-02 07:30", state="cancelled", cancel_reason="暴雨")
    make.shift(site=site, kind="activity", title="周末清扫", starts="2026-12-12 09:00", wanted=0)
    make.shift(starts="2026-12-03 07:30", title="别家的")
    return wang


def pdf_of(desk, unit, paper, month="2026-12", week=""):
    answer = desk.get(f"/boards/{unit.code}/{month}/roster-{paper}.pdf?week={week}")
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    return answer.data


@pytest.mark.parametrize("paper", ["a4", "a3"])
def test_the_file_has_the_size_and_the_words(paper, desk, unit, roster):
    pdf = pdf_of(desk, unit, paper)
    text = text_of(pdf)

    [box] = set(re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf))
    assert tuple(map(float, box)) == pytest.approx(SIZES[paper], abs=1)
    for words in ("教育局排班表", "王芳", "07:30–09:00", "已取消", "周末清扫", "缺"):
        assert words in text.replace("\n", ""), words
    assert "别家的" not in text
    assert roster.phone not in text
    assert (f"{roster.phone[:3]}****{roster.phone[-4:]}" in text) == (paper == "a4")


def test_a_week_is_a_part_of_it(desk, unit, roster):
    text = text_of(pdf_of(desk, unit, "a4", week="2026-W50"))

    assert "周末清扫" in text
    assert "王芳" not in text


def test_a_long_list_goes_on_over_pages_with_its_heading(desk, unit, site):
    for day in range(1, 31):
        for hour in (7, 12, 17):
            shift = make.shift(site=site, starts=f"2026-12-{day:02d} {hour:02d}:30")
            make.assignment(shift=shift)

    pdf = pdf_of(desk, unit, "a4")

    pages = len(re.findall(rb"/Type /Page\b", pdf))
    assert pages > 1
    assert text_of(pdf).count("点位或活动") == pages


@pytest.mark.parametrize("paper", ["a4", "a3"])
def test_the_page_to_print(paper, desk, unit, roster):
    with counting.queries() as asked:
        page = desk.get(f"/boards/{unit.code}/2026-12/sheet?paper={paper}").text

    assert "王芳" in page
    assert "别家的" not in page
    assert roster.phone not in page
    assert ('"sheet roster a3"' in page) == (paper == "a3")
    assert f"roster-{paper}.pdf" in page
    assert len(asked) <= counting.MOST_QUERIES


def test_an_empty_month_is_a_sheet_too(desk, unit):
    for paper in ("a4", "a3"):
        assert "没有场次" in desk.get(f"/boards/{unit.code}/2027-03/sheet?paper={paper}").text
        assert text_of(pdf_of(desk, unit, paper, month="2027-03"))


def test_what_there_is_not(desk, unit, client):
    foreign = make.unit()
    for path in (
        f"/boards/{foreign.code}/2026-12/sheet",
        f"/boards/{foreign.code}/2026-12/roster-a4.pdf",
        f"/boards/{unit.code}/2026-12/roster-a5.pdf",
        f"/boards/{unit.code}/2026-13/sheet",
        f"/boards/{unit.code}/2026-12/sheet?week=2026-W99",
    ):
        assert desk.get(path).status_code == 404, path


def test_the_whole_city_fits_on_its_sheets(client, set_clock):
    set_clock(NOW)
    for number in range(20):
        shift = make.shift(starts="2026-12-02 07:30", title=f"第{number}路口")
        make.assignment(shift=shift)
    make.login(client, make.person(unit=make.city()), Role.CITY_OFFICE)

    text = text_of(pdf_of(client, make.city(), "a3"))

    assert all(f"第{number}路口" in text for number in range(20))
