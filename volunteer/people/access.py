"""Who may see and keep which people (trust.md 3.1)."""

from collections.abc import Sequence

from volunteer.core.access import require_paths, require_role
from volunteer.core.actor import KEEPERS, READERS, Actor, Role
from volunteer.core.errors import NotAllowed


def readable(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths whose people the actor may look at."""
    return actor.paths(*READERS)


def keepable(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths whose people the actor may add, change and import."""
    return actor.paths(*KEEPERS)


def may_import(actor: Actor) -> bool:
    """Tell whether the actor may import people at all; each row's unit is asked for apart."""
    return actor.is_any(*KEEPERS)


def require_import(actor: Actor) -> None:
    require_paths(actor, *KEEPERS)


def may_keep_categories(actor: Actor) -> bool:
    """The list of categories is the whole city's."""
    return actor.is_any(Role.CITY_OFFICE)


def require_categories(actor: Actor) -> None:
    if not may_keep_categories(actor):
        raise NotAllowed()


def require_readable(actor: Actor) -> Sequence[str]:
    """Return the paths that the actor may read; raises NotAllowed where there are none."""
    return require_paths(actor, *READERS)


def require_keep(actor: Actor, path: str) -> None:
    """Refuse who may not keep the people of the unit at `path`; who may not even see them: 404."""
    require_role(actor, path, *KEEPERS)
