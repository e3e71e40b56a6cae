"""Pages of personal cards: choosing, the sheets to print, and what a card says."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import NamedTuple

from flask import Blueprint, current_app, render_template, request, send_file
from flask import Response as AnyResponse
from flask_babel import gettext
from werkzeug.wrappers import Response

from volunteer.core import clock
from volunteer.core.fragments import render
from volunteer.core.login import current_actor
from volunteer.core.settings import Settings
from volunteer.units import queries as units
from volunteer.units.models import Unit

from . import access, cards, queries
from .queries import PersonLine, Wanted

bp = Blueprint("cards", __name__)

#: Cards of one page, five sheets, and of one file.
ON_A_PAGE, IN_A_FILE = 5 * cards.ON_A_SHEET, 25 * cards.ON_A_SHEET
#: Files that a page offers; who wants more chooses smaller units.
MOST_FILES = 50


class Chosen(NamedTuple):
    """For whom cards are printed: the words of the address, and the people of this part."""

    unit: Unit | None
    words: str
    filters: Mapping[str, object]
    people: int
    lines: list[PersonLine]
    after: str | None


def settings() -> Settings:
    return current_app.extensions["settings"]


def chosen(limit: int, part: int = 1) -> Chosen:
    """Read from the address whose cards are meant: named people, or a unit and a search."""
    under = access.require_cards(current_actor())
    if named := request.args.getlist("person")[:IN_A_FILE]:
        lines = queries.chosen(named, under=under)
        return Chosen(None, "", {"person": named}, len(lines), lines[:limit], None)
    unit = units.named(request.args.get("unit", ""), under=under)
    words = request.args.get("q", "")[:100]
    page = queries.search(
        under=[unit.path] if unit else under,
        wanted=Wanted(words),
        after=request.args.get("after"),
        skip=limit * (min(max(part, 1), MOST_FILES) - 1),
        limit=limit,
    )
    filters = {"unit": unit.code if unit else None, "q": words or None}
    return Chosen(unit, words, filters, page.people, page.lines, page.after)


def made(lines: Sequence[PersonLine]) -> list[cards.Card]:
    known = settings()
    return cards.cards_of(
        lines,
        base_url=known.base_url,
        city=known.city_name,
        keys=known.token_keys,
        now=clock.now(),
    )


def files_of(people: int) -> list[tuple[int, int, int]]:
    """Return the files that so many cards make: its number, its first card and its last."""
    starts = range(1, min(people, MOST_FILES * IN_A_FILE) + 1, IN_A_FILE)
    return [
        (number, first, min(first + IN_A_FILE - 1, people))
        for number, first in enumerate(starts, start=1)
    ]


@bp.get("/people/cards")
def choose() -> str:
    under = access.require_cards(current_actor())
    found = chosen(queries.PAGE)
    return render_template(
        "people/cards.html",
        chosen=found,
        listing=units.listing(under=under),
        files=files_of(found.people),
    )


@bp.get("/people/cards/sheets")
def sheet() -> str:
    found = chosen(ON_A_PAGE)
    return render_template(
        "people/sheets.html",
        chosen=found,
        sheets=cards.sheets_of(made(found.lines)),
        picture=cards.data_url,
    )


@bp.get("/people/cards.pdf")
def file() -> Response:
    found = chosen(IN_A_FILE, part=request.args.get("part", 1, type=int))
    sheets = BytesIO(cards.pdf(made(found.lines)))
    name = gettext("cards %(day)s.pdf", day=clock.local_day(clock.now()))
    return send_file(sheets, "application/pdf", as_attachment=True, download_name=name)


@bp.get("/my-card")
def mine() -> AnyResponse:
    """Show the own card; an open page fetches its code anew, so that it is never a minute old."""
    line = queries.line_of_person(access.require_self(current_actor()))
    [card] = made([line])
    return render("people/my_card.html", "people/_my_card.html", card=card, picture=cards.data_url)
