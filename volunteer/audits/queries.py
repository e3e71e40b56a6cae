"""The month: who met the minimum, who did not, and why; nothing here is stored."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, SelectBase, and_, case, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from volunteer.attendance import queries as attendance
from volunteer.core.clock import Month
from volunteer.core.db import db, within
from volunteer.hours import queries as ledger
from volunteer.hours.models import LedgerEntry
from volunteer.hours.rules import shortfall
from volunteer.people.models import Membership, Person
from volunteer.targets import queries as targets
from volunteer.targets.models import Policy
from volunteer.targets.queries import Stay
from volunteer.targets.rules import Owed, State, state
from volunteer.units.models import Unit
from volunteer.units.queries import EVERYWHERE

from .rules import Because, Tally, reasons, total


class Standing(NamedTuple):
    """How one person stands in a month; all times in minutes."""

    #: Of the last day of the month, today in the running month (R25).
    unit_id: int
    #: The unit of a membership that covers the whole month, if there is one.
    counted_in: int | None
    #: Whether the person still belongs on that last day.
    belongs: bool
    owes: Owed
    served: int
    unconfirmed: int
    state: State


class UnitLine(NamedTuple):
    """One line of the month table: a unit with everything under it."""

    code: str
    name: str
    tally: Tally
    has_children: bool


class MonthTable(NamedTuple):
    """A unit, its own people, the units directly below it, and the whole."""

    month: Month
    unit: Unit
    lines: Sequence[UnitLine]
    own: Tally
    whole: Tally


def last_day(month: Month, today: date) -> date:
    """Return the day that counts a person to a unit: the last one, today in the running month."""
    return min(month.last_day, max(today, month.first_day))


def whole_month(month: Month) -> ColumnElement[bool]:
    """Return the condition that a membership covers every day of the month."""
    open_ended = or_(Membership.until_on.is_(None), Membership.until_on > month.last_day)
    return and_(Membership.from_on <= month.first_day, open_ended)


def _inside(under: Sequence[str]) -> ColumnElement[bool] | None:
    """Return the condition that a membership lies in the subtrees, None where all do."""
    if tuple(under) == EVERYWHERE:
        return None
    return Membership.unit_id.in_(select(Unit.id).where(within(Unit.path, under)))


def _covers(stay: Stay, month: Month) -> bool:
    until = stay.until_on
    return stay.from_on <= month.first_day and (until is None or until > month.last_day)


def standings_of(
    people: SelectBase | Sequence[int], month: Month, policy: Policy, *, today: date
) -> dict[int, Standing]:
    """Return how the given people stand; those without membership in the month are left out.

    Three statements, however many people.
    """
    duty_counts = policy.duty_counts_for_target
    served = ledger.served_of(Membership.person_id, month, duty_counts=duty_counts)
    columns = (Membership.person_id, Membership.unit_id, Membership.from_on, Membership.until_on)
    rows = db.session.execute(
        select(*columns, served)
        .where(Membership.person_id.in_(people), targets.touches(month))
        .order_by(Membership.from_on)
    )
    stays: dict[int, list[Stay]] = defaultdict(list)
    minutes: dict[int, int] = {}
    for person_id, unit_id, from_on, until_on, sum_of_person in rows:
        stays[person_id].append(Stay(person_id, unit_id, from_on, until_on))
        minutes[person_id] = sum_of_person
    exemptions = targets.exemptions_in(month, people)
    unconfirmed = attendance.unconfirmed(month, people=people, duty_counts=duty_counts)
    last = last_day(month, today)
    return {
        person_id: _standing(
            theirs,
            targets.owed_by(theirs, exemptions.get(person_id, ()), policy, month),
            minutes[person_id],
            unconfirmed.get(person_id, 0),
            month,
            last,
        )
        for person_id, theirs in stays.items()
    }


def _standing(
    stays: Sequence[Stay], owes: Owed, served: int, unconfirmed: int, month: Month, last: date
) -> Standing:
    here = ([stay for stay in stays if stay.from_on <= last] or stays[:1])[-1]
    whole = [stay.unit_id for stay in stays if _covers(stay, month)]
    return Standing(
        here.unit_id,
        whole[0] if whole else None,
        here.until_on is None or here.until_on > last,
        owes,
        served,
        unconfirmed,
        state(owes, served, unconfirmed),
    )


def exceptions(
    month: Month,
    policy: Policy,
    *,
    today: date,
    under: Sequence[str] = EVERYWHERE,
    settled: bool = False,
) -> dict[int, Standing]:
    """Return how everybody stands who is not ordinary and touches a unit of the subtrees.

    Ordinary is: a member of one unit for the whole month, no exemption, nothing waiting for
    a decision; such a person owes the base. `settled` leaves out those who only wait for a
    decision.
    """
    kinds: list[Select[int]] = [targets.partial_members(month), targets.exempt_people(month)]
    if not settled:
        duty_counts = policy.duty_counts_for_target
        kinds.append(attendance.undecided_people(month, duty_counts=duty_counts))
    if (inside := _inside(under)) is not None:
        members = select(Membership.person_id).where(inside, targets.touches(month))
        kinds = [kind.where(kind.selected_columns[0].in_(members)) for kind in kinds]
    special = kinds[0].union(*kinds[1:])
    return standings_of(special, month, policy, today=today)


def _heads(month: Month, policy: Policy, under: Sequence[str], today: date) -> dict[int, Tally]:
    """Return the people of the units by state, without minutes.

    One statement counts everybody as if ordinary; those who are not are then taken out
    and put where they belong, so that the cost follows from the exceptions only.
    """
    base = policy.monthly_target_minutes
    by_person = ledger.served_by_person(month, duty_counts=policy.duty_counts_for_target)
    inside = _inside(under)
    if inside is not None:
        members = select(Membership.person_id).where(inside, whole_month(month))
        by_person = by_person.where(LedgerEntry.person_id.in_(members))
    served = by_person.subquery()
    reached = func.sum(case((func.coalesce(served.c.served, 0) >= base, 1), else_=0))
    ordinary = (
        select(Membership.unit_id, func.count(), reached)
        .outerjoin(served, served.c.person_id == Membership.person_id)
        .where(whole_month(month))
        .group_by(Membership.unit_id)
    )
    if inside is not None:
        ordinary = ordinary.where(inside)
    found: dict[int, Tally] = defaultdict(Tally)
    for unit_id, people, met in db.session.execute(ordinary):
        found[unit_id] = Tally(people=people, met=met, not_met=people - met)
    for standing in exceptions(month, policy, today=today, under=under).values():
        if standing.counted_in is not None:
            guessed = State.MET if standing.served >= base else State.NOT_MET
            found[standing.counted_in] = found[standing.counted_in].plus(guessed, -1)
        found[standing.unit_id] = found[standing.unit_id].plus(standing.state)
    return found


def tallies(month: Month, *, under: Sequence[str], today: date) -> dict[int, Tally]:
    """Return the tally of every unit of the subtrees, its own people only, by unit id."""
    found = _heads(month, targets.policy_for(month), under, today)
    entered = (
        select(LedgerEntry.unit_id, func.sum(LedgerEntry.minutes))
        .where(LedgerEntry.month == str(month))
        .group_by(LedgerEntry.unit_id)
    )
    if tuple(under) == EVERYWHERE:
        ids = None
    else:
        ids = set(db.session.scalars(select(Unit.id).where(within(Unit.path, under))))
        entered = entered.join(Unit, Unit.id == LedgerEntry.unit_id).where(within(Unit.path, under))
    for unit_id, minutes in db.session.execute(entered):
        found[unit_id] = found[unit_id]._replace(minutes=minutes)
    return {unit_id: tally for unit_id, tally in found.items() if ids is None or unit_id in ids}


def city_tally(month: Month, *, under: Sequence[str], today: date) -> Tally:
    """Return the sum over the subtrees."""
    return total(tallies(month, under=under, today=today).values())


def month_table(month: Month, unit: Unit, *, today: date) -> MonthTable:
    """Return the table of a unit: a line for each unit directly below it, and its own people."""
    by_unit = tallies(month, under=(unit.path,), today=today)
    below = db.session.execute(
        select(Unit.id, Unit.code, Unit.name, Unit.path)
        .where(Unit.path.startswith(unit.path, autoescape=True))
        .order_by(Unit.code)
    ).all()
    depth = unit.path.count("/")
    sums: dict[str, list[Tally]] = defaultdict(list)
    deeper: set[str] = set()
    for each in below:
        branch = "/".join(each.path.split("/")[: depth + 1]) + "/"
        sums[branch].append(by_unit.get(each.id, Tally()))
        if each.path.count("/") > depth + 1:
            deeper.add(branch)
    return MonthTable(
        month,
        unit,
        [
            UnitLine(each.code, each.name, total(sums[each.path]), each.path in deeper)
            for each in below
            if each.path.count("/") == depth + 1
        ],
        by_unit.get(unit.id, Tally()),
        total(by_unit.values()),
    )


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
    *,
    under: Sequence[str],
    today: date,
    wanted: State | None = None,
    after: str | None = None,
    limit: int = 50,
) -> tuple[list[PersonLine], str | None]:
    """Return a page of the people of a month by name, and the public id to turn on from.

    `wanted` narrows to one state: only people who can have it are looked at, at most four
    times `limit`, so a page costs a page and not the city; it may be a short one that goes
    on. `after` is the public id of the last person seen; an unknown one begins anew.
    """
    policy = targets.policy_for(month)
    looked_at = limit if wanted is None else 4 * limit
    statement = _members(month, policy, under, wanted, today).limit(looked_at + 1)
    place = (
        after
        and db.session.execute(
            select(Person.name, Person.id).where(Person.public_id == after)
        ).one_or_none()
    )
    if place:
        statement = statement.where(tuple_(Person.name, Person.id) > tuple(place))
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


def _members(
    month: Month, policy: Policy, under: Sequence[str], wanted: State | None, today: date
) -> Select[int, str, str, str | None, str]:
    """Return the statement of the people who count to the subtrees and may stand as `wanted`."""
    statement = (
        select(Person.id, Person.public_id, Person.name, Person.phone, Unit.name)
        .join(Membership, Membership.person_id == Person.id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(within(Unit.path, under), _counts(month, today))
        .order_by(Person.name, Person.id)
    )
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
            return statement.where(or_(reached, exempt, partial))
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


class PersonMonth(NamedTuple):
    """How one person stands in one month, and why."""

    month: Month
    base: int
    owes: Owed
    served: int
    unconfirmed: int
    state: State
    reasons: list[Because]

    @property
    def missing(self) -> int:
        """Minutes still missing; 0 where nothing is owed."""
        return shortfall(self.served, self.owes.required)


def person_month(person_id: int, month: Month, *, today: date) -> PersonMonth:
    """Return how a person stands; somebody without membership in the month owes nothing."""
    policy = targets.policy_for(month)
    base = policy.monthly_target_minutes
    standing = standings_of([person_id], month, policy, today=today).get(person_id)
    if standing is None:
        duty_counts = policy.duty_counts_for_target
        owes = targets.owed_by([], [], policy, month)
        served = ledger.minutes_of(person_id, month, duty_counts=duty_counts)
        return PersonMonth(
            month, base, owes, served, 0, State.NO_TARGET, reasons(owes, base, served, 0)
        )
    owes, served, waiting, how = standing[3:]
    return PersonMonth(
        month, base, owes, served, waiting, how, reasons(owes, base, served, waiting)
    )
