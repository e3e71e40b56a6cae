"""Moves of people between shifts, calls for help, inspections, and secret calendar addresses."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from volunteer.core.db import Base, UTCDateTime
from volunteer.people.models import Person
from volunteer.shifts.models import Shift
from volunteer.units.models import Unit


class PlaceMove(Base):
    """A person was moved from one shift to another; it can be taken back for a while."""

    __tablename__ = "place_move"
    __table_args__ = (CheckConstraint("from_shift_id <> to_shift_id", name="elsewhere"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    from_shift_id: Mapped[int] = mapped_column(ForeignKey("shift.id"))
    to_shift_id: Mapped[int] = mapped_column(ForeignKey("shift.id"))
    moved_at: Mapped[datetime] = mapped_column(UTCDateTime)
    moved_by: Mapped[int | None]
    undone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    person: Mapped[Person] = relationship()
    from_shift: Mapped[Shift] = relationship(foreign_keys=[from_shift_id])
    to_shift: Mapped[Shift] = relationship(foreign_keys=[to_shift_id])


class CallForHelp(Base):
    """The free people of a shift's unit were asked to fill it: when last, and how many."""

    __tablename__ = "call_for_help"
    __table_args__ = (CheckConstraint("people >= 0", name="people"),)

    shift_id: Mapped[int] = mapped_column(ForeignKey("shift.id"), primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    asked_by: Mapped[int | None]
    people: Mapped[int]


class Inspection(Base):
    """Days, both included, on which every post of a unit and all under it must be manned (R55)."""

    __tablename__ = "inspection"
    __table_args__ = (CheckConstraint("until_on >= from_on", name="ends_after_start"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    from_on: Mapped[date]
    until_on: Mapped[date] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[int | None]
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    unit: Mapped[Unit] = relationship()


OF_A_PERSON = text("ended_at IS NULL AND person_id IS NOT NULL")
OF_A_UNIT = text("ended_at IS NULL AND unit_id IS NOT NULL")


class CalendarAddress(Base):
    """A secret address of a person's or a unit's calendar; only its SHA-256 is kept.

    An owner has at most one that is good, and the database guarantees it.
    """

    __tablename__ = "calendar_address"
    __table_args__ = (
        CheckConstraint("(person_id IS NULL) <> (unit_id IS NULL)", name="one_owner"),
        Index(
            "ix_calendar_address_one_of_a_person",
            "person_id",
            unique=True,
            sqlite_where=OF_A_PERSON,
            postgresql_where=OF_A_PERSON,
        ),
        Index(
            "ix_calendar_address_one_of_a_unit",
            "unit_id",
            unique=True,
            sqlite_where=OF_A_UNIT,
            postgresql_where=OF_A_UNIT,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    made_by: Mapped[int | None]
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    person: Mapped[Person | None] = relationship()
    unit: Mapped[Unit | None] = relationship()
