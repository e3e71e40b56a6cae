"""Changes to sites, shifts and assignments."""

import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert_postgresql
from sqlalchemy.dialects.sqlite import insert as upsert_sqlite

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import again_on_conflict, dialect, transaction
from volunteer.core.errors import NotFound
from volunteer.people.models import Person, QualificationKind
from volunteer.units.models import Unit

from . import access, candidates, checkin, gate, notices, queries, rules, walk_ins
from .errors import (
    BeyondWanted,
    HasAttendance,
    InThePast,
    NotAssigned,
    Overlapping,
    PeopleUnknown,
    ShiftCancelled,
    ShiftFull,
    ShiftOver,
    SiteClosed,
    SiteExists,
    WrongNumbers,
    WrongTimes,
)
from .gate import gates as gates
from .models import (
    Assignment,
    AssignmentState,
    FenceMode,
    Nature,
    Origin,
    Shift,
    ShiftKind,
    ShiftState,
    SignUp,
    Site,
)
from .notices import Notice

#: Returns those of some shifts at which somebody has checked in; `features.py` sets it.
attended_among: list[Callable[[Sequence[int]], set[int]]] = []

#: Told that a place has become free, in the verb's transaction: (shift, now).
place_freed: list[Callable[[int, datetime], None]] = []
add_walk_in, take_walk_in_back = walk_ins.add_walk_in, walk_ins.take_walk_in_back


def attended(shift_ids: Sequence[int]) -> set[int]:
    """Return those of the shifts at which somebody has checked in."""
    return {shift_id for ask in attended_among for shift_id in ask(shift_ids)}


def new_public_id() -> str:
    """Return eight random bytes in hexadecimal: an address that says nothing."""
    return secrets.token_hex(8)


def create_site(
    *,
    code: str,
    name: str,
    unit: Unit,
    address: str | None,
    grid_id: int | None = None,
    actor: Actor,
    now: datetime,
) -> Site:
    """Register a place where a code will hang; a code already used is refused."""
    with transaction() as session:
        access.require_schedule(actor, unit.path)
        if session.scalar(select(Site.id).where(Site.code == code)):
            raise SiteExists(site=code)
        site = Site(
            code=code,
            public_id=new_public_id(),
            name=name,
            address=address,
            unit_id=unit.id,
            grid_id=grid_id,
            fence_mode=FenceMode.OFF,
            qr_epoch=1,
        )
        session.add(site)
        session.flush()
        journal.write("sites.create", "site", code, actor=actor, now=now, unit_path=unit.path)
        return site


def revoke_posters(site: Site, *, actor: Actor, now: datetime) -> Site:
    """Make every printed code of the site invalid; new ones must be printed."""
    with transaction() as session:
        path = site.unit.path
        access.require_schedule(actor, path)
        site = session.get_one(Site, site.id, with_for_update=True, populate_existing=True)
        site.qr_epoch = epoch = site.qr_epoch + 1
        journal.write(
            "sites.revoke", "site", site.code, actor=actor, now=now, unit_path=path, epoch=epoch
        )
        return site


class Plan(NamedTuple):
    """A shift to be opened; `source` makes opening it twice open it once."""

    kind: ShiftKind
    unit_id: int
    site_id: int
    leader_id: int | None
    title: str
    content: str
    starts_at: datetime
    ends_at: datetime
    wanted: int
    capacity: int | None
    nature: Nature
    source: str | None
    sign_up: SignUp = SignUp.ASSIGNED_ONLY
    needs: QualificationKind | None = None
    grants: QualificationKind | None = None
    wishes_id: int | None = None


@again_on_conflict
def open_shift(
    *,
    site: Site,
    starts_at: datetime,
    ends_at: datetime,
    title: str | None = None,
    content: str | None = None,
    leader_id: int | None = None,
    wanted: int = 0,
    capacity: int | None = None,
    nature: Nature = Nature.VOLUNTARY,
    key: str | None = None,
    actor: Actor,
    now: datetime,
) -> Shift:
    """Open one shift at a site. Title defaults to the site's name, content to the title,
    the leader to the unit's coordinator, so that the record names all of R2.

    `key`, 16 hexadecimal digits made by the page, becomes the public id: a form sent twice
    opens once, and the second gets the first one's shift.
    """
    with transaction() as session:
        access.require_schedule(actor, site.unit.path)
        if key and (known := session.scalar(select(Shift).where(Shift.public_id == key))):
            if known.site_id != site.id:
                raise NotFound()
            return known
        if site.closed_at:
            raise SiteClosed()
        if not rules.times_fit(starts_at, ends_at):
            raise WrongTimes()
        if ends_at <= now:
            raise InThePast()
        if not rules.numbers_fit(wanted, capacity):
            raise WrongNumbers()
        title = title or site.name
        shift = Shift(
            public_id=key or new_public_id(),
            kind=ShiftKind.SINGLE,
            unit_id=site.unit_id,
            site_id=site.id,
            leader_id=leader_id or queries.coordinator_of(site.unit),
            title=title,
            content=content or title,
            starts_at=starts_at,
            ends_at=ends_at,
            wanted=wanted,
            capacity=capacity,
            nature=nature,
            settings_id=checkin.settings_ids([here := checkin.Place(site.unit_id)])[here],
            state=ShiftState.PLANNED,
        )
        session.add(shift)
        session.flush()
        _journal("shifts.open", shift, site.unit.path, actor, now)
        return shift


def open_missing(plans: Iterable[Plan]) -> int:
    """Open the planned shifts that are not there yet; return how many are new.

    The caller has asked for permission. Running it again opens nothing: `source` is the
    key, and a shift that was cancelled or moved keeps its source and stays as it is.
    """
    insert = upsert_sqlite if dialect() == "sqlite" else upsert_postgresql
    with transaction() as session:
        wished = {plan.source: plan for plan in plans}
        for known in queries.sources_there(wished):
            del wished[known]
        settings = checkin.of_plans(wished.values()) if wished else {}
        rows = [
            {
                **plan._asdict(),
                "public_id": new_public_id(),
                "settings_id": settings[plan.source],
                "state": ShiftState.PLANNED,
            }
            for plan in wished.values()
        ]
        if not rows:
            return 0
        opened = session.scalars(
            insert(Shift).on_conflict_do_nothing(index_elements=["source"]).returning(Shift.id),
            rows,
        )
        return len(opened.all())


@again_on_conflict
def assign(
    shift: Shift,
    person_ids: Sequence[int],
    *,
    beyond_wanted: bool = False,
    origin: Origin = Origin.COORDINATOR,
    is_told: bool = False,
    actor: Actor,
    now: datetime,
) -> int:
    """Assign people to a shift, all or none; return how many are new, and tell them if asked.

    More than `wanted` asks first (`beyond_wanted` says yes), more than `capacity` is
    refused, a person who serves elsewhere at that time is refused by name. Somebody
    already assigned is left as is. A lost race is decided again (R14, city.md).
    """
    with transaction() as session:
        path = shift.unit.path
        access.require_schedule(actor, path)
        shift = session.get_one(Shift, shift.id, with_for_update=True, populate_existing=True)
        if shift.state == ShiftState.CANCELLED:
            raise ShiftCancelled()
        if shift.ends_at <= now:
            raise ShiftOver()
        known = {
            row.person_id: row
            for row in session.scalars(select(Assignment).where(Assignment.shift_id == shift.id))
        }
        wished = dict.fromkeys(person_ids)
        new = [p for p in wished if p not in known or known[p].state != AssignmentState.ASSIGNED]
        if not new:
            return 0
        total = queries.assigned_count(shift.id) + len(new)
        if shift.capacity is not None and total > shift.capacity:
            raise ShiftFull(capacity=shift.capacity, assigned=total - len(new))
        if shift.wanted and total > shift.wanted and not beyond_wanted:
            raise BeyondWanted(wanted=shift.wanted, assigned=total)
        gate.require_trained(shift, new, now)
        if names := queries.clashes(new, shift):
            raise Overlapping(people="、".join(names))
        for person_id in new:
            if old := known.get(person_id):
                old.state, old.origin = AssignmentState.ASSIGNED, origin
                old.assigned_at, old.assigned_by = now, actor.account_id
                continue
            session.add(
                Assignment(
                    shift_id=shift.id,
                    person_id=person_id,
                    starts_at=shift.starts_at,
                    ends_at=shift.ends_at,
                    state=AssignmentState.ASSIGNED,
                    assigned_at=now,
                    assigned_by=actor.account_id,
                    origin=origin,
                )
            )
        session.flush()
        if is_told:
            _tell(Notice.ASSIGNED, new, shift, now)
        _journal("shifts.assign", shift, path, actor, now, people=len(new))
        return len(new)


@again_on_conflict
def assign_listed(
    shift: Shift,
    public_ids: Sequence[str],
    *,
    beyond_wanted: bool = False,
    actor: Actor,
    now: datetime,
) -> int:
    """Assign people named by their public ids and tell them; with one foreign id among them
    nothing is done."""
    with transaction():
        under = access.require_scheduler(actor)
        wished = set(public_ids)
        day = local_day(shift.starts_at)
        found = candidates.people_by_public_id(wished, under=under, day=day)
        if len(found) != len(wished):
            raise PeopleUnknown(people=len(wished) - len(found))
        people, sure = list(found.values()), beyond_wanted
        return assign(shift, people, beyond_wanted=sure, is_told=True, actor=actor, now=now)


def unassign(
    shift: Shift, person_public_id: str, *, is_told: bool = True, actor: Actor, now: datetime
) -> None:
    """Take a person off a shift that is not over, and tell him; a repeat is refused as not
    assigned."""
    with transaction() as session:
        path = shift.unit.path
        access.require_schedule(actor, path)
        if shift.ends_at <= now:
            raise ShiftOver()
        session.get_one(Shift, shift.id, with_for_update=True, populate_existing=True)
        assignment = session.scalar(
            select(Assignment)
            .join(Person, Person.id == Assignment.person_id)
            .where(
                Assignment.shift_id == shift.id,
                Person.public_id == person_public_id,
                Assignment.state == AssignmentState.ASSIGNED,
            )
            .with_for_update(of=Assignment)
        )
        if assignment is None:
            raise NotAssigned()
        assignment.state = AssignmentState.CANCELLED
        session.flush()
        if is_told:
            _tell(Notice.TAKEN_OFF, [assignment.person_id], shift, now)
        _journal("shifts.unassign", shift, path, actor, now)
        for offer_on in place_freed:
            offer_on(shift.id, now)


def _tell(notice: Notice, people: Sequence[int], shift: Shift, now: datetime) -> None:
    """Tell people what becomes of them at a shift, as often as it happens."""
    about = notices.about(shift.id, now)
    notices.tell(notice, people, about=about, shift_id=shift.id, now=now)


def cancel(shift: Shift, *, reason: str, actor: Actor, now: datetime) -> None:
    """Cancel a shift with a reason (R53); those assigned are free again and are told.

    Refused once somebody has checked in. A repeat is refused as cancelled.
    """
    with transaction() as session:
        path = shift.unit.path
        access.require_schedule(actor, path)
        shift = session.get_one(Shift, shift.id, with_for_update=True, populate_existing=True)
        if shift.state == ShiftState.CANCELLED:
            raise ShiftCancelled()
        if attended([shift.id]):
            raise HasAttendance()
        theirs = (Assignment.shift_id == shift.id, Assignment.state == AssignmentState.ASSIGNED)
        people = session.scalars(select(Assignment.person_id).where(*theirs)).all()
        shift.state, shift.cancel_reason = ShiftState.CANCELLED, reason
        session.execute(update(Assignment).where(*theirs).values(state=AssignmentState.CANCELLED))
        about = f"shift:{shift.id}"
        notices.tell(Notice.SHIFT_CANCELLED, people, about=about, shift_id=shift.id, now=now)
        _journal("shifts.cancel", shift, path, actor, now, people=len(people))


def cancel_idle(source: str, *, reason: str, now: datetime) -> int:
    """Cancel the shifts to come whose source begins with `source` and to which nobody is
    assigned; return how many. The caller has asked for permission and writes the journal.
    Those with people, or where somebody has checked in, stay; what was called off stays so.
    """
    with transaction() as session:
        to_come = select(Shift.id).where(
            Shift.starts_at > now,
            Shift.source.startswith(source, autoescape=True),
            Shift.state == ShiftState.PLANNED,
        )
        locked = session.scalars(to_come.with_for_update()).all()
        there = (Assignment.shift_id.in_(to_come), Assignment.state == AssignmentState.ASSIGNED)
        taken = set(session.scalars(select(Assignment.shift_id).where(*there)))
        taken |= attended(locked)
        idle = [shift_id for shift_id in locked if shift_id not in taken]
        if idle:
            session.execute(
                update(Shift)
                .where(Shift.id.in_(idle))
                .values(state=ShiftState.CANCELLED, cancel_reason=reason)
            )
        off = Shift.call_off_id.is_not(None) & Shift.source.startswith(source, autoescape=True)
        session.execute(update(Shift).where(off).values(call_off_id=None))
        return len(idle)


def _journal(
    action: str, shift: Shift, path: str, actor: Actor, now: datetime, **body: object
) -> None:
    journal.write(action, "shift", shift.public_id, actor=actor, now=now, unit_path=path, **body)
