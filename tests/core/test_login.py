"""Where a log-in leads on to: a place of ours, nowhere else."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer.core.login import safe_next


@pytest.mark.parametrize("address", ["/", "/q/abc", "/people?q=a&unit=1", "/q/abc#x", "/人员"])
def test_a_place_of_ours_is_kept(address):
    assert safe_next(address) == address


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "people",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        " /people",
        "/\x00",
        "/%0d%0aSet-Cookie:x\r\n",
    ],
)
def test_anything_else_becomes_the_front_page(address):
    assert safe_next(address) == "/"


@given(st.text(alphabet="/\\.:@%\t\n aeh", max_size=12))
def test_no_address_leads_away(address):
    host = "http://127.0.0.1:8000/login"
    assert urlsplit(urljoin(host, safe_next(address))).netloc == "127.0.0.1:8000"
