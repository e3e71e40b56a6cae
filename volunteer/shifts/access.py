"""Who may schedule."""

from volunteer.core.access import require_paths, require_role
from volunteer.core.actor import KEEPERS, READERS, SCHEDULERS, Actor


def may_schedule(actor: Actor, unit_path: str) -> bool:
    """A unit's coordinator, its administrator and the city office schedule for it."""
    return actor.holds(unit_path, *SCHEDULERS)


def require_schedule(actor: Actor, unit_path: str) -> None:
    """Refuse whoever may not schedule; to those who may not even look, it does not exist."""
    require_role(actor, unit_path, *SCHEDULERS)


def require_scheduler(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths that the actor schedules for; raises NotAllowed where none."""
    return require_paths(actor, *SCHEDULERS)


def require_reader(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths whose shifts the actor may look at; raises NotAllowed where none."""
    return require_paths(actor, *READERS)


def may_keep(actor: Actor, unit_path: str) -> bool:
    """A unit's administrator and the city office say how check-in works there."""
    return actor.holds(unit_path, *KEEPERS)


def require_keep(actor: Actor, unit_path: str) -> None:
    """Refuse whoever may only look; to those who may not even look, it does not exist."""
    require_role(actor, unit_path, *KEEPERS)
