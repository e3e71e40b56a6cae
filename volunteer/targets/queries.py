"""Questions about policies, exemptions and what people owe."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import Select, SelectBase, bindparam, or_, select
from sqlalchemy.orm import joinedload

from volunteer.core.clock import Month
from volunteer.core.db import db, within
from volunteer.hours.rules import Terms
from volunteer.people.models import Membership, Person
from volunteer.units.models import Unit

from .models import Exemption, Policy
from .rules import Owed, Span, owed

_policy = (
    select(Policy)
    .where(Policy.valid_from <= bindparam("month"))
    .order_by(Policy.valid_from.desc())
    .limit(1)
)


def policy_for(month: Month) -> Policy:
    """Return the version in force on the month's first day (R33)."""
    return db.session.execute(_policy, {"month": str(month)}).scalar_one()


def policies() -> Sequence[Policy]:
    """Return every version, newest first."""
    return db.session.scalars(select(Policy).order_by(Policy.valid_from.desc())).all()


def terms_of(policy: Policy) -> Terms:
    """Return how minutes count under a version."""
    return Terms(
        grace_in=policy.grace_in_minutes,
        grace_out=policy.grace_out_minutes,
        min_presence_percent=policy.min_presence_percent,
        rounding=policy.rounding,
        max_per_record=policy.max_minutes_per_record,
        max_per_day=policy.max_minutes_per_day,
    )


def partial_members(month: Month) -> Select[int]:
    """Return the statement of people who joined, left or moved within the month."""
    first, last = month.first_day, month.last_day
    return select(Membership.person_id).where(
        Membership.from_on <= last,
        or_(Membership.until_on.is_(None), Membership.until_on > first),
        or_(Membership.from_on > first, Membership.until_on <= last),
    )


def exempt_people(month: Month) -> Select[int]:
    """Return the statement of people with an exemption that touches the month."""
    return select(Exemption.person_id).where(
        Exemption.withdrawn_at.is_(None),
        Exemption.from_on <= month.last_day,
        Exemption.until_on >= month.first_day,
    )


def memberships_of(people: SelectBase | Sequence[int], month: Month) -> dict[int, list[Membership]]:
    """Return the memberships of the given people that touch the month, earliest first."""
    found: dict[int, list[Membership]] = defaultdict(list)
    statement = (
        select(Membership)
        .where(
            Membership.person_id.in_(people),
            Membership.from_on <= month.last_day,
            or_(Membership.until_on.is_(None), Membership.until_on > month.first_day),
        )
        .order_by(Membership.from_on)
    )
    for row in db.session.scalars(statement):
        found[row.person_id].append(row)
    return found


def exemptions_in(month: Month, people: Sequence[int] | None = None) -> dict[int, list[Span]]:
    """Return the exempt days of everybody, or of the given people, that touch the month."""
    found: dict[int, list[Span]] = defaultdict(list)
    statement = select(Exemption.person_id, Exemption.from_on, Exemption.until_on).where(
        Exemption.withdrawn_at.is_(None),
        Exemption.from_on <= month.last_day,
        Exemption.until_on >= month.first_day,
    )
    if people is not None:
        statement = statement.where(Exemption.person_id.in_(people))
    for person_id, begins, ends in db.session.execute(statement):
        found[person_id].append((begins, ends))
    return found


def owed_by(
    memberships: Iterable[Membership], exemptions: Sequence[Span], policy: Policy, month: Month
) -> Owed:
    """Return what one person owes in the month under the version in force."""
    spans: list[Span] = [
        (row.from_on, row.until_on and row.until_on - timedelta(days=1)) for row in memberships
    ]
    return owed(
        policy.monthly_target_minutes,
        policy.min_days,
        month.first_day,
        month.last_day,
        spans,
        exemptions,
    )


def owed_of(person_id: int, month: Month) -> Owed:
    """Return what one person owes in the month."""
    return owed_by(
        memberships_of([person_id], month).get(person_id, []),
        exemptions_in(month, [person_id]).get(person_id, []),
        policy_for(month),
        month,
    )


def exemptions(
    *, under: Sequence[str], before: int | None = None, limit: int = 50
) -> Sequence[tuple[Exemption, str]]:
    """Return exemptions of people of the subtrees, newest first, each with the unit's name."""
    statement = (
        select(Exemption, Unit.name)
        .join(Exemption.person)
        .join(Membership, (Membership.person_id == Person.id) & Membership.until_on.is_(None))
        .join(Unit, Unit.id == Membership.unit_id)
        .where(within(Unit.path, under))
        .options(joinedload(Exemption.person))
        .order_by(Exemption.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(Exemption.id < before)
    return db.session.execute(statement).tuples().all()


def unit_path_of(person_id: int) -> str | None:
    """Return the path of the unit to which a person belongs now."""
    return db.session.scalar(
        select(Unit.path)
        .join(Membership, Membership.unit_id == Unit.id)
        .where(Membership.person_id == person_id, Membership.until_on.is_(None))
    )
