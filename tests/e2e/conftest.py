"""One city and one browser for all journeys of a test process."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.city import serving
from tests.e2e.looking import Visitor, visitors

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
#: The log-ins of the demo city.
VOLUNTEER, COORDINATOR, OFFICE = "19900000001", "19900000002", "19900000003"
PASSWORD = "Demo-2026"


def pytest_addoption(parser: pytest.Parser) -> None:
    with contextlib.suppress(ValueError):
        parser.addoption("--base-url", help="Run the journeys against this demo city.")


@pytest.fixture(scope="session")
def base_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    given = request.config.getoption("--base-url", None)
    if given:
        yield given.rstrip("/")
        return
    with serving(tmp_path_factory.mktemp("city")) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    names = ("chromium-headless-shell", "chromium", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium: apt-get install chromium-headless-shell")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where screenshots are kept: ignored by git."""
    return Path(__file__).parents[2] / ".artifacts" / "screens"


@pytest.fixture(params=["phone", "desk"])
def visitor(request: pytest.FixtureRequest, browser: Browser, base_url: str) -> Iterator[Visitor]:
    """A window, once on a phone and once on a desk."""
    yield from visitors(browser, base_url, request.param)


@pytest.fixture
def another(browser: Browser, base_url: str) -> Iterator[Callable[[str], Visitor]]:
    """Opens further windows: `another("phone")`."""
    opened = []

    def open_window(profile: str) -> Visitor:
        window = visitors(browser, base_url, profile)
        opened.append(window)
        return next(window)

    yield open_window
    for window in opened:
        for _ in window:
            pass


def log_in(visitor: Visitor, phone: str, password: str = PASSWORD) -> Page:
    """Log in as a person would."""
    page = visitor.go("/login")
    page.locator("input[name=phone]").fill(phone)
    page.locator("input[name=password]").fill(password)
    page.locator("main form button").first.click()
    page.wait_for_url(lambda url: "/login" not in url)
    return page
