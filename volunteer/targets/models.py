"""Policy versions and exemptions."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from volunteer.core.db import Base, UTCDateTime, one_of
from volunteer.people.models import Person


class Rounding(StrEnum):
    NONE = "none"
    DOWN_30 = "down_30"
    NEAREST_30 = "nearest_30"


class TrainingGate(StrEnum):
    """What happens where somebody serves without the training that is asked for (R54)."""

    OFF = "off"
    WARN = "warn"
    REFUSE = "refuse"


class Policy(Base):
    """One version of the monthly rules; the newest valid on a month's first day judges it (R33)."""

    __tablename__ = "policy"
    __table_args__ = (
        one_of("rounding", Rounding),
        one_of("training_gate", TrainingGate),
        CheckConstraint("training_valid_months BETWEEN 1 AND 120", name="training_valid_months"),
        UniqueConstraint("valid_from"),
        CheckConstraint("length(valid_from) = 7", name="valid_from"),
        CheckConstraint(
            "monthly_target_minutes BETWEEN 0 AND 44640", name="monthly_target_minutes"
        ),
        CheckConstraint("min_days BETWEEN 0 AND 31", name="min_days"),
        CheckConstraint("min_presence_percent BETWEEN 0 AND 100", name="min_presence_percent"),
        CheckConstraint("max_minutes_per_record BETWEEN 1 AND 1440", name="max_minutes_per_record"),
        CheckConstraint("max_minutes_per_day BETWEEN 1 AND 1440", name="max_minutes_per_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    document_number: Mapped[str] = mapped_column(String(60))
    #: The first month that it judges, "2026-11".
    valid_from: Mapped[str] = mapped_column(String(7))
    monthly_target_minutes: Mapped[int]
    #: Fewer eligible days than this owe nothing (R23).
    min_days: Mapped[int]
    rounding: Mapped[str] = mapped_column(String(10))
    #: Minutes by which a late arrival or an early leaving still counts as on time (R11).
    grace_in_minutes: Mapped[int]
    grace_out_minutes: Mapped[int]
    #: Least share of the shift, in percent; 0 is off (R12).
    min_presence_percent: Mapped[int]
    max_minutes_per_record: Mapped[int]
    max_minutes_per_day: Mapped[int]
    duty_counts_for_target: Mapped[bool]
    #: How long a training holds, and what its lack means (R54).
    training_valid_months: Mapped[int] = mapped_column(default=12, server_default="12")
    training_gate: Mapped[str] = mapped_column(
        String(10), default=TrainingGate.WARN, server_default="warn"
    )
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[int | None]


class ExemptionKind(StrEnum):
    PARENTAL = "parental"
    SICK = "sick"
    WORK_INJURY = "work_injury"
    POSTED_OUT = "posted_out"
    STUDY = "study"
    RETIRED = "retired"
    UNPAID_LEAVE = "unpaid_leave"
    UNFIT = "unfit"
    SEASONAL = "seasonal"
    OTHER = "other"


class Exemption(Base):
    """Days on which a person owes nothing: a kind and dates, never a diagnosis (R24).

    Both days are included. A withdrawn one stays, with the moment of its end.
    """

    __tablename__ = "exemption"
    __table_args__ = (
        one_of("kind", ExemptionKind),
        CheckConstraint("until_on >= from_on", name="ends_after_start"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    from_on: Mapped[date]
    until_on: Mapped[date]
    approved_by: Mapped[int | None]
    approved_at: Mapped[datetime] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    person: Mapped[Person] = relationship()
