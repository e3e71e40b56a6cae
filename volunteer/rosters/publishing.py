"""Publishing a draft: all its places become assignments at once; and undoing that."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import again_on_conflict, transaction
from volunteer.shifts import notices
from volunteer.shifts.models import Assignment, AssignmentState, Origin, Shift, ShiftState
from volunteer.shifts.notices import Notice
from volunteer.shifts.service import attended

from . import access, queries
from .errors import NotADraft, TooLateToUndo
from .models import Hold, Roster, RosterPlace, RosterState
from .problem import Why
from .reading import Drafts


class Published(NamedTuple):
    """How many people were assigned, and how many places of the draft were lost meanwhile."""

    assigned: int
    lost: int


@again_on_conflict
def publish(roster: Roster, *, actor: Actor, now: datetime) -> Published:
    """Assign everybody whom the draft names, in one transaction, and tell each of them once.

    The shifts are locked as `shifts.service.assign` locks them. Who is assigned already stays.
    A place that cannot be kept any more (shift cancelled, begun, full or another unit's by
    now; a hard rule keeps the person away, or he cannot come: R27) is left out and says why
    (`RosterPlace.lost`). A published roster is left as it is, so a repeat assigns nobody.
    Raises NotADraft for one that was discarded.
    """
    with transaction() as session:
        access.require_schedule(actor, roster.unit.path)
        roster = session.get_one(Roster, roster.id, with_for_update=True, populate_existing=True)
        if roster.state == RosterState.PUBLISHED:
            return Published(0, 0)
        if roster.state != RosterState.DRAFT:
            raise NotADraft()
        places = session.scalars(
            select(RosterPlace)
            .where(RosterPlace.roster_id == roster.id, RosterPlace.hold != Hold.TAKEN_OFF)
            .order_by(RosterPlace.shift_id, RosterPlace.id)
        ).all()
        new = _Desk(session, roster, places, now).settle()
        for _, known in new:
            if known is not None:
                known.state, known.origin = AssignmentState.ASSIGNED, Origin.ROSTER
                known.assigned_at, known.assigned_by = now, actor.account_id
                known.withdrawn_at = None
        session.flush()
        rows = [_row(place, actor, now) for place, known in new if known is None]
        if rows:
            session.execute(insert(Assignment), rows)
        lost = sum(place.lost is not None for place in places)
        roster.state = RosterState.PUBLISHED
        roster.published_at, roster.published_by = now, actor.account_id
        people = sorted({place.person_id for place, _ in new})
        about = notices.about(roster.id, now)
        notices.tell(Notice.ROSTER_PUBLISHED, people, about=about, now=now)
        _journal("rosters.publish", roster, actor, now, assigned=len(new), lost=lost)
        return Published(len(new), lost)


def _row(place: RosterPlace, actor: Actor, now: datetime) -> dict[str, object]:
    return {
        "shift_id": place.shift_id,
        "person_id": place.person_id,
        "starts_at": place.shift.starts_at,
        "ends_at": place.shift.ends_at,
        "state": AssignmentState.ASSIGNED,
        "assigned_at": now,
        "assigned_by": actor.account_id,
        "origin": Origin.ROSTER,
    }


class _Desk:
    """Settles which places of a draft can be kept, the shifts being locked.

    By what holds now, not when it was drawn; what other drafts say binds nobody.
    """

    def __init__(
        self, session: Session, roster: Roster, places: Sequence[RosterPlace], now: datetime
    ) -> None:
        self.roster, self.places, self.now = roster, places, now
        shift_ids = sorted({place.shift_id for place in places})
        self.shifts: dict[int, Shift] = {}
        self.counts: dict[int, int] = {}
        self.here: defaultdict[int, dict[int, Assignment]] = defaultdict(dict)
        for some in _parts(shift_ids):
            locked = (
                select(Shift)
                .where(Shift.id.in_(some))
                .order_by(Shift.id)
                .with_for_update()
                .execution_options(populate_existing=True)
            )
            self.shifts.update((each.id, each) for each in session.scalars(locked))
            there = select(Assignment).where(Assignment.shift_id.in_(some))
            for each in session.scalars(there.execution_options(populate_existing=True)):
                self.here[each.shift_id][each.person_id] = each
        # Once more what the draw had read: the rules hold for who publishes as for who draws.
        self.month = queries.standing(roster, drafts=Drafts.NONE, now=now)
        lines = self.month.shifts if self.month else ()
        workers = self.month.problem.workers if self.month else ()
        self.wanted = {line.id: line for line in lines}
        self.workers = {worker.person_id: worker for worker in workers}

    def settle(self) -> list[tuple[RosterPlace, Assignment | None]]:
        """Return the places that people get now, each with an assignment of old that ended;
        the others say why they are lost, unless the person is assigned there already."""
        new: list[tuple[RosterPlace, Assignment | None]] = []
        for place in self.places:
            shift, known = self.shifts[place.shift_id], self.here[place.shift_id]
            old = known.get(place.person_id)
            if old is not None and old.state == AssignmentState.ASSIGNED:
                continue
            place.lost = self._lost(place, shift)
            if place.lost is None:
                new.append((place, old))
                self.counts[shift.id] = self._count(shift) + 1
        return new

    def _count(self, shift: Shift) -> int:
        if shift.id not in self.counts:
            there = self.here[shift.id].values()
            self.counts[shift.id] = sum(a.state == AssignmentState.ASSIGNED for a in there)
        return self.counts[shift.id]

    def _lost(self, place: RosterPlace, shift: Shift) -> str | None:
        """Return why a place cannot be kept; else the person is busy then from now on."""
        if shift.unit_id != self.roster.unit_id:
            return "handed_over"
        if shift.state == ShiftState.CANCELLED:
            return "cancelled"
        if shift.starts_at <= self.now:
            return "over"
        if self._count(shift) >= (shift.capacity or shift.wanted or 1):
            return "full"
        worker, line = self.workers.get(place.person_id), self.wanted.get(shift.id)
        if self.month is None or line is None:
            return "unwanted"
        if worker is None:
            return Why.ELSEWHERE
        at = self.month.as_place(line, 1)
        if why := self.month.problem.why_not(worker, at, worker.busy):
            return why
        worker.busy.append(at.turn)
        return None


def may_undo(roster: Roster, *, now: datetime) -> bool:
    """Tell whether the page offers to take the publication back; `undo` looks more closely."""
    return roster.published_at is not None and local_day(roster.published_at) == local_day(now)


def undo(roster: Roster, *, actor: Actor, now: datetime) -> int:
    """Take back a publication on its own day: who was assigned by it is free again and told.

    The roster is a draft again; return how many were freed. A repeat frees nobody. Refused
    once somebody has checked in, or where there is a newer draft (TooLateToUndo).
    """
    with transaction() as session:
        access.require_schedule(actor, roster.unit.path)
        roster = session.get_one(Roster, roster.id, with_for_update=True, populate_existing=True)
        if roster.state == RosterState.DRAFT:
            return 0
        newer = select(Roster.id).filter_by(
            unit_id=roster.unit_id, month=roster.month, state=RosterState.DRAFT
        )
        if (
            roster.published_at is None
            or local_day(roster.published_at) != local_day(now)
            or session.scalar(newer)
        ):
            raise TooLateToUndo()
        mine = select(RosterPlace.shift_id).where(RosterPlace.roster_id == roster.id)
        theirs = (
            select(Assignment)
            .join(
                RosterPlace,
                (RosterPlace.shift_id == Assignment.shift_id)
                & (RosterPlace.person_id == Assignment.person_id),
            )
            .where(
                RosterPlace.roster_id == roster.id,
                Assignment.origin == Origin.ROSTER,
                Assignment.state == AssignmentState.ASSIGNED,
                Assignment.assigned_at == roster.published_at,
            )
            .with_for_update(of=Assignment)
        )
        if attended(session.scalars(mine.distinct()).all()):
            raise TooLateToUndo()
        freed = session.scalars(theirs).all()
        for each in freed:
            each.state = AssignmentState.CANCELLED
        called_off = update(Assignment).where(  # they do not come back with their day either
            Assignment.shift_id.in_(mine),
            Assignment.origin == Origin.ROSTER,
            Assignment.assigned_at == roster.published_at,
        )
        session.execute(called_off.values(call_off_id=None))
        session.execute(
            update(RosterPlace).where(RosterPlace.roster_id == roster.id).values(lost=None)
        )
        roster.state = RosterState.DRAFT
        roster.published_at = roster.published_by = None
        of_shift: defaultdict[int, list[int]] = defaultdict(list)
        for each in freed:
            of_shift[each.shift_id].append(each.person_id)
        for shift_id, people in of_shift.items():
            about = notices.about(shift_id, now)
            notices.tell(Notice.TAKEN_OFF, people, about=about, shift_id=shift_id, now=now)
        _journal("rosters.undo", roster, actor, now, freed=len(freed))
        return len(freed)


def _parts(ids: Sequence[int], size: int = 500) -> list[Sequence[int]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]


def _journal(action: str, roster: Roster, actor: Actor, now: datetime, **body: object) -> None:
    journal.write(
        action,
        "roster",
        roster.public_id,
        actor=actor,
        now=now,
        unit_path=roster.unit.path,
        **body,
    )
