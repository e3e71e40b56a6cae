"""A person's own copy of all that is kept about them: as a spreadsheet and for programs."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any, NamedTuple

from flask_babel import gettext

from volunteer.core import clock, workbooks

from . import hooks, queries, records
from .forms import CONSENTS, QUALIFICATIONS, STATES
from .models import Person


class Section(NamedTuple):
    """A table of the copy: its key and title, its columns' keys and titles, and its rows."""

    key: str
    title: str
    columns: Sequence[tuple[str, str]]
    rows: Sequence[Sequence[Any]]


def sections_of(person: Person, *, now: datetime) -> list[Section]:
    """Return everything that is kept about a person, the records merged into it among it."""
    deeds = next((ask(person.id, now) for ask in hooks.deeds), records.NOTHING)
    lines = next((ask(person.id) for ask in hooks.lines), ())
    states = {str(state): str(word) for state, word in STATES.items()}
    consents = {str(state): str(word) for state, word in CONSENTS.items()}
    kinds = {str(kind): str(word) for kind, word in QUALIFICATIONS.items()}
    since, until = ("from_on", gettext("From")), ("until_on", gettext("Until"))
    return [
        Section(
            "person",
            gettext("In the register"),
            [
                ("volunteer_number", gettext("Volunteer number")),
                ("name", gettext("Name")),
                ("phone", gettext("Phone")),
                ("category", gettext("Category")),
                ("state", gettext("State")),
                ("registered_at", gettext("Registered at")),
            ],
            [
                (
                    each.volunteer_number,
                    each.name,
                    each.phone,
                    each.category,
                    states[each.state],
                    each.registered_at,
                )
                for each in (person, *records.merged_into(person.id))
            ],
        ),
        Section(
            "units",
            gettext("Units"),
            [("unit", gettext("Unit")), since, until],
            [
                (each.unit_name, each.from_on, each.last_day)
                for each in queries.memberships_of(person.id)
            ],
        ),
        Section(
            "qualifications",
            gettext("Qualifications"),
            [("kind", gettext("Kind")), ("source", gettext("Who says so")), since, until],
            [
                (kinds[each.kind], each.source, each.granted_on, each.expires_on)
                for each in records.qualifications_of(person.id)
            ],
        ),
        Section(
            "exemptions",
            gettext("Exemptions"),
            [("kind", gettext("Kind")), since, until],
            deeds.exemptions,
        ),
        Section(
            "consents",
            gettext("Consent"),
            [("version", gettext("Version")), ("answer", gettext("Answer")), ("at", gettext("At"))],
            [
                (each.version, consents[each.state], each.at)
                for each in records.consents_of(person.id)
            ],
        ),
        Section(
            "requests",
            gettext("Requests"),
            [("kind", gettext("Kind")), ("state", gettext("State")), ("at", gettext("At"))],
            [(each.kind, each.state, each.asked_at) for each in records.requests_of(person.id)],
        ),
        Section(
            "hours",
            gettext("Hours"),
            [
                ("day", gettext("Day")),
                ("source", gettext("Cause")),
                ("unit", gettext("Unit")),
                ("minutes", gettext("Minutes")),
                ("nature", gettext("Nature")),
                ("class", gettext("How it was recorded")),
                ("reason", gettext("Reason")),
            ],
            lines,
        ),
    ]


def as_json(sections: Sequence[Section], now: datetime) -> bytes:
    """Return the copy for programs: by section, a list of objects; times in local ISO form."""
    found: dict[str, Any] = {"made_at": plain(now)}
    for section in sections:
        keys = [key for key, _ in section.columns]
        found[section.key] = [dict(zip(keys, map(plain, row), strict=True)) for row in section.rows]
    return json.dumps(found, ensure_ascii=False, indent=2).encode()


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return clock.local(value).isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else value


def as_xlsx(sections: Sequence[Section], city: str) -> bytes:
    """Return the copy as a workbook, a sheet for each section."""
    file = BytesIO()
    book = workbooks.begin(file)
    book.set_properties({"title": city})
    bold = book.add_format({"bold": True})
    for section in sections:
        sheet = book.add_worksheet(section.title)
        sheet.set_column(0, len(section.columns), 20)
        sheet.freeze_panes(1, 0)
        for column, (_, title) in enumerate(section.columns):
            sheet.write_string(0, column, title, bold)
        for number, row in enumerate(section.rows, start=1):
            for column, value in enumerate(map(plain, row)):
                if isinstance(value, int):
                    sheet.write_number(number, column, value)
                else:
                    sheet.write_string(number, column, workbooks.CONTROL.sub(" ", value or ""))
    book.close()
    return file.getvalue()
