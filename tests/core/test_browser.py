"""The eyes of the tests see what they are for."""

import pytest

from tests.browser import check_fragment, check_page
from volunteer.core.headers import ALWAYS

GOOD = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="x"><title>T</title>
</head><body><main><h1>H</h1>
<form method="post" action="/x"><input type="hidden" name="csrf_token" value="1">
<label for="a">A</label><input id="a" name="a"><button>Go</button></form>
<table><thead><tr><th scope="col">B</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>
</main></body></html>"""


def test_a_good_page_passes():
    check_page(GOOD, ALWAYS)
    check_fragment("<tr><td>1</td></tr>", ALWAYS)
    check_fragment('<li class="empty">-</li>', ALWAYS)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("<!doctype html>", "", "doctype"),
        ('lang="zh-CN"', "", "lang"),
        ("<h1>H</h1>", "", "<h1>"),
        ("<h1>H</h1>", "<h1>H</h1><h1>I</h1>", "2 <h1>"),
        ("<title>T</title>", "", "<title>"),
        ('<label for="a">A</label>', "", "without a label"),
        ('<label for="a">A</label>', '<label for="b">A</label>', "#b"),
        ('<label for="a">A</label>', '<label for="a" id="a">A</label>', "2 times"),
        ("<button>Go</button>", "<button></button>", "without a name"),
        ("<button>Go</button>", '<button onclick="x()">Go</button>', "onclick"),
        ("<button>Go</button>", '<button style="x">Go</button>', "style"),
        ("<button>Go</button>", "<script>x</script>", "inline <script>"),
        ("<button>Go</button>", '<script src="//cdn/x.js"></script>', "reaches out"),
        ("<button>Go</button>", '<img src="x.png">', "alt"),
        ("<button>Go</button>", '<a href="#no">Go</a>', "#no"),
        ("<button>Go</button>", "<b><i>Go</b></i>", "invalid HTML"),
        ('name="csrf_token"', 'name="other"', "csrf_token"),
        (' scope="col"', "", "scope"),
    ],
)
def test_a_fault_is_seen(before, after, said):
    assert before in GOOD
    with pytest.raises(AssertionError, match=said):
        check_page(GOOD.replace(before, after), ALWAYS)


def test_headers_are_seen():
    with pytest.raises(AssertionError, match="content security policy"):
        check_page(GOOD, {"X-Content-Type-Options": "nosniff"})
