"""Sites, shifts, who is assigned, and how check-in works there."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from volunteer.core.db import Base, UTCDateTime, one_of
from volunteer.core.triggers import FUNCTIONS, append_only, postgresql_trigger, sqlite_trigger
from volunteer.people.models import Person, QualificationKind
from volunteer.units.models import Grid, Unit

from .call_offs import CallOff as CallOff


class Nature(StrEnum):
    """Whether the time is given freely or is part of the job (R21)."""

    VOLUNTARY = "voluntary"
    DUTY = "duty"


class QrMode(StrEnum):
    STATIC = "static"
    ROTATING = "rotating"
    PERSONAL_ONLY = "personal_only"


def _sensible() -> tuple[CheckConstraint, ...]:
    """Return what settings and wishes have to keep to."""
    most = {"opens_before_minutes": 240, "min_stay_minutes": 240, "closes_after_minutes": 1440}
    limits = (CheckConstraint(f"{name} BETWEEN 0 AND {n}", name=name) for name, n in most.items())
    return (one_of("qr_mode", QrMode), *limits)


class CheckinSettings(Base):
    """How check-in works at a shift. Never edited: a change is a new row."""

    __tablename__ = "checkin_settings"
    __table_args__ = _sensible()

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    opens_before_minutes: Mapped[int]
    min_stay_minutes: Mapped[int]
    closes_after_minutes: Mapped[int]
    require_out: Mapped[bool]
    return_allowed: Mapped[bool]
    qr_mode: Mapped[str] = mapped_column(String(20))
    #: Whether a scan without evidence of the place waits for the leader's confirmation.
    hold_without_evidence: Mapped[bool]
    #: Whether the page asks where the phone is (R58).
    wants_location: Mapped[bool] = mapped_column(server_default=false())
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


append_only("checkin_settings")


class CheckinWishes(Base):
    """What a unit, an activity, a post or a shift wants otherwise than the level above it.

    None leaves it to the level above: city, unit, series, shift. Never edited, as above.
    """

    __tablename__ = "checkin_wishes"
    __table_args__ = _sensible()

    id: Mapped[int] = mapped_column(primary_key=True)
    opens_before_minutes: Mapped[int | None]
    min_stay_minutes: Mapped[int | None]
    closes_after_minutes: Mapped[int | None]
    require_out: Mapped[bool | None]
    return_allowed: Mapped[bool | None]
    qr_mode: Mapped[str | None] = mapped_column(String(20))
    hold_without_evidence: Mapped[bool | None]
    wants_location: Mapped[bool | None]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[int | None]


append_only("checkin_wishes")


class UnitWishes(Base):
    """What check-in does otherwise at a unit, and under it, than the level above says."""

    __tablename__ = "unit_wishes"

    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    wishes_id: Mapped[int] = mapped_column(ForeignKey("checkin_wishes.id"))


class FenceMode(StrEnum):
    OFF = "off"
    HOLD = "hold"
    REFUSE = "refuse"


class Site(Base):
    """A place where a printed code hangs. The code names the site, never the shift."""

    __tablename__ = "site"
    __table_args__ = (
        one_of("fence_mode", FenceMode),
        CheckConstraint("qr_epoch BETWEEN 1 AND 65535", name="qr_epoch"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="whole_position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    #: Eight random bytes in hexadecimal: what the printed code carries.
    public_id: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    address: Mapped[str | None] = mapped_column(String(120))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("grid.id"), index=True)
    #: WGS-84 degrees.
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    fence_metres: Mapped[int | None]
    fence_mode: Mapped[str] = mapped_column(String(10))
    #: Printed codes of an older epoch are revoked.
    qr_epoch: Mapped[int]
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    unit: Mapped[Unit] = relationship()
    grid: Mapped[Grid | None] = relationship()


class ShiftKind(StrEnum):
    ACTIVITY = "activity"
    POST = "post"
    SINGLE = "single"


class ShiftState(StrEnum):
    PLANNED = "planned"
    CANCELLED = "cancelled"


class SignUp(StrEnum):
    """Whether the unit's people may take a place themselves."""

    OPEN = "open"
    ASSIGNED_ONLY = "assigned_only"


class Shift(Base):
    """A time and a place at which people may serve.

    It carries all that a record must name (R2): title, day, place, content, time,
    unit and leader. `source` names what opened it ("activity:12:2026-11-27"), so
    that opening twice opens once.
    """

    __tablename__ = "shift"
    __table_args__ = (
        one_of("kind", ShiftKind),
        one_of("state", ShiftState),
        one_of("nature", Nature),
        one_of("sign_up", SignUp),
        one_of("needs", QualificationKind),
        one_of("grants", QualificationKind),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("wanted >= 0", name="wanted"),
        CheckConstraint("capacity >= wanted", name="capacity_holds_wanted"),
        CheckConstraint(
            "(state = 'cancelled') = (cancel_reason IS NOT NULL)", name="cancelled_with_reason"
        ),
        CheckConstraint(
            "call_off_id IS NULL OR state = 'cancelled'", name="called_off_is_cancelled"
        ),
        UniqueConstraint("id", "starts_at", "ends_at"),
        Index(None, "site_id", "starts_at"),
        Index(None, "unit_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    leader_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    title: Mapped[str] = mapped_column(String(80))
    content: Mapped[str] = mapped_column(String(500))
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    #: How many people are asked for; how many there may be (None: no limit).
    wanted: Mapped[int]
    capacity: Mapped[int | None]
    nature: Mapped[str] = mapped_column(String(10))
    settings_id: Mapped[int] = mapped_column(ForeignKey("checkin_settings.id"))
    state: Mapped[str] = mapped_column(String(10))
    cancel_reason: Mapped[str | None] = mapped_column(String(200))
    source: Mapped[str | None] = mapped_column(String(60), unique=True)
    sign_up: Mapped[str] = mapped_column(
        String(15), default=SignUp.ASSIGNED_ONLY, server_default="assigned_only"
    )
    #: What one must have learnt to serve here, and what one has learnt by serving here (R54).
    needs: Mapped[str | None] = mapped_column(String(20))
    grants: Mapped[str | None] = mapped_column(String(20))
    #: What check-in does otherwise here than the activity, post or unit says.
    wishes_id: Mapped[int | None] = mapped_column(ForeignKey("checkin_wishes.id"))
    #: Since when it differs from its series: a later change of the series leaves it alone.
    changed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: What cancelled it, as long as taking that back plans it again; and when that was done.
    call_off_id: Mapped[int | None] = mapped_column(ForeignKey("call_off.id"), index=True)
    restored_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    unit: Mapped[Unit] = relationship()
    site: Mapped[Site] = relationship()
    leader: Mapped[Person | None] = relationship()
    settings: Mapped[CheckinSettings] = relationship()


class AssignmentState(StrEnum):
    ASSIGNED = "assigned"
    CANCELLED = "cancelled"
    EXCUSED = "excused"
    WALK_IN = "walk_in"


class Origin(StrEnum):
    """How a person came to a place."""

    COORDINATOR = "coordinator"
    SELF = "self"
    WAITING_LIST = "waiting_list"
    SWAP = "swap"
    ROSTER = "roster"
    IMPORTED = "imported"


STILL_ASSIGNED = text("state = 'assigned'")


class Assignment(Base):
    """A person is to serve at a shift.

    It copies the shift's times (the composite key keeps the copy true), so that the
    database itself can refuse two overlapping ones: PostgreSQL by the exclusion
    constraint, SQLite by the triggers below. No shift ever holds more than its capacity:
    triggers on both engines count, on PostgreSQL behind a lock on the shift.
    """

    __tablename__ = "assignment"
    __table_args__ = (
        one_of("state", AssignmentState),
        one_of("origin", Origin),
        UniqueConstraint("shift_id", "person_id"),
        ForeignKeyConstraint(
            ["shift_id", "starts_at", "ends_at"],
            ["shift.id", "shift.starts_at", "shift.ends_at"],
            onupdate="CASCADE",
        ),
        Index(None, "person_id", "starts_at", "ends_at", "state"),
        ExcludeConstraint(
            (func.int4range(text("person_id"), text("person_id"), text("'[]'")), "&&"),
            (func.tsrange(text("starts_at"), text("ends_at")), "&&"),
            name="ex_assignment_one_place_at_a_time",
            using="gist",
            where=STILL_ASSIGNED,
        ).ddl_if(dialect="postgresql"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    shift_id: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    state: Mapped[str] = mapped_column(String(10))
    assigned_at: Mapped[datetime] = mapped_column(UTCDateTime)
    assigned_by: Mapped[int | None]
    origin: Mapped[str] = mapped_column(
        String(15), default=Origin.COORDINATOR, server_default="coordinator"
    )
    #: When the person said that he cannot come (R27).
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: What freed the person, as long as taking that back assigns him again.
    call_off_id: Mapped[int | None] = mapped_column(ForeignKey("call_off.id"))

    shift: Mapped[Shift] = relationship()
    person: Mapped[Person] = relationship()


_overlap = """
    WHEN NEW.state = 'assigned' AND EXISTS (
      SELECT 1 FROM assignment AS other
      WHERE other.person_id = NEW.person_id AND other.state = 'assigned'
        AND other.shift_id <> NEW.shift_id
        AND other.starts_at < NEW.ends_at AND other.ends_at > NEW.starts_at)
    BEGIN SELECT RAISE(ABORT, 'assignment overlaps another of the same person'); END"""

sqlite_trigger(
    "assignment_one_place_on_insert",
    "assignment",
    f"CREATE TRIGGER assignment_one_place_on_insert BEFORE INSERT ON assignment {_overlap}",
)
sqlite_trigger(
    "assignment_one_place_on_update",
    "assignment",
    f"CREATE TRIGGER assignment_one_place_on_update BEFORE UPDATE ON assignment {_overlap}",
)

_others_here = """(SELECT count(*) FROM assignment AS other
      WHERE other.shift_id = NEW.shift_id AND other.state = 'assigned'
        AND other.person_id <> NEW.person_id)"""
_overfull = f"""(SELECT CASE WHEN capacity IS NULL THEN 0 ELSE {_others_here} >= capacity END
      FROM shift WHERE id = NEW.shift_id)
    BEGIN SELECT RAISE(ABORT, 'shift takes no more people'); END"""

sqlite_trigger(
    "assignment_fits_on_insert",
    "assignment",
    f"""CREATE TRIGGER assignment_fits_on_insert BEFORE INSERT ON assignment
    WHEN NEW.state = 'assigned' AND {_overfull}""",
)
sqlite_trigger(
    "assignment_fits_on_update",
    "assignment",
    f"""CREATE TRIGGER assignment_fits_on_update BEFORE UPDATE OF state, shift_id ON assignment
    WHEN NEW.state = 'assigned' AND {_overfull}""",
)
sqlite_trigger(
    "shift_holds_its_people",
    "shift",
    """CREATE TRIGGER shift_holds_its_people BEFORE UPDATE OF capacity ON shift
    WHEN NEW.capacity < (SELECT count(*) FROM assignment AS other
      WHERE other.shift_id = NEW.id AND other.state = 'assigned')
    BEGIN SELECT RAISE(ABORT, 'shift has more people already'); END""",
)

FUNCTIONS.append(
    """CREATE FUNCTION refuse_overfull() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  most integer;
BEGIN
  SELECT capacity INTO most FROM shift WHERE id = NEW.shift_id FOR NO KEY UPDATE;
  IF most IS NOT NULL AND most <= (
    SELECT count(*) FROM assignment AS other
    WHERE other.shift_id = NEW.shift_id AND other.state = 'assigned'
      AND other.person_id <> NEW.person_id
  ) THEN
    RAISE EXCEPTION 'shift takes no more people' USING ERRCODE = '23000';
  END IF;
  RETURN NEW;
END
$$"""
)
FUNCTIONS.append(
    """CREATE FUNCTION refuse_too_small() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.capacity < (
    SELECT count(*) FROM assignment AS other
    WHERE other.shift_id = NEW.id AND other.state = 'assigned'
  ) THEN
    RAISE EXCEPTION 'shift has more people already' USING ERRCODE = '23000';
  END IF;
  RETURN NEW;
END
$$"""
)
postgresql_trigger(
    "assignment_fits_on_insert",
    "assignment",
    """CREATE TRIGGER assignment_fits_on_insert BEFORE INSERT ON assignment
    FOR EACH ROW WHEN (((new.state)::text = 'assigned'::text))
    EXECUTE FUNCTION refuse_overfull()""",
)
postgresql_trigger(
    "assignment_fits_on_update",
    "assignment",
    """CREATE TRIGGER assignment_fits_on_update BEFORE UPDATE OF state, shift_id ON assignment
    FOR EACH ROW WHEN (((new.state)::text = 'assigned'::text))
    EXECUTE FUNCTION refuse_overfull()""",
)
postgresql_trigger(
    "shift_holds_its_people",
    "shift",
    """CREATE TRIGGER shift_holds_its_people BEFORE UPDATE OF capacity ON shift
    FOR EACH ROW WHEN ((new.capacity IS NOT NULL)) EXECUTE FUNCTION refuse_too_small()""",
)
