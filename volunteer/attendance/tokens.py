"""The token of a site's printed code: which site, and which printing of its code."""

import base64
from collections.abc import Mapping
from typing import NamedTuple

from volunteer.core.tokens import VERSION, TokenError, TokenKind, sign, verify

from .errors import CodeMalformed, CodeRefused, CodeWrongKind

#: How the tokens of cards begin: twelve bits, the version and the kind.
CARD = base64.urlsafe_b64encode(bytes((VERSION, TokenKind.PERSONAL << 4, 0))).decode()[:2]
REFUSALS = {"token_malformed": CodeMalformed, "token_signature": CodeRefused}


class SiteCode(NamedTuple):
    """What a site's code says; `epoch` counts its printings, older ones are revoked."""

    public_id: str
    epoch: int


def site_token(code: SiteCode, keys: Mapping[int, bytes]) -> str:
    """Return the signed token of a site's code.

    >>> keys = {1: b"secret"}
    >>> read_site_token(site_token(SiteCode("00ff00ff00ff00ff", 3), keys), keys)
    SiteCode(public_id='00ff00ff00ff00ff', epoch=3)
    """
    body = bytes.fromhex(code.public_id) + code.epoch.to_bytes(2, "big")
    return sign(TokenKind.SITE, body, keys)


def is_card(text: str) -> bool:
    """Tell whether a token says that it is a person's card; nothing is verified yet.

    >>> is_card("ATE0"), is_card("AREBfb6Ws272zAABUt4TWmei1TwOxw"), is_card("?")
    (True, False, False)
    """
    return text.startswith(CARD)


def read_site_token(text: str, keys: Mapping[int, bytes]) -> SiteCode:
    """Return what a token says; raises CodeMalformed, CodeRefused or CodeWrongKind."""
    try:
        token = verify(text, keys)
    except TokenError as error:
        raise REFUSALS[error.code]() from None
    if token.kind is not TokenKind.SITE:
        raise CodeWrongKind()
    return SiteCode(token.body[:8].hex(), int.from_bytes(token.body[8:], "big"))
