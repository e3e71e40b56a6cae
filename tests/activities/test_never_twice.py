"""Whatever is done to a series: nothing twice, nothing resurrected, no attendance touched."""

from collections import Counter
from datetime import date, time, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests import make
from tests.activities.conftest import NOW
from volunteer.activities import changing, service
from volunteer.activities.errors import CarriedOn, HasPeople, NoSuchDay, SeriesOver
from volunteer.activities.models import Activity
from volunteer.core.actor import SYSTEM
from volunteer.core.clock import local_day
from volunteer.core.db import db
from volunteer.shifts import calling_off, editing, taking_back
from volunteer.shifts import service as shifts
from volunteer.shifts.errors import (
    AlreadyBegun,
    HasAttendance,
    NothingToCallOff,
    NothingToTakeBack,
    TooManyHere,
    WouldOverlap,
)
from volunteer.shifts.models import CallOff, Shift, ShiftState

RULES = (
    "FREQ=WEEKLY;BYDAY=FR",
    "FREQ=WEEKLY;BYDAY=TH",
    "FREQ=WEEKLY;BYDAY=TH,FR",
    "FREQ=WEEKLY;BYDAY=MO,WE,FR",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR",
    "FREQ=DAILY",
    "FREQ=MONTHLY;BYDAY=2SA",
)
REFUSALS = (
    CarriedOn,
    HasPeople,
    HasAttendance,
    AlreadyBegun,
    NothingToCallOff,
    NothingToTakeBack,
    SeriesOver,
    NoSuchDay,
    TooManyHere,
    WouldOverlap,
)

number = st.integers(0, 30)
wanted = st.fixed_dictionaries(
    {},
    optional={
        "rrule": st.sampled_from(RULES),
        "starts": st.sampled_from([time(8), time(15), time(21)]),
        "minutes": st.sampled_from([60, 240]),
        "holidays": st.sampled_from(["skip", "keep", "make_up"]),
        "last_on": st.sampled_from([None, date(2026, 3, 22)]),
        "title": st.just("改名"),
    },
)
deeds = st.one_of(
    st.tuples(
        st.sampled_from(["cancel", "remove", "one", "attend", "assign", "off", "back"]), number
    ),
    st.tuples(st.just("following"), number, wanted),
    st.tuples(st.just("all"), wanted),
    st.tuples(st.just("open"), st.just(0)),
)


class Story:
    """A series, those that carry it on, and what must stay true of them."""

    def __init__(self, plan, unit, actor) -> None:
        self.unit, self.actor = unit, actor
        self.family = [plan().activity.id]
        self.gone: set[date] = set()
        self.kept: dict[int, tuple[object, ...]] = {}
        self.called_off: list[int] = []
        self.people = [make.person(unit=unit) for _ in range(2)]

    def rows(self) -> list[Shift]:
        found = []
        for each in self.family:
            source = Shift.source.startswith(f"activity:{each}:")
            found += db.session.scalars(select(Shift).where(source))
        return sorted(found, key=lambda shift: (shift.starts_at, shift.id))

    def do(self, deed, *facts) -> None:
        try:
            getattr(self, deed)(*facts)
        except REFUSALS:
            db.session.rollback()

    def chosen(self, n: int) -> Shift:
        planned = [each for each in self.rows() if each.state == ShiftState.PLANNED]
        return planned[n % len(planned)] if planned else make.shift(unit=self.unit)

    def of(self, shift: Shift) -> tuple[Activity, date] | None:
        kind, _, rest = (shift.source or "").partition(":")
        if kind != "activity":
            return None
        activity_id, _, day = rest.partition(":")
        return db.session.get(Activity, int(activity_id)), date.fromisoformat(day)

    def cancel(self, n):
        shift = self.chosen(n)
        day = local_day(shift.starts_at)
        shifts.cancel(shift, reason="暴雨", actor=self.actor, now=NOW)
        self.gone.add(day)

    def off(self, n):
        """Call the day of a shift off: it stays so until that is taken back."""
        day = local_day(self.chosen(n).starts_at)
        done = calling_off.call_off(self.unit, day, reason="台风", actor=self.actor, now=NOW)
        self.called_off.append(done.record.id)
        self.gone.add(day)

    def back(self, n):
        """Take back one of those; what its series wants no more stays cancelled."""
        if self.called_off:
            record_id = self.called_off[n % len(self.called_off)]
            record = db.session.get(CallOff, record_id)
            done = taking_back.take_back(record, actor=self.actor, now=NOW)
            self.gone -= {local_day(each.starts_at) for each in done.coming}

    def remove(self, n):
        shift = self.chosen(n)
        if found := self.of(shift):
            service.take_out(*found, reason="检查", actor=self.actor, now=NOW)
            self.gone.add(found[1])
            self.kept.pop(shift.id, None)

    def one(self, n):
        shift = self.chosen(n)
        to = editing.details_of(shift)
        later = to.ends_at + timedelta(minutes=30)
        editing.edit(shift, to._replace(ends_at=later), actor=self.actor, now=NOW)
        self.kept[shift.id] = self.facts(shift.id)

    def attend(self, n):
        shift = self.chosen(n)
        make.attendance(person=make.person(unit=self.unit), shift=shift)
        self.kept[shift.id] = self.facts(shift.id)

    def assign(self, n):
        shift = self.chosen(n)
        shifts.assign(shift, [self.people[n % 2].id], actor=self.actor, now=NOW)

    def following(self, n, wanted):
        if found := self.of(self.chosen(n)):
            activity, day = found
            made = changing.change_following(
                activity, wanted, since=day, reason="改期", actor=self.actor, now=NOW
            )
            if made.id not in self.family:
                self.family.append(made.id)

    def all(self, wanted):
        activity = db.session.get(Activity, self.family[-1])
        changing.change_all(activity, wanted, reason="改期", actor=self.actor, now=NOW)

    def open(self, _):
        service.open_shifts(actor=SYSTEM, now=NOW)

    def facts(self, shift_id) -> tuple[object, ...]:
        """What a shift that stands by itself keeps."""
        shift = db.session.get(Shift, shift_id, populate_existing=True)
        return tuple(editing.details_of(shift))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(deeds, min_size=1, max_size=8))
def test_nothing_twice_and_nothing_resurrected(plan, unit, coordinator, done):
    story = Story(plan, unit, coordinator)
    for deed in done:
        story.do(*deed)

    service.open_shifts(actor=SYSTEM, now=NOW)
    before = len(story.rows())
    again = service.open_shifts(actor=SYSTEM, now=NOW)

    rows = story.rows()
    assert (again, len(rows)) == (0, before)
    days = Counter(local_day(each.starts_at) for each in rows if each.state == ShiftState.PLANNED)
    assert [day for day, times in days.items() if times > 1] == []
    assert story.gone.isdisjoint(days)
    assert {shift_id: story.facts(shift_id) for shift_id in story.kept} == story.kept
