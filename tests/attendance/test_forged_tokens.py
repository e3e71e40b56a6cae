"""A thousand forged and mutated tokens of every kind, and none is accepted (case 34)."""

import base64
import random
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.make import at
from volunteer.attendance import receipts, rotating, tokens
from volunteer.attendance.errors import CodeRefused, ReceiptMissing
from volunteer.attendance.receipts import Read, Receipt
from volunteer.attendance.rotating import RotatingCode, slot_at
from volunteer.attendance.tokens import SiteCode
from volunteer.core import tokens as core
from volunteer.core.tokens import SIZES, TokenKind, sign

KEYS = {3: b"the key of last year", 4: b"the key of this year"}
NOW = at("2026-03-07 08:55")
WHO = "00ff00ff00ff00ff"
FORGED = 1000


def genuine() -> dict[TokenKind, str]:
    return {
        TokenKind.SITE: tokens.site_token(SiteCode(WHO, 3), KEYS),
        TokenKind.ROTATING: rotating.rotating_token(RotatingCode(WHO, slot_at(NOW)), KEYS),
        TokenKind.PERSONAL: tokens.card_token(WHO, NOW, KEYS),
        TokenKind.RECEIPT: receipts.receipt_token(Receipt(Read.SCREEN, WHO, NOW), KEYS),
    }


def is_accepted(text: str, keys=KEYS, now=NOW) -> bool:
    """Tell whether any door takes the text, as it came from the address or the cookie."""
    for read in (
        lambda: tokens.read_site_token(text, keys),
        lambda: rotating.read_rotating(text, keys, now=now),
        lambda: tokens.read_card(text, keys),
        lambda: receipts.read_receipt(text, keys, WHO, set(Read), now=now),
    ):
        try:
            read()
        except (CodeRefused, ReceiptMissing):
            continue
        return True
    return False


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def text_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def flipped(chance: random.Random, text: str) -> str:
    data = bytearray(raw(text))
    bit = chance.randrange(len(data) * 8)
    data[bit // 8] ^= 1 << bit % 8
    return text_of(bytes(data))


def cut_or_longer(chance: random.Random, text: str) -> str:
    size = chance.choice([-12, -4, -2, -1, 1, 2, 4])
    return text[:size] if size < 0 else text + "".join(chance.choices("AQgw0_-", k=size))


def spelt_otherwise(chance: random.Random, text: str) -> str:
    """The same bytes, or nearly, in another spelling."""
    ways = [
        text + "=",
        text + "==",
        text[:7] + " " + text[7:],
        text.swapcase(),
        text[:5] + chr(0xFF21 + chance.randrange(26)) + text[6:],
        text.replace("_", "/").replace("-", "+") + "A",
        text[:-1] + chr(ord(text[-1]) + 1),
    ]
    return chance.choice(ways)


def of_another_key(chance: random.Random, text: str) -> str:
    """Signed by the rules, with a key that is not ours but carries a number that is."""
    kind = TokenKind(raw(text)[1] >> 4)
    body = raw(text)[2 : 2 + SIZES[kind][0]]
    return sign(kind, body, {chance.choice([3, 4, 9]): chance.randbytes(16)})


def of_other_parts(chance: random.Random, text: str) -> str:
    """The MAC of one token under the head or the body of another; or no MAC to speak of."""
    kind = TokenKind(raw(text)[1] >> 4)
    body, mac = SIZES[kind]
    data = raw(text)
    other = raw(chance.choice(list(genuine().values())))
    return text_of(
        chance.choice(
            [
                data[:2] + chance.randbytes(body) + data[-mac:],
                data[:2] + data[2:-mac] + bytes(mac),
                data[:2] + data[2:-mac] + data[-mac:][::-1],
                bytes((1, other[1] ^ 0x30)) + data[2:],
                bytes((2, data[1])) + data[2:],
                data[:2] + chance.randbytes(body + mac),
            ]
        )
    )


def forged(chance: random.Random) -> Iterator[str]:
    ways = (flipped, cut_or_longer, spelt_otherwise, of_another_key, of_other_parts)
    good = genuine()
    found = 0
    while found < FORGED:
        text = chance.choice(ways)(chance, chance.choice(list(good.values())))
        if text not in good.values():
            found += 1
            yield text


@pytest.mark.parametrize("seed", [1, 20260307])
def test_of_a_thousand_forged_tokens_none_is_accepted(seed):
    taken = [text for text in forged(random.Random(seed)) if is_accepted(text)]

    assert taken == []


def test_the_control_genuine_ones_are():
    for kind, text in genuine().items():
        assert is_accepted(text), kind


def test_the_control_without_the_mac_hundreds_would_be(monkeypatch):
    """The test above can fail: it is the MAC that keeps them out."""
    monkeypatch.setattr(core.hmac, "compare_digest", lambda *_: True)

    taken = [text for text in forged(random.Random(1)) if is_accepted(text)]

    assert len(taken) > 300


def test_case_34_every_single_bit_of_every_kind():
    for text in genuine().values():
        data = raw(text)
        for bit in range(len(data) * 8):
            changed = bytearray(data)
            changed[bit // 8] ^= 1 << bit % 8
            assert not is_accepted(text_of(bytes(changed)))


def test_one_kind_does_not_pass_for_another():
    takers = {
        TokenKind.SITE: lambda text: tokens.read_site_token(text, KEYS),
        TokenKind.ROTATING: lambda text: rotating.read_rotating(text, KEYS, now=NOW),
        TokenKind.PERSONAL: lambda text: tokens.read_card(text, KEYS),
        TokenKind.RECEIPT: lambda text: receipts.read_receipt(text, KEYS, WHO, set(Read), now=NOW),
    }
    for kind, take in takers.items():
        for other, text in genuine().items():
            if other is kind:
                take(text)
                continue
            with pytest.raises((CodeRefused, ReceiptMissing)) as refused:
                take(text)
            assert refused.value.code in {"token_wrong_kind", "receipt_missing"}


class TestKeyRotation:
    """A new key signs from now on; what the old one has signed is read as long as it is kept."""

    @pytest.mark.parametrize("kind", list(TokenKind))
    def test_nothing_printed_dies_with_a_new_key(self, kind):
        old = genuine()[kind]
        newer = {**KEYS, 5: b"the key of next year"}

        assert is_accepted(old, newer)
        assert raw(old)[1] & 15 == 4
        assert raw(sign(kind, raw(old)[2 : 2 + SIZES[kind][0]], newer))[1] & 15 == 5

    @pytest.mark.parametrize("kind", list(TokenKind))
    def test_a_key_that_is_taken_out_is_dead(self, kind):
        assert not is_accepted(genuine()[kind], {5: b"the key of next year", 3: KEYS[3]})

    def test_a_number_used_again_for_another_key_opens_nothing(self):
        for text in genuine().values():
            assert not is_accepted(text, {**KEYS, 4: b"another with its number"})

    def test_a_rotating_code_of_the_old_key_still_ends_in_time(self):
        text = genuine()[TokenKind.ROTATING]
        newer = {**KEYS, 5: b"the key of next year"}

        assert is_accepted(text, newer)
        assert not is_accepted(text, newer, NOW + timedelta(seconds=45))
