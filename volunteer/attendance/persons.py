"""What presence has to say when a person's record changes (hooks of `people`)."""

from datetime import datetime

from sqlalchemy import select

from volunteer.core.db import db

from .errors import StillPresent
from .models import STILL_HERE, Attendance


def require_gone(kept_id: int, other_id: int, now: datetime) -> None:
    """Refuse to merge the record by which somebody is at a shift: the check-out would miss it."""
    present = select(Attendance.id).where(Attendance.person_id == other_id, STILL_HERE)
    if db.session.scalar(present.limit(1)) is not None:
        raise StillPresent()
