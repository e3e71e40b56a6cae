"""Weekly group activities."""

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from volunteer.core.db import Base, UTCDateTime, one_of
from volunteer.people.models import Person
from volunteer.shifts.models import Nature, Site
from volunteer.units.models import Unit


class Activity(Base):
    """A group activity that comes back every week on one weekday."""

    __tablename__ = "activity"
    __table_args__ = (
        one_of("nature", Nature),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
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
    #: 0 is Monday.
    weekday: Mapped[int]
    #: Local time of day.
    starts: Mapped[time]
    minutes: Mapped[int]
    first_on: Mapped[date]
    #: None: until it is ended.
    last_on: Mapped[date | None]
    wanted: Mapped[int]
    capacity: Mapped[int | None]
    nature: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[int | None]
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    unit: Mapped[Unit] = relationship()
    site: Mapped[Site] = relationship()
    leader: Mapped[Person | None] = relationship()
