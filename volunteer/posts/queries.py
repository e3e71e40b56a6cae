"""Questions about persuasion posts."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import joinedload, selectinload

from volunteer.accounts.models import Account
from volunteer.core.db import db, within
from volunteer.core.errors import NotFound
from volunteer.people.models import Person
from volunteer.shifts.models import Site
from volunteer.units import queries as units
from volunteer.units.errors import UnitAmbiguous, UnitUnknown
from volunteer.units.models import Unit

from .errors import TurnAmbiguous, TurnUnknown
from .facts import Facts, handed_over, of_json, units_of
from .models import Post, PostSuspension, PostTurn, PostVersion

PAGE = 50


def takes_part(under: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a unit of the subtrees keeps a post, or takes turns at it."""
    turns = (
        select(PostTurn.post_id)
        .join(PostTurn.unit)
        .where(PostTurn.post_id == Post.id, within(Unit.path, under))
        .correlate(Post)
    )
    keeps = select(Unit.id).where(Unit.id == Post.unit_id, within(Unit.path, under))
    return or_(keeps.correlate(Post).exists(), turns.exists())


def post(code: str, *, under: Sequence[str], kept: bool = False) -> Post:
    """Return the post with unit, site, leader, windows and turns, or raise NotFound.

    `kept`: only where a unit of the subtrees keeps it, not where it just takes turns.
    """
    statement = (
        select(Post)
        .join(Post.unit)
        .where(Post.code == code, within(Unit.path, under) if kept else takes_part(under))
        .options(
            joinedload(Post.unit),
            joinedload(Post.site),
            joinedload(Post.leader),
            selectinload(Post.windows),
            selectinload(Post.turns).joinedload(PostTurn.unit),
        )
    )
    found = db.session.scalar(statement)
    if found is None:
        raise NotFound()
    return found


class PostPage(NamedTuple):
    """Posts by code; `after` is the code from which the next page goes on, or None."""

    posts: Sequence[Post]
    after: str | None


def posts(
    *,
    under: Sequence[str],
    grid_id: int | None = None,
    today: date,
    words: str = "",
    over: bool = False,
    after: str = "",
    limit: int = PAGE,
) -> PostPage:
    """Return the posts of the subtrees that are manned, or those that are `over`.

    With a grid only those at sites that lie in it. `words` is a part of name or code.
    """
    past = or_(Post.ended_at.is_not(None), Post.last_on < today)
    goes_on = Post.ended_at.is_(None) & or_(Post.last_on.is_(None), Post.last_on >= today)
    statement = (
        select(Post)
        .join(Post.unit)
        .where(takes_part(under), past if over else goes_on, Post.code > after)
        .options(
            joinedload(Post.unit),
            selectinload(Post.windows),
            selectinload(Post.turns).joinedload(PostTurn.unit),
        )
        .order_by(Post.code)
        .limit(limit + 1)
    )
    if grid_id is not None:
        statement = statement.where(
            Post.site_id.in_(select(Site.id).where(Site.grid_id == grid_id))
        )
    if words:
        fits = [column.icontains(words, autoescape=True) for column in (Post.name, Post.code)]
        statement = statement.where(or_(*fits))
    found = db.session.scalars(statement).all()
    return PostPage(found[:limit], found[limit - 1].code if len(found) > limit else None)


def running(
    *, since: date, until: date, under: str | None = None, locked: bool = False
) -> Sequence[Post]:
    """Return the posts that may be manned from one day to another, by id: of the whole city,
    or those that a unit of the subtree keeps or takes turns at; `locked` they stay as they
    are until the verb ends."""
    statement = (
        select(Post)
        .where(
            Post.ended_at.is_(None),
            Post.first_on <= until,
            or_(Post.last_on.is_(None), Post.last_on >= since, Post.id.in_(_changing(since))),
        )
        .options(joinedload(Post.unit), selectinload(Post.windows), selectinload(Post.turns))
        .order_by(Post.id)
    )
    if locked:
        statement = statement.with_for_update(of=Post, read=True)
        statement = statement.execution_options(populate_existing=True)
    if under is not None:
        statement = statement.where(takes_part([under]))
    return db.session.scalars(statement).all()


def _changing(since: date) -> Select[int]:
    """Posts with a change to come: what their row says of the last day is not true yet."""
    return select(PostVersion.post_id).where(PostVersion.from_on > since)


def changes_to_come(
    post_ids: Collection[int], *, after: date
) -> dict[int, list[tuple[date, Facts]]]:
    """Return, by post, the days later than `after` on which a version begins to hold, each
    with how the post is before it: for a unit merged meanwhile stands the one it went into."""
    statement = (
        select(PostVersion.post_id, PostVersion.from_on, PostVersion.before)
        .where(PostVersion.post_id.in_(post_ids), PostVersion.from_on > after)
        .order_by(PostVersion.post_id, PostVersion.number)
    )
    found: defaultdict[int, list[tuple[date, Facts]]] = defaultdict(list)
    for post_id, day, before in db.session.execute(statement):
        if not found[post_id] or found[post_id][-1][0] != day:
            found[post_id].append((day, of_json(before)))
    named = {unit for rows in found.values() for _, each in rows for unit in units_of(each)}
    if heirs := units.successors(named):
        return {
            post_id: [(day, handed_over(each, heirs)) for day, each in rows]
            for post_id, rows in found.items()
        }
    return found


Spans = Sequence[tuple[date, date | None]]


def suspended_spans(post_ids: Collection[int], *, since: date) -> dict[int, Spans]:
    """Return, by post, the days from `since` on that are suspended, as first and last day."""
    statement = select(PostSuspension).where(
        PostSuspension.post_id.in_(post_ids),
        or_(PostSuspension.until_on.is_(None), PostSuspension.until_on >= since),
        or_(PostSuspension.resumed_on.is_(None), PostSuspension.resumed_on > since),
    )
    found: defaultdict[int, list[tuple[date, date | None]]] = defaultdict(list)
    for each in db.session.scalars(statement):
        if each.resumed_on is None or each.resumed_on > each.from_on:
            found[each.post_id].append((each.from_on, each.last_day))
    return dict(found)


def suspensions(post_id: int, *, since: date) -> Sequence[PostSuspension]:
    """Return the suspensions that go on or are to come on the day `since`, first day first."""
    statement = (
        select(PostSuspension)
        .where(
            PostSuspension.post_id == post_id,
            PostSuspension.ended_at.is_(None),
            or_(PostSuspension.until_on.is_(None), PostSuspension.until_on >= since),
        )
        .order_by(PostSuspension.from_on)
    )
    return db.session.scalars(statement).all()


def versions(post_id: int, *, limit: int = 100) -> Sequence[PostVersion]:
    """Return the versions of a post, newest first."""
    statement = (
        select(PostVersion)
        .where(PostVersion.post_id == post_id)
        .order_by(PostVersion.number.desc())
        .limit(limit)
    )
    return db.session.scalars(statement).all()


def names_of(person_ids: Collection[int]) -> dict[int, str]:
    """Return the names of people by their ids."""
    wanted = select(Person.id, Person.name).where(Person.id.in_(person_ids))
    return dict(db.session.execute(wanted).all()) if person_ids else {}


def authors_of(versions: Sequence[PostVersion]) -> dict[int, str]:
    """Return who made versions, by account."""
    accounts = {each.changed_by for each in versions if each.changed_by}
    wanted = (
        select(Account.id, Person.name)
        .join(Person, Person.id == Account.person_id)
        .where(Account.id.in_(accounts))
    )
    return dict(db.session.execute(wanted).all()) if accounts else {}


def suspension(post_id: int, suspension_id: int) -> PostSuspension:
    """Return a suspension of the post, or raise NotFound."""
    found = db.session.get(PostSuspension, suspension_id)
    if found is None or found.post_id != post_id:
        raise NotFound()
    return found


def units_named(names: Sequence[str], *, under: Sequence[str], day: date) -> list[Unit]:
    """Return the units that names or codes mean, in their order.

    Raises TurnUnknown or TurnAmbiguous, which stand beside the field of a form.
    """
    if not names:
        return []
    index = units.load_index(on=day, under=under)
    try:
        found = [index.find(name).id for name in names]
    except UnitUnknown as error:
        raise TurnUnknown(**error.facts) from None
    except UnitAmbiguous as error:
        raise TurnAmbiguous(**error.facts) from None
    known = units.by_ids(found)
    return [known[unit_id] for unit_id in found]


def wishes_of(sources: Sequence[str]) -> dict[str, int]:
    """Return what check-in wishes the series of these sources have, by source."""
    ids = {source: int(source.split(":")[1]) for source in sources if source.startswith("post:")}
    if not ids:
        return {}
    rows = select(Post.id, Post.wishes_id).where(Post.wishes_id.is_not(None))
    wished = {each: wishes_id for each, wishes_id in db.session.execute(rows) if wishes_id}
    return {source: wished[each] for source, each in ids.items() if each in wished}
