"""What kinds of staff there are: a list that the city office keeps."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.db import db, transaction
from volunteer.core.errors import NotFound
from volunteer.units.rules import name_key

from . import access
from .errors import CategoryName, CategoryTaken
from .models import Category, Person

LONGEST = 20


def on_offer() -> list[str]:
    """Return the categories that a person may be given, in the order in which they were added."""
    wanted = select(Category.name).where(Category.ended_at.is_(None))
    return list(db.session.scalars(wanted.order_by(Category.id)))


def every() -> Sequence[Category]:
    """Return all categories, those that have ended too."""
    return db.session.scalars(select(Category).order_by(Category.id)).all()


def people_in() -> dict[str, int]:
    """Return how many people have each category."""
    counted = select(Person.category, func.count()).where(Person.category.is_not(None))
    rows = db.session.execute(counted.group_by(Person.category))
    return {name or "": number for name, number in rows}


def add(name: str, *, actor: Actor, now: datetime) -> Category:
    """Offer a category, or offer an ended one again.

    Names that differ only in blanks or in the width of signs are the same. Raises
    CategoryName and CategoryTaken.
    """
    try:
        with transaction() as session:
            access.require_categories(actor)
            text = name_key(name)
            if not 1 <= len(text) <= LONGEST or not text.isprintable():
                raise CategoryName()
            same = next((each for each in every() if name_key(each.name) == text), None)
            if same and same.ended_at is None:
                raise CategoryTaken(name=same.name)
            category = same or Category(name=text)
            category.ended_at = None
            session.add(category)
            session.flush()
            journal.write("people.add_category", "category", category.id, actor=actor, now=now)
            return category
    except IntegrityError as error:
        raise CategoryTaken(name=name) from error


def end(category_id: int, *, actor: Actor, now: datetime) -> None:
    """Offer a category no more; people keep it. A repeat changes nothing. Raises NotFound."""
    with transaction() as session:
        access.require_categories(actor)
        category = session.get(Category, category_id, with_for_update=True)
        if category is None:
            raise NotFound()
        if category.ended_at is None:
            category.ended_at = now
            journal.write("people.end_category", "category", category.id, actor=actor, now=now)
