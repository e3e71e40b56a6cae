"""Scans (every attempt) and attendance (what follows from them)."""

from datetime import datetime
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
from volunteer.core.triggers import append_only
from volunteer.people.models import Person
from volunteer.shifts.models import Shift

from .by_hand import AttendanceClaim as AttendanceClaim
from .by_hand import AttendanceDecision as AttendanceDecision
from .by_hand import AttendanceOverride as AttendanceOverride
from .scanners import ScannerDevice as ScannerDevice
from .scanners import ScannerHold as ScannerHold
from .tries import WrongTries as WrongTries


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class Channel(StrEnum):
    SITE_STATIC = "site_static"
    SITE_ROTATING = "site_rotating"
    PERSONAL = "personal"
    MANUAL = "manual"
    OVERRIDE = "override"
    AUTO = "auto"


class TimeQuality(StrEnum):
    SERVER = "server"
    DEVICE_ANCHORED = "device_anchored"
    DEVICE_OFFSET = "device_offset"
    STATED = "stated"


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    HELD = "held"
    REFUSED = "refused"
    DUPLICATE = "duplicate"


class Reason(StrEnum):
    """The closed list of reasons (checkin.md 1.8); the database refuses any other."""

    TOKEN_MALFORMED = "token_malformed"
    TOKEN_SIGNATURE = "token_signature"
    TOKEN_EXPIRED = "token_expired"
    TOKEN_REVOKED = "token_revoked"
    TOKEN_WRONG_KIND = "token_wrong_kind"
    RECEIPT_MISSING = "receipt_missing"
    LOGIN_REQUIRED = "login_required"
    PERSON_UNKNOWN = "person_unknown"
    ACCOUNT_INACTIVE = "account_inactive"
    NOT_COORDINATOR = "not_coordinator"
    SHIFT_CANCELLED = "shift_cancelled"
    ASSIGNMENT_CANCELLED = "assignment_cancelled"
    NOT_ASSIGNED = "not_assigned"
    WRONG_SITE = "wrong_site"
    AMBIGUOUS_SHIFT = "ambiguous_shift"
    TOO_EARLY = "too_early"
    TOO_LATE_IN = "too_late_in"
    TOO_LATE_OUT = "too_late_out"
    ALREADY_IN = "already_in"
    ALREADY_OUT = "already_out"
    NOT_CHECKED_IN = "not_checked_in"
    OVERLAP_ACTIVE = "overlap_active"
    LEFT_EARLY = "left_early"
    LOCATION_MISSING = "location_missing"
    LOCATION_IMPRECISE = "location_imprecise"
    OUTSIDE_FENCE = "outside_fence"
    DEVICE_SHARED = "device_shared"
    DEVICE_NEW = "device_new"
    BURST = "burst"
    CLOCK_FUTURE = "clock_future"
    CLOCK_BEFORE_SYNC = "clock_before_sync"
    CLOCK_MOVED = "clock_moved"
    TOO_OLD = "too_old"
    MONTH_CLOSED = "month_closed"
    ROSTER_CHANGED = "roster_changed"
    IDEMPOTENCY_MISMATCH = "idempotency_mismatch"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"


class Position(StrEnum):
    INSIDE = "inside"
    OUTSIDE = "outside"
    NONE = "none"


BY_NOBODY = text("actor_account_id IS NULL")


class Scan(Base):
    """One attempt to check in or out, accepted or refused. Never changed, never removed.

    The key is unique for its account: a repeat finds this row and gives its stored answer.
    """

    __tablename__ = "scan"
    __table_args__ = (
        one_of("direction", Direction),
        one_of("channel", Channel),
        one_of("time_quality", TimeQuality),
        one_of("verdict", Verdict),
        one_of("reason", Reason),
        one_of("position", Position),
        UniqueConstraint("actor_account_id", "key"),
        Index(
            "ix_scan_key_of_system",
            "key",
            unique=True,
            sqlite_where=BY_NOBODY,
            postgresql_where=BY_NOBODY,
        ),
        Index(None, "shift_id", "person_id", "effective_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: The idempotency key, made where the button was pressed.
    key: Mapped[str] = mapped_column(String(60))
    #: What the request asked, hashed: the same key with another body is refused.
    body_hash: Mapped[str] = mapped_column(String(64))
    direction: Mapped[str] = mapped_column(String(4))
    channel: Mapped[str] = mapped_column(String(20))
    shift_id: Mapped[int | None] = mapped_column(ForeignKey("shift.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    #: None is the system (jobs).
    actor_account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    device_id: Mapped[int | None]
    #: The phone of the leader who scanned it, where it was enrolled.
    scanner_device_id: Mapped[int | None]
    raw_token_hash: Mapped[str | None] = mapped_column(String(64))
    #: What the device said, when we got it, and the time that counts.
    claimed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    effective_at: Mapped[datetime] = mapped_column(UTCDateTime)
    time_quality: Mapped[str] = mapped_column(String(20))
    clock_offset_ms: Mapped[int | None]
    queue_seq: Mapped[int | None]
    position: Mapped[str] = mapped_column(String(10))
    distance_band: Mapped[int | None]
    position_hash: Mapped[str | None] = mapped_column(String(64))
    ip_prefix: Mapped[str | None] = mapped_column(String(43))
    browser_class: Mapped[str | None] = mapped_column(String(20))
    verdict: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(24))
    #: Warnings that did not change the verdict.
    flags: Mapped[list[str]] = mapped_column(JSON)
    #: The answer as it was given, replayed for the same key.
    answer: Mapped[dict[str, Any]] = mapped_column(JSON)
    offline: Mapped[bool]
    #: Why a person scanned or called the roll by hand.
    note: Mapped[str | None] = mapped_column(String(200))
    supersedes_id: Mapped[int | None] = mapped_column(ForeignKey("scan.id"))


append_only("scan")


class AttendanceState(StrEnum):
    EXPECTED = "expected"
    OPEN = "open"
    CLOSED = "closed"
    AUTO_CLOSED = "auto_closed"
    ABSENT = "absent"
    EXCUSED = "excused"
    VOID = "void"


class Review(StrEnum):
    NONE = "none"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


class EvidenceClass(StrEnum):
    A = "A"
    B = "B"
    C = "C"
    D = "D"


STILL_HERE = text("state = 'open' AND review <> 'pending'")


class Attendance(Base):
    """One person's presence at one shift, as the scans tell it.

    A person is at one shift at a time: at most one attendance of a person is open
    and not held, and the database guarantees it.
    """

    __tablename__ = "attendance"
    __table_args__ = (
        one_of("state", AttendanceState),
        one_of("review", Review),
        one_of("evidence_class", EvidenceClass),
        UniqueConstraint("shift_id", "person_id"),
        CheckConstraint("left_at >= arrived_at", name="left_after_arrived"),
        CheckConstraint("state <> 'closed' OR left_at IS NOT NULL", name="closed_has_left"),
        CheckConstraint("revision >= 0", name="revision"),
        Index(
            "ix_attendance_one_open_per_person",
            "person_id",
            unique=True,
            sqlite_where=STILL_HERE,
            postgresql_where=STILL_HERE,
        ),
        Index(None, "person_id", "state"),
        Index(
            "ix_attendance_unsettled",
            "state",
            "shift_id",
            sqlite_where=text("state IN ('open', 'auto_closed') OR review = 'pending'"),
            postgresql_where=text("state IN ('open', 'auto_closed') OR review = 'pending'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    shift_id: Mapped[int] = mapped_column(ForeignKey("shift.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    #: The person's unit on the day of service.
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    state: Mapped[str] = mapped_column(String(12))
    in_scan_id: Mapped[int | None] = mapped_column(ForeignKey("scan.id"))
    out_scan_id: Mapped[int | None] = mapped_column(ForeignKey("scan.id"))
    arrived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    evidence_class: Mapped[str] = mapped_column(String(1))
    review: Mapped[str] = mapped_column(String(10))
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("policy.id"))
    #: How often it was posted to the ledger; the next posting is one more.
    revision: Mapped[int]

    shift: Mapped[Shift] = relationship()
    person: Mapped[Person] = relationship()


class DeviceKind(StrEnum):
    VOLUNTEER = "volunteer"
    COORDINATOR = "coordinator"


class Device(Base):
    """One browser, known by a cookie that only it and we know; we keep the cookie's hash."""

    __tablename__ = "device"
    __table_args__ = (one_of("kind", DeviceKind), UniqueConstraint("cookie_hash"))

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Whose log-in it was first seen with.
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    cookie_hash: Mapped[str] = mapped_column(String(64))
    #: Of a scanner that signs what it sends in.
    public_key: Mapped[str | None] = mapped_column(String(200))
    security_profile: Mapped[str | None] = mapped_column(String(20))
    first_seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class BindingState(StrEnum):
    SEEN = "seen"
    TRUSTED = "trusted"
    BLOCKED = "blocked"


class DeviceBinding(Base):
    """A person has checked in or out with a device."""

    __tablename__ = "device_binding"
    __table_args__ = (one_of("state", BindingState),)

    device_id: Mapped[int] = mapped_column(ForeignKey("device.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    first_seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: Kept to the day.
    last_seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    state: Mapped[str] = mapped_column(String(10))
