"""Days off, waiting lists, requests for a swap, and the times that hold for them."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from volunteer.core.db import Base, UTCDateTime, one_of
from volunteer.core.triggers import append_only
from volunteer.people.models import Person
from volunteer.shifts.models import Shift
from volunteer.units.models import Unit


class SignUpTerms(Base):
    """The times that hold for signing up. A version is never edited: a change is a new row."""

    __tablename__ = "sign_up_terms"
    __table_args__ = (
        CheckConstraint("closes_before_minutes BETWEEN 0 AND 10080", name="closes_before_minutes"),
        CheckConstraint("late_before_minutes BETWEEN 0 AND 10080", name="late_before_minutes"),
        CheckConstraint("answer_most_minutes BETWEEN 5 AND 10080", name="answer_most_minutes"),
        CheckConstraint(
            "answer_least_minutes BETWEEN 5 AND answer_most_minutes", name="answer_least_minutes"
        ),
        CheckConstraint("rush_minutes BETWEEN 0 AND 1440", name="rush_minutes"),
        CheckConstraint("undo_minutes BETWEEN 0 AND 1440", name="undo_minutes"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: So long before the start nobody signs up any more.
    closes_before_minutes: Mapped[int]
    #: Whoever withdraws nearer to the start than this has withdrawn late; nothing follows.
    late_before_minutes: Mapped[int]
    #: How long an offered place is held: half the time to the start within these two.
    answer_most_minutes: Mapped[int]
    answer_least_minutes: Mapped[int]
    #: Nearer to the start than this a free place is offered to all who wait at once.
    rush_minutes: Mapped[int]
    #: So long one may take back that one cannot come.
    undo_minutes: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[int | None]


append_only("sign_up_terms")


class DayOff(Base):
    """Days on which a person cannot serve, both included. No reason is asked."""

    __tablename__ = "day_off"
    __table_args__ = (
        CheckConstraint("until_on >= from_on", name="ends_after_start"),
        UniqueConstraint("person_id", "from_on"),
        Index(None, "until_on", "from_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    from_on: Mapped[date]
    until_on: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class WaitingState(StrEnum):
    WAITING = "waiting"
    #: A place is free for this person, until `offered_until`.
    OFFERED = "offered"
    TAKEN = "taken"
    #: Not answered in time, or the shift has begun or is cancelled.
    LAPSED = "lapsed"
    LEFT = "left"


ON_THE_LIST = text("state IN ('waiting', 'offered')")


class Waiting(Base):
    """A person stands on the waiting list of a shift, or stood on it; first come, first offered."""

    __tablename__ = "waiting"
    __table_args__ = (
        one_of("state", WaitingState),
        CheckConstraint(
            "(state = 'offered') = (offered_until IS NOT NULL)", name="offered_until_a_moment"
        ),
        UniqueConstraint("shift_id", "person_id"),
        Index(
            "ix_waiting_on_the_list",
            "shift_id",
            "asked_at",
            sqlite_where=ON_THE_LIST,
            postgresql_where=ON_THE_LIST,
        ),
        Index(None, "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    shift_id: Mapped[int] = mapped_column(ForeignKey("shift.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str] = mapped_column(String(10))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    offered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    offered_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: Whether the offered place is kept for this person; a rush is first come, first served.
    is_held: Mapped[bool]
    #: How often a place has been offered; each offer is told once.
    offers: Mapped[int]

    shift: Mapped[Shift] = relationship()
    person: Mapped[Person] = relationship()


class SwapState(StrEnum):
    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    TAKEN_BACK = "taken_back"
    LAPSED = "lapsed"


STILL_ASKED = text("state = 'asked'")


class Swap(Base):
    """Somebody asks a colleague to take over a place, against a place of the other's or not.

    Nothing changes before the other says yes. `asked_id` empty: anybody of the unit may.
    """

    __tablename__ = "swap"
    __table_args__ = (
        one_of("state", SwapState),
        CheckConstraint("asked_id <> asker_id", name="two_people"),
        CheckConstraint("returns_id <> shift_id", name="two_shifts"),
        CheckConstraint("returns_id IS NULL OR asked_id IS NOT NULL", name="swap_with_somebody"),
        CheckConstraint("(state = 'accepted') = (taken_by IS NOT NULL)", name="accepted_by"),
        Index(
            "ix_swap_one_open_of_a_place",
            "shift_id",
            "asker_id",
            unique=True,
            sqlite_where=STILL_ASKED,
            postgresql_where=STILL_ASKED,
        ),
        Index(None, "asked_id", "state"),
        Index(None, "asker_id"),
        Index(None, "unit_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True)
    #: The place that the asker gives away.
    shift_id: Mapped[int] = mapped_column(ForeignKey("shift.id"))
    asker_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    #: Whose people are asked.
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    #: The place that the asker takes over in return.
    returns_id: Mapped[int | None] = mapped_column(ForeignKey("shift.id"))
    state: Mapped[str] = mapped_column(String(10))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    shift: Mapped[Shift] = relationship(foreign_keys=[shift_id])
    returns: Mapped[Shift | None] = relationship(foreign_keys=[returns_id])
    asker: Mapped[Person] = relationship(foreign_keys=[asker_id])
    asked: Mapped[Person | None] = relationship(foreign_keys=[asked_id])
    unit: Mapped[Unit] = relationship()
