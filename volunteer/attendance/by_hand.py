"""What people decide about presence: exceptions, decisions, and what volunteers say themselves."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from volunteer.core.db import Base, UTCDateTime, one_of


class OverrideReason(StrEnum):
    """Why a leader records somebody past the rules (checkin.md 1.9)."""

    PHONE_DEAD = "phone_dead"
    NO_SIGNAL = "no_signal"
    CODE_DAMAGED = "code_damaged"
    FORGOT_OUT = "forgot_out"
    WALK_IN = "walk_in"
    SYSTEM_FAULT = "system_fault"
    OTHER = "other"


class AttendanceOverride(Base):
    """An exception that a leader made, with its scan; they are few in a shift (the quota)."""

    __tablename__ = "attendance_override"
    __table_args__ = (one_of("reason_code", OverrideReason),)

    scan_id: Mapped[int] = mapped_column(ForeignKey("scan.id"), primary_key=True)
    shift_id: Mapped[int] = mapped_column(ForeignKey("shift.id"), index=True)
    reason_code: Mapped[str] = mapped_column(String(15))


class Ruling(StrEnum):
    APPROVED = "approved"
    REJECTED = "rejected"


class AttendanceDecision(Base):
    """That somebody found a record to count or not, and how it stood before."""

    __tablename__ = "attendance_decision"
    __table_args__ = (
        one_of("ruling", Ruling),
        Index(None, "decided_by", "decided_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    attendance_id: Mapped[int] = mapped_column(ForeignKey("attendance.id"), index=True)
    ruling: Mapped[str] = mapped_column(String(10))
    left_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reason: Mapped[str] = mapped_column(String(200))
    decided_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime] = mapped_column(UTCDateTime)
    was_state: Mapped[str] = mapped_column(String(12))
    was_review: Mapped[str] = mapped_column(String(10))
    was_left_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    was_out_scan_id: Mapped[int | None] = mapped_column(ForeignKey("scan.id"))
    #: When it was taken back, or overtaken by a further decision.
    undone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class ClaimState(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    DECLINED = "declined"


IS_ASKED = text("state = 'asked'")


class AttendanceClaim(Base):
    """A volunteer says: I was there, or: the time is wrong. A person has one open at a shift."""

    __tablename__ = "attendance_claim"
    __table_args__ = (
        one_of("state", ClaimState),
        CheckConstraint("left_at > arrived_at", name="left_after_arrived"),
        CheckConstraint(
            "(state = 'asked') = (answered_at IS NULL)", name="answered_with_its_moment"
        ),
        Index(
            "ix_attendance_claim_one_open",
            "shift_id",
            "person_id",
            unique=True,
            sqlite_where=IS_ASKED,
            postgresql_where=IS_ASKED,
        ),
        Index(None, "person_id", "shift_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    shift_id: Mapped[int] = mapped_column(ForeignKey("shift.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    arrived_at: Mapped[datetime] = mapped_column(UTCDateTime)
    left_at: Mapped[datetime] = mapped_column(UTCDateTime)
    words: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    answer: Mapped[str | None] = mapped_column(String(200))
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
