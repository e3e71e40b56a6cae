"""People as spreadsheets and files that leave the house: each says who took it out, and why."""

import re
import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import IO, NamedTuple

import xlsxwriter
from flask_babel import gettext, lazy_gettext
from xlsxwriter.format import Format

from volunteer.core import clock, journal
from volunteer.core.actor import Actor
from volunteer.core.db import transaction

from . import access, queries, rules
from .errors import ReasonMissing, TooManyWhole
from .forms import CONSENTS, STATES
from .queries import PersonLine, Wanted

#: What a cell of text must not hold (bad_input.md 152).
CONTROL = re.compile(r"[\x00-\x1f\x7f\ufffe\uffff]")
#: A larger table waits on disk.
IN_MEMORY = 4 * 1024 * 1024
#: Of so many people the whole phone numbers may be taken out at a time (P21).
MOST_WHOLE = 1_000

COLUMNS = (
    (lazy_gettext("Volunteer number"), 14),
    (lazy_gettext("Name"), 12),
    (lazy_gettext("Phone"), 14),
    (lazy_gettext("Unit"), 36),
    (lazy_gettext("Category"), 14),
    (lazy_gettext("State"), 10),
    (lazy_gettext("Consent"), 14),
)


class Stamp(NamedTuple):
    """What the title says: whose people these are, who took them out, and when."""

    city: str
    unit: str
    exported_by: str
    exported_at: datetime


def save(
    stamp: Stamp,
    *,
    under: Sequence[str],
    wanted: Wanted,
    whole: bool = False,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> IO[bytes]:
    """Return a file, xlsx, with the people wanted within `under`; whoever gets it closes it.

    `under` lies within what the actor may read. Phones are masked; `whole` ones are for who
    keeps those units, with a reason, of at most MOST_WHOLE people. Journalled with the
    number of rows. Raises NotAllowed, ReasonMissing, TooManyWhole.
    """
    if whole:
        for path in under:
            access.require_keep(actor, path)
        if not reason:
            raise ReasonMissing()
        if (people := queries.count(under=under, wanted=wanted)) > MOST_WHOLE:
            raise TooManyWhole(limit=MOST_WHOLE, people=people)
    lines = queries.everybody(under=under, wanted=wanted)
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the caller's
    rows = write(file, stamp, lines, whole=whole)
    with transaction():
        access.require_readable(actor)
        journal.write(
            "people.export",
            "unit",
            stamp.unit,
            actor=actor,
            now=now,
            unit_path=under[0] if under else None,
            rows=rows,
            whole=whole,
            reason=reason,
            filters=sorted(set(wanted.filters) - {"q"}),
        )
    file.seek(0)
    return file


def write(file: IO[bytes], stamp: Stamp, lines: Iterable[PersonLine], *, whole: bool) -> int:
    """Write a sheet of people row by row, so that the memory does not grow; return how many."""
    book = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    sheet = book.add_worksheet(gettext("People"))
    bold: Format = book.add_format({"bold": True})
    for column, (_, width) in enumerate(COLUMNS):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(3, 2)
    sheet.write_string(0, 0, f"{stamp.city} · {stamp.unit}", bold)
    origin = gettext(
        "Exported by %(name)s at %(at)s, for the work of the unit only; do not pass it on.",
        name=stamp.exported_by,
        at=f"{clock.local(stamp.exported_at):%Y-%m-%d %H:%M}",
    )
    sheet.write_string(1, 0, origin)
    for column, (head, _) in enumerate(COLUMNS):
        sheet.write_string(2, column, str(head), bold)
    states = {str(state): str(word) for state, word in STATES.items()}
    consents = {str(consent): str(word) for consent, word in CONSENTS.items()}
    count = 0
    for count, line in enumerate(lines, start=1):
        texts = (
            line.volunteer_number,
            line.name,
            line.phone or "" if whole else rules.mask_phone(line.phone),
            line.unit_name,
            line.category or "",
            states.get(line.state, ""),
            consents.get(line.consent, ""),
        )
        for column, text in enumerate(texts):
            sheet.write_string(count + 2, column, CONTROL.sub(" ", text))
    book.close()
    return count
