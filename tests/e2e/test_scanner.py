"""The scanner of a coordinator: a camera, no signal, a reload in between, and nothing lost."""

import io
import re
import secrets
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.conftest import COORDINATOR, FLAGS, log_in
from tests.e2e.looking import Visitor, visitors
from tests.e2e.test_volunteer import LOCAL
from volunteer.people.cards import png

#: How many scans without a signal; how many of them by photo (one more is by camera).
SCANS, PHOTOS = 30, 9


class Card(NamedTuple):
    """A printed card: what its code says, and the code to type."""

    url: str
    short: str


class Duty(NamedTuple):
    """A running shift, and the cards of its people."""

    address: str
    cards: list[Card]


def filmed(url: str, file: Path) -> None:
    """Write what a camera sees that is held over a card: 640x480, grey, as one MJPEG."""
    code = Image.open(io.BytesIO(png(url))).convert("RGB").resize((300, 300))
    with file.open("wb") as film:
        for number in range(20):
            frame = Image.new("RGB", (640, 480), (128, 128, 128))
            frame.paste(code, (170 + number % 3, 90))
            frame.save(film, format="JPEG", quality=90)


def a_shift(visitor: Visitor) -> str:
    """Open a shift that runs now, at a place of its own; return its address."""
    desk = visitor.go("/sites")
    code = f"SCAN-{secrets.token_hex(3).upper()}"
    if not desk.locator("input[name=name]").is_visible():
        desk.locator("details.more summary").first.click()
    desk.locator("input[name=name]").fill("文化广场")
    desk.locator("input[name=code]").fill(code)
    desk.get_by_role("button", name="保存签到点").click()
    desk.wait_for_url(f"**/sites/{code}")
    visitor.go(f"/shifts/new?site={code}")
    start = datetime.now(LOCAL) - timedelta(minutes=1)
    desk.locator("select[name=site]").select_option(code)
    desk.locator("input[name=title]").fill("文化广场值守")
    desk.locator("input[name=day]").fill(f"{start:%Y-%m-%d}")
    desk.locator("input[name=starts]").fill(f"{start:%H:%M}")
    desk.locator("input[name=minutes]").fill("60")
    desk.get_by_role("button", name="开设场次").click()
    desk.wait_for_url(re.compile(r"/shifts/[0-9a-f]{16}$"))
    return desk.url


def assign(visitor: Visitor, shift: str, people: int) -> list[str]:
    """Assign free people of the unit to a shift; return their public ids."""
    page = visitor.go(f"{shift}/assign")
    boxes = page.locator("input[name=people]:not([disabled])")
    names = [str(boxes.nth(at).get_attribute("value")) for at in range(min(people, boxes.count()))]
    assert len(names) == people, f"only {len(names)} people are free"
    for name in names:
        page.locator(f"input[value='{name}']").check()
    page.locator(".actions.stay button").first.click()
    page.wait_for_load_state()
    if page.locator("input[name=beyond_wanted]").count():
        page.locator(".actions.stay button").first.click()
    page.wait_for_url(shift)
    return names


def cards_of(visitor: Visitor, people: list[str]) -> list[Card]:
    """Read people's cards as they are printed."""
    asked = "&".join(f"person={each}" for each in people)
    page = visitor.page
    page.goto(f"{visitor.base_url}/people/cards/sheets?{asked}")
    found = []
    for card in page.locator(".card").all():
        photo = Image.open(io.BytesIO(card.locator(".qr").screenshot())).convert("L")
        [code] = zxingcpp.read_barcodes(photo, formats=zxingcpp.BarcodeFormat.QRCode)
        short = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", card.inner_text())
        assert short, card.inner_text()
        found.append(Card(code.text, short[0]))
    return found


@pytest.fixture(scope="module")
def duty(browser: Browser, base_url: str) -> Duty:
    """A shift with one more person than is scanned."""
    for visitor in visitors(browser, base_url, "desk"):
        log_in(visitor, COORDINATOR)
        address = a_shift(visitor)
        cards = cards_of(visitor, assign(visitor, address, SCANS + 1))
    return Duty(address, cards)


@pytest.fixture
def filming(duty: Duty, base_url: str, tmp_path: Path) -> Iterator[Visitor]:
    """A phone whose camera is held over the first card, logged in as the coordinator."""
    film = tmp_path / "card.mjpeg"
    filmed(duty.cards[0].url, film)
    names = ("chromium-headless-shell", "chromium", "google-chrome")
    found = next(path for name in names if (path := shutil.which(name)))
    flags = (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=[*FLAGS, *flags])
        for visitor in visitors(chromium, base_url, "phone"):
            visitor.context.grant_permissions(["camera"], origin=base_url)
            log_in(visitor, COORDINATOR)
            yield visitor
        chromium.close()


def ready(visitor: Visitor) -> Page:
    """Open the scanner and wait until it would do without a signal."""
    page = visitor.go("/scanner")
    expect(page.locator("#ready.ok")).to_contain_text("没有信号也能用", timeout=30_000)
    expect(page.locator("#scanner[data-started]")).to_be_attached(timeout=30_000)
    return page


def waiting(page: Page, count: int) -> None:
    expect(page.locator("#count")).to_have_text(str(count), timeout=20_000)


def type_code(page: Page, code: str, verdict: str) -> None:
    page.locator("#code").fill(code)
    page.locator("#typed button").click()
    expect(page.locator("#log li").first).to_have_attribute("data-verdict", verdict)


def photograph(page: Page, url: str) -> None:
    picture = Image.new("RGB", (1200, 1600), (200, 205, 210))
    code = Image.open(io.BytesIO(png(url))).convert("RGB").resize((420, 420))
    picture.paste(code.rotate(8, expand=True, fillcolor=(255, 255, 255)), (380, 500))
    file = io.BytesIO()
    picture.save(file, format="JPEG", quality=85)
    photo = {"name": "card.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}
    page.locator("#photo").set_input_files(photo)


def test_thirty_scans_without_a_signal_and_a_reload(filming: Visitor, duty: Duty, pictures: Path):
    page = ready(filming)
    filming.look("scanner")
    filming.shoot(pictures, "scanner-ready")
    filming.context.set_offline(True)

    page.locator("#camera").click()
    waiting(page, 1)
    expect(page.locator("#verdict .word")).to_have_text("已签到")
    expect(page.locator("#verdict .say")).to_contain_text("尚未上传")
    page.locator("#camera").click()
    for number, card in enumerate(duty.cards[1 : PHOTOS + 1], start=2):
        photograph(page, card.url)
        waiting(page, number)

    page.reload()
    expect(page.locator("#ready.ok")).to_contain_text("没有信号也能用", timeout=20_000)
    waiting(page, PHOTOS + 1)
    for number, card in enumerate(duty.cards[PHOTOS + 1 : SCANS], start=PHOTOS + 2):
        type_code(page, card.short, "accepted")
        waiting(page, number)
    filming.look("scanner without a signal")
    filming.shoot(pictures, "scanner-offline")

    filming.context.set_offline(False)
    page.locator("#send").click()
    waiting(page, 0)
    expect(page.locator("#trouble")).to_be_hidden()

    filming.go(duty.address + "/live")
    assert figures(page) == [str(SCANS + 1), str(SCANS)]


def figures(page: Page) -> list[str]:
    """How many are assigned and how many present, as the live page says."""
    return page.locator(".kpi dd strong").all_inner_texts()[:2]
