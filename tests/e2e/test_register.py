"""Journeys in the register: a transfer and its undo, two records of one person, printed cards."""

import re
import secrets
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.conftest import COORDINATOR, OFFICE, VOLUNTEER, log_in
from tests.e2e.looking import PROFILES, Visitor

#: A4 at 96 dots an inch.
PAPER = {"width": 794, "height": 1123}
LOCAL = ZoneInfo("Asia/Shanghai")
GIVEN = "芳强敏杰丽娟涛勇艳静磊洋超霞平刚桂文辉玲"


def new_name() -> str:
    return "欧阳" + "".join(secrets.choice(GIVEN) for _ in range(2))


def add(visitor: Visitor, name: str, *, another: bool = False) -> str:
    """Add somebody without a phone of their own to the first unit offered; return the number."""
    page = visitor.go("/people/new")
    page.locator("input[name=name]").fill(name)
    page.locator("select[name=unit]").select_option(index=2)
    page.locator("input[name=from_on]").fill(f"{datetime.now(LOCAL).replace(day=1):%Y-%m-%d}")
    page.get_by_role("button", name="添加").click()
    if another:
        page.locator("input[name=another]").check()
        visitor.look("a name that is there already")
        page.get_by_role("button", name="添加").click()
    page.wait_for_url(re.compile(r"/people/[0-9a-f]{16}$"))
    return page.locator("dd.code").first.inner_text()


def test_a_transfer_is_planned_undone_and_found(visitor: Visitor, pictures: Path):
    page = log_in(visitor, OFFICE)
    name = new_name()
    visitor.go("/people/new")
    visitor.shoot(pictures, "person-new")
    number = add(visitor, name)
    record = page.url
    visitor.look("the record")
    visitor.shoot(pictures, "person")

    page.get_by_role("link", name="调动").click()
    visitor.look("the transfer")
    visitor.shoot(pictures, "transfer")
    tomorrow = datetime.now(LOCAL) + timedelta(days=1)
    page.locator("select[name=unit]").select_option(index=4)
    page.locator("input[name=on]").fill("2020-01-01")
    page.get_by_role("button", name="登记调动").click()
    expect(page.locator("#on-error")).to_be_visible()
    page.locator("input[name=on]").fill(f"{tomorrow:%Y-%m-%d}")
    page.get_by_role("button", name="登记调动").click()
    page.wait_for_url(record)
    expect(page.locator("main")).to_contain_text("计划")
    visitor.look("a planned transfer")
    visitor.shoot(pictures, "transfer-planned")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="撤销计划").click()
    expect(page.get_by_role("button", name="撤销计划")).to_have_count(0)

    visitor.go(f"/people?q={number}")
    expect(page.locator("main table")).to_contain_text(name)
    visitor.go("/people")
    visitor.shoot(pictures, "register")
    visitor.go(record + "/qualify")
    visitor.shoot(pictures, "qualify")
    visitor.go(record + "/leave")


def test_two_records_of_one_person_become_one(visitor: Visitor, pictures: Path):
    page = log_in(visitor, OFFICE)
    name = new_name()
    first, second = add(visitor, name), add(visitor, name, another=True)
    visitor.go(f"/people?q={first}")
    page.get_by_role("link", name=name).first.click()
    page.get_by_role("link", name="与另一份资料合并").click()
    visitor.look("looking for the other record")
    visitor.shoot(pictures, "merge")
    page.get_by_role("link", name=f"与 {second} 比对").click()
    visitor.look("comparing")
    visitor.shoot(pictures, "merge-compare")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name=f"并入 {first}").click()
    page.wait_for_url(re.compile(r"/people/[0-9a-f]{16}$"))

    expect(page.locator("main")).to_contain_text(second)
    visitor.go(f"/people?q={second}")
    expect(page.locator("main table tbody tr")).to_have_count(1)
    expect(page.locator("main table")).to_contain_text(first)


def test_cards_are_printed_and_every_one_decodes(visitor: Visitor, pictures: Path):
    page = log_in(visitor, COORDINATOR)
    visitor.go("/people/cards")
    visitor.shoot(pictures, "cards-choose")
    with page.expect_download(timeout=30_000) as loading:
        page.locator("main a[href*='cards.pdf']").first.click()
    assert loading.value.path().read_bytes().startswith(b"%PDF")
    page.get_by_role("link", name="查看并打印").click()
    page.wait_for_url(re.compile("/people/cards/sheets"))
    visitor.shoot(pictures, "cards-sheet")

    codes = decoded(page)
    if visitor.profile == "desk":  # a phone lays out no paper
        page.emulate_media(media="print")
        page.set_viewport_size(PAPER)
        assert decoded(page) == codes
        page.emulate_media(media="screen")
        page.set_viewport_size(PROFILES["desk"]["viewport"])

    assert codes
    assert all(re.fullmatch(rf"{visitor.base_url}/q/[\w-]{{40}}", code) for code in codes)
    assert len(set(codes)) == len(codes)
    visitor.go(codes[0])
    visitor.shoot(pictures, "card")


def decoded(page: Page) -> list[str]:
    """Photograph the code of every card as it is shown and return what it says."""
    found = []
    for card in page.locator(".card .qr").all():
        photo = Image.open(BytesIO(card.screenshot())).convert("L")
        [code] = zxingcpp.read_barcodes(photo, formats=zxingcpp.BarcodeFormat.QRCode)
        found.append(code.text)
    return found


def test_a_volunteer_sees_and_corrects_the_own_data(visitor: Visitor, pictures: Path):
    page = log_in(visitor, VOLUNTEER)
    visitor.go("/my-data")
    visitor.shoot(pictures, "my-data")
    if page.locator("input[name=name]").is_visible():
        page.locator("input[name=name]").fill(new_name())
        page.get_by_role("button", name="申请更改").click()
    expect(page.locator("main")).to_contain_text("待处理")
    visitor.look("a request of one's own")
    page.get_by_role("button", name="撤回申请").first.click()
    expect(page.get_by_role("button", name="申请更改")).to_be_visible()
    with page.expect_download() as loading:
        page.get_by_role("button", name="电子表格").click()
    assert loading.value.path().stat().st_size > 5000
    visitor.go("/my-card")
    visitor.shoot(pictures, "my-card")
    visitor.go("/account/phone")
