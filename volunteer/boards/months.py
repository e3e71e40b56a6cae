"""A unit's month: the days below each other, the posts and activities beside each other."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from volunteer.core.clock import local_day
from volunteer.core.db import db, within
from volunteer.people.models import Person
from volunteer.shifts.models import Assignment, AssignmentState, Shift, ShiftKind, ShiftState, Site
from volunteer.units.models import Unit
from volunteer.workdays import queries as workdays
from volunteer.workdays.rules import SATURDAY

from . import rules


class Column(NamedTuple):
    """What comes back at one site under one title: a post, an activity, single shifts."""

    kind: str
    site_id: int
    title: str
    site: str


class Slot(NamedTuple):
    """One shift in a cell; `people` are the first names with the numbers of their places."""

    public_id: str
    starts_at: datetime
    ends_at: datetime
    wanted: int
    assigned: int
    cancelled: bool
    over: bool
    people: Sequence[tuple[int, str]]

    @property
    def missing(self) -> int:
        """How many people can still be found for it: none where it is over or cancelled."""
        return 0 if self.cancelled or self.over else max(0, self.wanted - self.assigned)

    @property
    def more(self) -> int:
        """How many people have no name in the cell."""
        return max(0, self.assigned - len(self.people))


class Day(NamedTuple):
    """One line: the slots of each column, in the order of the columns."""

    day: date
    cells: Sequence[Sequence[Slot]]

    @property
    def missing(self) -> int:
        return sum(slot.missing for cell in self.cells for slot in cell)


class Board(NamedTuple):
    """Some columns of a stretch of days, every day a line; `pages` in all, `page` is this one."""

    columns: Sequence[Column]
    days: Sequence[Day]
    page: int
    pages: int


_is_assigned = Assignment.state == AssignmentState.ASSIGNED
_assigned = (
    select(func.count(Assignment.id))
    .where(Assignment.shift_id == Shift.id, _is_assigned)
    .correlate(Shift)
    .scalar_subquery()
)
#: Posts first, single shifts last.
_ORDER = case({ShiftKind.POST.value: 0, ShiftKind.ACTIVITY.value: 1}, value=Shift.kind, else_=2)


def board(
    since: datetime,
    until: datetime,
    *,
    under: Sequence[str],
    now: datetime,
    page: int = 1,
    names: int = rules.NAMES,
    whole: bool = False,
) -> Board:
    """Return the shifts of the subtrees that start in [since, until): three statements.

    `whole` is one page however large, for paper. A page that is not there is the nearest.
    """
    scope = and_(Shift.starts_at >= since, Shift.starts_at < until, within(Unit.path, under))
    columns, weights = _columns(scope, names)
    pages = [range(len(columns))] if whole else rules.pages_of(weights)
    page = min(max(page, 1), len(pages))
    chosen = [columns[at] for at in pages[page - 1]]
    slots = _slots(chosen, scope, now, names) if chosen else {}
    first = local_day(since)
    length = (local_day(until - timedelta(seconds=1)) - first).days + 1
    days = [first + timedelta(days=number) for number in range(length)]
    lines = [Day(day, [slots.get((day, column), ()) for column in chosen]) for day in days]
    return Board(chosen, lines, page, len(pages))


def _columns(scope: ColumnElement[bool], names: int) -> tuple[list[Column], list[int]]:
    """Return every column, and about what each weighs."""
    each = (
        select(
            Shift.kind,
            Shift.site_id,
            Shift.title,
            _ORDER.label("place"),
            case((_assigned > names, names), else_=_assigned).label("shown"),
        )
        .join(Shift.unit)
        .where(scope)
        .subquery()
    )
    statement = (
        select(
            each.c.kind,
            each.c.site_id,
            each.c.title,
            Site.name,
            func.count(),
            func.coalesce(func.sum(each.c.shown), 0),
        )
        .join(Site, Site.id == each.c.site_id)
        .group_by(each.c.place, each.c.kind, each.c.site_id, each.c.title, Site.name, Site.code)
        .order_by(each.c.place, Site.code, each.c.title)
    )
    rows = db.session.execute(statement).all()
    columns = [Column(kind, site_id, title, site) for kind, site_id, title, site, *_ in rows]
    return columns, [rules.weight_of(shifts, int(shown)) for *_, shifts, shown in rows]


def _slots(
    columns: Sequence[Column], scope: ColumnElement[bool], now: datetime, names: int
) -> Mapping[tuple[date, Column], list[Slot]]:
    """Return the slots of the columns by day and column, soonest first."""
    wanted = and_(
        scope,
        or_(
            *(
                and_(Shift.kind == kind, Shift.site_id == site_id, Shift.title == title)
                for kind, site_id, title, _ in columns
            )
        ),
    )
    people = _people(wanted)
    by_key: dict[tuple[Any, ...], Column] = {column[:3]: column for column in columns}
    statement = (
        select(
            Shift.id,
            Shift.kind,
            Shift.site_id,
            Shift.title,
            Shift.public_id,
            Shift.starts_at,
            Shift.ends_at,
            Shift.wanted,
            Shift.state,
        )
        .join(Shift.unit)
        .where(wanted)
        .order_by(Shift.starts_at, Shift.id)
    )
    found: defaultdict[tuple[date, Column], list[Slot]] = defaultdict(list)
    for shift_id, *key, public_id, starts_at, ends_at, asked, state in db.session.execute(
        statement
    ):
        here = people.get(shift_id, [])
        found[local_day(starts_at), by_key[tuple(key)]].append(
            Slot(
                public_id,
                starts_at,
                ends_at,
                asked,
                len(here),
                state == ShiftState.CANCELLED,
                ends_at <= now,
                here[:names] if len(here) > names + 1 else here,
            )
        )
    return found


def _people(wanted: ColumnElement[bool]) -> Mapping[int, list[tuple[int, str]]]:
    statement = (
        select(Assignment.shift_id, Assignment.id, Person.name)
        .join(Shift, Shift.id == Assignment.shift_id)
        .join(Unit, Unit.id == Shift.unit_id)
        .join(Person, Person.id == Assignment.person_id)
        .where(wanted, _is_assigned)
        .order_by(Assignment.shift_id, Person.name, Assignment.id)
    )
    found: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    for shift_id, place_id, name in db.session.execute(statement):
        found[shift_id].append((place_id, name))
    return found


class Mark(NamedTuple):
    """That a day is worked otherwise than its weekday says, and what it is called, if anything."""

    worked: bool
    name: str | None


def marks(first: date, last: date) -> dict[date, Mark]:
    """Return the holidays and the make-up workdays from one day to another: one statement."""
    calendar = workdays.calendar(first, last)
    found = {}
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        worked, name = calendar.is_workday(day), calendar.name_of(day)
        if worked != (day.weekday() < SATURDAY) or (name and not worked):
            found[day] = Mark(worked, name)
    return found
