"""The people of a month, page by page."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, or_, select, tuple_
from sqlalchemy.orm import aliased

from volunteer.attendance import queries as attendance
from volunteer.core.clock import Month
from volunteer.core.db import db, within
from volunteer.hours import queries as ledger
from volunteer.hours.rules import shortfall
from volunteer.people import queries as people_queries
from volunteer.people.models import Membership, Person
from volunteer.targets import queries as targets
from volunteer.targets.models import Policy
from volunteer.targets.queries import Stay
from volunteer.targets.rules import Owed, State, state
from volunteer.units import queries as units
from volunteer.units.models import Unit

from .queries import exceptions, inside, is_part, last_day, standings_of

#: How many people are read at a time where all are.
STEP = 1000


class PersonLine(NamedTuple):
    """One person of the month table."""

    person_id: int
    public_id: str
    name: str
    phone: str | None
    unit_name: str
    owes: Owed
    served: int
    unconfirmed: int
    state: State

    @property
    def missing(self) -> int:
        """Minutes still missing; 0 where nothing is owed."""
        return shortfall(self.served, self.owes.required)


def people_of(
    month: Month,
    policy: Policy,
    *,
    under: Sequence[str],
    today: date,
    own: int | None = None,
    wanted: State | None = None,
    after: str | None = None,
    limit: int = 50,
) -> tuple[list[PersonLine], str | None]:
    """Return a page of the people of a month by name, and the public id to turn on from.

    `own` narrows to the people of one unit itself, by its id; `wanted` to one state. Only
    people who can have it are looked at, at most four times `limit`, so that a page costs a
    page and not the city; it may be a short one that goes on. `after` is the public id of
    the last person seen; an unknown one begins anew.
    """
    looked_at = limit if wanted is None else 4 * limit
    people = _members(month, policy, under, wanted, today)
    if own is not None:
        people = people.where(Membership.unit_id == own)
    if own is not None or is_part(under):
        # Of a part of the city, those people first and then their order, not the city's order.
        people = select(people.cte("people").prefix_with("MATERIALIZED"))
    name, person_id = people.selected_columns["name"], people.selected_columns["id"]
    statement = people.order_by(name, person_id).limit(looked_at + 1)
    if place := _place_of(after):
        statement = statement.where(tuple_(name, person_id) > place)
    rows = db.session.execute(statement).all()
    more = len(rows) > looked_at
    rows = rows[:looked_at]
    exact = standings_of([row[0] for row in rows], month, policy, today=today)
    lines = [
        PersonLine(*row, *exact[row[0]][3:])
        for row in rows
        if wanted in {None, exact[row[0]].state}
    ]
    if len(lines) > limit:
        return lines[:limit], lines[limit - 1].public_id
    return lines, rows[-1].public_id if more else None


def _place_of(public_id: str | None) -> tuple[str, int] | None:
    wanted = select(Person.name, Person.id).where(Person.public_id == public_id)
    row = db.session.execute(wanted).one_or_none() if public_id else None
    return (row.name, row.id) if row else None


def _members(
    month: Month, policy: Policy, under: Sequence[str], wanted: State | None, today: date
) -> Select[int, str, str, str | None, str]:
    """Return the statement of the people who count to the subtrees and may stand as `wanted`."""
    day = last_day(month, today)
    unit_name = units.called_on(day) if day < today else Unit.name
    statement = (
        select(Person.id, Person.public_id, Person.name, Person.phone, unit_name.label("unit"))
        .join(Membership, Membership.person_id == Person.id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(_counts(month, today))
    )
    statement = statement.where(inside(under) if is_part(under) else within(Unit.path, under))
    exempt = Person.id.in_(targets.exempt_people(month))
    partial = Person.id.in_(targets.partial_members(month))
    duty_counts = policy.duty_counts_for_target
    served = ledger.served_of(Person.id, month, duty_counts=duty_counts)
    reached = served >= policy.monthly_target_minutes
    match wanted:
        case State.EXEMPT:
            return statement.where(exempt)
        case State.NO_TARGET:
            return statement.where(partial)
        case State.MET:
            joined = Person.id.in_(people_queries.kept_people())
            return statement.where(or_(reached, exempt, partial, joined))
        case State.NOT_MET:
            freed = Person.id.in_(targets.whole_month_exempt(month))
            return statement.where(~reached, ~freed)
        case State.PENDING:
            waiting = attendance.undecided_people(month, duty_counts=duty_counts)
            return statement.where(~reached, Person.id.in_(waiting))
    return statement


def _counts(month: Month, today: date) -> ColumnElement[bool]:
    """Return the condition that a membership is the one by which its person is counted (R25)."""
    last = last_day(month, today)
    other = aliased(Membership)
    others = select(other.id).where(other.person_id == Membership.person_id)
    later = others.where(other.from_on > Membership.from_on, other.from_on <= last).exists()
    earlier = others.where(
        other.from_on < Membership.from_on,
        or_(other.until_on.is_(None), other.until_on > month.first_day),
    ).exists()
    return and_(
        targets.touches(month),
        or_(
            and_(Membership.from_on <= last, ~later),
            and_(Membership.from_on > last, ~earlier),
        ),
    )


def everybody(
    month: Month, policy: Policy, *, under: Sequence[str], today: date
) -> Iterator[PersonLine]:
    """Yield all people of a month by name: one statement, and the few who are not ordinary."""
    special = exceptions(month, policy, today=today, under=under)
    whole = targets.owing(policy, month)([Stay(0, 0, month.first_day, None)], [])
    served = ledger.served_of(Person.id, month, duty_counts=policy.duty_counts_for_target)
    people = _members(month, policy, under, None, today).add_columns(served)
    people = people.order_by(Person.name, Person.id).execution_options(yield_per=STEP)
    for person_id, public_id, name, phone, unit_name, minutes in db.session.execute(people):
        standing = special.get(person_id)
        how = standing[3:] if standing else (whole, minutes, 0, state(whole, minutes))
        yield PersonLine(person_id, public_id, name, phone, unit_name, *how)
