"""Whose messages are whose."""

from volunteer.core.access import require_person
from volunteer.core.actor import Actor


def require_self(actor: Actor) -> int:
    """Return the person behind the log-in; everybody reads the own messages only."""
    return require_person(actor)
