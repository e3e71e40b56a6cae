"""Changes to persuasion posts, and the opening of their shifts."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from volunteer.core import clock, journal
from volunteer.core.actor import Actor
from volunteer.core.db import again_on_conflict, transaction
from volunteer.core.errors import NotFound
from volunteer.shifts import queries as shift_queries
from volunteer.shifts import rules as shift_rules
from volunteer.shifts import service as shifts
from volunteer.shifts.errors import SiteClosed, WrongNumbers
from volunteer.shifts.models import Site
from volunteer.units import queries as units
from volunteer.units.models import Unit

from . import access, opening, queries, rules
from .errors import (
    ChangeDay,
    ChangeTooFar,
    NoUnits,
    NoWindow,
    PostEnded,
    PostExists,
    ResumeDay,
    SuspendedAlready,
    SuspensionOver,
    WindowsOverlap,
    WindowTimes,
    WrongDays,
)
from .facts import PLAIN, Facts, as_json, facts_of, in_order
from .models import Post, PostSuspension, PostTurn, PostVersion, PostWindow
from .opening import Changed
from .rules import Holidays, PlaceKind, Size, Window


class Created(NamedTuple):
    """A new post, and how many shifts it has opened at once."""

    post: Post
    opened: int


@again_on_conflict
def create(
    *,
    code: str,
    name: str,
    unit: Unit,
    site: Site | None,
    address: str | None = None,
    windows: Sequence[Window],
    place: str = PlaceKind.CROSSING,
    size: str = Size.MINOR,
    roads: str | None = None,
    corners: str | None = None,
    kit: str | None = None,
    leader_id: int | None = None,
    wanted: int | None = None,
    capacity: int | None = None,
    first_on: date,
    last_on: date | None = None,
    holidays: str = Holidays.REGARDLESS,
    needs_training: bool = True,
    turn_by: str | None = None,
    turns_from: date | None = None,
    turn_units: Sequence[Unit] = (),
    actor: Actor,
    now: datetime,
) -> Created:
    """Set up a post and open its shifts of the next four weeks.

    Without a site one is made, which has the post's code, name and `address`. Without a
    leader each shift gets the coordinator of its unit, without `wanted` it asks for as many
    as its size says (R46). With `turn_by` the `turn_units` take turns (R47), the first from
    `turns_from` on, or else from the first day. A code already used is refused.
    """
    with transaction() as session:
        access.require_plan(actor, unit.path)
        if session.scalar(select(Post.id).where(Post.code == code)):
            raise PostExists(post=code)
        facts = Facts(
            name=name,
            unit_id=unit.id,
            windows=in_order(windows),
            wanted=rules.WANTED[Size(size)] if wanted is None else wanted,
            capacity=capacity,
            place=place,
            size=size,
            roads=roads,
            corners=corners,
            kit=kit,
            leader_id=leader_id,
            last_on=last_on,
            holidays=holidays,
            needs_training=needs_training,
            turn_by=turn_by,
            turns_from=(turns_from or first_on) if turn_by else None,
            units=tuple(each.id for each in turn_units) if turn_by else (),
        )
        _require(facts, first_on, actor)
        if site is None:
            site = shifts.create_site(
                code=code, name=name, unit=unit, address=address, actor=actor, now=now
            )
        access.require_plan(actor, site.unit.path)
        if site.closed_at:
            raise SiteClosed()
        post = Post(
            code=code,
            site_id=site.id,
            first_on=first_on,
            created_at=now,
            created_by=actor.account_id,
            **{name: getattr(facts, name) for name in PLAIN},
            windows=[PostWindow(**window._asdict()) for window in facts.windows],
            turns=_turns(facts),
        )
        session.add(post)
        session.flush()
        since, until = shift_rules.days_ahead(now)
        opened = shifts.open_missing(opening.plans([post], since=since, until=until, now=now))
        _journal("posts.create", post, actor, now, opened=opened)
        return Created(post, opened)


def _turns(facts: Facts) -> list[PostTurn]:
    return [PostTurn(position=n, unit_id=unit_id) for n, unit_id in enumerate(facts.units)]


def _require(facts: Facts, first_on: date, actor: Actor) -> None:
    """Refuse facts that cannot be, and units that the actor does not plan for."""
    if not shift_rules.numbers_fit(facts.wanted, facts.capacity):
        raise WrongNumbers()
    if facts.last_on and facts.last_on < first_on:
        raise WrongDays()
    if not facts.windows or not all(each.weekdays for each in facts.windows):
        raise NoWindow()
    if any(each.ends <= each.starts for each in facts.windows):
        raise WindowTimes()
    if found := rules.overlapping(facts.windows):
        raise WindowsOverlap(one=f"{found[0].starts:%H:%M}", other=f"{found[1].starts:%H:%M}")
    if facts.turn_by and (len(facts.units) < 2 or len(set(facts.units)) < len(facts.units)):
        raise NoUnits()
    known = units.by_ids([facts.unit_id, *facts.units])
    for unit in known.values():
        access.require_plan(actor, unit.path)


@again_on_conflict
def edit(post: Post, facts: Facts, *, from_on: date, actor: Actor, now: datetime) -> Changed:
    """Let a post be otherwise from a day on: a new version, which the shifts to come follow.

    Those without people change in place, those with people stay and are counted as `kept`,
    none is there twice, and none that was cancelled takes place again. The same facts once
    more change nothing. Raises ChangeDay before today, or before the newest version.
    """
    with transaction() as session:
        access.require_plan(actor, post.unit.path)
        post = _locked(session, post)
        _require(facts, post.first_on, actor)
        before = facts_of(post)
        facts = facts._replace(windows=in_order(facts.windows))
        if facts == before:
            return Changed()
        newest = queries.versions(post.id, limit=1)
        earliest = max([clock.local_day(now), *(each.from_on for each in newest)])
        if from_on < earliest:
            raise ChangeDay(day=earliest.isoformat())
        latest = clock.local_day(now) + shift_rules.FURTHEST
        if from_on > latest:
            raise ChangeTooFar(day=latest.isoformat())
        session.add(
            PostVersion(
                post_id=post.id,
                number=newest[0].number + 1 if newest else 1,
                from_on=from_on,
                before=as_json(before),
                after=as_json(facts),
                changed_at=now,
                changed_by=actor.account_id,
            )
        )
        for name in PLAIN:
            setattr(post, name, getattr(facts, name))
        if facts.windows != before.windows:
            post.windows = []
            session.flush()
            post.windows = [PostWindow(**window._asdict()) for window in facts.windows]
        if facts.units != before.units:
            post.turns = []
            session.flush()
            post.turns = _turns(facts)
        session.flush()
        session.refresh(post)
        changed = opening.follow(post, since=from_on, now=now)
        _journal("posts.edit", post, actor, now, on=from_on.isoformat(), **changed._asdict())
        return changed


class Suspended(NamedTuple):
    """How many shifts were cancelled for a rest, and how many people were told."""

    cancelled: int
    people: int


@again_on_conflict
def suspend(
    post: Post,
    *,
    from_on: date,
    until_on: date | None = None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Suspended:
    """Let a post rest from a day on, both days included, or until it is resumed (R53).

    Shifts to come of these days are cancelled and their people told; none is opened. Days
    that are over are left as they were. Raises WrongDays, ChangeDay, SuspendedAlready.
    """
    with transaction() as session:
        access.require_plan(actor, post.unit.path)
        post = _locked(session, post)
        today = clock.local_day(now)
        if from_on < today:
            raise ChangeDay(day=today.isoformat())
        if until_on and until_on < from_on:
            raise WrongDays()
        for first, last in queries.suspended_spans([post.id], since=from_on).get(post.id, ()):
            if (until_on is None or first <= until_on) and (last is None or last >= from_on):
                raise SuspendedAlready()
        made = PostSuspension(
            post_id=post.id,
            from_on=from_on,
            until_on=until_on,
            reason=reason,
            made_at=now,
            made_by=actor.account_id,
        )
        session.add(made)
        session.flush()
        told = Suspended(*opening.rest(post, first=from_on, last=until_on, reason=reason, now=now))
        _journal("posts.suspend", post, actor, now, on=from_on.isoformat(), **told._asdict())
        return told


@again_on_conflict
def resume(
    post: Post, suspension_id: int, *, on: date | None = None, actor: Actor, now: datetime
) -> int:
    """Man a resting post again from a day on (today where none is said); return how many
    shifts are opened at once. What was cancelled for the rest stays cancelled.

    Raises NotFound, SuspensionOver (a repeat), ResumeDay.
    """
    with transaction() as session:
        access.require_plan(actor, post.unit.path)
        post = _locked(session, post)
        resting = session.get(PostSuspension, suspension_id, populate_existing=True)
        if resting is None or resting.post_id != post.id:
            raise NotFound()
        today = clock.local_day(now)
        if resting.ended_at or (resting.until_on and resting.until_on < today):
            raise SuspensionOver()
        day = on or today
        if day < today or (resting.until_on and day > resting.until_on):
            raise ResumeDay()
        resting.resumed_on, resting.ended_at, resting.ended_by = day, now, actor.account_id
        session.flush()
        until = shift_rules.days_ahead(now)[1]
        opened = shifts.open_missing(
            opening.plans([post], since=max(day, today), until=until, now=now)
        )
        _journal("posts.resume", post, actor, now, on=day.isoformat(), opened=opened)
        return opened


def _locked(session: Session, post: Post) -> Post:
    """Take the post's row for this verb, and read it anew; one that has ended is refused."""
    post = session.get_one(Post, post.id, with_for_update=True, populate_existing=True)
    if post.ended_at:
        raise PostEnded()
    session.expire(post, ["windows", "turns", "unit"])
    return post


def open_shifts(*, actor: Actor, now: datetime) -> int:
    """Open the shifts of all posts four weeks ahead; return how many are new.

    Running it again opens nothing, and a cancelled shift is not opened again.
    """
    return open_until(unit=None, until=shift_rules.days_ahead(now)[1], actor=actor, now=now)


@again_on_conflict
def open_until(*, unit: Unit | None, until: date, actor: Actor, now: datetime) -> int:
    """Open what posts ask for from now to a day, and is not there yet; return how many.

    With a unit only what it and the units below it answer for. A repeat opens nothing.
    """
    with transaction():
        if unit is None:
            access.require_everywhere(actor)
        else:
            access.require_plan(actor, unit.path)
        since, under = clock.local_day(now), unit.path if unit else None
        posts = queries.running(since=since, until=until, under=under, locked=True)
        return shifts.open_missing(
            opening.plans(posts, since=since, until=until, now=now, under=under)
        )


def to_open(unit: Unit, *, until: date, now: datetime) -> Counter[int]:
    """Return how many shifts `open_until` would open, by unit id; nothing is opened."""
    since = clock.local_day(now)
    posts = queries.running(since=since, until=until, under=unit.path)
    plans = opening.plans(posts, since=since, until=until, now=now, under=unit.path)
    there = shift_queries.sources_there([plan.source for plan in plans])
    return Counter(plan.unit_id for plan in plans if plan.source not in there)


def end(post: Post, *, reason: str, actor: Actor, now: datetime) -> int:
    """End a post: no more shifts are opened, and those to come to which nobody is assigned
    are cancelled with the reason; return how many.

    Shifts with people stay and are left to their coordinator. A repeat is refused.
    """
    with transaction() as session:
        access.require_plan(actor, post.unit.path)
        post = _locked(session, post)
        post.ended_at = now
        cancelled = shifts.cancel_idle(rules.source(post.id), reason=reason, now=now)
        _journal("posts.end", post, actor, now, cancelled=cancelled)
        return cancelled


def _journal(action: str, post: Post, actor: Actor, now: datetime, **body: object) -> None:
    journal.write(action, "post", post.code, actor=actor, now=now, unit_path=post.unit.path, **body)
