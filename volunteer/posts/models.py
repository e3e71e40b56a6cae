"""Persuasion posts: where, when, whose; what they were before, and when they rest."""

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    String,
    UniqueConstraint,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from volunteer.core.db import Base, UTCDateTime, one_of
from volunteer.core.triggers import append_only
from volunteer.people.models import Person
from volunteer.shifts.models import Site
from volunteer.units.models import Unit

from .rules import Holidays, PlaceKind, Size, TurnBy


class Post(Base):
    """A place to stand at a crossing, a school gate or a market (R45).

    One unit answers for it, or several take turns (`turn_by`, R47). The row says how the
    post is after its newest version; what holds before that version's day stands there.
    """

    __tablename__ = "post"
    __table_args__ = (
        one_of("size", Size),
        one_of("place", PlaceKind),
        one_of("holidays", Holidays),
        one_of("turn_by", TurnBy),
        CheckConstraint("(turn_by IS NULL) = (turns_from IS NULL)", name="whole_rotation"),
        CheckConstraint("wanted BETWEEN 1 AND 50", name="wanted"),
        CheckConstraint("capacity >= wanted", name="capacity_holds_wanted"),
        CheckConstraint("last_on >= first_on", name="ends_after_start"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    place: Mapped[str] = mapped_column(
        String(10), default=PlaceKind.CROSSING, server_default="crossing"
    )
    size: Mapped[str] = mapped_column(String(10), default=Size.MINOR, server_default="minor")
    #: Which roads meet there: "府前路、新安路".
    roads: Mapped[str | None] = mapped_column(String(120))
    #: Where to stand: "东北角、西南角".
    corners: Mapped[str | None] = mapped_column(String(120))
    #: What to wear and carry, words of `kit.KIT` and own ones: "红马甲、小红旗".
    kit: Mapped[str | None] = mapped_column(String(120))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    leader_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    wanted: Mapped[int]
    capacity: Mapped[int | None]
    first_on: Mapped[date]
    last_on: Mapped[date | None]
    holidays: Mapped[str] = mapped_column(
        String(10), default=Holidays.REGARDLESS, server_default="regardless"
    )
    #: Whether one must have been trained to stand there (R54).
    needs_training: Mapped[bool] = mapped_column(default=True, server_default=true())
    #: How long each unit keeps it, and the day that lies in the first one's turn; None is
    #: the one unit for good.
    turn_by: Mapped[str | None] = mapped_column(String(10))
    turns_from: Mapped[date | None]
    #: What check-in does otherwise here than the unit says.
    wishes_id: Mapped[int | None] = mapped_column(ForeignKey("checkin_wishes.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[int | None]
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    unit: Mapped[Unit] = relationship()
    site: Mapped[Site] = relationship()
    leader: Mapped[Person | None] = relationship()
    windows: Mapped[list["PostWindow"]] = relationship(
        order_by="PostWindow.starts", back_populates="post", cascade="all, delete-orphan"
    )
    turns: Mapped[list["PostTurn"]] = relationship(
        order_by="PostTurn.position", cascade="all, delete-orphan"
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


class PostTurn(Base):
    """A unit's place among those that take turns at a post."""

    __tablename__ = "post_turn"

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), primary_key=True)
    #: 0 is the first.
    position: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)

    unit: Mapped[Unit] = relationship()


class PostVersion(Base):
    """A change of a post that holds from a day on: how it was, and how it is since.

    `before` and `after` are `facts.Facts` as JSON, whole. The days of a post's versions
    never go back, so what holds on a day is the `before` of the first version that begins
    later, or else the row of the post.
    """

    __tablename__ = "post_version"
    __table_args__ = (UniqueConstraint("post_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    number: Mapped[int]
    from_on: Mapped[date]
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[int | None]


append_only("post_version")


class PostSuspension(Base):
    """Days on which nobody stands at a post, say for roadworks. Both days are included;
    `until_on` None is until it is resumed. It was resumed from the day `resumed_on` on."""

    __tablename__ = "post_suspension"
    __table_args__ = (
        CheckConstraint("until_on >= from_on", name="ends_after_start"),
        CheckConstraint("(resumed_on IS NULL) = (ended_at IS NULL)", name="resumed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(String(160))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    made_by: Mapped[int | None]
    resumed_on: Mapped[date | None]
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_by: Mapped[int | None]

    @property
    def last_day(self) -> date | None:
        """The last day without anybody; None as long as it is open."""
        if self.resumed_on is None:
            return self.until_on
        before = self.resumed_on - timedelta(days=1)
        return min(before, self.until_on) if self.until_on else before
