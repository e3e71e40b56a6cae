"""Reading a month of a subtree as problems, one a unit, in a few statements however many people."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import func, select

from volunteer.core.clock import Month
from volunteer.core.db import db, within
from volunteer.people.models import Membership, Person, PersonState
from volunteer.shifts.models import (
    Assignment,
    AssignmentState,
    Shift,
    ShiftKind,
    ShiftState,
)
from volunteer.signups import queries as signups
from volunteer.targets import queries as targets
from volunteer.targets.queries import Stay
from volunteer.units.models import Unit

from . import past
from .past import FAR, Pair, Timing, of_people
from .problem import Days, Limits, Place, Problem, Turn, Worker, minute_of

#: A week of the month may begin before it or end after it.
AROUND = timedelta(days=8)


class Drafts(StrEnum):
    """Which places of drafts count as what people do; who is assigned always does."""

    #: Those of other units, and those that were fixed by hand.
    OTHERS = "others"
    ALL = "all"
    #: For who asks about the rules only: what weighs people against each other is not read.
    NONE = "none"


class ShiftLine(NamedTuple):
    """A shift that wants people."""

    id: int
    public_id: str
    unit_id: int
    path: str
    site_id: int
    kind: str
    starts_at: datetime
    ends_at: datetime
    wanted: int
    needs: str | None
    nature: str


@dataclass(slots=True)
class UnitMonth:
    """What is to be drawn for one unit; `wanted` are all places, `filled` those taken."""

    unit_id: int
    path: str
    shifts: list[ShiftLine]
    wanted: int
    filled: int
    #: Whether nobody serves without the training that a shift needs.
    has_gate: bool
    problem: Problem

    def as_place(self, line: ShiftLine, wanted: int) -> Place:
        """Return a shift as the solver sees it."""
        return Place(
            line.id,
            line.site_id,
            line.kind == ShiftKind.POST,
            minute_of(line.starts_at),
            minute_of(line.ends_at),
            wanted,
            line.needs if self.has_gate else None,
        )

    def place(self, shift_id: int) -> Place | None:
        """Return one place at a shift, None where it is not among the unit's shifts to come."""
        line = next((line for line in self.shifts if line.id == shift_id), None)
        return line and self.as_place(line, 1)


def months(
    *,
    under: str,
    month: Month,
    limits: Limits,
    only: Collection[int] | None = None,
    of: str | None = None,
    drafts: Drafts = Drafts.OTHERS,
    now: datetime,
) -> list[UnitMonth]:
    """Return the units at or under a path that have shifts to come in the month, the deepest
    first, so that nobody is taken from below while the own posts are empty.

    With `only` the units of these ids, with `of` only people at or under that path.
    Workers are shared between the problems: what one gives them makes them busy in the next
    (see `give`).
    """
    return _Reader(under, month, limits, of, now).read(only, drafts)


def give(unit: UnitMonth, pairs: Iterable[Pair]) -> None:
    """Tell the people who were chosen in `unit` that they are busy then, wherever they are
    asked next."""
    turns = {line.id: _timing(line) for line in unit.shifts}
    chosen = defaultdict(list)
    for person_id, shift_id in pairs:
        chosen[person_id].append(turns[shift_id])
    for worker in unit.problem.workers:
        if timings := chosen.get(worker.person_id):
            worker.busy += [timing.turn for timing in timings]
            worker.load += len(timings)
            worker.shortfall -= sum(timing.minutes for timing in timings)


class _Reader:
    def __init__(
        self, under: str, month: Month, limits: Limits, of: str | None, now: datetime
    ) -> None:
        self.under, self.month, self.limits, self.of, self.now = under, month, limits, of, now
        self.policy = targets.policy_for(month)
        belongs = (
            select(Membership.person_id)
            .join(Unit, Unit.id == Membership.unit_id)
            .where(within(Unit.path, [under]), targets.touches(month))
        )
        #: None: everybody, which the database answers faster unasked.
        self.people = None if under == "/" or under.count("/") == 2 else belongs

    def read(self, only: Collection[int] | None, drafts: Drafts) -> list[UnitMonth]:
        lines = [line for line in self._lines() if only is None or line.unit_id in only]
        if not lines:
            return []
        units = {line.unit_id: line.path for line in lines}
        now_drawn = {line.unit_id for line in lines} if drafts == Drafts.OTHERS else set()
        pairs, barred = past.draft_pairs(self.month, now_drawn)
        if drafts == Drafts.NONE:
            pairs = []
        planned = self._planned()
        withdrawn = past.withdrawn(self.month, self.people)
        people = self._people(units.values())
        timings = self._timings(lines)
        workers = self._workers(
            people, [*planned, *pairs], timings, lines, weighs=drafts != Drafts.NONE
        )
        taken = self._taken(lines)
        own = {line.id: line.unit_id for line in lines}
        taken.update(shift_id for _, shift_id in pairs if shift_id in own)
        found = [
            self._of_unit(
                unit_id, path, [line for line in lines if line.unit_id == unit_id], taken, workers
            )
            for unit_id, path in units.items()
        ]
        for each in found:
            there = {line.id for line in each.shifts}
            each.problem.taken_off = frozenset(pair for pair in barred if pair[1] in there)
            each.problem.withdrawn = frozenset(pair for pair in withdrawn if pair[1] in there)
        return sorted(found, key=lambda each: (-each.path.count("/"), each.path))

    def _of_unit(
        self,
        unit_id: int,
        path: str,
        lines: list[ShiftLine],
        taken: Counter[int],
        workers: Mapping[str, list[Worker]],
    ) -> UnitMonth:
        gate = self.policy.training_gate == "refuse"
        found = UnitMonth(
            unit_id,
            path,
            lines,
            wanted=sum(line.wanted for line in lines),
            filled=sum(min(line.wanted, taken[line.id]) for line in lines),
            has_gate=gate,
            problem=Problem([], workers[path], self.limits),
        )
        found.problem.places = [
            found.as_place(line, line.wanted - taken[line.id])
            for line in lines
            if line.wanted > taken[line.id]
        ]
        return found

    def _lines(self) -> list[ShiftLine]:
        columns = (
            Shift.id,
            Shift.public_id,
            Shift.unit_id,
            Unit.path,
            Shift.site_id,
            Shift.kind,
            Shift.starts_at,
            Shift.ends_at,
            Shift.wanted,
            Shift.needs,
            Shift.nature,
        )
        statement = (
            select(*columns)
            .join(Unit, Unit.id == Shift.unit_id)
            .where(
                within(Unit.path, [self.under]),
                Shift.state == ShiftState.PLANNED,
                Shift.wanted > 0,
                Shift.starts_at >= max(self.month.start, self.now),
                Shift.starts_at < self.month.end,
            )
            .order_by(Shift.starts_at, Shift.id)
        )
        return [ShiftLine(*row) for row in db.session.execute(statement)]

    def _planned(self) -> list[Pair]:
        """Return who is assigned to what in the month and the weeks that it shares."""
        statement = select(Assignment.person_id, Assignment.shift_id).where(
            Assignment.state == AssignmentState.ASSIGNED,
            Assignment.starts_at >= self.month.start - AROUND,
            Assignment.starts_at < self.month.end + AROUND,
            *of_people(Assignment.person_id, self.people),
        )
        return [(row[0], row[1]) for row in db.session.execute(statement)]

    def _timings(self, lines: Sequence[ShiftLine]) -> dict[int, Timing]:
        statement = select(
            Shift.id, Shift.starts_at, Shift.ends_at, Shift.kind, Shift.nature
        ).where(
            Shift.starts_at >= self.month.start - AROUND, Shift.starts_at < self.month.end + AROUND
        )
        return {row.id: _timing(row) for row in db.session.execute(statement)}

    def _taken(self, lines: Sequence[ShiftLine]) -> Counter[int]:
        statement = (
            select(Assignment.shift_id, func.count())
            .where(
                Assignment.state == AssignmentState.ASSIGNED,
                Assignment.starts_at >= self.month.start,
                Assignment.starts_at < self.month.end,
            )
            .group_by(Assignment.shift_id)
        )
        return Counter(dict(db.session.execute(statement).all()))

    def _people(self, paths: Iterable[str]) -> dict[int, list[Stay]]:
        """Return the stays of active people of the units in the month."""
        tops = _topmost(paths)
        statement = (
            select(
                Membership.person_id, Membership.unit_id, Membership.from_on, Membership.until_on
            )
            .join(Person, Person.id == Membership.person_id)
            .join(Unit, Unit.id == Membership.unit_id)
            .where(
                Person.state == PersonState.ACTIVE,
                targets.touches(self.month),
                within(Unit.path, tops),
                within(Unit.path, [self.of or "/"]),
            )
            .order_by(Membership.person_id, Membership.from_on)
        )
        found: dict[int, list[Stay]] = {}
        for row in db.session.execute(statement):
            found.setdefault(row[0], []).append(Stay(*row))
        return found

    def _workers(
        self,
        people: Mapping[int, Sequence[Stay]],
        planned: Sequence[Pair],
        timings: Mapping[int, Timing],
        lines: Sequence[ShiftLine],
        *,
        weighs: bool,
    ) -> dict[str, list[Worker]]:
        """Return the people of each unit that has shifts, those of the units under it too.

        Unless it `weighs` them nobody's hours and habits are read: rules do not ask for them.
        """
        units = {line.unit_id: line.path for line in lines}
        above = self._above(units)
        history = past.History(Counter(), {}, {})
        if weighs:
            history = past.history(self.month, {line.site_id for line in lines}, self.people)
        off = signups.days_off(
            under=[self.under], since=self.month.first_day, until=self.month.next.first_day
        )
        exempt = targets.exemptions_in(self.month, self.people)
        #: What begins on the last day may go on past midnight.
        later = targets.exemptions_in(self.month.next, self.people)
        short: dict[int, int] = {}
        if weighs:
            short = past.shortfalls(
                self.month, people, planned, timings, exempt=exempt, now=self.now
            )
        learnt = past.learnt(self.month, {line.needs for line in lines if line.needs}, self.people)
        busy: defaultdict[int, list[Turn]] = defaultdict(list)
        load: Counter[int] = Counter()
        first, last = self.month.first_day.toordinal(), self.month.last_day.toordinal()
        for person_id, shift_id in planned:
            timing = timings.get(shift_id)
            if timing is None:
                continue
            busy[person_id].append(timing.turn)
            if first <= timing.turn.day <= last:
                load[person_id] += 1
        found: dict[str, list[Worker]] = {path: [] for path in units.values()}
        for person_id, stays in people.items():
            own = Worker(
                person_id,
                (),
                learnt.get(person_id, {}),
                busy.get(person_id) or [],
                _ordinals(off.get(person_id, ())),
                _ordinals([*exempt.get(person_id, ()), *later.get(person_id, ())]),
                short.get(person_id, 0),
                history.loads[person_id] + load[person_id],
                history.sites.get(person_id, {}),
                history.slots.get(person_id, {}),
            )
            if len(stays) == 1:
                own.member = (_stay(stays[0]),)
                for path in above[stays[0].unit_id]:
                    found[path].append(own)
                continue
            spans: defaultdict[str, list[Days]] = defaultdict(list)
            for stay in stays:
                for path in above[stay.unit_id]:
                    spans[path].append(_stay(stay))
            for path, member in spans.items():
                found[path].append(replace(own, member=member))
        return found

    def _above(self, units: Mapping[int, str]) -> defaultdict[int, list[str]]:
        """Return by unit the paths of those with shifts at or above it."""
        statement = select(Unit.id, Unit.path).where(within(Unit.path, _topmost(units.values())))
        found: defaultdict[int, list[str]] = defaultdict(list)
        for unit_id, path in db.session.execute(statement):
            chain = [int(step) for step in path.strip("/").split("/")]
            found[unit_id] = [units[step] for step in chain if step in units]
        return found


def _timing(shift) -> Timing:  # type: ignore[no-untyped-def]
    """Return when a row with the columns of a shift takes place."""
    begins, ends = minute_of(shift.starts_at), minute_of(shift.ends_at)
    turn = Turn(begins, ends, shift.kind == ShiftKind.POST, shift.id)
    return Timing(turn, ends - begins, shift.nature)


def _stay(stay: Stay) -> Days:
    until = stay.until_on.toordinal() - 1 if stay.until_on else FAR
    return stay.from_on.toordinal(), until


def _ordinals(spans: Iterable[tuple[date, date | None]]) -> tuple[Days, ...]:
    return tuple((begins.toordinal(), ends.toordinal() if ends else FAR) for begins, ends in spans)


def _topmost(paths: Iterable[str]) -> list[str]:
    """Return those of the paths that lie under no other one."""
    found: list[str] = []
    for path in sorted(set(paths)):
        if not found or not path.startswith(found[-1]):
            found.append(path)
    return found
