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
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import COORDINATOR, FLAGS, OFFICE, log_in
from tests.e2e.looking import Visitor, visitors
from tests.e2e.test_volunteer import LOCAL, bring_in, new_phone
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


def newcomers(office: Visitor, coordinator: Visitor, people: int) -> str:
    """Bring new people into the coordinator's unit; return the family name they share."""
    coordinator.go("/people")
    unit = coordinator.page.locator("select[name=unit] option").nth(1).get_attribute("value")
    family = "扫" + "".join(secrets.choice("甲乙丙丁戊己庚辛壬癸") for _ in range(4))
    given = "一二三四五六七八九十"
    rows = [
        (f"{family}{given[at // 10]}{given[at % 10]}", new_phone(), str(unit))
        for at in range(people)
    ]
    office.go("/people/import")
    bring_in(office.page, *rows)
    return family


def assign(visitor: Visitor, shift: str, family: str) -> list[str]:
    """Assign everybody of that name to a shift; return their public ids."""
    page = visitor.go(f"{shift}/assign?q={family}")
    boxes = page.locator("input[name=people]:not([disabled])")
    names = [str(each.get_attribute("value")) for each in boxes.all()]
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
def duty(browser: Browser, base_url: str) -> Iterator[Duty]:
    """A shift with one more person than is scanned."""
    windows = [visitors(browser, base_url, "desk") for _ in range(2)]
    office, coordinator = (next(window) for window in windows)
    log_in(office, OFFICE)
    log_in(coordinator, COORDINATOR)
    family = newcomers(office, coordinator, SCANS + 1)
    address = a_shift(coordinator)
    people = assign(coordinator, address, family)
    assert len(people) == SCANS + 1
    yield Duty(address, cards_of(coordinator, people))
    for window in windows:
        next(window, None)


@pytest.fixture
def filming(browser: Browser, duty: Duty, base_url: str, tmp_path: Path) -> Iterator[Visitor]:
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
    chromium = browser.browser_type.launch(executable_path=found, args=[*FLAGS, *flags])
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


@pytest.fixture
def phone(browser: Browser, base_url: str, duty: Duty) -> Iterator[Visitor]:
    """A coordinator's phone without a camera."""
    for visitor in visitors(browser, base_url, "phone"):
        log_in(visitor, COORDINATOR)
        yield visitor


def test_a_queue_in_memory_would_lose_its_scans(phone: Visitor, duty: Duty):
    """The control arm: the same reload, with the phone's storage taken away before it."""
    page = ready(phone)
    phone.context.set_offline(True)
    for number, card in enumerate(duty.cards[:3], start=1):
        type_code(page, card.short, "accepted")
        waiting(page, number)

    page.evaluate("() => indexedDB.deleteDatabase('scanner')")
    page.reload()

    waiting(page, 0)


def test_cases_50_51_52_what_a_phone_can_say_without_a_signal(phone: Visitor, duty: Duty):
    page = ready(phone)
    phone.context.set_offline(True)

    type_code(page, duty.cards[0].short, "accepted")
    expect(page.locator("#verdict.ok .word")).to_have_text("已签到")
    expect(page.locator("#by-queue")).to_have_text("未上传 1")

    type_code(page, "2222-2223", "unknown")
    expect(page.locator("#verdict.wait .word")).to_have_text("已保存，未核实")
    waiting(page, 2)
    phone.look("an unknown code")

    page.locator("#direction-out").check()
    page.locator("#direction-in").check()
    page.wait_for_timeout(3100)  # the same code at once is passed over
    type_code(page, duty.cards[0].url, "duplicate")
    expect(page.locator("#verdict .say")).to_contain_text("本机已于")
    waiting(page, 3)


def test_case_55_an_answer_that_comes_too_late_is_the_answer(phone: Visitor, duty: Duty):
    """The server stores the scan, the phone gives up after three seconds, and asks again."""
    page = ready(phone)
    keys = []

    def swallow(route):
        answer = route.fetch()
        keys.append(route.request.post_data_json["items"])
        assert answer.status == 200
        route.abort("timedout")

    page.route("**/api/v1/scans", swallow)
    page.locator("#code").fill(duty.cards[SCANS].short)
    page.locator("#typed button").click()
    expect(page.locator("#log li").first).to_have_attribute("data-verdict", "accepted")
    expect(page.locator("#verdict .say")).to_contain_text("尚未上传")
    waiting(page, 1)
    page.unroute("**/api/v1/scans")
    with page.expect_response("**/api/v1/scans") as told:
        page.locator("#send").click()
    waiting(page, 0)

    [sent] = keys[0]
    [again] = told.value.request.post_data_json["items"]
    assert again == sent
    [answer] = told.value.json()["items"]
    assert (answer["verdict"], answer["reason"]) == ("accepted", None)


def test_case_57_a_server_error_keeps_the_queue_and_says_so(phone: Visitor, duty: Duty):
    page = ready(phone)
    page.route("**/api/v1/scans", lambda route: route.fulfill(status=500, body="{}"))
    type_code(page, "2222-2224", "unknown")
    waiting(page, 1)
    expect(page.locator("#trouble")).to_contain_text("记录先存在手机里")

    page.unroute("**/api/v1/scans")
    page.locator("#send").click()
    waiting(page, 0)
    expect(page.locator("#trouble")).to_be_hidden()
    expect(page.locator("#log li").first).to_have_attribute("data-verdict", "refused")
    expect(page.locator("#log li").first).to_contain_text("名册中没有持这个码的志愿者")


def test_the_switch_stays_and_nobody_leaves_a_full_queue(phone: Visitor, duty: Duty):
    page = ready(phone)
    page.locator("#stay-offline").check()
    type_code(page, "2222-2225", "unknown")
    page.reload()
    expect(page.locator("#stay-offline")).to_be_checked()
    waiting(page, 1)

    said: list[str] = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.accept()))
    phone.go("/account")
    leave = page.locator("form[data-queued] button").first
    leave.evaluate("button => button.click()")
    page.wait_for_timeout(500)
    assert said, "nothing was said"
    assert "未上传" in said[0]
    assert page.url.endswith("/account")

    page.goto(phone.base_url + "/scanner")
    page.locator("#stay-offline").uncheck()
    waiting(page, 0)
    phone.go("/account")
    page.locator("form[data-queued] button").first.evaluate("button => button.click()")
    page.wait_for_url("**/login**")
    assert len(said) == 1


def test_a_phone_out_of_use_forgets_the_names_and_keeps_the_scans(phone: Visitor, duty: Duty):
    page = ready(phone)
    page.locator("#stay-offline").check()
    type_code(page, duty.cards[1].short, "accepted")
    waiting(page, 1)
    other = phone.context.new_page()
    other.goto(phone.base_url + "/scanner/devices")
    other.once("dialog", lambda dialog: dialog.accept())
    other.locator("form[action$='/revoke'] button").first.click()
    other.wait_for_load_state()
    other.close()

    page.locator("#send").click()

    expect(page.locator("#trouble")).to_contain_text("恢复使用")
    waiting(page, 1)
    expect(page.locator("#ready")).to_contain_text("手机上没有名单")
    phone.look("out of use")


def test_nothing_sounds_before_the_verdict_and_a_refusal_is_red(phone: Visitor, duty: Duty):
    """Case 90: the tones are counted where they are made."""
    phone.page.add_init_script(
        "window.tones = [];"
        "const Tone = window.OscillatorNode;"
        "window.OscillatorNode = class extends Tone { constructor(sound, given) {"
        " super(sound, given); window.tones.push(given.frequency); } };"
    )
    page = ready(phone)
    held = []
    page.route("**/api/v1/scans", lambda route: held.append(route))
    page.locator("#code").fill("2222-2226")
    with page.expect_request("**/api/v1/scans"):
        page.locator("#typed button").click()
    waiting(page, 1)
    assert page.evaluate("() => window.tones") == []

    held[0].continue_()
    expect(page.locator("#verdict.bad .word")).to_have_text("未记录")
    expect(page.locator("#verdict .say")).to_contain_text("名册中没有")
    assert page.evaluate("() => window.tones") == [220]


def test_a_hand_scanner_types_wherever_the_page_stands(phone: Visitor, duty: Duty):
    page = ready(phone)
    page.locator("#stay-offline").check()
    page.keyboard.type(duty.cards[2].url)
    page.keyboard.press("Enter")

    expect(page.locator("#verdict.ok .word")).to_have_text("已签到")
    page.locator("#stay-offline").uncheck()
    waiting(page, 0)


def test_in_wechat_the_page_says_where_to_open_it(browser: Browser, base_url: str, duty: Duty):
    agent = "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0"
    context = browser.new_context(user_agent=agent, locale="zh-CN")
    page = context.new_page()
    log_in(Visitor(base_url, "phone", context, page), COORDINATOR)
    page.goto(base_url + "/scanner")

    expect(page.locator("#wechat")).to_contain_text("在浏览器中打开本页")
    context.close()
