"""Drafts of rosters: drawing one, mending it by hand, throwing it away."""

from collections.abc import Callable
from datetime import datetime
from time import perf_counter
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import Month
from volunteer.core.db import again_on_conflict, transaction
from volunteer.people.models import Person
from volunteer.shifts.service import new_public_id
from volunteer.units.models import Unit

from . import access, filling, past, queries, reading, reasons, rules
from .errors import CannotServe, MonthOver, NotADraft, NothingToCopy, NotInRoster
from .models import Hold, Roster, RosterGap, RosterPlace, RosterState, Way
from .problem import Limits, Why
from .reading import UnitMonth
from .solver import Solution

#: What a draw may spend in all on finding something better than mended flows, in seconds.
BUDGET = 4.0
#: Places of a drawn month that are fixed, or chosen by hand, have this reason.
BY_HAND: list[dict[str, Any]] = [{"code": "by_hand"}]

#: Told before the first unit and after each: how many are done, of how many.
Progress = Callable[[int, int], None]


class Drawn(NamedTuple):
    """What a draw made of one unit's month.

    `places` are all that are wanted, `filled` those taken in the end, by people who were
    assigned before too; `unfilled` says shift (public id), how many lack, and why.
    """

    roster_id: int
    public_id: str
    places: int
    filled: int
    unfilled: list[tuple[str, int, list[dict[str, Any]]]]
    cost: int


class Stopwatch:
    """How long something takes, in seconds; no time of day."""

    def __init__(self) -> None:
        self._started = perf_counter()

    @property
    def seconds(self) -> float:
        return round(perf_counter() - self._started, 2)


def silent(done: int, total: int) -> None:
    """Progress that nobody watches."""


def draw(
    unit: Unit,
    month: Month,
    *,
    posts_a_week: int = rules.POSTS_A_WEEK,
    way: Way = Way.DRAWN,
    of: Unit | None = None,
    only_own: bool = False,
    progress: Progress = silent,
    actor: Actor,
    now: datetime,
) -> list[Drawn]:
    """Draw the month for every unit at or under `unit` that has shifts to come in it.

    Each unit's draft is there or made, keeps what was fixed or taken off by hand, and gets
    the rest anew; the same draw again gives the same. Units are done the deepest first, each
    in a transaction of its own. `only_own` leaves out the units below, `of`
    takes the people of that department only. Nobody is assigned
    before `publish`. A month without such shifts gives an empty list. A unit for which there
    is nothing to copy is left out. Raises MonthOver, and NothingToCopy where that is so for
    all of them.
    """
    access.require_schedule(actor, unit.path)
    if not rules.may_schedule(month, present=Month.of(now)):
        raise MonthOver()
    limits = Limits(posts_a_week=posts_a_week)
    only = [unit.id] if only_own else None
    months = reading.months(
        under=unit.path,
        month=month,
        limits=limits,
        only=only,
        of=of.path if of else None,
        now=now,
    )
    last_month = past.last_month(month, under=unit.path) if way == Way.COPIED else {}
    found, spent = [], 0.0
    progress(0, len(months))
    for number, each in enumerate(months):
        started = perf_counter()
        solution = filling.fill(
            each.problem, way, last_month=last_month, seconds=max(BUDGET - spent, 0.0)
        )
        spent += perf_counter() - started
        if way == Way.COPIED and not solution.choices:
            progress(number + 1, len(months))
            continue
        reading.give(each, [(choice.person_id, choice.shift_id) for choice in solution.choices])
        found.append(
            _store(
                each,
                solution,
                month,
                limits,
                way,
                milliseconds=round((perf_counter() - started) * 1000),
                actor=actor,
                now=now,
            )
        )
        progress(number + 1, len(months))
    if months and not found:
        raise NothingToCopy()
    return found


@again_on_conflict
def _store(
    each: UnitMonth,
    solution: Solution,
    month: Month,
    limits: Limits,
    way: Way,
    *,
    milliseconds: int,
    actor: Actor,
    now: datetime,
) -> Drawn:
    with transaction() as session:
        access.require_schedule(actor, each.path)
        roster = _draft(session, each.unit_id, month, now=now)
        roster.way, roster.settings = way, {"posts_a_week": limits.posts_a_week}
        roster.drawn_at, roster.drawn_by = now, actor.account_id
        roster.cost, roster.milliseconds = str(solution.cost), milliseconds
        session.flush()
        kept = _clear(session, roster.id)
        places = [
            {
                "roster_id": roster.id,
                "shift_id": choice.shift_id,
                "person_id": choice.person_id,
                "hold": Hold.DRAWN,
                "reasons": choice.reasons,
            }
            for choice in solution.choices
            if (choice.shift_id, choice.person_id) not in kept
        ]
        gaps = [
            {
                "roster_id": roster.id,
                "shift_id": gap.shift_id,
                "missing": gap.missing,
                "reasons": gap.reasons,
            }
            for gap in solution.gaps
        ]
        if places:
            session.execute(insert(RosterPlace), places)
        if gaps:
            session.execute(insert(RosterGap), gaps)
        _journal("rosters.draw", roster, each.path, actor, now, places=len(places), gaps=len(gaps))
        public = {line.id: line.public_id for line in each.shifts}
        return Drawn(
            roster.id,
            roster.public_id,
            each.wanted,
            each.filled + len(solution.choices),
            [(public[gap.shift_id], gap.missing, gap.reasons) for gap in solution.gaps],
            solution.cost,
        )


def _draft(session: Session, unit_id: int, month: Month, *, now: datetime) -> Roster:
    """Return the draft of the unit and month under a lock; it is made where there is none."""
    found = session.scalar(
        select(Roster)
        .filter_by(unit_id=unit_id, month=str(month), state=RosterState.DRAFT)
        .with_for_update()
    )
    if found is None:
        found = Roster(
            public_id=new_public_id(),
            unit_id=unit_id,
            month=str(month),
            state=RosterState.DRAFT,
            way=Way.DRAWN,
            settings={},
            cost="0",
            milliseconds=0,
        )
        session.add(found)
    return found


def _clear(session: Session, roster_id: int) -> set[tuple[int, int]]:
    """Remove what was drawn, and return shift and person of what was held by hand."""
    session.execute(
        delete(RosterPlace).where(
            RosterPlace.roster_id == roster_id, RosterPlace.hold == Hold.DRAWN
        )
    )
    session.execute(delete(RosterGap).where(RosterGap.roster_id == roster_id))
    held = select(RosterPlace.shift_id, RosterPlace.person_id).where(
        RosterPlace.roster_id == roster_id
    )
    return {(row[0], row[1]) for row in session.execute(held)}


@again_on_conflict
def fix(
    roster: Roster, shift_id: int, person_public_id: str, *, actor: Actor, now: datetime
) -> RosterPlace:
    """Keep a drawn place as it is when the month is drawn again; a repeat changes nothing.

    Raises NotADraft, NotInRoster.
    """
    with transaction() as session:
        roster = _own(session, roster, actor)
        place = _place(session, roster, shift_id, person_public_id)
        if place is None or place.hold == Hold.TAKEN_OFF:
            raise NotInRoster()
        place.hold = Hold.FIXED
        _journal("rosters.fix", roster, roster.unit.path, actor, now, shift=shift_id)
        return place


@again_on_conflict
def unfix(
    roster: Roster, shift_id: int, person_public_id: str, *, actor: Actor, now: datetime
) -> None:
    """Let the next draw decide again: a fixed place may change, who was taken off may come back.

    A repeat changes nothing. Raises NotADraft, NotInRoster.
    """
    with transaction() as session:
        roster = _own(session, roster, actor)
        place = _place(session, roster, shift_id, person_public_id)
        if place is None:
            raise NotInRoster()
        if place.hold == Hold.TAKEN_OFF:
            session.delete(place)
        else:
            place.hold = Hold.DRAWN
        _journal("rosters.unfix", roster, roster.unit.path, actor, now, shift=shift_id)


@again_on_conflict
def put(
    roster: Roster,
    shift_id: int,
    person_public_id: str,
    *,
    instead_of: str | None = None,
    actor: Actor,
    now: datetime,
) -> RosterPlace:
    """Give a place to a person by hand, fixed; `instead_of` (public id) gives up his.

    Every hard rule holds here too: raises CannotServe with the reason. A repeat changes
    nothing. Raises NotADraft, NotInRoster (no such shift or person here).
    """
    with transaction() as session:
        roster = _own(session, roster, actor)
        place = _place(session, roster, shift_id, person_public_id)
        if place is not None and place.hold != Hold.TAKEN_OFF:
            place.hold = Hold.FIXED
            return place
        if instead_of:
            _take_off(session, roster, shift_id, instead_of)
        verdict = queries.verdict_of(roster, shift_id, person_public_id, now=now)
        if verdict is None:
            raise NotInRoster()
        if verdict.why not in (None, Why.TAKEN_OFF):
            raise CannotServe(person=verdict.name, reason=reasons.why_text(verdict.why))
        if place is None:
            place = RosterPlace(roster_id=roster.id, shift_id=shift_id, person_id=verdict.person_id)
            session.add(place)
        place.hold, place.reasons = Hold.FIXED, BY_HAND
        session.flush()
        _count_gap(session, roster, shift_id)
        _journal("rosters.put", roster, roster.unit.path, actor, now, shift=shift_id)
        return place


@again_on_conflict
def take_off(
    roster: Roster, shift_id: int, person_public_id: str, *, actor: Actor, now: datetime
) -> None:
    """Take a person off a place of the draft; the next draw does not put him there again.

    A repeat changes nothing. Raises NotADraft, NotInRoster.
    """
    with transaction() as session:
        roster = _own(session, roster, actor)
        _take_off(session, roster, shift_id, person_public_id)
        _count_gap(session, roster, shift_id)
        _journal("rosters.take_off", roster, roster.unit.path, actor, now, shift=shift_id)


def _take_off(session: Session, roster: Roster, shift_id: int, person_public_id: str) -> None:
    place = _place(session, roster, shift_id, person_public_id)
    if place is None:
        raise NotInRoster()
    place.hold, place.reasons = Hold.TAKEN_OFF, BY_HAND
    session.flush()


def _count_gap(session: Session, roster: Roster, shift_id: int) -> None:
    """Say how many people a shift of the draft lacks after a change by hand."""
    gap = session.scalar(select(RosterGap).filter_by(roster_id=roster.id, shift_id=shift_id))
    missing = queries.missing_of(roster, shift_id)
    if missing <= 0 and gap is not None:
        session.delete(gap)
    elif missing > 0 and gap is None:
        session.add(
            RosterGap(roster_id=roster.id, shift_id=shift_id, missing=missing, reasons=BY_HAND)
        )
    elif gap is not None:
        gap.missing = missing


def discard(roster: Roster, *, actor: Actor, now: datetime) -> None:
    """Throw a draft away; who is assigned stays so. A repeat changes nothing."""
    with transaction() as session:
        access.require_schedule(actor, roster.unit.path)
        roster = session.get_one(Roster, roster.id, with_for_update=True, populate_existing=True)
        if roster.state == RosterState.PUBLISHED:
            raise NotADraft()
        if roster.state == RosterState.DISCARDED:
            return
        roster.state = RosterState.DISCARDED
        _journal("rosters.discard", roster, roster.unit.path, actor, now)


def _own(session: Session, roster: Roster, actor: Actor) -> Roster:
    """Return the draft under a lock; raises NotADraft, and what access refuses."""
    access.require_schedule(actor, roster.unit.path)
    roster = session.get_one(Roster, roster.id, with_for_update=True, populate_existing=True)
    if roster.state != RosterState.DRAFT:
        raise NotADraft()
    return roster


def _place(
    session: Session, roster: Roster, shift_id: int, person_public_id: str
) -> RosterPlace | None:
    return session.scalar(
        select(RosterPlace)
        .join(Person, Person.id == RosterPlace.person_id)
        .where(
            RosterPlace.roster_id == roster.id,
            RosterPlace.shift_id == shift_id,
            Person.public_id == person_public_id,
        )
    )


def _journal(
    action: str, roster: Roster, path: str, actor: Actor, now: datetime, **body: object
) -> None:
    journal.write(action, "roster", roster.public_id, actor=actor, now=now, unit_path=path, **body)
