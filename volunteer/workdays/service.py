"""Changes to the days that the city has entered itself."""

from datetime import date, datetime

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.db import again_on_conflict, transaction
from volunteer.core.errors import NotFound

from . import access, rules
from .errors import DayAsItIs
from .models import SpecialDay


@again_on_conflict
def enter(day: date, *, worked: bool, name: str, actor: Actor, now: datetime) -> SpecialDay:
    """Say that a day is worked, or that it is not; a day entered before is corrected.

    Raises DayAsItIs where the calendar says so already. A repeat changes nothing.
    """
    with transaction() as session:
        access.require_enter(actor)
        if rules.is_workday(day, {}) == worked:
            raise DayAsItIs()
        entered = session.get(SpecialDay, day, with_for_update=True)
        if entered and (entered.worked, entered.name) == (worked, name):
            return entered
        if entered is None:
            entered = SpecialDay(day=day)
            session.add(entered)
        entered.worked, entered.name = worked, name
        entered.entered_by, entered.entered_at = actor.account_id, now
        session.flush()
        journal.write("workdays.enter", "day", day, actor=actor, now=now, worked=worked)
        return entered


def remove(day: date, *, actor: Actor, now: datetime) -> None:
    """Let the calendar speak again for a day; one that is not entered is unknown."""
    with transaction() as session:
        access.require_enter(actor)
        entered = session.get(SpecialDay, day, with_for_update=True)
        if entered is None:
            raise NotFound()
        session.delete(entered)
        journal.write("workdays.remove", "day", day, actor=actor, now=now, worked=entered.worked)
