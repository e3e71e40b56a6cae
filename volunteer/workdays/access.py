"""Who looks at the days that are worked, and who says otherwise."""

from volunteer.core.access import require_paths
from volunteer.core.actor import READERS, Actor, Role
from volunteer.core.errors import NotAllowed


def may_enter(actor: Actor) -> bool:
    """Only the city office enters days of the city's own."""
    return actor.is_any(Role.CITY_OFFICE)


def require_enter(actor: Actor) -> None:
    """Refuse whoever is not of the city office."""
    if not may_enter(actor):
        raise NotAllowed()


def require_reader(actor: Actor) -> None:
    """Refuse whoever plans nothing and reads no figures."""
    require_paths(actor, *READERS)
