"""The script that asks the phone for its place: granted, denied, slow, and not there at all."""

from pathlib import Path
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Route

SCRIPT = Path(__file__).parents[2] / "static" / "place.js"
HOST = "https://city.test"
PAGE = """<!doctype html><title>x</title><form method="post" action="/press" data-place>
<input type="hidden" name="key" value="k1"><button type="submit">Check in</button></form>
<p id="place" data-waiting="Finding"><span>Why</span></p><script src="/place.js" defer></script>"""
SLOW = "navigator.geolocation.getCurrentPosition = (done) => setTimeout(() => done(%s), 400)"
FOUND = "{coords: {latitude: 29.5, longitude: 119.5, accuracy: 7}}"


def pressed(browser: Browser, *, clicks: int = 1, before: str = "", **context) -> list[dict]:
    """Press the button of the page and return what each POST brought."""
    sent: list[dict] = []
    window = browser.new_context(**context)

    def answer(route: Route) -> None:
        request = route.request
        if request.method == "POST":
            sent.append({k: v[0] for k, v in parse_qs(request.post_data or "").items()})
            route.fulfill(body="<title>done</title>", content_type="text/html")
        elif request.url.endswith("place.js"):
            route.fulfill(body=SCRIPT.read_text("utf-8"), content_type="text/javascript")
        else:
            route.fulfill(body=PAGE, content_type="text/html")

    window.route("**/*", answer)
    page = window.new_page()
    if before:
        page.add_init_script(before)
    page.goto(HOST + "/")
    for _ in range(clicks):
        page.get_by_role("button").dispatch_event("click")
    page.wait_for_url("**/press")
    window.close()
    return sent


def test_where_it_is_allowed_the_place_goes_along(browser: Browser):
    here = {"latitude": 29.475812, "longitude": 119.281234, "accuracy": 12}

    sent = pressed(browser, permissions=["geolocation"], geolocation=here)

    assert sent == [
        {"key": "k1", "latitude": "29.475812", "longitude": "119.281234", "accuracy": "12"}
    ]


@pytest.mark.parametrize(
    "context",
    [{"permissions": []}, {"java_script_enabled": False}],
    ids=["denied", "without JavaScript"],
)
def test_otherwise_the_form_goes_without_it(browser: Browser, context):
    assert pressed(browser, **context) == [{"key": "k1"}]


def test_a_browser_that_knows_no_places_sends_at_once(browser: Browser):
    none = "Object.defineProperty(navigator, 'geolocation', {value: undefined})"

    assert pressed(browser, before=none) == [{"key": "k1"}]


def test_a_second_press_while_the_phone_looks_is_no_second_form(browser: Browser):
    sent = pressed(browser, clicks=2, before=SLOW % FOUND)

    assert [each["latitude"] for each in sent] == ["29.5"]
