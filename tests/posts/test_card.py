"""The card of a post: what stands there, and a code that leads to the site."""

import base64
import re
from io import BytesIO

import pytest
import zxingcpp
from PIL import Image

from tests import make
from tests.posts.conftest import EVENING, MORNING, NOW
from volunteer.attendance import post_card
from volunteer.attendance.poster import Poster, png
from volunteer.core.actor import Role


@pytest.fixture
def desk(client, unit, set_clock):
    set_clock(NOW)
    make.login(client, make.person(unit=unit), Role.COORDINATOR)
    return client


def test_it_says_all_that_one_needs_there(desk, set_up, unit):
    sections = [make.unit(parent=unit, name=name) for name in ("一科", "二科")]
    windows = [MORNING, EVENING._replace(season_from="05-01", season_until="09-30", weekdays=5)]
    set_up(
        corners="东北角",
        kit="红马甲、口哨",
        roads="府前路、新安路",
        windows=windows,
        turn_by="week",
        turn_units=sections,
    )

    page = desk.get("/posts/XAL-01/card").text

    for words in ("府前路口", "XAL-01", "一科、二科", "东北角", "红马甲、口哨", "府前路、新安路"):
        assert words in page
    assert "17:00–18:30 周一三 05-01–09-30" in page
    assert "data:image/svg+xml;base64," in page


@pytest.mark.parametrize(("paper", "points"), [("a5", "419.53 595.28"), ("a4", "595.28 841.89")])
def test_it_is_one_sheet_of_its_paper(desk, set_up, paper, points):
    set_up(corners="东北角")

    answer = desk.get(f"/posts/XAL-01/card-{paper}.pdf")

    assert answer.mimetype == "application/pdf"
    assert answer.data.count(b"/Type /Page\n") == 1
    assert points.encode() in answer.data
    assert desk.get("/posts/XAL-01/card-a0.pdf").status_code == 404


def test_its_code_is_the_one_of_the_site(desk, set_up, monkeypatch):
    """The picture on the card decodes to the address of the site's poster."""
    drawn = []

    def watched(poster: Poster) -> bytes:
        drawn.append(png(poster))
        return drawn[-1]

    monkeypatch.setattr(post_card, "png", watched)
    made = set_up()
    desk.get("/posts/XAL-01/card-a5.pdf")
    shown = desk.get(f"/sites/{made.post.site.code}/poster").text
    token = re.search(r'<small class="num">([^<]+)</small>', shown)[1]

    [code] = zxingcpp.read_barcodes(Image.open(BytesIO(drawn[0])))
    assert code.text.endswith(f"/q/{token}")
    picture = re.search(r"base64,([^\"]+)", desk.get("/posts/XAL-01/card").text)[1]
    assert base64.b64decode(picture) == base64.b64decode(re.search(r"base64,([^\"]+)", shown)[1])


def test_a_foreign_card_does_not_exist(client, set_up, set_clock):
    set_clock(NOW)
    set_up()
    make.login(client, make.person(), Role.COORDINATOR)

    assert client.get("/posts/XAL-01/card").status_code == 404
    assert client.get("/posts/XAL-01/card-a5.pdf").status_code == 404
