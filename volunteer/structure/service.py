"""Closing, merging and splitting units: people and work go with them, past months stay (R32)."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from volunteer.accounts import service as accounts
from volunteer.activities.models import Activity
from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import transaction
from volunteer.core.errors import NotFound
from volunteer.people.models import Membership, Person, PlannedMove
from volunteer.posts.models import Post, PostTurn
from volunteer.shifts.models import CallOff, Shift, ShiftState, Site
from volunteer.units import rules
from volunteer.units import service as units
from volunteer.units.errors import WrongPlace
from volunteer.units.models import Grid, GridCoUnit, Unit, UnitAlias, UnitKind

from . import access, queries
from .errors import GridsRemain, NothingChosen, PeopleRemain, TooManyChosen, WorkRemains

#: People that one split takes along at most.
MOST_SPLIT = 500


def close(unit: Unit, *, on: date, actor: Actor, now: datetime) -> Unit:
    """End a unit without people from the day `on` on; its sites close, roles over it end.

    Raises PeopleRemain, WorkRemains, GridsRemain, and what `units.end` raises.
    """
    with transaction() as session:
        access.require_change(actor, unit.kind, unit.path)
        units.lock_tree(session)
        remaining = select(func.count()).where(Membership.unit_id == unit.id, _later_than(on))
        if people := session.scalar(remaining):
            raise PeopleRemain(unit=unit.name, people=people)
        if any(work := queries.work_of(unit.id, now=now)):
            raise WorkRemains(unit=unit.name, **work._asdict())
        here = or_(Grid.lead_unit_id == unit.id, Grid.township_id == unit.id)
        led = select(Grid.name).where(here, Grid.ended_on.is_(None))
        if grids := session.scalars(led).all():
            raise GridsRemain(unit=unit.name, grids="、".join(grids))
        units.end(unit, on=on, actor=actor, now=now)
        session.execute(delete(GridCoUnit).where(GridCoUnit.unit_id == unit.id))
        open_sites = update(Site).where(Site.unit_id == unit.id, Site.closed_at.is_(None))
        session.execute(open_sites.values(closed_at=now))
        accounts.end_over(unit.id, actor=actor, now=now)
        return unit


def merge(unit: Unit, into: Unit, *, on: date, actor: Actor, now: datetime) -> int:
    """End a unit from the day `on` on and let another one take its place; return people moved.

    People belong to the other unit from that day, and who is to come to the old one comes to
    it; what was before stays where it was (R29).
    Sub-units, sites, running activities and posts, turns at posts, coming shifts, grids and
    aliases go over; the old name becomes an alias; roles over the old unit end. Raises WrongPlace,
    UnitEnded, DayToCome, ChangeDay, NameTaken, TooDeep.
    """
    with transaction() as session:
        access.require_rebuild(actor, unit.path)
        access.require_rebuild(actor, into.path)
        units.lock_tree(session)
        session.refresh(unit)
        session.refresh(into)
        if unit.id == into.id or unit.parent_id is None or into.path.startswith(unit.path):
            raise WrongPlace()
        rules.require_standing(unit.name, unit.ended_on, on=local_day(now))
        rules.require_standing(into.name, into.ended_on, on=local_day(now))
        rules.require_change_day(on, after=into.started_on, today=local_day(now))
        moved = _move_people(session, unit, into, on)
        for child in session.scalars(select(Unit).where(Unit.parent_id == unit.id)).all():
            if child.ended_on is None:
                units.replant(session, child, into)
        planned = update(PlannedMove).where(PlannedMove.unit_id == unit.id)
        session.execute(planned.values(unit_id=into.id))
        _hand_over_work(session, unit, into, now)
        _hand_over_grids(session, unit, into)
        session.execute(
            update(UnitAlias).where(UnitAlias.unit_id == unit.id).values(unit_id=into.id)
        )
        units.end(unit, on=on, actor=actor, now=now)
        units.remember_name(session, into, unit.name, unit.name_key, actor=actor, now=now)
        accounts.end_over(unit.id, actor=actor, now=now)
        for each, other in ((unit, into), (into, unit)):
            _note("merge", each, actor, now, on=on, people=moved, other=other.code)
        return moved


def split(
    unit: Unit,
    *,
    code: str,
    name: str,
    on: date,
    people: Collection[str],
    sub_units: Collection[str],
    actor: Actor,
    now: datetime,
) -> Unit:
    """Set up a unit beside this one, of its kind, and give it some of its people and sub-units.

    `people` are public ids, `sub_units` codes; the people belong to the new unit from the
    day `on` on. Raises NothingChosen, TooManyChosen, NotFound (somebody does not belong
    to the unit itself), and what `units.add` raises.
    """
    with transaction() as session:
        access.require_rebuild(actor, unit.path)
        if not people and not sub_units:
            raise NothingChosen()
        if len(set(people)) > MOST_SPLIT:
            raise TooManyChosen(limit=MOST_SPLIT)
        units.lock_tree(session)
        session.refresh(unit)
        rules.require_standing(unit.name, unit.ended_on, on=local_day(now))
        parent = session.get(Unit, unit.parent_id) if unit.parent_id else None
        if parent is None:
            raise WrongPlace()
        kind = UnitKind(unit.kind)
        new = units.add(parent, code=code, name=name, kind=kind, on=on, actor=actor, now=now)
        moved = _move_people(session, unit, new, on, only=people)
        if moved != len(set(people)):
            raise NotFound()
        chosen = select(Unit).where(Unit.parent_id == unit.id, Unit.code.in_(sub_units))
        children = session.scalars(chosen).all()
        if len(children) != len(set(sub_units)):
            raise NotFound()
        for child in children:
            units.replant(session, child, new)
        for each, other in ((unit, new), (new, unit)):
            _note("split", each, actor, now, on=on, people=moved, other=other.code)
        return new


def _later_than(on: date) -> ColumnElement[bool]:
    return or_(Membership.until_on.is_(None), Membership.until_on > on)


def _move_people(
    session: Session, unit: Unit, to: Unit, on: date, *, only: Collection[str] | None = None
) -> int:
    """Let people belong elsewhere from a day on, by dated memberships; return how many."""
    theirs = select(Membership).where(Membership.unit_id == unit.id, _later_than(on))
    if only is not None:
        wanted = select(Person.id).where(Person.public_id.in_(only))
        theirs = theirs.where(Membership.person_id.in_(wanted))
    memberships = session.scalars(theirs.with_for_update()).all()
    new = []
    for each in memberships:
        if each.from_on >= on:
            each.unit_id = to.id
            continue
        new.append((each.person_id, each.until_on))
        each.until_on = on
    session.flush()  # the old ones end before new open ones are written
    session.add_all(
        Membership(person_id=person_id, unit_id=to.id, from_on=on, until_on=until_on)
        for person_id, until_on in new
    )
    session.flush()
    return len({each.person_id for each in memberships})


def _hand_over_work(session: Session, unit: Unit, into: Unit, now: datetime) -> None:
    _hand_over_turns(session, unit, into)
    goes_on = (Shift.state == ShiftState.PLANNED) | Shift.call_off_id.is_not(None)
    for model, going_on in (
        (Site, Site.closed_at.is_(None)),
        (Activity, Activity.ended_at.is_(None)),
        (Post, Post.ended_at.is_(None)),
        (Shift, goes_on & (Shift.starts_at > now)),
        (CallOff, CallOff.ends_at > now),
    ):
        theirs = update(model).where(model.unit_id == unit.id, going_on)
        session.execute(theirs.values(unit_id=into.id))


def _hand_over_turns(session: Session, unit: Unit, into: Unit) -> None:
    """Let the other unit take this one's turns at posts (R47), each unit once at a post.

    Where one unit is left and the post is its own, it keeps it for good.
    """
    shared = select(PostTurn.post_id).where(PostTurn.unit_id == unit.id)
    theirs = select(Post).where(Post.id.in_(shared), Post.ended_at.is_(None)).order_by(Post.id)
    for post in session.scalars(theirs.with_for_update()).all():
        taken = [into.id if turn.unit_id == unit.id else turn.unit_id for turn in post.turns]
        left = list(dict.fromkeys(taken))
        post.turns = []
        session.flush()  # the places are free before they are taken
        if left == [into.id] and post.unit_id in (unit.id, into.id):
            post.turn_by = post.turns_from = None
        else:
            post.turns = [PostTurn(position=n, unit_id=each) for n, each in enumerate(left)]
        session.flush()


def _hand_over_grids(session: Session, unit: Unit, into: Unit) -> None:
    """Let the other unit lead, help and hold grids where this one did, each grid once."""
    within = update(Grid).where(Grid.township_id == unit.id)
    session.execute(within.values(township_id=into.id))
    led = select(Grid).where(Grid.lead_unit_id == unit.id, Grid.ended_on.is_(None))
    for grid in session.scalars(led).all():
        grid.lead_unit_id = into.id
        accounts.lead_grid(grid.id, into.id)
    helped = select(GridCoUnit).where(GridCoUnit.unit_id == unit.id)
    for each in session.scalars(helped).all():
        each.unit_id = into.id
        lead = session.get_one(Grid, each.grid_id).lead_unit_id
        twice = select(func.count()).where(
            GridCoUnit.grid_id == each.grid_id, GridCoUnit.unit_id == into.id
        )
        with session.no_autoflush:
            if lead == into.id or session.scalar(twice):
                session.delete(each)
        session.flush()
    leads = select(Grid.id).where(Grid.lead_unit_id == into.id)
    session.execute(
        delete(GridCoUnit).where(GridCoUnit.unit_id == into.id, GridCoUnit.grid_id.in_(leads))
    )


def _note(act: str, unit: Unit, actor: Actor, now: datetime, *, on: date, **body: object) -> None:
    journal.write(
        f"units.{act}",
        "unit",
        unit.code,
        actor=actor,
        now=now,
        unit_path=unit.path,
        on=on.isoformat(),
        **body,
    )
