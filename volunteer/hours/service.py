"""Changes to the ledger: it only grows."""

from datetime import date, datetime

from sqlalchemy import insert

from volunteer.core.clock import Month
from volunteer.core.db import run, transaction

from . import queries
from .models import LedgerEntry, SourceClass

_insert = insert(LedgerEntry)


def enter(
    *,
    person_id: int,
    unit_id: int,
    grid_id: int | None,
    service_day: date,
    minutes: int,
    nature: str,
    source: str,
    source_class: SourceClass,
    entered_by: int | None,
    now: datetime,
    corrects_id: int | None = None,
    reason: str | None = None,
) -> None:
    """Add one entry to the month of `service_day` (R16).

    `minutes` may be negative only to take back an earlier entry, named by `corrects_id`
    with a reason. A `source` already entered is refused by the database (IntegrityError).
    The verb that calls it has asked for permission.
    """
    with transaction():
        run(
            _insert,
            {
                "person_id": person_id,
                "unit_id": unit_id,
                "grid_id": grid_id,
                "month": str(Month.of_day(service_day)),
                "service_day": service_day,
                "minutes": minutes,
                "nature": nature,
                "source": source,
                "source_class": source_class,
                "corrects_id": corrects_id,
                "reason": reason,
                "entered_by": entered_by,
                "entered_at": now,
            },
        )


def take_back(source: str, *, reason: str, entered_by: int | None, now: datetime) -> int:
    """Take the entry of a source back, with a reason (R16); return the minutes taken back.

    0 where nothing was entered for it, or it was taken back before. Part of a verb that has
    asked for permission, as `enter`.
    """
    with transaction():
        entry = queries.with_source(source)
        back = f"{source}:reversed"
        if entry is None or queries.with_source(back) is not None:
            return 0
        enter(
            person_id=entry.person_id,
            unit_id=entry.unit_id,
            grid_id=entry.grid_id,
            service_day=entry.service_day,
            minutes=-entry.minutes,
            nature=entry.nature,
            source=back,
            source_class=SourceClass(entry.source_class),
            corrects_id=entry.id,
            reason=reason,
            entered_by=entered_by,
            now=now,
        )
        return entry.minutes
