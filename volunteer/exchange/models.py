"""Exports of the national app as they were read, and what was taken over from them."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from volunteer.core.db import Base, UTCDateTime, one_of
from volunteer.people.models import Person
from volunteer.units.models import Unit


class Kind(StrEnum):
    """What an export tells: who is registered there, or who served how long."""

    PEOPLE = "people"
    DURATIONS = "durations"


class ValueUnit(StrEnum):
    """In what the durations of a file are told."""

    HOURS = "hours"
    MINUTES = "minutes"


class Doubt(StrEnum):
    """Why a record is not surely the person whose phone or number it bears."""

    NAME = "name"
    NUMBER = "number"


class ExchangeFile(Base):
    """One export, read for one unit: only people at or under that unit are matched.

    The same bytes are read once for a unit.
    """

    __tablename__ = "exchange_file"
    __table_args__ = (
        one_of("kind", Kind),
        CheckConstraint("value_unit IN ('hours', 'minutes')", name="value_unit"),
        CheckConstraint("(kind = 'durations') = (value_unit IS NOT NULL)", name="has_value_unit"),
        UniqueConstraint("unit_id", "sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    kind: Mapped[str] = mapped_column(String(10))
    file_name: Mapped[str] = mapped_column(String(80))
    sha256: Mapped[str] = mapped_column(String(64))
    value_unit: Mapped[str | None] = mapped_column(String(10))
    #: The first and the last day of the records; None for people.
    first_on: Mapped[date | None]
    last_on: Mapped[date | None]
    #: rows, kept, rejected {code: n}, skipped_duplicates, blank_rows, other_rows, sheet,
    #: titles {column: header}, unused, sample {text, minutes}.
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: The first errors, each row, column, code, value.
    errors: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    #: The uploader's account; None is the shell.
    account_id: Mapped[int | None]
    imported_at: Mapped[datetime] = mapped_column(UTCDateTime)

    unit: Mapped[Unit] = relationship()


class ExchangeRecord(Base):
    """One right row of an export, and the person whom its phone or number names.

    A record without `ends_at` is an honour hour: minutes of a day without an interval.
    """

    __tablename__ = "exchange_record"
    __table_args__ = (
        one_of("doubt", Doubt),
        CheckConstraint("doubt IS NULL OR person_id IS NOT NULL", name="doubt_about_somebody"),
        CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes"),
        CheckConstraint("(minutes IS NULL) = (day IS NULL)", name="minutes_of_a_day"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("ends_at IS NULL OR starts_at IS NOT NULL", name="ends_what_started"),
        UniqueConstraint("file_id", "row_number"),
        Index(None, "file_id", "person_id", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("exchange_file.id", ondelete="CASCADE"))
    #: The row as the spreadsheet counts.
    row: Mapped[int] = mapped_column("row_number")
    #: Their number of the person.
    number: Mapped[str | None] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(String(40))
    phone: Mapped[str | None] = mapped_column(String(11))
    organisation: Mapped[str | None] = mapped_column(String(100))
    activity: Mapped[str | None] = mapped_column(String(100))
    day: Mapped[date | None]
    starts_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    minutes: Mapped[int | None]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    doubt: Mapped[str | None] = mapped_column(String(10))


class ExchangeLink(Base):
    """Their number of one of our people, learnt where phone and name agreed."""

    __tablename__ = "exchange_link"

    number: Mapped[str] = mapped_column(String(30), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    linked_at: Mapped[datetime] = mapped_column(UTCDateTime)


STILL_TAKEN = text("undone_at IS NULL")


class ExchangeTaking(Base):
    """A record that became an entry of the ledger, `source` names which.

    What a record is, is what it says of the person: activity, day, times and minutes
    (`record_key`), whichever file it stood in. It is taken once; undone, it may be taken
    again under the next revision. The database guarantees both.
    """

    __tablename__ = "exchange_taking"
    __table_args__ = (
        CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes"),
        CheckConstraint("revision >= 1", name="revision"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        UniqueConstraint("person_id", "record_key", "revision"),
        Index(
            "ix_exchange_taking_once",
            "person_id",
            "record_key",
            unique=True,
            sqlite_where=STILL_TAKEN,
            postgresql_where=STILL_TAKEN,
        ),
        Index(None, "file_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("exchange_file.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    record_key: Mapped[str] = mapped_column(String(24))
    revision: Mapped[int]
    #: The source of the ledger entry; its correction adds ":undone".
    source: Mapped[str] = mapped_column(String(60), unique=True)
    #: The unit of the person on the day, whose month the minutes are in.
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    activity: Mapped[str] = mapped_column(String(100))
    day: Mapped[date]
    #: What was given there; None for an honour hour.
    starts_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: Entered minutes, after what already counts here was left out.
    minutes: Mapped[int]
    taken_at: Mapped[datetime] = mapped_column(UTCDateTime)
    taken_by: Mapped[int | None]
    undone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    undone_by: Mapped[int | None]

    person: Mapped[Person] = relationship()
    unit: Mapped[Unit] = relationship()
