"""Who reads which figures."""

from volunteer.core.actor import READERS, Actor
from volunteer.core.errors import NotAllowed


def require_reader(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths whose figures the actor may read; raises NotAllowed where none."""
    if not actor.is_any(*READERS):
        raise NotAllowed()
    return actor.paths(*READERS)
