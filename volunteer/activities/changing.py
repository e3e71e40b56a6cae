"""Changing a series: what becomes of each shift to come, and the change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import func, select, update

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import again_on_conflict, db, transaction
from volunteer.shifts import editing, notices
from volunteer.shifts import queries as shift_queries
from volunteer.shifts import rules as shift_rules
from volunteer.shifts import service as shifts
from volunteer.shifts.editing import Details, Move
from volunteer.shifts.errors import SiteClosed, WrongNumbers
from volunteer.shifts.models import Assignment, AssignmentState, Shift, ShiftState, Site
from volunteer.shifts.notices import Notice
from volunteer.workdays import queries as workdays

from . import access, opening, rules
from .errors import ActivityEnded, CarriedOn, DayOver, SeriesOver
from .models import Activity, ActivityException, ExceptionKind
from .rules import Series, Verdict
from .service import require_rule

#: What a change may give another value; the rest of a series stays.
CHANGEABLE = (
    "title",
    "content",
    "site_id",
    "leader_id",
    "rrule",
    "starts",
    "minutes",
    "last_on",
    "wanted",
    "capacity",
    "nature",
    "holidays",
    "category",
    "sign_up",
    "needs",
    "grants",
)

#: As long as the reason of an exception may be.
LONGEST_REASON = 100


class Fate(StrEnum):
    """What becomes of a shift when its series changes."""

    SAME = "same"
    CHANGED = "changed"
    #: Its day is no more: it is cancelled.
    DROPPED = "dropped"
    #: It stays as it is: changed by itself before, cancelled, or somebody has checked in. One
    #: that was called off follows the change while its day stays; else it never comes back.
    BY_HAND = "by_hand"
    CANCELLED = "cancelled"
    BEGUN = "begun"


class Effect(NamedTuple):
    """A shift to come and what becomes of it; `to` and `day` where it is changed."""

    shift: Shift
    fate: Fate
    day: date | None
    to: Details | None
    people: int


@dataclass
class Outcome:
    """All that a change of a series does."""

    effects: list[Effect] = field(default_factory=list)
    #: Days taken out that follow their shift to another day, with the reason.
    taken_out: dict[date, str] = field(default_factory=dict)
    #: New days up to where the series has been opened.
    new_days: list[date] = field(default_factory=list)
    until: date = date.min
    #: How many messages go out.
    told: int = 0

    def count(self, *fates: Fate) -> int:
        return sum(each.fate in fates for each in self.effects)


def outcome(
    activity: Activity,
    wanted: Mapping[str, Any],
    *,
    since: date | None,
    now: datetime,
    locked: bool = False,
) -> Outcome:
    """Return what giving the activity other values does to its shifts from `since` on; None:
    to all to come.

    Nothing is written. Raises what the change itself would raise.
    """
    if activity.ended_at:
        raise ActivityEnded()
    if since and since < local_day(now):
        raise DayOver()
    if since and activity.last_on and since > activity.last_on:
        raise SeriesOver()
    first = max(since or date.min, local_day(now))
    after = {name: wanted.get(name, getattr(activity, name)) for name in CHANGEABLE}
    begins = since or activity.first_on
    _require_stretch(activity, after["last_on"])
    after["rrule"] = require_rule(after["rrule"], begins, after["last_on"])
    if not shift_rules.numbers_fit(after["wanted"], after["capacity"]):
        raise WrongNumbers()
    found = _rows(activity, first, locked=locked)
    _, ahead = shift_rules.days_ahead(now)
    until = max([ahead, *(day for day in found)])
    exceptions = opening.exceptions([activity.id], since=first)
    series = opening.series_of(activity, exceptions)._replace(
        rrule=after["rrule"],
        first_on=begins,
        last_on=after["last_on"],
        holidays=after["holidays"],
    )
    return _decide(activity, after, found, series, first, until, now)


def _require_stretch(activity: Activity, last_on: date | None) -> None:
    """Refuse to let a series go on into the days of the one that carries it on."""
    from_on = db.session.scalar(
        select(func.min(Activity.first_on)).where(Activity.follows_id == activity.id)
    )
    if from_on and (last_on is None or last_on >= from_on):
        raise CarriedOn(day=from_on.isoformat())


def _rows(activity: Activity, first: date, *, locked: bool) -> dict[date, Shift]:
    """Return the shifts that the series has opened, by its day, from a day on."""
    statement = select(Shift).where(
        Shift.source.startswith(rules.source(activity.id), autoescape=True),
        Shift.source >= rules.source_of(activity.id, first),
    )
    if locked:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    rows = db.session.scalars(statement.order_by(Shift.source))
    return {named[1]: each for each in rows if (named := rules.named_by(each.source))}


def _decide(
    activity: Activity,
    after: Mapping[str, Any],
    found: Mapping[date, Shift],
    series: Series,
    first: date,
    until: date,
    now: datetime,
) -> Outcome:
    calendar = workdays.calendar(first, until)
    named = rules.occurrences(series._replace(skipped={}), calendar, first, until)
    begun = shifts.attended([each.id for each in found.values()])
    leader_id = after["leader_id"] or shift_queries.coordinator_of(activity.unit)

    def details(day: date) -> Details:
        starts_at, ends_at = rules.times(day, after["starts"], after["minutes"])
        given = {name: after[name] for name in Details._fields if name in after}
        return Details(
            **{**given, "starts_at": starts_at, "ends_at": ends_at, "leader_id": leader_id}
        )

    fixed: dict[date, Fate] = {}
    for day, shift in found.items():
        if shift.id in begun or shift.starts_at <= now:
            fixed[day] = Fate.BEGUN
        elif shift.changed_at and (shift.state == ShiftState.PLANNED or shift.call_off_id):
            fixed[day] = Fate.BY_HAND
    free = [
        each.day
        for each in named
        if each.verdict == Verdict.NEW
        and each.day not in fixed
        and details(each.day).starts_at > now
    ]
    skipped = [day for day in series.skipped if day not in found]
    goes_to = rules.paired([*(day for day in found if day not in fixed), *skipped], free)
    people = editing.people_of([shift.id for shift in found.values()])
    result = Outcome(until=until)
    for day, shift in sorted(found.items()):
        here = len(people.get(shift.id, ()))
        new_day = goes_to.get(day)
        if day in fixed:
            effect = Effect(shift, fixed[day], day, None, here)
        elif shift.state == ShiftState.CANCELLED:
            follows = shift.call_off_id and new_day == day  # it may be taken back
            to = details(day) if follows else None
            effect = Effect(shift, Fate.CANCELLED, new_day or day, to, here)
            if new_day and new_day != day:  # neither day is opened again
                result.taken_out[day] = str(shift.cancel_reason)[:LONGEST_REASON]
        elif new_day is None:
            effect = Effect(shift, Fate.DROPPED, None, None, here)
        else:
            to = details(new_day)
            fate = Fate.SAME if to == editing.details_of(shift) else Fate.CHANGED
            effect = Effect(shift, fate, new_day, to, here)
        result.effects.append(effect)
    for day in skipped:
        if (other := goes_to[day]) and other != day:
            result.taken_out[other] = series.skipped[day]
    taken = {day for day in goes_to.values() if day} | series.skipped.keys()
    result.new_days = [day for day in free if day not in taken]
    editing.require_possible(moves_of(result, activity.id))
    result.told = sum(each.people for each in result.effects if _tells(each))
    return result


def _tells(effect: Effect) -> bool:
    if effect.to is None:
        return effect.fate == Fate.DROPPED
    return effect.to.told != editing.details_of(effect.shift).told


def moves_of(result: Outcome, activity_id: int) -> list[Move]:
    """Return the shifts that are changed, named by the activity that has them afterwards."""
    return [
        Move(each.shift, each.to, rules.source_of(activity_id, each.day))
        for each in result.effects
        if each.to and each.day
    ]


@again_on_conflict
def change_all(
    activity: Activity, wanted: Mapping[str, Any], *, reason: str, actor: Actor, now: datetime
) -> Outcome:
    """Change a series and its shifts to come; a repeat changes nothing.

    `wanted` names values of `CHANGEABLE`; `reason` stands at shifts whose day is no more.
    """
    with transaction() as session:
        access.require_plan(actor, activity.unit.path)
        activity = session.get_one(
            Activity, activity.id, with_for_update=True, populate_existing=True
        )
        _require_site(activity, wanted, actor)
        result = outcome(activity, wanted, since=None, now=now, locked=True)
        for name, value in wanted.items():
            setattr(activity, name, value)
        session.flush()
        _apply(activity, result, reason=reason, actor=actor, now=now)
        _journal("activities.change", activity, result, actor, now)
        return result


@again_on_conflict
def change_following(
    activity: Activity,
    wanted: Mapping[str, Any],
    *,
    since: date,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Activity:
    """End a series the day before `since` and carry it on, changed, as a new one, which takes
    over the shifts and exceptions from that day on; return the new one.

    From its very first day on, the series itself changes. Raises DayOver, SeriesOver and
    CarriedOn.
    """
    with transaction() as session:
        access.require_plan(actor, activity.unit.path)
        if since < local_day(now):
            raise DayOver()
        if since <= activity.first_on:
            change_all(activity, wanted, reason=reason, actor=actor, now=now)
            return activity
        activity = session.get_one(
            Activity, activity.id, with_for_update=True, populate_existing=True
        )
        _require_site(activity, wanted, actor)
        result = outcome(activity, wanted, since=since, now=now, locked=True)
        kept = {name: getattr(activity, name) for name in CHANGEABLE}
        new = Activity(
            **{**kept, **wanted},
            public_id=shifts.new_public_id(),
            unit_id=activity.unit_id,
            first_on=since,
            wishes_id=activity.wishes_id,
            follows_id=activity.id,
            created_at=now,
            created_by=actor.account_id,
        )
        session.add(new)
        activity.last_on = since - timedelta(days=1)
        session.flush()
        session.execute(
            update(Activity)
            .where(Activity.follows_id == activity.id, Activity.id != new.id)
            .values(follows_id=new.id)
        )
        session.execute(
            update(ActivityException)
            .where(ActivityException.activity_id == activity.id, ActivityException.day >= since)
            .values(activity_id=new.id)
            .execution_options(synchronize_session=False)
        )
        _apply(new, result, reason=reason, actor=actor, now=now)
        _journal("activities.carry_on", new, result, actor, now)
        return new


def _require_site(activity: Activity, wanted: Mapping[str, Any], actor: Actor) -> None:
    site_id = wanted.get("site_id", activity.site_id)
    if site_id != activity.site_id:
        site = db.session.get_one(Site, site_id)
        access.require_plan(actor, site.unit.path)
        if site.closed_at:
            raise SiteClosed()


def _apply(
    activity: Activity, result: Outcome, *, reason: str, actor: Actor, now: datetime
) -> None:
    """Do what was decided, to the activity that has the shifts afterwards."""
    session = db.session
    for each in result.effects:
        if each.fate == Fate.DROPPED:
            _drop(each.shift, reason, now)
    session.flush()
    editing.carry_out(moves_of(result, activity.id), now=now)
    held = set()
    for each in result.effects:
        if each.fate == Fate.BEGUN and each.day:
            held.add(each.day)  # its shift stays with the series that opened it
        elif each.fate in (Fate.BY_HAND, Fate.CANCELLED) and each.day:
            each.shift.source = rules.source_of(activity.id, each.day)
    rest = [each for each in result.effects if each.fate == Fate.CANCELLED and not each.to]
    editing.keep_cancelled([each.shift.id for each in rest])
    for day in held:
        if not str(_source_at(result, day)).startswith(rules.source(activity.id)):
            result.taken_out.setdefault(day, reason[:LONGEST_REASON])
    for day, words in result.taken_out.items():
        if session.get(ActivityException, (activity.id, day)) is None:
            session.add(
                ActivityException(
                    activity_id=activity.id,
                    day=day,
                    kind=ExceptionKind.SKIP,
                    reason=words,
                    entered_by=actor.account_id,
                    entered_at=now,
                )
            )
    session.flush()
    opening.open_all([activity], until=result.until, now=now)


def _source_at(result: Outcome, day: date) -> str | None:
    return next(each.shift.source for each in result.effects if each.day == day)


def _drop(shift: Shift, reason: str, now: datetime) -> None:
    """Cancel a shift whose day its series no longer has; the day is free for another."""
    theirs = (Assignment.shift_id == shift.id, Assignment.state == AssignmentState.ASSIGNED)
    people = db.session.scalars(select(Assignment.person_id).where(*theirs)).all()
    db.session.execute(update(Assignment).where(*theirs).values(state=AssignmentState.CANCELLED))
    shift.state, shift.cancel_reason = ShiftState.CANCELLED, reason
    shift.source = rules.dropped(str(shift.source), shift.id)
    about = f"shift:{shift.id}"
    notices.tell(Notice.SHIFT_CANCELLED, people, about=about, shift_id=shift.id, now=now)


def _journal(action: str, activity: Activity, result: Outcome, actor: Actor, now: datetime) -> None:
    journal.write(
        action,
        "activity",
        activity.public_id,
        actor=actor,
        now=now,
        unit_path=activity.unit.path,
        changed=result.count(Fate.CHANGED),
        dropped=result.count(Fate.DROPPED),
        new=len(result.new_days),
    )
