"""Who may schedule."""

from volunteer.core.actor import READERS, SCHEDULERS, Actor
from volunteer.core.errors import NotAllowed, NotFound


def may_schedule(actor: Actor, unit_path: str) -> bool:
    """A unit's coordinator, its administrator and the city office schedule for it."""
    return actor.holds(unit_path, *SCHEDULERS)


def may_read(actor: Actor, unit_path: str) -> bool:
    return actor.holds(unit_path, *READERS)


def require_schedule(actor: Actor, unit_path: str) -> None:
    """Refuse whoever may not schedule; to those who may not even look, it does not exist."""
    if may_schedule(actor, unit_path):
        return
    if may_read(actor, unit_path):
        raise NotAllowed()
    raise NotFound()


def require_scheduler(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths that the actor schedules for; raises NotAllowed where none."""
    if not actor.is_any(*SCHEDULERS):
        raise NotAllowed()
    return actor.paths(*SCHEDULERS)


def require_reader(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths whose shifts the actor may look at; raises NotAllowed where none."""
    if not actor.is_any(*READERS):
        raise NotAllowed()
    return actor.paths(*READERS)
