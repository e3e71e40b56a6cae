"""Log-ins and what they may."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from volunteer.core.actor import Role
from volunteer.core.db import Base, UTCDateTime, one_of
from volunteer.people.models import Person
from volunteer.units.models import Grid, Unit


class AccountState(StrEnum):
    ACTIVE = "active"
    DISABLED = "disabled"


class Account(Base):
    """A person's log-in. No password until the person has activated it."""

    __tablename__ = "account"
    __table_args__ = (one_of("state", AccountState),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(120))
    password_set_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    state: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: Wrong passwords in a row, and until when the next try waits (trust.md P19).
    failures: Mapped[int]
    wait_until: Mapped[datetime | None] = mapped_column(UTCDateTime)

    person: Mapped[Person] = relationship()


class CodeKind(StrEnum):
    ACTIVATION = "activation"
    LINK = "link"


STILL_GOOD = text("ended_at IS NULL")


class ActivationCode(Base):
    """A one-time way in: a printed code (30 days) or a link (10 minutes).

    Only the SHA-256 is kept. A new code of a kind ends the older one: an account has
    at most one of each kind, and the database guarantees it.
    """

    __tablename__ = "activation_code"
    __table_args__ = (
        one_of("kind", CodeKind),
        CheckConstraint("expires_at > created_at", name="expires_later"),
        CheckConstraint("used_at IS NULL OR ended_at IS NOT NULL", name="used_is_ended"),
        Index(
            "ix_activation_code_one_good_of_a_kind",
            "account_id",
            "kind",
            unique=True,
            sqlite_where=STILL_GOOD,
            postgresql_where=STILL_GOOD,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[int | None]
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: When it was used or a newer one took its place.
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: Wrong codes given for it in a row, and until when the next try waits.
    failures: Mapped[int]
    wait_until: Mapped[datetime | None] = mapped_column(UTCDateTime)

    account: Mapped[Account] = relationship()


class LoginSession(Base):
    """One browser in which an account is logged in; ending the row ends the log-in."""

    __tablename__ = "login_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    #: SHA-256 of the random id that the browser's signed cookie carries.
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    #: What the browser calls itself, "WeChat/Android"; None where it says nothing.
    browser: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


HELD_OVER_UNIT = text("ended_at IS NULL AND grid_id IS NULL")
HELD_FOR_GRID = text("ended_at IS NULL AND grid_id IS NOT NULL")


class AccountGrant(Base):
    """A role over a unit and everything under it, from a moment on, until it is ended.

    A grid's coordinator is one over the grid's lead unit; `grid_id` says for which grid,
    and gives no right of its own.
    """

    __tablename__ = "grant"
    __table_args__ = (
        one_of("role", Role),
        CheckConstraint("grid_id IS NULL OR role = 'coordinator'", name="grid_has_coordinator"),
        Index(
            "ix_grant_held_once",
            "account_id",
            "role",
            "unit_id",
            unique=True,
            sqlite_where=HELD_OVER_UNIT,
            postgresql_where=HELD_OVER_UNIT,
        ),
        Index(
            "ix_grant_held_once_for_a_grid",
            "account_id",
            "grid_id",
            unique=True,
            sqlite_where=HELD_FOR_GRID,
            postgresql_where=HELD_FOR_GRID,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("grid.id"), index=True)
    granted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    granted_by: Mapped[int | None]
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    unit: Mapped[Unit] = relationship()
    grid: Mapped[Grid | None] = relationship()
