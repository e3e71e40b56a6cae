"""Who may see and keep which people (trust.md 3.1)."""

from collections.abc import Sequence

from volunteer.core.actor import KEEPERS, READERS, Actor
from volunteer.core.errors import NotAllowed, NotFound


def readable(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths whose people the actor may look at."""
    return actor.paths(*READERS)


def keepable(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths whose people the actor may add, change and import."""
    return actor.paths(*KEEPERS)


def may_see(actor: Actor, path: str) -> bool:
    """Tell whether the actor may look at the people of the unit at `path`."""
    return actor.holds(path, *READERS)


def may_keep(actor: Actor, path: str) -> bool:
    """Tell whether the actor may add, change and transfer the people of the unit at `path`."""
    return actor.holds(path, *KEEPERS)


def may_import(actor: Actor) -> bool:
    """Tell whether the actor may import people at all; each row's unit is asked for apart."""
    return actor.is_any(*KEEPERS)


def require_import(actor: Actor) -> None:
    if not may_import(actor):
        raise NotAllowed()


def require_readable(actor: Actor) -> Sequence[str]:
    """Return the paths that the actor may read; raises NotAllowed where there are none."""
    paths = readable(actor)
    if not paths:
        raise NotAllowed()
    return paths


def require_keep(actor: Actor, path: str) -> None:
    """Refuse who may not keep the people of the unit at `path`; who may not even see them: 404."""
    if not may_see(actor, path):
        raise NotFound()
    if not may_keep(actor, path):
        raise NotAllowed()
