"""Signed tokens of printed codes: `b64url(version | kind and key | body | mac)`.

The MAC is HMAC-SHA256, cut, compared in constant time. There is one canonical text
for a token: another spelling of the same bytes does not verify (checkin.md 1.3).
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple

VERSION = 1


class TokenKind(IntEnum):
    SITE = 1
    ROTATING = 2
    PERSONAL = 3
    #: Never printed: what a browser keeps of a code that it has just read.
    RECEIPT = 4


#: Bytes of the body and of the MAC, by kind.
SIZES = {
    TokenKind.SITE: (10, 10),
    TokenKind.ROTATING: (12, 10),
    TokenKind.PERSONAL: (12, 16),
    TokenKind.RECEIPT: (13, 16),
}


class TokenError(ValueError):
    """Why a token is not ours; `code` is a reason of checkin.md 1.8."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Token(NamedTuple):
    kind: TokenKind
    body: bytes


def sign(kind: TokenKind, body: bytes, keys: Mapping[int, bytes]) -> str:
    """Return the token's text, signed with the newest key.

    >>> text = sign(TokenKind.SITE, bytes(10), {1: b"secret"})
    >>> len(text), verify(text, {1: b"secret"}).body == bytes(10)
    (30, True)
    """
    number = list(keys)[-1]
    if len(body) != SIZES[kind][0]:
        raise ValueError(f"a {kind.name} token has {SIZES[kind][0]} bytes, not {len(body)}")
    head = bytes((VERSION, kind << 4 | number)) + body
    return _text(head + _mac(head, keys[number], SIZES[kind][1]))


def verify(text: str, keys: Mapping[int, bytes]) -> Token:
    """Return what a token says; raises TokenError with `token_malformed` or `token_signature`."""
    if not 20 <= len(text) <= 64 or not text.isascii():
        raise TokenError("token_malformed")
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise TokenError("token_malformed") from None
    if _text(raw) != text:
        raise TokenError("token_signature")
    try:
        kind = TokenKind(raw[1] >> 4)
    except ValueError:
        raise TokenError("token_signature") from None
    body, mac = SIZES[kind]
    key = keys.get(raw[1] & 15)
    if raw[0] != VERSION or key is None or len(raw) != 2 + body + mac:
        raise TokenError("token_signature")
    if not hmac.compare_digest(_mac(raw[: 2 + body], key, mac), raw[2 + body :]):
        raise TokenError("token_signature")
    return Token(kind, raw[2 : 2 + body])


def _mac(head: bytes, key: bytes, size: int) -> bytes:
    return hmac.new(key, head, hashlib.sha256).digest()[:size]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
