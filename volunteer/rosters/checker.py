"""The independent checker: reads what stands and says which hard rules it breaks.

It shares no code with the solver: every rule is spelt out once more, in plain loops over
rows of the database, so that a mistake there is seen here.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from volunteer.core.clock import Month, local
from volunteer.core.db import db
from volunteer.people.models import Membership, Person, Qualification
from volunteer.shifts.models import Assignment, Shift
from volunteer.signups.models import DayOff
from volunteer.targets.models import Exemption
from volunteer.targets.queries import policy_for
from volunteer.units.models import Unit

from .models import Roster, RosterPlace

EVENING, MORNING = time(18), time(9)
STANDARD_WEEK = 3
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Duty:
    """A person at a shift: assigned, or in a draft. `ours` tells that a roster put him there."""

    person: int
    number: str
    shift: int
    public_id: str
    unit: str
    kind: str
    starts: datetime
    ends: datetime
    needs: str | None
    state: str
    ours: bool
    #: How many posts a week the unit's newest roster allows.
    weekly: int

    @property
    def day(self) -> date:
        return self.starts.date()

    @property
    def last_day(self) -> date:
        return (self.ends - timedelta(microseconds=1)).date()


def broken(unit: Unit, month: Month) -> list[dict[str, Any]]:
    """Return every hard rule that the month's rosters at or under a unit break.

    Drafts and what was published are looked at together with everything else that their
    people do; what coordinators assigned by hand breaks no rule by itself. Each is a dict of
    `rule`, `shift` (public id) and `person` (volunteer number).
    """
    duties = _duties(month)
    ours = [
        duty
        for duty in duties
        if duty.ours
        and duty.unit.startswith(unit.path)
        and month.first_day <= duty.day <= month.last_day
    ]
    by_person: defaultdict[int, list[Duty]] = defaultdict(list)
    for duty in duties:
        by_person[duty.person].append(duty)
    found = _alone(ours, month)
    for duty in ours:
        others = [each for each in by_person[duty.person] if each is not duty]
        found += [_fault(rule, duty) for rule in _together(duty, others)]
    return found + _overfull(ours, duties)


def _fault(rule: str, duty: Duty) -> dict[str, Any]:
    return {"rule": rule, "shift": duty.public_id, "person": duty.number}


def _duties(month: Month) -> list[Duty]:
    """Return who serves where in the month and the weeks that it shares."""
    since, until = month.start - WEEK, month.end + WEEK
    weekly: dict[int, int] = {}
    for roster in db.session.scalars(
        select(Roster).where(Roster.month == str(month)).order_by(Roster.id)
    ):
        if roster.state != "discarded":
            weekly[roster.unit_id] = int(roster.settings.get("posts_a_week", STANDARD_WEEK))
    shifts = {}
    for shift, path in db.session.execute(
        select(Shift, Unit.path)
        .join(Unit, Unit.id == Shift.unit_id)
        .where(Shift.starts_at >= since, Shift.starts_at < until)
    ):
        shifts[shift.id] = (shift, path, weekly.get(shift.unit_id, STANDARD_WEEK))
    numbers: dict[int, str] = {}
    pairs: dict[tuple[int, int], bool] = {}
    assigned = (
        select(
            Assignment.person_id, Assignment.shift_id, Assignment.origin, Person.volunteer_number
        )
        .join(Person, Person.id == Assignment.person_id)
        .where(
            Assignment.state == "assigned",
            Assignment.starts_at >= since,
            Assignment.starts_at < until,
        )
    )
    for person, shift_id, origin, number in db.session.execute(assigned):
        pairs[person, shift_id] = origin == "roster"
        numbers[person] = number
    drafted = (
        select(RosterPlace.person_id, RosterPlace.shift_id, Person.volunteer_number)
        .join(Roster, Roster.id == RosterPlace.roster_id)
        .join(Person, Person.id == RosterPlace.person_id)
        .where(Roster.state == "draft", Roster.month == str(month), RosterPlace.hold != "taken_off")
    )
    for person, shift_id, number in db.session.execute(drafted):
        pairs[person, shift_id] = True
        numbers[person] = number
    return [
        Duty(
            person,
            numbers[person],
            shift_id,
            shift.public_id,
            path,
            shift.kind,
            local(shift.starts_at),
            local(shift.ends_at),
            shift.needs,
            shift.state,
            ours,
            most,
        )
        for (person, shift_id), ours in pairs.items()
        for shift, path, most in [shifts[shift_id]]
    ]


def _alone(duties: Sequence[Duty], month: Month) -> list[dict[str, Any]]:
    """Return the rules that a place breaks whatever else the person does."""
    stays, off, exempt = defaultdict(list), defaultdict(list), defaultdict(list)
    learnt = defaultdict(list)
    for person, path, begins, ends in db.session.execute(
        select(Membership.person_id, Unit.path, Membership.from_on, Membership.until_on)
        .join(Unit, Unit.id == Membership.unit_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Person.state == "active")
    ):
        stays[person].append((path, begins, ends))
    for person, begins, ends in db.session.execute(
        select(DayOff.person_id, DayOff.from_on, DayOff.until_on)
    ):
        off[person].append((begins, ends))
    for person, begins, ends in db.session.execute(
        select(Exemption.person_id, Exemption.from_on, Exemption.until_on).where(
            Exemption.withdrawn_at.is_(None)
        )
    ):
        exempt[person].append((begins, ends))
    for person, kind, begins, ends in db.session.execute(
        select(
            Qualification.person_id,
            Qualification.kind,
            Qualification.granted_on,
            Qualification.expires_on,
        ).where(Qualification.ended_at.is_(None))
    ):
        learnt[person].append((kind, begins, ends))
    refuses = policy_for(month).training_gate == "refuse"
    found = []
    for duty in duties:
        day, last, person = duty.day, duty.last_day, duty.person
        if duty.state != "planned":
            found.append(_fault("cancelled", duty))
        if not any(
            path.startswith(duty.unit) and begins <= day and (ends is None or day < ends)
            for path, begins, ends in stays[person]
        ):
            found.append(_fault("unit_scope", duty))
        if any(begins <= last and day <= ends for begins, ends in off[person]):
            found.append(_fault("day_off", duty))
        if any(begins <= last and day <= ends for begins, ends in exempt[person]):
            found.append(_fault("exempt", duty))
        if refuses and duty.needs:
            valid = [
                kind == duty.needs and begins <= day and (ends is None or day < ends)
                for kind, begins, ends in learnt[person]
            ]
            if not any(valid):
                found.append(_fault("untrained", duty))
    return found


def _together(duty: Duty, others: Sequence[Duty]) -> list[str]:
    """Return the rules that a place breaks together with the person's other ones."""
    found = []
    for other in others:
        if duty.starts < other.ends and other.starts < duty.ends:
            found.append("overlap")
        if duty.kind == other.kind == "post" and duty.day == other.day:
            found.append("two_posts_a_day")
        if _no_rest(duty, other) or _no_rest(other, duty):
            found.append("no_rest")
    if duty.kind == "post":
        monday = duty.day - timedelta(days=duty.day.weekday())
        sunday = monday + timedelta(days=6)
        posts = sum(each.kind == "post" and monday <= each.day <= sunday for each in others)
        if posts + 1 > duty.weekly:
            found.append("posts_a_week")
    return found


def _no_rest(before: Duty, after: Duty) -> bool:
    if before.kind != "post" or after.day - before.day != timedelta(days=1):
        return False
    late = before.ends.date() > before.day or before.ends.time() > EVENING
    return late and after.starts.time() < MORNING


def _overfull(ours: Sequence[Duty], duties: Sequence[Duty]) -> list[dict[str, Any]]:
    """Return the shifts that a roster fills beyond what they take."""
    people = defaultdict(set)
    for duty in duties:
        people[duty.shift].add(duty.person)
    limited = select(Shift.id, Shift.capacity).where(Shift.capacity.is_not(None))
    limits = {shift: most or 0 for shift, most in db.session.execute(limited)}
    first = {duty.shift: duty for duty in ours}
    return [
        _fault("overfull", duty)
        for shift, duty in first.items()
        if shift in limits and len(people[shift]) > limits[shift]
    ]
