"""Who may see and keep which people (trust.md 3.1)."""

from collections.abc import Sequence

from volunteer.core.access import require_paths, require_person, require_role
from volunteer.core.actor import KEEPERS, READERS, SCHEDULERS, Actor, Role
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


def may_keep(actor: Actor, path: str) -> bool:
    """Tell whether the actor may change the people of the unit at `path`."""
    return actor.holds(path, *KEEPERS)


def coordinated(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths in which the actor sees the phones of a shift's people (R63)."""
    return actor.paths(Role.COORDINATOR)


def require_phone(actor: Actor, path: str, *, serves_now: bool) -> None:
    """Refuse a whole phone number (R63).

    Administrators of the unit and the city office read it, a coordinator only of those
    who serve at one of the own shifts about now; who may not even see the person: 404.
    """
    require_role(actor, path, *READERS)
    if not may_keep(actor, path) and not serves_now:
        raise NotAllowed()


def require_self(actor: Actor) -> int:
    """Return the person behind the log-in; the own data are everybody's."""
    return require_person(actor)


def require_cards(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths for whose people the actor prints personal cards."""
    return require_paths(actor, *SCHEDULERS)


def may_print_cards(actor: Actor) -> bool:
    return actor.is_any(*SCHEDULERS)


def names_decided(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths in which the actor sees who asks for another name."""
    return actor.paths(*SCHEDULERS)


def deletions_seen(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths in which the actor sees who asks to be erased."""
    return actor.paths(*KEEPERS)


def may_erase(actor: Actor, path: str) -> bool:
    """Only the city office decides about an erasure (trust.md 3.1)."""
    return actor.holds(path, Role.CITY_OFFICE)


def require_decision(actor: Actor, path: str, person_id: int, *, erases: bool) -> None:
    """Refuse to decide: an erasure to all but the city office, anything to the one who asked."""
    require_role(actor, path, *((Role.CITY_OFFICE,) if erases else KEEPERS))
    if actor.person_id == person_id:
        raise NotAllowed()


def require_requests(actor: Actor) -> None:
    require_paths(actor, *SCHEDULERS)


def may_publish(actor: Actor) -> bool:
    return actor.is_any(Role.CITY_OFFICE)


def require_publish(actor: Actor) -> None:
    require_paths(actor, Role.CITY_OFFICE)
