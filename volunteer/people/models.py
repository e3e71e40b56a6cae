"""People, where they belong, and the runs that brought them in."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from volunteer.core.db import Base, UTCDateTime, one_of
from volunteer.units.models import Unit


class PersonState(StrEnum):
    ACTIVE = "active"
    LEFT = "left"


class ConsentState(StrEnum):
    PENDING = "pending"
    GIVEN = "given"
    DECLINED = "declined"


class Person(Base):
    """A registered volunteer.

    Name, phone and unit are all that is asked (R1); a person without a phone of
    their own has none here and is served by roll call (R57). The unit is not a
    column: it follows from the memberships, which are dated.
    """

    __tablename__ = "person"
    __table_args__ = (
        one_of("state", PersonState),
        one_of("consent", ConsentState),
        CheckConstraint("length(name) > 0", name="has_name"),
        Index(None, "name", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: What stands in addresses: random, says nothing.
    public_id: Mapped[str] = mapped_column(String(16), unique=True)
    #: What stands on papers, "V0000123".
    volunteer_number: Mapped[str] = mapped_column(String(12), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    phone: Mapped[str | None] = mapped_column(String(11), unique=True)
    #: The last four digits of the phone, by which people are found.
    phone_tail: Mapped[str | None] = mapped_column(String(4), index=True)
    category: Mapped[str | None] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10))
    #: Whether the person agreed to the notice of version `consent_version` (R4).
    consent: Mapped[str] = mapped_column(String(10))
    consent_version: Mapped[int | None]
    consent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    registered_at: Mapped[datetime] = mapped_column(UTCDateTime)


OPEN_ENDED = text("until_on IS NULL")
ENDED = text("until_on IS NOT NULL")


class Membership(Base):
    """A person belongs to a unit from a day on, until the day before `until_on`.

    At most one membership of a person is open-ended; the database guarantees it.
    """

    __tablename__ = "membership"
    __table_args__ = (
        CheckConstraint("until_on > from_on", name="ends_after_start"),
        UniqueConstraint("person_id", "from_on"),
        Index(None, "from_on"),
        Index(None, "until_on", sqlite_where=ENDED, postgresql_where=ENDED),
        Index("ix_membership_unit_id_person_id", "unit_id", "person_id", "from_on", "until_on"),
        Index(
            "ix_membership_one_open_per_person",
            "person_id",
            unique=True,
            sqlite_where=OPEN_ENDED,
            postgresql_where=OPEN_ENDED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    from_on: Mapped[date]
    until_on: Mapped[date | None]

    person: Mapped[Person] = relationship()
    unit: Mapped[Unit] = relationship()


class ImportState(StrEnum):
    READING = "reading"
    READY = "ready"
    LANDING = "landing"
    LANDED = "landed"
    FAILED = "failed"


class ImportRun(Base):
    """One file of people, from the upload to the commit; what it would do and what it did."""

    __tablename__ = "import_run"
    __table_args__ = (one_of("state", ImportState), Index(None, "sha256"))

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True)
    file_name: Mapped[str] = mapped_column(String(80))
    sha256: Mapped[str] = mapped_column(String(64))
    #: The file itself; emptied when the run has landed or failed.
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    state: Mapped[str] = mapped_column(String(10))
    #: How far the current step is: rows done of rows in all.
    done: Mapped[int]
    total: Mapped[int]
    #: accepted, landed, rejected {code: n}, skipped_duplicates, blank_rows, seconds.
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: The first errors, each row, column, code, value.
    errors: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    #: Why it failed, a code of bad_input.md.
    failure: Mapped[str | None] = mapped_column(String(40))
    #: How many runs had landed when this one was checked; one more since makes it stale.
    landed_before: Mapped[int]
    #: The uploader's account, None for the shell; the rows' scope is the account's, never
    #: the file's.
    account_id: Mapped[int | None] = mapped_column(index=True)
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: When the process at work last said that it lives.
    beat_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
