"""Questions about persuasion posts."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload, selectinload

from volunteer.core.db import db, within
from volunteer.core.errors import NotFound
from volunteer.shifts.models import Site
from volunteer.units.models import Unit

from .models import Post

PAGE = 50


def post(code: str, *, under: Sequence[str]) -> Post:
    """Return the post with unit, site, leader and windows, or raise NotFound."""
    statement = (
        select(Post)
        .join(Post.unit)
        .where(Post.code == code, within(Unit.path, under))
        .options(
            joinedload(Post.unit),
            joinedload(Post.site),
            joinedload(Post.leader),
            selectinload(Post.windows),
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
        .where(within(Unit.path, under), past if over else goes_on, Post.code > after)
        .options(joinedload(Post.unit), selectinload(Post.windows))
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


def running(*, since: date, until: date) -> Sequence[Post]:
    """Return every post of the city that may be manned from one day to another."""
    statement = (
        select(Post)
        .where(
            Post.ended_at.is_(None),
            Post.first_on <= until,
            or_(Post.last_on.is_(None), Post.last_on >= since),
        )
        .options(joinedload(Post.unit), selectinload(Post.windows))
        .order_by(Post.id)
    )
    return db.session.scalars(statement).all()
