"""Who may read exports, match them and take minutes over (trust.md 3.1)."""

from volunteer.core.access import require_paths, require_role
from volunteer.core.actor import KEEPERS, READERS, Actor
from volunteer.core.errors import NotFound


def require_reader(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths that the actor may look into; raises NotAllowed where none."""
    return require_paths(actor, *READERS)


def may_import(actor: Actor) -> bool:
    """Tell whether the actor may bring in an export for some unit."""
    return actor.is_any(*KEEPERS)


def require_importer(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths for which the actor may bring in exports and write ours."""
    return require_paths(actor, *KEEPERS)


def may_keep(actor: Actor, path: str) -> bool:
    """Tell whether the actor keeps the months of the unit at `path`."""
    return actor.holds(path, *KEEPERS)


def require_keep(actor: Actor, path: str) -> None:
    """Refuse who may not keep the exports of the unit at `path`; who may not look: 404."""
    require_role(actor, path, *KEEPERS)


def require_scope(actor: Actor, path: str) -> tuple[str, ...]:
    """Return what the actor may see of a file read for the unit at `path`.

    The whole of it to who looks into that unit, else the own units below it; a file of
    units elsewhere is not there (NotFound).
    """
    if is_whole(actor, path):
        return (path,)
    parts = tuple(each for each in require_reader(actor) if each.startswith(path))
    if not parts:
        raise NotFound()
    return parts


def is_whole(actor: Actor, path: str) -> bool:
    """Tell whether the actor sees all of a file read for the unit at `path`.

    Rows that nobody is matched to belong to no unit: only such an actor sees them.
    """
    return actor.holds(path, *READERS)
