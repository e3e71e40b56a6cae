"""The card of a post for those who stand there: where, when, with what, and the site's code."""

from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple

import pylopdf_fonts_zh_cn
from flask_babel import force_locale, gettext
from fpdf import FPDF

from volunteer.core.i18n import LOCALE
from volunteer.posts.models import Post, PostWindow
from volunteer.posts.rules import WORKDAYS, weekdays_of

from .poster import GREEN, GREY, Poster, png

#: Width and height of the paper in millimetres.
PAPERS = {"a5": (148, 210), "a4": (210, 297)}
WEEKDAYS = "一二三四五六日"
MARGIN = 10


class Card(NamedTuple):
    """All that stands on a card, in the city's own language whoever prints it."""

    poster: Poster
    name: str
    code: str
    #: Each a label and what it says.
    facts: Sequence[tuple[str, str]]
    call: str


def card_of(post: Post, poster: Poster) -> Card:
    """Return the card of a post with the code of its site's poster."""
    with force_locale(LOCALE):
        facts = [
            (gettext("Unit"), "、".join(turn.unit.name for turn in post.turns) or post.unit.name),
            (gettext("Roads"), post.roads),
            (gettext("Where to stand"), post.corners),
            (gettext("What to wear and carry"), post.kit),
            (gettext("Windows"), "\n".join(map(_window, post.windows))),
            (gettext("People a shift"), str(post.wanted)),
        ]
        call = gettext("Scan to check in · scan to check out")
    return Card(poster, post.name, post.code, [(a, b) for a, b in facts if b], call)


def _window(window: PostWindow) -> str:
    days = [WEEKDAYS[each] for each in weekdays_of(window.weekdays)]
    said = gettext("Monday to Friday") if window.weekdays == WORKDAYS else f"周{''.join(days)}"
    when = f"{window.starts:%H:%M}–{window.ends:%H:%M} {said}"
    return f"{when} {window.season_from}–{window.season_until}" if window.season_from else when


def pdf(card: Card, paper: str) -> bytes:
    """Return the card on one sheet of A5 or A4."""
    width, height = PAPERS[paper]
    scale = width / PAPERS["a5"][0]
    sheet = FPDF(format=(width, height))
    sheet.set_auto_page_break(False)
    sheet.set_margin(0)
    sheet.c_margin = 0
    sheet.add_font("noto", "", str(pylopdf_fonts_zh_cn.sans_path()))
    sheet.set_title(f"{card.name} {card.code}")
    sheet.set_lang("zh-CN")
    sheet.add_page()
    sheet.set_fill_color(*GREEN)
    sheet.rect(0, 0, width, 30 * scale, style="F")
    sheet.set_text_color(255, 255, 255)
    wide = width - 2 * MARGIN
    _write(sheet, f"{card.poster.city} · {card.code}", 11 * scale, MARGIN, 5 * scale, wide)
    _write(sheet, card.name, 22 * scale, MARGIN, 12 * scale, wide, lines=1)
    below = 36 * scale
    for label, text in card.facts:
        sheet.set_text_color(*GREY)
        _write(sheet, label, 10 * scale, MARGIN, below, 30 * scale)
        sheet.set_text_color(29, 35, 32)
        below = 3 * scale + _write(
            sheet, text, 12 * scale, MARGIN + 34 * scale, below, wide - 34 * scale
        )
    side = min(70 * scale, height - below - 20 * scale)
    sheet.image(BytesIO(png(card.poster)), x=(width - side) / 2, y=below, w=side, h=side)
    sheet.set_xy(MARGIN, below + side + 1)
    sheet.set_font("noto", size=13 * scale)
    sheet.multi_cell(wide, 7 * scale, card.call, align="C")
    return bytes(sheet.output())


def _write(
    sheet: FPDF, text: str, size: float, left: float, top: float, width: float, lines: int = 0
) -> float:
    """Write text, smaller where it must stand on one line; return where it ends."""
    sheet.set_font("noto", size=size)
    while lines and size > 8 and sheet.get_string_width(text) > width:
        size -= 0.5
        sheet.set_font("noto", size=size)
    sheet.set_xy(left, top)
    sheet.multi_cell(width, size * 0.47, text, align="L")
    return sheet.get_y()
