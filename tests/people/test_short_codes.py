"""The short code of a card: typed by a leader where the picture cannot be scanned."""

import secrets

import pytest

from volunteer.people.rules import SHORT_ALPHABET, public_ids_of, short_code


def test_it_has_eight_characters_of_which_none_looks_like_another():
    assert len(set(SHORT_ALPHABET)) == len(SHORT_ALPHABET) == 27
    assert not set("0O1ILBSZU") & set(SHORT_ALPHABET)
    for _ in range(200):
        code = short_code(secrets.token_hex(8))
        assert len(code.replace("-", "")) == 8
        assert set(code) <= {*SHORT_ALPHABET, "-"}


def test_it_leads_back_to_its_person_and_to_few_others():
    for _ in range(500):
        public_id = secrets.token_hex(8)
        first, last = public_ids_of(short_code(public_id))
        assert first <= public_id <= last
        assert int(last, 16) - int(first, 16) == (1 << 26) - 1


@pytest.mark.parametrize(
    "typed", ["y6cjfpe3", "Y6CJ FPE3", " y6cj-fpe3 ", "Ｙ６ＣＪＦＰＥ３", "Y6CJ—FPE3"]
)
def test_how_it_is_typed_does_not_matter(typed):
    assert public_ids_of(typed) == public_ids_of("Y6CJ-FPE3")


def test_what_is_read_wrong_is_read_right():
    assert public_ids_of("BSZU-BSZU") == public_ids_of("852V-852V")


@pytest.mark.parametrize(
    "typed", ["", "Y6CJ-FPE", "Y6CJ-FPE33", "Y6CJ-FPE0", "王小雨", "YYYY-YYYY"]
)
def test_what_is_no_code(typed):
    assert public_ids_of(typed) is None
