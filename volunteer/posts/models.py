"""Persuasion posts and their windows."""

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from volunteer.core.db import Base, UTCDateTime
from volunteer.people.models import Person
from volunteer.shifts.models import Site
from volunteer.units.models import Unit


class Post(Base):
    """A place to stand at a crossing, a school gate or a market (R45)."""

    __tablename__ = "post"
    __table_args__ = (
        CheckConstraint("wanted BETWEEN 1 AND 50", name="wanted"),
        CheckConstraint("capacity >= wanted", name="capacity_holds_wanted"),
        CheckConstraint("last_on >= first_on", name="ends_after_start"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    #: Where to stand: "东北角、西南角".
    corners: Mapped[str | None] = mapped_column(String(120))
    #: What to wear and carry: "红马甲、小红旗".
    kit: Mapped[str | None] = mapped_column(String(120))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    leader_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    wanted: Mapped[int]
    capacity: Mapped[int | None]
    first_on: Mapped[date]
    last_on: Mapped[date | None]
    #: What check-in does otherwise here than the unit says.
    wishes_id: Mapped[int | None] = mapped_column(ForeignKey("checkin_wishes.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[int | None]
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    unit: Mapped[Unit] = relationship()
    site: Mapped[Site] = relationship()
    leader: Mapped[Person | None] = relationship()
    windows: Mapped[list["PostWindow"]] = relationship(
        order_by="PostWindow.starts", back_populates="post"
    )


class PostWindow(Base):
    """When a post is manned: a time of day on some weekdays, perhaps in a season only."""

    __tablename__ = "post_window"
    __table_args__ = (
        CheckConstraint("ends > starts", name="ends_after_start"),
        CheckConstraint("weekdays BETWEEN 1 AND 127", name="weekdays"),
        CheckConstraint("(season_from IS NULL) = (season_until IS NULL)", name="whole_season"),
        UniqueConstraint("post_id", "starts", "weekdays", "season_from"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)
    starts: Mapped[time]
    ends: Mapped[time]
    #: One bit a weekday, Monday is 1, Sunday is 64.
    weekdays: Mapped[int]
    #: Month and day, "05-01" to "09-30", both included; None is the whole year.
    season_from: Mapped[str | None] = mapped_column(String(5))
    season_until: Mapped[str | None] = mapped_column(String(5))

    post: Mapped[Post] = relationship(back_populates="windows")
