"""Drafts of rosters: drawing one, mending it by hand, throwing it away."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from time import perf_counter
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import Month
from volunteer.core.db import again_on_conflict, transaction
from volunteer.core.memory import uncollected
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
#: How many units are stored in one transaction.
AT_ONCE = 32
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


@uncollected()
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
    the rest anew; the same draw again gives the same. Units are done the deepest first, and
    stored some at a time: one that is broken off leaves whole drafts. `only_own` leaves out the
    units below, `of` takes the people of that department only. Nobody is assigned
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
    found: list[Drawn] = []
    waiting: list[_Filled] = []
    spent = 0.0
    progress(0, len(months))
    for number, each in enumerate(months):
        started = perf_counter()
        solution = filling.fill(
            each.problem, way, last_month=last_month, seconds=max(BUDGET - spent, 0.0)
        )
        taken = perf_counter() - started
        spent += taken
        if way == Way.DRAWN or solution.choices:
            reading.give(each, [(choice.person_id, choice.shift_id) for choice in solution.choices])
            waiting.append(_Filled(each, solution, round(taken * 1000)))
        if waiting and (len(waiting) == AT_ONCE or number + 1 == len(months)):
            found += _store(waiting, month, limits, way, actor=actor, now=now)
            waiting = []
        progress(number + 1, len(months))
    if months and not found:
        raise NothingToCopy()
    return found


class _Filled(NamedTuple):
    """A unit's month, what was found for it, and how long that took."""

    of: UnitMonth
    solution: Solution
    milliseconds: int


@again_on_conflict
def _store(
    filled: Sequence[_Filled],
    month: Month,
    limits: Limits,
    way: Way,
    *,
    actor: Actor,
    now: datetime,
) -> list[Drawn]:
    with transaction() as session:
        for each in filled:
            access.require_schedule(actor, each.of.path)
        there = _drafts(session, [each.of.unit_id for each in filled], month)
        kept = _clear(session, [draft.id for draft in there.values()])
        drafts = [there.get(each.of.unit_id) or _new_draft(each, month) for each in filled]
        for draft, each in zip(drafts, filled, strict=True):
            draft.way, draft.settings = way, {"posts_a_week": limits.posts_a_week}
            draft.drawn_at, draft.drawn_by = now, actor.account_id
            draft.cost, draft.milliseconds = str(each.solution.cost), each.milliseconds
        session.add_all(drafts)
        session.flush()
        places = [
            {
                "roster_id": draft.id,
                "shift_id": choice.shift_id,
                "person_id": choice.person_id,
                "hold": Hold.DRAWN,
                "reasons": choice.reasons,
            }
            for draft, each in zip(drafts, filled, strict=True)
            for choice in each.solution.choices
            if (draft.id, choice.shift_id, choice.person_id) not in kept
        ]
        gaps = [
            {
                "roster_id": draft.id,
                "shift_id": gap.shift_id,
                "missing": gap.missing,
                "reasons": gap.reasons,
            }
            for draft, each in zip(drafts, filled, strict=True)
            for gap in each.solution.gaps
        ]
        if places:
            session.connection().execute(insert(RosterPlace), places)
        if gaps:
            session.connection().execute(insert(RosterGap), gaps)
        of_draft = Counter(place["roster_id"] for place in places)
        for draft, each in zip(drafts, filled, strict=True):
            counts = {"places": of_draft[draft.id], "gaps": len(each.solution.gaps)}
            _journal("rosters.draw", draft, each.of.path, actor, now, **counts)
        return [_told(draft, each) for draft, each in zip(drafts, filled, strict=True)]


def _told(draft: Roster, filled: _Filled) -> Drawn:
    unit, solution = filled.of, filled.solution
    public = {line.id: line.public_id for line in unit.shifts}
    return Drawn(
        draft.id,
        draft.public_id,
        unit.wanted,
        unit.filled + len(solution.choices),
        [(public[gap.shift_id], gap.missing, gap.reasons) for gap in solution.gaps],
        solution.cost,
    )


def _drafts(session: Session, unit_ids: Sequence[int], month: Month) -> dict[int, Roster]:
    """Return by unit the drafts of the month, under a lock."""
    statement = (
        select(Roster)
        .where(
            Roster.unit_id.in_(unit_ids),
            Roster.month == str(month),
            Roster.state == RosterState.DRAFT,
        )
        .order_by(Roster.id)
        .with_for_update()
    )
    return {draft.unit_id: draft for draft in session.scalars(statement)}


def _new_draft(filled: _Filled, month: Month) -> Roster:
    return Roster(
        public_id=new_public_id(),
        unit_id=filled.of.unit_id,
        month=str(month),
        state=RosterState.DRAFT,
    )


def _clear(session: Session, roster_ids: Sequence[int]) -> set[tuple[int, int, int]]:
    """Remove what was drawn; return roster, shift and person of what was held by hand."""
    if not roster_ids:
        return set()
    drawn = RosterPlace.roster_id.in_(roster_ids)
    session.execute(delete(RosterPlace).where(drawn, RosterPlace.hold == Hold.DRAWN))
    session.execute(delete(RosterGap).where(RosterGap.roster_id.in_(roster_ids)))
    held = select(RosterPlace.roster_id, RosterPlace.shift_id, RosterPlace.person_id).where(drawn)
    return {(row[0], row[1], row[2]) for row in session.execute(held)}


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
