"""The month as a workbook: a sheet of units and a sheet of people, written row by row."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import IO, NamedTuple

import xlsxwriter
from flask_babel import gettext, lazy_gettext
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from volunteer.core import clock, workbooks
from volunteer.core.clock import Month
from volunteer.core.i18n import month_text
from volunteer.hours.rules import as_hours
from volunteer.people.rules import mask_phone
from volunteer.targets import queries as targets
from volunteer.targets.rules import State
from volunteer.units import queries as units

from . import queries
from .listing import PersonLine, everybody
from .rules import Tally, total

STATES = {
    State.MET: lazy_gettext("met"),
    State.NOT_MET: lazy_gettext("not met"),
    State.EXEMPT: lazy_gettext("exempt"),
    State.NO_TARGET: lazy_gettext("nothing asked"),
    State.PENDING: lazy_gettext("undecided"),
}

UNIT_COLUMNS = (
    (lazy_gettext("Code"), 14),
    (lazy_gettext("Unit"), 36),
    (lazy_gettext("People in all"), 9),
    (lazy_gettext("Owing"), 9),
    (lazy_gettext("Met"), 9),
    (lazy_gettext("Not met"), 9),
    (lazy_gettext("Undecided"), 9),
    (lazy_gettext("Exempt"), 9),
    (lazy_gettext("Nothing asked"), 11),
    (lazy_gettext("Rate"), 10),
    (lazy_gettext("Hours"), 12),
)

PEOPLE_COLUMNS = (
    (lazy_gettext("Unit"), 36),
    (lazy_gettext("Name"), 12),
    (lazy_gettext("Phone"), 14),
    (lazy_gettext("State"), 11),
    (lazy_gettext("Required (hours)"), 14),
    (lazy_gettext("Served (hours)"), 14),
    (lazy_gettext("To be confirmed (hours)"), 16),
    (lazy_gettext("Still missing (hours)"), 14),
    (lazy_gettext("Days of membership"), 11),
    (lazy_gettext("Exempt days"), 11),
)


class Stamp(NamedTuple):
    """What the title says: whose month it is, who took it out, and when.

    `name` is that of the unit then, or of the grid.
    """

    city: str
    month: Month
    name: str
    exported_by: str
    exported_at: datetime


def write_month(
    file: IO[bytes],
    stamp: Stamp,
    *,
    under: Sequence[str],
    grid_id: int | None = None,
    today: date,
) -> int:
    """Write the month of the subtrees into `file`; return how many people are in it.

    With a grid the minutes of the units are only those served in it (`queries.grid_table`).

    Rows go to disk as they are written, so that the memory does not grow with the city.
    A text that begins like a formula stays text. Hours have two decimals (R9).
    """
    book = workbooks.begin(file)
    sheets = Sheets(book, stamp)
    tallies = queries.tallies(stamp.month, under=under, grid_id=grid_id, today=today)
    listing = units.listing(under=under, called=queries.last_day(stamp.month, today))
    stood = queries.standing_in(stamp.month, under=under)
    sheets.units(
        [
            (line.code, "　" * line.depth + line.name, tally)
            for line in listing
            if any(tally := tallies.get(line.id, Tally())) or line.id in stood
        ],
        total(tallies.values()),
    )
    policy = targets.policy_for(stamp.month)
    count = sheets.people(everybody(stamp.month, policy, under=under, today=today))
    book.close()
    return count


class Sheets:
    """The two sheets, with the formats that both use."""

    def __init__(self, book: xlsxwriter.Workbook, stamp: Stamp) -> None:
        self.book = book
        self.stamp = stamp
        self.bold: Format = book.add_format({"bold": True})
        self.hours: Format = book.add_format({"num_format": "0.00"})
        self.bold_hours: Format = book.add_format({"num_format": "0.00", "bold": True})

    def units(self, lines: Iterable[tuple[str, str, Tally]], whole: Tally) -> None:
        """Write a line for each unit, its own people only, and the sum below."""
        sheet = self._sheet(gettext("Table of units"), UNIT_COLUMNS)
        row = 3
        for row, (code, name, tally) in enumerate(lines, start=3):
            workbooks.write_texts(sheet, row, (code, name))
            self._tally(sheet, row, tally)
        workbooks.write_texts(sheet, row + 1, ("", gettext("Together")), self.bold)
        self._tally(sheet, row + 1, whole, self.bold, self.bold_hours)

    def people(self, lines: Iterable[PersonLine]) -> int:
        """Write a line for each person, phones masked; return how many."""
        sheet = self._sheet(gettext("People"), PEOPLE_COLUMNS)
        spoken = {state: str(word) for state, word in STATES.items()}
        count = 0
        for count, line in enumerate(lines, start=1):
            row = count + 2
            texts = (line.unit_name, line.name, mask_phone(line.phone), spoken[line.state])
            workbooks.write_texts(sheet, row, texts)
            minutes = (line.owes.required, line.served, line.unconfirmed, line.missing)
            for column, value in enumerate(minutes, start=4):
                sheet.write_number(row, column, float(as_hours(value)), self.hours)
            sheet.write_number(row, 8, line.owes.member_days)
            sheet.write_number(row, 9, line.owes.exempt_days)
        return count

    def _sheet(self, name: str, columns: Sequence[tuple[object, int]]) -> Worksheet:
        stamp = self.stamp
        title = gettext(
            "%(city)s, %(month)s, %(unit)s",
            city=stamp.city,
            month=month_text(stamp.month),
            unit=stamp.name,
        )
        note = gettext(
            "Exported by %(name)s at %(at)s. Phone numbers are shown in part; for the work of "
            "the unit only.",
            name=stamp.exported_by,
            at=f"{clock.local(stamp.exported_at):%Y-%m-%d %H:%M}",
        )
        return workbooks.begin_sheet(self.book, name, columns, title=title, note=note)

    def _tally(
        self,
        sheet: Worksheet,
        row: int,
        tally: Tally,
        plain: Format | None = None,
        hours: Format | None = None,
    ) -> None:
        numbers = (
            tally.people,
            tally.owing,
            tally.met,
            tally.not_met,
            tally.pending,
            tally.exempt,
            tally.no_target,
        )
        for column, number in enumerate(numbers, start=2):
            sheet.write_number(row, column, number, plain)
        sheet.write_string(row, 9, tally.rate, plain)
        sheet.write_number(row, 10, float(as_hours(tally.minutes)), hours or self.hours)
