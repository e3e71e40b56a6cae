"""Who may look at the boards, move people on them, and call an inspection."""

from volunteer.core.access import require_paths, require_person, require_role
from volunteer.core.actor import READERS, SCHEDULERS, Actor, Role


def require_reader(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths whose boards the actor may look at; raises NotAllowed where none."""
    return require_paths(actor, *READERS)


def require_scheduler(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths that the actor schedules for; raises NotAllowed where none."""
    return require_paths(actor, *SCHEDULERS)


def may_schedule(actor: Actor, unit_path: str) -> bool:
    return actor.holds(unit_path, *SCHEDULERS)


def require_schedule(actor: Actor, unit_path: str) -> None:
    """Refuse whoever may not schedule; to those who may not even look, it does not exist."""
    require_role(actor, unit_path, *SCHEDULERS)


def may_inspect(actor: Actor) -> bool:
    """Only the city office says when every post must be manned."""
    return actor.is_any(Role.CITY_OFFICE)


def require_inspect(actor: Actor, unit_path: str) -> None:
    require_role(actor, unit_path, Role.CITY_OFFICE)


def require_office(actor: Actor) -> tuple[str, ...]:
    return require_paths(actor, Role.CITY_OFFICE)


def require_self(actor: Actor) -> int:
    """Return the person behind the log-in: one's own calendar is one's own."""
    return require_person(actor)
