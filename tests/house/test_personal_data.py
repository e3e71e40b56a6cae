"""Phones are masked, foreign people are nowhere, logs know nobody (trust.md P10, P21).

Each role opens every address on an own and on a foreign object, and searches for the
foreign person by all that is known of one. Tables that are saved as xlsx are read cell
by cell. The last tests plant a hole each and must find it.
"""

import re
from collections.abc import Iterator
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook
from werkzeug.wrappers import Response

from tests import make
from tests.house.addresses import address
from tests.house.test_access import ROLES, doors
from tests.house.world import NOW, World
from volunteer.core.actor import Actor
from volunteer.people import rules

#: What is asked is the product's, not the engine's: one will do.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"])

PHONE = re.compile(r"(?<!\d)1990\d{7}(?!\d)")
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: The roles that do not see the whole city.
SCOPED = ("volunteer", "coordinator", "unit_admin")


@pytest.fixture
def world(app, set_clock) -> World:
    set_clock(NOW)
    return World()


@pytest.mark.parametrize("role", ROLES)
def test_no_page_and_no_table_shows_a_whole_phone_number(app, client, world, role, caplog):
    wrong = whole_numbers(app, client, world, role)

    assert not wrong, "\n".join(wrong)
    assert not PHONE.search(caplog.text)
    assert world.foreign.volunteer.name not in caplog.text


@pytest.mark.parametrize("role", SCOPED)
def test_a_foreign_person_is_on_no_page_and_in_no_answer_to_a_search(app, client, world, role):
    wrong = foreign_people(app, client, world, role)

    assert not wrong, "\n".join(wrong)


def test_the_search_for_numbers_finds_a_page_without_its_mask(app, client, world, monkeypatch):
    monkeypatch.setattr(rules, "mask_phone", lambda phone: phone or "")

    assert whole_numbers(app, client, world, "unit_admin")


def test_the_search_for_foreigners_finds_a_scope_that_is_too_wide(app, client, world, monkeypatch):
    monkeypatch.setattr(Actor, "paths", lambda actor, *roles: ("/",))

    assert foreign_people(app, client, world, "unit_admin")


def whole_numbers(app, client, world: World, role: str) -> list[str]:
    """Return where a phone number stands in full that is not the looking person's own."""
    own = world.holders[role].phone if role in world.holders else None
    return [
        f"{path} shows {number}"
        for path, text in walk(app, client, world, role, [""])
        for number in set(PHONE.findall(text)) - {own}
    ]


def foreign_people(app, client, world: World, role: str) -> list[str]:
    """Return where the foreign volunteer is shown; what was asked for may be repeated."""
    person = world.foreign.volunteer
    asked = (person.name, person.phone, person.phone_tail, person.volunteer_number)
    asks = ["", *(f"?q={each}" for each in asked), f"?unit={world.foreign.unit.code}"]
    name = re.compile(f"{person.name}(?!\\d)")
    return [
        path
        for path, text in walk(app, client, world, role, asks)
        if person.public_id in text or (name.search(text) and person.name not in path)
    ]


def walk(app, client, world: World, role: str, asks: list[str]) -> Iterator[tuple[str, str]]:
    """Yield every address that the role is let into, and the text of its answer."""
    if role != "anon":
        make.login(client, world.holders[role])
    for (_, method), rule in sorted(doors(app).items(), key=lambda door: door[0]):
        for corner in (world.own(role), world.foreign) if method == "GET" else ():
            for ask in asks:
                path = address(app, rule, corner) + ask
                answer = client.get(path)
                if answer.status_code == 200:
                    yield path, text_of(answer)


def text_of(answer: Response) -> str:
    if answer.mimetype == SHEET:
        book = CalamineWorkbook.from_filelike(BytesIO(answer.get_data()))
        sheets = (book.get_sheet_by_name(name) for name in book.sheet_names)
        rows = (row for sheet in sheets for row in sheet.to_python())
        return "\n".join(str(cell) for row in rows for cell in row)
    if answer.mimetype.startswith(("text/", "application/json", "image/svg")):
        return answer.get_data(as_text=True)
    return ""
