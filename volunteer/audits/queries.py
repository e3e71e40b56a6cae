"""The month: who met the minimum, who did not, and why; nothing here is stored."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from volunteer.attendance import queries as attendance
from volunteer.core.clock import Month
from volunteer.core.db import db, within
from volunteer.hours import queries as ledger
from volunteer.hours.models import LedgerEntry
from volunteer.people.models import Membership, Person
from volunteer.targets import queries as targets
from volunteer.targets.models import Policy
from volunteer.targets.rules import Owed, Span, State, state
from volunteer.units.models import Unit

from .rules import Because, Tally, reasons, total

#: How many ids go into one statement.
CHUNK = 500


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

    unit: Unit
    tally: Tally
    has_children: bool


class MonthTable(NamedTuple):
    """A unit, its own people, the units below it, and the whole."""

    month: Month
    unit: Unit
    lines: Sequence[UnitLine]
    own: Tally
    whole: Tally


def whole_month(month: Month) -> ColumnElement[bool]:
    """Return the condition that a membership covers every day of the month."""
    open_ended = or_(Membership.until_on.is_(None), Membership.until_on > month.last_day)
    return and_(Membership.from_on <= month.first_day, open_ended)


def _standings(
    month: Month,
    policy: Policy,
    memberships: Mapping[int, Sequence[Membership]],
    exemptions: Mapping[int, Sequence[Span]],
    served: Mapping[int, int],
    unconfirmed: Mapping[int, int],
    today: date,
) -> dict[int, Standing]:
    last = min(month.last_day, max(today, month.first_day))
    found = {}
    for person_id, rows in memberships.items():
        owes = targets.owed_by(rows, exemptions.get(person_id, ()), policy, month)
        here = [row for row in rows if row.from_on <= last] or rows[:1]
        whole = [row for row in rows if _covers(row, month)]
        minutes, waiting = served.get(person_id, 0), unconfirmed.get(person_id, 0)
        found[person_id] = Standing(
            here[-1].unit_id,
            whole[0].unit_id if whole else None,
            here[-1].until_on is None or here[-1].until_on > last,
            owes,
            minutes,
            waiting,
            state(owes, minutes, waiting),
        )
    return found


def _covers(row: Membership, month: Month) -> bool:
    until = row.until_on
    return row.from_on <= month.first_day and (until is None or until > month.last_day)


def standings_of(
    people: Sequence[int], month: Month, policy: Policy, *, today: date
) -> dict[int, Standing]:
    """Return how the given people stand; those without membership in the month are left out."""
    served = ledger.served_by_person(month, duty_counts=policy.duty_counts_for_target).where(
        LedgerEntry.person_id.in_(people)
    )
    return _standings(
        month,
        policy,
        targets.memberships_of(people, month),
        targets.exemptions_in(month, people),
        dict(db.session.execute(served).tuples().all()),
        attendance.unconfirmed(month, people=people),
        today,
    )


def exceptions(
    month: Month, policy: Policy, *, today: date, settled: bool = False
) -> dict[int, Standing]:
    """Return how everybody stands who is not ordinary.

    Ordinary is: a member of one unit for the whole month, no exemption, nothing waiting for
    a decision; such a person owes the base. `settled` leaves out those who only wait for a
    decision.
    """
    unsettled = attendance.unconfirmed(month)
    special = select(targets.partial_members(month).subquery().c.person_id).union(
        select(targets.exempt_people(month).subquery().c.person_id)
    )
    by_person = ledger.served_by_person(month, duty_counts=policy.duty_counts_for_target)
    memberships = targets.memberships_of(special, month)
    served = dict(
        db.session.execute(by_person.where(LedgerEntry.person_id.in_(special))).tuples().all()
    )
    waiting = [] if settled else [person for person in unsettled if person not in memberships]
    for start in range(0, len(waiting), CHUNK):
        some = waiting[start : start + CHUNK]
        memberships |= targets.memberships_of(some, month)
        served |= dict(
            db.session.execute(by_person.where(LedgerEntry.person_id.in_(some))).tuples().all()
        )
    exempt = targets.exemptions_in(month)
    return _standings(month, policy, memberships, exempt, served, unsettled, today)


def tallies(month: Month, *, under: Sequence[str], today: date) -> dict[int, Tally]:
    """Return the tally of every unit of the subtrees, its own people only, by unit id.

    One statement counts everybody as if ordinary; those who are not are then taken out
    and put where they belong, so that the cost follows from the exceptions only.
    """
    policy = targets.policy_for(month)
    base = policy.monthly_target_minutes
    served = ledger.served_by_person(month, duty_counts=policy.duty_counts_for_target).subquery()
    reached = func.sum(case((func.coalesce(served.c.served, 0) >= base, 1), else_=0))
    ordinary = (
        select(Membership.unit_id, func.count(), reached)
        .outerjoin(served, served.c.person_id == Membership.person_id)
        .where(whole_month(month))
        .group_by(Membership.unit_id)
    )
    found: dict[int, Tally] = defaultdict(Tally)
    for unit_id, people, met in db.session.execute(ordinary):
        found[unit_id] = Tally(people=people, met=met, not_met=people - met)
    for standing in exceptions(month, policy, today=today).values():
        if standing.counted_in is not None:
            guessed = State.MET if standing.served >= base else State.NOT_MET
            found[standing.counted_in] = found[standing.counted_in].plus(guessed, -1)
        found[standing.unit_id] = found[standing.unit_id].plus(standing.state)
    entered = (
        select(LedgerEntry.unit_id, func.sum(LedgerEntry.minutes))
        .where(LedgerEntry.month == str(month))
        .group_by(LedgerEntry.unit_id)
    )
    for unit_id, minutes in db.session.execute(entered):
        found[unit_id] = found[unit_id]._replace(minutes=minutes)
    if tuple(under) == ("/",):
        return found
    inside = set(db.session.scalars(select(Unit.id).where(within(Unit.path, under))))
    return {unit_id: tally for unit_id, tally in found.items() if unit_id in inside}


def city_tally(month: Month, *, under: Sequence[str], today: date) -> Tally:
    """Return the sum over the subtrees."""
    return total(tallies(month, under=under, today=today).values())


def month_table(month: Month, unit: Unit, *, today: date) -> MonthTable:
    """Return the table of a unit: a line for each unit directly below it, and its own people."""
    by_unit = tallies(month, under=(unit.path,), today=today)
    below = db.session.scalars(
        select(Unit).where(Unit.path.startswith(unit.path, autoescape=True)).order_by(Unit.code)
    ).all()
    depth = unit.path.count("/")
    sums: dict[str, list[Tally]] = defaultdict(list)
    deeper: set[str] = set()
    for each in below:
        branch = "/".join(each.path.split("/")[: depth + 1]) + "/"
        sums[branch].append(by_unit.get(each.id, Tally()))
        if each.path.count("/") > depth + 1:
            deeper.add(branch)
    children = [each for each in below if each.path.count("/") == depth + 1]
    return MonthTable(
        month,
        unit,
        [UnitLine(each, total(sums[each.path]), each.path in deeper) for each in children],
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


#: Which states the list can be narrowed to.
FILTERS = ("not_met", "pending", "exempt", "no_target", "met")


def people_of(
    month: Month,
    *,
    under: Sequence[str],
    today: date,
    wanted: State | None = None,
    after: tuple[str, int] | None = None,
    limit: int = 50,
) -> tuple[list[PersonLine], tuple[str, int] | None]:
    """Return a page of the people of a month by name, and where the next page begins.

    `wanted` narrows to one state. Only people who can have that state are looked at, in
    steps, so the first page of those short costs a page and not the city.
    """
    policy = targets.policy_for(month)
    found: list[PersonLine] = []
    while True:
        rows = _members(month, policy, under, wanted, after, limit, today)
        exact = standings_of([row[0] for row in rows], month, policy, today=today)
        for person_id, public_id, name, phone, unit_name in rows:
            standing = exact[person_id]
            after = (name, person_id)
            if wanted in {None, standing.state}:
                found.append(
                    PersonLine(person_id, public_id, name, phone, unit_name, *standing[3:])
                )
            if len(found) == limit:
                return found, after
        if len(rows) < limit:
            return found, None


def _members(
    month: Month,
    policy: Policy,
    under: Sequence[str],
    wanted: State | None,
    after: tuple[str, int] | None,
    limit: int,
    today: date,
) -> Sequence[tuple[int, str, str, str | None, str]]:
    """Return people of the month by name who may stand as `wanted`, a page of them."""
    last = min(month.last_day, max(today, month.first_day))
    later = (
        select(Membership.person_id, func.max(Membership.from_on).label("from_on"))
        .where(
            Membership.from_on <= last,
            or_(Membership.until_on.is_(None), Membership.until_on > month.first_day),
        )
        .group_by(Membership.person_id)
        .subquery()
    )
    statement = (
        select(Person.id, Person.public_id, Person.name, Person.phone, Unit.name)
        .join(later, later.c.person_id == Person.id)
        .join(
            Membership,
            (Membership.person_id == later.c.person_id) & (Membership.from_on == later.c.from_on),
        )
        .join(Unit, Unit.id == Membership.unit_id)
        .where(within(Unit.path, under))
        .order_by(Person.name, Person.id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(
            or_(Person.name > after[0], (Person.name == after[0]) & (Person.id > after[1]))
        )
    if wanted in {State.EXEMPT, State.NO_TARGET}:
        statement = statement.where(
            or_(
                Person.id.in_(targets.exempt_people(month)),
                Person.id.in_(targets.partial_members(month)),
            )
        )
    elif wanted in {State.NOT_MET, State.PENDING}:
        served = (
            ledger.served_by_person(month, duty_counts=policy.duty_counts_for_target)
            .having(func.sum(LedgerEntry.minutes) >= policy.monthly_target_minutes)
            .subquery()
        )
        statement = statement.outerjoin(served, served.c.person_id == Person.id).where(
            served.c.person_id.is_(None)
        )
    return db.session.execute(statement).tuples().all()


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
        return 0 if self.owes.excused else max(0, self.owes.required - self.served)


def person_month(person_id: int, month: Month, *, today: date) -> PersonMonth:
    """Return how a person stands; somebody without membership in the month owes nothing."""
    policy = targets.policy_for(month)
    base = policy.monthly_target_minutes
    standing = standings_of([person_id], month, policy, today=today).get(person_id)
    if standing is None:
        owes = targets.owed_by([], [], policy, month)
        return PersonMonth(month, base, owes, 0, 0, State.NO_TARGET, reasons(owes, base, 0, 0))
    owes, served, waiting, how = standing[3:]
    why = reasons(owes, base, served, waiting)
    return PersonMonth(month, base, owes, served, waiting, how, why)
