"""Who sets the minimum and who exempts."""

from volunteer.core.access import require_paths, require_role
from volunteer.core.actor import READERS, SCHEDULERS, Actor, Role
from volunteer.core.errors import NotAllowed


def may_adopt(actor: Actor) -> bool:
    return actor.is_any(Role.CITY_OFFICE)


def require_policy(actor: Actor) -> None:
    """Only the city office sets the monthly minimum."""
    if not may_adopt(actor):
        raise NotAllowed()


def require_exempt(actor: Actor, unit_path: str) -> None:
    """Whoever schedules for the unit enters its exemptions, never the own one."""
    require_role(actor, unit_path, *SCHEDULERS)


def require_exempter(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths whose people the actor may exempt; raises NotAllowed where none."""
    return require_paths(actor, *SCHEDULERS)


def require_reader(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths whose figures the actor may read; raises NotAllowed where none."""
    return require_paths(actor, *READERS)
