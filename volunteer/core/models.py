"""Tables that belong to no feature: the journal of acts, runs of jobs, the scheduler's lease."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from .db import Base, UTCDateTime, one_of
from .triggers import append_only


class Journal(Base):
    """Who did what, when, to what. Rows are written in the verb's transaction and never change.

    Scans are evidence of their own and write no row here (trust.md P12).
    """

    __tablename__ = "journal"
    __table_args__ = (Index(None, "object_type", "object_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    #: None is the system itself: the shell and the jobs.
    actor_account_id: Mapped[int | None] = mapped_column(index=True)
    #: A dotted verb: "people.import", "shifts.cancel".
    action: Mapped[str] = mapped_column(String(60))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(String(64))
    #: The path of the unit whose business it was, so that a unit can read its own events.
    unit_path: Mapped[str | None] = mapped_column(String(120))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)


append_only("journal")


class RunState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class JobRun(Base):
    """One run of one job for one period; the key keeps a period from running twice."""

    __tablename__ = "job_run"
    __table_args__ = (one_of("state", RunState),)

    job: Mapped[str] = mapped_column(String(60), primary_key=True)
    #: The due moment in local time, "2026-11-20T09:00".
    period: Mapped[str] = mapped_column(String(32), primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    result: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(Text)
    #: Which process ran it: host, process id.
    node: Mapped[str] = mapped_column(String(80))
    epoch: Mapped[int]


class Lease(Base):
    """Which process leads; `epoch` grows at every take-over, so that an old leader is told."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    epoch: Mapped[int]
    renewed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
