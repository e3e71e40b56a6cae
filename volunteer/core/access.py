"""The questions that every feature's `access` asks of an actor; pure."""

from .actor import READERS, Actor, Role
from .errors import NotAllowed, NotFound


def require_role(actor: Actor, unit_path: str, *roles: Role) -> None:
    """Refuse whoever holds none of `roles` there; who may not even look is told 404."""
    if actor.holds(unit_path, *roles):
        return
    if actor.holds(unit_path, *READERS):
        raise NotAllowed()
    raise NotFound()


def require_paths(actor: Actor, *roles: Role) -> tuple[str, ...]:
    """Return the topmost unit paths over which one of `roles` is held; NotAllowed where none."""
    if not actor.is_any(*roles):
        raise NotAllowed()
    return actor.paths(*roles)


def require_person(actor: Actor) -> int:
    """Return the person behind the log-in; the system is nobody."""
    if actor.person_id is None:
        raise NotAllowed()
    return actor.person_id
