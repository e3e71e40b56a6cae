"""Questions about days off, open shifts, waiting lists and swaps."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import joinedload

from volunteer.core.clock import Month, at, local_day
from volunteer.core.db import db, within
from volunteer.core.errors import NotFound
from volunteer.people.models import Membership, Person, PersonState, Qualification
from volunteer.shifts.models import Assignment, AssignmentState, Shift, ShiftState, SignUp
from volunteer.targets import queries as targets
from volunteer.targets.models import Exemption, TrainingGate
from volunteer.units.models import Unit

from . import colleagues, rules
from .models import DayOff, SignUpTerms, Swap, Waiting, WaitingState
from .rules import DAY, Asked, Learnt, Served, Span, Standing, Stay, Terms

#: What other features read through here.
answers_due = colleagues.answers_due

#: More people than this are not named in a statement.
MOST_NAMED = 500
#: How many open shifts one page shows, and how far the first one reaches.
PAGE = 20
FIRST_DAYS = timedelta(days=14)
ON_THE_LIST = Waiting.state.in_([WaitingState.WAITING, WaitingState.OFFERED])


def days_off(
    person_ids: Collection[int] | None = None,
    since: date = date.min,
    until: date = date.max,
    *,
    under: Sequence[str] | None = None,
) -> Mapping[int, list[Span]]:
    """Return the days off that touch the days from `since` to `until`, by person, in order.

    Of the people named, or of those who belong, or belonged, to units within `under`;
    with neither of everybody. First and last day are both included; nobody without any.
    """
    statement = (
        select(DayOff.person_id, DayOff.from_on, DayOff.until_on)
        .where(DayOff.until_on >= since, DayOff.from_on <= until)
        .order_by(DayOff.person_id, DayOff.from_on)
    )
    named = None if person_ids is None else set(person_ids)
    if named is not None and len(named) <= MOST_NAMED:
        statement = statement.where(DayOff.person_id.in_(named))
    if under is not None:
        theirs = select(Membership.person_id).join(Unit, Unit.id == Membership.unit_id)
        statement = statement.where(DayOff.person_id.in_(theirs.where(within(Unit.path, under))))
    found: defaultdict[int, list[Span]] = defaultdict(list)
    for person_id, first, last in db.session.execute(statement):
        if named is None or person_id in named:
            found[person_id].append((first, last))
    return dict(found)


def days_with_places(person_id: int, since: date, until: date) -> dict[date, list[str]]:
    """Return the titles of the shifts to which a person is assigned, by day."""
    statement = (
        select(Shift.starts_at, Shift.title)
        .join(Assignment, Assignment.shift_id == Shift.id)
        .where(
            Assignment.person_id == person_id,
            Assignment.state == AssignmentState.ASSIGNED,
            Assignment.starts_at >= at(since, time()),
            Assignment.starts_at < at(until + DAY, time()),
        )
        .order_by(Shift.starts_at)
    )
    found: defaultdict[date, list[str]] = defaultdict(list)
    for starts_at, title in db.session.execute(statement):
        found[local_day(starts_at)].append(title)
    return dict(found)


def terms() -> Terms:
    """Return the times that hold for signing up: the newest version."""
    row = db.session.scalars(select(SignUpTerms).order_by(SignUpTerms.id.desc()).limit(1)).one()
    minutes = (
        row.closes_before_minutes,
        row.late_before_minutes,
        row.answer_most_minutes,
        row.answer_least_minutes,
        row.rush_minutes,
        row.undo_minutes,
    )
    return Terms(*(timedelta(minutes=each) for each in minutes))


def gate(asked: Asked) -> str:
    """Return what it means at a shift to lack the training that it asks for (R54)."""
    if asked.needs is None:
        return TrainingGate.OFF
    return targets.policy_for(Month.of_day(asked.days[0])).training_gate


def is_gated(asked: Asked) -> bool:
    """Tell whether nobody serves at a shift without the training that it asks for (R54)."""
    return gate(asked) == TrainingGate.REFUSE


def standing(person_id: int, *, since: date, until: date | None = None) -> Standing:
    """Return what of a person decides about shifts from `since` to `until` (None: for ever)."""
    until = until or date.max
    session = db.session
    covers = and_(
        Membership.person_id == Person.id,
        Membership.from_on <= until,
        or_(Membership.until_on.is_(None), Membership.until_on > since),
    )
    stays = session.execute(
        select(Person.state, Membership.from_on, Membership.until_on, Unit.path)
        .select_from(Person)
        .outerjoin(Membership, covers)
        .outerjoin(Unit, Unit.id == Membership.unit_id)
        .where(Person.id == person_id)
        .order_by(Membership.from_on)
    ).all()
    exempt = session.execute(
        select(Exemption.from_on, Exemption.until_on).where(
            Exemption.person_id == person_id,
            Exemption.withdrawn_at.is_(None),
            Exemption.from_on <= until,
            Exemption.until_on >= since,
        )
    )
    learnt = session.execute(
        select(Qualification.kind, Qualification.granted_on, Qualification.expires_on).where(
            Qualification.person_id == person_id, Qualification.ended_at.is_(None)
        )
    )
    places = session.execute(
        select(Assignment.shift_id, Assignment.starts_at, Assignment.ends_at).where(
            Assignment.person_id == person_id,
            Assignment.state == AssignmentState.ASSIGNED,
            Assignment.ends_at > at(since, time()),
        )
    )
    waits = session.scalars(
        select(Waiting.shift_id).where(Waiting.person_id == person_id, ON_THE_LIST)
    )
    return Standing(
        is_active=any(state == PersonState.ACTIVE for state, *_ in stays),
        stays=[Stay(begins, ends, way_to(path)) for _, begins, ends, path in stays if path],
        off=days_off([person_id], since, until).get(person_id, []),
        exempt=[(first, last) for first, last in exempt],
        learnt=[Learnt(*row) for row in learnt],
        places=[Served(*row) for row in places],
        waits=frozenset(waits),
    )


def way_to(path: str) -> tuple[int, ...]:
    """Return the ids of the units on the way to the unit at `path`, itself last."""
    return tuple(int(step) for step in path.strip("/").split("/"))


def _taken() -> ColumnElement[int]:
    assigned = select(func.count(Assignment.id)).where(
        Assignment.shift_id == Shift.id, Assignment.state == AssignmentState.ASSIGNED
    )
    return assigned.correlate(Shift).scalar_subquery()


def _held(person_id: int | None, now: datetime) -> ColumnElement[int]:
    """Return the column of places that are held for others than the person."""
    held = select(func.count(Waiting.id)).where(
        Waiting.shift_id == Shift.id,
        Waiting.state == WaitingState.OFFERED,
        Waiting.is_held,
        Waiting.offered_until > now,
    )
    if person_id is not None:
        held = held.where(Waiting.person_id != person_id)
    return held.correlate(Shift).scalar_subquery()


def asked_of(shift: Shift, *, person_id: int | None, now: datetime) -> Asked:
    """Return what of a shift decides for a person; None counts all that are held."""
    counted = select(_taken() + _held(person_id, now)).where(Shift.id == shift.id)
    return as_asked(shift, db.session.scalars(counted).one())


def as_asked(shift: Shift, taken: int) -> Asked:
    return Asked(
        shift.id,
        shift.unit_id,
        shift.starts_at,
        shift.ends_at,
        shift.state == ShiftState.PLANNED,
        shift.sign_up == SignUp.OPEN,
        shift.needs,
        rules.places(shift.wanted, shift.capacity),
        taken,
    )


def locked(public_id: str) -> Shift:
    """Return the shift under its lock: whoever gives or takes a place waits here.

    Raises NotFound.
    """
    found = db.session.scalar(
        select(Shift)
        .where(Shift.public_id == public_id)
        .with_for_update(of=Shift)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound()
    return found


def locked_ids(shift_ids: Collection[int]) -> dict[int, Shift]:
    """Return the shifts under their locks, taken in the order of their ids."""
    rows = db.session.scalars(
        select(Shift)
        .where(Shift.id.in_(shift_ids))
        .order_by(Shift.id)
        .with_for_update(of=Shift)
        .execution_options(populate_existing=True)
    )
    return {shift.id: shift for shift in rows}


def shift_seen(public_id: str, person_id: int, *, now: datetime) -> Shift:
    """Return a shift that a person may look at: one of the own unit or of those above it,
    or one at which the person has or had a place; raises NotFound for all others."""
    shift = db.session.scalar(
        select(Shift)
        .where(Shift.public_id == public_id)
        .options(joinedload(Shift.unit), joinedload(Shift.site), joinedload(Shift.leader))
    )
    if shift is None:
        raise NotFound()
    if shift.unit_id in units_of(person_id, on=local_day(max(now, shift.starts_at))):
        return shift
    had = select(Assignment.id).filter_by(shift_id=shift.id, person_id=person_id)
    if db.session.scalar(had) is None and not is_asked_about(shift.id, person_id):
        raise NotFound()
    return shift


def units_of(person_id: int, *, on: date) -> tuple[int, ...]:
    """Return the unit of a person on a day and those above it, the topmost first."""
    path = db.session.scalar(
        select(Unit.path)
        .join(Membership, Membership.unit_id == Unit.id)
        .where(
            Membership.person_id == person_id,
            Membership.from_on <= on,
            or_(Membership.until_on.is_(None), Membership.until_on > on),
        )
    )
    return way_to(path) if path else ()


def is_asked_about(shift_id: int, person_id: int) -> bool:
    """Tell whether a person is asked to take over a place at a shift."""
    mine = select(Swap.id).where(
        or_(Swap.shift_id == shift_id, Swap.returns_id == shift_id),
        or_(Swap.asked_id == person_id, Swap.asker_id == person_id),
    )
    return db.session.scalar(mine.limit(1)) is not None


def assignment_of(shift_id: int, person_id: int) -> Assignment | None:
    """Return what ties a person to a shift, whatever its state, or None."""
    mine = select(Assignment).filter_by(shift_id=shift_id, person_id=person_id)
    return db.session.scalar(mine.execution_options(populate_existing=True))


def waiting_of(shift_id: int, person_id: int) -> Waiting | None:
    """Return the person's line on the waiting list of a shift, whatever its state, or None."""
    return db.session.scalar(select(Waiting).filter_by(shift_id=shift_id, person_id=person_id))


class OpenLine(NamedTuple):
    """A shift to which one may sign up, or whose waiting list is open."""

    shift: Shift
    asked: Asked
    verdict: rules.Verdict


class OpenPage(NamedTuple):
    """Open shifts, soonest first; `after` is the public id to go on from, or None."""

    lines: list[OpenLine]
    after: str | None


#: What stands on the list of open shifts; the rest is nothing for this person.
SHOWN = (
    rules.Verdict.FREE,
    rules.Verdict.FULL,
    rules.Verdict.ALREADY_WAITING,
    rules.Verdict.NOT_QUALIFIED,
)


def open_shifts(
    person_id: int, *, own_unit: bool = False, after: str = "", now: datetime, limit: int = PAGE
) -> OpenPage:
    """Return what a person can take, soonest first: of the own unit and of those above it.

    Where the person serves elsewhere, has a day off or is exempt is left out. The first page
    ends with the next 14 days where something lies in them.
    """
    mine = standing(person_id, since=local_day(now))
    unit_ids = {
        unit for stay in mine.stays for unit in (stay.units[-1:] if own_unit else stay.units)
    }
    statement = _open_to(person_id, unit_ids, now).limit(limit + 1)
    if after and (place := _place_of(after)):
        statement = statement.where(tuple_(Shift.starts_at, Shift.id) > tuple_(*place))
    rows = db.session.execute(statement).all()
    has_more = len(rows) > limit
    rows = rows[:limit]
    if not after:
        soon = [row for row in rows if row[0].starts_at < now + FIRST_DAYS]
        has_more, rows = (has_more or len(soon) < len(rows), soon) if soon else (has_more, rows)
    held = terms()
    gates: dict[Month, bool] = {}
    lines = []
    for shift, taken in rows:
        asked = as_asked(shift, taken)
        month = Month.of(shift.starts_at)
        if asked.needs and month not in gates:
            gates[month] = is_gated(asked)
        gated = gates.get(month, False)
        verdict = rules.decide(asked, mine, gated=gated, terms=held, now=now)
        lines.append(OpenLine(shift, asked, verdict))
    last = rows[-1][0].public_id if rows and has_more else None
    return OpenPage([line for line in lines if line.verdict in SHOWN], last)


def _place_of(public_id: str) -> tuple[Any, ...] | None:
    here = select(Shift.starts_at, Shift.id).where(Shift.public_id == public_id)
    found = db.session.execute(here).one_or_none()
    return found and tuple(found)


def _open_to(person_id: int, unit_ids: Collection[int], now: datetime) -> Select[Shift, int]:
    """Return the selection of shifts to come that are open to the units' people, at times at
    which the person is free and has no day off by the start."""
    serves = select(Assignment.id).where(
        Assignment.person_id == person_id,
        Assignment.state == AssignmentState.ASSIGNED,
        Assignment.starts_at < Shift.ends_at,
        Assignment.ends_at > Shift.starts_at,
    )
    return (
        select(Shift, (_taken() + _held(person_id, now)).label("taken"))
        .where(
            Shift.unit_id.in_(unit_ids),
            Shift.starts_at > now,
            Shift.state == ShiftState.PLANNED,
            Shift.sign_up == SignUp.OPEN,
            ~serves.correlate(Shift).exists(),
        )
        .options(joinedload(Shift.unit), joinedload(Shift.site), joinedload(Shift.leader))
        .order_by(Shift.starts_at, Shift.id)
    )


def waiting_lines(shift_id: int) -> Sequence[Waiting]:
    """Return the lines of a shift's waiting list, first come first."""
    return db.session.scalars(
        select(Waiting)
        .where(Waiting.shift_id == shift_id, ON_THE_LIST)
        .order_by(Waiting.asked_at, Waiting.id)
    ).all()
