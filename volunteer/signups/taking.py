"""Taking a place, giving it up, and thinking better of it."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, update

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import again_on_conflict, db, transaction
from volunteer.people.models import Person
from volunteer.shifts import notices
from volunteer.shifts import queries as shifts
from volunteer.shifts.models import Assignment, AssignmentState, Origin, Shift, ShiftState
from volunteer.shifts.notices import Notice
from volunteer.targets.models import TrainingGate
from volunteer.units.models import Unit

from . import access, queries, rules, waitlist
from .errors import REFUSALS, IsThere, NoPlace, Over, PlaceGone, TooLateToUndo
from .models import Swap, SwapState, WaitingState
from .rules import Asked, Standing, Terms, Verdict

#: Tells whether a person has checked in at a shift; `features.py` sets it.
has_checked_in: list[Callable[[int, int], bool]] = []


@again_on_conflict
def take(public_id: str, *, actor: Actor, now: datetime) -> Shift:
    """Give the actor a place at a shift; whoever has one keeps it, so a repeat is one place.

    Raises the refusal of the verdict. It is decided under the shift's lock; what the database
    refuses all the same is decided once more.
    """
    with transaction():
        person_id = access.require_self(actor)
        shift = queries.locked(public_id)
        waitlist.offer_free(shift, now=now)
        verdict = look(shift, person_id, now=now).verdict
        if verdict == Verdict.ALREADY_IN:
            return shift
        if verdict != Verdict.FREE:
            raise REFUSALS[verdict]()
        line = queries.waiting_of(shift.id, person_id)
        waited = line is not None and line.state == WaitingState.OFFERED
        origin = Origin.WAITING_LIST if waited else Origin.SELF
        place(shift, person_id, origin=origin, actor=actor, now=now)
        write("signups.take", shift, actor, now, origin=str(origin))
        return shift


class Look(NamedTuple):
    """How things stand for a person at a shift, and what was read to tell."""

    verdict: Verdict
    asked: Asked
    mine: Standing
    terms: Terms
    gate: str


def look(shift: Shift, person_id: int, *, now: datetime) -> Look:
    """Tell whether a person may sign up for a shift, as things stand."""
    asked = queries.asked_of(shift, person_id=person_id, now=now)
    mine = queries.standing(person_id, since=local_day(now))
    terms = queries.terms()
    gate = queries.gate(asked)
    gated = gate == TrainingGate.REFUSE
    verdict = rules.decide(asked, mine, gated=gated, terms=terms, now=now)
    return Look(verdict, asked, mine, terms, gate)


def place(shift: Shift, person_id: int, *, origin: Origin, actor: Actor, now: datetime) -> None:
    """Write the place down; the caller holds the shift's lock and has decided."""
    session = db.session()
    held = queries.assignment_of(shift.id, person_id)
    if held is None:
        held = Assignment(
            shift_id=shift.id,
            person_id=person_id,
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
        )
        session.add(held)
    held.state = AssignmentState.ASSIGNED
    held.assigned_at, held.assigned_by = now, actor.account_id
    held.origin, held.withdrawn_at = origin, None
    session.flush()
    waitlist.settle(shift, person_id, now=now)


@again_on_conflict
def withdraw(public_id: str, *, actor: Actor, now: datetime) -> Shift:
    """Write down that the actor cannot come (R27): no approval, no consequence, no reason.

    Leader and coordinator are told, and the place is offered to who waits. A repeat changes
    nothing. Raises NoPlace, IsThere, Over.
    """
    with transaction():
        person_id = access.require_self(actor)
        shift = queries.locked(public_id)
        _give_up(shift, person_id, actor=actor, now=now)
        return shift


@again_on_conflict
def excuse(public_id: str, person_public_id: str, *, actor: Actor, now: datetime) -> Shift:
    """The same for somebody who has told the coordinator, and has no phone."""
    with transaction() as session:
        shift = queries.locked(public_id)
        access.require_schedule(actor, path_of(shift))
        person = session.scalar(select(Person).filter_by(public_id=person_public_id))
        if person is None:
            raise NoPlace()
        _give_up(shift, person.id, actor=actor, now=now)
        return shift


def _give_up(shift: Shift, person_id: int, *, actor: Actor, now: datetime) -> None:
    held = queries.assignment_of(shift.id, person_id)
    if held is None or held.state not in (AssignmentState.ASSIGNED, AssignmentState.EXCUSED):
        raise NoPlace()
    if held.state == AssignmentState.EXCUSED:
        return
    if any(ask(shift.id, person_id) for ask in has_checked_in):
        raise IsThere()
    if shift.ends_at <= now:
        raise Over()
    held.state, held.withdrawn_at = AssignmentState.EXCUSED, now
    db.session.flush()
    end_requests(shift.id, person_id, now=now)
    late = rules.is_late(now, shift.starts_at, queries.terms())
    write("signups.withdraw", shift, actor, now, late=late)
    about = f"{held.id}:{int(now.timestamp()) // 60:x}"
    tell_leaders(Notice.PLACE_GIVEN_UP, shift, about, but=person_id, now=now)
    waitlist.offer_free(shift, now=now)


@again_on_conflict
def undo(public_id: str, *, actor: Actor, now: datetime) -> Shift:
    """Give the actor the place back that he gave up a moment ago, where it is still free.

    A repeat changes nothing. Raises NoPlace, TooLateToUndo, PlaceGone, or why not.
    """
    with transaction() as session:
        person_id = access.require_self(actor)
        shift = queries.locked(public_id)
        held = queries.assignment_of(shift.id, person_id)
        if held is None:
            raise NoPlace()
        if held.state == AssignmentState.ASSIGNED:
            return shift
        terms = queries.terms()
        if not may_undo(held, terms, now=now):
            raise TooLateToUndo()
        asked = queries.asked_of(shift, person_id=person_id, now=now)
        verdict = rules.hindrance_of(
            asked,
            queries.standing(person_id, since=local_day(now)),
            gated=False,  # whoever had the place keeps it
            terms=terms,
            now=now,
        )
        if verdict:
            raise REFUSALS[verdict]()
        if asked.free == 0:
            raise PlaceGone()
        held.state, held.withdrawn_at = AssignmentState.ASSIGNED, None
        session.flush()
        waitlist.settle(shift, person_id, now=now)
        write("signups.undo", shift, actor, now)
        return shift


def may_undo(held: Assignment, terms: Terms, *, now: datetime) -> bool:
    """Tell whether somebody who cannot come may still take it back."""
    if held.state != AssignmentState.EXCUSED or held.withdrawn_at is None:
        return False
    return now - held.withdrawn_at <= terms.undo


def end_requests(shift_id: int, person_id: int, *, now: datetime) -> None:
    """End what a person has asked about a place that is no longer the person's own."""
    db.session.execute(
        update(Swap)
        .where(
            Swap.state == SwapState.ASKED,
            ((Swap.shift_id == shift_id) & (Swap.asker_id == person_id))
            | ((Swap.returns_id == shift_id) & (Swap.asked_id == person_id)),
        )
        .values(state=SwapState.LAPSED, answered_at=now)
    )


def tell_leaders(notice: Notice, shift: Shift, about: str, *, but: int, now: datetime) -> None:
    """Tell the shift's leader and the unit's coordinator, as far as they are not `but`."""
    if shift.state != ShiftState.PLANNED:
        return
    unit = db.session.get_one(Unit, shift.unit_id)
    told = {shift.leader_id, shifts.coordinator_of(unit)} - {None, but}
    people = [person_id for person_id in sorted(told, key=str) if person_id]
    notices.tell(notice, people, about=about, shift_id=shift.id, now=now)


def path_of(shift: Shift) -> str:
    return db.session.get_one(Unit, shift.unit_id).path


def write(action: str, shift: Shift, actor: Actor, now: datetime, **body: object) -> None:
    """Write down what was done at a shift."""
    journal.write(
        action, "shift", shift.public_id, actor=actor, now=now, unit_path=path_of(shift), **body
    )
