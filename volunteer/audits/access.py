"""Who reads which figures, and of which months there are any."""

from datetime import date

from volunteer.core.access import require_paths, require_person
from volunteer.core.actor import READERS, Actor
from volunteer.core.clock import Month
from volunteer.core.errors import NotFound


def require_reader(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths whose figures the actor may read; raises NotAllowed where none."""
    return require_paths(actor, *READERS)


def require_export(actor: Actor, path: str) -> None:
    """Refuse whoever may not read the figures of the unit at `path`: to them it is not there."""
    if not actor.holds(path, *READERS):
        raise NotFound()


def require_self(actor: Actor) -> int:
    """Return the person behind the log-in; a balance is read by its person."""
    return require_person(actor)


def require_month(text: str, *, today: date) -> Month:
    """Return the month of an address; a wrong spelling and a month to come are not there."""
    try:
        month = Month.parse(text)
    except ValueError:
        raise NotFound() from None
    if month > Month.of_day(today):
        raise NotFound()
    return month
