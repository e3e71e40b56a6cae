"""Who sets the minimum and who exempts."""

from volunteer.core.actor import READERS, SCHEDULERS, Actor, Role
from volunteer.core.errors import NotAllowed, NotFound


def may_adopt(actor: Actor) -> bool:
    return actor.is_any(Role.CITY_OFFICE)


def require_policy(actor: Actor) -> None:
    """Only the city office sets the monthly minimum."""
    if not may_adopt(actor):
        raise NotAllowed()


def require_exempt(actor: Actor, unit_path: str) -> None:
    """Whoever schedules for the unit enters its exemptions, never the own one."""
    if actor.holds(unit_path, *SCHEDULERS):
        return
    if actor.holds(unit_path, *READERS):
        raise NotAllowed()
    raise NotFound()


def require_exempter(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths whose people the actor may exempt; raises NotAllowed where none."""
    if not actor.is_any(*SCHEDULERS):
        raise NotAllowed()
    return actor.paths(*SCHEDULERS)


def require_reader(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths whose figures the actor may read; raises NotAllowed where none."""
    if not actor.is_any(*READERS):
        raise NotAllowed()
    return actor.paths(*READERS)
