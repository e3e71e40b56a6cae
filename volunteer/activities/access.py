"""Who may plan weekly activities."""

from volunteer.core.access import require_paths, require_role
from volunteer.core.actor import READERS, SCHEDULERS, Actor
from volunteer.core.errors import NotAllowed


def may_plan(actor: Actor, unit_path: str) -> bool:
    """A unit's coordinator, its administrator and the city office plan for it."""
    return actor.holds(unit_path, *SCHEDULERS)


def require_plan(actor: Actor, unit_path: str) -> None:
    """Refuse whoever may not plan; to those who may not even look, it does not exist."""
    require_role(actor, unit_path, *SCHEDULERS)


def require_planner(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths that the actor plans for; raises NotAllowed where none."""
    return require_paths(actor, *SCHEDULERS)


def require_reader(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths whose activities the actor may look at; NotAllowed where none."""
    return require_paths(actor, *READERS)


def require_everywhere(actor: Actor) -> None:
    """Only the system and the city office open shifts for the whole city."""
    if not actor.holds("/", *SCHEDULERS):
        raise NotAllowed()
