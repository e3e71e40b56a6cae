"""Opening the shifts of series: what would be opened, and the opening."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select

from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import again_on_conflict, db, transaction
from volunteer.people.models import QualificationKind
from volunteer.shifts import queries as shift_queries
from volunteer.shifts import service as shifts
from volunteer.shifts.models import Nature, Shift, ShiftKind, ShiftState, SignUp
from volunteer.shifts.rules import FURTHEST
from volunteer.units.models import Unit
from volunteer.workdays import queries as workdays

from . import access, queries, rules
from .errors import TooFarAhead
from .models import Activity, ActivityException, ExceptionKind
from .rules import Occurrence, Series, Verdict

#: How many sources one question names.
AT_ONCE = 500


class Line(NamedTuple):
    """A day of a series with the instants of its shift, and what becomes of it."""

    activity: Activity
    day: date
    starts_at: datetime
    ends_at: datetime
    verdict: Verdict
    #: The holiday, or the reason for which the day is left out.
    note: str


def preview(
    activities: Sequence[Activity], *, until: date, now: datetime, since: date | None = None
) -> list[Line]:
    """Return what opening the activities until a day does, merged with what is there.

    In the order of time; what has begun is left out. The same questions however many.
    """
    first = since or local_day(now)
    lines = [
        line
        for activity, found in occurrences_of(activities, first, until).items()
        for each in found
        if (line := _line(activity, each)).starts_at > now
    ]
    states = states_of([rules.source_of(each.activity.id, each.day) for each in lines])
    merged = []
    for line in lines:
        state = states.get(rules.source_of(line.activity.id, line.day))
        if state is not None:
            there = Verdict.THERE if state == ShiftState.PLANNED else Verdict.CANCELLED
            line = line._replace(verdict=there, note="")
        merged.append(line)
    return sorted(merged, key=lambda line: (line.starts_at, line.activity.id))


def occurrences_of(
    activities: Sequence[Activity], since: date, until: date
) -> dict[Activity, list[Occurrence]]:
    """Return the days of each activity between two days, both included, left out ones too."""
    calendar = workdays.calendar(since, until)
    differing: dict[int, list[ActivityException]] = defaultdict(list)
    for each in exceptions([activity.id for activity in activities], since=since):
        differing[each.activity_id].append(each)
    return {
        activity: rules.occurrences(
            series_of(activity, differing[activity.id]), calendar, since, until
        )
        for activity in activities
    }


def series_of(activity: Activity, differing: Sequence[ActivityException]) -> Series:
    """Return what decides on the days of an activity."""
    return Series(
        activity.rrule,
        activity.first_on,
        activity.last_on,
        activity.holidays,
        {each.day: each.reason for each in differing if each.kind == ExceptionKind.SKIP},
        [each.day for each in differing if each.kind == ExceptionKind.EXTRA],
    )


def exceptions(activity_ids: Sequence[int], *, since: date) -> list[ActivityException]:
    """Return the exceptions of the activities from a day on."""
    found: list[ActivityException] = []
    for start in range(0, len(activity_ids), AT_ONCE):
        wanted = select(ActivityException).where(
            ActivityException.activity_id.in_(activity_ids[start : start + AT_ONCE]),
            ActivityException.day >= since,
        )
        found += db.session.scalars(wanted.order_by(ActivityException.day))
    return found


def states_of(sources: Sequence[str]) -> dict[str, str]:
    """Return the state of the shifts that these sources have opened, by source."""
    found: dict[str, str] = {}
    for start in range(0, len(sources), AT_ONCE):
        some = sources[start : start + AT_ONCE]
        rows = db.session.execute(select(Shift.source, Shift.state).where(Shift.source.in_(some)))
        found.update((str(source), state) for source, state in rows)
    return found


def _line(activity: Activity, each: Occurrence) -> Line:
    times = rules.times(each.day, activity.starts, activity.minutes)
    return Line(activity, each.day, *times, each.verdict, each.note)


@again_on_conflict
def open_until(*, unit: Unit | None, until: date, actor: Actor, now: datetime) -> int:
    """Open what is missing of a unit's activities, and of those under it, from now to `until`,
    the day included; return how many shifts are new. No unit: of the whole city.

    Running it again opens nothing: not what is there, not what has been cancelled or removed.
    """
    with transaction():
        if unit is None:
            access.require_everywhere(actor)
        else:
            access.require_plan(actor, unit.path)
        require_near(until, now)
        under = (unit.path if unit else "/",)
        going_on = queries.running(since=local_day(now), until=until, under=under, locked=True)
        return open_all(going_on, until=until, now=now)


def require_near(until: date, now: datetime) -> None:
    if until > local_day(now) + FURTHEST:
        raise TooFarAhead()


def open_all(activities: Sequence[Activity], *, until: date, now: datetime) -> int:
    """Open what is missing of the activities; the caller has asked for permission."""
    lines = [
        line
        for line in preview(activities, until=until, now=now)
        if line.verdict == Verdict.NEW and line.activity.ended_at is None
    ]
    leaders = shift_queries.coordinators_of(activity.unit for activity in activities)
    return shifts.open_missing(plan(line, leaders) for line in lines)


def plan(line: Line, leaders: dict[int, int]) -> shifts.Plan:
    """Return the shift of a day; without a leader of its own it gets the unit's coordinator."""
    activity = line.activity
    return shifts.Plan(
        kind=ShiftKind.ACTIVITY,
        unit_id=activity.unit_id,
        site_id=activity.site_id,
        leader_id=activity.leader_id or leaders.get(activity.unit_id),
        title=activity.title,
        content=activity.content,
        starts_at=line.starts_at,
        ends_at=line.ends_at,
        wanted=activity.wanted,
        capacity=activity.capacity,
        nature=Nature(activity.nature),
        source=rules.source_of(activity.id, line.day),
        sign_up=SignUp(activity.sign_up),
        needs=QualificationKind(activity.needs) if activity.needs else None,
        grants=QualificationKind(activity.grants) if activity.grants else None,
    )
