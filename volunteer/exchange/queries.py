"""Reads of exports. Whoever is not within the caller's paths is never selected."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import joinedload

from volunteer.core.clock import Month
from volunteer.core.db import db, within
from volunteer.core.errors import NotFound
from volunteer.units.models import Unit

from .models import ExchangeFile, ExchangeTaking

PAGE = 30


def _visible(under: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a file's unit lies within `under`, or above a part of it."""
    above = {int(step) for path in under for step in path.strip("/").split("/") if step}
    return or_(within(Unit.path, under), Unit.id.in_(above))


def files(
    *, under: Sequence[str], before: str | None = None, limit: int = PAGE
) -> tuple[list[ExchangeFile], str | None]:
    """Return a page of files, the newest first, and the public id to turn on from."""
    statement = _files(under).order_by(ExchangeFile.id.desc()).limit(limit + 1)
    if before:
        mark = select(ExchangeFile.id).where(ExchangeFile.public_id == before).scalar_subquery()
        statement = statement.where(ExchangeFile.id < mark)
    found = list(db.session.scalars(statement))
    return found[:limit], found[limit - 1].public_id if len(found) > limit else None


def _files(under: Sequence[str]) -> Select[ExchangeFile]:
    return (
        select(ExchangeFile)
        .join(Unit, Unit.id == ExchangeFile.unit_id)
        .where(_visible(under))
        .options(joinedload(ExchangeFile.unit))
    )


def file_of(public_id: str, *, under: Sequence[str], for_update: bool = False) -> ExchangeFile:
    """Return a file that concerns units within `under`; raises NotFound for any other."""
    statement = _files(under).where(ExchangeFile.public_id == public_id)
    if for_update:
        statement = statement.with_for_update(of=ExchangeFile)
    found = db.session.scalar(statement)
    if found is None:
        raise NotFound()
    return found


def file_with(unit_id: int, sha256: str) -> ExchangeFile | None:
    """Return the file with these bytes that was read for the unit, or None."""
    return db.session.scalar(
        select(ExchangeFile).where(ExchangeFile.unit_id == unit_id, ExchangeFile.sha256 == sha256)
    )


def has_takings(file_id: int) -> bool:
    """Tell whether minutes were ever taken over from a file."""
    found = select(ExchangeTaking.id).where(ExchangeTaking.file_id == file_id).limit(1)
    return db.session.scalar(found) is not None


def months_of(file: ExchangeFile) -> list[str]:
    """Return the months in which a file has records; none for a file of people."""
    if file.first_on is None or file.last_on is None:
        return []
    month, last = Month.of_day(file.first_on), Month.of_day(file.last_on)
    months = [str(month)]
    while month < last:
        month = month.next
        months.append(str(month))
    return months
