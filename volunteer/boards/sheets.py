"""The roster of a unit on paper: an A4 list with people, an A3 grid of days and posts."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

import pylopdf_fonts_zh_cn
from flask_babel import force_locale, gettext
from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace
from sqlalchemy import and_, select

from volunteer.core.clock import local_day
from volunteer.core.db import db, within
from volunteer.core.i18n import LOCALE, local_day_text, local_time
from volunteer.people.models import Person
from volunteer.people.rules import mask_phone
from volunteer.shifts.models import Assignment, AssignmentState, Shift, ShiftState, Site
from volunteer.units.models import Unit

from .months import Board, Column, Day, Slot

#: What a sheet may be; of each the widths in millimetres or the columns beside the day.
A4, A3 = "a4", "a3"
PAPERS = (A4, A3)
#: Day, time, post, people on the A4 list: 190 millimetres.
WIDTHS = (28, 24, 46, 92)
#: Posts beside each other on the A3 grid, and the width of the day.
BESIDE, DAY_WIDTH = 7, 26
#: Millimetres round the print, points of the text.
MARGIN, SIZE = 10, 9
INK, GREY, HEAD, LINE = (29, 35, 32), (86, 97, 91), (227, 240, 232), (170, 178, 173)


class Line(NamedTuple):
    """A shift on the list; each of the people with the phone masked ("" where none)."""

    title: str
    site: str
    starts_at: datetime
    ends_at: datetime
    wanted: int
    cancelled: bool
    people: Sequence[tuple[str, str]]

    @property
    def day(self) -> date:
        return local_day(self.starts_at)

    @property
    def missing(self) -> int:
        return 0 if self.cancelled else max(0, self.wanted - len(self.people))


def lines(since: datetime, until: datetime, *, under: Sequence[str]) -> list[Line]:
    """Return the shifts of the subtrees that start in [since, until): two statements."""
    wanted = and_(Shift.starts_at >= since, Shift.starts_at < until, within(Unit.path, under))
    people: dict[int, list[tuple[str, str]]] = {}
    assigned = (
        select(Assignment.shift_id, Person.name, Person.phone)
        .join(Person, Person.id == Assignment.person_id)
        .join(Shift, Shift.id == Assignment.shift_id)
        .join(Unit, Unit.id == Shift.unit_id)
        .where(wanted, Assignment.state == AssignmentState.ASSIGNED)
        .order_by(Person.name, Person.id)
    )
    for shift_id, name, phone in db.session.execute(assigned):
        people.setdefault(shift_id, []).append((name, mask_phone(phone)))
    statement = (
        select(
            Shift.id,
            Shift.title,
            Site.name,
            Shift.starts_at,
            Shift.ends_at,
            Shift.wanted,
            Shift.state,
        )
        .join(Site, Site.id == Shift.site_id)
        .join(Unit, Unit.id == Shift.unit_id)
        .where(wanted)
        .order_by(Shift.starts_at, Site.code, Shift.id)
    )
    return [
        Line(
            title,
            site,
            starts_at,
            ends_at,
            asked,
            state == ShiftState.CANCELLED,
            people.get(shift_id, ()),
        )
        for shift_id, title, site, starts_at, ends_at, asked, state in db.session.execute(statement)
    ]


def list_pdf(title: str, rows: Sequence[Line]) -> bytes:
    """Return the A4 list: a line for every shift, people with masked phones."""
    with force_locale(LOCALE):
        book = _book("P", "A4", title)
        with book.table(**_looks(WIDTHS)) as table:
            table.row(
                [gettext("Day"), gettext("Time"), gettext("Post or activity"), gettext("People")]
            )
            before = None
            for row in rows:
                day = local_day_text(row.day) if row.day != before else ""
                before = row.day
                time = f"{local_time(row.starts_at)}–{local_time(row.ends_at)}"
                site = f"\n{row.site}" if row.site != row.title else ""
                table.row([day, time, row.title + site, _people(row)])
        return bytes(book.output())


def _people(row: Line) -> str:
    if row.cancelled:
        return gettext("cancelled")
    words = [" ".join(filter(None, person)) for person in row.people]
    if row.missing:
        words.append(gettext("(%(num)s short)", num=row.missing))
    return "，".join(words)


def grid_pdf(title: str, board: Board) -> bytes:
    """Return the A3 grid: a line for every day with shifts, seven posts beside each other."""
    with force_locale(LOCALE):
        book = _book("L", "A3", title)
        for first in range(0, max(1, len(board.columns)), BESIDE):
            part = board.columns[first : first + BESIDE]
            if first:
                book.add_page()
            width = (book.epw - DAY_WIDTH) / max(1, len(part))
            with book.table(**_looks((DAY_WIDTH, *(width for _ in part)))) as table:
                table.row([gettext("Day"), *(_heading(column) for column in part)])
                for line in with_shifts(board.days):
                    cells = line.cells[first : first + BESIDE]
                    table.row([local_day_text(line.day), *("\n".join(_slots(c)) for c in cells)])
        return bytes(book.output())


def with_shifts(days: Iterable[Day]) -> list[Day]:
    """Return the days on which anything takes place."""
    return [line for line in days if any(line.cells)]


def _heading(column: Column) -> str:
    return column.title if column.site == column.title else f"{column.title}\n{column.site}"


def _slots(cell: Sequence[Slot]) -> Iterable[str]:
    for slot in cell:
        time = f"{local_time(slot.starts_at)}–{local_time(slot.ends_at)}"
        if slot.cancelled:
            yield f"{time} {gettext('cancelled')}"
            continue
        lack = max(0, slot.wanted - slot.assigned)
        yield f"{time} {gettext('(%(num)s short)', num=lack)}" if lack else time
        if slot.people:
            yield " ".join(name for _, name in slot.people)


def _looks(widths: Sequence[float]) -> dict[str, object]:
    return {
        "col_widths": tuple(widths),
        "line_height": SIZE * 0.5,
        "padding": 1.2,
        "text_align": "LEFT",
        "borders_layout": TableBordersLayout.ALL,
        "headings_style": FontFace(emphasis="", color=INK, fill_color=HEAD),
    }


def _book(orientation: str, size: str, title: str) -> FPDF:
    book = FPDF(orientation=orientation, format=size)  # type: ignore[arg-type]
    book.set_auto_page_break(True, margin=MARGIN)
    book.set_margin(MARGIN)
    book.add_font("noto", "", str(pylopdf_fonts_zh_cn.sans_path()))
    book.set_title(title)
    book.set_lang("zh-CN")
    book.add_page()
    book.set_text_color(*INK)
    book.set_font("noto", size=16)
    book.cell(0, 10, title, new_x="LMARGIN", new_y="NEXT")
    book.set_draw_color(*LINE)
    book.set_font("noto", size=SIZE)
    return book
