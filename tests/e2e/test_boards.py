"""The boards' journeys: the gaps, asking people, moving somebody, the sheet, the calendar."""

import re
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from icalendar import Calendar
from playwright.sync_api import Page, expect

from tests.e2e.conftest import COORDINATOR, OFFICE, log_in
from tests.e2e.looking import Visitor
from tests.e2e.test_coordinator import make_site

LOCAL = ZoneInfo("Asia/Shanghai")


def open_shift(visitor: Visitor, site: str, *, hour: int, wanted: int = 2) -> str:
    """Open a single shift of tomorrow; return its address and remember its title."""
    tomorrow = datetime.now(LOCAL) + timedelta(days=1)
    page = visitor.go(f"/shifts/new?site={site}")
    page.locator("select[name=site]").select_option(site)
    page.locator("input[name=title]").fill(f"劝导 {secrets.token_hex(2)}")
    page.locator("input[name=day]").fill(f"{tomorrow:%Y-%m-%d}")
    page.locator("input[name=starts]").fill(f"{hour:02d}:00")
    page.locator("input[name=minutes]").fill("45")
    page.locator("input[name=wanted]").fill(str(wanted))
    page.locator("main form button.go").last.click()
    page.wait_for_url(re.compile(r"/shifts/[0-9a-f]{16}$"))
    return page.url


def assign_one(visitor: Visitor, shift: str) -> str:
    """Assign the first who is free; return the name."""
    page = visitor.go(shift + "/assign")
    page.locator("input[name=people]:not([disabled])").first.check()
    page.get_by_role("button", name=re.compile("^安排")).first.click()
    page.wait_for_url(shift)
    return page.locator("main .list strong").first.inner_text()


def board_of(visitor: Visitor, shift: str = "") -> Page:
    """Open the unit's month of tomorrow from the list of shifts, at the part with the shift."""
    visitor.go("/shifts")
    visitor.page.get_by_role("link", name="月度排班表").click()
    tomorrow = datetime.now(LOCAL) + timedelta(days=1)
    address = re.sub(r"/\d{4}-\d\d$", f"/{tomorrow:%Y-%m}", visitor.page.url)
    page = visitor.go(address)
    part = 1
    while shift and not slot_of(page, shift).count():
        part += 1
        visitor.go(f"{address}?page={part}")
        assert part < 9, "the shift is on no part of the board"
    return page


def slot_of(page: Page, shift: str):
    return page.locator(".slot", has=page.locator(f"a[href$='{shift.rsplit('/', 1)[1]}']"))


def test_the_gaps_of_tomorrow_and_one_tap_to_ask(visitor: Visitor, pictures: Path):
    page = log_in(visitor, COORDINATOR)
    shift = open_shift(visitor, make_site(visitor), hour=10)
    visitor.go("/boards/gaps")
    visitor.shoot(pictures, "gaps")
    line = page.locator(f"#s{shift.rsplit('/', 1)[1]}")
    expect(line).to_contain_text("缺 2 人")
    page.on("dialog", lambda dialog: dialog.accept())

    line.get_by_role("button").click()
    expect(page.locator("#notice")).to_contain_text("已通知")
    expect(line).to_contain_text("已通知")
    visitor.look("asked")

    visitor.go("/boards/now")
    visitor.shoot(pictures, "on-post-now")
    visitor.go(shift + "/cancel")
    page.locator("input[name=reason]").first.check()
    page.locator("main form button").last.click()
    page.wait_for_url(shift)
    visitor.go("/boards/gaps")
    expect(line).to_have_count(0)


def test_a_person_is_moved_and_moved_back(visitor: Visitor, pictures: Path):
    page = log_in(visitor, COORDINATOR)
    site = make_site(visitor)
    early, late = (open_shift(visitor, site, hour=hour) for hour in (11, 19))
    name = assign_one(visitor, early)
    board_of(visitor, early)
    visitor.shoot(pictures, "month-board")
    slot_of(page, early).get_by_role("link", name=name).click()
    page.wait_for_url("**/boards/places/*")
    visitor.look("where to")
    visitor.shoot(pictures, "move")
    goal = late.rsplit("/", 1)[1]
    page.locator(f"button[value='{goal}']").click()
    page.wait_for_url(re.compile("moved="))
    visitor.look("moved")
    expect(slot_of(page, late)).to_contain_text(name)
    expect(slot_of(page, early)).not_to_contain_text(name)

    page.get_by_role("button", name="撤销调动").click()
    expect(page.locator("#notice")).to_contain_text("回到原场次")
    board_of(visitor, early)
    expect(slot_of(page, early)).to_contain_text(name)

    if visitor.profile == "desk":
        slot_of(page, early).get_by_role("link", name=name).hover()
        box = slot_of(page, late).bounding_box()
        page.mouse.down()
        page.mouse.move(box["x"] + 20, box["y"] + 10, steps=8)
        page.mouse.up()
        page.wait_for_url(re.compile("moved="))
        expect(slot_of(page, late)).to_contain_text(name)


def test_the_roster_sheet_is_printed(visitor: Visitor, pictures: Path):
    page = log_in(visitor, COORDINATOR)
    open_shift(visitor, make_site(visitor), hour=12)
    board_of(visitor)
    page.get_by_role("link", name="打印排班表").click()
    visitor.look("sheet")
    visitor.shoot(pictures, "roster-sheet")
    page.get_by_role("link", name="A3").click()
    visitor.look("sheet a3")
    visitor.shoot(pictures, "roster-sheet-a3")
    file = page.get_by_role("link", name="PDF").get_attribute("href")
    answer = visitor.context.request.get(visitor.base_url + str(file))
    assert answer.status == 200
    assert answer.body().startswith(b"%PDF-")


def test_a_cancelled_shift_is_seen_in_the_calendar(visitor: Visitor, pictures: Path):
    page = log_in(visitor, COORDINATOR)
    shift = open_shift(visitor, make_site(visitor), hour=13)
    title = page.locator("h1").inner_text().rsplit(" ", 1)[0].strip()
    board_of(visitor)
    page.get_by_role("link", name="订阅日历").click()
    visitor.look("calendar address")
    page.get_by_role("button", name=re.compile("生成")).click()
    feed = page.locator("code.address").inner_text()
    visitor.look("calendar address made")
    visitor.shoot(pictures, "calendar-address")

    def state() -> str:
        answer = visitor.context.request.get(visitor.base_url + feed[feed.index("/calendar/") :])
        assert answer.status == 200
        [found] = [
            event
            for event in Calendar.from_ical(answer.body()).events
            if shift.rsplit("/", 1)[1] in event["uid"]
        ]
        assert title.startswith(str(found["summary"]))
        return str(found["status"])

    assert state() == "CONFIRMED"
    visitor.go(shift + "/cancel")
    page.locator("input[name=reason]").first.check()
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("main form button").last.click()
    page.wait_for_url(shift)
    assert state() == "CANCELLED"
    board_of(visitor, shift)
    assert "off" in str(slot_of(page, shift).get_attribute("class"))
    visitor.go("/my-calendar")
    visitor.shoot(pictures, "my-calendar")


def test_an_inspection_is_announced(visitor: Visitor, pictures: Path):
    page = log_in(visitor, OFFICE)
    visitor.go("/boards/inspections")
    name = f"抽查 {secrets.token_hex(2)}"
    page.locator("input[name=name]").fill(name)
    page.get_by_role("button", name="发布").click()
    page.wait_for_url(re.compile(r"/boards/inspections/\d+$"))
    visitor.look("inspection")
    visitor.shoot(pictures, "inspection")
    visitor.go("/boards/gaps")
    expect(page.locator("main")).to_contain_text(name)
    page.get_by_role("link", name=name).click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="结束").click()
    page.wait_for_url("**/boards/inspections")
    visitor.look("inspections")
    visitor.go("/boards/gaps")
    expect(page.locator("main")).not_to_contain_text(name)
