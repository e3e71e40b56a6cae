"""Questions about rosters."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager, joinedload

from volunteer.core.clock import Month
from volunteer.core.db import db, within
from volunteer.core.errors import NotFound
from volunteer.people import queries as people
from volunteer.people.models import Person
from volunteer.shifts.models import Assignment, AssignmentState, Shift, ShiftState
from volunteer.units.models import Unit

from . import reading
from .models import Hold, Roster, RosterGap, RosterPlace, RosterState
from .problem import Limits, Place, Why, Worker
from .reading import Drafts, UnitMonth


def roster(public_id: str, *, under: Sequence[str]) -> Roster:
    """Return the roster with its unit, or raise NotFound."""
    found = db.session.scalar(
        select(Roster)
        .join(Roster.unit)
        .where(Roster.public_id == public_id, within(Unit.path, under))
        .options(joinedload(Roster.unit))
    )
    if found is None:
        raise NotFound()
    return found


def by_id(roster_id: int) -> Roster:
    return db.session.get_one(Roster, roster_id)


class UnitLine(NamedTuple):
    """A unit's month in the index: how much is wanted and taken, and its newest roster."""

    code: str
    name: str
    path: str
    wanted: int
    filled: int
    roster: Roster | None


def months_of(month: Month, *, under: Sequence[str], now: datetime) -> list[UnitLine]:
    """Return the units of the subtrees that have shifts to come in the month, by path."""
    taken = (
        select(func.count())
        .where(Assignment.shift_id == Shift.id, Assignment.state == AssignmentState.ASSIGNED)
        .correlate(Shift)
        .scalar_subquery()
    )
    statement = (
        select(Unit.id, Unit.code, Unit.name, Unit.path, Shift.wanted, taken)
        .join(Shift, Shift.unit_id == Unit.id)
        .where(
            within(Unit.path, under),
            Shift.state == ShiftState.PLANNED,
            Shift.wanted > 0,
            Shift.starts_at >= max(month.start, now),
            Shift.starts_at < month.end,
        )
    )
    wanted: defaultdict[int, int] = defaultdict(int)
    filled: defaultdict[int, int] = defaultdict(int)
    units: dict[int, tuple[str, str, str]] = {}
    for unit_id, code, name, path, asked, there in db.session.execute(statement):
        units[unit_id] = (code, name, path)
        wanted[unit_id] += asked
        filled[unit_id] += min(asked, there)
    newest: dict[int, Roster] = {}
    rosters = (
        select(Roster)
        .join(Roster.unit)
        .where(
            Roster.month == str(month),
            Roster.state != RosterState.DISCARDED,
            within(Unit.path, under),
        )
        .order_by(Roster.id)
        .options(joinedload(Roster.unit))
    )
    for each in db.session.scalars(rosters):
        newest[each.unit_id] = each
        units.setdefault(each.unit_id, (each.unit.code, each.unit.name, each.unit.path))
    lines = [
        UnitLine(*facts, wanted[unit_id], filled[unit_id], newest.get(unit_id))
        for unit_id, facts in units.items()
    ]
    return sorted(lines, key=lambda line: line.path)


def draft_of(unit_id: int, month: Month) -> Roster | None:
    """Return the draft of a unit's month, if there is one."""
    return db.session.scalar(
        select(Roster).filter_by(unit_id=unit_id, month=str(month), state=RosterState.DRAFT)
    )


class Standing(NamedTuple):
    """Somebody at a shift of the roster's page: `hold` is None for who was assigned before."""

    public_id: str
    name: str
    hold: str | None
    reasons: list[dict[str, Any]]
    lost: str | None


class Cell(NamedTuple):
    """A shift of the roster, with its people and what it lacks."""

    shift: Shift
    people: list[Standing]
    missing: int
    reasons: list[dict[str, Any]]

    @property
    def drawn(self) -> int:
        return sum(each.hold is not None and not each.lost for each in self.people)


def cells(roster: Roster, *, now: datetime) -> list[Cell]:
    """Return the unit's shifts of the month in the order of time, past ones only with people."""
    month = Month.parse(roster.month)
    shifts = db.session.scalars(
        select(Shift)
        .where(
            Shift.unit_id == roster.unit_id,
            Shift.starts_at >= month.start,
            Shift.starts_at < month.end,
            Shift.state == ShiftState.PLANNED,
        )
        .options(joinedload(Shift.site))
        .order_by(Shift.starts_at, Shift.id)
    ).all()
    ids = select(Shift.id).where(
        Shift.unit_id == roster.unit_id,
        Shift.starts_at >= month.start,
        Shift.starts_at < month.end,
    )
    there_by: defaultdict[int, dict[int, Standing]] = defaultdict(dict)
    drafted = (
        select(RosterPlace, Person.public_id, Person.name)
        .join(Person, Person.id == RosterPlace.person_id)
        .where(RosterPlace.roster_id == roster.id, RosterPlace.hold != Hold.TAKEN_OFF)
    )
    for place, public_id, name in db.session.execute(drafted):
        there_by[place.shift_id][place.person_id] = Standing(
            public_id, name, place.hold, place.reasons, place.lost
        )
    assigned = (
        select(Assignment.shift_id, Person.id, Person.public_id, Person.name)
        .join(Person, Person.id == Assignment.person_id)
        .where(Assignment.shift_id.in_(ids), Assignment.state == AssignmentState.ASSIGNED)
    )
    for shift_id, person_id, public_id, name in db.session.execute(assigned):
        if person_id not in there_by[shift_id]:
            there_by[shift_id][person_id] = Standing(public_id, name, None, [], None)
    gaps = select(RosterGap).where(RosterGap.roster_id == roster.id)
    reasons = {gap.shift_id: gap.reasons for gap in db.session.scalars(gaps)}
    found = []
    for shift in shifts:
        there = sorted(there_by[shift.id].values(), key=lambda each: (each.name, each.public_id))
        kept = sum(not each.lost for each in there)
        if not shift.wanted and not there:
            continue
        missing = max(shift.wanted - kept, 0) if shift.starts_at > now else 0
        found.append(Cell(shift, there, missing, reasons.get(shift.id, [])))
    return found


def lost(roster: Roster) -> Sequence[RosterPlace]:
    """Return the places that could not be kept when the roster was published, by time.

    Those too whose shift does not stand in `cells`: it is cancelled, or another unit's.
    """
    statement = (
        select(RosterPlace)
        .join(RosterPlace.shift)
        .where(RosterPlace.roster_id == roster.id, RosterPlace.lost.is_not(None))
        .order_by(Shift.starts_at, RosterPlace.id)
        .options(contains_eager(RosterPlace.shift), joinedload(RosterPlace.person))
    )
    return db.session.scalars(statement).all()


def missing_of(roster: Roster, shift_id: int) -> int:
    """Return how many people a shift lacks when the draft's places are counted as taken."""
    wanted = db.session.scalars(select(Shift.wanted).where(Shift.id == shift_id)).one()
    assigned = select(Assignment.person_id).where(
        Assignment.shift_id == shift_id, Assignment.state == AssignmentState.ASSIGNED
    )
    drafted = select(RosterPlace.person_id).where(
        RosterPlace.roster_id == roster.id,
        RosterPlace.shift_id == shift_id,
        RosterPlace.hold != Hold.TAKEN_OFF,
    )
    return wanted - len({*db.session.scalars(assigned), *db.session.scalars(drafted)})


class Verdict(NamedTuple):
    """Whether somebody may take a place of the draft; `why` is None for yes."""

    person_id: int
    public_id: str
    name: str
    why: Why | None
    #: Minutes short of the month's minimum; places had in three months and planned in this.
    shortfall: int
    load: int
    #: How often at this place.
    times: int


#: How many people the page of a place offers; more are found by name.
OFFERED = 30


def verdicts(
    roster: Roster, shift_id: int, *, words: str = "", limit: int = OFFERED, now: datetime
) -> list[Verdict]:
    """Return the people of the unit with whether they may take a place of the shift.

    Those who may come first, in the order in which a draw would take them. The draft's own
    places count as what people do. `words` are a name, a phone or a volunteer number. A
    shift that is not the roster's, or does not want people any more, gives an empty list.
    """
    found = standing(roster, now=now)
    place = found.place(shift_id) if found else None
    if found is None or place is None:
        return []
    workers = {worker.person_id: worker for worker in found.problem.workers}
    if (fits := people.means(words)) is not None:
        matching = db.session.scalars(select(Person.id).where(fits).limit(500))
        workers = {each: workers[each] for each in matching if each in workers}
    judged = [(_why(found, worker, place), worker) for worker in workers.values()]
    judged = [each for each in judged if each[0] != Why.ELSEWHERE]
    problem = found.problem
    judged.sort(
        key=lambda each: (
            each[0] is not None,
            problem.step(each[1], 0) + problem.parting(each[1], place),
            each[1].person_id,
        )
    )
    return _named(judged[:limit], place)


def verdict_of(
    roster: Roster, shift_id: int, person_public_id: str, *, now: datetime
) -> Verdict | None:
    """Return whether one person may take a place; None where he or the shift is not here."""
    person_id = db.session.scalar(select(Person.id).where(Person.public_id == person_public_id))
    found = standing(roster, now=now)
    place = found.place(shift_id) if found else None
    if found is None or place is None:
        return None
    worker = next((w for w in found.problem.workers if w.person_id == person_id), None)
    if worker is None:
        return None
    return _named([(_why(found, worker, place), worker)], place)[0]


def standing(roster: Roster, *, drafts: Drafts = Drafts.ALL, now: datetime) -> UnitMonth | None:
    """Return the unit's month by the roster's own limits; None where nothing is to come."""
    limits = Limits(posts_a_week=roster.settings.get("posts_a_week", Limits().posts_a_week))
    found = reading.months(
        under=roster.unit.path,
        month=Month.parse(roster.month),
        limits=limits,
        only=[roster.unit_id],
        drafts=drafts,
        now=now,
    )
    return found[0] if found else None


def _why(found: UnitMonth, worker: Worker, place: Place) -> Why | None:
    return found.problem.why_not(worker, place, worker.busy)


def _named(judged: Sequence[tuple[Why | None, Worker]], place: Place) -> list[Verdict]:
    statement = select(Person.id, Person.public_id, Person.name).where(
        Person.id.in_([worker.person_id for _, worker in judged])
    )
    names = {row[0]: (row[1], row[2]) for row in db.session.execute(statement)}
    return [
        Verdict(
            worker.person_id,
            *names[worker.person_id],
            why,
            max(worker.shortfall, 0),
            worker.load,
            worker.sites.get(place.site_id, 0),
        )
        for why, worker in judged
    ]


class Burden(NamedTuple):
    """How many places somebody has in the month, for the unit's own fairness list."""

    public_id: str
    name: str
    places: int
    new: int


def burdens(cells: Sequence[Cell]) -> list[Burden]:
    """Return how many places of the roster everybody has, by name, as a list of members is."""
    names: dict[str, str] = {}
    places: defaultdict[str, int] = defaultdict(int)
    new: defaultdict[str, int] = defaultdict(int)
    for cell in cells:
        for each in cell.people:
            if each.lost:
                continue
            names[each.public_id] = each.name
            places[each.public_id] += 1
            new[each.public_id] += each.hold is not None
    found = [Burden(who, names[who], places[who], new[who]) for who in names]
    return sorted(found, key=lambda each: (each.name, each.public_id))


def taken_off(roster: Roster, shift_id: int) -> list[tuple[str, str]]:
    """Return public id and name of those who were taken off a place by hand."""
    statement = (
        select(Person.public_id, Person.name)
        .join(RosterPlace, RosterPlace.person_id == Person.id)
        .where(
            RosterPlace.roster_id == roster.id,
            RosterPlace.shift_id == shift_id,
            RosterPlace.hold == Hold.TAKEN_OFF,
        )
        .order_by(Person.name, Person.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]
