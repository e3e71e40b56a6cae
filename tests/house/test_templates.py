"""Templates compile, fragments say what they need, and nothing is inline."""

import re

import pytest
from jinja2 import Environment

from tests.house.sources import TEMPLATES
from volunteer.features import FEATURES

FILES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
FRAGMENTS = [name for name in FILES if name.rpartition("/")[2].startswith("_")]
FOLDERS = {"layouts", "macros", "errors", *FEATURES}
INLINE = {
    "a script": r"<script(?![^>]*\bsrc=)",
    "a style sheet": r"<style\b",
    "a style attribute": r"<[^>]*\sstyle\s*=",
    "an event attribute": r"<[^>]*\s(on[a-z]+|hx-on[a-z:-]*)\s*=",
    "an address of elsewhere": r"<(script|link|img|form)[^>]*(src|href|action)=\"(https?:)?//",
    "unescaped text": r"\|\s*safe\b(?!\s*if)",
}


def source(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def code(name: str) -> str:
    """Return a template without its comments."""
    return re.sub(r"\{#.*?#\}", "", source(name), flags=re.DOTALL)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_all_compile(app):
    environment: Environment = app.jinja_env
    for name in FILES:
        environment.get_template(name)


def test_folders_are_features():
    assert {name.split("/")[0] for name in FILES} <= FOLDERS


def test_fragments_say_what_they_need():
    silent = [name for name in FRAGMENTS if not source(name).startswith("{# Needs:")]
    assert not silent


@pytest.mark.parametrize("what", sorted(INLINE))
def test_nothing_is_inline(what):
    wrong = [name for name in FILES if re.search(INLINE[what], code(name), re.IGNORECASE)]
    assert not wrong, f"{what} in {wrong}"


def test_every_posting_form_carries_its_token():
    wrong = []
    for name in FILES:
        for form in re.findall(r"<form\b.*?</form>", code(name), re.DOTALL | re.IGNORECASE):
            head = form.partition(">")[0].lower()
            if 'method="post"' in head and "csrf" not in form:
                wrong.append(f"{name}: {head}>")
    assert not wrong, "\n".join(wrong)
