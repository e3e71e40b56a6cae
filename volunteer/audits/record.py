"""What a person has done and is to do, for the pages of the record (hooks of `people`)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, func, select

from volunteer.core.db import db
from volunteer.hours.models import LedgerEntry
from volunteer.people.queries import Deeds, ExemptOf, Line, MonthOf, ShiftOf, same_person
from volunteer.shifts.models import (
    Assignment,
    AssignmentState,
    Nature,
    Shift,
    ShiftState,
    Site,
)
from volunteer.targets.models import Exemption, ExemptionKind
from volunteer.targets.queries import KINDS
from volunteer.units.models import Unit

#: How many months and shifts a page shows.
MONTHS, SHIFTS = 12, 20


def deeds_of(person_id: int, now: datetime) -> Deeds:
    """Return a person's last months, shifts and exemptions: three statements."""
    return Deeds(_months(person_id), *_shifts(person_id, now), _exemptions(person_id))


def _months(person_id: int) -> list[MonthOf]:
    def minutes_of(nature: Nature):  # type: ignore[no-untyped-def]
        return func.sum(case((LedgerEntry.nature == nature, LedgerEntry.minutes), else_=0))

    statement = (
        select(LedgerEntry.month, minutes_of(Nature.VOLUNTARY), minutes_of(Nature.DUTY))
        .where(LedgerEntry.person_id.in_(same_person(person_id)))
        .group_by(LedgerEntry.month)
        .order_by(LedgerEntry.month.desc())
        .limit(MONTHS)
    )
    return [MonthOf(*row) for row in db.session.execute(statement)]


def _shifts(person_id: int, now: datetime) -> tuple[list[ShiftOf], list[ShiftOf]]:
    """Return the latest shifts of a person: those to come, the next first, and the past ones."""
    statement = (
        select(Shift.title, Site.name, Shift.starts_at, Shift.ends_at, Shift.public_id)
        .select_from(Assignment)
        .join(Shift, Shift.id == Assignment.shift_id)
        .join(Site, Site.id == Shift.site_id)
        .where(
            Assignment.person_id.in_(same_person(person_id)),
            Assignment.state.in_([AssignmentState.ASSIGNED, AssignmentState.WALK_IN]),
            Shift.state == ShiftState.PLANNED,
        )
        .order_by(Assignment.starts_at.desc())
        .limit(SHIFTS)
    )
    shifts = [ShiftOf(*row) for row in db.session.execute(statement)]
    to_come = [each for each in reversed(shifts) if each.ends_at > now]
    return to_come, [each for each in shifts if each.ends_at <= now]


def _exemptions(person_id: int) -> list[ExemptOf]:
    statement = (
        select(Exemption.kind, Exemption.from_on, Exemption.until_on)
        .where(Exemption.person_id.in_(same_person(person_id)), Exemption.withdrawn_at.is_(None))
        .order_by(Exemption.from_on.desc())
        .limit(SHIFTS)
    )
    return [
        ExemptOf(str(KINDS[ExemptionKind(row[0])]), *row[1:])
        for row in db.session.execute(statement)
    ]


def lines_of(person_id: int) -> Sequence[Line]:
    """Return every entry of a person's ledger, oldest first, with the unit that it stands for."""
    statement = (
        select(
            LedgerEntry.service_day,
            LedgerEntry.source,
            Unit.name,
            LedgerEntry.minutes,
            LedgerEntry.nature,
            LedgerEntry.source_class,
            LedgerEntry.reason,
        )
        .join(Unit, Unit.id == LedgerEntry.unit_id)
        .where(LedgerEntry.person_id.in_(same_person(person_id)))
        .order_by(LedgerEntry.service_day, LedgerEntry.id)
    )
    return [Line(*row) for row in db.session.execute(statement)]
