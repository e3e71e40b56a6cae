"""One volunteer, one shift, one poster: what most tests of attendance begin with."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import make
from tests.make import at
from volunteer.attendance import queries, service
from volunteer.attendance.models import Attendance, Scan
from volunteer.attendance.tokens import SiteCode, site_token
from volunteer.core.actor import Actor
from volunteer.core.db import Base, db, transaction
from volunteer.hours.models import LedgerEntry
from volunteer.people.models import Person
from volunteer.shifts.models import Shift, Site


class Scene:
    """Wang serves on Saturday, 7 March, from 9 to 11 at a crossing."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.keys = app.extensions["settings"].token_keys
        self.unit = make.unit(name="第一社区")
        self.site = make.site(unit=self.unit, name="新安路口")
        self.leader = make.person(unit=self.unit, name="周启明")
        self.wang = make.person(unit=self.unit, name="王小雨")
        self.shift = make.shift(site=self.site, leader=self.leader)
        make.assignment(person=self.wang, shift=self.shift)
        self.actor: Actor = make.actor_of(self.wang)

    def token(self, site: Site | None = None) -> str:
        site = site or self.site
        return site_token(SiteCode(site.public_id, site.qr_epoch), self.keys)

    def url(self, verb: str = "") -> str:
        return f"/q/{self.token()}{verb and '/'}{verb}"

    def request(self, key: str | None = None, shift: str | None = None, site: Site | None = None):
        site = site or self.site
        here = queries.site_here(SiteCode(site.public_id, site.qr_epoch))
        return service.Request(site=here, key=key or str(uuid4()), shift=shift)

    def press_in(self, asked, when: str, *, actor: Actor | None = None) -> dict[str, Any]:
        now = at(f"2026-03-07 {when}")
        return service.check_in(asked, actor=actor or self.actor, now=now)

    def press_out(self, asked, when: str, *, actor: Actor | None = None) -> dict[str, Any]:
        now = at(f"2026-03-07 {when}")
        return service.check_out(asked, actor=actor or self.actor, now=now)

    def come(self, when: str, *, actor: Actor | None = None, **request: Any) -> dict[str, Any]:
        asked = self.request(**request)
        return service.check_in(asked, actor=actor or self.actor, now=at(f"2026-03-07 {when}"))

    def go(self, when: str, *, actor: Actor | None = None, **request: Any) -> dict[str, Any]:
        asked = self.request(**request)
        return service.check_out(asked, actor=actor or self.actor, now=at(f"2026-03-07 {when}"))


@pytest.fixture
def scene(app) -> Scene:
    return Scene(app)


@pytest.fixture
def count(app) -> Callable[..., int]:
    """Tell how many rows of a table there are: `count(Scan, verdict="accepted")`."""

    def rows(table: type[Base], **where: Any) -> int:
        db.session.rollback()  # others may have written since the last look
        found = db.session.scalar(select(func.count()).select_from(table).filter_by(**where))
        return int(found or 0)

    return rows


def change(row: Base, **values: Any) -> None:
    """Set columns of a row, past the verbs."""
    with transaction() as session:
        for name, value in values.items():
            setattr(session.merge(row), name, value)


def attendance_of(person: Person, shift: Shift) -> Attendance:
    db.session.rollback()
    asked = select(Attendance).filter_by(person_id=person.id, shift_id=shift.id)
    return db.session.scalars(asked).one()


def entries_of(person: Person) -> list[tuple[int, str, str]]:
    """Minutes, source class and source of each entry."""
    asked = select(LedgerEntry).filter_by(person_id=person.id).order_by(LedgerEntry.id)
    return [(row.minutes, row.source_class, row.source) for row in db.session.scalars(asked)]


def scans_of(person: Person) -> list[tuple[str, str, str | None]]:
    """Direction, verdict and reason of each scan, in order."""
    asked = select(Scan).filter_by(person_id=person.id).order_by(Scan.id)
    return [(row.direction, row.verdict, row.reason) for row in db.session.scalars(asked)]


def in_app(app: Flask, press: Callable[[Any], Any], asked: Any) -> Any:
    """Call `press` in an application context of its own, as a request's thread does."""
    with app.app_context():
        return press(asked)
