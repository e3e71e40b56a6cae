"""Codes on screens: the shift's code that changes, the own card, and the code that is typed."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.e2e.conftest import COORDINATOR, PASSWORD, VOLUNTEER, log_in
from tests.e2e.looking import Visitor
from tests.e2e.test_coordinator import LOCAL, make_site
from tests.e2e.test_volunteer import decoded


def test_the_code_on_the_screen_across_a_log_in(another: Callable[[str], Visitor], pictures: Path):
    coordinator, volunteer = another("desk"), another("phone")
    desk = log_in(coordinator, COORDINATOR)
    shift = a_running_shift(coordinator)
    coordinator.go(f"{shift}/live")
    desk.get_by_role("link", name="现场大屏码").click()
    desk.wait_for_url("**/screen")
    coordinator.look("screen")
    coordinator.shoot(pictures, "screen")

    url = decoded(desk.locator(".screen .qr").screenshot())
    page = volunteer.go(url)  # to the log-in
    desk.wait_for_timeout(31_000)
    assert decoded(desk.locator(".screen .qr").screenshot()) != url  # by itself, by htmx
    page.fill("input[name=phone]", VOLUNTEER)
    page.fill("input[name=password]", PASSWORD)
    page.locator("main form button").first.click()

    page.wait_for_url(re.compile(r"/on-site/[0-9a-f]{16}$"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    volunteer.look("on site")
    volunteer.shoot(pictures, "on-site")
    volunteer.go(url, status=410)  # the code itself is dead


def a_running_shift(visitor: Visitor) -> str:
    """Make a site and a shift there that has just begun; return its address."""
    code = make_site(visitor)
    page = visitor.go(f"/shifts/new?site={code}")
    start = datetime.now(LOCAL) - timedelta(minutes=2)
    page.locator("select[name=site]").select_option(code)
    page.locator("input[name=day]").fill(f"{start:%Y-%m-%d}")
    page.locator("input[name=starts]").fill(f"{start:%H:%M}")
    page.locator("input[name=minutes]").fill("40")
    page.get_by_role("button", name="开设场次").click()
    page.wait_for_url(re.compile(r"/shifts/[0-9a-f]{16}$"))
    return urlsplit(page.url).path


def test_the_own_card_is_scanned_and_its_code_typed(
    another: Callable[[str], Visitor], pictures: Path
):
    volunteer, coordinator = another("phone"), another("phone")
    card = log_in(volunteer, VOLUNTEER)
    volunteer.go("/my-card")
    volunteer.shoot(pictures, "my-card-fresh")
    url = decoded(card.locator(".show-card .qr").screenshot())
    name = card.locator(".show-card .big").inner_text()
    page = log_in(coordinator, COORDINATOR)

    coordinator.go(url)
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    assert re.search(r"/scanned/[0-9a-f]{16}$", page.url)
    coordinator.look("a scanned card")
    coordinator.shoot(pictures, "scanned")
    coordinator.go("/typed-code")
    coordinator.shoot(pictures, "typed")
    page.locator("input[name=code]").fill("2222-2222")
    page.locator("main form button").first.click()
    expect(page.locator("main .error").first).to_be_visible()
    page.locator("input[name=code]").fill(card.locator(".show-card strong.code").inner_text())
    page.locator("main form button").first.click()
    page.wait_for_url(re.compile(r"/scanned/[0-9a-f]{16}$"))
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
