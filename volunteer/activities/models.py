"""Group activities that come back, and the days on which they differ."""

from datetime import date, datetime, time
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from volunteer.core.db import Base, UTCDateTime, one_of
from volunteer.people.models import Person, QualificationKind
from volunteer.shifts.models import Nature, SignUp, Site
from volunteer.units.models import Unit

from .rules import Holidays


class Category(StrEnum):
    """What is done."""

    CLEANING = "cleaning"
    ORDER = "order"
    CARE = "care"
    PUBLICITY = "publicity"
    TRAINING = "training"
    OTHER = "other"


class Activity(Base):
    """A group activity that comes back by a rule: a series of shifts."""

    __tablename__ = "activity"
    __table_args__ = (
        one_of("nature", Nature),
        one_of("holidays", Holidays),
        one_of("category", Category),
        one_of("sign_up", SignUp),
        one_of("needs", QualificationKind),
        one_of("grants", QualificationKind),
        CheckConstraint("minutes BETWEEN 15 AND 720", name="minutes"),
        CheckConstraint("last_on >= first_on", name="ends_after_start"),
        CheckConstraint("capacity >= wanted", name="capacity_holds_wanted"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    leader_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    title: Mapped[str] = mapped_column(String(80))
    content: Mapped[str] = mapped_column(String(500))
    #: An RRULE of FREQ, INTERVAL and BYDAY: "FREQ=WEEKLY;BYDAY=FR"; see `rules.pattern`.
    rrule: Mapped[str] = mapped_column(String(60))
    holidays: Mapped[str] = mapped_column(String(10))
    category: Mapped[str] = mapped_column(String(12))
    #: Local time of day.
    starts: Mapped[time]
    minutes: Mapped[int]
    first_on: Mapped[date]
    #: None: until it is ended.
    last_on: Mapped[date | None]
    wanted: Mapped[int]
    capacity: Mapped[int | None]
    nature: Mapped[str] = mapped_column(String(10))
    sign_up: Mapped[str] = mapped_column(String(15))
    #: What one must have learnt to take part, and what one has learnt by it (R54).
    needs: Mapped[str | None] = mapped_column(String(20))
    grants: Mapped[str | None] = mapped_column(String(20))
    #: What check-in does otherwise here than the unit says.
    wishes_id: Mapped[int | None] = mapped_column(ForeignKey("checkin_wishes.id"))
    #: The series that this one carries on, changed.
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[int | None]
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    unit: Mapped[Unit] = relationship()
    site: Mapped[Site] = relationship()
    leader: Mapped[Person | None] = relationship()


class ExceptionKind(StrEnum):
    """Whether a day is taken out of a series, or put in."""

    SKIP = "skip"
    EXTRA = "extra"


class ActivityException(Base):
    """A day on which a series differs from its rule."""

    __tablename__ = "activity_exception"
    __table_args__ = (one_of("kind", ExceptionKind),)

    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(5))
    reason: Mapped[str] = mapped_column(String(100))
    entered_by: Mapped[int | None]
    entered_at: Mapped[datetime] = mapped_column(UTCDateTime)
