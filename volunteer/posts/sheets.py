"""Posts from a sheet and into one: all rows or none, and what leaves can come back."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from volunteer.core import journal, tables, workbooks
from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import again_on_conflict, db, transaction, within
from volunteer.core.tables import RowError
from volunteer.shifts.models import Site
from volunteer.units import queries as units
from volunteer.units.models import Unit

from . import access, columns, importer, queries, service
from .facts import Facts, facts_of, in_order
from .importer import PostRow
from .models import Post, PostTurn


class Outcome(NamedTuple):
    """What became of a file; with `errors` nothing was written, and `new` is what would be."""

    sheet: str
    rows: int
    new: int
    updated: int
    unchanged: int
    blank_rows: int
    other_rows: int
    #: How many shifts the new and changed posts have opened.
    opened: int
    #: Shifts with people that a change left as they were.
    kept: int
    errors: list[RowError]


@again_on_conflict
def import_posts(content: bytes, *, dry_run: bool = False, actor: Actor, now: datetime) -> Outcome:
    """Bring in a sheet of posts, by their codes: all rows or none.

    A post that is there is changed from today on to what the row says; the same file again
    changes nothing. Posts that the file does not name stay. With one wrong row, or
    `dry_run`, nothing is written. Raises a FileRefused, TooManyRows, NotAllowed.
    """
    with transaction():
        under = access.require_planner(actor)
        today = local_day(now)
        checked = importer.check(tables.read(content), under=under, today=today)
        there = _there([row.code for row in checked.good])
        sites = _sites([row.code for row in checked.good if row.code not in there])
        errors = [*checked.errors, *_taken(checked.good, there, sites, under)]
        wanted = [
            (there[row.code], wished(row, facts_of(there[row.code]), today))
            for row in checked.good
            if row.code in there
        ]
        other = [(post, facts) for post, facts in wanted if facts != facts_of(post)]
        fresh = [row for row in checked.good if row.code not in there]
        outcome = Outcome(
            checked.sheet,
            len(checked.good) + len({error.row for error in checked.errors}),
            len(fresh),
            len(other),
            len(wanted) - len(other),
            checked.blank_rows,
            checked.other_rows,
            0,
            0,
            errors,
        )
        if dry_run or errors:
            return outcome
        opened = kept = 0
        for post, facts in other:
            newest = queries.versions(post.id, limit=1)
            from_on = max([today, *(each.from_on for each in newest)])
            changed = service.edit(post, facts, from_on=from_on, actor=actor, now=now)
            opened, kept = opened + changed.opened, kept + changed.kept
        for row in fresh:
            opened += _create(row, sites.get(row.code), today, actor, now)
        if fresh or other:
            journal.write(
                "posts.import",
                "post",
                0,
                actor=actor,
                now=now,
                new=outcome.new,
                updated=outcome.updated,
            )
        return outcome._replace(opened=opened, kept=kept)


def wished(row: PostRow, facts: Facts, today: date) -> Facts:
    """Return what a row says of a post that is like `facts` so far."""
    found = facts._replace(**row.given)
    if found.turn_by and found.turns_from is None:
        found = found._replace(turns_from=today)
    return found._replace(windows=in_order(found.windows))


def _create(row: PostRow, site: Site | None, today: date, actor: Actor, now: datetime) -> int:
    given = dict(row.given)
    known = units.by_ids([given["unit_id"], *given["units"]])
    return service.create(
        code=row.code,
        unit=known[given.pop("unit_id")],
        turn_units=[known[unit_id] for unit_id in given.pop("units")],
        site=site,
        address=row.address,
        first_on=row.first_on or today,
        **given,
        actor=actor,
        now=now,
    ).opened


def _there(codes: Sequence[str]) -> dict[str, Post]:
    statement = (
        select(Post)
        .where(Post.code.in_(codes))
        .options(joinedload(Post.unit), selectinload(Post.windows), selectinload(Post.turns))
    )
    return {post.code: post for post in db.session.scalars(statement)}


def _sites(codes: Sequence[str]) -> dict[str, Site]:
    """Return the sites that bear the code of a new post: it stands there."""
    statement = select(Site).where(Site.code.in_(codes)).options(joinedload(Site.unit))
    return {site.code: site for site in db.session.scalars(statement)}


def _taken(
    rows: Sequence[PostRow],
    there: Mapping[str, Post],
    sites: Mapping[str, Site],
    under: Sequence[str],
) -> list[RowError]:
    """Return the rows whose code belongs to something else."""
    title = columns.ALIASES["code"][0]
    found = []
    for row in rows:
        post, site = there.get(row.code), sites.get(row.code)
        holder = post or site
        if holder and not any(holder.unit.path.startswith(path) for path in under):
            found.append(RowError(row.row, title, "code_taken", row.code))
        elif post and post.ended_at:
            found.append(RowError(row.row, title, "ended", row.code))
        elif site and site.closed_at:
            found.append(RowError(row.row, title, "site_closed", row.code))
    return found


def export(*, actor: Actor, title: str, note: str) -> bytes:
    """Return the posts that go on as an xlsx file with the columns of the import."""
    under = access.require_reader(actor)
    statement = (
        select(Post)
        .join(Post.unit)
        .where(within(Unit.path, under), Post.ended_at.is_(None))
        .options(
            joinedload(Post.unit),
            joinedload(Post.site),
            selectinload(Post.windows),
            selectinload(Post.turns).joinedload(PostTurn.unit),
        )
        .order_by(Post.code)
    )
    file = BytesIO()
    book = workbooks.begin(file)
    heads = [
        (names[0], columns.WIDTHS.get(column, 12)) for column, names in columns.ALIASES.items()
    ]
    sheet = workbooks.begin_sheet(book, "点位", heads, title=title, note=note)
    for number, post in enumerate(db.session.scalars(statement), start=3):
        workbooks.write_texts(sheet, number, _cells(post))
    book.close()
    return file.getvalue()


def _cells(post: Post) -> list[str]:
    facts = facts_of(post)
    turns = [turn.unit.code for turn in post.turns]
    said = {
        "code": post.code,
        "place": columns.word_for(columns.PLACE_WORDS, facts.place),
        "size": columns.word_for(columns.SIZE_WORDS, facts.size),
        "address": post.site.address,
        "units": "、".join(turns) or post.unit.code,
        "turn_by": columns.word_for(columns.TURN_WORDS, facts.turn_by),
        "keeper": post.unit.code,
        "windows": columns.windows_text(facts.windows),
        "holidays": columns.word_for(columns.HOLIDAY_WORDS, facts.holidays),
        "needs_training": columns.word_for(columns.YES_WORDS, facts.needs_training),
        "first_on": post.first_on,
    }
    values = [said.get(column, getattr(facts, column, None)) for column in columns.ALIASES]
    return ["" if value is None else str(value) for value in values]
