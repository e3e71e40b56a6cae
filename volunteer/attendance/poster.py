"""The poster of a site: its printed code as picture and as an A4 sheet. Pure rendering."""

from base64 import b64encode
from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from typing import NamedTuple

import pylopdf_fonts_zh_cn
from flask_babel import force_locale, gettext
from fpdf import FPDF
from fpdf.enums import Align, MethodReturnValue, TextMode, XPos, YPos
from qrcode.constants import ERROR_CORRECT_Q
from qrcode.image.pil import PilImage
from qrcode.image.svg import SvgPathImage
from qrcode.main import QRCode

from volunteer.core.i18n import LOCALE
from volunteer.shifts.models import Site

from .tokens import SiteCode, site_token

#: Weather and laminate eat a quarter of a code before it stops being read.
LEVEL = ERROR_CORRECT_Q
BORDER = 4
#: Dots a module has in the PNG.
DOTS = 20
#: Millimetres on the A4 sheet.
PAGE, MARGIN, CODE, LOWEST = 210, 18, 132, 224
GREEN, GREY, LINE = (31, 107, 74), (86, 97, 91), (223, 228, 223)

MEDIA_TYPES = {"pdf": "application/pdf", "png": "image/png", "svg": "image/svg+xml"}


class Poster(NamedTuple):
    """All that stands on a poster, in the city's own language whoever prints it."""

    url: str
    token: str
    site: str
    address: str
    code: str
    city: str
    call: str
    steps: tuple[str, ...]
    help: str


def poster_of(site: Site, *, base_url: str, city: str, keys: Mapping[int, bytes]) -> Poster:
    """Return the poster of a site for its present epoch; the URL is `BASE_URL/q/<token>`."""
    token = site_token(SiteCode(site.public_id, site.qr_epoch), keys)
    with force_locale(LOCALE):
        return Poster(
            url=f"{base_url}/q/{token}",
            token=token,
            site=site.name,
            address=site.address or "",
            code=site.code,
            city=gettext("%(city)s volunteers", city=city),
            call=gettext("Scan to check in · scan to check out"),
            steps=(
                gettext("Scan with WeChat or the camera of your phone"),
                gettext("Log in the first time, then press “Check in”"),
                gettext("When you leave, scan again and press “Check out”"),
            ),
            help=gettext("No phone, or no signal? The leader on site records you."),
        )


def render(poster: Poster, ending: str) -> bytes:
    """Return the poster as a file: `pdf` is the A4 sheet, `png` and `svg` the code alone."""
    return {"pdf": pdf, "png": png, "svg": svg}[ending](poster)


def _qr(url: str) -> QRCode:
    code = QRCode(error_correction=LEVEL, border=BORDER, box_size=DOTS)
    code.add_data(url)
    code.make(fit=True)
    return code


@lru_cache(maxsize=256)
def svg(poster: Poster) -> bytes:
    """Return the code as an SVG image, black on white."""
    image = _qr(poster.url).make_image(image_factory=SvgPathImage)
    return bytes(image.to_string(encoding="utf-8"))


@lru_cache(maxsize=64)
def png(poster: Poster) -> bytes:
    """Return the code as a PNG of 20 dots a module."""
    file = BytesIO()
    _qr(poster.url).make_image(image_factory=PilImage).save(file, format="PNG")
    return file.getvalue()


def data_url(poster: Poster) -> str:
    """Return the SVG as an address that a page can carry in itself."""
    return f"data:image/svg+xml;base64,{b64encode(svg(poster)).decode()}"


@lru_cache(maxsize=64)
def pdf(poster: Poster) -> bytes:
    """Return the sheet to hang up: A4, one page."""
    sheet = _sheet(poster)
    _band(sheet, poster)
    _line(sheet, poster.call, 28, gap=7, bold=True)
    top = sheet.get_y() + 1
    side = min(CODE, LOWEST - top)
    sheet.image(BytesIO(png(poster)), x=(PAGE - side) / 2, y=top, w=side, h=side)
    sheet.set_y(top + side - 1)
    steps = [f"{number}. {step}" for number, step in enumerate(poster.steps, start=1)]
    sheet.set_font("noto", size=17)
    left = (PAGE - max(map(sheet.get_string_width, steps))) / 2
    for step in steps:
        _line(sheet, step, 17, gap=2, left=left)
    sheet.set_text_color(*GREY)
    _line(sheet, poster.help, 13, gap=4)
    _foot(sheet, poster)
    return bytes(sheet.output())


def _sheet(poster: Poster) -> FPDF:
    sheet = FPDF(format="A4")
    sheet.set_auto_page_break(False)
    sheet.set_margin(MARGIN)
    sheet.c_margin = 0
    sheet.add_font("noto", "", str(pylopdf_fonts_zh_cn.sans_path()))
    sheet.set_title(f"{poster.site} {poster.code}")
    sheet.set_lang("zh-CN")
    sheet.add_page()
    return sheet


def _band(sheet: FPDF, poster: Poster) -> None:
    """Draw the green head with the city and the site's name, as big as it fits."""
    size = _fitting(sheet, poster.site)
    sheet.set_text_color(255, 255, 255)
    for drawn in (False, True):  # measured, then written on its ground
        sheet.set_y(11)
        _line(sheet, poster.city, 15, drawn=drawn)
        _line(sheet, poster.site, size, gap=3, bold=True, drawn=drawn)
        if poster.address:
            _line(sheet, poster.address, 14, gap=2, drawn=drawn)
        if not drawn:
            sheet.set_fill_color(*GREEN)
            sheet.rect(0, 0, PAGE, sheet.get_y() + 9, style="F")
    sheet.set_text_color(29, 35, 32)
    sheet.set_y(sheet.get_y() + 9)


def _foot(sheet: FPDF, poster: Poster) -> None:
    sheet.set_draw_color(*LINE)
    sheet.set_y(-24)
    sheet.line(MARGIN, sheet.get_y(), PAGE - MARGIN, sheet.get_y())
    _line(sheet, f"{poster.city} · {poster.code}", 11, gap=3)
    _line(sheet, poster.token, 8, gap=1)


def _fitting(sheet: FPDF, text: str, *, most: float = 46, least: float = 28) -> float:
    """Return the biggest size in points at which `text` stands on one line, if it does."""
    sheet.set_font("noto", size=100)
    width = sheet.get_string_width(text) or 1
    return max(least, min(most, 98 * (PAGE - 2 * MARGIN) / width))


def _line(
    sheet: FPDF,
    text: str,
    size: float,
    *,
    gap: float = 0,
    left: float | None = None,
    bold: bool = False,
    drawn: bool = True,
) -> None:
    """Write text `gap` millimetres below, centred or from `left` on, or only move past it.

    The font has one weight; an outline adds one.
    """
    sheet.set_font("noto", size=size)
    sheet.set_xy(left or MARGIN, sheet.get_y() + gap)
    width, height = PAGE - 2 * MARGIN, size * 0.47
    align = Align.L if left else Align.C
    if not drawn:
        lines = sheet.multi_cell(width, height, text, dry_run=True, output=MethodReturnValue.LINES)
        assert isinstance(lines, list)
        sheet.set_y(sheet.get_y() + height * len(lines))
        return
    thick = TextMode.FILL_STROKE if bold else TextMode.FILL
    with sheet.local_context(text_mode=thick, line_width=size / 160, draw_color=sheet.text_color):
        sheet.multi_cell(width, height, text, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
