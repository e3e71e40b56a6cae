"""Every page of the map, opened by somebody who finds it by following links."""

import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, RequestRedirect

from tests.e2e.conftest import COORDINATOR, OFFICE, VOLUNTEER, log_in
from tests.e2e.looking import Visitor, visitors
from tests.e2e.test_codes import a_running_shift
from tests.e2e.test_register import decoded
from tests.e2e.test_volunteer import LOCAL, new_phone, roster
from tests.e2e.test_volunteer import decoded as scanned
from tests.exchange.exports import durations
from volunteer import create_app

#: Other answers than 200 that a link may lead to.
DOWNLOADS = (".pdf", ".png", ".svg", ".xlsx")
ACTIVITY = re.compile(r"/activities/[0-9a-f]{16}")
ROSTER = re.compile(r"/rosters/[0-9a-f]{16}$")
PERSON = re.compile(r"/people/[0-9a-f]{16}")
HREFS = "links => links.map(link => link.getAttribute('href'))"
#: How many addresses of one rule are looked at.
EACH = 2


@pytest.fixture(scope="module")
def city_map(tmp_path_factory: pytest.TempPathFactory) -> MapAdapter:
    database = tmp_path_factory.mktemp("map") / "none.db"
    app = create_app({"SECRET_KEY": "only for the map", "DATABASE_URL": f"sqlite:///{database}"})
    return app.url_map.bind("127.0.0.1")


def endpoint_of(city_map: MapAdapter, path: str) -> str | None:
    try:
        return str(city_map.match(urlsplit(path).path, method="GET")[0])
    except (HTTPException, RequestRedirect):
        return None


def is_saved(path: str) -> bool:
    """Tell whether an address leads to a file that a browser saves."""
    return urlsplit(path).path.endswith(DOWNLOADS)


def crawl(
    visitor: Visitor, city_map: MapAdapter, start: str, before: Counter[str]
) -> tuple[Counter[str], set[str]]:
    """Follow every link from `start`; return the endpoints opened and the addresses seen.

    Of a rule that others have looked at `before`, one address is enough.
    """
    opened: Counter[str] = Counter()
    ahead, seen = [start], {start}
    while ahead:
        path = ahead.pop(0)
        endpoint = endpoint_of(city_map, path)
        if endpoint is None or is_saved(path):
            continue
        if opened[endpoint] >= (EACH if before[endpoint] < EACH else 1):
            continue
        opened[endpoint] += 1
        page = visitor.go(path)
        for href in page.eval_on_selector_all("a[href]", HREFS):
            if href.startswith("/") and href not in seen:
                seen.add(href)
                ahead.append(href)
    return opened, seen


@pytest.mark.parametrize("profile", ["phone", "desk"])
def test_every_page_is_opened_by_somebody(
    browser: Browser, base_url: str, city_map: MapAdapter, profile: str, pictures: Path
):
    opened: Counter[str] = Counter()
    weights: dict[str, int] = {}
    for who in (None, VOLUNTEER, COORDINATOR, OFFICE):
        for visitor in visitors(browser, base_url, profile):
            if who:
                log_in(visitor, who)
            found, seen = crawl(visitor, city_map, "/" if who else "/login", opened)
            opened += found
            weights |= visitor.weights
            if who == OFFICE:
                opened += by_hand(visitor, city_map, seen)

    rules = {rule.endpoint for rule in city_map.map.iter_rules() if "GET" in (rule.methods or ())}
    missing = {each for each in rules if not opened[each]} - {"static", "accounts.link"}
    assert not missing, f"never opened: {sorted(missing)}"
    heaviest = max(weights.items(), key=lambda each: each[1])
    print(f"{profile}: {len(weights)} pages, the heaviest first load {heaviest}")


def by_hand(visitor: Visitor, city_map: MapAdapter, seen: set[str]) -> Counter[str]:
    """Open what no link leads to."""
    opened: Counter[str] = Counter()
    fetched = visitor.context.request
    bare = ("/healthz", "/sw.js", "/scanner/manifest.webmanifest", "/api/v1/scanner/roster")
    for path in (*bare, *[each for each in seen if is_saved(each)]):
        assert fetched.get(visitor.base_url + path).status == 200, path
        opened[str(endpoint_of(city_map, path))] += 1
    visitor.go("/account/password")
    opened["accounts.password"] += 1
    page = visitor.go("/people/import")
    page.locator("input[type=file]").set_input_files(
        {
            "name": "名单.xlsx",
            "mimeType": "application/octet-stream",
            "buffer": roster(
                ("王芳", new_phone(), "没有这个单位"), ("李强", new_phone(), "330182")
            ),
        }
    )
    page.get_by_role("button", name="上传并检查").click()
    page.get_by_role("button", name="放弃").wait_for()
    visitor.look("import with an error")
    opened["imports.show"] += 1
    run = urlsplit(page.url).path
    assert fetched.get(f"{visitor.base_url}{run}/refused.xlsx").status == 200
    opened["imports.refused_rows"] += 1
    visitor.go(f"{run}/absences")
    opened["imports.absences"] += 1
    poster = next(each for each in seen if each.endswith("/poster"))
    visitor.go(poster)
    visitor.go("/q/" + page.locator(".sheet.poster .foot small").inner_text().strip())
    opened["attendance.scan"] += 1
    for path in codes_by_hand(visitor):
        opened[str(endpoint_of(city_map, path))] += 1
    for path in register_by_hand(visitor, seen):
        visitor.go(path)
        opened[str(endpoint_of(city_map, path))] += 1
    for path in scheduling_by_hand(visitor, seen):
        opened[str(endpoint_of(city_map, path))] += 1
    opened["exchange.show"] += 1
    opened["exchange.reconciliation"] += 1
    export_by_hand(visitor)
    opened[city_by_hand(visitor, city_map)] += 1
    return opened


def codes_by_hand(visitor: Visitor) -> Iterator[str]:
    """Scan a screen and a card; yield the addresses that lead to, and those that show them."""
    shift = a_running_shift(visitor)
    page = visitor.go(f"{shift}/screen")
    yield f"{shift}/screen"
    visitor.go(scanned(page.locator(".screen .qr").screenshot()))
    yield urlsplit(page.url).path
    visitor.go("/people/cards/sheets")
    visitor.go(decoded(page)[0])
    yield urlsplit(page.url).path
    visitor.go("/typed-code")
    yield "/typed-code"


def scheduling_by_hand(visitor: Visitor, seen: set[str]) -> Iterator[str]:
    """Open the pages of what has to be made first; yield their addresses."""
    yield rest_of_a_post(visitor, seen)
    yield day_called_off(visitor)
    page = visitor.go(next(each for each in sorted(seen) if ACTIVITY.fullmatch(each)))
    shift = str(page.locator("main a[href^='/shifts/']").first.get_attribute("href"))
    visitor.go(f"{shift}/change")
    yield f"{shift}/change"
    visitor.go("/boards/gaps")
    page.get_by_role("link", name="迎检").click()
    visitor.look("inspections")
    yield urlsplit(page.url).path
    page.locator("input[name=name]").fill("市容环境督查")
    page.get_by_role("button", name="发布").click()
    page.wait_for_url(re.compile(r"/boards/inspections/\d+$"))
    visitor.look("an inspection")
    yield urlsplit(page.url).path
    page.get_by_role("button", name="结束").click()
    visitor.go("/my-calendar")
    page.get_by_role("button", name=re.compile("生成")).click()
    feed = urlsplit(page.locator("code.address").inner_text()).path
    assert visitor.context.request.get(visitor.base_url + feed).status == 200
    yield feed
    visitor.go("/units/330182001/plan")
    page.locator("nav.chips a").nth(3 if visitor.profile == "phone" else 6).click()
    page.get_by_role("button", name="开班并排班").click()
    page.wait_for_url(re.compile("/rosters"))
    if "unit=" in page.url:
        page.locator("td a[href*='/rosters/']").first.click()
        page.wait_for_url(ROSTER)
    visitor.look("a draft")
    roster = urlsplit(page.url).path
    yield roster
    visitor.go(f"{roster}?view=table")
    page.locator("main td a").first.click()
    page.wait_for_url(re.compile("/shifts/"))
    visitor.look("a place of a draft")
    yield urlsplit(page.url).path


def rest_of_a_post(visitor: Visitor, seen: set[str]) -> str:
    """Let a post rest for a day in spring, open what ends the rest; return its address."""
    page = visitor.go(next(each for each in sorted(seen) if each.endswith("/suspend")))
    spring = f"{datetime.now(LOCAL).year + 1}-0{3 if visitor.profile == 'phone' else 4}-01"
    page.locator("#from_on").fill(spring)
    page.locator("#until_on").fill(spring)
    page.locator("#reason").fill("道路施工")
    page.locator("main form button[type=submit]").click()
    resume = str(page.locator("a[href$='/resume']").first.get_attribute("href"))
    visitor.go(resume)
    return resume


def day_called_off(visitor: Visitor) -> str:
    """Call a day off and take that back; return the address of the page in between."""
    page = visitor.go("/shifts/call-off")
    day = datetime.now(LOCAL) + timedelta(days=5 if visitor.profile == "phone" else 8)
    day += timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
    page.locator("input[name=day]").fill(f"{day:%Y-%m-%d}")
    page.locator("input[name=reason]").first.check()
    page.get_by_role("button", name="查看将取消的场次").click()
    page.get_by_role("button", name=re.compile("^取消 ")).click()
    page.wait_for_url(re.compile(r"/shifts/call-off/[0-9a-f]{16}$"))
    visitor.look("a day called off")
    address = urlsplit(page.url).path
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name=re.compile("^撤回取消")).click()
    page.wait_for_url(re.compile(r"/shifts\?"))
    return address


def register_by_hand(visitor: Visitor, seen: set[str]) -> Iterator[str]:
    """Yield pages of the register that no link leads to in every city."""
    yield from ("/people/requests", "/people/notices")
    one, other = sorted(each for each in seen if PERSON.fullmatch(each))[:2]
    yield f"{one}/merge/{other.rpartition('/')[2]}"
    page = visitor.go("/people?state=left")
    yield f"{page.locator('main table tbody a').first.get_attribute('href')}/return"
    visitor.go("/people/cards/sheets")
    yield urlsplit(decoded(page)[0]).path  # a card's code, which leads on to the card's page
    yield urlsplit(page.url).path


def city_by_hand(visitor: Visitor, city_map: MapAdapter) -> str:
    """Have the city's last month drawn, look at how far it is; return the page's endpoint."""
    page = visitor.go("/rosters")
    page.locator("main .btn.go").click()
    page.wait_for_url(re.compile("/plan/"))
    page.locator("nav.chips a[href*='/plan/']").last.click()
    page.get_by_role("button", name="开班并排班").click()
    page.wait_for_url(re.compile("/progress$"))
    expect(page.locator("#run .note.ok")).to_be_visible(timeout=60_000)
    visitor.look("a run")
    return str(endpoint_of(city_map, urlsplit(page.url).path))


def export_by_hand(visitor: Visitor) -> None:
    """Upload an export of the national app about nobody of ours, and look at what it says."""
    page = visitor.go("/exchange/import")
    row = ("ZYH000001", "外人", new_phone(), "红马甲", "清扫", "2026-10-03 06:00")
    content = durations((*row, "2026-10-03 07:30", 1.5))
    file = {"name": "时长导出.xlsx", "mimeType": "application/octet-stream", "buffer": content}
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="上传并对账").click()
    page.wait_for_url(re.compile(r"/exchange/[0-9a-f]{16}$"))
    visitor.look("an export")
    page.get_by_role("link", name="查看对账明细").click()
    visitor.look("a reconciliation")


def test_nothing_is_shown_without_a_log_in(visitor: Visitor, city_map: MapAdapter):
    for path in ("/", "/people", "/months", "/shifts", "/hours", "/account"):
        visitor.go(path)

        expect(visitor.page.get_by_role("heading", level=1)).to_have_text("登录")


def test_an_unknown_address_says_what_to_do(another: Callable[[str], Visitor]):
    visitor = another("phone")
    log_in(visitor, VOLUNTEER)

    visitor.go(f"/{secrets.token_hex(4)}", status=404)
