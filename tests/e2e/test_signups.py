"""Taking part: signing up, the waiting list, a swap, days off; on the phone and at the desk."""

import re
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from tests.e2e.conftest import COORDINATOR, VOLUNTEER, log_in
from tests.e2e.looking import Visitor
from tests.e2e.test_coordinator import make_site

LOCAL = ZoneInfo("Asia/Shanghai")
#: Each series has its own twenty minutes of the night, so that nobody is in the way of himself.
NIGHT = count()


def open_series(coordinator: Visitor, title: str) -> None:
    """Open a weekly activity of one place, early in the morning, for which one signs up."""
    code = make_site(coordinator)
    page = coordinator.go("/activities/new")
    tomorrow = datetime.now(LOCAL) + timedelta(days=1)
    page.locator("input[name=title]").fill(title)
    page.locator("select[name=site]").select_option(code)
    for day in page.locator("input[name=weekdays]:checked").all():
        day.uncheck()
    page.locator(f"input[name=weekdays][value='{tomorrow.weekday()}']").check()
    hour, third = divmod(next(NIGHT), 3)
    page.locator("input[name=starts]").fill(f"{hour:02d}:{third * 20:02d}")
    page.locator("input[name=minutes]").fill("15")
    page.locator("input[name=first_on]").fill(f"{tomorrow:%Y-%m-%d}")
    page.locator("input[name=wanted]").fill("1")
    page.locator("input[name=capacity]").fill("1")
    page.locator("input[name=sign_up][value=open]").check()
    page.locator("main form button.go").last.click()
    page.wait_for_url(re.compile(r"/activities/[0-9a-f]{16}"))


def open_first(visitor: Visitor, title: str) -> Page:
    """Find the first shift of the title among those that one can take, and open it."""
    page = visitor.go("/open-shifts")
    while not page.get_by_text(title).count():
        page.get_by_role("link", name="更晚的场次").click()
    page.get_by_role("link", name=re.compile(title)).first.click()
    page.wait_for_url(re.compile(r"/open-shifts/[0-9a-f]{16}$"))
    visitor.look("an open shift")
    return page


def press(visitor: Visitor, name: str, heading: str) -> None:
    """Press a button of the page of a shift and wait for what it says then."""
    visitor.page.get_by_role("button", name=name, exact=True).first.click()
    expect(visitor.page.locator(".ticket .top p").first).to_have_text(heading)
    visitor.look(name)


def test_sign_up_full_waiting_list_promoted(
    visitor: Visitor, another: Callable[[str], Visitor], pictures: Path
):
    title = f"河岸清洁{secrets.token_hex(2)}"
    desk, other = another("desk"), another(visitor.profile)
    log_in(desk, COORDINATOR)
    open_series(desk, title)
    log_in(visitor, VOLUNTEER)
    log_in(other, COORDINATOR)

    page = open_first(visitor, title)
    visitor.shoot(pictures, "open-shift")
    shift = page.url
    press(visitor, "我要报名", "您已在本场次中")
    visitor.shoot(pictures, "signed-up")

    other.go(shift)
    expect(other.page.locator(".ticket .top p").first).to_have_text("名额已满")
    other.shoot(pictures, "full")
    press(other, "候补", "您在候补名单中")
    desk.go(shift.replace("/open-shifts/", "/shifts/"))
    expect(desk.page.get_by_role("heading", name=re.compile("候补名单"))).to_be_visible()
    desk.shoot(pictures, "waiting-list")

    press(visitor, "我来不了", "您已说明来不了")
    visitor.shoot(pictures, "cannot-come")
    other.go("/inbox")
    expect(other.page.locator("main")).to_contain_text("候补轮到您了")
    other.go("/my-shifts")
    other.shoot(pictures, "place-offered")
    offered = other.page.locator("article", has_text=title)
    offered.get_by_role("button", name="我要报名").click()
    other.go(shift)
    expect(other.page.locator(".ticket .top p").first).to_have_text("您已在本场次中")

    visitor.go(shift)
    expect(page.get_by_role("button", name="我又能来了")).to_have_count(0)
    expect(page.get_by_role("button", name="候补")).to_be_visible()


def test_a_swap_with_a_colleague(
    visitor: Visitor, another: Callable[[str], Visitor], pictures: Path
):
    title = f"换班清洁{secrets.token_hex(2)}"
    desk, other = another("desk"), another(visitor.profile)
    log_in(desk, COORDINATOR)
    open_series(desk, title)
    name = desk.page.locator(".who strong").first.inner_text().strip()
    log_in(visitor, VOLUNTEER)
    page = open_first(visitor, title)
    shift = page.url
    press(visitor, "我要报名", "您已在本场次中")

    page.get_by_role("link", name="找人替班或换班").click()
    visitor.look("ask")
    page.locator("input[name=q]").fill(name)
    page.get_by_role("button", name="查找").or_(page.get_by_role("button", name="搜索")).click()
    page.get_by_role("link", name=re.compile(name)).click()
    visitor.look("ask a colleague")
    visitor.shoot(pictures, "ask")
    page.get_by_role("button", name="发出请求").click()
    page.wait_for_url("**/my-shifts")
    visitor.look("my shifts")
    visitor.shoot(pictures, "my-shifts")

    log_in(other, COORDINATOR)
    other.go("/my")
    expect(other.page.locator("main")).to_contain_text("等您答复")
    other.go("/my-shifts")
    other.shoot(pictures, "asked")
    request = other.page.locator("article", has_text=title)
    request.get_by_role("button", name="好，我来").click()
    expect(other.page.locator("main")).to_contain_text(title)
    other.go(shift)
    expect(other.page.locator(".ticket .top p").first).to_have_text("您已在本场次中")
    press(other, "我来不了", "您已说明来不了")  # leave the city as it was


def test_days_off_are_ticked_on_the_sheet_of_the_month(visitor: Visitor, pictures: Path):
    log_in(visitor, VOLUNTEER)
    page = visitor.go("/my-days-off")
    day = f"{datetime.now(LOCAL).date() + timedelta(days=40):%Y-%m-%d}"
    box = page.locator(f"input[name=days][value='{day}']")
    was_on = box.is_checked()
    box.set_checked(not was_on)
    visitor.shoot(pictures, "days-off")
    page.get_by_role("button", name="保存这些日子").click()
    expect(page.locator("main")).to_contain_text("我不能服务的日子")
    visitor.look("saved")

    visitor.go("/my-days-off")
    assert page.locator(f"input[name=days][value='{day}']").is_checked() is not was_on


def test_the_coordinator_ticks_for_somebody_without_a_phone(visitor: Visitor, pictures: Path):
    page = log_in(visitor, COORDINATOR)
    visitor.go("/people")
    page.locator("main table tbody a").first.click()
    page.get_by_role("link", name="请假日子").click()
    visitor.look("days off of a person")
    visitor.shoot(pictures, "days-off-of")
    page.locator("input[name=days]").last.check()
    page.get_by_role("button", name="保存这些日子").click()
    page.wait_for_url(re.compile(r"/days-off$"))

    visitor.look("saved")
    expect(page.locator("input[name=days]").last).to_be_checked()
