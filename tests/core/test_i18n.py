"""Chinese unless the browser's session says otherwise."""

import pytest

from tests.make import at
from volunteer.core.i18n import local_day_text, local_range, month_text, say

ENGLISH = "This page does not exist, or it is not within your units."


def test_chinese_is_spoken_by_default(client):
    page = client.get("/no/such/page").text
    assert '<html lang="zh-CN">' in page
    assert ENGLISH not in page


def test_english_is_spoken_where_it_was_chosen(client):
    client.remember("language", "en")
    page = client.get("/no/such/page").text
    assert '<html lang="en">' in page
    assert ENGLISH in page


@pytest.mark.parametrize("language", ["", "de", "zh_Hans_CN", "<script>"])
def test_an_unknown_language_is_chinese(client, language):
    client.remember("language", language)
    assert '<html lang="zh-CN">' in client.get("/no/such/page").text


@pytest.mark.parametrize("engine", ["sqlite"])
def test_moments_are_told_on_the_clock_here(app):
    """A UTC moment that is already the next day and month here."""
    moment = at("2026-04-01 00:30")
    assert say("%(when)s", {"when": moment}) == "00:30"
    assert local_day_text(moment) == "4月1日 星期三"
    assert local_range(moment, at("2026-04-01 02:00")) == "4月1日 星期三 00:30–02:00"
    assert local_range(moment, at("2026-04-02 00:00")).endswith("4月2日 星期四 00:00")


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_month_is_told_as_people_say_it(app):
    assert month_text("2026-03") == "2026年3月"


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_percent_sign_in_a_fact_is_only_a_sign(app):
    assert say("%(name)s", {"name": "100%(x)s %"}) == "100%(x)s %"
