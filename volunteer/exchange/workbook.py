"""Workbooks that leave: the lines of a reconciliation, and our hours as the app's list has them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import IO, NamedTuple

from flask_babel import gettext, lazy_gettext
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from volunteer.attendance.models import Attendance
from volunteer.core import clock, workbooks
from volunteer.core.clock import Month
from volunteer.core.db import db, within
from volunteer.hours.models import LedgerEntry, SourceClass
from volunteer.hours.rules import as_hours
from volunteer.people.models import Person
from volunteer.people.rules import mask_phone
from volunteer.shifts.models import Nature, Shift
from volunteer.units.models import Unit

from .lines import Line
from .models import ExchangeLink
from .rules import Standing

STEP = 1000
#: Rows with full phone numbers; more need a second person (trust.md 3.1), whom we do not ask yet.
MOST_PHONES = 1_000

STANDINGS = {
    Standing.MATCHED: lazy_gettext("matched"),
    Standing.AGREES: lazy_gettext("agrees"),
    Standing.DIFFERS: lazy_gettext("minutes differ"),
    Standing.ONLY_THERE: lazy_gettext("only there"),
    Standing.UNKNOWN: lazy_gettext("nobody here"),
    Standing.DOUBTFUL: lazy_gettext("in doubt"),
    Standing.ONLY_HERE: lazy_gettext("only here"),
    Standing.TAKEN: lazy_gettext("taken over"),
}

LINE_COLUMNS = (
    (lazy_gettext("State"), 12),
    (lazy_gettext("Row"), 8),
    (lazy_gettext("Name"), 12),
    (lazy_gettext("Phone"), 14),
    (lazy_gettext("Number"), 16),
    (lazy_gettext("Day"), 12),
    (lazy_gettext("Activity"), 30),
    (lazy_gettext("There (hours)"), 12),
    (lazy_gettext("Here, scanned (hours)"), 12),
    (lazy_gettext("Here, by hand (hours)"), 12),
    (lazy_gettext("Here, taken over (hours)"), 12),
)

#: The columns of the app's list of honour hours, in its own words.
HONOUR_COLUMNS = (
    ("志愿者编号", 16),
    ("姓名", 12),
    ("手机号码", 14),
    ("活动名称", 30),
    ("开始时间", 18),
    ("结束时间", 18),
    ("荣誉时数（小时）", 14),
    ("备注", 20),
)

#: What was served where no shift says it.
UNNAMED = "志愿服务"


def write_lines(
    file: IO[bytes], lines: Iterable[Line], *, title: str, by: str, now: datetime
) -> int:
    """Write lines of a reconciliation, phones masked; return how many."""
    book = workbooks.begin(file)
    hours = book.add_format({"num_format": "0.00"})
    name, note = gettext("Reconciliation"), origin(by, now)
    sheet = workbooks.begin_sheet(book, name, LINE_COLUMNS, title=title, note=note, still=0)
    spoken = {standing: str(word) for standing, word in STANDINGS.items()}
    count = 0
    for count, line in enumerate(lines, start=1):
        row = count + 2
        texts = (
            spoken[line.standing],
            str(line.row or ""),
            line.name,
            line.phone,
            line.number,
            line.day.isoformat() if line.day else "",
            line.activity,
        )
        workbooks.write_texts(sheet, row, texts)
        if line.day:
            minutes = (line.theirs or 0, line.scanned, line.manual, line.imported)
            for column, value in enumerate(minutes, start=7):
                sheet.write_number(row, column, float(as_hours(value)), hours)
    book.close()
    return count


def origin(by: str, now: datetime) -> str:
    """Return the note row: who took the list out, and that no system has sent it."""
    return gettext(
        "Exported by %(name)s at %(at)s. The user uploads and downloads the files; "
        "this is no official interface.",
        name=by,
        at=f"{clock.local(now):%Y-%m-%d %H:%M}",
    )


class Service(NamedTuple):
    """One service of ours as the app's list of honour hours has it; minutes are net."""

    number: str
    name: str
    phone: str
    activity: str
    day: date
    starts_at: datetime | None
    ends_at: datetime | None
    minutes: int


def services(month: Month, *, under: Sequence[str]) -> list[Service]:
    """Return the voluntary services of a month for units at or under `under`, by unit and name.

    Scanned and manual ones: what was taken over from the app is not sent back to it, duty
    is no voluntary service (R21). Corrections are reckoned in; what they take back wholly
    is left out.
    """
    root, earner, kept = aliased(LedgerEntry), aliased(Person), aliased(Person)
    cause = func.coalesce(root.id, LedgerEntry.id)
    net = (
        select(cause.label("entry_id"), func.sum(LedgerEntry.minutes).label("minutes"))
        .outerjoin(root, root.id == LedgerEntry.corrects_id)
        .join(Unit, Unit.id == LedgerEntry.unit_id)
        .where(
            LedgerEntry.month == str(month),
            LedgerEntry.source_class != SourceClass.IMPORTED,
            LedgerEntry.nature == Nature.VOLUNTARY,
            within(Unit.path, under),
        )
        .group_by(cause)
        .having(func.sum(LedgerEntry.minutes) > 0)
        .subquery()
    )
    number = (
        select(func.min(ExchangeLink.number))
        .where(ExchangeLink.person_id == kept.id)
        .scalar_subquery()
    )
    statement = (
        select(
            number,
            kept.name,
            kept.phone,
            LedgerEntry.source,
            LedgerEntry.service_day,
            net.c.minutes,
        )
        .join(net, net.c.entry_id == LedgerEntry.id)
        .join(earner, earner.id == LedgerEntry.person_id)
        .join(kept, kept.id == func.coalesce(earner.merged_into_id, earner.id))
        .join(Unit, Unit.id == LedgerEntry.unit_id)
        .order_by(Unit.path, kept.name, kept.id, LedgerEntry.service_day, LedgerEntry.id)
    )
    rows = db.session.execute(statement).all()
    shifts = _shifts([attendance for row in rows if (attendance := _attendance_of(row.source))])
    found = []
    for their_number, name, phone, source, day, minutes in rows:
        title, starts, ends = shifts.get(_attendance_of(source), (UNNAMED, None, None))
        found.append(
            Service(their_number or "", name, phone or "", title, day, starts, ends, minutes)
        )
    return found


def _attendance_of(source: str) -> int:
    kind, _, rest = source.partition(":")
    number = rest.partition(":")[0]
    return int(number) if kind == "attendance" and number.isdecimal() else 0


def _shifts(attendances: Sequence[int]) -> dict[int, tuple[str, datetime, datetime]]:
    """Return title, begin and end of the service of each attendance."""
    found = {}
    for start in range(0, len(attendances), STEP):
        statement = (
            select(
                Attendance.id,
                Shift.title,
                Shift.starts_at,
                Shift.ends_at,
                Attendance.arrived_at,
                Attendance.left_at,
            )
            .join(Shift, Shift.id == Attendance.shift_id)
            .where(Attendance.id.in_(attendances[start : start + STEP]))
        )
        for number, title, starts, ends, arrived, left in db.session.execute(statement):
            begin, end = max(arrived or starts, starts), min(left or ends, ends)
            found[number] = (title, begin, max(begin, end))
    return found


def write_services(
    file: IO[bytes], found: Sequence[Service], *, title: str, by: str, now: datetime, phones: bool
) -> None:
    """Write services as the app's list of honour hours: title row, note row, header row.

    Hours have two decimals, half up (R9); phones are masked unless `phones`.
    """
    book = workbooks.begin(file)
    hours = book.add_format({"num_format": "0.00"})
    note = origin(by, now)
    sheet = workbooks.begin_sheet(book, "荣誉时数", HONOUR_COLUMNS, title=title, note=note, still=0)
    for row, service in enumerate(found, start=3):
        moments = [
            f"{clock.local(moment):%Y-%m-%d %H:%M}" if moment else ""
            for moment in (service.starts_at, service.ends_at)
        ]
        texts = (
            service.number,
            service.name,
            service.phone if phones else mask_phone(service.phone),
            service.activity,
            moments[0] or service.day.isoformat(),
            moments[1],
        )
        workbooks.write_texts(sheet, row, texts)
        sheet.write_number(row, 6, float(as_hours(service.minutes)), hours)
    book.close()
