"""Who takes part: everybody for themselves; for somebody without a phone, who schedules there."""

from volunteer.core.access import require_paths, require_person, require_role
from volunteer.core.actor import SCHEDULERS, Actor


def require_self(actor: Actor) -> int:
    """Return the person behind the log-in; everybody has the own places only."""
    return require_person(actor)


def require_schedule(actor: Actor, unit_path: str) -> None:
    """Refuse whoever may not schedule for the unit; to those who may not even look: 404."""
    require_role(actor, unit_path, *SCHEDULERS)


def require_scheduler(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths that the actor schedules for; raises NotAllowed where none."""
    return require_paths(actor, *SCHEDULERS)
