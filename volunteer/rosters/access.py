"""Who may draw and publish rosters."""

from volunteer.core.access import require_paths, require_role
from volunteer.core.actor import READERS, SCHEDULERS, Actor


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
    """Return the unit paths whose rosters the actor may look at; NotAllowed where none."""
    return require_paths(actor, *READERS)
