"""Whose messages are whose."""

from volunteer.core.actor import Actor
from volunteer.core.errors import NotAllowed


def require_self(actor: Actor) -> int:
    """Return the person behind the log-in; everybody reads the own messages only."""
    if actor.person_id is None:
        raise NotAllowed()
    return actor.person_id
