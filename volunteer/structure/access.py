"""Who may change units, and who looks at them."""

from volunteer.core.access import require_paths, require_role
from volunteer.core.actor import KEEPERS, READERS, Actor, Role
from volunteer.units import rules as units


def require_reader(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths that the actor may look at; raises NotAllowed where none."""
    return require_paths(actor, *READERS)


def may_change(actor: Actor, kind: str, path: str) -> bool:
    """Tell whether the actor may rename and close the unit at `path` (units.rules)."""
    return units.may_change(actor, kind, units.parent_path(path))


def require_change(actor: Actor, kind: str, path: str) -> None:
    if not may_change(actor, kind, path):
        require_role(actor, path, Role.CITY_OFFICE)


def may_add(actor: Actor, path: str) -> bool:
    """Tell whether the actor may set up units below the one at `path`, sections at least."""
    return units.may_change(actor, units.SECTION, path)


def require_add(actor: Actor, path: str) -> None:
    require_role(actor, path, *KEEPERS)


def may_rebuild(actor: Actor, path: str) -> bool:
    """Moving, merging and splitting units is for the city office."""
    return actor.holds(path, Role.CITY_OFFICE)


def require_rebuild(actor: Actor, path: str) -> None:
    require_role(actor, path, Role.CITY_OFFICE)


def may_keep_aliases(actor: Actor) -> bool:
    return actor.is_any(*KEEPERS)


def require_alias_keeper(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths whose aliases the actor keeps; NotAllowed where none."""
    return require_paths(actor, *KEEPERS)
