"""Questions about series of activities."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import contains_eager, joinedload

from volunteer.core.db import db, within
from volunteer.core.errors import NotFound
from volunteer.units.models import Unit

from .models import Activity

PAGE = 50


def activity(public_id: str, *, under: Sequence[str]) -> Activity:
    """Return the activity with unit, site and leader, or raise NotFound."""
    statement = (
        select(Activity)
        .join(Activity.unit)
        .where(Activity.public_id == public_id, within(Unit.path, under))
        .options(joinedload(Activity.unit), joinedload(Activity.site), joinedload(Activity.leader))
    )
    found = db.session.scalar(statement)
    if found is None:
        raise NotFound()
    return found


def by_id(activity_id: int, *, under: Sequence[str]) -> Activity | None:
    """Return the activity within the subtrees, or None."""
    statement = (
        select(Activity)
        .join(Activity.unit)
        .where(Activity.id == activity_id, within(Unit.path, under))
        .options(contains_eager(Activity.unit), joinedload(Activity.site))
    )
    return db.session.scalar(statement)


class ActivityPage(NamedTuple):
    """Activities by time of day; `after` is the public id from which it goes on, or None."""

    activities: Sequence[Activity]
    after: str | None


def activities(
    *,
    under: Sequence[str],
    today: date,
    words: str = "",
    over: bool = False,
    after: str = "",
    limit: int = PAGE,
) -> ActivityPage:
    """Return the activities of the subtrees that go on, or those that are `over`.

    `words` is a part of the title; `after` a public id, one that is not found begins anew.
    """
    order = (Activity.starts, Activity.id)
    past = or_(Activity.ended_at.is_not(None), Activity.last_on < today)
    goes_on = Activity.ended_at.is_(None) & or_(
        Activity.last_on.is_(None), Activity.last_on >= today
    )
    statement = (
        select(Activity)
        .join(Activity.unit)
        .where(within(Unit.path, under), past if over else goes_on)
        .options(joinedload(Activity.unit), joinedload(Activity.site))
        .order_by(*order)
        .limit(limit + 1)
    )
    if words:
        statement = statement.where(Activity.title.icontains(words, autoescape=True))
    if after:
        place = db.session.execute(select(*order).where(Activity.public_id == after)).one_or_none()
        if place:
            statement = statement.where(tuple_(*order) > tuple_(*place))
    found = db.session.scalars(statement).all()
    more = len(found) > limit
    return ActivityPage(found[:limit], found[limit - 1].public_id if more else None)


def running(
    *, since: date, until: date, under: Sequence[str] = ("/",), locked: bool = False
) -> Sequence[Activity]:
    """Return every activity of the subtrees that may take place from one day to another;
    `locked` they stay as they are until the verb ends."""
    statement = (
        select(Activity)
        .join(Activity.unit)
        .where(
            within(Unit.path, under),
            Activity.ended_at.is_(None),
            Activity.first_on <= until,
            or_(Activity.last_on.is_(None), Activity.last_on >= since),
        )
        .options(contains_eager(Activity.unit), joinedload(Activity.site))
        .order_by(Activity.id)
    )
    if locked:
        statement = statement.with_for_update(of=Activity, read=True)
        statement = statement.execution_options(populate_existing=True)
    return db.session.scalars(statement).all()


def wishes_of(sources: Sequence[str]) -> dict[str, int]:
    """Return what check-in wishes the series of these sources have, by source."""
    ids = {
        source: int(source.split(":")[1]) for source in sources if source.startswith("activity:")
    }
    if not ids:
        return {}
    rows = select(Activity.id, Activity.wishes_id).where(Activity.wishes_id.is_not(None))
    wished = {each: wishes_id for each, wishes_id in db.session.execute(rows) if wishes_id}
    return {source: wished[each] for source, each in ids.items() if each in wished}
