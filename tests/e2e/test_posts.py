"""The office's journeys through persuasion posts: turns, changes, rests, sheets."""

import io
import secrets
from datetime import datetime, timedelta
from pathlib import Path

import xlsxwriter
from playwright.sync_api import expect

from tests.e2e.conftest import OFFICE, log_in
from tests.e2e.looking import Visitor
from tests.e2e.test_structure import a_unit
from tests.e2e.test_volunteer import LOCAL

HEADER = ("编码", "名称", "类型", "责任单位", "轮换周期", "时段")


def new_code() -> str:
    return f"E{secrets.randbelow(10**8):08d}"


def day(ahead: int) -> str:
    return f"{datetime.now(LOCAL) + timedelta(days=ahead):%Y-%m-%d}"


def sheet(*rows: tuple[str, ...]) -> dict[str, object]:
    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(file)
    page = workbook.add_worksheet()
    for number, row in enumerate([HEADER, *rows]):
        page.write_row(number, 0, row)
    workbook.close()
    return {
        "name": "点位.xlsx",
        "mimeType": "application/octet-stream",
        "buffer": file.getvalue(),
    }


def test_a_post_goes_round_changes_and_rests(visitor: Visitor, pictures: Path):
    page = log_in(visitor, OFFICE)
    _, one = a_unit(visitor, 1)
    _, other = a_unit(visitor, 2)
    code = new_code()
    visitor.go("/posts/new")
    visitor.shoot(pictures, "post-new")
    page.locator("#name").fill(f"府前路口{code}")
    page.locator("#code").fill(code)
    page.locator("#windows-0-starts").fill("07:30")
    page.locator("#windows-0-ends").fill("09:00")
    page.locator("#turn_by").select_option("week")
    if not page.locator("#units").is_visible():
        page.locator("summary", has_text="轮值安排").click()
    page.locator("#units").fill(f"{one}、没有这个单位")
    page.get_by_role("button", name="保存点位").click()
    expect(page.locator("#units-error")).to_be_visible()
    visitor.look("a unit that is not there")
    page.locator("#units").fill(f"{one}、{other}")
    page.get_by_role("button", name="保存点位").click()

    expect(page.locator("main")).to_contain_text(f"{one}、{other}")
    visitor.look("a post that goes round")
    visitor.shoot(pictures, "post")
    page.get_by_role("link", name="修改点位").click()
    visitor.look("changing a post")
    visitor.shoot(pictures, "post-edit")
    page.locator("#from_on").fill(day(2))
    page.locator("#windows-0-starts").fill("07:40")
    page.get_by_role("button", name="保存修改").click()
    expect(page.locator("main")).to_contain_text("07:40")
    page.get_by_role("link", name="历史").click()
    expect(page.locator("main")).to_contain_text("07:30–09:00")
    visitor.look("history of a post")
    visitor.shoot(pictures, "post-history")

    visitor.go(f"/posts/{code}/card")
    visitor.shoot(pictures, "post-card")
    visitor.go(f"/posts/{code}/suspend")
    visitor.shoot(pictures, "post-suspend")
    page.get_by_role("button", name="停岗").click()
    expect(page.locator("#reason:invalid, #reason-error").first).to_be_attached()
    page.locator("#reason").fill("道路施工")
    page.get_by_role("button", name="停岗").click()
    expect(page.locator("main")).to_contain_text("道路施工")
    visitor.look("a resting post")
    visitor.shoot(pictures, "post-resting")
    page.get_by_role("link", name="恢复设岗").click()
    visitor.look("manning it again")
    page.get_by_role("button", name="恢复设岗").click()
    expect(page.get_by_role("link", name="恢复设岗")).to_have_count(0)


def test_a_sheet_of_posts_is_mended_and_lands(visitor: Visitor, pictures: Path):
    page = log_in(visitor, OFFICE)
    _, unit = a_unit(visitor, 1)
    code = new_code()
    visitor.go("/posts/import")
    file = page.locator("input[type=file]")
    file.set_input_files(sheet((code, "新安路口", "路口", unit, "固定", "早上")))
    page.get_by_role("button", name="上传").click()
    expect(page.locator("main table")).to_contain_text("早上")
    visitor.look("a sheet with an error")
    visitor.shoot(pictures, "posts-import")
    file = page.locator("input[type=file]")
    file.set_input_files(sheet((code, "新安路口", "路口", unit, "固定", "早7：30～9：00")))
    page.get_by_role("button", name="上传").click()

    page.wait_for_url("**/posts")
    visitor.look("the posts")
    visitor.shoot(pictures, "posts")
    expect(visitor.go(f"/posts/{code}").locator("main")).to_contain_text("07:30")
    fetched = visitor.context.request.get(f"{visitor.base_url}/posts/export.xlsx")
    assert fetched.body().startswith(b"PK")
