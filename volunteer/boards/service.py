"""Changes made on the boards: moving somebody, taking it back, asking people, inspections."""

from datetime import date, datetime, timedelta

from sqlalchemy import select

from volunteer.attendance import queries as attendance
from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import again_on_conflict, db, transaction
from volunteer.core.errors import NotFound
from volunteer.shifts import notices
from volunteer.shifts import queries as shift_queries
from volunteer.shifts import service as shifts
from volunteer.shifts.errors import ShiftCancelled, ShiftOver
from volunteer.shifts.models import Assignment, AssignmentState, Shift, ShiftState, SignUp
from volunteer.shifts.notices import Notice
from volunteer.signups.errors import IsThere
from volunteer.units import rules as unit_rules
from volunteer.units.models import Unit

from . import access, inspections, queries, rules
from .errors import (
    InspectionOver,
    MovedAlready,
    NobodyFree,
    NothingMissing,
    SameShift,
    TooLateToUndo,
    WrongDays,
)
from .models import CallForHelp, Inspection, PlaceMove


@again_on_conflict
def move(
    place_id: int, to: str, *, beyond_wanted: bool = False, actor: Actor, now: datetime
) -> PlaceMove:
    """Move a person from the place `place_id` to the shift `to`: both or neither.

    The two shifts must be the actor's to schedule. Refused as assigning is: cancelled, over,
    full, overlapping, not trained, beyond what is wanted unless `beyond_wanted`; SameShift;
    and IsThere, where the person has checked in at the shift to be left.
    A repeat returns the move that was made; somebody moved elsewhere meanwhile is
    MovedAlready. The person is told of both.
    """
    with transaction() as session:
        under = access.require_scheduler(actor)
        place = queries.place(place_id, under=under)
        session.refresh(place, with_for_update={"of": Assignment})
        target = shift_queries.shift(to, under=under)
        if target.id == place.shift_id:
            raise SameShift()
        source, person = place.shift, place.person
        if place.state != AssignmentState.ASSIGNED:
            if made := _made(place, target):
                return made
            raise MovedAlready()
        _require_not_there(source, person.id)
        shifts.unassign(source, person.public_id, is_told=False, actor=actor, now=now)
        session.flush()  # free there before he is asked for here
        shifts.assign(target, [person.id], beyond_wanted=beyond_wanted, actor=actor, now=now)
        made = PlaceMove(
            person_id=person.id,
            from_shift_id=source.id,
            to_shift_id=target.id,
            moved_at=now,
            moved_by=actor.account_id,
        )
        session.add(made)
        session.flush()
        about = f"move:{made.id}"
        notices.tell(Notice.TAKEN_OFF, [person.id], about=about, shift_id=source.id, now=now)
        notices.tell(Notice.ASSIGNED, [person.id], about=about, shift_id=target.id, now=now)
        journal.write(
            "boards.move",
            "shift",
            target.public_id,
            actor=actor,
            now=now,
            unit_path=target.unit.path,
            from_shift=source.public_id,
        )
        return made


def _require_not_there(shift: Shift, person_id: int) -> None:
    if attendance.has_checked_in(shift.id, person_id):
        raise IsThere()


def _made(place: Assignment, target: Shift) -> PlaceMove | None:
    """Return the move from a place to a shift that has been made and stands."""
    statement = (
        select(PlaceMove)
        .where(
            PlaceMove.person_id == place.person_id,
            PlaceMove.from_shift_id == place.shift_id,
            PlaceMove.to_shift_id == target.id,
            PlaceMove.undone_at.is_(None),
        )
        .order_by(PlaceMove.id.desc())
        .limit(1)
    )
    return db.session.scalar(statement)


@again_on_conflict
def undo_move(move_id: int, *, actor: Actor, now: datetime) -> PlaceMove:
    """Take a move back within 15 minutes; a repeat changes nothing.

    Refused where the place left has been given to somebody else, as assigning is, and where
    the person has checked in at the new one meanwhile (IsThere).
    """
    with transaction() as session:
        under = access.require_scheduler(actor)
        made = session.get(PlaceMove, move_id, with_for_update=True, populate_existing=True)
        if made is None:
            raise NotFound()
        source, target = made.from_shift, made.to_shift
        if not all(each.unit.path.startswith(under) for each in (source, target)):
            raise NotFound()
        if made.undone_at is not None:
            return made
        if now - made.moved_at > rules.UNDO:
            raise TooLateToUndo()
        person = made.person
        _require_not_there(target, person.id)
        shifts.unassign(target, person.public_id, is_told=False, actor=actor, now=now)
        session.flush()
        shifts.assign(source, [person.id], beyond_wanted=True, actor=actor, now=now)
        made.undone_at = now
        about = f"move:{made.id}:back"
        notices.tell(Notice.TAKEN_OFF, [person.id], about=about, shift_id=target.id, now=now)
        notices.tell(Notice.ASSIGNED, [person.id], about=about, shift_id=source.id, now=now)
        journal.write(
            "boards.undo_move",
            "shift",
            source.public_id,
            actor=actor,
            now=now,
            unit_path=source.unit.path,
            from_shift=target.public_id,
        )
        return made


@again_on_conflict
def ask(shift: Shift, *, actor: Actor, now: datetime) -> int:
    """Ask the free people of a shift's unit to fill it; return how many are asked.

    The shift is opened for signing up, so that they can. Each person is told once about a
    shift, however often one asks. Refused where nobody is missing, or nobody is free.
    """
    with transaction() as session:
        path = shift.unit.path
        access.require_schedule(actor, path)
        shift = session.get_one(Shift, shift.id, with_for_update=True, populate_existing=True)
        if shift.state == ShiftState.CANCELLED:
            raise ShiftCancelled()
        if shift.ends_at <= now:
            raise ShiftOver()
        missing = shift.wanted - shift_queries.assigned_count(shift.id)
        if missing <= 0:
            raise NothingMissing()
        people = queries.free_people(shift)
        if not people:
            raise NobodyFree(unit=shift.unit.name)
        shift.sign_up = SignUp.OPEN
        call = session.get(CallForHelp, shift.id) or CallForHelp(shift_id=shift.id)
        call.asked_at, call.asked_by, call.people = now, actor.account_id, len(people)
        session.add(call)
        session.flush()
        about = f"shift:{shift.id}"
        notices.tell(Notice.PEOPLE_ASKED, people, about=about, shift_id=shift.id, now=now)
        journal.write(
            "boards.ask",
            "shift",
            shift.public_id,
            actor=actor,
            now=now,
            unit_path=path,
            people=len(people),
            missing=missing,
        )
        return len(people)


def call_inspection(
    *, name: str, unit: Unit, from_on: date, until_on: date, actor: Actor, now: datetime
) -> Inspection:
    """Say on which days every post of a unit and all under it must be manned (R55).

    The same once more returns the one that stands.
    """
    with transaction() as session:
        access.require_inspect(actor, unit.path)
        unit_rules.require_standing(unit.name, unit.ended_on, on=local_day(now))
        if not timedelta() <= until_on - from_on <= timedelta(days=rules.LONGEST):
            raise WrongDays()
        if until_on < local_day(now):
            raise InspectionOver()
        facts = {"name": name, "unit_id": unit.id, "from_on": from_on, "until_on": until_on}
        known = session.scalar(select(Inspection).filter_by(**facts, ended_at=None))
        if known:
            return known
        made = Inspection(**facts, created_at=now, created_by=actor.account_id)
        session.add(made)
        session.flush()
        _journal_inspection("boards.call_inspection", made, unit.path, actor, now)
        return made


def end_inspection(inspection_id: int, *, actor: Actor, now: datetime) -> None:
    """End an inspection at once; a repeat changes nothing."""
    with transaction():
        under = access.require_office(actor)
        found = inspections.by_id(inspection_id, under=under)
        if found.ended_at is None:
            found.ended_at = now
            _journal_inspection("boards.end_inspection", found, found.unit.path, actor, now)


def _journal_inspection(
    action: str, inspection: Inspection, path: str, actor: Actor, now: datetime
) -> None:
    journal.write(action, "inspection", inspection.id, actor=actor, now=now, unit_path=path)


def warn_of_gaps(*, now: datetime) -> int:
    """Tell the coordinators of units whose posts lack people tomorrow, in an inspection (R55).

    Returns how many were told of now; a repeat tells nobody twice.
    """
    day = local_day(now) + timedelta(days=1)
    told = 0
    with transaction():
        for inspection in inspections.going_on(day):
            lacking = inspections.units_with_gaps(inspection, day)
            people = sorted(set(shift_queries.coordinators_of(lacking).values()))
            about = f"inspection:{inspection.id}:{day:%m%d}"
            notices.tell(Notice.GAPS_TOMORROW, people, about=about, now=now)
            told += len(people)
    return told
