"""A volunteer's journey: from the printed slip to the minutes, on a phone."""

import io
import re
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.conftest import COORDINATOR, OFFICE, log_in
from tests.e2e.looking import Visitor

PASSWORD = "Wan-shang-8"
LOCAL = ZoneInfo("Asia/Shanghai")


def new_phone() -> str:
    """Return a phone of the artificial block that no demo person has had so far."""
    return f"1990{secrets.randbelow(10**7):07d}"


def roster(*rows: tuple[str, str, str]) -> bytes:
    """Return an xlsx of name, phone and unit of people who have belonged for years."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet("花名册")
    sheet.write_row(0, 0, ("姓名", "手机号", "所属单位", "入职日期"))
    for number, row in enumerate(rows, start=1):
        sheet.write_row(number, 0, (*row, "2020-01-01"))
    book.close()
    return file.getvalue()


def bring_in(page: Page, *rows: tuple[str, str, str]) -> None:
    """Upload a roster and confirm it."""
    page.locator("input[type=file]").set_input_files(
        {"name": "花名册.xlsx", "mimeType": "application/octet-stream", "buffer": roster(*rows)}
    )
    page.get_by_role("button", name="上传并检查").click()
    page.get_by_role("button", name="确认导入").click()
    expect(page.locator("main")).to_contain_text("已导入")


def decoded(picture: bytes) -> str:
    """Return what the QR code on a picture says."""
    codes = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    assert len(codes) == 1
    return codes[0].text


def test_from_the_slip_to_the_minutes(
    another: Callable[[str], Visitor], pictures: Path, base_url: str
):
    name, phone = "旅程" + "甲乙丙丁戊己"[secrets.randbelow(6)], new_phone()
    office, coordinator, volunteer = another("desk"), another("desk"), another("phone")
    desk = log_in(coordinator, COORDINATOR)
    coordinator.go("/people")
    unit = desk.locator("select[name=unit] option").nth(1).get_attribute("value")

    page = log_in(office, OFFICE)
    office.go("/people/import")
    bring_in(page, (name, phone, str(unit)))

    coordinator.go(f"/accounts/codes?q={phone[-4:]}")
    desk.locator("input[name=person]").first.check()
    desk.get_by_role("button", name=re.compile("打印")).click()
    code = desk.locator(".slip .code").first.inner_text()

    phone_page = volunteer.go("/activate")
    phone_page.locator("input[name=phone]").fill(phone)
    phone_page.locator("input[name=code]").fill(code)
    phone_page.locator("input[name=password]").fill(PASSWORD)
    phone_page.locator("input[name=again]").fill(PASSWORD)
    phone_page.locator("input[name=consent]").first.check()
    phone_page.locator("main form button").last.click()
    phone_page.wait_for_url(base_url + "/")
    volunteer.look("/")
    volunteer.shoot(pictures, "home-before")

    url = a_shift_now(coordinator, name, pictures)
    assert url.startswith(base_url + "/q/")
    volunteer.go(url)
    volunteer.shoot(pictures, "scan")
    assert volunteer.weights[url] < 20_000
    phone_page.get_by_role("button", name="签到").click()
    expect(phone_page.get_by_role("heading", level=1)).to_have_text("签到成功")
    volunteer.look("checked in")
    volunteer.shoot(pictures, "checked-in")

    phone_page.wait_for_timeout(61_000)  # a whole minute of real service
    volunteer.go(url)
    phone_page.get_by_role("button", name="提前签退").click()
    expect(phone_page.get_by_role("heading", level=1)).to_have_text("签退成功")
    expect(phone_page.locator(".time")).to_have_text(re.compile(r"^0:0[1-3]$"))
    expect(phone_page.locator("main")).to_contain_text("还差")
    volunteer.look("checked out")
    volunteer.shoot(pictures, "checked-out")

    volunteer.go("/hours")
    expect(phone_page.locator("main")).to_contain_text("中心广场")
    volunteer.shoot(pictures, "hours")
    volunteer.go("/inbox")
    volunteer.shoot(pictures, "inbox")


def a_shift_now(coordinator: Visitor, name: str, pictures: Path) -> str:
    """Make a site and a running shift for a person; return what the rendered poster says."""
    desk = coordinator.go("/sites")
    code = f"E2E-{secrets.token_hex(3).upper()}"
    if not desk.locator("input[name=name]").is_visible():
        desk.locator("details.more summary").first.click()
    desk.locator("input[name=name]").fill("中心广场")
    desk.locator("input[name=code]").fill(code)
    desk.get_by_role("button", name="保存签到点").click()
    desk.wait_for_url(f"**/sites/{code}")
    coordinator.look("site")
    coordinator.go(f"/sites/{code}/poster")
    coordinator.shoot(pictures, "poster")
    url = decoded(desk.locator(".poster .qr").screenshot())

    coordinator.go(f"/shifts/new?site={code}")
    start = datetime.now(LOCAL) - timedelta(minutes=1)
    desk.locator("select[name=site]").select_option(code)
    desk.locator("input[name=title]").fill("中心广场清扫")
    desk.locator("input[name=day]").fill(f"{start:%Y-%m-%d}")
    desk.locator("input[name=starts]").fill(f"{start:%H:%M}")
    desk.locator("input[name=minutes]").fill("60")
    desk.get_by_role("button", name="开设场次").click()
    desk.wait_for_url(re.compile(r"/shifts/[0-9a-f]{16}$"))
    shift = desk.url
    coordinator.go(shift + f"/assign?q={name}")
    coordinator.shoot(pictures, "assign")
    desk.locator("input[name=people]:not([disabled])").first.check()
    desk.get_by_role("button", name=re.compile("^安排")).first.click()
    desk.wait_for_url(shift)
    expect(desk.locator("main")).to_contain_text(name)
    return url


@pytest.mark.parametrize("path", ["/q/abc", "/q/" + "A" * 30])
def test_a_code_that_is_not_ours_is_refused_before_the_log_in(visitor: Visitor, path: str):
    visitor.go(path, status=404)

    expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
    assert "/login" not in visitor.page.url


def test_the_page_speaks_english_when_asked(visitor: Visitor):
    page = visitor.go("/login")
    page.get_by_role("button", name="English").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    visitor.look("english")
