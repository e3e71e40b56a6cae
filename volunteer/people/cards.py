"""The personal card: a long-lived signed code, and A7 cards on A4 sheets to cut. Pure rendering.

The code is an identifier, not a proof: whoever scans it looks at the face (checkin.md 1.3).
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from typing import NamedTuple

import pylopdf_fonts_zh_cn
from flask_babel import force_locale, gettext
from fpdf import FPDF
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.pil import PilImage
from qrcode.main import QRCode

from volunteer.core.errors import NotFound
from volunteer.core.i18n import LOCALE
from volunteer.core.tokens import TokenError, TokenKind, sign, verify

from .queries import PersonLine
from .rules import short_code

BORDER = 4
#: The size of the code, and its mask: to try all eight would take six times as long.
VERSION, MASK = 5, 2
#: Dots a module has in the picture.
DOTS = 6
#: Millimetres: A7 across, two beside and four below each other on A4.
WIDTH, HEIGHT, ACROSS, DOWN = 105, 74, 2, 4
ON_A_SHEET = ACROSS * DOWN
MARGIN, CODE = 7, 46
GREEN, GREY, LINE = (31, 107, 74), (86, 97, 91), (170, 178, 173)


class Card(NamedTuple):
    """All that stands on a card, in the city's own language whoever prints it."""

    url: str
    name: str
    unit: str
    number: str
    #: What a leader types where the picture cannot be scanned.
    short: str
    city: str
    title: str
    help: str


def token_of(public_id: str, issued_at: datetime, keys: Mapping[int, bytes]) -> str:
    """Return the signed token of a person's card: who, and since when (seconds).

    >>> from datetime import UTC
    >>> keys = {1: b"secret"}
    >>> text = token_of("00ff00ff00ff00ff", datetime(2026, 11, 23, tzinfo=UTC), keys)
    >>> len(text), public_id_of(text, keys)
    (40, '00ff00ff00ff00ff')
    """
    body = bytes.fromhex(public_id) + int(issued_at.timestamp()).to_bytes(4, "big")
    return sign(TokenKind.PERSONAL, body, keys)


def public_id_of(text: str, keys: Mapping[int, bytes]) -> str:
    """Return whose card a token is; raises NotFound for what is no card of ours."""
    try:
        token = verify(text, keys)
    except TokenError:
        raise NotFound() from None
    if token.kind is not TokenKind.PERSONAL:
        raise NotFound()
    return token.body[:8].hex()


def cards_of(
    lines: Iterable[PersonLine],
    *,
    base_url: str,
    city: str,
    keys: Mapping[int, bytes],
    now: datetime,
) -> list[Card]:
    """Return the cards of people; the URL is `BASE_URL/q/<token>`."""
    with force_locale(LOCALE):
        return [
            Card(
                url=f"{base_url}/q/{token_of(line.public_id, now, keys)}",
                name=line.name,
                unit=line.unit_name,
                number=line.volunteer_number,
                short=short_code(line.public_id),
                city=gettext("%(city)s volunteers", city=city),
                title=gettext("Volunteer card"),
                help=gettext("Show this card to the leader on site: it counts like a phone."),
            )
            for line in lines
        ]


def sheets_of(cards: Sequence[Card]) -> list[Sequence[Card]]:
    """Return the cards sheet by sheet."""
    return [cards[at : at + ON_A_SHEET] for at in range(0, len(cards), ON_A_SHEET)]


@lru_cache(maxsize=512)
def png(url: str) -> bytes:
    """Return the code as a small PNG, black on white."""
    code = QRCode(
        version=VERSION,
        error_correction=ERROR_CORRECT_M,
        border=BORDER,
        box_size=DOTS,
        mask_pattern=MASK,
    )
    code.add_data(url)
    code.make(fit=True)
    file = BytesIO()
    code.make_image(image_factory=PilImage).save(file, format="PNG", optimize=True)
    return file.getvalue()


def data_url(card: Card) -> str:
    """Return the code as an address that a page can carry in itself."""
    return f"data:image/png;base64,{b64encode(png(card.url)).decode()}"


def pdf(cards: Sequence[Card]) -> bytes:
    """Return A4 sheets with eight A7 cards each, with hair lines to cut along."""
    book = FPDF(format="A4")
    book.set_auto_page_break(False)
    book.set_margin(0)
    book.c_margin = 0
    book.add_font("noto", "", str(pylopdf_fonts_zh_cn.sans_path()))
    book.set_lang("zh-CN")
    for sheet in sheets_of(cards):
        book.add_page()
        book.set_draw_color(*LINE)
        book.set_line_width(0.1)
        for row in range(DOWN + 1):
            book.line(0, row * HEIGHT, WIDTH * ACROSS, row * HEIGHT)
        book.line(WIDTH, 0, WIDTH, HEIGHT * DOWN)
        for at, card in enumerate(sheet):
            _draw(book, card, (at % ACROSS) * WIDTH, (at // ACROSS) * HEIGHT)
    return bytes(book.output())


def _draw(book: FPDF, card: Card, left: float, top: float) -> None:
    wide = WIDTH - CODE - 2 * MARGIN
    book.set_fill_color(*GREEN)
    book.rect(left, top, WIDTH, 11, style="F")
    book.set_text_color(255, 255, 255)
    _text(book, card.city, 10, left + MARGIN, top + 3, WIDTH - 2 * MARGIN)
    book.set_text_color(29, 35, 32)
    below = _text(book, card.name, 20, left + MARGIN, top + 17, wide) + 2
    below = _text(book, card.number, 13, left + MARGIN, below, wide) + 2
    book.set_text_color(*GREY)
    below = _text(book, card.unit, 9, left + MARGIN, below, wide) + 2
    below = _text(book, card.short, 11, left + MARGIN, below, wide)
    _text(book, card.help, 8, left + MARGIN, max(below + 2, top + HEIGHT - 17), wide)
    side = left + WIDTH - CODE - 4
    book.image(BytesIO(png(card.url)), x=side, y=top + 18, w=CODE, h=CODE)


def _text(book: FPDF, text: str, size: float, left: float, top: float, width: float) -> float:
    """Write text, smaller where one line of it is too long for the card; return where it ends."""
    book.set_font("noto", size=size)
    lines = 2 if size < 12 else 1
    while size > 6 and book.get_string_width(text) > width * lines:
        size -= 0.5
        book.set_font("noto", size=size)
    book.set_xy(left, top)
    book.multi_cell(width, size * 0.46, text, align="L")
    return book.get_y()
