"""Who may set up posts."""

from volunteer.core.actor import READERS, SCHEDULERS, Actor
from volunteer.core.errors import NotAllowed, NotFound


def may_plan(actor: Actor, unit_path: str) -> bool:
    """A unit's coordinator, its administrator and the city office plan for it."""
    return actor.holds(unit_path, *SCHEDULERS)


def require_plan(actor: Actor, unit_path: str) -> None:
    """Refuse whoever may not plan; to those who may not even look, it does not exist."""
    if may_plan(actor, unit_path):
        return
    if actor.holds(unit_path, *READERS):
        raise NotAllowed()
    raise NotFound()


def require_planner(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths that the actor plans for; raises NotAllowed where none."""
    if not actor.is_any(*SCHEDULERS):
        raise NotAllowed()
    return actor.paths(*SCHEDULERS)


def require_reader(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths whose posts the actor may look at; NotAllowed where none."""
    if not actor.is_any(*READERS):
        raise NotAllowed()
    return actor.paths(*READERS)


def require_everywhere(actor: Actor) -> None:
    """Only the system and the city office open shifts for the whole city."""
    if not actor.holds("/", *SCHEDULERS):
        raise NotAllowed()
