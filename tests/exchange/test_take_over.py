"""Minutes of the national app become entries of their own source, never twice."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from tests import make
from tests.exchange.conftest import NOW
from tests.exchange.exports import served
from tests.make import at
from volunteer.core.actor import Role
from volunteer.core.db import db, transaction
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.core.models import Journal
from volunteer.exchange import comparison, lines, service, taking, views
from volunteer.exchange.comparison import Scope
from volunteer.exchange.errors import NothingChosen, ReasonMissing
from volunteer.exchange.models import ExchangeTaking
from volunteer.exchange.rules import Standing
from volunteer.hours.models import LedgerEntry
from volunteer.people import merging

DAY = date(2026, 11, 5)
WHY = "与活动记录核对一致"


def take(file, *people, actor, day=DAY, reason=WHY, now=NOW):
    keys = [f"{person.public_id}.{day}" for person in people]
    return taking.take(file.public_id, keys, reason=reason, actor=actor, now=now)


def entries(person):
    asked = select(LedgerEntry).filter_by(person_id=person.id).order_by(LedgerEntry.id)
    return db.session.scalars(asked).all()


def takings():
    return db.session.scalars(select(ExchangeTaking).order_by(ExchangeTaking.id)).all()


def scanned(person, starts, minutes, **given):
    """An attendance that was counted, with its entry."""
    shift = make.shift(starts=starts, minutes=minutes, unit=make.unit_of(person))
    made = make.attendance(person=person, shift=shift, **{"revision": 1, **given})
    if given.get("state", "closed") == "closed":
        make.entry(
            person=person,
            minutes=minutes,
            on=date.fromisoformat(starts[:10]),
            source=f"attendance:{made.id}:1",
        )
    return made


def test_a_record_becomes_an_entry_of_its_own_source(bring, wang, admin, community):
    file = bring(served(wang))

    taken = take(file, wang, actor=admin)

    assert (taken.records, taken.minutes) == (1, 120)
    [entry] = entries(wang)
    assert (entry.minutes, entry.month, entry.service_day) == (120, "2026-11", DAY)
    assert (entry.source_class, entry.nature, entry.reason) == ("imported", "voluntary", WHY)
    assert entry.unit_id == community.id
    assert entry.source.startswith(f"zyh:{wang.id}:")
    assert db.session.scalar(select(func.count()).where(Journal.action == "exchange.take")) == 1


def test_a_repeat_enters_nothing(bring, wang, admin):
    file = bring(served(wang))
    take(file, wang, actor=admin)

    again = take(file, wang, actor=admin)
    everything = taking.take_all(file.public_id, reason=WHY, actor=admin, now=NOW)

    assert (again.records, dict(again.left_out)) == (0, {"taken": 1})
    assert everything.records == 0
    assert len(entries(wang)) == 1


def test_the_same_record_in_another_file_is_taken_once(bring, wang, admin):
    take(bring(served(wang)), wang, actor=admin)
    other = bring(served(wang), served(wang, "2026-11-06 09:00", "2026-11-06 10:00", 1))

    assert dict(take(other, wang, actor=admin).left_out) == {"taken": 1}


def test_the_database_takes_no_record_twice(bring, wang, admin):
    file = bring(served(wang))
    take(file, wang, actor=admin)

    for statement in (
        "INSERT INTO exchange_taking (file_id, person_id, record_key, revision, source, unit_id, "
        "activity, day, minutes, taken_at) SELECT file_id, person_id, record_key, revision + 1, "
        "'zyh:other', unit_id, activity, day, minutes, taken_at FROM exchange_taking",
        "INSERT INTO ledger_entry (person_id, unit_id, month, service_day, minutes, nature, "
        "source, source_class, entered_at) SELECT person_id, unit_id, month, service_day, "
        "minutes, nature, source, source_class, entered_at FROM ledger_entry",
    ):
        with pytest.raises(IntegrityError), transaction() as session:
            session.execute(text(statement))
        db.session.rollback()


def test_a_scanned_hour_is_not_counted_again(bring, wang, admin):
    """R14: 8:30 to 9:30 is in the ledger, 9:00 to 11:00 there: 90 minutes are left."""
    scanned(wang, "2026-11-05 08:30", 60)
    file = bring(served(wang))

    taken = take(file, wang, actor=admin)

    assert (taken.records, taken.minutes) == (1, 90)


@pytest.mark.parametrize(
    ("starts", "minutes", "given", "why"),
    [
        ("2026-11-05 09:00", 120, {}, "overlap"),
        ("2026-11-05 08:00", 240, {}, "overlap"),
        ("2026-11-05 10:00", 60, {"state": "open"}, "waits"),
        ("2026-11-05 10:00", 60, {"state": "auto_closed"}, "waits"),
        ("2026-11-05 10:00", 60, {"state": "auto_closed", "review": "pending"}, "waits"),
    ],
)
def test_what_counts_or_waits_here_stands_in_the_way(
    bring, wang, admin, starts, minutes, given, why
):
    scanned(wang, starts, minutes, **given)
    before = len(entries(wang))
    file = bring(served(wang))

    taken = take(file, wang, actor=admin)

    assert (taken.records, dict(taken.left_out)) == (0, {why: 1})
    assert len(entries(wang)) == before


def test_a_void_attendance_stands_in_no_way(bring, wang, admin):
    scanned(wang, "2026-11-05 09:00", 120, state="void", review="rejected")

    assert take(bring(served(wang)), wang, actor=admin).minutes == 120


def test_honour_hours_need_a_day_without_minutes_of_our_own(bring, wang, admin):
    li = make.person(unit=make.unit_of(wang), name="李秋")
    scanned(li, "2026-11-05 15:00", 60)
    file = bring(served(wang, ends="", hours=1.5), served(li, ends="", hours=1.5))

    taken = take(file, wang, li, actor=admin)

    assert (taken.records, taken.minutes) == (1, 90)
    assert dict(taken.left_out) == {"day_has_own": 1}


def test_minutes_without_times_block_the_day(bring, wang, admin):
    make.entry(person=wang, minutes=30, on=DAY, source_class="manual", source="manual:1")

    taken = take(bring(served(wang)), wang, actor=admin)

    assert dict(taken.left_out) == {"day_has_own": 1}


def test_two_records_of_one_time_count_once(bring, wang, admin):
    file = bring(
        served(wang, "2026-11-05 07:30", "2026-11-05 08:30", 1),
        served(wang, "2026-11-05 08:00", "2026-11-05 09:00", 1, activity="清扫"),
    )

    taken = take(file, wang, actor=admin)

    assert (taken.records, taken.minutes) == (2, 90)


def test_a_record_above_the_maximum_is_not_cut_silently(bring, wang, admin):
    """R13."""
    file = bring(served(wang, "2026-11-05 08:00", "2026-11-05 17:00", 9))

    assert dict(take(file, wang, actor=admin).left_out) == {"over_record": 1}


def test_a_day_is_filled_up_to_its_maximum(bring, wang, admin):
    """R13."""
    make.policy(valid_from="2026-11", max_minutes_per_day=150)
    file = bring(served(wang), served(wang, "2026-11-05 14:00", "2026-11-05 16:00", 2))

    taken = take(file, wang, actor=admin)

    assert (taken.records, taken.minutes) == (2, 150)


def test_a_value_never_exceeds_its_times(bring, wang, admin):
    """R11."""
    file = bring(served(wang, hours=5))

    assert take(file, wang, actor=admin).minutes == 120


def test_over_midnight_it_counts_in_the_month_of_its_start(bring, wang, admin):
    """R16, from UTC moments: 31 Oct 23:30 to 1 Nov 00:30 here."""
    file = bring(served(wang, "2026-10-31 23:30", "2026-11-01 00:30", 1))

    take(file, wang, day=date(2026, 10, 31), actor=admin)

    assert [(entry.month, entry.minutes) for entry in entries(wang)] == [("2026-10", 60)]


def test_it_is_undone_by_a_correcting_entry_and_may_be_taken_again(bring, wang, admin):
    file = bring(served(wang))
    take(file, wang, actor=admin)
    [first] = takings()

    undone = taking.undo(file.public_id, [first.id], reason="记错人", actor=admin, now=NOW)
    again = taking.undo(file.public_id, [first.id], reason="记错人", actor=admin, now=NOW)

    assert (undone.records, undone.minutes, again.records) == (1, 120, 0)
    assert [entry.minutes for entry in entries(wang)] == [120, -120]
    assert entries(wang)[1].corrects_id == entries(wang)[0].id
    assert {entry.source_class for entry in entries(wang)} == {"imported"}
    take(file, wang, actor=admin)
    assert [entry.minutes for entry in entries(wang)] == [120, -120, 120]
    assert len({entry.source for entry in entries(wang)}) == 3


def test_who_may_take_over(bring, wang, admin, community):
    file = bring(served(wang))
    coordinator = make.grant_of(Role.COORDINATOR, community)
    elsewhere = make.grant_of(Role.UNIT_ADMIN, make.unit())

    with pytest.raises(NotAllowed):
        take(file, wang, actor=coordinator)
    with pytest.raises(NotFound):
        take(file, wang, actor=elsewhere)
    assert not entries(wang)


def test_one_foreign_key_among_many_refuses_all(bring, wang, admin, community):
    stranger = make.person(unit=make.unit(), name="外单位某人")
    file = bring(served(wang))

    with pytest.raises(NotFound):
        take(file, wang, stranger, actor=admin)
    assert not entries(wang)


def test_nobody_takes_over_the_own(bring, community):
    holder = make.person(unit=community, name="周管理")
    make.grant(person=holder, role=Role.UNIT_ADMIN, unit=community)
    actor = make.actor_of(holder)
    file = bring(served(holder), actor=actor)

    assert dict(take(file, holder, actor=actor).left_out) == {"own": 1}


def test_a_day_at_another_unit_is_the_other_units(bring, admin, community):
    """R29: moved here on the 16th, served on the 5th."""
    before = make.unit(name="旧单位")
    mover = make.person(unit=before, name="赵调动", until_on=date(2026, 11, 16))
    make.member(person=mover, unit=community, from_on=date(2026, 11, 16))
    file = bring(served(mover))
    office = make.grant_of(Role.CITY_OFFICE, make.city())

    assert dict(take(file, mover, actor=admin).left_out) == {"other_unit": 1}
    assert take(file, mover, actor=office).minutes == 120
    assert entries(mover)[0].unit_id == before.id


def test_a_reason_and_a_choice_are_needed(bring, wang, admin):
    file = bring(served(wang))

    with pytest.raises(ReasonMissing):
        take(file, wang, actor=admin, reason=" 好 ")
    with pytest.raises(NothingChosen):
        take(file, actor=admin)
    with pytest.raises(NotFound):
        taking.take(file.public_id, [f"{wang.public_id}.x"], reason=WHY, actor=admin, now=NOW)


def test_everything_at_once_takes_what_can_be_taken(bring, wang, admin, community):
    others = [make.person(unit=community, name=f"同事{n}") for n in "甲乙丙"]
    scanned(others[0], "2026-11-05 09:00", 120)
    file = bring(*(served(person) for person in (wang, *others)))

    taken = taking.take_all(file.public_id, reason=WHY, actor=admin, now=NOW)

    assert (taken.records, taken.minutes, taken.more) == (3, 360, False)
    assert entries(others[0])[0].source_class == "scanned"


def test_a_later_moment_changes_nothing(bring, wang, admin):
    file = bring(served(wang))
    take(file, wang, actor=admin)

    assert take(file, wang, actor=admin, now=at("2026-11-24 10:00") + timedelta(1)).records == 0


@pytest.fixture
def double(community, wang):
    """A second record of the same person, which a test merges into the first."""
    return make.person(unit=community, name=wang.name)


def merge(kept, other, actor):
    merging.merge(kept.public_id, other.public_id, actor=actor, now=NOW)


def test_what_was_taken_for_a_merged_record_is_not_taken_again(bring, wang, double, admin):
    older = bring(served(double))
    take(older, double, actor=admin)
    merge(wang, double, admin)
    newer = bring(served(double), served(wang, "2026-11-06 09:00", "2026-11-06 10:00", 1))

    again = take(newer, wang, actor=admin)
    everything = taking.take_all(newer.public_id, reason=WHY, actor=admin, now=NOW)

    assert (again.records, dict(again.left_out)) == (0, {"taken": 1})
    assert (everything.records, everything.minutes) == (1, 60)
    assert [entry.minutes for entry in entries(double)] == [120]
    assert [entry.minutes for entry in entries(wang)] == [60]


def test_the_time_of_a_merged_records_taking_is_not_counted_again(bring, wang, double, admin):
    """R14: another row of the same hours, for the other record."""
    take(bring(served(double)), double, actor=admin)
    merge(wang, double, admin)

    taken = take(bring(served(wang, activity="清扫")), wang, actor=admin)

    assert dict(taken.left_out) == {"overlap": 1}


def test_what_was_undone_for_a_merged_record_is_taken_under_the_next_revision(
    bring, wang, double, admin
):
    file = bring(served(double))
    take(file, double, actor=admin)
    taking.undo(file.public_id, [takings()[0].id], reason="记错人", actor=admin, now=NOW)
    merge(wang, double, admin)

    assert take(file, wang, actor=admin).minutes == 120
    assert [(each.person_id, each.revision) for each in takings()] == [(double.id, 1), (wang.id, 2)]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_file_read_before_a_merge_is_the_kept_persons(
    bring, wang, double, admin, community, at_once
):
    file = bring(served(double), served(wang, "2026-11-05 14:00", "2026-11-05 15:00", 1))
    merge(wang, double, admin)
    for whole in (True, False):
        scope = Scope(file, (community.path,), whole)
        assert comparison.counts(scope)[Standing.ONLY_THERE] == 1
        assert comparison.sums(scope).theirs == 180
    [line] = lines.everything(scope, Standing.ONLY_THERE)
    assert (line.person_id, line.theirs, line.records) == (wang.id, 180, 2)
    told = views.assessed(file, [line], Standing.ONLY_THERE, admin)
    assert [facts[2] for facts in told[line.key]] == [120, 60]

    if at_once:
        taken = taking.take_all(file.public_id, reason=WHY, actor=admin, now=NOW)
    else:
        taken = take(file, wang, actor=admin)

    assert (taken.records, taken.minutes) == (2, 180)
    assert [entry.minutes for entry in entries(wang)] == [120, 60]
    assert not entries(double)
    assert service.match_again(file.public_id, actor=admin, now=NOW) == 1
    assert dict(take(file, wang, actor=admin).left_out) == {"taken": 2}
