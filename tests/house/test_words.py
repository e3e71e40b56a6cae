"""Every English sentence has its Chinese, and no word judges people (law 7, rules.md)."""

import io
import re
from gettext import GNUTranslations
from pathlib import Path
from typing import BinaryIO

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tests.house.sources import ROOT, short

CATALOGUE = ROOT / "volunteer/translations/zh_Hans_CN/LC_MESSAGES/messages.po"
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|%(?!\(|%)")
#: The programme counts and helps; it does not judge (rules.md, glossary).
FORBIDDEN = re.compile(r"\b(punch|score|rank|penalt|punish)\w*|打卡|惩罚|扣分|排名", re.IGNORECASE)
READ = ("volunteer/**/*.py", "volunteer/**/*.po", "templates/**/*.html", "static/*.js")


def catalogue() -> dict[object, Message]:
    with CATALOGUE.open("rb") as file:
        return {message.id: message for message in read_po(file) if message.id}


def texts(words: object) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)


def test_nothing_is_left_in_english():
    used: dict[object, str] = {}
    for folder in ("volunteer", "templates"):
        for file, line, message, *_ in extract_from_dir(ROOT / folder, METHODS, keywords=KEYWORDS):
            used.setdefault(message, f"{folder}/{file}:{line}")
    known = catalogue()
    missing = [f"{place}: {message!r}" for message, place in used.items() if message not in known]
    assert not missing, "no Chinese for\n" + "\n".join(missing)
    unused = [message for message in known if message not in used]
    assert not unused, f"said nowhere: {unused}"


def test_nothing_is_half_translated():
    half = [
        message.id
        for message in catalogue().values()
        if message.fuzzy or not all(texts(message.string))
    ]
    assert not half


def test_both_languages_name_the_same_facts():
    wrong = []
    for message in catalogue().values():
        english = texts(message.id)[-1]  # the plural names all that there is to name
        for chinese in texts(message.string):
            there = {found[0] for found in PLACEHOLDER.finditer(chinese)}
            if there != {found[0] for found in PLACEHOLDER.finditer(english)}:
                wrong.append(f"{english!r}: {chinese!r}")
    assert not wrong, "\n".join(wrong)


def test_the_compiled_catalogue_is_fresh():
    with CATALOGUE.open("rb") as file:
        parsed = read_po(file, locale="zh_Hans_CN")
    compiled = io.BytesIO()
    write_mo(compiled, parsed)
    compiled.seek(0)
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        assert spoken(file) == spoken(compiled), "compile messages.po again"


def spoken(file: BinaryIO) -> dict[object, str]:
    """Return all sentences of a compiled catalogue; its header holds the date of the day."""
    sentences = dict(GNUTranslations(file)._catalog)
    sentences.pop("", None)
    return sentences


@pytest.mark.parametrize("pattern", READ)
def test_no_word_judges_people(pattern):
    wrong = [
        f"{short(path)}:{number} {found[0]}"
        for path in sorted(Path(ROOT).glob(pattern))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (found := FORBIDDEN.search(line))
    ]
    assert not wrong, "\n".join(wrong)
