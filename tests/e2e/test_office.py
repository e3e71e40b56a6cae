"""The administrator's journey: a roster with an error, the minimum, the month, the export."""

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.conftest import OFFICE, log_in
from tests.e2e.looking import Visitor
from tests.e2e.test_volunteer import new_phone, roster


def test_a_roster_with_an_error_is_mended_and_imported(visitor: Visitor, pictures: Path):
    page = log_in(visitor, OFFICE)
    right, wrong = new_phone(), new_phone()
    visitor.go("/people/import")
    visitor.shoot(pictures, "import-upload")

    upload(page, ("赵敏", right, "330182"), ("钱程", wrong, "没有这个单位"))
    expect(page.locator("main")).to_contain_text("没有这个单位")
    visitor.look("preview")
    visitor.shoot(pictures, "import-preview")
    page.get_by_role("button", name="放弃").click()
    visitor.go("/people/import")
    upload(page, ("赵敏", right, "330182"), ("钱程", wrong, "330182"))
    page.get_by_role("button", name="确认导入").click()
    expect(page.locator("main")).to_contain_text("已导入")
    visitor.go(f"/people?q={right[-4:]}")

    expect(page.locator("main")).to_contain_text("赵敏")
    assert right not in page.content()
    visitor.shoot(pictures, "people")


def upload(page, *rows):
    page.locator("input[type=file]").set_input_files(
        {
            "name": "花名册.xlsx",
            "mimeType": "application/octet-stream",
            "buffer": roster(*rows),
        }
    )
    page.get_by_role("button", name="上传并检查").click()
    page.get_by_role("button", name="放弃").wait_for()


def test_the_month_from_the_city_to_one_person(visitor: Visitor, pictures: Path):
    page = log_in(visitor, OFFICE)
    visitor.shoot(pictures, "office-home")
    visitor.go("/months")
    visitor.shoot(pictures, "month")
    page.locator("main table a").first.click()
    page.wait_for_url(re.compile("unit="))
    visitor.look("a unit's month")
    page.locator("main a[href*='/people?']").first.click()
    page.wait_for_url(re.compile("/people"))
    visitor.look("the people of a month")
    visitor.shoot(pictures, "month-people")
    page.locator("main table a, main .list a").first.click()
    page.wait_for_url(re.compile(r"/people/[0-9a-f]{16}"))

    expect(page.locator("main")).to_contain_text("怎么算的")
    visitor.look("one person's month")
    visitor.shoot(pictures, "month-person")


def test_the_month_is_exported(visitor: Visitor):
    page = log_in(visitor, OFFICE)
    visitor.go("/months")

    with page.expect_download() as waiting:
        page.get_by_role("button", name=re.compile("导出")).click()

    assert waiting.value.suggested_filename.endswith(".xlsx")
    assert Path(waiting.value.path()).stat().st_size > 5_000


def test_the_minimum_is_shown_and_a_wrong_month_refused(visitor: Visitor, pictures: Path):
    page = log_in(visitor, OFFICE)
    visitor.go("/policies")
    expect(page.locator("main")).to_contain_text("120")
    visitor.shoot(pictures, "policies")
