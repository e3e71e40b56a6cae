"""Personal cards: every one that is rendered decodes to exactly the address that was issued."""

import re
import struct
import zlib
from base64 import b64decode
from datetime import date
from io import BytesIO

import pytest
import zxingcpp
from flask import current_app
from PIL import Image

from tests import make
from tests.counting import weigh
from tests.make import at
from volunteer.core.actor import Role
from volunteer.core.errors import NotFound
from volunteer.people import cards, merging, queries
from volunteer.people.rules import short_code

NOW = at("2026-11-23 09:00")
KEYS = {1: b"secret"}


@pytest.fixture
def school(app):
    return make.unit(name="新安江小学", code="S01")


@pytest.fixture(autouse=True)
def today(set_clock):
    set_clock(NOW)


def read(image):
    found = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    return [each.text for each in found]


def drawn(png):
    return Image.open(BytesIO(png)).convert("L")


def pictures(pdf):
    """Return the pictures that a file carries, in order: grey rows or packed bits, unpacked."""
    found = []
    for head, data in re.findall(
        rb"<<((?:(?!endobj).)*?/Subtype /Image(?:(?!endobj).)*?)>>"
        rb"\s*stream\r?\n(.*?)\r?\nendstream",
        pdf,
        re.DOTALL,
    ):
        width, height = (
            int(re.search(rb"/%s (\d+)" % name, head)[1]) for name in (b"Width", b"Height")
        )
        bits = int(re.search(rb"/BitsPerComponent (\d+)", head)[1])
        if b"CCITTFax" in head:
            found.append(fax(data, width, height))
            continue
        mode = "1" if bits == 1 else "L"
        found.append(Image.frombytes(mode, (width, height), zlib.decompress(data)).convert("L"))
    return found


def fax(data, width, height):
    """Return a fax strip (CCITT 4) as a picture: in a TIFF's coat."""
    tags = (
        *((256, width), (257, height), (258, 1), (259, 4), (262, 1)),
        *((273, 8 + 2 + 9 * 12 + 4), (277, 1), (278, height), (279, len(data))),
    )
    fields = b"".join(struct.pack("<HHLL", tag, 4, 1, value) for tag, value in tags)
    coat = b"II*\0" + struct.pack("<LH", 8, len(tags)) + fields + bytes(4)
    return Image.open(BytesIO(coat + data)).convert("L")


def lines(school, number):
    for at_ in range(number):
        make.person(unit=school, name=f"王{'芳强敏丽'[at_ % 4]}")
    return queries.search(under=["/"], limit=100).lines


def made(found):
    return cards.cards_of(
        found, base_url="https://zyfw.example.cn", city="建德市", keys=KEYS, now=NOW
    )


def test_the_address_is_as_long_as_it_should_be_and_names_the_person(school):
    """checkin.md 1.3: a personal code of 66 characters."""
    [line] = lines(school, 1)
    token = cards.token_of(line.public_id, NOW, KEYS)

    assert len(token) == 40
    assert cards.public_id_of(token, KEYS) == line.public_id
    for wrong in (token[:-2] + "AA", token[:-1], "x" * 40, ""):
        with pytest.raises(NotFound):
            cards.public_id_of(wrong, KEYS)


@pytest.mark.parametrize("width", [270, 135, 540])
def test_every_picture_decodes_large_and_small(school, width):
    for card in made(lines(school, 9)):
        image = drawn(cards.png(card.url))
        assert read(image.resize((width, width), Image.Resampling.BOX)) == [card.url]


@pytest.mark.parametrize(("width", "angle"), [(60, 0), (120, 30), (270, 30), (270, 215)])
def test_case_88_every_picture_decodes_at_sixty_dots_and_turned(school, width, angle):
    for card in made(lines(school, 9)):
        image = drawn(cards.png(card.url))
        turned = image.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
        share = width / image.width
        small = turned.resize([round(side * share) for side in turned.size], Image.Resampling.BOX)
        assert read(small) == [card.url]


def test_the_short_code_stands_on_the_card_in_every_form(client, school):
    """On the sheet, in the file's text, and on the person's own page."""
    person = make.person(unit=school, name="王芳")
    coordinator = make.person(unit=school, name="联络员")
    make.login(client, coordinator, Role.COORDINATOR)
    sheet = client.get(f"/people/cards/sheets?person={person.public_id}").text
    assert short_code(person.public_id) in sheet
    own = client.application.test_client()
    make.login(own, person)
    assert short_code(person.public_id) in own.get("/my-card").text
    [line] = queries.chosen([person.public_id], under=["/"])
    assert made([line])[0].short == short_code(person.public_id)


def test_the_own_page_makes_the_code_anew(client, school, set_clock):
    """Fetched every half minute, so that it is never a minute old when it is scanned."""
    person = make.person(unit=school, name="王芳")
    make.login(client, person)

    page = client.get("/my-card").text
    set_clock(at("2026-11-23 09:00").replace(second=30))
    part = client.get("/my-card", headers={"HX-Request": "true"}).text

    assert 'hx-trigger="every 30s"' in page
    codes = [read(drawn(b64decode(*re.findall(r"base64,([^\"]+)", each)))) for each in (page, part)]
    assert codes[0] != codes[1]
    assert "<h1" not in part


def test_every_card_of_the_file_decodes_and_eight_stand_on_a_sheet(school):
    found = made(lines(school, 19))

    pdf = cards.pdf(found)

    assert len(re.findall(rb"/Type /Page\b", pdf)) == 3
    assert [read(image) for image in pictures(pdf)] == [[card.url] for card in found]


def test_every_card_of_the_printed_page_decodes(client, school):
    make.login(client, make.person(unit=school, name="联络员"), Role.COORDINATOR)
    lines(school, 45)

    page = client.get("/people/cards/sheets?unit=S01").text
    codes = [read(drawn(b64decode(each))) for each in re.findall(r"base64,([^\"]+)", page)]

    keys = current_app.extensions["settings"].token_keys
    people = queries.search(under=["/"], limit=40).lines
    named = [cards.public_id_of(url.rpartition("/")[2], keys) for [url] in codes]
    assert named == [line.public_id for line in people]
    assert "after=" in page
    assert weigh(client, "/people/cards/sheets?unit=S01") <= 15


def test_cards_are_chosen_for_a_unit_or_for_some(client, school):
    make.login(client, make.person(unit=school, name="联络员"), Role.COORDINATOR)
    wang, qiang = lines(school, 2)[1:]

    assert weigh(client, "/people/cards?unit=S01") <= 15
    page = client.get(f"/people/cards/sheets?person={wang.public_id}").text
    assert page.count('class="card"') == 1
    assert qiang.volunteer_number not in page
    assert client.get("/people/cards.pdf?unit=S01").data.startswith(b"%PDF")


def test_no_card_is_printed_for_a_foreign_person(client, school):
    """P10."""
    make.login(client, make.person(unit=school, name="联络员"), Role.COORDINATOR)
    foreign = make.person(unit=make.unit(code="D01"), name="李强")

    page = client.get(f"/people/cards/sheets?person={foreign.public_id}").text
    assert "李强" not in page
    assert "李强" not in client.get("/people/cards").text
    assert client.get("/people/cards?unit=D01").status_code == 404


def test_a_scanned_card_says_whose_it_is_and_an_old_one_the_same(client, school):
    kept = make.person(unit=school, name="王芳", from_on=date(2026, 1, 1))
    other = make.person(unit=school, name="王芳")
    keys = current_app.extensions["settings"].token_keys
    old = cards.token_of(other.public_id, NOW, keys)
    admin = make.grant_of(Role.UNIT_ADMIN, school)
    merging.merge(kept.public_id, other.public_id, actor=admin, now=NOW)
    make.login(client, make.person(unit=school, name="联络员"), Role.COORDINATOR)

    sent_on = client.get(f"/q/{old}")
    assert sent_on.status_code == 303
    assert kept.volunteer_number in client.get(sent_on.location).text


def test_the_own_card_stands_on_the_phone(client, school):
    person = make.person(unit=school, name="王芳")
    make.login(client, person)

    page = client.get("/my-card").text

    [picture] = re.findall(r"base64,([^\"]+)", page)
    [url] = read(drawn(b64decode(picture)))
    keys = current_app.extensions["settings"].token_keys
    assert cards.public_id_of(url.rpartition("/")[2], keys) == person.public_id


def test_long_names_stay_on_their_card(school):
    [line] = lines(school, 1)
    long = line._replace(
        name="阿依古丽·买买提江·吐尔逊阿布都热依木", unit_name="市新时代文明实践中心志愿服务队" * 3
    )
    assert [read(image) for image in pictures(cards.pdf(made([long])))] == [[made([long])[0].url]]
