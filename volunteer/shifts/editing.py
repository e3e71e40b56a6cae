"""Changing shifts that are open already: one by itself, or many with their series."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, update

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import again_on_conflict, db, transaction
from volunteer.people.models import Person

from . import access, checkin, notices, rules
from .errors import (
    AlreadyBegun,
    Begun,
    InThePast,
    ShiftCancelled,
    ShiftOver,
    SiteClosed,
    TooManyHere,
    WouldOverlap,
    WrongNumbers,
    WrongTimes,
)
from .models import Assignment, AssignmentState, Shift, ShiftState, Site
from .notices import Notice
from .service import attended


class Details(NamedTuple):
    """All of a shift that can be changed."""

    title: str
    content: str
    site_id: int
    leader_id: int | None
    starts_at: datetime
    ends_at: datetime
    wanted: int
    capacity: int | None
    nature: str
    sign_up: str
    needs: str | None
    grants: str | None

    @property
    def told(self) -> tuple[object, ...]:
        """What people assigned are told about when it changes: content, place and time."""
        return self[:3] + self[4:6]


class Move(NamedTuple):
    """A shift, what becomes of it, and what names it from then on."""

    shift: Shift
    to: Details
    source: str | None


def details_of(shift: Shift) -> Details:
    return Details(*(getattr(shift, name) for name in Details._fields))


def people_of(shift_ids: Sequence[int]) -> dict[int, list[int]]:
    """Return who is assigned, by shift; shifts without anybody are left out."""
    found: dict[int, list[int]] = defaultdict(list)
    rows = select(Assignment.shift_id, Assignment.person_id).where(
        Assignment.shift_id.in_(shift_ids), Assignment.state == AssignmentState.ASSIGNED
    )
    for shift_id, person_id in db.session.execute(rows):
        found[shift_id].append(person_id)
    return found


def keep_cancelled(shift_ids: Sequence[int]) -> None:
    """Let those of the shifts that were called off stay cancelled when that is taken back:
    their series wants them no more. Part of a verb."""
    db.session.execute(update(Shift).where(Shift.id.in_(shift_ids)).values(call_off_id=None))


def require_possible(moves: Sequence[Move]) -> None:
    """Refuse, with names and what to do, what the people assigned cannot follow.

    Raises TooManyHere where more are assigned than would fit, WouldOverlap where somebody
    would have to be in two places at once.
    """
    people = people_of([each.shift.id for each in moves])
    for each in moves:
        here = len(people.get(each.shift.id, ()))
        if each.to.capacity is not None and here > each.to.capacity:
            raise TooManyHere(
                shift=each.to.title, begins=f"{local_day(each.shift.starts_at):%m-%d}", people=here
            )
    moved = [each for each in moves if each.to[4:6] != details_of(each.shift)[4:6]]
    if names := _in_two_places(moved, people):
        raise WouldOverlap(people="、".join(names))


def _in_two_places(moved: Sequence[Move], people: dict[int, list[int]]) -> Sequence[str]:
    """Return the names of those who would serve in two places at once, none twice."""
    concerned = {person for each in moved for person in people.get(each.shift.id, ())}
    if not concerned:
        return []
    times = {each.shift.id: (each.to.starts_at, each.to.ends_at) for each in moved}
    rows = select(
        Assignment.person_id, Assignment.shift_id, Assignment.starts_at, Assignment.ends_at
    ).where(
        Assignment.person_id.in_(concerned),
        Assignment.state == AssignmentState.ASSIGNED,
        Assignment.ends_at > min(starts for starts, _ in times.values()),
        Assignment.starts_at < max(ends for _, ends in times.values()),
    )
    theirs: dict[int, set[tuple[datetime, datetime, int]]] = defaultdict(set)
    for person_id, shift_id, starts_at, ends_at in db.session.execute(rows):
        theirs[person_id].add((*times.get(shift_id, (starts_at, ends_at)), shift_id))
    for each in moved:
        for person_id in people.get(each.shift.id, ()):
            theirs[person_id].add((*times[each.shift.id], each.shift.id))
    twice = [
        person_id
        for person_id, stays in theirs.items()
        if any(one[1] > other[0] for one, other in _pairs(sorted(stays)))
    ]
    names = select(Person.name).where(Person.id.in_(twice)).order_by(Person.name)
    return db.session.scalars(names).all() if twice else []


def _pairs(stays: list[tuple[datetime, datetime, int]]) -> Iterable[tuple[tuple, tuple]]:
    return zip(stays, stays[1:], strict=False)


def carry_out(moves: Sequence[Move], *, now: datetime) -> int:
    """Change the shifts and tell those assigned; return how many messages are owed.

    The caller has asked for permission and `require_possible`. What moves later goes last
    first, what moves earlier goes first first, so that nobody meets himself on the way.
    """
    session = db.session
    later = [each for each in moves if each.to.starts_at > each.shift.starts_at]
    rest = [each for each in moves if each.to.starts_at <= each.shift.starts_at]
    people = people_of([each.shift.id for each in moves])
    messages = 0
    for each in (
        *sorted(later, key=lambda move: move.shift.starts_at, reverse=True),
        *sorted(rest, key=lambda move: move.shift.starts_at),
    ):
        is_told = each.to.told != details_of(each.shift).told
        for name, value in each.to._asdict().items():
            setattr(each.shift, name, value)
        each.shift.source = each.source
        session.flush()
        here = people.get(each.shift.id, ())
        if is_told and here:
            about = notices.about(each.shift.id, now)
            tell = notices.tell
            tell(Notice.SHIFT_CHANGED, here, about=about, shift_id=each.shift.id, now=now)
            messages += len(here)
    return messages


@again_on_conflict
def edit(shift: Shift, to: Details, *, actor: Actor, now: datetime) -> int:
    """Change one shift; return how many people are told. A repeat changes nothing.

    Those assigned stay, and are told where content, place or time has changed. A later
    change of its series leaves it as it is now. Refused once somebody has checked in.
    """
    with transaction() as session:
        path = shift.unit.path
        access.require_schedule(actor, path)
        shift = session.get_one(Shift, shift.id, with_for_update=True, populate_existing=True)
        if shift.state == ShiftState.CANCELLED:
            raise ShiftCancelled()
        if shift.ends_at <= now:
            raise ShiftOver()
        if to == details_of(shift):
            return 0
        if attended([shift.id]):
            raise AlreadyBegun()
        _require_fitting(shift, to, actor=actor, now=now)
        move = Move(shift, to, shift.source)
        require_possible([move])
        changed = [name for name in Details._fields if getattr(shift, name) != getattr(to, name)]
        told = carry_out([move], now=now)
        shift.changed_at = now
        journal.write(
            "shifts.edit",
            "shift",
            shift.public_id,
            actor=actor,
            now=now,
            unit_path=path,
            changed=changed,
            told=told,
        )
        return told


@again_on_conflict
def wish(shift: Shift, wanted: checkin.Values, *, actor: Actor, now: datetime) -> bool:
    """Let check-in work otherwise at this shift; None leaves a matter to the level above.

    Return whether something changed; a repeat changes nothing. Refused once somebody has
    checked in, or once it has begun.
    """
    with transaction() as session:
        path = shift.unit.path
        access.require_schedule(actor, path)
        shift = session.get_one(Shift, shift.id, with_for_update=True, populate_existing=True)
        if shift.state == ShiftState.CANCELLED:
            raise ShiftCancelled()
        if shift.starts_at <= now:
            raise Begun()
        if attended([shift.id]):
            raise AlreadyBegun()
        row_id = checkin.written(shift.wishes_id, wanted, actor=actor, now=now)
        if row_id is None:
            return False
        shift.wishes_id = row_id
        session.flush()
        (shift.settings_id,) = checkin.of_plans([shift]).values()
        journal.write(
            "shifts.wish_checkin", "shift", shift.public_id, actor=actor, now=now, unit_path=path
        )
        return True


def _require_fitting(shift: Shift, to: Details, *, actor: Actor, now: datetime) -> None:
    if not rules.times_fit(to.starts_at, to.ends_at):
        raise WrongTimes()
    if to.ends_at <= now:
        raise InThePast()
    if not rules.numbers_fit(to.wanted, to.capacity):
        raise WrongNumbers()
    if to.site_id != shift.site_id:
        site = db.session.get_one(Site, to.site_id)
        access.require_schedule(actor, site.unit.path)
        if site.closed_at:
            raise SiteClosed()
