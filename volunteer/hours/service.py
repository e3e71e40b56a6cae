"""Changes to the ledger: it only grows."""

from datetime import date, datetime

from sqlalchemy import insert

from volunteer.core.clock import Month
from volunteer.core.db import run, transaction

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
