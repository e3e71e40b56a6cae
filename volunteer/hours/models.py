"""The ledger."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from volunteer.core.db import Base, UTCDateTime, one_of
from volunteer.core.triggers import append_only
from volunteer.shifts.models import Nature


class SourceClass(StrEnum):
    """How the minutes came to be known (R18); a correction keeps the class it corrects."""

    SCANNED = "scanned"
    MANUAL = "manual"
    IMPORTED = "imported"


#: Few entries are so, and totals tell them apart.
BY_NO_SCAN = text("source_class <> 'scanned'")


class LedgerEntry(Base):
    """A number of minutes credited to, or taken from, one person's month.

    Entries are facts: a mistake is answered by a further entry that names the one it
    corrects, with a reason. `source` names what caused the entry ("attendance:8127:1",
    an attendance and its revision) and is unique, so replaying a cause cannot credit it
    twice. Unit and grid are those at the time of service; a later transfer leaves them.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (
        one_of("nature", Nature),
        one_of("source_class", SourceClass),
        CheckConstraint("minutes <> 0", name="moves_something"),
        CheckConstraint("minutes > 0 OR corrects_id IS NOT NULL", name="takes_back_something"),
        CheckConstraint("corrects_id IS NULL OR reason IS NOT NULL", name="corrects_with_reason"),
        Index(None, "month", "person_id", "nature", "minutes"),
        Index(None, "month", "unit_id", "person_id", "minutes"),
        Index(
            "ix_ledger_entry_not_scanned",
            "month",
            "unit_id",
            "source_class",
            "minutes",
            sqlite_where=BY_NO_SCAN,
            postgresql_where=BY_NO_SCAN,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("grid.id"))
    month: Mapped[str] = mapped_column(String(7))
    service_day: Mapped[date]
    minutes: Mapped[int]
    nature: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(60), unique=True)
    source_class: Mapped[str] = mapped_column(String(10))
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"), index=True)
    reason: Mapped[str | None] = mapped_column(String(200))
    #: The account that entered it; None is the system.
    entered_by: Mapped[int | None]
    entered_at: Mapped[datetime] = mapped_column(UTCDateTime)


append_only("ledger_entry")
