"""A coordinator schedules a month from nothing, and counts the clicks."""

import re
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.e2e.conftest import COORDINATOR, OFFICE, log_in
from tests.e2e.looking import Visitor

#: From the unit's page to everybody's message.
MOST_CLICKS = 12


class Clicks:
    """Counts what a hand does."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, target: Locator) -> None:
        self.number += 1
        target.click()


def test_a_month_from_nothing_takes_few_clicks(visitor: Visitor, pictures: Path):
    page = log_in(visitor, COORDINATOR)
    page = visitor.go("/rosters")
    visitor.shoot(pictures, "rosters")
    page.locator("main .btn.go").click()
    page.wait_for_url(re.compile("/plan/"))
    unit = page.locator("main a.back").first.get_attribute("href")
    click = Clicks()

    page = visitor.go(str(unit))
    click(page.get_by_role("link", name="排一个月的班"))
    page.wait_for_url(re.compile("/plan"))
    visitor.look("the plan of a month")
    visitor.shoot(pictures, "roster-plan")
    if visitor.profile == "desk":  # the phone has planned the next month already
        click(page.locator("nav.chips a[href*='/plan/']").nth(2))
    click(page.get_by_role("button", name="开班并排班"))
    page.wait_for_url(re.compile("/rosters"))
    visitor.look("after the draw")
    if "unit=" in page.url:
        click(page.locator("td a[href*='/rosters/']").first)
        page.wait_for_url(re.compile("/rosters/[0-9a-f]{16}"))
    visitor.look("a draft")
    visitor.shoot(pictures, "roster-draft")
    expect(page.locator("main .lead")).to_contain_text("个位置排满")
    click(page.get_by_role("button", name="发布"))

    expect(page.locator("body")).to_contain_text("已逐人通知")
    expect(page.locator("main .bar")).to_contain_text("已发布")
    assert click.number <= MOST_CLICKS
    roster = page.url.partition("?")[0]
    visitor.go(f"{roster}?view=table")
    visitor.shoot(pictures, "roster-table")
    page.locator("main td a").first.click()
    page.wait_for_url(re.compile("/shifts/"))
    visitor.look("a place of a published roster")


def test_the_whole_city_is_drawn_and_published_while_a_bar_tells_how_far_it_is(
    visitor: Visitor, pictures: Path
):
    page = log_in(visitor, OFFICE)
    page.on("dialog", lambda dialog: dialog.accept())
    visitor.go("/rosters")
    page.locator("main .btn.go").click()
    page.wait_for_url(re.compile("/plan/"))
    page.locator("nav.chips a[href*='/plan/']").nth(3 if visitor.profile == "phone" else 6).click()
    expect(page.locator("main .lead")).to_contain_text("还要开出")
    expect(page.locator("main .panel")).to_contain_text("在后台逐个排好")
    visitor.look("the plan of the city's month")
    page.get_by_role("button", name="开班并排班").click()
    page.wait_for_url(re.compile("/progress$"))
    expect(page.locator("#run")).to_contain_text(re.compile("正在|已排好"))
    visitor.shoot(pictures, "roster-run")

    expect(page.locator("#run .note.ok")).to_contain_text("个单位的草稿已排好", timeout=60_000)
    visitor.look("what came of the draw")
    visitor.shoot(pictures, "roster-run-drawn")
    page.get_by_role("link", name="看各单位的草稿").click()
    page.wait_for_url(re.compile(r"/rosters\?.*unit="))
    visitor.look("the drafts of the city")
    page.get_by_role("button", name="全部发布").click()
    page.wait_for_url(re.compile("/progress$"))

    expect(page.locator("#run .note.ok")).to_contain_text("已逐人通知", timeout=60_000)
    visitor.look("what came of publishing")
    visitor.shoot(pictures, "roster-run-published")
    page.get_by_role("link", name="去看排班表").click()
    expect(page.locator("main table")).to_contain_text("已发布")
    expect(page.get_by_role("button", name="全部发布")).to_have_count(0)


def test_a_place_of_the_draft_goes_to_somebody_else(visitor: Visitor, pictures: Path):
    page = log_in(visitor, COORDINATOR)
    visitor.go("/rosters")
    page.locator("main .btn.go").click()
    page.locator("nav.chips a[href*='/plan/']").nth(4 if visitor.profile == "phone" else 5).click()
    page.get_by_role("button", name="开班并排班").click()
    page.wait_for_url(re.compile("/rosters"))
    if "unit=" in page.url:
        page.locator("td a[href*='/rosters/']").first.click()
    page.get_by_role("link", name=re.compile("^改动")).first.click()
    page.wait_for_url(re.compile("/shifts/"))
    visitor.look("a place of a draft")
    visitor.shoot(pictures, "roster-place")
    page.get_by_role("button", name=re.compile("^移除")).first.click()

    expect(page.locator("main")).to_contain_text("已撤下")
    expect(page.get_by_role("button", name=re.compile("^排到这里")).first).to_be_visible()
    page.get_by_role("button", name=re.compile("^排到这里")).first.click()
    expect(page.locator("main")).to_contain_text("人工指定")
    visitor.look("a place changed by hand")
