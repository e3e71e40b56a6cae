"""The record of a day that was called off for all."""

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from volunteer.core.db import Base, UTCDateTime
from volunteer.units.models import Unit

WHOLE_DAY = timedelta(days=1)


class CallOff(Base):
    """The shifts of a unit, and of those under it, were cancelled for a day or some hours of it.

    The shifts that it cancelled and the places that it freed point here as long as they can
    come back, so that taking it back finds exactly them.
    """

    __tablename__ = "call_off"
    __table_args__ = (CheckConstraint("ends_at > starts_at", name="ends_after_start"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    #: The shifts that begin from the one moment on and before the other.
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    reason: Mapped[str] = mapped_column(String(200))
    called_off_at: Mapped[datetime] = mapped_column(UTCDateTime)
    called_off_by: Mapped[int | None]
    taken_back_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    taken_back_by: Mapped[int | None]

    unit: Mapped[Unit] = relationship()

    @property
    def is_whole_day(self) -> bool:
        return self.ends_at - self.starts_at == WHOLE_DAY
