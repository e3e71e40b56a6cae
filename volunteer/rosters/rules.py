"""Months that may be scheduled."""

from volunteer.core.clock import Month

#: How many months ahead one may schedule.
AHEAD = 6
POSTS_A_WEEK = 3
MOST_POSTS_A_WEEK = 7


def may_schedule(month: Month, *, present: Month) -> bool:
    """Tell whether a month can be drawn: the present one, or one of the next six.

    >>> november = Month(2026, 11)
    >>> [may_schedule(m, present=november) for m in (november, Month(2027, 5), Month(2027, 6))]
    [True, True, False]
    >>> may_schedule(Month(2026, 10), present=november)
    False
    """
    return 0 <= apart(present, month) <= AHEAD


def apart(one: Month, other: Month) -> int:
    """Return by how many months the second is later."""
    return (other.year - one.year) * 12 + other.month - one.month


def ahead(present: Month) -> list[Month]:
    """Return the months that can be scheduled, the present one first.

    >>> [str(month) for month in ahead(Month(2026, 11))][:3]
    ['2026-11', '2026-12', '2027-01']
    """
    found = [present]
    while len(found) <= AHEAD:
        found.append(found[-1].next)
    return found
