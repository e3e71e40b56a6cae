"""A series: planned, opened further ahead, changed from a day on, a day called off."""

import re
from datetime import datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.conftest import COORDINATOR, log_in
from tests.e2e.looking import Visitor
from tests.e2e.test_coordinator import LOCAL, make_site


def plan(visitor: Visitor, pictures: Path) -> Page:
    """Plan an activity of every two weeks at 05:20 in the morning; stand on its page."""
    page = visitor.page
    code = make_site(visitor)
    visitor.go(f"/activities/new?site={code}")
    visitor.shoot(pictures, "series-new")
    tomorrow = datetime.now(LOCAL) + timedelta(days=1)
    page.locator("input[name=title]").fill("隔周清洁日")
    page.locator("select[name=site]").select_option(code)
    page.locator("input[name=repeats][value=two-weeks]").check()
    for day in page.locator("input[name=weekdays]:checked").all():
        day.uncheck()
    page.locator(f"input[name=weekdays][value='{tomorrow.weekday()}']").check()
    page.locator("input[name=holidays][value=keep]").check()
    page.locator("input[name=starts]").fill("05:20")
    page.locator("input[name=minutes]").fill("30")
    page.locator("input[name=first_on]").fill(f"{tomorrow:%Y-%m-%d}")
    page.locator("main form button.go").last.click()
    page.wait_for_url(re.compile(r"/activities/[0-9a-f]{16}$"))
    visitor.look("a series")
    visitor.shoot(pictures, "series")
    return page


def test_a_series_is_opened_further_and_changed_from_a_day_on(visitor: Visitor, pictures: Path):
    log_in(visitor, COORDINATOR)
    page = plan(visitor, pictures)
    expect(page.locator("main a[href^='/shifts/']")).to_have_count(2)

    page.get_by_role("link", name="提前开设场次").click()
    page.locator("input[name=until]").first.fill(
        f"{datetime.now(LOCAL) + timedelta(days=60):%Y-%m-%d}"
    )
    page.get_by_role("button", name="预览").click()
    page.wait_for_url("**until=*")
    visitor.look("opening")
    visitor.shoot(pictures, "series-opening")
    page.get_by_role("button", name=re.compile(r"^开设 3 场")).click()
    page.wait_for_url(re.compile(r"/activities/[0-9a-f]{16}$"))
    shifts = page.locator("main a[href^='/shifts/']")
    expect(shifts).to_have_count(5)

    shifts.nth(1).click()
    page.wait_for_url(re.compile(r"/shifts/[0-9a-f]{16}$"))
    page.get_by_role("link", name="修改场次").click()
    page.wait_for_url("**/change")
    visitor.look("how far")
    visitor.shoot(pictures, "series-ask")
    page.get_by_role("link", name=re.compile("这一场及以后各场")).click()
    page.wait_for_url("**/edit?since=*")
    visitor.look("change a series")
    page.locator("input[name=starts]").fill("05:50")
    page.get_by_role("button", name="查看修改结果").click()
    page.get_by_role("button", name="确认修改").wait_for()
    visitor.look("what a change does")
    visitor.shoot(pictures, "series-change")
    page.get_by_role("button", name="确认修改").click()
    page.wait_for_url(re.compile(r"/activities/[0-9a-f]{16}$"))
    expect(page.locator("main a[href^='/shifts/']")).to_have_count(4)
    expect(page.locator("main")).to_contain_text("05:50")

    page.locator("main a[href^='/shifts/']").first.click()
    page.wait_for_url(re.compile(r"/shifts/[0-9a-f]{16}$"))
    page.get_by_role("link", name="修改场次").click()
    page.wait_for_url("**/change")
    page.get_by_role("link", name=re.compile("只改这一场")).click()
    page.wait_for_url("**/edit")
    visitor.look("change a shift")
    visitor.shoot(pictures, "shift-edit")
    page.locator("input[name=title]").fill("隔周清洁日（东区）")
    page.get_by_role("button", name="修改场次").click()
    page.wait_for_url(re.compile(r"/shifts/[0-9a-f]{16}$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("东区")


def test_a_day_is_called_off_for_all_and_taken_back(visitor: Visitor, pictures: Path):
    log_in(visitor, COORDINATOR)
    page = plan(visitor, pictures)
    shift = str(page.locator("main a[href^='/shifts/']").first.get_attribute("href"))
    visitor.go("/shifts/call-off")
    page.locator("input[name=since]").fill("05:00")
    page.locator("input[name=until]").fill("06:00")
    page.locator("input[name=reason]").first.check()
    page.get_by_role("button", name="查看将取消的场次").click()
    page.get_by_role("button", name=re.compile("^取消 ")).wait_for()
    visitor.look("what is called off")
    visitor.shoot(pictures, "call-off")
    page.get_by_role("button", name=re.compile("^取消 ")).click()
    page.wait_for_url(re.compile(r"/shifts/call-off/[0-9a-f]{16}$"))
    visitor.look("after it")
    visitor.shoot(pictures, "called-off")
    visitor.go(shift)
    expect(page.locator("main")).to_contain_text("天气")

    visitor.go("/shifts/call-off")
    visitor.shoot(pictures, "called-off-lately")
    page.locator("a[href^='/shifts/call-off/']").first.click()
    page.wait_for_url(re.compile(r"/shifts/call-off/[0-9a-f]{16}$"))
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name=re.compile("^撤回取消")).click()
    page.wait_for_url(re.compile(r"/shifts\?"))
    visitor.look("taken back")
    visitor.shoot(pictures, "taken-back")
    visitor.go(shift)
    expect(page.locator("main")).not_to_contain_text("天气")
    expect(page.get_by_role("link", name="修改场次")).to_be_visible()


def test_check_in_differs_at_a_series_and_at_one_of_its_shifts(visitor: Visitor, pictures: Path):
    log_in(visitor, COORDINATOR)
    page = plan(visitor, pictures)
    shift = str(page.locator("main a[href^='/shifts/']").first.get_attribute("href"))
    page.get_by_role("link", name="签到设置").click()
    page.wait_for_url("**/check-in")
    page.locator("input[name=min_stay_minutes]").fill("25")
    page.locator("main form button.go").click()
    page.wait_for_load_state()
    visitor.look("check-in of a series")
    visitor.shoot(pictures, "series-check-in")
    visitor.go(f"{shift}/check-in")
    expect(page.locator("main")).to_contain_text("由所属活动设置")
    page.locator("input[name=min_stay_minutes]").fill("5")
    page.locator("main form button.go").click()
    page.wait_for_load_state()
    expect(page.locator("main")).to_contain_text("此处设置；上级为：25 分钟")
    visitor.look("check-in of a shift")
    visitor.shoot(pictures, "shift-check-in")


def test_single_shifts_are_copied_into_the_next_week(visitor: Visitor, pictures: Path):
    log_in(visitor, COORDINATOR)
    page, code = visitor.page, make_site(visitor)
    day = datetime.now(LOCAL) + timedelta(days=2)
    visitor.go(f"/shifts/new?site={code}")
    page.locator("input[name=title]").fill("市场周边整治")
    page.locator("input[name=day]").fill(f"{day:%Y-%m-%d}")
    page.locator("main form button.go").last.click()
    page.wait_for_url(re.compile(r"/shifts/[0-9a-f]{16}$"))
    visitor.go("/shifts")
    page.get_by_role("link", name="复制场次").click()
    page.locator("input[name=copied]").fill(f"{day:%Y-%m-%d}")
    page.locator("input[name=into]").fill(f"{day + timedelta(days=7):%Y-%m-%d}")
    page.get_by_role("button", name="查看将复制的场次").click()
    page.get_by_role("button", name=re.compile(r"^开设 \d+ 场")).wait_for()
    expect(page.locator("main")).to_contain_text("市场周边整治")
    visitor.look("what is copied")
    visitor.shoot(pictures, "copy")
    page.get_by_role("button", name=re.compile(r"^开设 \d+ 场")).click()
    page.wait_for_url(re.compile(r"/shifts\?"))


def test_the_holidays_of_the_year_can_be_looked_at(visitor: Visitor, pictures: Path):
    log_in(visitor, COORDINATOR)
    visitor.go("/activities")
    visitor.page.get_by_role("link", name="节假日与工作日").click()
    visitor.look("holidays")
    visitor.shoot(pictures, "workdays")
