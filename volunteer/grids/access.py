"""Who keeps the list of grids, and who looks at it."""

from volunteer.core.access import require_paths, require_role
from volunteer.core.actor import KEEPERS, READERS, Actor, Role


def require_reader(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths whose grids the actor may look at; NotAllowed where none."""
    return require_paths(actor, *READERS)


def may_keep(actor: Actor) -> bool:
    """The list of grids is kept by the city office."""
    return actor.is_any(Role.CITY_OFFICE)


def may_change(actor: Actor, path: str) -> bool:
    """Tell whether the actor changes a grid that the unit at `path` leads."""
    return actor.holds(path, Role.CITY_OFFICE)


def may_appoint(actor: Actor, path: str) -> bool:
    """Tell whether the actor appoints the coordinators of the unit at `path`."""
    return actor.holds(path, *KEEPERS)


def require_keeper(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths among which the actor keeps grids; NotAllowed where none."""
    return require_paths(actor, Role.CITY_OFFICE)


def require_keep(actor: Actor, path: str) -> None:
    """Refuse who may not give grids to the unit at `path`; who may not see it: 404."""
    require_role(actor, path, Role.CITY_OFFICE)
