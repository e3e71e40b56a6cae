"""Reminders (what is owed) and deliveries (the ways it leaves)."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from volunteer.core.db import Base, UTCDateTime, one_of
from volunteer.shifts.models import Shift


class ReminderKind(StrEnum):
    SHORT_DAY_20 = "short_day_20"
    SHORT_DAY_27 = "short_day_27"
    SHIFT_CANCELLED = "shift_cancelled"
    #: What happened at shifts; the words are those of `shifts.notices.Notice`.
    SHIFT_CHANGED = "shift_changed"
    ASSIGNED = "assigned"
    TAKEN_OFF = "taken_off"
    PLACE_OFFERED = "place_offered"
    PLACE_LAPSED = "place_lapsed"
    SWAP_ASKED = "swap_asked"
    SWAP_ANSWERED = "swap_answered"
    PLACE_GIVEN_UP = "place_given_up"
    PLACE_SWAPPED = "place_swapped"
    PEOPLE_ASKED = "people_asked"
    GAPS_TOMORROW = "gaps_tomorrow"
    ROSTER_PUBLISHED = "roster_published"
    TAKES_PLACE = "takes_place"
    CHECK_OUT_MISSING = "check_out_missing"


class Reminder(Base):
    """A message owed to one person, once per kind and period ("2026-11", "shift:812")."""

    __tablename__ = "reminder"
    __table_args__ = (
        one_of("kind", ReminderKind),
        UniqueConstraint("person_id", "kind", "period"),
        Index(None, "person_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(20))
    period: Mapped[str] = mapped_column(String(20))
    #: Facts of the sentence, as they stood when it was planned.
    required_minutes: Mapped[int | None]
    served_minutes: Mapped[int | None]
    shift_id: Mapped[int | None] = mapped_column(ForeignKey("shift.id"))
    planned_at: Mapped[datetime] = mapped_column(UTCDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    shift: Mapped[Shift | None] = relationship()


class DeliveryChannel(StrEnum):
    INBOX = "inbox"
    SMS = "sms"
    EMAIL = "email"
    GROUP = "group"


class DeliveryState(StrEnum):
    PLANNED = "planned"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    DROPPED = "dropped"


class Delivery(Base):
    """One way by which a reminder leaves; the inbox is the first of them."""

    __tablename__ = "delivery"
    __table_args__ = (
        one_of("channel", DeliveryChannel),
        one_of("state", DeliveryState),
        UniqueConstraint("reminder_id", "channel"),
        Index(None, "state", "channel"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reminder_id: Mapped[int] = mapped_column(ForeignKey("reminder.id"))
    channel: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    error: Mapped[str | None] = mapped_column(String(200))
