"""One person's month, entry by entry: what was earned where, what waits, what earned nothing."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import or_, select

from volunteer.attendance import queries as attendance
from volunteer.attendance.models import AttendanceState, Review
from volunteer.attendance.queries import Story
from volunteer.core.clock import Month
from volunteer.core.db import db, within
from volunteer.core.errors import NotFound
from volunteer.hours import queries as ledger
from volunteer.hours.queries import Line
from volunteer.people.models import Membership, Person
from volunteer.targets import queries as targets
from volunteer.units import queries as units
from volunteer.units.models import Unit

WAITS = {AttendanceState.OPEN, AttendanceState.AUTO_CLOSED}
WAS_THERE = {AttendanceState.CLOSED, AttendanceState.VOID}


class Told(NamedTuple):
    """An entry of the ledger with the attendance that it came from, where there is one."""

    line: Line
    story: Story | None


class Balance(NamedTuple):
    """All that happened in a person's month, latest first."""

    entries: Sequence[Told]
    #: Recorded, and not yet decided.
    waiting: Sequence[Story]
    #: Recorded, decided, and without minutes.
    without: Sequence[Story]


def balance_of(person_id: int, month: Month) -> Balance:
    """Return the entries of a person's month and the attendances that gave none (yet)."""
    lines = ledger.entries_of(person_id, month)
    stories = {story.attendance_id: story for story in attendance.stories_of(person_id, month)}
    entries = [Told(line, stories.get(attendance_of(line.source))) for line in lines]
    told = {each.story.attendance_id for each in entries if each.story}
    rest = [story for story in stories.values() if story.attendance_id not in told]
    return Balance(
        entries,
        [story for story in stories.values() if waits(story)],
        [story for story in rest if story.state in WAS_THERE and not waits(story)],
    )


def waits(story: Story) -> bool:
    """Tell whether somebody still has to decide about an attendance."""
    held = story.review == Review.PENDING and story.state != AttendanceState.VOID
    return held or story.state in WAITS


def attendance_of(source: str) -> int:
    """Return the attendance that an entry's source names, 0 where it names another cause.

    >>> attendance_of("attendance:8127:1"), attendance_of("import:2025-12:17")
    (8127, 0)
    """
    kind, _, rest = source.partition(":")
    number = rest.partition(":")[0]
    return int(number) if kind == "attendance" and number.isdecimal() else 0


class Belonging(NamedTuple):
    """Where a person belongs in a month; the last day is None while it lasts."""

    unit_name: str
    from_on: date
    until_on: date | None


def person_in(public_id: str, month: Month, *, under: Sequence[str]) -> Person:
    """Return somebody who belongs to the subtrees now, or did in the month; else NotFound."""
    membership = (
        select(Membership.id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(
            Membership.person_id == Person.id,
            within(Unit.path, under),
            or_(Membership.until_on.is_(None), targets.touches(month)),
        )
        .exists()
    )
    person = db.session.scalar(select(Person).where(Person.public_id == public_id, membership))
    if person is None:
        raise NotFound()
    return person


def belongings(person_id: int, month: Month) -> list[Belonging]:
    """Return the units of a person in the month, earliest first, called as at its end (R32)."""
    statement = (
        select(units.called_on(month.last_day), Membership.from_on, Membership.until_on)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.person_id == person_id, targets.touches(month))
        .order_by(Membership.from_on)
    )
    return [Belonging(*row) for row in db.session.execute(statement)]
