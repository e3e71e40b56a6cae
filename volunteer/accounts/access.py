"""Who may make log-ins, codes and roles (trust.md 3.1)."""

from collections.abc import Collection

from volunteer.core.access import require_paths, require_role
from volunteer.core.actor import KEEPERS, READERS, SCHEDULERS, SYSTEM, Actor, Grant, Role
from volunteer.core.errors import NotAllowed, NotFound

from .errors import NotOneself, RolesApart

#: Who prints activation codes for the people of their units.
PRINTERS = SCHEDULERS

#: The three administrators, of whom nobody is two.
ADMINISTRATORS = frozenset({Role.SYS_ADMIN, Role.SEC_ADMIN, Role.AUDIT_ADMIN})

#: Who may hand a new code to somebody who holds a role: never one of the same standing,
#: for a code opens the log-in to whoever reads it.
CODE_FOR_HOLDER = {
    Role.COORDINATOR: (Role.UNIT_ADMIN, Role.CITY_OFFICE),
    Role.UNIT_ADMIN: (Role.CITY_OFFICE,),
    Role.SYSTEM_LEAD: (Role.CITY_OFFICE,),
    Role.INSPECTOR: (Role.CITY_OFFICE,),
}


def may_print_codes(actor: Actor) -> bool:
    return actor.is_any(*PRINTERS)


def require_printer(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths for whose people the actor prints codes; NotAllowed where none."""
    if not may_print_codes(actor):
        raise NotAllowed()
    return actor.paths(*PRINTERS)


def keeps_accounts(actor: Actor, path: str | None) -> bool:
    """The shell and the security administrator keep log-ins and roles."""
    return actor == SYSTEM or (path is not None and actor.holds(path, Role.SEC_ADMIN))


def may_make_code(actor: Actor, path: str | None, held: Collection[Grant]) -> bool:
    """Tell whether the actor may make a code for somebody of the unit who holds `held`."""
    if keeps_accounts(actor, path):
        return True
    return (
        path is not None
        and actor.holds(path, *PRINTERS)
        and all(actor.holds(g.path, *CODE_FOR_HOLDER.get(g.role, ())) for g in held)
    )


def require_code(actor: Actor, path: str | None, held: Collection[Grant]) -> None:
    """Refuse a code; somebody outside the actor's units does not exist."""
    if may_make_code(actor, path, held):
        return
    if path is not None and actor.holds(path, *PRINTERS):
        raise NotAllowed()
    raise NotFound()


def require_link(actor: Actor) -> None:
    """Only the shell makes one-time links: whoever has one is the person."""
    if actor != SYSTEM:
        raise NotAllowed()


def require_keeper(actor: Actor, path: str | None, account_id: int | None) -> None:
    """Refuse whoever does not keep accounts, and everybody for the own account."""
    if not keeps_accounts(actor, path):
        raise NotAllowed()
    if account_id is not None and account_id == actor.account_id:
        raise NotAllowed()


def apart(role: Role, held: Collection[Role]) -> Role | None:
    """Return a role among `held` that must not meet `role` in one person, if there is one.

    >>> apart(Role.SEC_ADMIN, [Role.SYS_ADMIN]), apart(Role.UNIT_ADMIN, [Role.COORDINATOR])
    (<Role.SYS_ADMIN: 'sys_admin'>, None)
    >>> apart(Role.CITY_OFFICE, [Role.AUDIT_ADMIN]), apart(Role.AUDIT_ADMIN, [Role.COORDINATOR])
    (<Role.AUDIT_ADMIN: 'audit_admin'>, <Role.COORDINATOR: 'coordinator'>)
    """
    for other in held:
        if other == role:
            continue
        if Role.AUDIT_ADMIN in (role, other) or {role, other} <= ADMINISTRATORS:
            return other
    return None


def require_together(role: Role, held: Collection[Role]) -> None:
    if other := apart(role, held):
        raise RolesApart(role=str(role), held=str(other))


def require_reader(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths whose coordinators the actor may see; NotAllowed where none."""
    return require_paths(actor, *READERS)


def may_appoint(actor: Actor, path: str) -> bool:
    """Unit administrators appoint the coordinators of their subtree, the city office all."""
    return actor.holds(path, *KEEPERS)


def require_appointer(actor: Actor) -> tuple[str, ...]:
    """Return the unit paths over which the actor appoints coordinators; NotAllowed where none."""
    return require_paths(actor, *KEEPERS)


def require_appoint(actor: Actor, path: str) -> tuple[str, ...]:
    """Refuse who may not appoint over the unit; return from which units people may come."""
    require_role(actor, path, *KEEPERS)
    return actor.paths(*KEEPERS)


def require_other(actor: Actor, person_id: int) -> None:
    """Nobody gives a role to themselves."""
    if person_id == actor.person_id:
        raise NotOneself()
