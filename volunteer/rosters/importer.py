"""Bringing in a roster from a sheet: who serves where, checked row by row, assigned at once."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from io import BytesIO
from typing import NamedTuple

from sqlalchemy import select

from volunteer.core import journal, tables, workbooks
from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import again_on_conflict, transaction
from volunteer.core.errors import DomainError
from volunteer.core.tables import (
    ASIDE,
    SHOWN,
    Cell,
    Headed,
    NoRows,
    Row,
    RowError,
    Sheet,
    TooManyRows,
    headed,
    text_of,
)
from volunteer.people.rules import is_missing, mask_phone
from volunteer.shifts import notices
from volunteer.shifts import queries as shift_queries
from volunteer.shifts import service as shifts
from volunteer.shifts.models import Origin, Shift
from volunteer.shifts.notices import Notice
from volunteer.units import queries as units
from volunteer.units.models import Unit
from volunteer.units.rules import name_key

from . import access, naming, rules
from .errors import RosterColumnsMissing, RosterHeaderTwice, SeveralRosterSheets
from .naming import Asked, Known, Places, meant, parts, people_named, shift_meant
from .rules import Named, When

#: What each column is called; the first name is the one of the pattern.
ALIASES = {
    "time": ("时间", "日期", "班次时间", "上岗时间", "执勤时间", "服务时间"),
    "hours": ("时段", "班次", "上岗时段", "执勤时段"),
    "post": (
        "岗位",
        "点位",
        "岗点",
        "岗位名称",
        "点位名称",
        "岗位编码",
        "点位编码",
        "活动",
        "地点",
    ),
    "unit": ("单位", "责任单位", "所属单位", "包保单位", "人员单位"),
    "person": (
        "姓名/手机号",
        "姓名/手机",
        "姓名/电话",
        "姓名",
        "人员",
        "志愿者",
        "上岗人员",
        "执勤人员",
    ),
    "phone": ("手机号", "手机", "手机号码", "电话", "联系电话"),
}
MEANING = {alias: column for column, aliases in ALIASES.items() for alias in aliases}
NEEDED = ("time", "post", "unit", "person")
SAMPLE = ("示例：2026-12-01 7:30-9:00", "XAL-01", "梅城街道", "王芳、李明 5678")
MOST_ROWS = 5_000
PHONE = re.compile(r"1\d{10}")


class Placed(NamedTuple):
    """A person of a row and the shift; `is_new` unless assigned there already."""

    row: int
    shift: Shift
    person_id: int
    name: str
    is_new: bool


class Outcome(NamedTuple):
    """What became of a file; of `rows` those of `rejected` count as well, blank ones do not.

    Unless it was `written`, `placed` is what would be.
    """

    rows: int
    placed: list[Placed]
    rejected: list[RowError]
    written: bool = False

    @property
    def assigned(self) -> int:
        """How many people get a place that they did not have."""
        return sum(each.is_new for each in self.placed)

    @property
    def already(self) -> int:
        return len(self.placed) - self.assigned


@again_on_conflict
def import_roster(
    content: bytes,
    *,
    unit: Unit | None = None,
    dry_run: bool = False,
    accept_good_rows: bool = False,
    actor: Actor,
    now: datetime,
) -> Outcome:
    """Assign whom a sheet names, in one transaction, and tell each of them.

    All rows or none, unless `accept_good_rows`; `unit` narrows the sheet to its subtree. The
    shifts stay locked from the check on. Who is assigned there already is counted and left,
    so the same file again assigns nobody. More than are wanted may be assigned, more than
    fit not. Raises a FileRefused, TooManyRows, NotAllowed, NotFound.
    """
    with transaction() as session:
        under = access.require_scheduler(actor)
        if unit is not None:
            access.require_schedule(actor, unit.path)
            under = (unit.path,)
        reader = Reader(tables.read(content), under, local_day(now))
        found = Settling(reader, under, now)
        found.resolve()
        if not dry_run:
            for some in parts(sorted(found.shifts)):
                locked = select(Shift.id).where(Shift.id.in_(some)).order_by(Shift.id)
                session.execute(locked.with_for_update()).all()
        outcome = found.settle()
        if dry_run or (outcome.rejected and not accept_good_rows):
            return outcome
        of_shift: defaultdict[int, list[int]] = defaultdict(list)
        for each in outcome.placed:
            if each.is_new:
                of_shift[each.shift.id].append(each.person_id)
        for shift_id, people in sorted(of_shift.items()):
            shifts.assign(
                found.shifts[shift_id],
                people,
                beyond_wanted=True,
                origin=Origin.IMPORTED,
                actor=actor,
                now=now,
            )
            about = notices.about(shift_id, now)
            notices.tell(Notice.ASSIGNED, people, about=about, shift_id=shift_id, now=now)
        if of_shift:
            journal.write(
                "rosters.import",
                "roster",
                0,
                actor=actor,
                now=now,
                unit_path=unit.path if unit else None,
                assigned=outcome.assigned,
                shifts=len(of_shift),
            )
        return outcome._replace(written=True)


def pattern(*, actor: Actor, title: str, note: str) -> bytes:
    """Return an xlsx file with the header and a sample row, which an import leaves out."""
    access.require_scheduler(actor)
    file = BytesIO()
    book = workbooks.begin(file)
    heads = [(ALIASES[column][0], 32) for column in NEEDED]
    sheet = workbooks.begin_sheet(book, "排班", heads, title=title, note=note, still=0)
    workbooks.write_texts(sheet, 3, SAMPLE)
    book.close()
    return file.getvalue()


def _table(sheets: Sequence[Sheet]) -> Headed:
    def twice(title: str) -> RosterHeaderTwice:
        return RosterHeaderTwice(column=title)

    needed = NEEDED[:-1]
    found = [headed(sheet, MEANING, needed, key=name_key, twice=twice) for sheet in sheets]
    good = [each for each in found if each and {"person", "phone"} & each.places.keys()]
    if not good:
        raise RosterColumnsMissing(columns="、".join(ALIASES[column][0] for column in NEEDED))
    if len(good) > 1:
        raise SeveralRosterSheets(sheets="、".join(each.sheet for each in good))
    if len(good[0].rows) > MOST_ROWS:
        raise TooManyRows(limit=MOST_ROWS)
    return good[0]


class Reader:
    """Reads the rows of a sheet, as far as they can be read without knowing who and where."""

    def __init__(self, sheets: Sequence[Sheet], under: Sequence[str], today: date) -> None:
        self.table = _table(sheets)
        self.today = today
        self.index = units.load_index(on=today, under=under)
        self.asked: list[Asked] = []
        self.errors: list[RowError] = []
        self.rows = 0
        self.row = 0
        self.cells: dict[str, Cell] = {}
        for number, row in enumerate(self.table.rows, start=self.table.first):
            self._read(number, row)
        if not self.rows:
            raise NoRows()

    def _read(self, number: int, row: Row) -> None:
        places = self.table.places
        self.row = number
        self.cells = {c: row[place] if place < len(row) else "" for c, place in places.items()}
        texts = [name_key(cell) for cell in row if isinstance(cell, str)]
        if all(is_missing(text_of(cell)) for cell in self.cells.values()) or (
            ASIDE.match(next(filter(None, texts), ""))
            or MEANING.get(name_key(self._text("post"))) == "post"
        ):
            return
        self.rows += 1
        before = len(self.errors)
        for column, place in places.items():
            if (number, place + 1) in self.table.marks.broken:
                self._wrong(column, "formula_value")
        if len(self.errors) > before:
            return
        when, post = self._when(), self._text("post")
        if is_missing(post):
            self._wrong("post", "missing_post")
        unit, people = self._unit(), self._people()
        if len(self.errors) == before and when:
            self.asked.append(Asked(number, when, self._time(), post, unit, people))

    def _when(self) -> When | None:
        if is_missing(self._text("time")):
            self._wrong("time", "missing_time")
            return None
        try:
            return rules.when_of(self._time(), today=self.today)
        except ValueError:
            self._wrong("time", "invalid_date", self._time())
            return None

    def _time(self) -> str:
        """Return what the row says of the time, in one column or in two."""
        said = [_said(self.cells.get(column, "")) for column in ("time", "hours")]
        return " ".join(each for each in said if not is_missing(each))

    def _unit(self) -> str:
        name = self._text("unit")
        if is_missing(name):
            self._wrong("unit", "missing_unit")
            return ""
        try:
            return self.index.find(name).path
        except DomainError as error:
            self._wrong("unit", error.code)
            return ""

    def _people(self) -> list[Named]:
        names = [] if is_missing(self._text("person")) else rules.people_of(self._text("person"))
        phones = [] if is_missing(self._text("phone")) else rules.people_of(self._text("phone"))
        if len(names) == len(phones) and not any(each.digits for each in names):
            names = [n._replace(digits=p.digits) for n, p in zip(names, phones, strict=True)]
        elif not names:
            names = phones
        if not names:
            self._wrong("person", "missing_person")
        return names

    def _text(self, column: str) -> str:
        return text_of(self.cells.get(column, "")).strip()

    def _wrong(self, column: str, code: str, value: str | None = None) -> None:
        self.errors.append(self.error(self.row, column, code, value or self._text(column)))

    def error(self, row: int, column: str, code: str, value: str) -> RowError:
        """Return what is wrong with a cell, a phone in it masked."""
        title = self.table.titles.get(column, ALIASES[column][0])
        masked = PHONE.sub(lambda found: mask_phone(found[0]), value)
        return RowError(row, title, code, masked[:SHOWN])


def _said(cell: Cell) -> str:
    """Return a cell of the time as text; a day of a spreadsheet without its midnight."""
    if isinstance(cell, datetime) and cell.time() == time():
        cell = cell.date()
    return text_of(cell).strip()


class Settling:
    """Finds the shifts and people that rows mean, and who of them can be assigned."""

    def __init__(self, reader: Reader, under: Sequence[str], now: datetime) -> None:
        self.reader, self.under, self.now = reader, under, now
        self.errors = reader.errors
        self.shifts: dict[int, Shift] = {}
        self.found: list[tuple[Asked, Shift, list[tuple[Named, Known]]]] = []

    def resolve(self) -> None:
        """Look up what the rows name, in a few questions however many rows there are."""
        places = Places(self.reader.asked, self.under, self.reader.today)
        people = people_named(self.reader.asked, self.under)
        for asked in self.reader.asked:
            shift = shift_meant(asked, places, self.reader.today, self.now)
            if isinstance(shift, str):
                is_post = shift == "unknown_post"
                value = asked.post if is_post else asked.said
                self._wrong(asked, "post" if is_post else "time", shift, value)
                continue
            met: list[tuple[Named, Known]] = []
            for named in asked.people:
                known = meant(asked, named, people)
                if isinstance(known, str):
                    self._wrong(asked, "person", known, str(named))
                else:
                    met.append((named, known))
            if len(met) == len(asked.people):
                self.shifts[shift.id] = shift
                self.found.append((asked, shift, met))

    def settle(self) -> Outcome:
        """Say who gets a place and what stands against the others; the shifts are locked."""
        people = {known.id for _, _, met in self.found for _, known in met}
        busy = naming.busy(people, self.shifts.values())
        here = naming.here(self.shifts)
        untrained = self._untrained(here)
        before = {shift_id: frozenset(there) for shift_id, there in here.items()}
        stands: set[tuple[int, int]] = set()
        placed: list[Placed] = []
        for asked, shift, met in self.found:
            errors, ids = len(self.errors), set[int]()
            for named, known in met:
                code = None
                is_here = known.id in before.get(shift.id, ())
                if (
                    known.id in ids
                    or (shift.id, known.id) in stands
                    or not is_here
                    and any(
                        other != shift.id and starts < shift.ends_at and shift.starts_at < ends
                        for other, starts, ends in busy[known.id]
                    )
                ):
                    code = "overlapping"
                elif not is_here and known.id in untrained[shift.id]:
                    code = "not_trained"
                elif not is_here and shift.capacity is not None:
                    new = ids - here[shift.id]
                    code = "full" if len(here[shift.id] | new) >= shift.capacity else None
                if code:
                    self._wrong(asked, "person", code, str(named))
                ids.add(known.id)
            if len(self.errors) > errors:
                continue
            for _, known in met:
                stands.add((shift.id, known.id))
                here[shift.id].add(known.id)
                busy[known.id].append((shift.id, shift.starts_at, shift.ends_at))
                is_new = known.id not in before.get(shift.id, ())
                placed.append(Placed(asked.row, shift, known.id, known.name, is_new))
        self.errors.sort(key=lambda error: error.row)
        return Outcome(self.reader.rows, placed, self.errors)

    def _untrained(self, here: Mapping[int, set[int]]) -> dict[int, set[int]]:
        wished: defaultdict[int, set[int]] = defaultdict(set)
        for _, shift, met in self.found:
            wished[shift.id] |= {known.id for _, known in met} - here.get(shift.id, set())
        return {
            shift_id: shift_queries.refused(self.shifts[shift_id], sorted(people), self.now)
            for shift_id, people in wished.items()
        }

    def _wrong(self, asked: Asked, column: str, code: str, value: str) -> None:
        self.errors.append(self.reader.error(asked.row, column, code, value))
