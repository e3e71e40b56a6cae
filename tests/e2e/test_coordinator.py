"""The coordinator's journey: a weekly activity, its shifts, people, the roll, a cancelled day."""

import re
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from tests.e2e.conftest import COORDINATOR, log_in
from tests.e2e.looking import Visitor

LOCAL = ZoneInfo("Asia/Shanghai")


def make_site(visitor: Visitor) -> str:
    page = visitor.go("/sites")
    code = f"CO-{secrets.token_hex(3).upper()}"
    if not page.locator("input[name=name]").is_visible():
        page.locator("details.more summary").first.click()
    page.locator("input[name=name]").fill("江滨公园")
    page.locator("input[name=code]").fill(code)
    page.get_by_role("button", name="保存签到点").click()
    page.wait_for_url(f"**/sites/{code}")
    return code


def test_a_weekly_activity_opens_its_shifts_and_gets_its_people(visitor: Visitor, pictures: Path):
    page = log_in(visitor, COORDINATOR)
    visitor.look("/")
    visitor.shoot(pictures, "coordinator-home")
    code = make_site(visitor)
    visitor.go("/activities/new")
    visitor.shoot(pictures, "activity-new")
    tomorrow = datetime.now(LOCAL) + timedelta(days=1)
    page.locator("input[name=title]").fill("每周清洁日")
    page.locator("select[name=site]").select_option(code)
    for day in page.locator("input[name=weekdays]:checked").all():
        day.uncheck()
    page.locator(f"input[name=weekdays][value='{tomorrow.weekday()}']").check()
    page.locator("input[name=starts]").fill("05:10")
    page.locator("input[name=minutes]").fill("40")
    page.locator("input[name=first_on]").fill(f"{tomorrow:%Y-%m-%d}")
    page.locator("input[name=wanted]").fill("1")
    page.locator("main form button.go").last.click()
    page.wait_for_url(re.compile(r"/activities/[0-9a-f]{16}"))
    visitor.look("activity")
    visitor.shoot(pictures, "activity")
    shifts = page.locator("main a[href^='/shifts/']")
    expect(shifts).to_have_count(4)

    shifts.first.click()
    page.wait_for_url(re.compile(r"/shifts/[0-9a-f]{16}"))
    shift = page.url
    visitor.go(shift + "/assign")
    visitor.shoot(pictures, "assign")
    free = page.locator("input[name=people]:not([disabled])")
    free.nth(0).check()
    free.nth(1).check()
    page.get_by_role("button", name=re.compile("^安排")).first.click()
    page.get_by_role("button", name="仍然安排").first.wait_for()  # two where one was asked for
    visitor.look("beyond what was asked for")
    visitor.shoot(pictures, "beyond")
    page.get_by_role("button", name="仍然安排").first.click()
    page.wait_for_url(shift)
    visitor.shoot(pictures, "shift")
    expect(page.get_by_role("button", name="移除")).to_have_count(2)
    visitor.look("shift")
    visitor.shoot(pictures, "shift")

    visitor.go(shift + "/cancel")
    page.locator("input[name=reason]").first.check()
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("main form button").last.click()
    page.wait_for_url(shift)
    expect(page.locator("main")).to_contain_text("天气")
    visitor.look("cancelled")


def test_the_roll_is_called_for_a_person_without_a_phone(visitor: Visitor, pictures: Path):
    page = log_in(visitor, COORDINATOR)
    code = make_site(visitor)
    start = datetime.now(LOCAL) - timedelta(minutes=2)
    visitor.go(f"/shifts/new?site={code}")
    page.locator("select[name=site]").select_option(code)
    page.locator("input[name=day]").fill(f"{start:%Y-%m-%d}")
    page.locator("input[name=starts]").fill(f"{start:%H:%M}")
    page.locator("input[name=minutes]").fill("15")
    page.get_by_role("button", name="开设场次").click()
    page.wait_for_url(re.compile(r"/shifts/[0-9a-f]{16}$"))
    shift = page.url
    visitor.go(shift + "/assign")
    page.locator("input[name=people]:not([disabled])").first.check()
    page.get_by_role("button", name=re.compile("^安排")).first.click()
    page.wait_for_url(shift)

    visitor.go(shift + "/live")
    visitor.shoot(pictures, "live")
    page.get_by_role("link", name="点名登记").click()
    page.wait_for_url(shift + "/roll-call")
    visitor.shoot(pictures, "roll-call")
    page.locator("input[type=checkbox][name=person]").first.check()
    page.locator("select[name=reason]").select_option("no_phone")
    page.locator("button[name=direction][value=in]").click()
    page.wait_for_load_state()
    visitor.shoot(pictures, "roll-called")
    visitor.go(shift + "/live")

    expect(page.locator(".kpi")).to_contain_text("1")
    expect(page.locator("main table")).to_contain_text("在岗")
    visitor.go(shift + "/live")
    visitor.shoot(pictures, "live-after")


def test_what_waits_and_who_is_exempt_can_be_seen(visitor: Visitor, pictures: Path):
    log_in(visitor, COORDINATOR)
    for path in ("/confirmations", "/exemptions", "/posts", "/shifts", "/accounts/codes"):
        visitor.go(path)
        visitor.shoot(pictures, path.strip("/").replace("/", "-"))
