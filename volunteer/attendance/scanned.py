"""Whose card a leader has scanned, and at which of the leader's shifts that person is expected."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import and_, false, func, or_, select
from sqlalchemy.orm import aliased, contains_eager

from volunteer.core import journal
from volunteer.core.actor import READERS, SCHEDULERS, Actor
from volunteer.core.clock import local_day
from volunteer.core.db import again_on_conflict, db, transaction, within
from volunteer.people.models import Membership, Person, PersonState
from volunteer.people.rules import public_ids_of
from volunteer.shifts import service as shifts
from volunteer.shifts.models import Shift, ShiftState
from volunteer.units.models import Unit

from . import access, presence, queries, rules, service
from .asking import Request
from .errors import NotCoordinator, OwnCode, PersonUnknown, ReasonMissing
from .models import EvidenceClass
from .rules import Candidate, Offer

#: How long before check-in opens somebody who is early is told so.
AHEAD = timedelta(hours=2)
#: Check-in opens at most so long before a shift.
OPENS_AT_MOST = timedelta(minutes=240)
#: How many shifts are offered to somebody who is on no list.
MOST = 20


class Owner(NamedTuple):
    """Whose card it is. `unit_path` is empty for somebody who belongs to no unit today."""

    person_id: int
    public_id: str
    name: str
    volunteer_number: str
    state: str
    unit_name: str
    unit_path: str

    @property
    def may_serve(self) -> bool:
        return self.state == PersonState.ACTIVE and bool(self.unit_path)


class Here(NamedTuple):
    """A shift at which the person is expected, and what the leader can do there now."""

    shift: Candidate
    offer: Offer


class Met(NamedTuple):
    """Somebody who stands before the leader with a card."""

    owner: Owner
    expected: Sequence[Here]
    #: The leader's shifts that are open now and have no place for the person.
    others: Sequence[Shift]


def meet(public_id: str, *, actor: Actor, now: datetime) -> Met:
    """Tell whose card it is, and where that person is expected at the actor's shifts now.

    Raises PersonUnknown, OwnCode for the own card, and NotCoordinator for who has nothing
    to do with the person: who leads no shift now, or sees a stranger expected elsewhere.
    """
    owner = other(public_id, actor=actor, now=now)
    candidates = queries.candidates(owner.person_id, now)
    near = [c for c in candidates if c.opens_at - AHEAD <= now <= c.out_until]
    led = _led_among([c.shift_id for c in near], actor)
    expected = [
        Here(c, rules.offer(candidates, None, now, c.shift, EvidenceClass.B))
        for c in near
        if c.shift_id in led
    ]
    elsewhere = len(near) > len(expected)
    known = {here.shift.shift_id for here in expected if here.shift.assigned}
    others = [shift for shift in _open_shifts(actor, now) if shift.id not in known]
    keeps = bool(owner.unit_path) and actor.holds(owner.unit_path, *READERS)
    if not (expected or keeps) and (elsewhere or not others):
        raise NotCoordinator()
    return Met(owner, expected, others if owner.may_serve else ())


def other(public_id: str, *, actor: Actor, now: datetime) -> Owner:
    """Return whose card it is; raises PersonUnknown, and OwnCode for the own one (case 46)."""
    own = access.require_self(actor)
    owner = owner_of(public_id, local_day(now))
    if owner.person_id == own:
        raise OwnCode()
    return owner


def owner_of(public_id: str, day: date) -> Owner:
    """Return whose a public id is, with the unit of that day; a merged one's leads on.

    Raises PersonUnknown.
    """
    kept = aliased(Person)
    statement = (
        select(
            kept.id,
            kept.public_id,
            kept.name,
            kept.volunteer_number,
            kept.state,
            func.coalesce(Unit.name, ""),
            func.coalesce(Unit.path, ""),
        )
        .select_from(Person)
        .join(kept, kept.id == func.coalesce(Person.merged_into_id, Person.id))
        .outerjoin(
            Membership,
            and_(
                Membership.person_id == kept.id,
                Membership.from_on <= day,
                or_(Membership.until_on.is_(None), Membership.until_on > day),
            ),
        )
        .outerjoin(Unit, Unit.id == Membership.unit_id)
        .where(Person.public_id == public_id)
    )
    row = db.session.execute(statement).first()
    if row is None:
        raise PersonUnknown()
    return Owner._make(row)


def typed(text: str, *, actor: Actor, now: datetime) -> str | None:
    """Return the public id of the person whose short code this is; None: nobody's.

    Of two people with one code (one pair in a city, perhaps) the one whom the actor has to
    do with is meant; where that is both, or neither, nobody.
    """
    access.require_self(actor)
    bounds = public_ids_of(text)
    if bounds is None:
        return None
    found = db.session.scalars(
        select(Person.public_id).where(
            Person.public_id.between(*bounds), Person.merged_into_id.is_(None)
        )
    ).all()
    if len(found) > 1:
        found = [each for each in found if _is_met(each, actor, now)]
    return found[0] if len(found) == 1 else None


def _is_met(public_id: str, actor: Actor, now: datetime) -> bool:
    try:
        met = meet(public_id, actor=actor, now=now)
    except (NotCoordinator, OwnCode):
        return False
    return bool(met.expected) or actor.holds(met.owner.unit_path, *READERS)


def leads_now(actor: Actor, now: datetime) -> bool:
    """Tell whether somebody may type codes at all: a scheduler, or who leads a shift now."""
    return actor.is_any(*SCHEDULERS) or bool(_open_shifts(actor, now))


def _led_among(shift_ids: Sequence[int], actor: Actor) -> set[int]:
    """Return those of the shifts at which the actor may scan people."""
    statement = (
        select(Shift.id, Unit.path, Shift.leader_id)
        .join(Unit, Unit.id == Shift.unit_id)
        .where(Shift.id.in_(shift_ids))
    )
    rows = db.session.execute(statement)
    return {row[0] for row in rows if access.may_call_roll(actor, row[1], row[2])}


def _open_shifts(actor: Actor, now: datetime) -> list[Shift]:
    """Return the shifts that the actor leads or schedules and that are open now, own ones first."""
    own = false() if actor.person_id is None else Shift.leader_id == actor.person_id
    statement = (
        select(Shift)
        .join(Shift.unit)
        .join(Shift.site)
        .join(Shift.settings)
        .where(
            Shift.state == ShiftState.PLANNED,
            Shift.starts_at < now + OPENS_AT_MOST,
            Shift.ends_at >= now,
            or_(own, within(Unit.path, actor.paths(*SCHEDULERS))),
        )
        .options(contains_eager(Shift.site), contains_eager(Shift.settings))
        .order_by(Shift.starts_at, Shift.id)
    )
    found = [shift for shift in db.session.scalars(statement) if _is_open(shift, now)]
    return sorted(found, key=lambda shift: shift.leader_id != actor.person_id)[:MOST]


def _is_open(shift: Shift, now: datetime) -> bool:
    opens_at = shift.starts_at - timedelta(minutes=shift.settings.opens_before_minutes)
    stay = timedelta(minutes=shift.settings.min_stay_minutes)
    return opens_at <= now <= max(shift.ends_at - stay, shift.starts_at)


@again_on_conflict
def walk_in(request: Request, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """Put somebody down who is on no list of the shift, with a reason, and check them in.

    Nobody is put down who may not serve, nor for a shift that is not open: the check-in
    says why. The same key again returns the stored answer. Raises ReasonMissing, OwnCode,
    and the refusal of a shift for which one must have learnt something.
    """
    with transaction():
        shift = presence.shift_with(request.shift or "")
        access.require_roll(actor, shift.unit.path, shift.leader_id)
        person_id = request.person_id or 0
        if person_id == actor.person_id:
            raise OwnCode()
        if not request.note:
            raise ReasonMissing()
        if queries.stored_answer(actor.account_id or 0, request.key):
            return service.check_in(request, actor=actor, now=now)
        member = queries.member(person_id, local_day(now), lock=True)
        is_open = shift.state == ShiftState.PLANNED and _is_open(shift, now)
        if (
            is_open
            and member.may_serve
            and shifts.add_walk_in(shift, person_id, actor=actor, now=now)
        ):
            journal.write(
                "attendance.walk_in",
                "shift",
                shift.public_id,
                actor=actor,
                now=now,
                unit_path=shift.unit.path,
                person=person_id,
                reason=request.note,
            )
        return service.check_in(request, actor=actor, now=now)
