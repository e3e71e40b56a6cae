"""Explaining a figure. Pure: no database, no clock, no request."""

from collections.abc import Iterable
from typing import NamedTuple

from volunteer.targets.rules import Owed, State, rate


class Tally(NamedTuple):
    """How many people of a unit stand how, and the minutes entered for it."""

    people: int = 0
    met: int = 0
    not_met: int = 0
    exempt: int = 0
    no_target: int = 0
    pending: int = 0
    minutes: int = 0

    @property
    def owing(self) -> int:
        """How many people owe minutes; those exempt and without target do not."""
        return self.met + self.not_met + self.pending

    @property
    def rate(self) -> str:
        """The share that met the minimum, of those who owe and are decided (R25).

        >>> Tally(people=10, met=6, not_met=2, exempt=1, pending=1).rate
        '75.0 %'
        """
        return rate(self.met, self.not_met)

    def plus(self, state: State, count: int = 1) -> "Tally":
        """Return the tally with `count` more people in `state`; negative takes them back.

        >>> Tally().plus(State.MET, 2).plus(State.PENDING)
        Tally(people=3, met=2, not_met=0, exempt=0, no_target=0, pending=1, minutes=0)
        """
        return self._replace(
            people=self.people + count, **{state.value: getattr(self, state.value) + count}
        )


def total(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of tallies, field by field."""
    rows = list(tallies)
    return Tally(*(sum(column) for column in zip(*rows, strict=True))) if rows else Tally()


class Because(NamedTuple):
    """One reason of a figure: a code, and the numbers of its sentence."""

    code: str
    facts: dict[str, int]


def reasons(owes: Owed, base: int, served: int, unconfirmed: int) -> list[Because]:
    """Return why a person owes and stands as shown, in the order of the reckoning (R25).

    >>> [r.code for r in reasons(Owed(60, 30, 15, 0, None), 120, 30, 0)]
    ['base', 'member_days', 'prorated', 'missing']
    """
    found = [Because("base", {"minutes": base})]
    if owes.member_days < owes.days:
        found.append(Because("member_days", {"days": owes.member_days, "of": owes.days}))
    if owes.exempt_days:
        found.append(Because("exempt_days", {"days": owes.exempt_days, "of": owes.days}))
    if owes.excused:
        found.append(Because(owes.excused.value, {}))
        return found
    if owes.required != base:
        found.append(Because("prorated", {"minutes": owes.required}))
    missing = owes.required - served
    if missing <= 0:
        found.append(Because("met", {"minutes": served}))
        return found
    found.append(Because("missing", {"minutes": missing}))
    if unconfirmed:
        found.append(Because("unconfirmed", {"minutes": unconfirmed}))
    return found
