"""Who is asking."""

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What a grant makes of a login, over one unit and everything under it.

    No role includes another: `access` names each role that may (trust.md 3.1).
    Everybody with an account is a volunteer; there is no grant for that.
    """

    COORDINATOR = "coordinator"
    UNIT_ADMIN = "unit_admin"
    SYSTEM_LEAD = "system_lead"
    CITY_OFFICE = "city_office"
    INSPECTOR = "inspector"
    SYS_ADMIN = "sys_admin"
    SEC_ADMIN = "sec_admin"
    AUDIT_ADMIN = "audit_admin"


#: Who schedules and checks in for a unit.
SCHEDULERS = (Role.COORDINATOR, Role.UNIT_ADMIN, Role.CITY_OFFICE)
#: Who keeps a unit's people, approvals and month.
KEEPERS = (Role.UNIT_ADMIN, Role.CITY_OFFICE)
#: Who may look at a unit's people and figures.
READERS = (Role.COORDINATOR, Role.UNIT_ADMIN, Role.SYSTEM_LEAD, Role.CITY_OFFICE)


@dataclass(frozen=True, slots=True)
class Grant:
    """A role over the unit at `path` and everything under it."""

    role: Role
    path: str


@dataclass(frozen=True, slots=True)
class Actor:
    """A login, or the system itself, with the grants it holds.

    `account_id` and `person_id` are None only for the system.
    """

    name: str
    account_id: int | None = None
    person_id: int | None = None
    grants: frozenset[Grant] = field(default_factory=frozenset)

    def holds(self, path: str, *roles: Role) -> bool:
        """Tell whether any grant gives one of `roles` over the unit at `path`."""
        return any(g.role in roles and path.startswith(g.path) for g in self.grants)

    def is_any(self, *roles: Role) -> bool:
        """Tell whether the actor holds one of `roles` over any unit at all."""
        return any(g.role in roles for g in self.grants)

    def paths(self, *roles: Role) -> tuple[str, ...]:
        """Return the topmost unit paths over which one of `roles` is held, in order."""
        held = sorted({g.path for g in self.grants if g.role in roles})
        return tuple(p for p in held if not any(p != q and p.startswith(q) for q in held))


SYSTEM = Actor("system", grants=frozenset({Grant(Role.CITY_OFFICE, "/")}))
