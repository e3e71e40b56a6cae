"""A unit's roster of one month: a draft beside what stands, until it is published at once."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from volunteer.core.db import Base, UTCDateTime, one_of
from volunteer.people.models import Person
from volunteer.shifts.models import Shift
from volunteer.units.models import Unit


class RosterState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    DISCARDED = "discarded"


class Way(StrEnum):
    """How a draft was filled."""

    DRAWN = "drawn"
    COPIED = "copied"
    ROTATION = "rotation"


class Hold(StrEnum):
    """Whether a draft's place may change when it is drawn again."""

    DRAWN = "drawn"
    FIXED = "fixed"
    #: Taken off by hand: this person is not put here again.
    TAKEN_OFF = "taken_off"


class Work(StrEnum):
    """What a run does with the drafts of a month."""

    DRAW = "draw"
    PUBLISH = "publish"


class Step(StrEnum):
    OPENING = "opening"
    DRAWING = "drawing"
    PUBLISHING = "publishing"


class RunState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


A_DRAFT = text("state = 'draft'")
RUNNING = text("state = 'running'")


class Roster(Base):
    """The roster of a unit's own shifts in a month; at most one draft of it at a time."""

    __tablename__ = "roster"
    __table_args__ = (
        one_of("state", RosterState),
        one_of("way", Way),
        CheckConstraint("length(month) = 7", name="month"),
        CheckConstraint(
            "(state = 'published') = (published_at IS NOT NULL)", name="published_at_a_moment"
        ),
        Index(None, "unit_id", "month"),
        Index(
            "ix_roster_one_draft",
            "unit_id",
            "month",
            unique=True,
            sqlite_where=A_DRAFT,
            postgresql_where=A_DRAFT,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    #: "2026-12".
    month: Mapped[str] = mapped_column(String(7))
    state: Mapped[str] = mapped_column(String(10))
    way: Mapped[str] = mapped_column(String(10))
    #: `posts_a_week`, as it was when it was drawn.
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: When and by which account; no moment while it waits for its turn to be drawn.
    drawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    drawn_by: Mapped[int | None]
    #: What the draw cost in the solver's weights, as digits (it may pass any integer), and
    #: how long it took.
    cost: Mapped[str] = mapped_column(String(40))
    milliseconds: Mapped[int]
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    published_by: Mapped[int | None]

    unit: Mapped[Unit] = relationship()


class RosterPlace(Base):
    """A person for a shift in a roster, and why."""

    __tablename__ = "roster_place"
    __table_args__ = (
        one_of("hold", Hold),
        UniqueConstraint("roster_id", "shift_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    roster_id: Mapped[int] = mapped_column(ForeignKey("roster.id"))
    shift_id: Mapped[int] = mapped_column(ForeignKey("shift.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    hold: Mapped[str] = mapped_column(String(10))
    #: Codes and numbers; `reasons.py` has the words.
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    #: Why the place was lost when the roster was published; None: it was not.
    lost: Mapped[str | None] = mapped_column(String(20))

    shift: Mapped[Shift] = relationship()
    person: Mapped[Person] = relationship()


class RosterGap(Base):
    """People whom a shift lacks after the draw, and why nobody else serves there."""

    __tablename__ = "roster_gap"
    __table_args__ = (
        CheckConstraint("missing > 0", name="missing"),
        UniqueConstraint("roster_id", "shift_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    roster_id: Mapped[int] = mapped_column(ForeignKey("roster.id"))
    shift_id: Mapped[int] = mapped_column(ForeignKey("shift.id"), index=True)
    missing: Mapped[int]
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSON)

    shift: Mapped[Shift] = relationship()


class RosterRun(Base):
    """Work on the month of a unit and of those under it, which a thread does unit by unit.

    Its page may be asked of any process; at most one is running for a unit and month.
    """

    __tablename__ = "roster_run"
    __table_args__ = (
        one_of("work", Work),
        one_of("way", Way),
        one_of("state", RunState),
        one_of("step", Step),
        CheckConstraint("length(month) = 7", name="month"),
        CheckConstraint("(state = 'running') = (ended_at IS NULL)", name="ended_at_a_moment"),
        Index(None, "unit_id", "month"),
        Index(
            "ix_roster_run_one_running",
            "unit_id",
            "month",
            unique=True,
            sqlite_where=RUNNING,
            postgresql_where=RUNNING,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    #: "2026-12".
    month: Mapped[str] = mapped_column(String(7))
    work: Mapped[str] = mapped_column(String(10))
    way: Mapped[str] = mapped_column(String(10))
    #: `posts_a_week`, and `department` as a unit's code.
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(10))
    step: Mapped[str] = mapped_column(String(10))
    #: How far the step is: units done of units in all, 0 while nobody knows yet.
    done: Mapped[int]
    total: Mapped[int]
    #: What came of it, see `runs.py`; of a refusal its text and facts.
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: Why it failed: the code of a refusal, `server_error` or `broken_off`.
    failure: Mapped[str | None] = mapped_column(String(40))
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    started_by: Mapped[int | None]
    #: When the process at work last said that it lives.
    beat_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    unit: Mapped[Unit] = relationship()
