"""Who may do what with units."""

from volunteer.core.access import require_paths, require_role
from volunteer.core.actor import KEEPERS, READERS, Actor, Role
from volunteer.core.errors import NotAllowed

from .rules import may_change, parent_path


def may_keep(actor: Actor) -> bool:
    """The tree of units is kept by the city office."""
    return actor.is_any(Role.CITY_OFFICE)


def require_keep(actor: Actor) -> None:
    if not may_keep(actor):
        raise NotAllowed()


def require_add(actor: Actor, kind: str, above: str) -> None:
    """Refuse who may not set up a unit of the kind below `above`; who may not see that: 404."""
    if not may_change(actor, kind, above):
        require_role(actor, above, Role.CITY_OFFICE)


def require_change(actor: Actor, kind: str, path: str) -> None:
    """Refuse who may not rename or close the unit at `path`; who may not see it: 404."""
    if not may_change(actor, kind, parent_path(path)):
        require_role(actor, path, Role.CITY_OFFICE)


def require_unit(actor: Actor, path: str) -> None:
    """Refuse who may not move, merge or split the unit at `path`; who may not see it: 404."""
    require_role(actor, path, Role.CITY_OFFICE)


def paths(actor: Actor) -> tuple[str, ...]:
    """Return the units over which the actor may look, topmost ones only."""
    return actor.paths(*READERS)


def require_reader(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths that the actor may read; raises NotAllowed where there are none."""
    return require_paths(actor, *READERS)


def require_alias(actor: Actor, path: str) -> None:
    """Refuse who does not keep the aliases of the unit at `path`."""
    require_role(actor, path, *KEEPERS)


def require_alias_keeper(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths whose aliases the actor keeps; raises NotAllowed where none."""
    return require_paths(actor, *KEEPERS)
