"""What the database itself refuses, whoever asks; a control arm shows that nothing else does."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests import make
from volunteer.attendance.models import Attendance, Scan
from volunteer.core import journal
from volunteer.core.actor import SYSTEM
from volunteer.core.db import db, transaction
from volunteer.hours.models import LedgerEntry

APPEND_ONLY = ("ledger_entry", "scan", "journal", "checkin_settings")
#: A harmless column of each, to try a change with.
CHANGE = {
    "ledger_entry": "minutes = minutes + 1",
    "scan": "verdict = 'refused'",
    "journal": "action = 'other'",
    "checkin_settings": "min_stay_minutes = 0",
}


def entry(person, source="attendance:1:1", minutes=60, **given):
    facts = {
        "unit_id": make.unit_of(person).id,
        "month": "2026-03",
        "service_day": date(2026, 3, 7),
        "nature": "voluntary",
        "source_class": "scanned",
        "entered_at": make.LONG_AGO,
        **given,
    }
    return make.save(LedgerEntry(person_id=person.id, source=source, minutes=minutes, **facts))


def scan(actor_account_id=None, key="k1", **given):
    facts = {
        "body_hash": "0" * 64,
        "direction": "in",
        "channel": "site_static",
        "received_at": make.LONG_AGO,
        "effective_at": make.LONG_AGO,
        "time_quality": "server",
        "position": "none",
        "verdict": "accepted",
        "flags": [],
        "answer": {},
        "offline": False,
    }
    return make.save(Scan(key=key, actor_account_id=actor_account_id, **{**facts, **given}))


def attendance(person, shift, **given):
    facts = {"state": "open", "arrived_at": make.LONG_AGO, "evidence_class": "C"}
    return make.save(
        Attendance(
            shift_id=shift.id,
            person_id=person.id,
            unit_id=shift.unit_id,
            **{**facts, "review": "none", "revision": 0, **given},
        )
    )


@pytest.fixture
def wang(app):
    return make.person()


@pytest.fixture
def rows(wang):
    """One row in every table that only grows."""
    entry(wang)
    scan()
    with transaction():
        journal.write("test.row", "test", 1, actor=SYSTEM, now=make.LONG_AGO)


def run(statement):
    with transaction() as session:
        session.execute(text(statement))


def attempts(table, engine):
    yield f"UPDATE {table} SET {CHANGE[table]}"
    yield f"DELETE FROM {table}"
    if engine == "sqlite":
        yield f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
        yield f"REPLACE INTO {table} SELECT * FROM {table}"
    else:
        yield f"TRUNCATE {table} CASCADE"


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_what_only_grows_is_neither_changed_nor_removed(rows, engine, table):
    before = db.session.execute(text(f"SELECT * FROM {table}")).all()
    assert before

    for statement in attempts(table, engine):
        with pytest.raises(IntegrityError):
            run(statement)
        db.session.rollback()

    assert db.session.execute(text(f"SELECT * FROM {table}")).all() == before


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_control_without_the_triggers_each_of_these_succeeds(rows, engine, table):
    for each in APPEND_ONLY:  # a truncation goes on to the tables that point here
        drop_triggers(each, engine)

    succeeded = 0
    for statement in attempts(table, engine):
        with transaction() as session:
            session.execute(text(statement))
            session.rollback()
        succeeded += 1
    print(f"control arm: {succeeded} changes of {table} succeeded without triggers on {engine}")
    assert succeeded == len(list(attempts(table, engine))) >= 3


def drop_triggers(table, engine):
    with transaction() as session:
        if engine == "postgresql":
            session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            return
        asked = f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{table}'"
        for name in session.scalars(text(asked)).all():
            session.execute(text(f"DROP TRIGGER {name}"))


MORNING = "2026-03-07 09:00"
NOON = "2026-03-07 12:00"


def insert(person, shift, state="assigned"):
    """Assign past all verbs, by plain SQL."""
    run(
        "INSERT INTO assignment (shift_id, person_id, starts_at, ends_at, state, assigned_at) "
        f"SELECT id, {person.id}, starts_at, ends_at, '{state}', starts_at "
        f"FROM shift WHERE id = {shift.id}"
    )


class TestOnePlaceAtATime:
    """Two overlapping assignments of one person, in each way one may come about."""

    def test_by_insert(self, wang):
        insert(wang, make.shift(starts=MORNING))
        with pytest.raises(IntegrityError):
            insert(wang, make.shift(starts="2026-03-07 10:59"))

    def test_by_update_of_the_state(self, wang):
        insert(wang, make.shift(starts=MORNING))
        insert(wang, make.shift(starts=MORNING), state="cancelled")
        with pytest.raises(IntegrityError):
            run("UPDATE assignment SET state = 'assigned'")

    def test_by_update_of_the_person(self, wang):
        insert(wang, make.shift(starts=MORNING))
        insert(make.person(), make.shift(starts=MORNING))
        with pytest.raises(IntegrityError):
            run(f"UPDATE assignment SET person_id = {wang.id}")

    def test_by_moving_the_shift(self, wang):
        """The times of the shift cascade into its assignments (and must not slip past)."""
        insert(wang, make.shift(starts=MORNING))
        later = make.shift(starts=NOON)
        insert(wang, later)
        with pytest.raises(IntegrityError):
            run(
                "UPDATE shift SET starts_at = (SELECT min(starts_at) FROM shift), "
                f"ends_at = (SELECT min(ends_at) FROM shift) WHERE id = {later.id}"
            )

    def test_an_assignment_cannot_lie_about_its_shift(self, wang):
        insert(wang, make.shift(starts=MORNING))
        with pytest.raises(IntegrityError):
            run("UPDATE assignment SET ends_at = starts_at")

    def test_what_touches_does_not_overlap(self, wang):
        insert(wang, make.shift(starts=MORNING))
        insert(wang, make.shift(starts="2026-03-07 11:00"))
        assert count("assignment") == 2

    def test_moving_a_shift_to_a_free_time_takes_its_people_along(self, wang):
        shift = make.shift(starts=MORNING)
        insert(wang, shift)
        other = make.shift(starts=NOON)
        run(
            f"UPDATE shift SET starts_at = (SELECT starts_at FROM shift WHERE id = {other.id}), "
            f"ends_at = (SELECT ends_at FROM shift WHERE id = {other.id}) WHERE id = {shift.id}"
        )
        asked = "SELECT count(*) FROM assignment a JOIN shift s ON a.starts_at = s.starts_at"
        assert db.session.scalar(text(f"{asked} AND s.id = {other.id}")) == 1

    @pytest.mark.parametrize("state", ["cancelled", "excused"])
    def test_one_that_does_not_count_stands_in_no_way(self, wang, state):
        insert(wang, make.shift(starts=MORNING), state=state)
        insert(wang, make.shift(starts=MORNING))
        insert(wang, make.shift(starts=MORNING), state=state)
        assert count("assignment") == 3

    def test_control_without_the_guard_each_of_these_succeeds(self, wang, engine):
        if engine == "sqlite":
            drop_triggers("assignment", engine)
        else:
            run("ALTER TABLE assignment DROP CONSTRAINT ex_assignment_one_place_at_a_time")
        succeeded = 0
        for act in (
            self.test_by_insert,
            self.test_by_update_of_the_state,
            self.test_by_update_of_the_person,
            self.test_by_moving_the_shift,
        ):
            with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
                act(wang)
            succeeded += 1
            run("DELETE FROM assignment")
        print(f"control arm: {succeeded} of 4 overlaps succeeded without the guard on {engine}")
        assert succeeded == 4


def count(table):
    return db.session.scalar(text(f"SELECT count(*) FROM {table}"))


def test_nobody_is_checked_in_at_two_places(wang):
    attendance(wang, make.shift(starts=MORNING))
    with pytest.raises(IntegrityError):
        attendance(wang, make.shift(starts=MORNING))


def test_a_held_check_in_elsewhere_is_kept_beside_the_open_one(wang):
    attendance(wang, make.shift(starts=MORNING))
    attendance(wang, make.shift(starts=MORNING), review="pending")
    assert count("attendance") == 2


def test_a_cause_pays_once(wang):
    """R: `source` is unique."""
    entry(wang, source="attendance:1:1")
    with pytest.raises(IntegrityError):
        entry(wang, source="attendance:1:1", minutes=1)


@pytest.mark.parametrize(
    "facts",
    [
        {"minutes": 0},
        {"minutes": -60},
        {"minutes": -60, "corrects_id": 1},
        {"minutes": 60, "corrects_id": 1},
        {"minutes": 60, "nature": "other"},
    ],
)
def test_the_ledger_takes_no_entry_without_its_reason(wang, facts):
    entry(wang, source="attendance:1:1")
    with pytest.raises(IntegrityError):
        entry(wang, **{"source": "attendance:1:2", **facts})


def test_a_key_is_used_once_by_an_account_and_once_by_the_system(wang):
    one, other = make.account(person=wang), make.account()
    for by in (None, one.id, other.id):
        scan(actor_account_id=by)
    for by in (None, one.id, other.id):
        with pytest.raises(IntegrityError):
            scan(actor_account_id=by)


def test_a_person_has_one_open_ended_membership(wang):
    with pytest.raises(IntegrityError):
        make.member(person=wang, unit=make.unit(), from_on=date(2026, 2, 1))


def test_a_reason_outside_the_closed_list_is_refused(app):
    with pytest.raises(IntegrityError):
        scan(verdict="refused", reason="because")
