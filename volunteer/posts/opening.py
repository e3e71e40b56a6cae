"""Which shifts posts ask for, and how those that are there follow a change."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, select, update

from volunteer.core import clock
from volunteer.core.db import db
from volunteer.people.models import QualificationKind
from volunteer.shifts import notices
from volunteer.shifts import queries as shift_queries
from volunteer.shifts import rules as shift_rules
from volunteer.shifts import service as shifts
from volunteer.shifts.models import (
    Assignment,
    AssignmentState,
    Nature,
    Shift,
    ShiftKind,
    ShiftState,
)
from volunteer.shifts.notices import Notice
from volunteer.shifts.service import Plan
from volunteer.units import queries as units
from volunteer.workdays import queries as calendar
from volunteer.workdays import rules as workdays

from . import queries, rules
from .facts import Facts, facts_of
from .models import Post

DAY = timedelta(days=1)
#: What of a shift follows its post as long as nobody is assigned.
FOLLOWS = (
    "unit_id",
    "leader_id",
    "title",
    "content",
    "starts_at",
    "ends_at",
    "wanted",
    "capacity",
    "needs",
)
#: What the people of a shift would notice; `differing` tells of it.
NOTICED = tuple(name for name in FOLLOWS if name not in ("leader_id", "needs"))
#: Why a shift is cancelled whose window is no more; it stands in the record of the shift.
NO_LONGER_MANNED = "点位安排已调整，本时段不再设岗"


class Changed(NamedTuple):
    """What a change did to the shifts to come; `kept` are those that stay as they were,
    for somebody is assigned or was there already."""

    updated: int = 0
    opened: int = 0
    cancelled: int = 0
    kept: int = 0


def plans(
    posts: Sequence[Post], *, since: date, until: date, now: datetime, under: str | None = None
) -> list[Plan]:
    """Return the shifts of posts from one day to another, both included, that begin later
    than `now`; with `under` only those of units of that subtree, or of posts that it keeps.

    Suspended days have none, and each day is planned as the post is on that day.
    """
    ids = [post.id for post in posts]
    own = calendar.own_days(since, until)
    resting = queries.suspended_spans(ids, since=since)
    changes = queries.changes_to_come(ids, after=since)
    turns = []
    for post in posts:
        for facts, first, last in _stretches(post, changes.get(post.id, ()), since, until):
            for turn in rules.turns(
                facts.windows,
                post.first_on,
                facts.last_on,
                first,
                last,
                facts.holidays,
                lambda day: workdays.is_workday(day, own),
            ):
                if turn.starts_at > now and not rules.is_suspended(
                    turn.day, resting.get(post.id, ())
                ):
                    turns.append((post, facts, turn, facts.unit_on(turn.day)))
    known = units.by_ids({unit_id for *_, unit_id in turns})
    leaders = shift_queries.coordinators_of(known.values())
    return [
        Plan(
            kind=ShiftKind.POST,
            unit_id=unit_id,
            site_id=post.site_id,
            leader_id=(facts.leader_id if unit_id == facts.unit_id else None)
            or leaders.get(unit_id),
            title=facts.name,
            content=facts.content,
            starts_at=turn.starts_at,
            ends_at=turn.ends_at,
            wanted=facts.wanted,
            capacity=facts.capacity,
            nature=Nature.VOLUNTARY,
            source=rules.source_of(post.id, turn.day, turn.starts),
            needs=QualificationKind.POST_TRAINING if facts.needs_training else None,
        )
        for post, facts, turn, unit_id in turns
        if under is None
        or post.unit.path.startswith(under)
        or known[unit_id].path.startswith(under)
    ]


def _stretches(
    post: Post, changes: Sequence[tuple[date, Facts]], since: date, until: date
) -> Iterator[tuple[Facts, date, date]]:
    """Yield how the post is, stretch by stretch; `changes` are what holds before a day."""
    for day, before in changes:
        if day > until:
            yield before, since, until
            return
        if since < day:
            yield before, since, day - DAY
            since = day
    yield facts_of(post), since, until


class Held(NamedTuple):
    """A shift that a post has opened, and whether it is to be left as it is."""

    shift: Shift
    start: time
    is_free: bool


def follow(post: Post, *, since: date, now: datetime) -> Changed:
    """Let the shifts to come from a day on follow the post as it is now; part of a verb.

    One without people is changed in place, or cancelled where its window is no more. One
    with people, with somebody already there or changed by hand stays. What is missing is
    opened; a cancelled one stays cancelled, also where its window has moved.
    """
    session = db.session()
    held = _held(post, since=since, now=now)
    days = [rules.key_of(row.shift.source or "")[0] for rows in held.values() for row in rows]
    until = max([shift_rules.days_ahead(now)[1], *days])
    wished = _by_day(plans([post], since=since, until=until, now=now))
    updated = kept = 0
    gone: list[int] = []
    taken: set[str | None] = set()
    for day, rows in held.items():
        plan_at = wished.get(day, {})
        for row, plan in _matched(rows, plan_at, now):
            shift = row.shift
            if shift.call_off_id and not shift.changed_at:
                _follow_called_off(shift, plan)
            if plan is None:
                if shift.state == ShiftState.PLANNED and row.is_free:
                    gone.append(shift.id)
                elif shift.state == ShiftState.PLANNED and shift.starts_at > now:
                    kept += 1
                continue
            taken.add(plan.source)
            shift.source = plan.source
            if shift.state != ShiftState.PLANNED:
                continue
            if not row.is_free:
                kept += shift.starts_at > now and _differs(shift, plan, NOTICED)
                continue
            if not _differs(shift, plan, FOLLOWS):
                continue
            for name in FOLLOWS:
                setattr(shift, name, getattr(plan, name))
            updated += 1
    session.flush()
    if gone:
        session.execute(
            update(Shift)
            .where(Shift.id.in_(gone))
            .values(state=ShiftState.CANCELLED, cancel_reason=NO_LONGER_MANNED)
        )
    missing = [plan for day in wished.values() for plan in day.values() if plan.source not in taken]
    return Changed(updated, shifts.open_missing(missing), len(gone), kept)


def _follow_called_off(shift: Shift, plan: Plan | None) -> None:
    """Let a shift that may come back be as its post is now; it never does where the post has
    another time or unit for it, or none."""
    if plan is None or _differs(shift, plan, ("unit_id", "starts_at", "ends_at")):
        shift.call_off_id = None
        return
    for name in FOLLOWS:
        setattr(shift, name, getattr(plan, name))


def differing(post: Post, *, now: datetime) -> list[Shift]:
    """Return the shifts to come that have people and are not as the post is by now."""
    since, until = shift_rules.days_ahead(now)
    has_people = select(Assignment.id).where(
        Assignment.shift_id == Shift.id, Assignment.state == AssignmentState.ASSIGNED
    )
    statement = (
        select(Shift)
        .where(
            *_opened(post, since),
            Shift.state == ShiftState.PLANNED,
            Shift.starts_at > now,
            has_people.exists(),
        )
        .order_by(Shift.starts_at)
    )
    wished = _by_day(plans([post], since=since, until=until, now=now))
    found = []
    for shift in db.session.scalars(statement):
        day, start = rules.key_of(shift.source or "")
        plan = wished.get(day, {}).get(start)
        if day <= until and (plan is None or _differs(shift, plan, NOTICED)):
            found.append(shift)
    return found


def _differs(shift: Shift, plan: Plan, names: Sequence[str]) -> bool:
    return any(getattr(shift, name) != getattr(plan, name) for name in names)


def _by_day(found: Sequence[Plan]) -> dict[date, dict[time, Plan]]:
    wished: defaultdict[date, dict[time, Plan]] = defaultdict(dict)
    for plan in found:
        day, start = rules.key_of(plan.source or "")
        wished[day][start] = plan
    return wished


def _matched(
    rows: Sequence[Held], wished: dict[time, Plan], now: datetime
) -> Iterator[tuple[Held, Plan | None]]:
    """Yield each shift of a day with the plan that it belongs to. One that has begun keeps
    its window and takes no other."""
    begun = {row.start for row in rows if row.shift.starts_at <= now}
    open_to = [start for start in wished if start not in begun]
    of = rules.pairs([row.start for row in rows if row.start not in begun], open_to)
    for row in rows:
        if row.start in of:
            yield row, wished[of[row.start]]
        else:
            yield row, wished.get(row.start) if row.start in begun else None


def _held(post: Post, *, since: date, now: datetime) -> dict[date, list[Held]]:
    """Return what the post has opened for the days from `since` on, by day, locked."""
    theirs = _opened(post, since)
    statement = select(Shift).where(*theirs).order_by(Shift.starts_at).with_for_update()
    rows = db.session.scalars(statement.execution_options(populate_existing=True)).all()
    manned = set(
        db.session.scalars(
            select(Assignment.shift_id)
            .join(Shift, Shift.id == Assignment.shift_id)
            .where(*theirs, Assignment.state == AssignmentState.ASSIGNED)
        )
    )
    soon = clock.at(clock.local_day(now) + 2 * DAY, time())  # nobody is there days before
    taken = manned | shifts.attended([shift.id for shift in rows if shift.starts_at < soon])
    held: defaultdict[date, list[Held]] = defaultdict(list)
    for shift in rows:
        day, start = rules.key_of(shift.source or "")
        is_free = shift.id not in taken and shift.starts_at > now
        held[day].append(Held(shift, start, is_free and shift.changed_at is None))
    return held


def _opened(post: Post, since: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    prefix = rules.source(post.id)
    return (
        Shift.source.startswith(prefix, autoescape=True),
        Shift.source >= f"{prefix}{since.isoformat()}",
    )


def rest(
    post: Post, *, first: date, last: date | None, reason: str, now: datetime
) -> tuple[int, int]:
    """Cancel the shifts to come of the days from `first` to `last`; those assigned are free
    and are told (R53). Return how many, and how many people that are; part of a verb. Those
    that were called off stay cancelled, also when that is taken back.

    Where somebody is there already, the shift goes on.
    """
    session = db.session()
    statement = select(Shift).where(
        *_opened(post, first),
        Shift.starts_at > now,
        (Shift.state == ShiftState.PLANNED) | Shift.call_off_id.is_not(None),
    )
    found = session.scalars(
        statement.with_for_update().execution_options(populate_existing=True)
    ).all()
    resting = [
        shift
        for shift in found
        if rules.is_suspended(rules.key_of(shift.source or "")[0], [(first, last)])
    ]
    for shift in resting:
        shift.call_off_id = None
    begun = shifts.attended([shift.id for shift in resting])
    planned = [shift.id for shift in resting if shift.state == ShiftState.PLANNED]
    ids = [shift_id for shift_id in planned if shift_id not in begun]
    theirs = (Assignment.shift_id.in_(ids), Assignment.state == AssignmentState.ASSIGNED)
    people: defaultdict[int, list[int]] = defaultdict(list)
    for shift_id, person_id in session.execute(
        select(Assignment.shift_id, Assignment.person_id).where(*theirs)
    ):
        people[shift_id].append(person_id)
    session.execute(
        update(Shift)
        .where(Shift.id.in_(ids))
        .values(state=ShiftState.CANCELLED, cancel_reason=reason)
    )
    session.execute(update(Assignment).where(*theirs).values(state=AssignmentState.CANCELLED))
    for shift_id, who in people.items():
        about = f"shift:{shift_id}"
        notices.tell(Notice.SHIFT_CANCELLED, who, about=about, shift_id=shift_id, now=now)
    return len(ids), sum(map(len, people.values()))
