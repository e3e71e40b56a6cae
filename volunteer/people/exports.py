"""People as spreadsheets and files that leave the house: each says who took it out, and why."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import IO, NamedTuple

from flask_babel import gettext, lazy_gettext

from volunteer.core import clock, journal, workbooks
from volunteer.core.actor import Actor
from volunteer.core.db import transaction

from . import access, queries, rules
from .errors import ReasonMissing, TooManyWhole
from .forms import CONSENTS, STATES
from .queries import PersonLine, Wanted

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
    file = workbooks.new_file()
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
    return file


def write(file: IO[bytes], stamp: Stamp, lines: Iterable[PersonLine], *, whole: bool) -> int:
    """Write a sheet of people row by row, so that the memory does not grow; return how many."""
    book = workbooks.begin(file)
    note = gettext(
        "Exported by %(name)s at %(at)s, for the work of the unit only; do not pass it on.",
        name=stamp.exported_by,
        at=f"{clock.local(stamp.exported_at):%Y-%m-%d %H:%M}",
    )
    title = f"{stamp.city} · {stamp.unit}"
    sheet = workbooks.begin_sheet(book, gettext("People"), COLUMNS, title=title, note=note)
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
        workbooks.write_texts(sheet, count + 2, texts)
    book.close()
    return count
