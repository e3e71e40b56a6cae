"""Whatever people do in whatever order: never one too many, nobody in two places, no jumping."""

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import combinations
from random import Random

import pytest
from sqlalchemy import select

from tests import make
from tests.make import at
from tests.signups.conftest import open_shift
from volunteer.core.db import db, transaction
from volunteer.core.errors import DomainError
from volunteer.reminders.models import Reminder
from volunteer.shifts import service as shifts
from volunteer.shifts.models import Assignment, Shift
from volunteer.signups import swapping, taking, waitlist
from volunteer.signups.models import Swap, Waiting

START = at("2026-03-05 08:00")
STEPS = 120
#: Of the shifts: when, how many are wanted, how many there may be.
SHIFTS = (
    ("2026-03-07 09:00", 1, 1),
    ("2026-03-07 10:00", 1, 2),
    ("2026-03-07 11:30", 2, None),
    ("2026-03-08 09:00", 1, 1),
)


class City:
    """A unit of six people and four shifts, two of which overlap; time goes on step by step."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.now = START
        self.unit = make.unit()
        self.people = [make.person(unit=self.unit) for _ in range(6)]
        self.actors = {person.id: make.actor_of(person) for person in self.people}
        self.shifts = [
            open_shift(unit=self.unit, starts=starts, minutes=120, wanted=wanted, capacity=capacity)
            for starts, wanted, capacity in SHIFTS
        ]
        self.coordinator = make.grant_of("coordinator", self.unit)
        self.done: Counter[str] = Counter()

    def step(self) -> None:
        """Let somebody do something, sensible or not."""
        name = self.dice.choice(
            ["take"] * 5
            + ["wait"] * 4
            + ["withdraw"] * 3
            + ["undo", "leave", "ask", "ask", "ask", "accept", "accept", "refuse", "take_back"]
            + ["unassign", "job", "job"]
        )
        person_id = self.dice.choice(self.people).id
        shift = self.dice.choice(self.shifts)
        if name in ("withdraw", "ask"):
            person_id, shift = self.somebody_placed() or (person_id, shift)
        try:
            getattr(self, name)(self.actors[person_id], shift.public_id)
            self.done[name] += 1
        except DomainError as refusal:
            self.done[refusal.code] += 1
        self.now += timedelta(minutes=self.dice.choice([0, 1, 7, 60]))

    def somebody_placed(self):
        held = select(Assignment).filter_by(state="assigned").order_by(Assignment.id)
        rows = db.session.scalars(held).all()
        if not rows:
            return None
        row = self.dice.choice(rows)
        return row.person_id, row.shift

    def take(self, actor, shift):
        taking.take(shift, actor=actor, now=self.now)

    def wait(self, actor, shift):
        waitlist.wait(shift, actor=actor, now=self.now)

    def withdraw(self, actor, shift):
        taking.withdraw(shift, actor=actor, now=self.now)

    def undo(self, actor, shift):
        taking.undo(shift, actor=actor, now=self.now)

    def leave(self, actor, shift):
        waitlist.leave(shift, actor=actor, now=self.now)

    def ask(self, actor, shift):
        other = self.dice.choice(self.people)
        theirs = select(Shift.public_id).join(Assignment, Assignment.shift_id == Shift.id)
        theirs = theirs.filter(Assignment.person_id == other.id, Assignment.state == "assigned")
        back = self.dice.choice([None, *db.session.scalars(theirs.order_by(Shift.id))])
        swapping.ask(shift, other.public_id, back, actor=actor, now=self.now)

    def accept(self, actor, shift):
        asked = self.open_request()
        swapping.accept(asked.public_id, actor=self.actors[asked.asked_id], now=self.now)

    def refuse(self, actor, shift):
        asked = self.open_request()
        swapping.refuse(asked.public_id, actor=self.actors[asked.asked_id], now=self.now)

    def take_back(self, actor, shift):
        asked = self.open_request()
        swapping.take_back(asked.public_id, actor=self.actors[asked.asker_id], now=self.now)

    def open_request(self):
        found = db.session.scalars(select(Swap).filter_by(state="asked").order_by(Swap.id)).all()
        if not found:
            raise swapping.SwapGone()
        return self.dice.choice(found)

    def unassign(self, actor, shift):
        person = self.dice.choice(self.people)
        row = db.session.scalars(select(Shift).filter_by(public_id=shift)).one()
        shifts.unassign(row, person.public_id, actor=self.coordinator, now=self.now)

    def job(self, actor, shift):
        waitlist.move_on(now=self.now)
        swapping.lapse(now=self.now)

    def check(self) -> None:
        """Hold what must hold after every step."""
        db.session.expire_all()
        held = db.session.scalars(select(Assignment).filter_by(state="assigned")).all()
        by_shift, by_person = defaultdict(list), defaultdict(list)
        for each in held:
            by_shift[each.shift_id].append(each)
            by_person[each.person_id].append(each)
        for shift in self.shifts:
            most = shift.capacity if shift.capacity is not None else shift.wanted
            assert len(by_shift[shift.id]) <= most, "one too many"
            lines = db.session.scalars(select(Waiting).filter_by(shift_id=shift.id)).all()
            live = [
                line
                for line in lines
                if line.state == "offered" and line.is_held and line.offered_until > self.now
            ]
            assert len(by_shift[shift.id]) + len(live) <= most, "more offered than there is"
            on_list = {line.person_id for line in lines if line.state in ("waiting", "offered")}
            placed = {each.person_id for each in by_shift[shift.id]}
            assert not on_list & placed, "waits for what one has"
        for places in by_person.values():
            for one, other in combinations(places, 2):
                apart = one.ends_at <= other.starts_at or other.ends_at <= one.starts_at
                assert apart, "in two places at once"


@pytest.mark.parametrize("seed", [2, 5])
def test_random_days_keep_every_promise(app, engine, seed):
    city = City(Random(seed))

    for _ in range(STEPS):
        city.step()
        city.check()

    print(f"{engine} {seed}: {dict(city.done)}")
    for name in ("take", "withdraw", "wait", "ask", "accept"):
        assert city.done[name], f"nobody did {name}"


def test_offers_follow_the_order_of_asking(app, unit):
    """Everybody waits, place after place becomes free: first come, first offered."""
    dice = Random(7)
    shift = open_shift(unit=unit, wanted=3, capacity=3)
    holders = [make.person(unit=unit) for _ in range(3)]
    for person in holders:
        taking.take(shift.public_id, actor=make.actor_of(person), now=START)
    queue = [make.person(unit=unit) for _ in range(6)]
    dice.shuffle(queue)
    now = START
    for person in queue:
        now += timedelta(seconds=1)
        waitlist.wait(shift.public_id, actor=make.actor_of(person), now=now)
    actors = {person.id: make.actor_of(person) for person in (*holders, *queue)}

    for _ in queue:
        now += timedelta(minutes=1)
        db.session.expire_all()
        placed = db.session.scalars(
            select(Assignment.person_id)
            .filter_by(shift_id=shift.id, state="assigned")
            .order_by(Assignment.id)
        ).all()
        taking.withdraw(shift.public_id, actor=actors[dice.choice(placed)], now=now)
        offered = select(Waiting.person_id).filter_by(shift_id=shift.id, state="offered")
        first = db.session.scalars(offered).one()
        taking.take(shift.public_id, actor=actors[first], now=now)

    told = select(Reminder.person_id).filter_by(kind="place_offered").order_by(Reminder.id)
    assert list(db.session.scalars(told)) == [person.id for person in queue]


def test_a_rule_taken_away_is_found(app, monkeypatch):
    """Counter-check: where nothing is full and nothing is guarded, the promise breaks."""
    monkeypatch.setattr(taking.rules.Asked, "free", property(lambda asked: None))
    found = []
    for seed in range(6):
        city = City(Random(seed))
        with transaction() as session:
            for shift in city.shifts:
                session.get_one(Shift, shift.id).capacity = None
        try:
            for _ in range(STEPS):
                city.step()
                city.check()
        except AssertionError as broken:
            found.append(str(broken).splitlines()[0])
            break
    assert found
