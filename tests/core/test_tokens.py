"""A printed code verifies as it was printed, and no other way (checkin.md 1.3)."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer.core.tokens import SIZES, TokenError, TokenKind, sign, verify

KEYS = {1: b"an older secret key", 2: b"the newest secret"}
KINDS = list(TokenKind)


def body(kind):
    return bytes(range(100, 100 + SIZES[kind][0]))


def raw(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def spelled(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def refused(text, keys=KEYS):
    with pytest.raises(TokenError) as error:
        verify(text, keys)
    return error.value.code


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_signed_is_read_again(kind):
    assert verify(sign(kind, body(kind), KEYS), KEYS) == (kind, body(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_every_single_flipped_bit_is_refused(kind):
    good = raw(sign(kind, body(kind), KEYS))
    flips = 0
    for bit in range(len(good) * 8):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        assert refused(spelled(bytes(bad))) == "token_signature"
        flips += 1
    assert flips == len(good) * 8 >= 176


@pytest.mark.parametrize("kind", KINDS)
def test_every_other_character_is_refused(kind):
    text = sign(kind, body(kind), KEYS)
    for place in range(len(text)):
        for sign_ in "A-_+/=! a\n":
            if text[place] != sign_:
                refused(text[:place] + sign_ + text[place + 1 :])


@pytest.mark.parametrize("kind", KINDS)
def test_another_spelling_of_the_same_bytes_is_refused(kind):
    """Bits that base64 leaves over, padding, blanks, the other alphabet."""
    text = sign(kind, body(kind), KEYS)
    same = [
        other
        for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        if (other := text[:-1] + last) != text and raw(other) == raw(text)
    ]
    for other in [*same, f"{text}=", f"{text}\n", f" {text}", f"{text[:8]}!{text[8:]}"]:
        refused(other)
    for old, new in (("-", "+"), ("_", "/")):
        if old in text:
            refused(text.replace(old, new))


def test_the_alphabet_of_plain_base64_is_refused():
    for number in range(200):
        text = sign(TokenKind.SITE, number.to_bytes(10, "big"), KEYS)
        if set(text) & set("-_"):
            refused(text.translate(str.maketrans("-_", "+/")))


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_or_longer_token_is_refused(kind):
    text = sign(kind, body(kind), KEYS)
    for length in range(len(text)):
        refused(text[:length])
    for more in ("A", "AAAA", "A" * 40):
        refused(text + more)


def test_an_unknown_key_is_refused_and_an_older_one_is_not():
    old = sign(TokenKind.SITE, body(TokenKind.SITE), {1: KEYS[1]})
    assert verify(old, KEYS).kind == TokenKind.SITE
    assert refused(old, {2: KEYS[2]}) == "token_signature"
    assert refused(old, {1: b"another secret key"}) == "token_signature"


def test_the_newest_key_signs():
    text = sign(TokenKind.SITE, body(TokenKind.SITE), KEYS)
    assert verify(text, {2: KEYS[2]})


@pytest.mark.parametrize("text", ["", "A", "A" * 19, "A" * 65, "签到" * 12, "A" * 21])
def test_what_is_no_token_is_malformed(text):
    assert refused(text) == "token_malformed"


def test_the_body_must_have_its_size():
    with pytest.raises(ValueError, match="10 bytes"):
        sign(TokenKind.SITE, b"short", KEYS)


@given(st.text(max_size=70))
def test_no_text_does_more_than_be_refused(text):
    assert refused(text) in {"token_malformed", "token_signature"}
