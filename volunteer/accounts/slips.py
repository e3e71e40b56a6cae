"""The QR code of a printed slip, as an image that a page can carry in itself."""

from base64 import b64encode

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.svg import SvgPathImage


def picture(address: str) -> str:
    """Return an address's QR code (level M) as a `data:` address of an SVG image."""
    code = qrcode.make(address, image_factory=SvgPathImage, error_correction=ERROR_CORRECT_M)
    return "data:image/svg+xml;base64," + b64encode(code.to_string()).decode()
