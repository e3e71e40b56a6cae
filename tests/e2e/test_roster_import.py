"""A coordinator brings in a month that stands in a sheet already."""

import io
import re
from datetime import datetime, timedelta
from pathlib import Path

import xlsxwriter
from playwright.sync_api import Page, expect

from tests.e2e.conftest import COORDINATOR, log_in
from tests.e2e.looking import Visitor
from tests.e2e.test_boards import LOCAL, open_shift
from tests.e2e.test_coordinator import make_site

HEAD = ("时间", "岗位", "单位", "姓名/手机号")


def sheet(*rows: tuple[str, ...]) -> dict[str, object]:
    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(file)
    page = workbook.add_worksheet()
    for number, row in enumerate((HEAD, *rows)):
        page.write_row(number, 0, row)
    workbook.close()
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return {"name": "排班.xlsx", "mimeType": kind, "buffer": file.getvalue()}


def test_a_roster_in_a_sheet_is_mended_checked_and_lands(visitor: Visitor, pictures: Path):
    page = log_in(visitor, COORDINATOR)
    site = make_site(visitor)
    shift = open_shift(visitor, site, hour=14 if visitor.profile == "phone" else 16)
    unit, person = somebody(visitor, shift)
    tomorrow = (datetime.now(LOCAL) + timedelta(days=1)).date().isoformat()
    row = (f"{tomorrow} 晚", site, unit, person)

    visitor.go("/rosters")
    page.get_by_role("link", name="从表格导入").click()
    page.wait_for_url("**/rosters/import*")
    visitor.look("importing a roster")
    upload(page, row, (f"{tomorrow} 中班", site, unit, person))
    expect(page.locator("main table").first).to_contain_text("时间看不懂")
    visitor.look("a roster with an error")
    visitor.shoot(pictures, "roster-import")
    upload(page, row)
    expect(page.locator("main .note")).to_contain_text("将安排 1 人次")
    visitor.look("who would be assigned")
    visitor.shoot(pictures, "roster-import-preview")
    page.locator("input[name=dry_run]").uncheck()
    upload(page, row)

    page.wait_for_url(re.compile("/rosters($|[?])"))
    expect(page.locator("body")).to_contain_text("已安排 1 人次")
    pattern = visitor.context.request.get(f"{visitor.base_url}/rosters/import.xlsx")
    assert pattern.body().startswith(b"PK")


def somebody(visitor: Visitor, shift: str) -> tuple[str, str]:
    """Return the unit, and the name and last four digits, of one who is free then."""
    page = visitor.go(f"{shift}/assign")
    line = page.locator("li", has=page.locator("input[name=people]:not([disabled])")).first
    phone, unit = line.locator("small").inner_text().split(" · ")
    return unit, f"{line.locator('strong').inner_text()} {phone[-4:]}"


def upload(page: Page, *rows: tuple[str, ...]) -> None:
    page.locator("input[type=file]").set_input_files(sheet(*rows))
    page.get_by_role("button", name="上传").click()
