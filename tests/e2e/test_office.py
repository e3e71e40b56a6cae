"""The administrator's journey: a roster with an error, the minimum, the month, the export."""

import re
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook

from tests.e2e.conftest import OFFICE, log_in
from tests.e2e.looking import Visitor
from tests.e2e.test_volunteer import new_phone
from tests.people.sheets import xlsx


def test_a_roster_with_an_error_is_mended_and_imported(visitor: Visitor, pictures: Path):
    """The right rows land; the wrong ones are saved, mended and imported as they are."""
    page = log_in(visitor, OFFICE)
    right, wrong = new_phone(), new_phone()
    visitor.go("/people/import")
    visitor.look("the upload")
    visitor.shoot(pictures, "import-upload")

    upload(page, ("赵敏", right, "330182"), ("钱程", wrong, "没有这个单位"))
    expect(page.locator("#rows")).to_contain_text("没有这个单位")
    visitor.look("preview")
    visitor.shoot(pictures, "import-preview")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载有错的行").click()
    header, row = lines_of(download.value.path().read_bytes())
    page.get_by_role("button", name="只导入正确的行").click()
    expect(page.locator("main")).to_contain_text("已导入 1")
    visitor.look("the result")

    row[list(header).index("单位")] = "330182"
    visitor.go("/people/import")
    send(page, xlsx(row, header=header))
    page.get_by_role("button", name="放弃").wait_for()
    visitor.look("the mended file")
    page.get_by_role("button", name="确认导入").click()
    expect(page.locator("main")).to_contain_text("已导入 1")
    for phone, name in ((right, "赵敏"), (wrong, "钱程")):
        visitor.go(f"/people?q={phone[-4:]}")
        expect(page.locator("main")).to_contain_text(name)
        assert phone not in page.content()
    visitor.shoot(pictures, "people")


def test_columns_of_other_names_are_matched_and_the_missing_listed(
    visitor: Visitor, pictures: Path
):
    page = log_in(visitor, OFFICE)
    visitor.go("/people/import")
    page.get_by_label("这是所列单位的全部人员名单").check()

    send(page, xlsx(("孙丽", new_phone(), "330182"), header=("姓名", "电话", "单位")))
    page.get_by_role("heading", name="各列是什么内容？").wait_for()
    visitor.look("the question about columns")
    visitor.shoot(pictures, "import-columns")
    page.get_by_label("B 列 电话").select_option(label="手机")
    page.get_by_role("button", name="按这样对应检查").click()
    page.get_by_role("heading", name="文件是这样读的").wait_for()
    visitor.look("the preview of a whole roster")
    visitor.shoot(pictures, "import-whole")
    missing = page.get_by_role("link", name="逐个查看")
    if missing.count():
        missing.click()
        page.wait_for_url(re.compile("/absences"))
        visitor.look("who is missing")
        visitor.shoot(pictures, "import-missing")
        page.go_back()
    page.get_by_role("button", name="放弃").click()
    page.wait_for_url(re.compile("/people/import$"))
    visitor.go("/people/categories")
    visitor.look("the categories")
    visitor.shoot(pictures, "categories")


def lines_of(content: bytes) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()


def send(page: Page, content: bytes) -> None:
    file = {"name": "花名册.xlsx", "mimeType": "application/octet-stream", "buffer": content}
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="上传并检查").click()


def upload(page: Page, *rows: Sequence[object]) -> None:
    send(page, xlsx(*rows))
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
