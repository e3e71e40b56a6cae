"""The month of the whole city at once: everybody's standing, and every unit's tally of it.

For everybody this costs little more than the sums of the ledger. A page of people, or a
unit's subtree, is read by `listing` and `queries`, which cost a page and not the city.
"""

from collections import Counter, defaultdict
from datetime import date
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import Select, func, select

from volunteer.attendance import queries as attendance
from volunteer.core.clock import Month
from volunteer.core.db import db
from volunteer.hours import queries as ledger
from volunteer.people.models import Membership
from volunteer.targets import queries as targets
from volunteer.targets.models import Policy
from volunteer.targets.queries import Stay
from volunteer.targets.rules import state
from volunteer.units.queries import EVERYWHERE

from .queries import Standing, minutes_by_unit, reckoned, whole_month
from .rules import Tally

#: How many rows are fetched at a time; far more would keep the garbage collector busy.
STEP = 500


class Census(NamedTuple):
    """How each person stands, by person id, and how many of each unit itself, by unit id."""

    people: dict[int, Standing]
    units: dict[int, Tally]


def take(month: Month, *, today: date) -> Census:
    """Return the census of a month: six statements, however large the city is."""
    policy = targets.policy_for(month)
    people = standings(month, policy, today=today)
    heads = Counter(map(attrgetter("unit_id", "state"), people.values()))
    units: dict[int, Tally] = defaultdict(Tally)
    for (unit_id, how), count in heads.items():
        units[unit_id] = units[unit_id].plus(how, count)
    for unit_id, minutes in minutes_by_unit(month, under=EVERYWHERE).items():
        units[unit_id] = units[unit_id]._replace(minutes=minutes)
    return Census(people, units)


def standings(month: Month, policy: Policy, *, today: date) -> dict[int, Standing]:
    """Return how everybody of a month stands, by person id.

    Who is a member of one unit all month, without exemption, with nothing undecided and no
    other record merged, owes the base; only the others are reckoned one by one.
    """
    duty_counts = policy.duty_counts_for_target
    found = _ordinary(month, policy)
    exemptions = targets.exemptions_in(month)
    unconfirmed = attendance.unconfirmed(month, duty_counts=duty_counts)
    stays: dict[int, list[Stay]] = defaultdict(list)
    served: dict[int, int] = {}
    merged = ledger.served_by_merged(month, duty_counts=duty_counts)
    for person_id in exemptions.keys() | unconfirmed.keys() | merged.keys():
        if known := found.get(person_id):
            stays[person_id].append(Stay(person_id, known.unit_id, month.first_day, None))
            served[person_id] = known.served + merged.get(person_id, 0)
    for row in db.session.execute(_stays_of_a_part(month, duty_counts)):
        person_id, unit_id, from_on, until_on, served[row[0]] = row
        stays[person_id].append(Stay(person_id, unit_id, from_on, until_on))
    found |= reckoned(stays, served, exemptions, unconfirmed, month, policy, today=today)
    return found


def _ordinary(month: Month, policy: Policy) -> dict[int, Standing]:
    """Return how all stand who were members of one unit for the whole month, as if ordinary."""
    sums = ledger.served_by_person(month, duty_counts=policy.duty_counts_for_target).subquery()
    statement = (
        select(Membership.person_id, Membership.unit_id, func.coalesce(sums.c.served, 0))
        .outerjoin(sums, sums.c.person_id == Membership.person_id)
        .where(whole_month(month))
    )
    whole = targets.owing(policy, month)([Stay(0, 0, month.first_day, None)], [])
    shared: dict[tuple[int, int], Standing] = {}  # many stand alike: a tenth of the objects
    found: dict[int, Standing] = {}
    for rows in db.session.connection().execute(statement).partitions(STEP):
        for person_id, unit_id, served in rows:
            if (key := (unit_id, served)) not in shared:
                how = state(whole, served)
                shared[key] = Standing(unit_id, unit_id, True, whole, served, 0, how)
            found[person_id] = shared[key]
    return found


def _stays_of_a_part(month: Month, duty_counts: bool) -> Select[int, int, date, date | None, int]:
    columns = (Membership.person_id, Membership.unit_id, Membership.from_on, Membership.until_on)
    served = ledger.served_with_merged_of(Membership.person_id, month, duty_counts=duty_counts)
    return select(*columns, served).where(targets.changes(month)).order_by(Membership.from_on)
