"""The month: who met the minimum, who did not, and why; nothing here is stored."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    SelectBase,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    union_all,
)

from volunteer.attendance import queries as attendance
from volunteer.core.clock import Month
from volunteer.core.db import db, within
from volunteer.hours import queries as ledger
from volunteer.hours.models import LedgerEntry
from volunteer.hours.rules import shortfall
from volunteer.people.models import Membership
from volunteer.people.queries import kept_people
from volunteer.targets import queries as targets
from volunteer.targets.models import Policy
from volunteer.targets.queries import Stay
from volunteer.targets.rules import Owed, Span, State, state
from volunteer.units import queries as units
from volunteer.units.models import Grid, Unit
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
    """A unit, its own people, the units directly below it, and the whole; or a grid.

    Names are those of the last day of the month (R32).
    """

    month: Month
    code: str
    name: str
    lines: Sequence[UnitLine]
    #: Of a unit itself; of a grid what others than its units have served there.
    own: Tally
    whole: Tally


def last_day(month: Month, today: date) -> date:
    """Return the day that counts a person to a unit: the last one, today in the running month."""
    return min(month.last_day, max(today, month.first_day))


def whole_month(month: Month) -> ColumnElement[bool]:
    """Return the condition that a membership covers every day of the month."""
    open_ended = or_(Membership.until_on.is_(None), Membership.until_on > month.last_day)
    return and_(Membership.from_on <= month.first_day, open_ended)


def is_part(under: Sequence[str]) -> bool:
    """Tell whether the subtrees are less than the city, whose root is the only path of one id."""
    return all(path.count("/") > 2 for path in under)


def inside(under: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a membership lies in the subtrees."""
    return Membership.unit_id.in_(select(Unit.id).where(within(Unit.path, under)))


def standings_of(
    people: SelectBase | Sequence[int],
    month: Month,
    policy: Policy,
    *,
    today: date,
    many: bool = False,
) -> dict[int, Standing]:
    """Return how the given people stand; those without membership in the month are left out.

    Three statements, however many people. `many` reads exemptions and undecided minutes of
    everybody, which costs less than to look for each of very many.
    """
    duty_counts = policy.duty_counts_for_target
    sums = ledger.served_with_merged_of(Membership.person_id, month, duty_counts=duty_counts)
    columns = (Membership.person_id, Membership.unit_id, Membership.from_on, Membership.until_on)
    rows = db.session.execute(
        select(*columns, sums)
        .where(Membership.person_id.in_(people), targets.touches(month))
        .order_by(Membership.from_on)
    )
    stays: dict[int, list[Stay]] = defaultdict(list)
    minutes: dict[int, int] = {}
    for person_id, unit_id, from_on, until_on, sum_of_person in rows:
        stays[person_id].append(Stay(person_id, unit_id, from_on, until_on))
        minutes[person_id] = sum_of_person
    among = None if many else people
    exemptions = targets.exemptions_in(month, among)
    unconfirmed = attendance.unconfirmed(month, people=among, duty_counts=duty_counts)
    return reckoned(stays, minutes, exemptions, unconfirmed, month, policy, today=today)


def reckoned(
    stays: Mapping[int, Sequence[Stay]],
    minutes: Mapping[int, int],
    exemptions: Mapping[int, Sequence[Span]],
    unconfirmed: Mapping[int, int],
    month: Month,
    policy: Policy,
    *,
    today: date,
) -> dict[int, Standing]:
    """Return how each person with `stays` in the month stands, from what is known by person."""
    owed_by = targets.owing(policy, month)
    first, end, last = month.first_day, month.last_day, last_day(month, today)
    found = {}
    for person_id, theirs in stays.items():
        here = ([stay for stay in theirs if stay.from_on <= last] or theirs[:1])[-1]
        until = here.until_on
        is_whole = here.from_on <= first and (until is None or until > end)
        owes = owed_by(theirs, exemptions.get(person_id, ()))
        served, waiting = minutes.get(person_id, 0), unconfirmed.get(person_id, 0)
        found[person_id] = Standing(
            here.unit_id,
            here.unit_id if is_whole else None,
            until is None or until > last,
            owes,
            served,
            waiting,
            state(owes, served, waiting),
        )
    return found


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
    a decision, no other record merged; such a person owes the base. `settled` leaves out
    those who only wait for a decision.
    """
    kinds: list[Select[Any]] = [
        targets.partial_members(month),
        targets.exempt_people(month),
        kept_people(),
    ]
    if not settled:
        duty_counts = policy.duty_counts_for_target
        kinds.append(attendance.undecided_people(month, duty_counts=duty_counts))
    if is_part(under):
        members = select(Membership.person_id).where(inside(under), targets.touches(month))
        kinds = [kind.where(kind.selected_columns[0].in_(members)) for kind in kinds]
    special = kinds[0].union(*kinds[1:])
    return standings_of(special, month, policy, today=today, many=not is_part(under))


def heads(month: Month, policy: Policy, *, under: Sequence[str], today: date) -> dict[int, Tally]:
    """Return how many people of every unit of the subtrees stand how, by unit id; no minutes.

    One statement counts everybody as if ordinary; those who are not are then taken out
    and put where they belong, so that the cost follows from the exceptions only.
    """
    base = policy.monthly_target_minutes
    by_person = ledger.served_by_person(month, duty_counts=policy.duty_counts_for_target)
    if is_part(under):
        members = select(Membership.person_id).where(inside(under), whole_month(month))
        by_person = by_person.where(LedgerEntry.person_id.in_(members))
    served = by_person.subquery()
    reached = func.sum(case((func.coalesce(served.c.served, 0) >= base, 1), else_=0))
    ordinary = (
        select(Membership.unit_id, func.count(), reached)
        .outerjoin(served, served.c.person_id == Membership.person_id)
        .where(whole_month(month), Membership.person_id.not_in(kept_people()))
        .group_by(Membership.unit_id)
    )
    if is_part(under):
        ordinary = ordinary.where(inside(under))
    found: dict[int, Tally] = defaultdict(Tally)
    for unit_id, people, met in db.session.execute(ordinary):
        found[unit_id] = Tally(people=people, met=met, not_met=people - met)
    corrections: Counter[tuple[int, State]] = Counter()
    joined, inside_ids = _left_out_and_inside(under)
    for person_id, standing in exceptions(month, policy, today=today, under=under).items():
        if standing.counted_in is not None and person_id not in joined:
            guessed = State.MET if standing.served >= base else State.NOT_MET
            corrections[standing.counted_in, guessed] -= 1
        corrections[standing.unit_id, standing.state] += 1
    for (unit_id, how), count in corrections.items():
        found[unit_id] = found[unit_id].plus(how, count)
    if tuple(under) == EVERYWHERE:
        return found
    return defaultdict(Tally, {unit_id: found[unit_id] for unit_id in inside_ids})


def _left_out_and_inside(under: Sequence[str]) -> tuple[set[int], set[int]]:
    """Return whom the count of the ordinary leaves out, and the units of the subtrees."""
    kept = select(literal(0), kept_people().subquery().c.merged_into_id)
    units_inside = select(literal(1), Unit.id).where(within(Unit.path, under))
    found = db.session.execute(union_all(kept, units_inside)).all()
    return {each for kind, each in found if not kind}, {each for kind, each in found if kind}


def tallies(
    month: Month, *, under: Sequence[str], grid_id: int | None = None, today: date
) -> dict[int, Tally]:
    """Return the tally of every unit of the subtrees, its own people only, by unit id.

    The minutes are those entered for the unit, whoever's they are (R29); with a grid those
    served in it.
    """
    found = heads(month, targets.policy_for(month), under=under, today=today)
    for unit_id, minutes in minutes_by_unit(month, under=under, grid_id=grid_id).items():
        found[unit_id] = found[unit_id]._replace(minutes=minutes)
    return found


def minutes_by_unit(
    month: Month, *, under: Sequence[str], grid_id: int | None = None
) -> dict[int, int]:
    """Return the minutes entered in a month for units of the subtrees, of any nature.

    With a grid only those served in it.
    """
    entered = (
        select(LedgerEntry.unit_id, func.sum(LedgerEntry.minutes))
        .where(LedgerEntry.month == str(month))
        .group_by(LedgerEntry.unit_id)
    )
    if tuple(under) != EVERYWHERE:
        inside_ids = select(Unit.id).where(within(Unit.path, under))
        entered = entered.where(LedgerEntry.unit_id.in_(inside_ids))
    if grid_id is not None:
        entered = entered.where(LedgerEntry.grid_id == grid_id)
    return dict(db.session.execute(entered).all())


def head_count(month: Month, *, under: Sequence[str], today: date) -> Tally:
    """Return how many people of the subtrees stand how, without minutes."""
    return total(heads(month, targets.policy_for(month), under=under, today=today).values())


def city_tally(month: Month, *, under: Sequence[str], today: date) -> Tally:
    """Return the sum over the subtrees."""
    return total(tallies(month, under=under, today=today).values())


def month_table(month: Month, unit: Unit, *, today: date) -> MonthTable:
    """Return the table of a unit: a line for each unit directly below it, and its own people.

    The tree is that of today, with the names of then; a unit that neither stood in the
    month nor has figures of it is left out (R32).
    """
    by_unit = tallies(month, under=(unit.path,), today=today)
    day = last_day(month, today)
    below = db.session.execute(
        select(Unit.id, Unit.code, units.called_on(day), Unit.path, stood_in(month))
        .where(Unit.path.startswith(unit.path, autoescape=True))
        .order_by(Unit.code)
    ).all()
    depth = unit.path.count("/")
    sums: dict[str, list[Tally]] = defaultdict(list)
    deeper: set[str] = set()
    for unit_id, _, _, path, _ in below:
        branch = "/".join(path.split("/")[: depth + 1]) + "/"
        sums[branch].append(by_unit.get(unit_id, Tally()))
        if path.count("/") > depth + 1:
            deeper.add(branch)
    lines = [
        (UnitLine(code, name, total(sums[path]), path in deeper), stood)
        for _, code, name, path, stood in below
        if path.count("/") == depth + 1
    ]
    [name] = (name for unit_id, _, name, _, _ in below if unit_id == unit.id)
    return MonthTable(
        month,
        unit.code,
        name,
        [line for line, stood in lines if stood or any(line.tally)],
        by_unit.get(unit.id, Tally()),
        total(by_unit.values()),
    )


def stood_in(month: Month) -> ColumnElement[bool]:
    """Return the condition that a unit stood on some day of the month."""
    return and_(
        or_(Unit.started_on.is_(None), Unit.started_on <= month.last_day),
        or_(Unit.ended_on.is_(None), Unit.ended_on > month.first_day),
    )


def standing_in(month: Month, *, under: Sequence[str]) -> set[int]:
    """Return the ids of the units of the subtrees that stood on some day of the month."""
    return set(db.session.scalars(select(Unit.id).where(within(Unit.path, under), stood_in(month))))


def grid_table(
    month: Month, grid: Grid, *, paths: Sequence[str], under: Sequence[str], today: date
) -> MonthTable:
    """Return the table of a grid: a line for each of its units at `paths`, and others' minutes.

    The people are those of the lead unit and the co-units with everything under them, and
    stand as they do in the tables of their units: what they owe knows no grid. The minutes
    are only those served in the grid, entered for units within `under`, whoever's they are
    (R29: an entry keeps the grid at the time of service). Which units a grid has is that of
    today.
    """
    by_unit = heads(month, targets.policy_for(month), under=paths, today=today)
    minutes = minutes_by_unit(month, under=under, grid_id=grid.id)
    rows = db.session.execute(
        select(Unit.id, Unit.code, units.called_on(last_day(month, today)), Unit.path)
        .where(within(Unit.path, paths))
        .order_by(Unit.code)
    ).all()
    lines = []
    for _, code, name, path in (row for row in rows if row.path in paths):
        ids = [row.id for row in rows if row.path.startswith(path)]
        heads_of_unit = total(by_unit.get(each, Tally()) for each in ids)
        served = sum(minutes.pop(each, 0) for each in ids)
        tally = heads_of_unit._replace(minutes=served)
        lines.append(UnitLine(code, name, tally, len(ids) > 1))
    others = Tally(minutes=sum(minutes.values()))
    whole = total([others, *(line.tally for line in lines)])
    return MonthTable(month, grid.code, grid.name, lines, others, whole)


def topmost(*, under: Sequence[str]) -> list[tuple[str, str]]:
    """Return code and name of the units at the top of the subtrees, by code."""
    statement = select(Unit.code, Unit.name).where(Unit.path.in_(under)).order_by(Unit.code)
    return [(code, name) for code, name in db.session.execute(statement)]


class PersonMonth(NamedTuple):
    """How one person stands in one month, and why."""

    month: Month
    base: int
    owes: Owed
    served: int
    unconfirmed: int
    state: State
    reasons: list[Because]
    #: Whether time that is part of the job counts to the minimum (R21).
    duty_counts: bool

    @property
    def missing(self) -> int:
        """Minutes still missing; 0 where nothing is owed."""
        return shortfall(self.served, self.owes.required)


def person_month(person_id: int, month: Month, *, today: date) -> PersonMonth:
    """Return how a person stands; somebody without membership in the month owes nothing."""
    policy = targets.policy_for(month)
    base = policy.monthly_target_minutes
    standing = standings_of([person_id], month, policy, today=today).get(person_id)
    duty_counts = policy.duty_counts_for_target
    if standing is not None:
        owes, served, waiting, how = standing[3:]
    else:
        owes, waiting, how = targets.owing(policy, month)([], []), 0, State.NO_TARGET
        served = ledger.minutes_of(person_id, month, duty_counts=duty_counts)
    why = reasons(owes, base, served, waiting)
    return PersonMonth(month, base, owes, served, waiting, how, why, duty_counts)
