"""Who may check in whom."""

from volunteer.core.access import require_person
from volunteer.core.actor import READERS, SCHEDULERS, Actor
from volunteer.core.errors import NotAllowed, NotFound


def require_self(actor: Actor) -> int:
    """Return the person behind the log-in: everybody scans for themselves only."""
    return require_person(actor)


def require_subject(actor: Actor, person_id: int | None) -> int:
    """Return who is meant: whoever asks, or another, about whom `may_scan` has the last word."""
    own = require_person(actor)
    return own if person_id is None else person_id


def may_scan(actor: Actor, person_id: int, unit_path: str, leader_id: int | None) -> bool:
    """Who calls the roll scans the others, too; nobody scans their own code."""
    return person_id != actor.person_id and may_call_roll(actor, unit_path, leader_id)


def may_call_roll(actor: Actor, unit_path: str, leader_id: int | None) -> bool:
    """A scheduler of the unit calls the roll, and the person who leads that one shift."""
    leads = leader_id is not None and actor.person_id == leader_id
    return leads or actor.holds(unit_path, *SCHEDULERS)


def may_look(actor: Actor, unit_path: str, leader_id: int | None) -> bool:
    return may_call_roll(actor, unit_path, leader_id) or actor.holds(unit_path, *READERS)


def require_roll(actor: Actor, unit_path: str, leader_id: int | None) -> None:
    """Refuse whoever may not; to those who may not even look, the shift does not exist."""
    if may_call_roll(actor, unit_path, leader_id):
        return
    if may_look(actor, unit_path, leader_id):
        raise NotAllowed()
    raise NotFound()


def require_look(actor: Actor, unit_path: str, leader_id: int | None) -> None:
    if not may_look(actor, unit_path, leader_id):
        raise NotFound()
