"""The demo city: its sizes, its months, and that the same seed makes the same city."""

import json
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from tests import make
from tests.conftest import app_on, let_go
from tests.make import at
from volunteer.accounts.models import AccountGrant
from volunteer.attendance.models import Attendance
from volunteer.audits import integrity
from volunteer.audits import queries as audits
from volunteer.core.clock import Month, local_day
from volunteer.core.db import Base, db
from volunteer.home import demo
from volunteer.home.demo_load import COLUMNS
from volunteer.home.errors import NotEmpty, OtherUnits
from volunteer.hours.models import LedgerEntry
from volunteer.people.models import Consent, Membership, Person
from volunteer.posts import opening
from volunteer.posts.models import Post
from volunteer.shifts.models import Assignment, Shift
from volunteer.targets.training import untrained
from volunteer.units.models import Grid, Unit

#: A Monday, while the evening shifts of the posts are under way.
NOW = at("2026-11-23 17:20")
#: Salted anew each time.
SALTED = {"password_hash"}


def silent(step: str, percent: int) -> None:
    """Tell nobody how far it is."""


def build(people: int = 600, **given: object) -> Counter[str]:
    return demo.make(people, now=NOW, progress=silent, **given)


def content() -> dict[str, list[tuple[object, ...]]]:
    """Return every row of the tables that the demo city fills, salted columns left out."""
    found = {}
    for name in (*COLUMNS, "unit"):
        table = Base.metadata.tables[name]
        columns = [column for column in table.columns if column.name not in SALTED]
        rows = db.session.execute(select(*columns).order_by(*table.primary_key))
        found[name] = [tuple(map(str, row)) for row in rows]
    db.session.rollback()
    return found


def test_the_same_seed_and_moment_make_the_same_city(databases, engine):
    cities = []
    for seed in (7, 7, 8):
        address = databases.migrated(engine)
        with app_on(address).app_context():
            build(seed=seed)
            cities.append(content())
            let_go()
        databases.drop(address)

    assert cities[0] == cities[1]
    assert cities[0]["person"] != cities[2]["person"]


def test_a_city_of_6000_has_the_shape_of_the_real_one(databases):
    address = databases.migrated("sqlite")
    with app_on(address).app_context():
        build(6000)
        _has_the_shape(6000)
        for month in (Month(2026, 9), Month(2026, 10)):
            tally = audits.city_tally(month, under=("/",), today=local_day(NOW))
            assert 0.75 <= tally.met / tally.people <= 0.81, (month, tally)
            assert 0.045 <= tally.exempt / tally.people <= 0.075, (month, tally)
            assert 0.10 <= tally.not_met / tally.people <= 0.16, (month, tally)
            assert 0.015 <= tally.pending / tally.people <= 0.045, (month, tally)
        by_hand = db.session.scalar(
            select(func.count()).select_from(LedgerEntry).filter_by(source_class="manual")
        )
        everything = db.session.scalar(select(func.count()).select_from(LedgerEntry))
        assert 0.09 <= by_hand / everything <= 0.19  # one unit of a few types everything in
        assert db.session.scalars(text("PRAGMA integrity_check")).all() == ["ok"]
        assert db.session.scalar(text("PRAGMA ignore_check_constraints")) == 0
        let_go()
    databases.drop(address)


def test_a_small_city_has_the_shape_too_and_its_books_agree(app):
    build()

    _has_the_shape(600)
    tally = audits.city_tally(Month(2026, 10), under=("/",), today=local_day(NOW))
    assert 0.70 <= tally.met / tally.people <= 0.86
    assert list(integrity.findings()) == []


def _has_the_shape(people: int) -> None:
    assert db.session.scalar(select(func.count()).select_from(Person)) == people
    assert db.session.scalar(select(func.count()).select_from(Unit)) == 415
    assert not db.session.scalar(select(Person.id).where(~Person.phone.startswith("1990")).limit(1))
    sizes = db.session.scalars(
        select(func.count()).select_from(Membership).group_by(Membership.unit_id)
    ).all()
    assert {1, 2, 3} <= set(sizes)
    ahead = db.session.scalar(select(func.max(Shift.starts_at)))
    assert timedelta(days=27) <= ahead - NOW <= timedelta(days=29)
    asked = db.session.scalar(select(func.max(Assignment.starts_at)))
    assert timedelta(days=4) <= asked - NOW <= timedelta(days=8)
    states = Counter(db.session.scalars(select(Attendance.state)).all())
    assert set(states) == {"closed", "auto_closed", "open"}


def test_nobody_is_at_two_places_at_a_time(app):
    build()

    one, other = Assignment.__table__.alias(), Assignment.__table__.alias()
    twice = select(func.count()).where(
        one.c.person_id == other.c.person_id,
        one.c.id < other.c.id,
        one.c.starts_at < other.c.ends_at,
        other.c.starts_at < one.c.ends_at,
    )
    assert db.session.scalar(twice) == 0


def test_grids_have_a_lead_unit_and_a_coordinator_and_minutes(app):
    build()

    grids = db.session.scalars(select(Grid)).all()
    assert len(grids) >= 4
    coordinated = select(AccountGrant.grid_id).where(AccountGrant.grid_id.is_not(None))
    assert {grid.id for grid in grids} == set(db.session.scalars(coordinated))
    assert all(grid.township.kind == "township" for grid in grids)
    served = select(LedgerEntry.grid_id).where(LedgerEntry.grid_id.is_not(None))
    assert set(db.session.scalars(served)) <= {grid.id for grid in grids}
    assert db.session.scalar(served.limit(1))


def test_every_consent_of_the_register_has_its_record(app):
    build()

    agreed = select(Person.id).where(Person.consent == "given")
    recorded = select(Consent.person_id).where(Consent.state == "given")
    assert set(db.session.scalars(agreed)) == set(db.session.scalars(recorded))


def test_ids_and_shifts_go_on_where_the_city_ends(app, runner):
    """Nothing that it wrote is in the way of what comes next."""
    build()

    for job in ("activities.open_shifts", "posts.open_shifts"):
        answer = runner.invoke(args=["jobs", "now", job, "--at", NOW.isoformat(), "--json"])
        assert json.loads(answer.stdout.splitlines()[-1])["result"] == 0
    someone = db.session.scalars(select(Person).order_by(Person.id)).first()
    shift = make.shift(starts="2027-03-01 09:00", site=make.site(unit=make.unit_of(someone)))
    assert make.assignment(person=someone, shift=shift).person_id == someone.id


def test_posts_go_round_and_who_stands_there_has_been_trained(app):
    build()

    posts = db.session.scalars(select(Post).where(Post.ended_at.is_(None))).all()
    assert {len(post.turns) for post in posts} == {0, 2}
    since = local_day(NOW) + timedelta(days=1)
    plans = opening.plans(posts, since=since, until=since + timedelta(days=26), now=NOW)
    planned = {(plan.source, plan.unit_id, plan.starts_at, plan.needs) for plan in plans}
    columns = (Shift.source, Shift.unit_id, Shift.starts_at, Shift.needs)
    there = {tuple(row) for row in db.session.execute(select(*columns))}
    assert planned
    assert planned <= there
    assert len({unit_id for _, unit_id, *_ in planned}) == 2
    standing = select(Assignment).join(Shift).where(Shift.kind == "post")
    for each in db.session.scalars(standing):
        assert each.person_id not in untrained(each.shift, [each.person_id], NOW)


def test_a_city_with_people_is_refused(app):
    make.person()

    with pytest.raises(NotEmpty):
        build()


def test_other_units_are_refused_and_nothing_is_left(app):
    make.city()

    with pytest.raises(OtherUnits):
        build()
    assert demo.is_empty()


def test_the_command_makes_it_once(app, runner):
    made = runner.invoke(args=["demo", "--people", "600", "--json"])
    again = runner.invoke(args=["demo", "--people", "600", "--json"])
    wrong = runner.invoke(args=["demo", "--people", "60"])

    assert made.exit_code == 0, made.output
    facts = json.loads(made.stdout.splitlines()[-1])
    assert facts["people"] == 600
    assert facts["rows"] > 10_000
    assert again.exit_code == 1
    assert len(again.stderr.strip().splitlines()[-1]) > 20
    assert wrong.exit_code == 2
