"""Units and grids."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from volunteer.core.db import Base, UTCDateTime, one_of


class UnitKind(StrEnum):
    CITY = "city"
    SYSTEM = "system"
    TOWNSHIP = "township"
    COMMUNITY = "community"
    DEPARTMENT = "department"
    SCHOOL = "school"
    HOSPITAL = "hospital"
    COMPANY = "company"
    ORGANISATION = "organisation"
    SECTION = "section"


class Unit(Base):
    """One organisation in the tree.

    `path` lists the ids from the root, each followed by a slash ("/1/14/233/"),
    so a subtree is one prefix match and "/1/1/" never matches "/1/14/".
    """

    __tablename__ = "unit"
    __table_args__ = (
        one_of("kind", UnitKind),
        CheckConstraint("ended_on > started_on", name="ends_after_start"),
        CheckConstraint("(parent_id IS NULL) = (kind = 'city')", name="one_root_kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    #: The name as it is compared: NFKC, no blanks.
    name_key: Mapped[str] = mapped_column(String(60), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    path: Mapped[str] = mapped_column(String(120), unique=True)
    started_on: Mapped[date | None]
    #: The first day on which the unit is no more.
    ended_on: Mapped[date | None]


class UnitName(Base):
    """A name that a unit bore once, until the day before `until_on`; None: from its beginning.

    The present name stands on the unit. Tables of past months show the name of then (R32).
    """

    __tablename__ = "unit_name"
    __table_args__ = (
        CheckConstraint("until_on > from_on", name="ends_after_start"),
        UniqueConstraint("unit_id", "until_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    name: Mapped[str] = mapped_column(String(60))
    from_on: Mapped[date | None]
    until_on: Mapped[date]


class UnitAlias(Base):
    """A short or former name by which the sheets that people send may call a unit."""

    __tablename__ = "unit_alias"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    #: The alias as it is compared: NFKC, no blanks.
    name_key: Mapped[str] = mapped_column(String(60), unique=True)
    created_by: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    unit: Mapped[Unit] = relationship()


class GridKind(StrEnum):
    ROAD = "road"
    ESTATE = "estate"
    MARKET = "market"
    LANE = "lane"


class Grid(Base):
    """An area of the city with exactly one lead unit."""

    __tablename__ = "grid"
    __table_args__ = (one_of("kind", GridKind),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(10))
    #: The township or street in which it lies.
    township_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    lead_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    started_on: Mapped[date | None]
    ended_on: Mapped[date | None]

    lead_unit: Mapped[Unit] = relationship(foreign_keys=lead_unit_id)
    township: Mapped[Unit] = relationship(foreign_keys=township_id)


class GridCoUnit(Base):
    """A unit that helps the lead unit of a grid."""

    __tablename__ = "grid_co_unit"
    __table_args__ = (UniqueConstraint("grid_id", "unit_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    grid_id: Mapped[int] = mapped_column(ForeignKey("grid.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
