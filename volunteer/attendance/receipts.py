"""What a browser keeps of a code that it has read: a signed note in a cookie, for five minutes.

A code that changes is dead before its reader has logged in; the note is not. It names what
was read and when, never who read it (checkin.md 1.3).
"""

import hashlib
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import NamedTuple

from flask import current_app, request
from werkzeug.wrappers import Response

from volunteer.core.tokens import TokenError, TokenKind, sign, verify

from .errors import ReceiptMissing

COOKIE = "receipt"
LIFE = timedelta(minutes=5)


class Read(IntEnum):
    """What was read: the screen of a shift, or a person's card."""

    SCREEN = 1
    CARD = 2
    #: The card as the person's own phone shows it, made within the last minute.
    FRESH_CARD = 3
    #: The card's short code, typed.
    TYPED = 4


class Receipt(NamedTuple):
    """What was read, whose public id it named, and when (whole seconds)."""

    read: Read
    public_id: str
    at: datetime

    @property
    def hashed(self) -> str:
        """What a scan keeps of it."""
        return hashlib.sha256(f"{self.read}|{self.public_id}|{self.at}".encode()).hexdigest()


def receipt_token(receipt: Receipt, keys: Mapping[int, bytes]) -> str:
    """Return the signed text of a receipt.

    >>> keys, now = {1: b"secret"}, datetime(2026, 3, 7, 1, tzinfo=UTC)
    >>> text = receipt_token(Receipt(Read.SCREEN, "00ff00ff00ff00ff", now), keys)
    >>> read_receipt(text, keys, "00ff00ff00ff00ff", {Read.SCREEN}, now=now + LIFE).at == now
    True
    """
    seconds = int(receipt.at.timestamp())
    body = bytes((receipt.read,)) + bytes.fromhex(receipt.public_id) + seconds.to_bytes(4, "big")
    return sign(TokenKind.RECEIPT, body, keys)


def read_receipt(
    text: str | None,
    keys: Mapping[int, bytes],
    public_id: str,
    allowed: Collection[Read],
    *,
    now: datetime,
) -> Receipt:
    """Return the receipt that a cookie holds.

    Raises ReceiptMissing where there is none, where it is of something else, and after
    five minutes.
    """
    try:
        token = verify(text or "", keys)
    except TokenError:
        raise ReceiptMissing() from None
    if token.kind is not TokenKind.RECEIPT or token.body[0] not in list(Read):
        raise ReceiptMissing()
    at = datetime.fromtimestamp(int.from_bytes(token.body[9:], "big"), UTC)
    receipt = Receipt(Read(token.body[0]), token.body[1:9].hex(), at)
    is_of_this = receipt.public_id == public_id and receipt.read in allowed
    if not is_of_this or not at <= now <= at + LIFE:
        raise ReceiptMissing()
    return receipt


def keep(response: Response, receipt: Receipt, path: str) -> Response:
    """Put a receipt into a cookie of the pages under `path`, which no script can read."""
    response.set_cookie(
        COOKIE,
        receipt_token(receipt, current_app.extensions["settings"].token_keys),
        max_age=LIFE,
        path=path,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return response


def shown(public_id: str, allowed: Collection[Read], *, now: datetime) -> Receipt:
    """Return the receipt that the browser shows for a shift or a person; see `read_receipt`."""
    keys = current_app.extensions["settings"].token_keys
    return read_receipt(request.cookies.get(COOKIE), keys, public_id, allowed, now=now)
