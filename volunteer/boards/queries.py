"""Questions of the boards: places and where a person could go, gaps, who is free."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import joinedload

from volunteer.core import clock
from volunteer.core.db import db, within
from volunteer.core.errors import NotFound
from volunteer.people import queries as people
from volunteer.people.models import Membership, Person, PersonState, Qualification
from volunteer.shifts import rules as shift_rules
from volunteer.shifts.models import Assignment, AssignmentState, Shift, ShiftState, Site
from volunteer.signups import queries as signups
from volunteer.targets import queries as targets
from volunteer.targets.models import Exemption, TrainingGate
from volunteer.units import queries as units
from volunteer.units.models import Unit

from . import inspections, rules
from .models import CallForHelp, Inspection, PlaceMove
from .rules import Facts, Verdict

DAY = timedelta(days=1)
#: How many shifts one may choose from, and for how many days, when somebody is moved.
CHOICES = 80
AHEAD = timedelta(days=10)
#: Gaps on one page of the board.
PAGE = 60
#: At most so many people are asked at once.
MOST_ASKED = 300

#: Who is on a shift, or has said not to be able to come to it (R27), is not asked about it.
_HERE_OR_NEVER = (AssignmentState.ASSIGNED, AssignmentState.EXCUSED)
_is_assigned = Assignment.state == AssignmentState.ASSIGNED
_assigned = (
    select(func.count(Assignment.id))
    .where(Assignment.shift_id == Shift.id, _is_assigned)
    .correlate(Shift)
    .scalar_subquery()
)


def place(place_id: int, *, under: Sequence[str]) -> Assignment:
    """Return a person's place on a shift of the subtrees, or raise NotFound."""
    statement = (
        select(Assignment)
        .join(Shift, Shift.id == Assignment.shift_id)
        .join(Unit, Unit.id == Shift.unit_id)
        .where(Assignment.id == place_id, within(Unit.path, under))
        .options(
            joinedload(Assignment.person),
            joinedload(Assignment.shift).joinedload(Shift.unit),
            joinedload(Assignment.shift).joinedload(Shift.site),
        )
    )
    found = db.session.scalar(statement)
    if found is None:
        raise NotFound()
    return found


def move_made(move_id: int | None, *, under: Sequence[str], now: datetime) -> PlaceMove | None:
    """Return a move that can still be taken back, and whose two shifts lie in the subtrees."""
    if move_id is None:
        return None
    move = db.session.scalar(
        select(PlaceMove)
        .where(
            PlaceMove.id == move_id,
            PlaceMove.undone_at.is_(None),
            PlaceMove.moved_at > now - rules.UNDO,
        )
        .options(
            joinedload(PlaceMove.person),
            joinedload(PlaceMove.from_shift).joinedload(Shift.unit),
            joinedload(PlaceMove.to_shift).joinedload(Shift.unit),
        )
    )
    paths = tuple(under)
    if move is None or not all(
        each.unit.path.startswith(paths) for each in (move.from_shift, move.to_shift)
    ):
        return None
    return move


class Choice(NamedTuple):
    """A shift to which somebody could be moved, and what speaks against it."""

    shift: Shift
    assigned: int
    verdict: Verdict


def choices_for(
    place: Assignment, *, since: datetime, under: Sequence[str], now: datetime
) -> list[Choice]:
    """Return the other shifts of the unit's subtree from `since` on, ten days, soonest first.

    As far as they lie within `under`; those that are over or cancelled are left out.
    """
    begins = max(since, now)
    statement = (
        select(Shift, _assigned)
        .join(Shift.unit)
        .where(
            Shift.starts_at >= begins,
            Shift.starts_at < since + AHEAD,
            Shift.state == ShiftState.PLANNED,
            Shift.id != place.shift_id,
            within(Unit.path, [place.shift.unit.path]),
            within(Unit.path, under),
        )
        .options(joinedload(Shift.site), joinedload(Shift.unit))
        .order_by(Shift.starts_at, Shift.id)
        .limit(CHOICES)
    )
    rows = db.session.execute(statement).all()
    held = db.session.execute(
        select(Assignment.shift_id, Assignment.starts_at, Assignment.ends_at).where(
            Assignment.person_id == place.person_id,
            _is_assigned,
            Assignment.id != place.id,
            Assignment.ends_at > begins,
            Assignment.starts_at < since + AHEAD + DAY,
        )
    ).all()
    learnt = learnt_by(place.person_id)
    first, last = clock.local_day(begins), clock.local_day(since + AHEAD + DAY)
    off = signups.days_off([place.person_id], first, last).get(place.person_id, [])
    months = {clock.Month.of(shift.starts_at) for shift, _ in rows}
    gated = {month for month in months if _refuses(month)}
    return [
        Choice(
            shift,
            assigned,
            rules.verdict_on(
                Facts(
                    shift.starts_at,
                    shift.ends_at,
                    shift.state == ShiftState.CANCELLED,
                    shift.wanted,
                    shift.capacity,
                    assigned,
                ),
                here=any(shift_id == shift.id for shift_id, *_ in held),
                learnt=clock.Month.of(shift.starts_at) not in gated
                or holds(learnt, shift.needs, clock.local_day(shift.starts_at)),
                away=_touches(shift, off),
                busy=[(start, end) for shift_id, start, end in held if shift_id != shift.id],
                now=now,
            ),
        )
        for shift, assigned in rows
    ]


def _touches(shift: Shift, spans: Sequence[tuple[date, date]]) -> bool:
    first, last = shift_rules.span_of(shift.starts_at, shift.ends_at)
    return any(since <= last and first <= until for since, until in spans)


def learnt_by(person_id: int) -> Sequence[Qualification]:
    """Return what a person has learnt and not lost."""
    statement = select(Qualification).where(
        Qualification.person_id == person_id, Qualification.ended_at.is_(None)
    )
    return db.session.scalars(statement).all()


def holds(learnt: Sequence[Qualification], needs: str | None, day: date) -> bool:
    """Tell whether what is needed has been learnt and holds on a day; nothing needed is held."""
    return needs is None or any(
        each.kind == needs
        and each.granted_on <= day
        and (each.expires_on is None or each.expires_on > day)
        for each in learnt
    )


class Gap(NamedTuple):
    """A shift that lacks people; `group` is the unit under which the board lists it."""

    shift_id: int
    public_id: str
    title: str
    site: str
    unit: str
    path: str
    starts_at: datetime
    ends_at: datetime
    wanted: int
    assigned: int
    group: int

    @property
    def missing(self) -> int:
        return self.wanted - self.assigned


def gaps_of_day(
    day: date, *, under: Sequence[str], scopes: Sequence[str], grid_id: int | None, now: datetime
) -> list[Gap]:
    """Return the planned shifts of a day that lack people and are not over, soonest first.

    `scopes` are what the reader reads: the group is the unit right below (`rules.group_of`).
    """
    statement = (
        select(
            Shift.id,
            Shift.public_id,
            Shift.title,
            Site.name,
            Unit.name,
            Unit.path,
            Shift.starts_at,
            Shift.ends_at,
            Shift.wanted,
            _assigned,
        )
        .join(Unit, Unit.id == Shift.unit_id)
        .join(Site, Site.id == Shift.site_id)
        .where(
            Shift.starts_at >= clock.at(day, time()),
            Shift.starts_at < clock.at(day + DAY, time()),
            Shift.ends_at > now,
            Shift.state == ShiftState.PLANNED,
            _assigned < Shift.wanted,
            within(Unit.path, under),
        )
        .order_by(Shift.starts_at, Shift.id)
    )
    if grid_id is not None:
        statement = statement.where(Site.grid_id == grid_id)
    rows = [tuple(row) for row in db.session.execute(statement)]
    return [Gap._make((*row, rules.group_of(row[5], scopes))) for row in rows]


class Group(NamedTuple):
    """The gaps of one unit and all under it."""

    unit: Unit
    missing: int
    gaps: Sequence[Gap]


def grouped(gaps: Sequence[Gap]) -> list[Group]:
    """Return the gaps by their group, the unit that lacks most first: one statement."""
    named = units.by_ids({gap.group for gap in gaps})
    by_unit: dict[int, list[Gap]] = {}
    for gap in gaps:
        by_unit.setdefault(gap.group, []).append(gap)
    groups = [
        Group(named[unit_id], sum(gap.missing for gap in these), these)
        for unit_id, these in by_unit.items()
    ]
    return sorted(groups, key=lambda group: (-group.missing, group.unit.code))


def _insists(shift: Shift) -> bool:
    """Tell whether the month's policy refuses the shift to who has not learnt what it needs."""
    return shift.needs is not None and _refuses(clock.Month.of(shift.starts_at))


def _refuses(month: clock.Month) -> bool:
    return targets.policy_for(month).training_gate == TrainingGate.REFUSE


def calls_of(shift_ids: Sequence[int]) -> Mapping[int, CallForHelp]:
    """Return by shift when people were asked to help out."""
    found = db.session.scalars(select(CallForHelp).where(CallForHelp.shift_id.in_(shift_ids)))
    return {call.shift_id: call for call in found}


def free_people(shift: Shift, *, limit: int = MOST_ASKED) -> list[int]:
    """Return active people of the shift's unit who could serve there.

    Free at that time, not exempt and without a day off while it lasts, and with what the shift
    needs where the policy insists on it; nobody who is on the shift already or cannot come to it.
    """
    day, last = shift_rules.span_of(shift.starts_at, shift.ends_at)
    busy = select(Assignment.id).where(
        Assignment.person_id == Person.id,
        or_(
            and_(Assignment.shift_id == shift.id, Assignment.state.in_(_HERE_OR_NEVER)),
            and_(
                _is_assigned,
                Assignment.starts_at < shift.ends_at,
                Assignment.ends_at > shift.starts_at,
            ),
        ),
    )
    exempt = select(Exemption.id).where(
        Exemption.person_id == Person.id,
        Exemption.withdrawn_at.is_(None),
        Exemption.from_on <= last,
        Exemption.until_on >= day,
    )
    statement = (
        select(Person.id)
        .join(Membership, Membership.person_id == Person.id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(
            within(Unit.path, [shift.unit.path]),
            Person.state == PersonState.ACTIVE,
            people.on(day),
            ~busy.exists(),
            ~exempt.exists(),
        )
        .order_by(Person.id)
        .limit(limit)
    )
    if shift.needs and _insists(shift):
        statement = statement.where(_has_learnt(shift.needs, day))
    found = list(db.session.scalars(statement))
    off = signups.days_off(found, day, last)
    return [person_id for person_id in found if person_id not in off]


def _has_learnt(needs: str, day: date) -> ColumnElement[bool]:
    return (
        select(Qualification.id)
        .where(
            Qualification.person_id == Person.id,
            Qualification.kind == needs,
            Qualification.ended_at.is_(None),
            Qualification.granted_on <= day,
            or_(Qualification.expires_on.is_(None), Qualification.expires_on > day),
        )
        .exists()
    )


def inspections_on(day: date, *, under: Sequence[str]) -> Sequence[Inspection]:
    """Return the inspections that go on that day and touch units of the subtrees."""
    return inspections.going_on(day, under=under)
