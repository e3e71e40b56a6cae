"""The token of a site's printed code: which site, and which printing of its code."""

import base64
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from volunteer.core.tokens import VERSION, TokenError, TokenKind, sign, verify

from .errors import CodeMalformed, CodeRefused, CodeWrongKind

#: How the tokens of each kind begin: twelve bits, the version and the kind.
KINDS = {
    base64.urlsafe_b64encode(bytes((VERSION, kind << 4, 0))).decode()[:2]: kind
    for kind in TokenKind
}
#: What is shorter is typed by hand.
SHORTEST = 20
#: A card is as fresh as the page of the person's own phone makes it, or it is printed.
FRESH = timedelta(seconds=60)
#: What some scanners put before the text: which character set it is in.
ECI = re.compile(r"\\0000\d\d")
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


def kind_of(text: str) -> TokenKind | None:
    """Return of which kind a token says that it is; nothing is verified yet.

    >>> kind_of("ATE0"), kind_of("AREBfb6Ws272zAABUt4TWmei1TwOxw"), kind_of("?")
    (<TokenKind.PERSONAL: 3>, <TokenKind.SITE: 1>, None)
    """
    return KINDS.get(text[:2])


def cleaned(text: str) -> str:
    """Return the token in what a scanner has read: of an address the part after `/q/`.

    Some scanners add control characters, or a word on the character set (ECI).

    >>> cleaned("\\\\000026https://zyfw.example.cn/q/AREB-_fb\\r\\n"), cleaned("\\x1dAREB-_fb")
    ('AREB-_fb', 'AREB-_fb')
    """
    kept = "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cf"})
    return ECI.sub("", kept).strip().rpartition("/q/")[2]


def read_site_token(text: str, keys: Mapping[int, bytes]) -> SiteCode:
    """Return what a token says; raises CodeMalformed, CodeRefused or CodeWrongKind."""
    try:
        token = verify(text, keys)
    except TokenError as error:
        raise REFUSALS[error.code]() from None
    if token.kind is not TokenKind.SITE:
        raise CodeWrongKind()
    return SiteCode(token.body[:8].hex(), int.from_bytes(token.body[8:], "big"))


class CardCode(NamedTuple):
    """Whose card it is, and when its code was made (seconds since 1970)."""

    public_id: str
    issued: int

    def is_fresh(self, now: datetime) -> bool:
        """Tell whether the code was made within the last minute, by the person's own page."""
        return 0 <= now.timestamp() - self.issued <= FRESH.total_seconds()


def read_card(text: str, keys: Mapping[int, bytes]) -> CardCode:
    """Return what a card says; raises CodeMalformed, CodeRefused or CodeWrongKind."""
    try:
        token = verify(text, keys)
    except TokenError as error:
        raise REFUSALS[error.code]() from None
    if token.kind is not TokenKind.PERSONAL:
        raise CodeWrongKind()
    return CardCode(token.body[:8].hex(), int.from_bytes(token.body[8:], "big"))


def card_token(public_id: str, issued_at: datetime, keys: Mapping[int, bytes]) -> str:
    """Return the signed token of a person's card; the same as the printed one says.

    >>> from datetime import UTC
    >>> keys, now = {1: b"secret"}, datetime(2026, 3, 7, 1, tzinfo=UTC)
    >>> read_card(card_token("00ff00ff00ff00ff", now, keys), keys).is_fresh(now)
    True
    """
    body = bytes.fromhex(public_id) + int(issued_at.timestamp()).to_bytes(4, "big")
    return sign(TokenKind.PERSONAL, body, keys)
