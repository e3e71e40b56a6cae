"""Keeping one person's record: add, edit, transfer, leave, return, undo."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import Month, local_day
from volunteer.core.db import db, transaction
from volunteer.core.errors import NotFound
from volunteer.units import queries as units
from volunteer.units.errors import UnitUnknown
from volunteer.units.models import Unit

from . import access, hooks, landing, queries, records, rules, service
from .errors import (
    FirstDay,
    HasLeft,
    MoveDay,
    MovePlanned,
    NothingToUndo,
    NotLeft,
    PhoneTaken,
    ReturnDay,
    SameName,
    SameUnit,
)
from .models import ConsentState, Membership, Person, PersonState, PlannedMove
from .queries import Belonging

DAY = timedelta(days=1)


def add(
    *,
    name: str,
    phone: str | None,
    unit_code: str,
    category: str | None = None,
    from_on: date | None = None,
    another: bool = False,
    actor: Actor,
    now: datetime,
) -> Person:
    """Enter one person, a member of the unit from `from_on` (else today) on.

    A person without a phone of their own has none (R57): served by card and roll call.
    Consent is pending (R4). Somebody of the same name in the unit is refused unless it is
    said to be `another`, so that a form sent twice enters one. Raises UnitUnknown,
    NameInvalid, PhoneInvalid, PhoneTaken, CategoryUnknown, FirstDay, SameName.
    """
    try:
        with transaction() as session:
            access.require_import(actor)
            landing.take_lock(session)
            unit = _own_unit(unit_code, access.readable(actor), on=local_day(now))
            access.require_keep(actor, unit.path)
            since = from_on or local_day(now)
            if not rules.EARLIEST <= since <= local_day(now):
                raise FirstDay()
            whole = service.name_of(name)
            if not another and (same := _namesake(whole, unit)):
                raise SameName(name=whole, number=same.volunteer_number)
            person = Person(
                public_id=secrets.token_hex(8),
                volunteer_number=rules.volunteer_number(landing.next_number(session)),
                name=whole,
                name_pinyin=rules.pinyin_key(whole),
                category=service.category_of(category),
                state=PersonState.ACTIVE,
                consent=ConsentState.PENDING,
                registered_at=now,
            )
            session.add(person)
            session.flush()
            service.set_phone(person, phone, now=now)
            session.add(Membership(person_id=person.id, unit_id=unit.id, from_on=since))
            _note("register", person, actor, now, unit.path)
            return person
    except IntegrityError as error:
        raise PhoneTaken() from error


def edit(
    public_id: str,
    *,
    name: str,
    phone: str | None,
    without_phone: bool = False,
    category: str | None,
    actor: Actor,
    now: datetime,
) -> Person:
    """Correct name, phone (None: stays; `without_phone`: goes) and category of a person.

    Another phone ends the log-ins and printed codes of the old one. A repeat changes
    nothing. Raises NameInvalid, PhoneInvalid, PhoneTaken, CategoryUnknown.
    """
    try:
        with transaction():
            person, unit = kept(public_id, actor)
            number = None if without_phone else phone or person.phone
            changed = [
                word
                for word, is_new in (
                    ("name", service.set_name(person, name)),
                    ("phone", service.set_phone(person, number, now=now)),
                    ("category", _set_category(person, category)),
                )
                if is_new
            ]
            if changed:
                _note("edit", person, actor, now, unit.path, fields=",".join(changed))
            return person
    except IntegrityError as error:
        raise PhoneTaken() from error


def transfer(public_id: str, *, unit_code: str, on: date, actor: Actor, now: datetime) -> None:
    """Move a person into another unit from the day `on` on; past months keep the old unit (R29).

    Both units must be the actor's to keep. A day to come is planned and acts on its day;
    an earlier one lies in the running month. A repeat changes nothing. Raises UnitUnknown,
    SameUnit, MoveDay, MovePlanned, HasLeft.
    """
    with transaction() as session:
        person, old = kept(public_id, actor)
        unit = _own_unit(unit_code, access.keepable(actor), on=on)
        present = _open(person)
        if unit.id == old.id:
            if present.from_on == on:
                return
            raise SameUnit()
        if _is_planned(person, unit.id, on):
            return
        _require_day(present, on, now)
        if on > local_day(now):
            _plan(person, unit.id, on, actor, now)
        else:
            _move(present, unit.id, on)
        session.flush()
        _note("transfer", person, actor, now, unit.path, on=on.isoformat(), old=old.code)


def leave(public_id: str, *, on: date, actor: Actor, now: datetime) -> None:
    """Let a person belong nowhere from the day `on` on; all records stay (R31).

    Days as `transfer`. From that day nothing is owed, shifts to come are freed, and the
    log-in is closed. A repeat changes nothing. Raises MoveDay, MovePlanned, and what the
    hooks refuse: somebody who is an administrator.
    """
    with transaction():
        person, unit = kept(public_id, actor)
        if person.state == PersonState.LEFT or _is_planned(person, None, on):
            return
        for hook in hooks.leaving:
            hook(person.id)
        present = _open(person)
        _require_day(present, on, now)
        if on > local_day(now):
            _plan(person, None, on, actor, now)
        else:
            end(person, present, on, now)
        _note("leave", person, actor, now, unit.path, on=on.isoformat())


def come_back(public_id: str, *, unit_code: str, on: date, actor: Actor, now: datetime) -> None:
    """Let somebody who has left belong to a unit again from the day `on` on, until today.

    A repeat changes nothing. Raises UnitUnknown, ReturnDay, NotLeft.
    """
    with transaction() as session:
        person, old = kept(public_id, actor)
        last, _ = records.newest_membership(person.id)
        unit = _own_unit(unit_code, access.keepable(actor), on=on)
        if person.state == PersonState.ACTIVE:
            if (last.unit_id, last.from_on) == (unit.id, on):
                return
            raise NotLeft()
        earliest = max(last.until_on or last.from_on + DAY, last.from_on + DAY)
        earliest = max(earliest, Month.of(now).first_day)
        if not earliest <= on <= local_day(now):
            raise ReturnDay(earliest=earliest.isoformat())
        person.state = PersonState.ACTIVE
        session.add(Membership(person_id=person.id, unit_id=unit.id, from_on=on))
        _note("return", person, actor, now, unit.path, on=on.isoformat(), old=old.code)


def undo(public_id: str, *, actor: Actor, now: datetime) -> str:
    """Take back what is planned; else the last transfer, leave or return of the running month.

    Return what was taken back: `planned`, `return`, `transfer` or `leave`. Nothing to take
    back: NothingToUndo.
    """
    with transaction() as session:
        person, unit = kept(public_id, actor)
        if planned := records.planned_move_of(person.id, lock=True):
            session.delete(planned)
            what = "planned"
        else:
            what = undoable(person, actor=actor, now=now)
            _take_back(person, what)
        _note("undo", person, actor, now, unit.path, what=what)
        return what


def undoable(
    person: Person, stays: Sequence[Belonging] = (), *, actor: Actor, now: datetime
) -> str:
    """Return which change of the running month `undo` would take back, "" for none.

    A transfer is taken back by who keeps both units. `stays` are the person's memberships,
    the newest first, where they are known already.
    """
    stays = (stays or queries.memberships_of(person.id))[:2]
    first = Month.of(now).first_day
    if not stays:
        return ""
    if person.state == PersonState.LEFT:
        return "leave" if stays[0].until_on and stays[0].until_on >= first else ""
    if len(stays) < 2 or stays[0].from_on < first:
        return ""
    if stays[1].until_on != stays[0].from_on:
        return "return"
    return "transfer" if access.may_keep(actor, stays[1].unit_path) else ""


def apply_moves(*, actor: Actor, now: datetime) -> int:
    """Carry out the planned moves whose day has come; return how many. A repeat finds none.

    A unit that has ended meanwhile takes nobody: the person stays, and the plan goes.
    """
    done = 0
    with transaction() as session:
        access.require_publish(actor)
        for planned in records.moves_due(local_day(now)):
            person = session.get_one(Person, planned.person_id, with_for_update=True)
            done += _carry_out(person, planned, now)
            _note("move", person, actor, now, None, on=planned.on.isoformat())
            session.delete(planned)
    return done


def _carry_out(person: Person, planned: PlannedMove, now: datetime) -> bool:
    if person.state != PersonState.ACTIVE:
        return False
    present, unit = queries.open_membership(person.id)
    if present.from_on >= planned.on:
        return False
    if planned.unit_id is None:
        end(person, present, planned.on, now)
        return True
    whither = db.session.get_one(Unit, planned.unit_id)
    if whither.id == unit.id or (whither.ended_on and whither.ended_on <= planned.on):
        return False
    _move(present, whither.id, planned.on)
    return True


def kept(public_id: str, actor: Actor) -> tuple[Person, Unit]:
    """Return a person whom the actor keeps, locked, with the unit of the last membership.

    Raises NotFound for foreign, merged and erased ones, NotAllowed for who may only look.
    """
    person = queries.by_public_id(public_id, under=access.readable(actor))
    db.session.refresh(person, with_for_update=True)
    _, unit = records.newest_membership(person.id)
    access.require_keep(actor, unit.path)
    if person.state not in {PersonState.ACTIVE, PersonState.LEFT}:
        raise NotFound()
    return person, unit


def _own_unit(code: str, under: tuple[str, ...], *, on: date) -> Unit:
    unit = units.by_code(code, under=under)
    if unit is None or (unit.ended_on and unit.ended_on <= on):
        raise UnitUnknown(unit=code)
    return unit


def _namesake(name: str, unit: Unit) -> Person | None:
    statement = (
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(Person.name == name, Membership.unit_id == unit.id, Membership.until_on.is_(None))
        .limit(1)
    )
    return db.session.scalar(statement)


def _set_category(person: Person, text: str | None) -> bool:
    category = service.category_of(text, held=person.category)
    if category == person.category:
        return False
    person.category = category
    return True


def _open(person: Person) -> Membership:
    if person.state != PersonState.ACTIVE:
        raise HasLeft()
    return queries.open_membership(person.id)[0]


def _require_day(present: Membership, on: date, now: datetime) -> None:
    """Refuse a day before the running month or the coming, or more than a year ahead."""
    earliest = max(present.from_on + DAY, Month.of(now).first_day)
    if not earliest <= on <= local_day(now) + rules.AHEAD:
        raise MoveDay(earliest=earliest.isoformat())
    if planned := records.planned_move_of(present.person_id):
        raise MovePlanned(on=planned.on.isoformat())


def _is_planned(person: Person, unit_id: int | None, on: date) -> bool:
    planned = records.planned_move_of(person.id)
    return planned is not None and (planned.unit_id, planned.on) == (unit_id, on)


def _plan(person: Person, unit_id: int | None, on: date, actor: Actor, now: datetime) -> None:
    planned = PlannedMove(
        person_id=person.id, unit_id=unit_id, on=on, planned_at=now, planned_by=actor.account_id
    )
    db.session.add(planned)


def _move(present: Membership, unit_id: int, on: date) -> None:
    present.until_on = on
    db.session.flush()  # the old one ends before a new open one is written
    db.session.add(Membership(person_id=present.person_id, unit_id=unit_id, from_on=on))


def end(person: Person, present: Membership, on: date, now: datetime) -> None:
    """End somebody's membership, with their shifts to come and their roles; part of a verb."""
    present.until_on = on
    person.state = PersonState.LEFT
    db.session.flush()
    for hook in hooks.left:
        hook(person.id, on, now)


def _take_back(person: Person, what: str) -> None:
    if not what:
        raise NothingToUndo()
    session = db.session()
    last, unit = records.newest_membership(person.id)
    if what == "leave":
        _require_standing(unit)
        last.until_on, person.state = None, PersonState.ACTIVE
        return
    session.delete(last)
    session.flush()
    if what == "return":
        person.state = PersonState.LEFT
        return
    before, unit = records.newest_membership(person.id)
    _require_standing(unit)
    before.until_on = None


def _require_standing(unit: Unit) -> None:
    """Refuse to open a membership of a unit that has ended meanwhile."""
    if unit.ended_on:
        raise NothingToUndo()


def _note(
    act: str, person: Person, actor: Actor, now: datetime, path: str | None, **body: object
) -> None:
    journal.write(
        f"people.{act}", "person", person.id, actor=actor, now=now, unit_path=path, **body
    )
