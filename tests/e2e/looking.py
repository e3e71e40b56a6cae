"""What every page must stand: looked at by a machine, in a real browser."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Response

PHONE = {
    "viewport": {"width": 360, "height": 780},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
DESK = {"viewport": {"width": 1280, "height": 800}}
PROFILES = {"phone": PHONE, "desk": DESK}

#: Links inside a sentence and the skip link are exempt from the size of targets (WCAG 2.5.8).
SMALL_TARGETS = """() => [...document.querySelectorAll(
  'button, .btn, input:not([type=hidden]), select, textarea, summary, nav a')]
  .filter(e => e.checkVisibility() && !e.closest('.vh') && !e.matches('.skip'))
  .map(e => e.matches('input[type=checkbox], input[type=radio]')
    && e.closest('label, .choice') || e)
  .map(e => [e, e.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.height < 43.5 || box.width < 24))
  .map(([e, box]) => `${e.outerHTML.slice(0, 90)} ${box.width | 0}x${box.height | 0}`)
"""

#: A sheet is paper: its print is not read at arm's length on a phone.
SMALL_TEXT = """() => {
  const small = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    const silent = !walk.currentNode.textContent.trim() || !e.checkVisibility();
    if (silent || e.closest('.vh, script, .sheet')) continue;
    const size = parseFloat(getComputedStyle(e).fontSize);
    if (size < 15.9) small.add(`${size}px ${e.outerHTML.slice(0, 90)}`);
  }
  return [...small];
}"""

WIDTH = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass
class Visitor:
    """A browser window of one person on one device, that writes down what goes wrong."""

    base_url: str
    profile: str
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    weights: dict[str, int] = field(default_factory=dict)
    _bytes: int = 0

    def go(self, path: str, *, status: int = 200) -> Page:
        """Open a page of the city and hold it to be what everybody may expect."""
        self._bytes = 0
        response = self.page.goto(path if "://" in path else self.base_url + path)
        assert response is not None
        assert response.status == status, f"{path}: {response.status}"
        self.look(path)
        return self.page

    def look(self, name: str = "") -> None:
        """Check the page as it stands: accessible, in its width, touchable, readable."""
        name = name or self.page.url
        self.weights[name] = self._bytes
        found = Axe().run(self.page).response["violations"]
        wrong = [f"axe {v['id']}: {v['nodes'][0]['html'][:120]}" for v in found]
        if (beyond := self.page.evaluate(WIDTH)) > 0:
            wrong.append(f"scrolls {beyond} px sideways")
        if self.profile == "phone":
            wrong += [f"small target: {each}" for each in self.page.evaluate(SMALL_TARGETS)]
            wrong += [f"small text: {each}" for each in self.page.evaluate(SMALL_TEXT)]
        assert not wrong, f"{self.profile} {name}:\n" + "\n".join(wrong)
        assert not self.complaints, f"{self.profile} {name}: {self.complaints}"

    def shoot(self, folder: Path, name: str) -> None:
        """Keep a picture of the page (outside git)."""
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=folder / f"{name}-{self.profile}.png", full_page=True)

    def weigh(self, response: Response) -> None:
        self._bytes += int(response.headers.get("content-length", 0))


def visitors(browser: Browser, base_url: str, profile: str) -> Iterator[Visitor]:
    """Open a window; close it when done."""
    context = browser.new_context(
        **PROFILES[profile],
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        accept_downloads=True,
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    visitor = Visitor(base_url, profile, context, page)
    page.on(
        "console",
        lambda message: (
            visitor.complaints.append(message.text)
            if "Content Security Policy" in message.text
            else None
        ),
    )
    page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
    page.on("response", visitor.weigh)
    yield visitor
    context.close()
