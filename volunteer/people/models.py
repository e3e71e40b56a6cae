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
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from volunteer.core.db import Base, UTCDateTime, one_of
from volunteer.core.triggers import append_only
from volunteer.units.models import Unit


class PersonState(StrEnum):
    ACTIVE = "active"
    LEFT = "left"
    #: A second record of somebody; all that it earned is read with the kept one.
    MERGED = "merged"
    #: Number, memberships and minutes stay; name and phone are gone.
    ERASED = "erased"


class ConsentState(StrEnum):
    PENDING = "pending"
    GIVEN = "given"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


MERGED = text("merged_into_id IS NOT NULL")


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
        CheckConstraint(
            "(state = 'merged') = (merged_into_id IS NOT NULL)", name="merged_into_somebody"
        ),
        Index(None, "name", "id"),
        Index(None, "name_pinyin"),
        Index(None, "merged_into_id", sqlite_where=MERGED, postgresql_where=MERGED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: What stands in addresses: random, says nothing.
    public_id: Mapped[str] = mapped_column(String(16), unique=True)
    #: What stands on papers, "V0000123".
    volunteer_number: Mapped[str] = mapped_column(String(12), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    #: `rules.pinyin_key` of the name, by which people are found too.
    name_pinyin: Mapped[str | None] = mapped_column(String(40))
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
    #: The record that was kept where this one was a second one of the same person. What
    #: carries this person's id stays as it is; reads of the kept person follow the pointer.
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


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


class PlannedMove(Base):
    """A transfer, or with no unit a leave, whose day is still to come; undone by removal.

    On the day it becomes memberships (`people.jobs`), so that what is open-ended is
    always true today.
    """

    __tablename__ = "planned_move"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), unique=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    on: Mapped[date] = mapped_column("on_day", index=True)
    planned_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: The account that planned it; None is the system.
    planned_by: Mapped[int | None]

    unit: Mapped[Unit | None] = relationship()


class Purpose(StrEnum):
    """What data are kept for; each purpose has notices and consents of its own (R62)."""

    SERVICE = "service"


class Notice(Base):
    """What people are told before they agree: one version of one purpose, never edited."""

    __tablename__ = "notice"
    __table_args__ = (one_of("purpose", Purpose), UniqueConstraint("purpose", "version"))

    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]
    #: Paragraphs "heading：text", one a line, in the city's own language.
    body: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime] = mapped_column(UTCDateTime)


append_only("notice")


class Consent(Base):
    """What a person answered to a notice, and when; `Person.consent` is the newest answer."""

    __tablename__ = "consent"
    __table_args__ = (one_of("purpose", Purpose), one_of("state", ConsentState))

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(UTCDateTime)


append_only("consent")


class QualificationKind(StrEnum):
    POST_TRAINING = "post_training"
    FIRST_AID = "first_aid"
    FIRE_SAFETY = "fire_safety"
    PSYCHOLOGY = "psychology"
    SIGN_LANGUAGE = "sign_language"
    DRIVING = "driving"
    OTHER = "other"


class Qualification(Base):
    """What somebody has learnt or may do, from a day on, until `expires_on` (none: for good).

    One entered by mistake, or lost, stays with the moment of its end.
    """

    __tablename__ = "qualification"
    __table_args__ = (
        one_of("kind", QualificationKind),
        CheckConstraint("expires_on > granted_on", name="expires_later"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    granted_on: Mapped[date]
    #: The first day on which it holds no more.
    expires_on: Mapped[date | None]
    #: Who says so: a course, a certificate's number.
    source: Mapped[str] = mapped_column(String(80))
    entered_by: Mapped[int | None]
    entered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class RequestKind(StrEnum):
    NAME = "name"
    DELETION = "deletion"


class RequestState(StrEnum):
    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"
    TAKEN_BACK = "taken_back"


STILL_OPEN = text("state = 'open'")


class PersonRequest(Base):
    """What a person asks about the own record: another name, or its deletion."""

    __tablename__ = "person_request"
    __table_args__ = (
        one_of("kind", RequestKind),
        one_of("state", RequestState),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided"),
        Index(
            "ix_person_request_one_open_of_a_kind",
            "person_id",
            "kind",
            unique=True,
            sqlite_where=STILL_OPEN,
            postgresql_where=STILL_OPEN,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(10))
    #: The name that is asked for; emptied when the person is erased.
    name: Mapped[str | None] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(10), index=True)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: Why it was refused, in a word of `errors.REFUSALS`.
    reason: Mapped[str | None] = mapped_column(String(20))

    person: Mapped[Person] = relationship()


class ImportState(StrEnum):
    READING = "reading"
    #: The file leaves open which sheet or which columns are meant.
    ASKING = "asking"
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
    #: What the person chose for this file: its sheet, columns, units; see `columns.Choices`.
    choices: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: accepted, landed, rejected {code: n}, skipped_duplicates, blank_rows, and how it was read.
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
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


class Category(Base):
    """What kind of staff a person is; a name, kept by the city office."""

    __tablename__ = "category"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    #: Since when it is offered no more; people keep it.
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
