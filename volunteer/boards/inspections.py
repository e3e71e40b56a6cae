"""Questions about inspections: which go on, and whether every post is manned."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import joinedload

from volunteer.core import clock
from volunteer.core.db import db, within
from volunteer.core.errors import NotFound
from volunteer.shifts.models import Assignment, AssignmentState, Shift, ShiftKind, ShiftState
from volunteer.units import queries as units
from volunteer.units.models import Unit

from .models import Inspection

DAY = timedelta(days=1)
#: Windows with gaps on one page of an inspection.
SHOWN = 150

_assigned = (
    select(func.count(Assignment.id))
    .where(Assignment.shift_id == Shift.id, Assignment.state == AssignmentState.ASSIGNED)
    .correlate(Shift)
    .scalar_subquery()
)


def by_id(inspection_id: int, *, under: Sequence[str]) -> Inspection:
    """Return an inspection that touches units of the subtrees, or raise NotFound."""
    statement = (
        select(Inspection)
        .join(Inspection.unit)
        .where(Inspection.id == inspection_id, _touches(under))
        .options(joinedload(Inspection.unit))
    )
    found = db.session.scalar(statement)
    if found is None:
        raise NotFound()
    return found


def _touches(under: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a unit lies under one of the paths, or above one."""
    above = [int(step) for path in under for step in path.strip("/").split("/") if step]
    return or_(within(Unit.path, under), Unit.id.in_(above))


def listed(*, under: Sequence[str], limit: int = 50) -> Sequence[Inspection]:
    """Return the inspections that touch units of the subtrees, the latest first."""
    statement = (
        select(Inspection)
        .join(Inspection.unit)
        .where(_touches(under))
        .options(joinedload(Inspection.unit))
        .order_by(Inspection.until_on.desc(), Inspection.id.desc())
        .limit(limit)
    )
    return db.session.scalars(statement).all()


def going_on(
    day: date, *, until: date | None = None, under: Sequence[str] = units.EVERYWHERE
) -> Sequence[Inspection]:
    """Return the inspections that go on from `day` to `until` (else that day), soonest first."""
    statement = (
        select(Inspection)
        .join(Inspection.unit)
        .where(
            Inspection.ended_at.is_(None),
            Inspection.from_on <= (until or day),
            Inspection.until_on >= day,
            _touches(under),
        )
        .options(joinedload(Inspection.unit))
        .order_by(Inspection.from_on, Inspection.id)
    )
    return db.session.scalars(statement).all()


def units_with_gaps(inspection: Inspection, day: date) -> Sequence[Unit]:
    """Return the units of an inspection at whose posts people are missing on a day."""
    lacking = _posts_between(day, day, [inspection.unit.path]).where(_assigned < Shift.wanted)
    ids = lacking.with_only_columns(Shift.unit_id).order_by(None).distinct()
    return db.session.scalars(select(Unit).where(Unit.id.in_(ids))).all()


def _posts_between(first: date, last: date, under: Sequence[str]) -> Select[Any]:
    return (
        select(Shift, _assigned)
        .join(Shift.unit)
        .where(
            Shift.kind == ShiftKind.POST,
            Shift.state == ShiftState.PLANNED,
            Shift.starts_at >= clock.at(first, time()),
            Shift.starts_at < clock.at(last + DAY, time()),
            within(Unit.path, under),
        )
        .order_by(Shift.starts_at, Shift.id)
    )


class Manning(NamedTuple):
    """A day of an inspection: how many windows of posts, how many of them lack people."""

    day: date
    windows: int
    lacking: int
    empty: int
    missing: int


def manning(inspection: Inspection, *, under: Sequence[str]) -> list[Manning]:
    """Return every day of an inspection, as far as it lies within `under`: one statement."""
    days: defaultdict[date, list[tuple[int, int]]] = defaultdict(list)
    statement = _posts_between(
        inspection.from_on, inspection.until_on, [inspection.unit.path]
    ).where(within(Unit.path, under))
    columns = (Shift.starts_at, Shift.wanted, _assigned)
    for starts_at, wanted, assigned in db.session.execute(statement.with_only_columns(*columns)):
        days[clock.local_day(starts_at)].append((wanted, assigned))
    length = (inspection.until_on - inspection.from_on).days + 1
    found = []
    for number in range(length):
        day = inspection.from_on + number * DAY
        these = days.get(day, [])
        lacks = [(wanted, assigned) for wanted, assigned in these if assigned < wanted]
        found.append(
            Manning(
                day,
                len(these),
                len(lacks),
                sum(1 for _, assigned in lacks if not assigned),
                sum(wanted - assigned for wanted, assigned in lacks),
            )
        )
    return found


class Window(NamedTuple):
    """A window of a post on one day."""

    shift: Shift
    assigned: int

    @property
    def missing(self) -> int:
        return max(0, self.shift.wanted - self.assigned)


def windows_of(inspection: Inspection, day: date, *, under: Sequence[str]) -> list[Window]:
    """Return the windows of a day, those that lack people first, as many as a page holds."""
    statement = (
        _posts_between(day, day, [inspection.unit.path])
        .where(within(Unit.path, under))
        .options(joinedload(Shift.unit), joinedload(Shift.site))
    )
    found = [Window(*row) for row in db.session.execute(statement)]
    return sorted(found, key=lambda window: not window.missing)[:SHOWN]
