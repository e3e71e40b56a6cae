"""Days that are worked, or not, otherwise than the calendar knows."""

from datetime import date, datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from volunteer.core.db import Base, UTCDateTime


class SpecialDay(Base):
    """A day that the city office has entered; it goes before what the calendar says."""

    __tablename__ = "special_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    #: True is a make-up workday, False a day off.
    worked: Mapped[bool]
    name: Mapped[str] = mapped_column(String(30))
    entered_by: Mapped[int | None]
    entered_at: Mapped[datetime] = mapped_column(UTCDateTime)
