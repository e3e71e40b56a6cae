"""Questions about policies, exemptions and what people owe."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from flask_babel import lazy_gettext
from sqlalchemy import ColumnElement, Select, SelectBase, and_, bindparam, or_, select
from sqlalchemy.orm import joinedload

from volunteer.core.clock import Month
from volunteer.core.db import db, within
from volunteer.hours.rules import Terms
from volunteer.people.models import Membership, Person
from volunteer.units.models import Unit

from .models import Exemption, ExemptionKind, Policy
from .rules import Owed, Span, owed

DAY = timedelta(days=1)

#: What each kind of exemption is called.
KINDS = {
    ExemptionKind.PARENTAL: lazy_gettext("maternity, paternity or childcare leave"),
    ExemptionKind.SICK: lazy_gettext("sick leave"),
    ExemptionKind.WORK_INJURY: lazy_gettext("work injury"),
    ExemptionKind.POSTED_OUT: lazy_gettext("posted out of town"),
    ExemptionKind.STUDY: lazy_gettext("full-time study"),
    ExemptionKind.RETIRED: lazy_gettext("retired"),
    ExemptionKind.UNPAID_LEAVE: lazy_gettext("long unpaid leave"),
    ExemptionKind.UNFIT: lazy_gettext("not fit for outdoor posts"),
    ExemptionKind.SEASONAL: lazy_gettext("seasonal peak or holidays of the job"),
    ExemptionKind.OTHER: lazy_gettext("other"),
}

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


class Stay(NamedTuple):
    """One stretch of a person's membership; `until_on` is the first day elsewhere."""

    person_id: int
    unit_id: int
    from_on: date
    until_on: date | None


def touches(month: Month) -> ColumnElement[bool]:
    """Return the condition that a membership covers at least one day of the month."""
    return and_(
        Membership.from_on <= month.last_day,
        or_(Membership.until_on.is_(None), Membership.until_on > month.first_day),
    )


def changes(month: Month) -> ColumnElement[bool]:
    """Return the condition that a membership covers a part of the month, not all of it.

    It begins after the first day or ends before the last has passed: two ranges, each of
    which an index answers.
    """
    first, last = month.first_day, month.last_day
    return or_(
        and_(Membership.from_on > first, Membership.from_on <= last),
        and_(Membership.until_on > first, Membership.until_on <= last),
    )


def partial_members(month: Month) -> Select[int]:
    """Return the statement of people who joined, left or moved within the month."""
    return select(Membership.person_id).where(changes(month))


def _exempt_in(month: Month) -> ColumnElement[bool]:
    return and_(
        Exemption.withdrawn_at.is_(None),
        Exemption.from_on <= month.last_day,
        Exemption.until_on >= month.first_day,
    )


def exempt_people(month: Month) -> Select[int]:
    """Return the statement of people with an exemption that touches the month."""
    return select(Exemption.person_id).where(_exempt_in(month))


def whole_month_exempt(month: Month) -> Select[int]:
    """Return the statement of people whom one exemption frees for the whole month."""
    return select(Exemption.person_id).where(
        Exemption.withdrawn_at.is_(None),
        Exemption.from_on <= month.first_day,
        Exemption.until_on >= month.last_day,
    )


def exemptions_in(
    month: Month, people: SelectBase | Sequence[int] | None = None
) -> dict[int, list[Span]]:
    """Return the exempt days of everybody, or of the given people, that touch the month."""
    found: dict[int, list[Span]] = defaultdict(list)
    statement = select(Exemption.person_id, Exemption.from_on, Exemption.until_on).where(
        _exempt_in(month)
    )
    if people is not None:
        statement = statement.where(Exemption.person_id.in_(people))
    for person_id, begins, ends in db.session.execute(statement):
        found[person_id].append((begins, ends))
    return found


def owing(policy: Policy, month: Month) -> Callable[[Sequence[Stay], Sequence[Span]], Owed]:
    """Return the reckoning of the month: from stays and exempt days to what a person owes."""
    base, least = policy.monthly_target_minutes, policy.min_days
    first, last = month.first_day, month.last_day

    def owed_by(stays: Sequence[Stay], exemptions: Sequence[Span]) -> Owed:
        spans: list[Span] = [
            (stay.from_on, stay.until_on and stay.until_on - DAY) for stay in stays
        ]
        return owed(base, least, first, last, spans, exemptions)

    return owed_by


def owed_of(person_id: int, month: Month, policy: Policy) -> Owed:
    """Return what one person owes in the month under the version in force."""
    statement = (
        select(Membership.person_id, Membership.unit_id, Membership.from_on, Membership.until_on)
        .where(Membership.person_id == person_id, touches(month))
        .order_by(Membership.from_on)
    )
    stays = [Stay(*row) for row in db.session.execute(statement)]
    return owing(policy, month)(stays, exemptions_in(month, [person_id]).get(person_id, ()))


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
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def exemptions_of(person_id: int, month: Month) -> Sequence[Exemption]:
    """Return a person's exemptions that touch the month, those withdrawn left out."""
    statement = (
        select(Exemption)
        .where(Exemption.person_id == person_id, _exempt_in(month))
        .order_by(Exemption.from_on, Exemption.id)
    )
    return db.session.scalars(statement).all()


def unit_path_of(person_id: int) -> str | None:
    """Return the path of the unit to which a person belongs now."""
    return db.session.scalar(
        select(Unit.path)
        .join(Membership, Membership.unit_id == Unit.id)
        .where(Membership.person_id == person_id, Membership.until_on.is_(None))
    )
