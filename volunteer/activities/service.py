"""Changes to series of activities, and to single days of them."""

from collections import Counter
from datetime import date, datetime, time
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import again_on_conflict, db, transaction
from volunteer.core.errors import NotFound
from volunteer.people.models import QualificationKind
from volunteer.shifts import rules as shift_rules
from volunteer.shifts import service as shifts
from volunteer.shifts.errors import SiteClosed, WrongNumbers
from volunteer.shifts.models import Assignment, Nature, Shift, SignUp, Site
from volunteer.units.models import Unit

from . import access, opening, queries, rules
from .errors import ActivityEnded, DayOver, HasPeople, NoSuchDay, NoSuchRule
from .models import Activity, ActivityException, Category, ExceptionKind
from .rules import Holidays, Verdict


class Created(NamedTuple):
    """A new activity, and how many shifts it has opened at once."""

    activity: Activity
    opened: int


@again_on_conflict
def create(
    *,
    unit: Unit,
    site: Site,
    title: str,
    content: str | None = None,
    rrule: str,
    starts: time,
    minutes: int,
    first_on: date,
    last_on: date | None = None,
    leader_id: int | None = None,
    wanted: int,
    capacity: int | None = None,
    nature: Nature = Nature.VOLUNTARY,
    holidays: Holidays = Holidays.SKIP,
    category: Category = Category.OTHER,
    sign_up: SignUp = SignUp.ASSIGNED_ONLY,
    needs: QualificationKind | None = None,
    grants: QualificationKind | None = None,
    key: str | None = None,
    actor: Actor,
    now: datetime,
) -> Created:
    """Plan an activity and open its shifts of the next four weeks.

    `rrule` is as `rules.pattern` reads it; `starts` is local. Without a leader each shift
    gets the unit's coordinator, without content the title stands for it (R2). `key`, 16
    hexadecimal digits made by the page, becomes the public id: a form sent twice plans once.
    """
    with transaction() as session:
        access.require_plan(actor, unit.path)
        access.require_plan(actor, site.unit.path)
        if key and (known := session.scalar(select(Activity).where(Activity.public_id == key))):
            if known.unit_id != unit.id:
                raise NotFound()
            return Created(known, 0)
        if site.closed_at:
            raise SiteClosed()
        if not shift_rules.numbers_fit(wanted, capacity):
            raise WrongNumbers()
        rrule = require_rule(rrule, first_on, last_on)
        activity = Activity(
            public_id=key or shifts.new_public_id(),
            unit_id=unit.id,
            site_id=site.id,
            leader_id=leader_id,
            title=title,
            content=content or title,
            rrule=rrule,
            holidays=holidays,
            category=category,
            sign_up=sign_up,
            needs=needs,
            grants=grants,
            starts=starts,
            minutes=minutes,
            first_on=first_on,
            last_on=last_on,
            wanted=wanted,
            capacity=capacity,
            nature=nature,
            created_at=now,
            created_by=actor.account_id,
        )
        session.add(activity)
        session.flush()
        _, until = shift_rules.days_ahead(now)
        opened = opening.open_all([activity], until=until, now=now)
        _journal("activities.create", activity, actor, now, opened=opened)
        return Created(activity, opened)


def require_rule(rrule: str, first_on: date, last_on: date | None) -> str:
    """Return the rule as it is kept; NoSuchRule where it is none, NoSuchDay where it never
    takes place."""
    try:
        kept = str(rules.pattern(rrule))
    except ValueError:
        raise NoSuchRule() from None
    if not rules.takes_place(kept, first_on, last_on):
        raise NoSuchDay()
    return kept


def open_until(*, unit: Unit | None, until: date, actor: Actor, now: datetime) -> int:
    """Open what is missing from now to `until`, the day included; see `opening.open_until`."""
    return opening.open_until(unit=unit, until=until, actor=actor, now=now)


def to_open(unit: Unit, *, until: date, now: datetime) -> Counter[int]:
    """Return how many shifts `open_until` would open, by unit id; nothing is opened."""
    going_on = queries.running(since=local_day(now), until=until, under=(unit.path,))
    lines = opening.preview(going_on, until=until, now=now)
    return Counter(line.activity.unit_id for line in lines if line.verdict == Verdict.NEW)


def open_one(activity: Activity, *, until: date, actor: Actor, now: datetime) -> int:
    """Open what is missing of one activity from now to `until`; a repeat opens nothing."""
    with transaction() as session:
        access.require_plan(actor, activity.unit.path)
        opening.require_near(until, now)
        session.refresh(activity, with_for_update={"of": Activity})
        return opening.open_all([activity], until=until, now=now)


def open_shifts(*, actor: Actor, now: datetime) -> int:
    """Open the shifts of all activities four weeks ahead; return how many are new.

    Running it again opens nothing, and a cancelled shift is not opened again.
    """
    _, until = shift_rules.days_ahead(now)
    return opening.open_until(unit=None, until=until, actor=actor, now=now)


def end(activity: Activity, *, reason: str, actor: Actor, now: datetime) -> int:
    """End an activity: no more shifts are opened, and those to come to which nobody is
    assigned are cancelled with the reason; return how many.

    Shifts with people stay and are left to their coordinator. A repeat is refused.
    """
    with transaction() as session:
        access.require_plan(actor, activity.unit.path)
        activity = session.get_one(
            Activity, activity.id, with_for_update=True, populate_existing=True
        )
        if activity.ended_at:
            raise ActivityEnded()
        activity.ended_at = now
        cancelled = shifts.cancel_idle(rules.source(activity.id), reason=reason, now=now)
        _journal("activities.end", activity, actor, now, cancelled=cancelled)
        return cancelled


def take_out(
    activity: Activity, day: date, *, reason: str, actor: Actor, now: datetime
) -> ActivityException:
    """Take a day to come out of a series; its shift goes, if nobody was ever assigned to it.

    The day is never opened again. A repeat finds it taken out already and changes nothing.
    Raises DayOver, and HasPeople where the shift must be cancelled instead.
    """
    try:
        with transaction() as session:
            access.require_plan(actor, activity.unit.path)
            session.refresh(activity, with_for_update={"of": Activity})
            if rules.times(day, activity.starts, activity.minutes)[0] <= now:
                raise DayOver()
            shift = session.scalar(
                select(Shift)
                .where(Shift.source == rules.source_of(activity.id, day))
                .with_for_update()
            )
            if shift and session.scalar(select(Assignment.id).filter_by(shift_id=shift.id)):
                raise HasPeople()
            if shift and shifts.attended([shift.id]):
                raise HasPeople()
            if shift:
                session.delete(shift)
                session.flush()
            return _except(activity, day, ExceptionKind.SKIP, reason, actor, now)
    except IntegrityError as error:  # somebody waits for a place there
        raise HasPeople() from error


def put_in(
    activity: Activity, day: date, *, reason: str, actor: Actor, now: datetime
) -> ActivityException:
    """Let a series take place on one more day to come, or again on one that was taken out.

    Its shift opens with the others, at once if the day is within four weeks. A repeat
    changes nothing. Raises DayOver and ActivityEnded.
    """
    with transaction() as session:
        access.require_plan(actor, activity.unit.path)
        session.refresh(activity, with_for_update={"of": Activity})
        if activity.ended_at:
            raise ActivityEnded()
        if rules.times(day, activity.starts, activity.minutes)[0] <= now:
            raise DayOver()
        opening.require_near(day, now)
        made = _except(activity, day, ExceptionKind.EXTRA, reason, actor, now)
        _, until = shift_rules.days_ahead(now)
        opening.open_all([activity], until=until, now=now)
        return made


def _except(
    activity: Activity, day: date, kind: ExceptionKind, reason: str, actor: Actor, now: datetime
) -> ActivityException:
    session = db.session
    known = session.get(ActivityException, (activity.id, day))
    if known and (known.kind, known.reason) == (kind, reason):
        return known
    if known is None:
        known = ActivityException(activity_id=activity.id, day=day)
        session.add(known)
    known.kind, known.reason = kind, reason
    known.entered_by, known.entered_at = actor.account_id, now
    session.flush()
    _journal(f"activities.{kind}", activity, actor, now, day=day.isoformat())
    return known


def _journal(action: str, activity: Activity, actor: Actor, now: datetime, **body: object) -> None:
    journal.write(
        action,
        "activity",
        activity.public_id,
        actor=actor,
        now=now,
        unit_path=activity.unit.path,
        **body,
    )
