"""Wrong codes are counted, so that nobody finds a right one by trying (checkin.md, case 37)."""

from datetime import datetime, timedelta

from sqlalchemy import String, delete
from sqlalchemy.orm import Mapped, mapped_column

from volunteer.core.db import Base, UTCDateTime, again_on_conflict, db, transaction

#: So many wrong ones in a row, then a pause; after a while without any they are forgotten.
MOST = 10
PAUSE = timedelta(minutes=1)
FORGOTTEN = timedelta(minutes=10)
#: Nobody asks for a count as old as this; counting removes it.
KEPT = timedelta(days=1)


class WrongTries(Base):
    """How many wrong codes came in a row from somebody.

    `who` is what was tried and by whom: "typed:12" by an account, "link:12" or
    "link:203.0.113.0/24" where nobody is logged in.
    """

    __tablename__ = "wrong_tries"

    who: Mapped[str] = mapped_column(String(60), primary_key=True)
    tries: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    #: Until then no try is looked at.
    wait_until: Mapped[datetime | None] = mapped_column(UTCDateTime)


def must_wait(who: str, *, now: datetime) -> bool:
    """Tell whether the pause after too many wrong tries still lasts."""
    row = db.session.get(WrongTries, who, populate_existing=True)
    return row is not None and row.wait_until is not None and now < row.wait_until


@again_on_conflict
def count_wrong(who: str, *, now: datetime) -> None:
    """Count a wrong try; the tenth in a row starts a pause of a minute, then counting anew."""
    with transaction() as session:
        row = session.get(WrongTries, who, with_for_update=True, populate_existing=True)
        if row is None:
            session.execute(delete(WrongTries).where(WrongTries.last_at < now - KEPT))
            row = WrongTries(who=who, tries=0, last_at=now)
            session.add(row)
        if now - row.last_at > FORGOTTEN:
            row.tries = 0
        row.tries, row.last_at = row.tries + 1, now
        if row.tries >= MOST:
            row.tries, row.wait_until = 0, now + PAUSE


def forget(who: str) -> None:
    """Begin counting anew: the right code was given."""
    if db.session.get(WrongTries, who) is None:
        return
    with transaction() as session:
        session.execute(delete(WrongTries).where(WrongTries.who == who))
