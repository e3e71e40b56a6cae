"""What people have done, have said, have learnt and lack, as the solver wants to know it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from volunteer.core.clock import Month, local_day
from volunteer.core.db import db, within
from volunteer.hours import queries as hours
from volunteer.people.models import Qualification
from volunteer.shifts.models import Assignment, AssignmentState, Nature, Shift
from volunteer.targets import queries as targets
from volunteer.targets.queries import Stay
from volunteer.targets.rules import Span
from volunteer.units.models import Unit

from .filling import position
from .models import Hold, Roster, RosterPlace, RosterState
from .problem import DAY as MINUTES
from .problem import Days, Slot, Turn, minute_of

#: How many months back it is asked who served how often, and where.
HISTORY_MONTHS = 3
FAR = date.max.toordinal()

#: A person and a shift.
Pair = tuple[int, int]
#: The statement of whose facts are read; None: everybody's, which is quicker unasked.
Whose = Select[Any] | None


class Timing(NamedTuple):
    """When a shift takes place and what it counts for."""

    turn: Turn
    minutes: int
    nature: str


def of_people(person_id: InstrumentedAttribute[int], whose: Whose) -> list[ColumnElement[bool]]:
    return [] if whose is None else [person_id.in_(whose)]


class History(NamedTuple):
    """Places of the last months: how many, by site, and by slot."""

    loads: Counter[int]
    sites: dict[int, dict[int, int]]
    slots: dict[int, dict[Slot, int]]


def last_month(month: Month, *, under: str) -> dict[tuple[Slot, int], list[int]]:
    """Return who was assigned in the month before, by slot and its position in the month."""
    statement = (
        select(Assignment.person_id, Shift.site_id, Shift.starts_at)
        .join(Shift, Shift.id == Assignment.shift_id)
        .join(Unit, Unit.id == Shift.unit_id)
        .where(
            Assignment.state == AssignmentState.ASSIGNED,
            Shift.starts_at >= month.previous.start,
            Shift.starts_at < month.start,
            within(Unit.path, [under]),
        )
        .order_by(Assignment.id)
    )
    found: defaultdict[tuple[Slot, int], list[int]] = defaultdict(list)
    for person_id, site_id, starts_at in db.session.execute(statement):
        begins = minute_of(starts_at)
        slot = Slot(site_id, begins // MINUTES % 7, begins % MINUTES)
        found[slot, position(begins)].append(person_id)
    return found


def history(month: Month, sites: set[int], whose: Whose) -> "History":
    """Return how often people were assigned in the last three months, and to these sites."""
    since = month
    for _ in range(HISTORY_MONTHS):
        since = since.previous
    times = {
        row.id: Slot(
            row.site_id, (begins := minute_of(row.starts_at)) // MINUTES % 7, begins % MINUTES
        )
        for row in db.session.execute(
            select(Shift.id, Shift.site_id, Shift.starts_at).where(
                Shift.starts_at >= since.start, Shift.starts_at < month.start
            )
        )
        if row.site_id in sites
    }
    statement = select(Assignment.person_id, Assignment.shift_id).where(
        Assignment.state.in_([AssignmentState.ASSIGNED, AssignmentState.WALK_IN]),
        Assignment.starts_at >= since.start,
        Assignment.starts_at < month.start,
        *of_people(Assignment.person_id, whose),
    )
    rows = db.session.execute(statement).all()
    found = History(Counter(person_id for person_id, _ in rows), {}, {})
    for person_id, shift_id in rows:
        if slot := times.get(shift_id):
            if person_id not in found.sites:
                found.sites[person_id], found.slots[person_id] = {}, {}
            at, within_week = found.sites[person_id], found.slots[person_id]
            at[slot.site_id] = at.get(slot.site_id, 0) + 1
            within_week[slot] = within_week.get(slot, 0) + 1
    return found


def learnt(month: Month, kinds: set[str], whose: Whose) -> dict[int, dict[str, list[Days]]]:
    """Return by person and kind the days on which something learnt holds."""
    if not kinds:
        return {}
    statement = select(
        Qualification.person_id,
        Qualification.kind,
        Qualification.granted_on,
        Qualification.expires_on,
    ).where(
        Qualification.kind.in_(kinds),
        Qualification.ended_at.is_(None),
        Qualification.granted_on <= month.last_day,
        or_(
            Qualification.expires_on.is_(None),
            Qualification.expires_on > month.first_day,
        ),
        *of_people(Qualification.person_id, whose),
    )
    found: dict[int, dict[str, list[Days]]] = {}
    for person_id, kind, granted_on, expires_on in db.session.execute(statement):
        last = expires_on.toordinal() - 1 if expires_on else FAR
        spans = found.setdefault(person_id, {}).setdefault(kind, [])
        spans.append((granted_on.toordinal(), last))
    return found


def shortfalls(
    month: Month,
    people: Mapping[int, Sequence[Stay]],
    planned: Sequence[Pair],
    timings: Mapping[int, Timing],
    *,
    exempt: Mapping[int, Sequence[Span]],
    now: datetime,
) -> dict[int, int]:
    """Return what people lack to the month's minimum: neither served nor planned."""
    policy = targets.policy_for(month)
    duty = policy.duty_counts_for_target
    owed_by = targets.owing(policy, month)
    served = dict(db.session.execute(hours.served_by_person(month, duty_counts=duty)).all())
    today = max(local_day(now), month.first_day).toordinal()
    ahead: Counter[int] = Counter()
    for person_id, shift_id in planned:
        timing = timings.get(shift_id)
        if (
            timing
            and today <= timing.turn.day <= month.last_day.toordinal()
            and (duty or timing.nature == Nature.VOLUNTARY)
        ):
            ahead[person_id] += timing.minutes
    whole = owed_by([Stay(0, 0, month.first_day, None)], ()).required
    first, last = month.first_day, month.last_day
    found = {}
    for person_id, stays in people.items():
        stay = stays[0]
        if (
            len(stays) == 1
            and person_id not in exempt
            and stay.from_on <= first
            and (stay.until_on is None or stay.until_on > last)
        ):
            required = whole
        else:
            required = owed_by(stays, exempt.get(person_id, ())).required
        found[person_id] = max(required - served.get(person_id, 0) - ahead.get(person_id, 0), 0)
    return found


def draft_pairs(month: Month, now_drawn: set[int]) -> tuple[list[Pair], set[Pair]]:
    """Return who holds a place in a draft that stays, and who was taken off one.

    Of the units that are drawn now only the fixed places stay, of others all, and those
    of the months before and after: a week, and a night's rest, may lie across the border.
    """
    around = [str(each) for each in (month.previous, month, month.next)]
    statement = (
        select(
            RosterPlace.person_id,
            RosterPlace.shift_id,
            RosterPlace.hold,
            Roster.unit_id,
            Roster.month,
        )
        .join(Roster, Roster.id == RosterPlace.roster_id)
        .where(Roster.state == RosterState.DRAFT, Roster.month.in_(around))
    )
    stay, barred = [], set()
    for person_id, shift_id, hold, unit_id, of_month in db.session.execute(statement):
        if hold == Hold.TAKEN_OFF:
            barred.add((person_id, shift_id))
        elif hold == Hold.FIXED or of_month != str(month) or unit_id not in now_drawn:
            stay.append((person_id, shift_id))
    return stay, barred


def withdrawn(month: Month, whose: Whose) -> list[Pair]:
    """Return who has said not to be able to come, and to which shift of the month (R27)."""
    statement = select(Assignment.person_id, Assignment.shift_id).where(
        Assignment.state == AssignmentState.EXCUSED,
        Assignment.starts_at >= month.start,
        Assignment.starts_at < month.end,
        *of_people(Assignment.person_id, whose),
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]
