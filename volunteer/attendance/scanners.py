"""Phones that scan other people's codes, and which shifts' lists they have taken along."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from volunteer.accounts.models import Account
from volunteer.core.db import Base, UTCDateTime


class ScannerDevice(Base):
    """A browser in which a leader or coordinator scans; its cookie names it, hashed here.

    What it sends in is numbered and chained: `last_seq` and `last_hash` are the end of the
    chain as it arrived, `gaps` counts how often something was missing before what came.
    """

    __tablename__ = "scanner_device"
    __table_args__ = (
        CheckConstraint("last_seq >= 0", name="last_seq"),
        CheckConstraint("gaps >= 0", name="gaps"),
        CheckConstraint("waiting >= 0", name="waiting"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    cookie_hash: Mapped[str] = mapped_column(String(64), unique=True)
    #: `wechat`, `ios`, `android` or `desktop`.
    browser_class: Mapped[str] = mapped_column(String(20))
    enrolled_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_seq: Mapped[int]
    last_hash: Mapped[str | None] = mapped_column(String(64))
    gaps: Mapped[int]
    #: How many scans it said it still holds; since when it last held none.
    waiting: Mapped[int]
    synced_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_by: Mapped[int | None]

    account: Mapped[Account] = relationship()


class ScannerHold(Base):
    """A device has a shift's list on board, so it may scan there without a signal."""

    __tablename__ = "scanner_hold"
    __table_args__ = (Index(None, "shift_id"),)

    device_id: Mapped[int] = mapped_column(ForeignKey("scanner_device.id"), primary_key=True)
    shift_id: Mapped[int] = mapped_column(ForeignKey("shift.id"), primary_key=True)
    held_at: Mapped[datetime] = mapped_column(UTCDateTime)
