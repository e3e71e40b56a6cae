"""The code on the leader's screen: which shift, and which quarter of a minute. Nothing is stored.

Whoever was at the screen in that quarter of a minute, or the one before, may come in
(checkin.md 1.3).
"""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.svg import SvgPathImage
from qrcode.main import QRCode

from volunteer.core.tokens import TokenError, TokenKind, sign, verify

from .errors import CodeExpired, CodeWrongKind
from .tokens import REFUSALS

#: Seconds that a code stands on the screen, and how many codes before it still hold.
SLOT, SLOTS_BACK = 15, 1
BORDER = 4


class RotatingCode(NamedTuple):
    """The public id of a shift, and the number of the slot by the server's clock."""

    shift: str
    slot: int


def slot_at(moment: datetime) -> int:
    """Return the number of the slot that holds a moment.

    >>> from datetime import UTC
    >>> at = lambda second: slot_at(datetime(2026, 3, 7, 1, 0, second, tzinfo=UTC))
    >>> [at(second) - at(0) for second in (0, 14, 15, 29, 30)]
    [0, 0, 1, 1, 2]
    """
    return int(moment.timestamp()) // SLOT


def slot_ends(moment: datetime) -> datetime:
    """Return when the code of a moment is no longer taken."""
    return datetime.fromtimestamp((slot_at(moment) + 1 + SLOTS_BACK) * SLOT, moment.tzinfo)


def rotating_token(code: RotatingCode, keys: Mapping[int, bytes]) -> str:
    """Return the signed token of a shift's code in a slot.

    >>> from datetime import UTC
    >>> keys, now = {1: b"secret"}, datetime(2026, 3, 7, 1, tzinfo=UTC)
    >>> text = rotating_token(RotatingCode("00ff00ff00ff00ff", slot_at(now)), keys)
    >>> len(text), read_rotating(text, keys, now=now).shift
    (32, '00ff00ff00ff00ff')
    """
    body = bytes.fromhex(code.shift) + code.slot.to_bytes(4, "big")
    return sign(TokenKind.ROTATING, body, keys)


def read_rotating(text: str, keys: Mapping[int, bytes], *, now: datetime) -> RotatingCode:
    """Return what a token says if it is the present code or the one before.

    Raises CodeMalformed, CodeRefused or CodeWrongKind for what is no such code of ours,
    CodeExpired for one that is older, or that no screen has shown yet.
    """
    try:
        token = verify(text, keys)
    except TokenError as error:
        raise REFUSALS[error.code]() from None
    if token.kind is not TokenKind.ROTATING:
        raise CodeWrongKind()
    code = RotatingCode(token.body[:8].hex(), int.from_bytes(token.body[8:], "big"))
    if not 0 <= slot_at(now) - code.slot <= SLOTS_BACK:
        raise CodeExpired()
    return code


@lru_cache(maxsize=256)
def svg(url: str) -> bytes:
    """Return the code as an SVG image, black on white; a screen does not get soiled: level M."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=BORDER)
    code.add_data(url)
    code.make(fit=True)
    image = code.make_image(image_factory=SvgPathImage)
    return bytes(image.to_string(encoding="utf-8"))


def picture(url: str) -> str:
    """Return the SVG as an address that a page can carry in itself."""
    return f"data:image/svg+xml;base64,{b64encode(svg(url)).decode()}"
