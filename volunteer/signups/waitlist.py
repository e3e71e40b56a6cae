"""The waiting list: standing on it, and who is offered a place that is free."""

from datetime import datetime

from sqlalchemy import select

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import again_on_conflict, db, transaction
from volunteer.people.models import Person
from volunteer.shifts import notices
from volunteer.shifts.models import Assignment, AssignmentState, Shift, ShiftState
from volunteer.shifts.notices import Notice
from volunteer.units.models import Unit

from . import access, queries, rules
from .errors import REFUSALS, NothingFree, NotWaiting, StillFree
from .models import Waiting, WaitingState
from .rules import Offer, Terms, Verdict

ON_THE_LIST = (WaitingState.WAITING, WaitingState.OFFERED)


@again_on_conflict
def wait(public_id: str, *, actor: Actor, now: datetime) -> Shift:
    """Put the actor on the waiting list of a full shift, at its end; a repeat changes nothing.

    Raises StillFree where there is no need to wait, else the refusal of the verdict.
    """
    with transaction() as session:
        person_id = access.require_self(actor)
        shift = queries.locked(public_id)
        offer_free(shift, now=now)
        asked = queries.asked_of(shift, person_id=person_id, now=now)
        verdict = rules.decide(
            asked,
            queries.standing(person_id, since=local_day(now)),
            gated=queries.is_gated(asked),
            terms=queries.terms(),
            now=now,
        )
        if verdict == Verdict.ALREADY_WAITING:
            return shift
        if verdict == Verdict.FREE:
            raise StillFree()
        if verdict != Verdict.FULL:
            raise REFUSALS[verdict]()
        line = queries.waiting_of(shift.id, person_id)
        if line is None:
            line = Waiting(shift_id=shift.id, person_id=person_id, is_held=False, offers=0)
            session.add(line)
        line.state, line.asked_at = WaitingState.WAITING, now
        session.flush()
        _write("signups.wait", shift, actor, now)
        return shift


@again_on_conflict
def leave(public_id: str, *, actor: Actor, now: datetime) -> Shift:
    """Take the actor off the waiting list; what was offered goes on. A repeat changes nothing."""
    with transaction() as session:
        person_id = access.require_self(actor)
        shift = queries.locked(public_id)
        line = queries.waiting_of(shift.id, person_id)
        if line is None:
            raise NotWaiting()
        if line.state in ON_THE_LIST:
            _end(line, WaitingState.LEFT)
            session.flush()
            _write("signups.leave_list", shift, actor, now)
            offer_free(shift, now=now)
        return shift


@again_on_conflict
def offer_now(public_id: str, person_public_id: str, *, actor: Actor, now: datetime) -> Shift:
    """Offer a free place to somebody who waits, before those in front; the coordinator decides.

    Raises NotWaiting, NothingFree, or what keeps the person from serving there.
    """
    with transaction():
        shift = queries.locked(public_id)
        access.require_schedule(actor, _path_of(shift))
        lapse_offers(shift, now=now)
        line = db.session.scalar(
            select(Waiting)
            .join(Waiting.person)
            .where(
                Waiting.shift_id == shift.id,
                Waiting.state.in_(ON_THE_LIST),
                Person.public_id == person_public_id,
            )
        )
        if line is None:
            raise NotWaiting()
        terms = queries.terms()
        if verdict := _hindrance(shift, line, terms, now):
            raise REFUSALS[verdict]()
        if line.state == WaitingState.OFFERED:
            return shift
        if queries.asked_of(shift, person_id=None, now=now).free == 0:
            raise NothingFree()
        _offer(shift, line, rules.offer_at(now, shift.starts_at, terms), now)
        _write("signups.offer", shift, actor, now)
        return shift


def offer_free(shift: Shift, *, now: datetime) -> int:
    """Offer what is free at a shift to those who wait, in the order in which they asked.

    The caller holds the shift's lock. Offers that were not answered in time lapse first;
    who cannot serve then (elsewhere, a day off) is passed over and goes on waiting. Returns
    how many lines changed; a repeat changes none.
    """
    changed = lapse_offers(shift, now=now)
    lines = [line for line in queries.waiting_lines(shift.id) if line.state == WaitingState.WAITING]
    if not lines:
        return changed
    terms = queries.terms()
    if shift.call_off_id and now < shift.starts_at - terms.closes_before:
        return changed  # they wait on: it may be taken back
    if shift.state != ShiftState.PLANNED or now >= shift.starts_at - terms.closes_before:
        for line in lines:
            _end(line, WaitingState.LAPSED)
        db.session.flush()
        return changed + len(lines)
    offer = rules.offer_at(now, shift.starts_at, terms)
    free = queries.asked_of(shift, person_id=None, now=now).free
    for line in lines:
        if free == 0:
            break
        if _hindrance(shift, line, terms, now):
            continue
        _offer(shift, line, offer, now)
        changed += 1
        if offer.is_held and free is not None:
            free -= 1
    return changed


def lapse_offers(shift: Shift, *, now: datetime) -> int:
    """End the offers that were not answered in time, and tell those to whom they were made.

    Where the shift is cancelled for good the whole list ends, and they are told of that.
    """
    if shift.state == ShiftState.CANCELLED and not shift.call_off_id:
        return _end_list(shift, now)
    lapsed = [
        line
        for line in queries.waiting_lines(shift.id)
        if line.offered_until is not None and line.offered_until <= now
    ]
    for line in lapsed:
        _end(line, WaitingState.LAPSED)
        _tell(Notice.PLACE_LAPSED, line, now)
    db.session.flush()
    return len(lapsed)


def _end_list(shift: Shift, now: datetime) -> int:
    lines = queries.waiting_lines(shift.id)
    for line in lines:
        _end(line, WaitingState.LAPSED)
        if shift.ends_at > now:
            _tell(Notice.SHIFT_CANCELLED, line, now)
    db.session.flush()
    return len(lines)


def settle(shift: Shift, person_id: int, *, now: datetime) -> None:
    """Take somebody who has got a place off the list; where the shift is full now, those to
    whom it was offered all at once wait on."""
    line = queries.waiting_of(shift.id, person_id)
    if line is not None and line.state in ON_THE_LIST:
        _end(line, WaitingState.TAKEN)
    if queries.asked_of(shift, person_id=None, now=now).free == 0:
        for other in queries.waiting_lines(shift.id):
            if other.state == WaitingState.OFFERED and not other.is_held:
                _end(other, WaitingState.WAITING)
    db.session.flush()


def place_freed(shift_id: int, now: datetime) -> None:
    """Offer a place that a coordinator has freed (hook of `shifts`)."""
    if shift := queries.locked_ids([shift_id]).get(shift_id):
        offer_free(shift, now=now)


def move_on(*, now: datetime) -> int:
    """Go through all waiting lists: what lapsed, what became free. Returns the lines changed.

    Each shift in a transaction of its own; run twice at a moment, the second changes nothing.
    """
    shift_ids = db.session.scalars(
        select(Waiting.shift_id).where(queries.ON_THE_LIST).distinct().order_by(Waiting.shift_id)
    ).all()
    return sum(_move_on(shift_id, now) for shift_id in shift_ids)


@again_on_conflict
def _move_on(shift_id: int, now: datetime) -> int:
    with transaction():
        shift = queries.locked_ids([shift_id])[shift_id]
        placed = set(
            db.session.scalars(
                select(Assignment.person_id).filter_by(
                    shift_id=shift_id, state=AssignmentState.ASSIGNED
                )
            )
        )
        got = [line for line in queries.waiting_lines(shift_id) if line.person_id in placed]
        for line in got:
            _end(line, WaitingState.TAKEN)
        db.session.flush()
        return len(got) + offer_free(shift, now=now)


def _hindrance(shift: Shift, line: Waiting, terms: Terms, now: datetime) -> Verdict | None:
    asked = queries.asked_of(shift, person_id=line.person_id, now=now)
    return rules.hindrance_of(
        asked,
        queries.standing(line.person_id, since=local_day(now)),
        gated=queries.is_gated(asked),
        terms=terms,
        now=now,
    )


def _offer(shift: Shift, line: Waiting, offer: Offer, now: datetime) -> None:
    line.state, line.offered_at = WaitingState.OFFERED, now
    line.offered_until, line.is_held = offer.until, offer.is_held
    line.offers += 1
    db.session.flush()
    _tell(Notice.PLACE_OFFERED, line, now)


def _end(line: Waiting, state: WaitingState) -> None:
    line.state, line.offered_until, line.is_held = state, None, False


def _tell(notice: Notice, line: Waiting, now: datetime) -> None:
    about = f"list:{line.id}:{line.offers}"
    notices.tell(notice, [line.person_id], about=about, shift_id=line.shift_id, now=now)


def _path_of(shift: Shift) -> str:
    return db.session.get_one(Unit, shift.unit_id).path


def _write(action: str, shift: Shift, actor: Actor, now: datetime) -> None:
    journal.write(action, "shift", shift.public_id, actor=actor, now=now, unit_path=_path_of(shift))
