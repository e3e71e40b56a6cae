"""What stands in the way of a record: what counts here already, what waits, whose day it is."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache
from typing import NamedTuple

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased

from volunteer.attendance.models import Attendance, AttendanceState, Review
from volunteer.core import clock
from volunteer.core.actor import Actor
from volunteer.core.clock import Month
from volunteer.core.db import db
from volunteer.hours.models import LedgerEntry, SourceClass
from volunteer.hours.rules import Interval, Terms
from volunteer.people.models import Membership, Person
from volunteer.shifts.models import Shift
from volunteer.targets import queries as targets
from volunteer.units.models import Unit

from . import access, rules
from .models import ExchangeRecord, ExchangeTaking
from .rules import DAY, MINUTE, Worth

#: How many people are asked about in one statement.
STEP = 500
WAITS = {AttendanceState.OPEN, AttendanceState.AUTO_CLOSED}


@dataclass(slots=True)
class Whole:
    """What is known of one person over the days asked about."""

    #: Attendances that may count, each with its id and what of it may be counted.
    intervals: list[tuple[int, Interval]] = field(default_factory=list)
    waiting: list[Interval] = field(default_factory=list)
    #: Net minutes by attendance; and of every day all, our own, and those without interval.
    earned: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    posted: defaultdict[date, int] = field(default_factory=lambda: defaultdict(int))
    own_posted: defaultdict[date, int] = field(default_factory=lambda: defaultdict(int))
    unexplained: defaultdict[date, int] = field(default_factory=lambda: defaultdict(int))
    taken: set[str] = field(default_factory=set)
    taken_intervals: list[Interval] = field(default_factory=list)
    #: (from, until, unit id, unit path)
    stays: list[tuple[date, date | None, int, str]] = field(default_factory=list)

    @property
    def counted(self) -> list[Interval]:
        """The intervals that count here already, ours and those taken over before."""
        ours = [interval for number, interval in self.intervals if self.earned[number] > 0]
        return ours + self.taken_intervals

    def unit_on(self, day: date) -> tuple[int, str] | None:
        """Return id and path of the unit on a day, None where there is none."""
        for begins, until, unit_id, path in self.stays:
            if begins <= day and (until is None or day < until):
                return unit_id, path
        return None


class Assessed(NamedTuple):
    """A record with what it may enter, for whom and for which unit, and its key."""

    record: ExchangeRecord
    #: The person who was kept, where the record's own was merged.
    person_id: int
    key: str
    worth: Worth
    unit_id: int | None


def assess(records: Sequence[tuple[ExchangeRecord, int]], *, actor: Actor) -> list[Assessed]:
    """Return what each record may enter, one after another: the first one of a time has it.

    Each comes with the person who was kept, where its own was merged.

    Only days at units whose months the actor keeps are the actor's to take, and nobody
    takes the own.
    """
    days = {record.day for record, _ in records if record.day}
    people = {person_id for _, person_id in records}
    terms_of = _terms()
    wholes = _known(people, min(days), max(days), terms_of) if days else {}
    found = []
    for record, person_id in sorted(records, key=lambda each: _order(each[0])):
        if record.day and record.minutes:
            terms = terms_of(Month.of_day(record.day))
            found.append(_assess(record, person_id, wholes[person_id], terms, actor))
    return found


def _order(record: ExchangeRecord) -> tuple[date, datetime, int]:
    """Intervals come before honour hours, which fit in beside them or not at all."""
    day = record.day or date.max
    return day, record.starts_at or clock.at(day, time.max), record.row


def _terms() -> Callable[[Month], Terms]:
    """Return how minutes count in a month, by the version in force on its first day (R33)."""
    versions = targets.policies()

    @cache
    def terms_of(month: Month) -> Terms:
        valid = next(each for each in versions if each.valid_from <= str(month))
        return targets.terms_of(valid)

    return terms_of


def _assess(
    record: ExchangeRecord, person_id: int, whole: Whole, terms: Terms, actor: Actor
) -> Assessed:
    day, minutes = record.day or date.max, record.minutes or 0
    starts, ends = record.starts_at, record.ends_at
    key = rules.record_key(record.activity or "", day, starts, ends, minutes)
    unit = whole.unit_on(day)
    if key in whole.taken:
        return Assessed(record, person_id, key, Worth(0, "taken"), None)
    if person_id == actor.person_id:
        return Assessed(record, person_id, key, Worth(0, "own"), None)
    if unit is None:
        return Assessed(record, person_id, key, Worth(0, "not_a_member"), None)
    if not access.may_keep(actor, unit[1]):
        return Assessed(record, person_id, key, Worth(0, "other_unit"), None)
    interval = (starts, ends) if starts and ends else None
    found = rules.worth(
        minutes,
        interval,
        counted=whole.counted,
        waiting=whole.waiting,
        waits_that_day=_any_on(whole.waiting, day),
        unexplained=whole.unexplained[day],
        posted=whole.posted[day],
        own_posted=whole.own_posted[day],
        terms=terms,
    )
    if found.minutes:
        whole.taken.add(key)
        whole.posted[day] += found.minutes
        if interval:
            whole.taken_intervals.append(interval)
    return Assessed(record, person_id, key, found, unit[0])


def _any_on(intervals: Iterable[Interval], day: date) -> bool:
    return any(clock.local_day(starts) == day for starts, _ in intervals)


def _known(
    people: set[int], first: date, last: date, terms_of: Callable[[Month], Terms]
) -> dict[int, Whole]:
    wholes = {person_id: Whole() for person_id in people}
    ordered = sorted(people)
    for start in range(0, len(ordered), STEP):
        part = ordered[start : start + STEP]
        _add_stays(wholes, part)
        _add_entries(wholes, part, first - DAY, last + DAY)
        _add_attendances(wholes, part, first - DAY, last + DAY, terms_of)
        _add_takings(wholes, part, first - DAY, last + DAY)
    return wholes


def _add_stays(wholes: dict[int, Whole], people: Sequence[int]) -> None:
    statement = (
        select(
            Membership.person_id,
            Membership.from_on,
            Membership.until_on,
            Membership.unit_id,
            Unit.path,
        )
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.person_id.in_(people))
    )
    for person_id, begins, until, unit_id, path in db.session.execute(statement):
        wholes[person_id].stays.append((begins, until, unit_id, path))


def with_merged(people: Collection[int]) -> Select[int]:
    """Return the statement of the ids of people, and of the records merged into them."""
    return select(Person.id).where(or_(Person.id.in_(people), Person.merged_into_id.in_(people)))


def _add_entries(wholes: dict[int, Whole], people: Sequence[int], first: date, last: date) -> None:
    """Add the ledger; a correction goes with the cause of the entry that it corrects."""
    root, earner = aliased(LedgerEntry), aliased(Person)
    kept = func.coalesce(earner.merged_into_id, earner.id)
    statement = (
        select(
            kept,
            LedgerEntry.service_day,
            LedgerEntry.minutes,
            LedgerEntry.source_class,
            func.coalesce(root.source, LedgerEntry.source),
        )
        .join(earner, earner.id == LedgerEntry.person_id)
        .outerjoin(root, root.id == LedgerEntry.corrects_id)
        .where(
            LedgerEntry.person_id.in_(with_merged(people)),
            LedgerEntry.service_day.between(first, last),
        )
    )
    for person_id, day, minutes, source_class, source in db.session.execute(statement):
        whole = wholes[person_id]
        whole.posted[day] += minutes
        if source_class != SourceClass.IMPORTED:
            whole.own_posted[day] += minutes
        kind, _, rest = source.partition(":")
        number = rest.partition(":")[0]
        if kind == "attendance" and number.isdecimal():
            whole.earned[int(number)] += minutes
        elif kind != "zyh":
            whole.unexplained[day] += minutes


def _add_attendances(
    wholes: dict[int, Whole],
    people: Sequence[int],
    first: date,
    last: date,
    terms_of: Callable[[Month], Terms],
) -> None:
    """Add what was attended: as it was counted, or where it waits, as it was planned."""
    earner = aliased(Person)
    kept = func.coalesce(earner.merged_into_id, earner.id)
    statement = (
        select(
            kept,
            Attendance.id,
            Attendance.state,
            Attendance.review,
            Attendance.arrived_at,
            Attendance.left_at,
            Shift.starts_at,
            Shift.ends_at,
        )
        .join(earner, earner.id == Attendance.person_id)
        .join(Shift, Shift.id == Attendance.shift_id)
        .where(
            Attendance.person_id.in_(with_merged(people)),
            Shift.ends_at > clock.at(first, time()),
            Shift.starts_at < clock.at(last + DAY, time()),
        )
    )
    for row in db.session.execute(statement):
        whole = wholes[row[0]]
        if row.state == AttendanceState.VOID:
            continue
        if row.state in WAITS or row.review == Review.PENDING:
            whole.waiting.append((row.starts_at, row.ends_at))
        elif row.state == AttendanceState.CLOSED and row.arrived_at and row.left_at:
            terms = terms_of(Month.of(row.starts_at))
            interval = _counted((row.arrived_at, row.left_at), row.starts_at, row.ends_at, terms)
            whole.intervals.append((row.id, interval))


def _counted(presence: Interval, starts: datetime, ends: datetime, terms: Terms) -> Interval:
    """Return what of a shift was counted for a presence (R11)."""
    arrived, left = presence
    begin = starts if arrived <= starts + terms.grace_in * MINUTE else arrived
    end = ends if left >= ends - terms.grace_out * MINUTE else left
    return begin, max(begin, end)


def _add_takings(wholes: dict[int, Whole], people: Sequence[int], first: date, last: date) -> None:
    holder = aliased(Person)
    statement = (
        select(
            func.coalesce(holder.merged_into_id, holder.id),
            ExchangeTaking.record_key,
            ExchangeTaking.starts_at,
            ExchangeTaking.ends_at,
        )
        .join(holder, holder.id == ExchangeTaking.person_id)
        .where(
            ExchangeTaking.person_id.in_(with_merged(people)),
            ExchangeTaking.day.between(first, last),
            ExchangeTaking.undone_at.is_(None),
        )
    )
    for person_id, key, starts, ends in db.session.execute(statement):
        whole = wholes[person_id]
        whole.taken.add(key)
        if starts and ends:
            whole.taken_intervals.append((starts, ends))
