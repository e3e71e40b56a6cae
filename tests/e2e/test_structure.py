"""The office's journeys through units, coordinators and grids."""

import io
import re
import secrets
from datetime import datetime, timedelta
from pathlib import Path

import xlsxwriter
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OFFICE, log_in
from tests.e2e.looking import Visitor
from tests.e2e.test_volunteer import LOCAL

HEADER = ("网格编码", "网格名称", "类型", "所在镇街", "牵头单位", "协同单位")


def word() -> str:
    """Return two Han characters that no other journey has used, in all likelihood."""
    return "".join(chr(0x4E00 + secrets.randbelow(5000)) for _ in range(2))


def last_month() -> str:
    first = datetime.now(LOCAL).replace(day=1)
    return f"{first - timedelta(days=1):%Y-%m}"


def a_unit(visitor: Visitor, number: int) -> tuple[str, str]:
    """Open a unit of the city's own level; return its code and its name."""
    page = visitor.go("/units")
    page.locator("main .list a").nth(number).click()
    page.wait_for_url(re.compile("/units/"))
    return page.url.rpartition("/")[2], page.locator("h1").inner_text().strip()


def test_a_renamed_unit_keeps_its_old_name_in_the_old_month(visitor: Visitor, pictures: Path):
    page = log_in(visitor, OFFICE)
    code, old = a_unit(visitor, 2 if visitor.profile == "phone" else 3)
    new = f"{word()}新区"
    visitor.look("a unit")
    visitor.shoot(pictures, "unit")
    page.get_by_role("link", name="更名").click()
    page.locator("input[name=name]").fill("梅城镇")
    page.get_by_role("button", name="确定更名").click()
    expect(page.locator("#name-error")).to_be_visible()
    visitor.look("a name that is taken")
    page.locator("input[name=name]").fill(new)
    page.get_by_role("button", name="确定更名").click()

    expect(page.locator("h1")).to_contain_text(new)
    expect(page.locator("main")).to_contain_text(old)
    visitor.look("a renamed unit")
    before = visitor.go(f"/months/{last_month()}?unit={code}").locator("main")
    expect(before).to_contain_text(old)
    expect(before).not_to_contain_text(new)
    expect(visitor.go(f"/months?unit={code}").locator("main")).to_contain_text(new)
    expect(visitor.go("/unit-aliases").locator("main")).to_contain_text(old)
    visitor.shoot(pictures, "aliases")


def test_a_coordinator_is_appointed_and_hands_over(visitor: Visitor, pictures: Path):
    page = log_in(visitor, OFFICE)
    visitor.go("/coordinators?lacking=1")
    visitor.shoot(pictures, "coordinators-lacking")
    code, places = "D24", (0, 1) if visitor.profile == "phone" else (2, 3)
    visitor.go(f"/units/{code}/split")
    people = page.locator("label[for^=person-]")
    first, second = ("".join(people.nth(place).inner_text().split()) for place in places)
    (first_name, first_number), (second_name, second_number) = map(apart, (first, second))

    visitor.go(f"/coordinators/new?unit={code}")
    page.locator("input[name=who]").fill("没有这个人")
    page.get_by_role("button", name="任命").click()
    expect(page.locator("#who-error")).to_be_visible()
    visitor.look("nobody of that name")
    page.locator("input[name=who]").fill(first_number)
    page.get_by_role("button", name="任命").click()
    expect(page.locator("main table")).to_contain_text(first_name)
    visitor.shoot(pictures, "coordinators")
    page.get_by_role("link", name=f"{first_name}移交").first.click()
    page.locator("input[name=who]").fill(second_number)
    visitor.look("handing over")
    page.get_by_role("button", name="移交").click()

    expect(page.locator("main table")).to_contain_text(second_name)
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name=f"结束{second_name}的任命").first.click()
    expect(page.locator(".note.ok, .flash, [role=status]").first).to_contain_text("任命已结束")


def apart(label: str) -> tuple[str, str]:
    """Return the name and the volunteer number of a label."""
    found = re.fullmatch(r"(.+?)([A-Z]*[0-9]+)", label)
    assert found, label
    return found[1], found[2]


def test_grids_come_in_after_one_wrong_row_is_mended(visitor: Visitor, pictures: Path):
    page = log_in(visitor, OFFICE)
    mark = f"{visitor.profile[0].upper()}{secrets.randbelow(10**6):06d}"
    good = (f"{mark}-1", f"{mark}小区", "小区", "梅城镇", "D24", "330182001")
    visitor.go("/grids/import")
    visitor.shoot(pictures, "grids-import")

    upload(page, good, (f"{mark}-2", f"{mark}路", "道路", "梅城镇", "没有这个单位", ""))
    expect(page.locator("main")).to_contain_text("第 3 行")
    expect(page.locator("main")).to_contain_text("没有这个单位")
    visitor.look("grids with a wrong row")
    visitor.shoot(pictures, "grids-import-wrong")
    visitor.go(f"/grids?q={mark}")
    expect(page.locator("main")).to_contain_text("没有符合的网格")
    visitor.go("/grids/import")
    upload(page, good, (f"{mark}-2", f"{mark}路", "道路", "梅城镇", "D24", ""))
    page.wait_for_url(re.compile(r"/grids$"))
    visitor.go(f"/grids?q={mark}")
    page.get_by_role("link", name=f"{mark}小区").click()

    expect(page.locator("main")).to_contain_text("市教育局")
    visitor.look("a grid")
    visitor.shoot(pictures, "grid")
    page.get_by_role("link", name="月度核查").last.click()
    expect(page.locator("main")).to_contain_text(f"{mark}小区")
    visitor.look("the month of a grid")


def upload(page: Page, *rows: tuple[str, ...]) -> None:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet("网格清单")
    for number, row in enumerate((HEADER, *rows)):
        sheet.write_row(number, 0, row)
    book.close()
    page.locator("input[type=file]").set_input_files(
        {
            "name": "网格清单.xlsx",
            "mimeType": "application/octet-stream",
            "buffer": file.getvalue(),
        }
    )
    page.get_by_role("button", name="上传").click()
