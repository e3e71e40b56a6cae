"""Asking a colleague to take over a place, against one of the other's or not; and the answer."""

import secrets
from datetime import datetime

from sqlalchemy import select, update

from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import again_on_conflict, db, transaction
from volunteer.core.errors import NotFound
from volunteer.core.i18n import N_, say
from volunteer.people import queries as people
from volunteer.people.models import Person
from volunteer.shifts import notices
from volunteer.shifts.models import Assignment, AssignmentState, Origin, Shift, ShiftState
from volunteer.shifts.notices import Notice

from . import access, colleagues, queries, rules, taking
from .errors import (
    REFUSALS,
    IsThere,
    NoColleague,
    NoPlace,
    NotTheirPlace,
    OtherHindered,
    SwapAlready,
    SwapGone,
)
from .models import Swap, SwapState
from .rules import Verdict

#: Why the other one cannot take the place, told to the one who says yes.
REASONS = {
    Verdict.OVERLAPPING: N_("serves elsewhere at that time"),
    Verdict.DAY_OFF: N_("cannot serve on that day"),
    Verdict.EXEMPT: N_("is exempt on that day"),
    Verdict.NOT_QUALIFIED: N_("does not have the training"),
    Verdict.ALREADY_IN: N_("has a place there already"),
}
OTHERWISE = N_("the shift can no longer be changed")


@again_on_conflict
def ask(
    public_id: str, colleague: str | None, returns: str | None, *, actor: Actor, now: datetime
) -> Swap:
    """Ask a colleague of the actor's unit to take over the actor's place at a shift.

    `colleague` is a public id, None asks anybody of the unit; `returns` is a shift of the
    colleague's whose place the actor takes in return. The same asked twice is one request.
    Raises NoPlace, NoColleague, NotTheirPlace, SwapAlready, or why the actor cannot have the
    other place.
    """
    with transaction() as session:
        asker_id = access.require_self(actor)
        shift = queries.locked(public_id)
        unit = people.unit_on(asker_id, local_day(now))
        if not _has_place(shift, asker_id) or shift.starts_at <= now:
            raise NoPlace()
        other = None
        if unit is None:
            raise NoColleague()
        if colleague is not None:
            other = colleagues.named(colleague, unit_id=unit.id, but=asker_id, on=local_day(now))
            if other is None or _has_place(shift, other.id):
                raise NoColleague()
        returned = _returned(returns, other, asker_id, shift, now)
        facts = {
            "asked_id": other and other.id,
            "returns_id": returned and returned.id,
            "unit_id": unit.id,
        }
        of_mine = select(Swap).filter_by(
            shift_id=shift.id, asker_id=asker_id, state=SwapState.ASKED
        )
        if known := session.scalar(of_mine):
            if any(getattr(known, name) != fact for name, fact in facts.items()):
                raise SwapAlready()
            return known
        made = Swap(
            public_id=secrets.token_hex(8),
            shift_id=shift.id,
            asker_id=asker_id,
            state=SwapState.ASKED,
            asked_at=now,
            **facts,
        )
        session.add(made)
        session.flush()
        told = [other.id] if other else colleagues.free_at(shift, unit_id=unit.id, but=asker_id)
        notices.tell(Notice.SWAP_ASKED, told, about=f"swap:{made.id}", shift_id=shift.id, now=now)
        taking.write("signups.ask", shift, actor, now, swap=made.public_id)
        return made


def _has_place(shift: Shift, person_id: int) -> bool:
    held = queries.assignment_of(shift.id, person_id)
    takes_place = shift.state == ShiftState.PLANNED
    return takes_place and held is not None and held.state == AssignmentState.ASSIGNED


def _returned(
    public_id: str | None, other: Person | None, asker_id: int, given: Shift, now: datetime
) -> Shift | None:
    """Return the other's shift that is to come back, None where nothing is asked in return."""
    if public_id is None:
        return None
    shift = db.session.scalar(select(Shift).filter_by(public_id=public_id))
    if shift is None or other is None or shift.starts_at <= now:
        raise NotTheirPlace()
    if not _has_place(shift, other.id):
        raise NotTheirPlace()
    if verdict := _hindrance(shift, asker_id, given.id, now):
        raise REFUSALS[verdict]()
    return shift


def _hindrance(
    shift: Shift, person_id: int, instead_of: int | None, now: datetime
) -> Verdict | None:
    asked = queries.asked_of(shift, person_id=person_id, now=now)
    return rules.hindrance_of(
        asked,
        queries.standing(person_id, since=local_day(now)),
        gated=queries.is_gated(asked),
        terms=queries.terms(),
        now=now,
        instead_of=instead_of,
    )


@again_on_conflict
def accept(swap_id: str, *, actor: Actor, now: datetime) -> Swap:
    """Say yes: the place changes hands, and with a swap the other one too, both or none.

    Of two who say yes at once one gets the place; the other is told SwapGone. A repeat by
    the same person changes nothing. Raises NotFound, or why it cannot be.
    """
    with transaction() as session:
        person_id = access.require_self(actor)
        asked = colleagues.request_to(swap_id, person_id, on=local_day(now))
        locked = queries.locked_ids({asked.shift_id, asked.returns_id or asked.shift_id})
        swap = session.get_one(Swap, asked.id, with_for_update=True, populate_existing=True)
        if swap.state == SwapState.ACCEPTED and swap.taken_by == person_id:
            return swap
        shift = locked[swap.shift_id]
        gives = _place_of(shift, swap.asker_id)
        if swap.state != SwapState.ASKED or gives is None or shift.starts_at <= now:
            raise SwapGone()
        if any(ask(shift.id, swap.asker_id) for ask in taking.has_checked_in):
            raise IsThere()
        if verdict := _hindrance(shift, person_id, swap.returns_id, now):
            raise REFUSALS[verdict]()
        returns = locked[swap.returns_id] if swap.returns_id else None
        given_back = None
        if returns is not None:
            given_back = _place_of(returns, person_id)
            if given_back is None:
                raise NotTheirPlace()
            if any(ask(returns.id, person_id) for ask in taking.has_checked_in):
                raise IsThere()
            if verdict := _hindrance(returns, swap.asker_id, shift.id, now):
                asker = session.get_one(Person, swap.asker_id)
                raise OtherHindered(
                    name=asker.name, reason=say(REASONS.get(verdict, OTHERWISE), {})
                )
        swap.state, swap.answered_at, swap.taken_by = SwapState.ACCEPTED, now, person_id
        for each in filter(None, (gives, given_back)):
            each.state = AssignmentState.CANCELLED
        session.flush()  # both are given up before either is taken
        taking.place(shift, person_id, origin=Origin.SWAP, actor=actor, now=now)
        taking.end_requests(shift.id, swap.asker_id, now=now)
        if returns is not None:
            taking.place(returns, swap.asker_id, origin=Origin.SWAP, actor=actor, now=now)
            taking.end_requests(returns.id, person_id, now=now)
        _tell_of(swap, [each for each in (shift, returns) if each], person_id, now)
        taking.write("signups.swap", shift, actor, now, swap=swap.public_id)
        return swap


def _place_of(shift: Shift, person_id: int) -> Assignment | None:
    held = queries.assignment_of(shift.id, person_id)
    is_held = held is not None and held.state == AssignmentState.ASSIGNED
    return held if is_held and shift.state == ShiftState.PLANNED else None


def _tell_of(swap: Swap, changed: list[Shift], person_id: int, now: datetime) -> None:
    about = f"swap:{swap.id}"
    notices.tell(
        Notice.SWAP_ANSWERED, [swap.asker_id], about=about, shift_id=swap.shift_id, now=now
    )
    for shift in changed:
        about = f"swap:{swap.id}:{'a' if shift.id == swap.shift_id else 'b'}"
        taking.tell_leaders(Notice.PLACE_SWAPPED, shift, about, but=person_id, now=now)


def refuse(swap_id: str, *, actor: Actor, now: datetime) -> Swap:
    """Say no to a request made to the actor by name; a repeat changes nothing."""
    with transaction() as session:
        person_id = access.require_self(actor)
        asked = colleagues.request_to(swap_id, person_id, on=local_day(now))
        swap = session.get_one(Swap, asked.id, with_for_update=True, populate_existing=True)
        if swap.asked_id != person_id:
            raise NotFound()
        if swap.state == SwapState.ASKED:
            swap.state, swap.answered_at = SwapState.REFUSED, now
            session.flush()
            about = f"swap:{swap.id}"
            notices.tell(
                Notice.SWAP_ANSWERED, [swap.asker_id], about=about, shift_id=swap.shift_id, now=now
            )
        elif swap.state != SwapState.REFUSED:
            raise SwapGone()
        return swap


def take_back(swap_id: str, *, actor: Actor, now: datetime) -> Swap:
    """Take back what the actor has asked; a repeat changes nothing. Raises SwapGone."""
    with transaction() as session:
        person_id = access.require_self(actor)
        swap = session.scalar(
            select(Swap).filter_by(public_id=swap_id, asker_id=person_id).with_for_update()
        )
        if swap is None:
            raise NotFound()
        if swap.state == SwapState.ASKED:
            swap.state, swap.answered_at = SwapState.TAKEN_BACK, now
        elif swap.state != SwapState.TAKEN_BACK:
            raise SwapGone()
        return swap


def lapse(*, now: datetime) -> int:
    """End the requests whose shift has begun or is cancelled; return how many."""
    with transaction() as session:
        over = select(Shift.id).where(
            (Shift.starts_at <= now) | (Shift.state == ShiftState.CANCELLED)
        )
        open_ones = select(Swap.id).where(
            Swap.state == SwapState.ASKED, Swap.shift_id.in_(over) | Swap.returns_id.in_(over)
        )
        ended = session.scalars(open_ones).all()
        session.execute(
            update(Swap)
            .where(Swap.id.in_(ended), Swap.state == SwapState.ASKED)
            .values(state=SwapState.LAPSED, answered_at=now)
        )
        return len(ended)
