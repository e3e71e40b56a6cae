"""Changes to persuasion posts, and the opening of their shifts."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.db import again_on_conflict, transaction
from volunteer.shifts import queries as shift_queries
from volunteer.shifts import rules as shift_rules
from volunteer.shifts import service as shifts
from volunteer.shifts.errors import SiteClosed, WrongNumbers
from volunteer.shifts.models import Nature, ShiftKind, Site
from volunteer.units.models import Unit

from . import access, queries, rules
from .errors import NoWindow, PostEnded, PostExists, WindowsOverlap, WindowTimes, WrongDays
from .models import Post, PostWindow
from .rules import Window


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
    corners: str | None = None,
    kit: str | None = None,
    leader_id: int | None = None,
    wanted: int,
    capacity: int | None = None,
    first_on: date,
    last_on: date | None = None,
    actor: Actor,
    now: datetime,
) -> Created:
    """Set up a post and open its shifts of the next four weeks.

    Without a site one is made, which has the post's code, name and `address`. Without a
    leader each shift gets the unit's coordinator. A code already used is refused.
    """
    with transaction() as session:
        access.require_plan(actor, unit.path)
        if session.scalar(select(Post.id).where(Post.code == code)):
            raise PostExists(post=code)
        if not shift_rules.numbers_fit(wanted, capacity):
            raise WrongNumbers()
        if last_on and last_on < first_on:
            raise WrongDays()
        _require_windows(windows)
        if site is None:
            site = shifts.create_site(
                code=code, name=name, unit=unit, address=address, actor=actor, now=now
            )
        access.require_plan(actor, site.unit.path)
        if site.closed_at:
            raise SiteClosed()
        post = Post(
            code=code,
            name=name,
            corners=corners,
            kit=kit,
            unit_id=unit.id,
            site_id=site.id,
            leader_id=leader_id,
            wanted=wanted,
            capacity=capacity,
            first_on=first_on,
            last_on=last_on,
            created_at=now,
            created_by=actor.account_id,
            windows=[PostWindow(**window._asdict()) for window in windows],
        )
        session.add(post)
        session.flush()
        opened = _open([post], now=now)
        _journal("posts.create", post, actor, now, opened=opened)
        return Created(post, opened)


def _require_windows(windows: Sequence[Window]) -> None:
    if not windows or not all(each.weekdays for each in windows):
        raise NoWindow()
    if any(each.ends <= each.starts for each in windows):
        raise WindowTimes()
    if found := rules.overlapping(windows):
        raise WindowsOverlap(one=f"{found[0].starts:%H:%M}", other=f"{found[1].starts:%H:%M}")


def open_shifts(*, actor: Actor, now: datetime) -> int:
    """Open the shifts of all posts four weeks ahead; return how many are new.

    Running it again opens nothing, and a cancelled shift is not opened again.
    """
    with transaction():
        access.require_everywhere(actor)
        since, until = shift_rules.days_ahead(now)
        return _open(queries.running(since=since, until=until), now=now)


def _open(posts: Sequence[Post], *, now: datetime) -> int:
    since, until = shift_rules.days_ahead(now)
    leaders = shift_queries.coordinators_of(each.unit for each in posts)
    plans = []
    for each in posts:
        windows = [
            Window(w.starts, w.ends, w.weekdays, w.season_from, w.season_until)
            for w in each.windows
        ]
        for turn in rules.turns(windows, each.first_on, each.last_on, since, until):
            if turn.starts_at <= now:
                continue
            plans.append(
                shifts.Plan(
                    kind=ShiftKind.POST,
                    unit_id=each.unit_id,
                    site_id=each.site_id,
                    leader_id=each.leader_id or leaders.get(each.unit_id),
                    title=each.name,
                    content=rules.content_of(each.name, each.corners, each.kit),
                    starts_at=turn.starts_at,
                    ends_at=turn.ends_at,
                    wanted=each.wanted,
                    capacity=each.capacity,
                    nature=Nature.VOLUNTARY,
                    source=rules.source_of(each.id, turn.day, turn.starts),
                )
            )
    return shifts.open_missing(plans)


def end(post: Post, *, reason: str, actor: Actor, now: datetime) -> int:
    """End a post: no more shifts are opened, and those to come to which nobody is assigned
    are cancelled with the reason; return how many.

    Shifts with people stay and are left to their coordinator. A repeat is refused.
    """
    with transaction() as session:
        access.require_plan(actor, post.unit.path)
        post = session.get_one(Post, post.id, with_for_update=True, populate_existing=True)
        if post.ended_at:
            raise PostEnded()
        post.ended_at = now
        cancelled = shifts.cancel_idle(rules.source(post.id), reason=reason, now=now)
        _journal("posts.end", post, actor, now, cancelled=cancelled)
        return cancelled


def _journal(action: str, post: Post, actor: Actor, now: datetime, **body: object) -> None:
    journal.write(action, "post", post.code, actor=actor, now=now, unit_path=post.unit.path, **body)
