"""Copying the single shifts of a week or a month into another one."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from volunteer.core import clock, journal
from volunteer.core.actor import Actor
from volunteer.core.db import again_on_conflict, db, transaction, within
from volunteer.people.models import QualificationKind
from volunteer.units.models import Unit

from . import access, rules, service
from .errors import CopiedOntoItself, CopiedTooFar
from .models import Nature, Shift, ShiftKind, ShiftState, SignUp
from .rules import Span
from .service import Plan

#: How many sources one question names.
AT_ONCE = 500


class Verdict(StrEnum):
    """What becomes of the copy of a shift."""

    NEW = "new"
    #: A copy, or the same at that place and time, is there.
    THERE = "there"
    #: The copy was cancelled, and stays so.
    CANCELLED = "cancelled"
    PAST = "past"
    #: The month has no fifth such weekday.
    NO_DAY = "no_day"
    CLOSED = "closed"


class Line(NamedTuple):
    """A shift, the instants of its copy where there is such a day, and what becomes of it."""

    shift: Shift
    starts_at: datetime | None
    ends_at: datetime | None
    verdict: Verdict

    @property
    def source(self) -> str:
        """What names the copy, so that copying twice copies once."""
        assert self.starts_at
        return f"copy:{self.shift.id}:{clock.local_day(self.starts_at).isoformat()}"


class Preview(NamedTuple):
    """What copying does; `opened_otherwise` are shifts that activities and posts open."""

    lines: Sequence[Line]
    opened_otherwise: int

    def count(self, *verdicts: Verdict) -> int:
        return sum(line.verdict in verdicts for line in self.lines)


def preview(unit: Unit, span: Span, copied: date, into: date, *, now: datetime) -> Preview:
    """Return what copying the week or month of one day into that of another does.

    Of the single shifts of the unit, and of those under it, that take place. Raises
    CopiedOntoItself and CopiedTooFar.
    """
    if rules.stretch_of(span, copied) == rules.stretch_of(span, into):
        raise CopiedOntoItself()
    if into > clock.local_day(now) + rules.FURTHEST:
        raise CopiedTooFar()
    mine = (*_within(span, copied), within(Unit.path, [unit.path]))
    planned = (*mine, Shift.state == ShiftState.PLANNED)
    singles = (
        select(Shift)
        .join(Shift.unit)
        .where(*planned, Shift.kind == ShiftKind.SINGLE)
        .options(joinedload(Shift.site), joinedload(Shift.unit))
        .order_by(Shift.starts_at, Shift.id)
    )
    others = select(func.count(Shift.id)).join(Shift.unit)
    count = db.session.scalars(others.where(*planned, Shift.kind != ShiftKind.SINGLE)).one()
    lines = [_line(each, span, into, now) for each in db.session.scalars(singles)]
    states = _states([line.source for line in lines if line.starts_at])
    taken = _taken(span, into)
    return Preview([_merged(line, states, taken) for line in lines], count)


def _within(span: Span, day: date) -> tuple:
    first, last = rules.stretch_of(span, day)
    since, until = clock.at(first, time()), clock.at(last + timedelta(days=1), time())
    return Shift.starts_at >= since, Shift.starts_at < until


def _line(shift: Shift, span: Span, into: date, now: datetime) -> Line:
    starts = clock.local(shift.starts_at)
    day = rules.same_place(span, starts.date(), into)
    if day is None:
        return Line(shift, None, None, Verdict.NO_DAY)
    starts_at = clock.at(day, starts.time())
    ends_at = starts_at + (shift.ends_at - shift.starts_at)
    if starts_at <= now:
        return Line(shift, starts_at, ends_at, Verdict.PAST)
    closed = shift.site.closed_at is not None
    return Line(shift, starts_at, ends_at, Verdict.CLOSED if closed else Verdict.NEW)


def _states(sources: Sequence[str]) -> dict[str, str]:
    """Return the state of the copies that are there, by source."""
    found: dict[str, str] = {}
    for start in range(0, len(sources), AT_ONCE):
        some = sources[start : start + AT_ONCE]
        rows = db.session.execute(select(Shift.source, Shift.state).where(Shift.source.in_(some)))
        found.update((str(source), state) for source, state in rows)
    return found


def _taken(span: Span, into: date) -> set[tuple[int, int, datetime, str]]:
    """Return the single shifts that take place there, each by what makes two the same."""
    rows = select(Shift.unit_id, Shift.site_id, Shift.starts_at, Shift.title).where(
        *_within(span, into), Shift.state == ShiftState.PLANNED, Shift.kind == ShiftKind.SINGLE
    )
    return {(row[0], row[1], row[2], row[3]) for row in db.session.execute(rows)}


def _merged(line: Line, states: dict[str, str], taken: set[tuple[int, int, datetime, str]]) -> Line:
    if line.starts_at is None or line.verdict == Verdict.PAST:
        return line
    shift = line.shift
    if state := states.get(line.source):
        there = Verdict.THERE if state == ShiftState.PLANNED else Verdict.CANCELLED
        return line._replace(verdict=there)
    if (shift.unit_id, shift.site_id, line.starts_at, shift.title) in taken:
        return line._replace(verdict=Verdict.THERE)
    return line


@again_on_conflict
def copy(unit: Unit, span: Span, copied: date, into: date, *, actor: Actor, now: datetime) -> int:
    """Open copies of the single shifts of a week or month in another one; return how many.

    Each with its leader, numbers, check-in wishes, sign-up and trainings, without its people.
    A repeat opens nothing, and a copy that was cancelled is not opened again.
    """
    with transaction():
        access.require_schedule(actor, unit.path)
        found = preview(unit, span, copied, into, now=now)
        opened = service.open_missing(
            [plan_of(line) for line in found.lines if line.verdict == Verdict.NEW]
        )
        if opened:
            journal.write(
                "shifts.copy",
                "unit",
                unit.code,
                actor=actor,
                now=now,
                unit_path=unit.path,
                span=span,
                copied=copied.isoformat(),
                into=into.isoformat(),
                opened=opened,
            )
        return opened


def plan_of(line: Line) -> Plan:
    shift = line.shift
    assert line.starts_at
    assert line.ends_at
    return Plan(
        kind=ShiftKind.SINGLE,
        unit_id=shift.unit_id,
        site_id=shift.site_id,
        leader_id=shift.leader_id,
        title=shift.title,
        content=shift.content,
        starts_at=line.starts_at,
        ends_at=line.ends_at,
        wanted=shift.wanted,
        capacity=shift.capacity,
        nature=Nature(shift.nature),
        source=line.source,
        sign_up=SignUp(shift.sign_up),
        needs=QualificationKind(shift.needs) if shift.needs else None,
        grants=QualificationKind(shift.grants) if shift.grants else None,
        wishes_id=shift.wishes_id,
    )
