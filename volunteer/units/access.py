"""Who may do what with units."""

from volunteer.core.actor import READERS, Actor, Role
from volunteer.core.errors import NotAllowed


def may_keep(actor: Actor) -> bool:
    """The tree of units is kept by the city office."""
    return actor.is_any(Role.CITY_OFFICE)


def require_keep(actor: Actor) -> None:
    if not may_keep(actor):
        raise NotAllowed()


def paths(actor: Actor) -> tuple[str, ...]:
    """Return the units over which the actor may look, topmost ones only."""
    return actor.paths(*READERS)
