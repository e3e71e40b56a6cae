"""Random days against a model of a few lines: scan, retry, jump, come back, cancel, close.

A seed that ever failed is added to `KEPT` and stays.
"""

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests import make
from tests.make import at
from volunteer.attendance import queries, roll_call, service
from volunteer.attendance.models import Attendance, AttendanceState, Scan
from volunteer.audits import integrity
from volunteer.core.db import db, transaction
from volunteer.hours import queries as ledger
from volunteer.shifts.models import Shift

#: On each engine; the seeds are the same.
DAYS = {"sqlite": 240, "postgresql": 80}
KEPT: tuple[int, ...] = ()
ACTIONS = 14
MINUTE = timedelta(minutes=1)
OPENS, STAYS, CLOSES = 15 * MINUTE, 15 * MINUTE, 60 * MINUTE


@dataclass
class Model:
    """What one person's one shift should come to."""

    starts: datetime
    ends: datetime
    returns: bool
    state: str | None = None
    cancelled: bool = False
    came: datetime | None = None
    pairs: list[tuple[datetime, datetime]] = field(default_factory=list)
    answers: dict[str, tuple[str, str, str | None]] = field(default_factory=dict)

    def press(self, key: str, way: str, now: datetime) -> tuple[str, str | None] | str:
        if key in self.answers:
            known, *answer = self.answers[key]
            return "mismatch" if known != way else (answer[0], answer[1])
        verdict = self.comes(now) if way == "in" else self.goes(now)
        self.answers[key] = (way, *verdict)
        return verdict

    def comes(self, now: datetime) -> tuple[str, str | None]:
        last = self.ends - STAYS
        if self.cancelled:
            return "refused", "shift_cancelled"
        if self.state == "open":
            return "duplicate", "already_in"
        if self.state == "closed" and not (self.returns and self.pairs[-1][1] <= now <= last):
            return "duplicate", "already_out"
        if self.state == "auto_closed":
            return "refused", "too_late_out"
        if self.state is None and now < self.starts - OPENS:
            return "refused", "too_early"
        if self.state is None and now > last:
            return "refused", "too_late_in"
        self.state, self.came = "open", now
        return "accepted", None

    def goes(self, now: datetime) -> tuple[str, str | None]:
        if self.state == "open" and self.came and now <= self.ends + CLOSES:
            self.state = "closed"
            self.pairs.append((self.came, now))
            return "accepted", None
        if self.state == "open":
            return "refused", "too_late_out"
        if self.cancelled:
            return "refused", "shift_cancelled"
        if self.state == "closed":
            return "duplicate", "already_out"
        return "refused", "too_late_out" if self.state == "auto_closed" else "not_checked_in"

    def close(self, now: datetime) -> None:
        if self.state == "open" and now >= self.ends + CLOSES:
            self.state = "auto_closed"

    @property
    def minutes(self) -> int:
        if self.state != "closed":
            return 0
        inside = (min(went, self.ends) - max(came, self.starts) for came, went in self.pairs)
        return sum((max(each, timedelta()) for each in inside), timedelta()) // MINUTE


@pytest.fixture
def sites(scene):
    """The settings of both kinds of days, made once."""
    return {kind: make.checkin_settings(return_allowed=kind) for kind in (False, True)}


def play(seed: int, scene, settings) -> list[str]:
    """Live one day in both worlds and return where they differ."""
    dice = random.Random(seed)
    starts = at("2026-03-07 09:00") + timedelta(days=seed)
    minutes = dice.choice([60, 120, 180])
    returns = dice.random() < 0.5
    person = make.person(unit=scene.unit)
    actor = make.actor_of(person)
    shift = make.shift(starts=starts, minutes=minutes, site=scene.site, settings=settings[returns])
    make.assignment(person=person, shift=shift)
    model = Model(starts, starts + minutes * MINUTE, returns)
    now, differ, keys = starts - 30 * MINUTE, [], [f"{seed}-0"]
    for number in range(ACTIONS):
        now += dice.choice([0, 1, 7, 15, 25, 40]) * MINUTE + timedelta(seconds=dice.randrange(60))
        deed = dice.choices(["in", "out", "again", "close", "cancel"], [8, 8, 4, 2, 0.4])[0]
        if deed == "close":
            model.close(now)
            roll_call.close_forgotten(now=now)
            continue
        if deed == "cancel":
            if model.state is None:
                model.cancelled = True
                cancel(shift.id)
            continue
        key = dice.choice(keys) if deed == "again" else f"{seed}-{number + 1}"
        keys.append(key)
        way = dice.choice(["in", "out"]) if deed == "again" else deed
        wanted = model.press(key, way, now)
        asked = scene.request(key=key)
        verb = service.check_in if way == "in" else service.check_out
        try:
            answer = verb(asked, actor=actor, now=now)
            got = answer["verdict"], answer["reason"]
        except service.KeyReused:
            got = "mismatch"
        if got != wanted:
            differ.append(f"seed {seed}, deed {number}, {way} at {now}: {got}, not {wanted}")
    there = db.session.scalar(select(Attendance).filter_by(person_id=person.id))
    stored = ledger.posted_on(person.id, starts.date())
    state = there.state if there else None
    if (state, stored) != (model.state, model.minutes):
        differ.append(f"seed {seed}: {state} {stored}, not {model.state} {model.minutes}")
    scans = db.session.query(Scan).filter_by(person_id=person.id)
    pressed = sum(1 for scan in scans if scan.channel == "site_static")
    if pressed != len(model.answers):
        differ.append(f"seed {seed}: {pressed} scans, not {len(model.answers)}")
    return differ


def cancel(shift_id: int) -> None:
    with transaction() as session:
        row = session.get_one(Shift, shift_id)
        row.state, row.cancel_reason = "cancelled", "天气"


def test_hundreds_of_days_go_as_the_model_says(scene, sites, engine):
    seeds = [*KEPT, *range(DAYS[engine])]

    differences = [line for seed in seeds for line in play(seed, scene, sites)]

    assert differences == []
    assert list(integrity.findings()) == []
    assert db.session.query(Attendance).filter_by(state=AttendanceState.CLOSED).count() > 20


def test_the_control_arm_trips_over_a_retry(scene, sites, monkeypatch):
    """Without the look at the stored answer a retry is a second scan, which has no room."""
    monkeypatch.setattr(queries, "stored_answer", lambda account_id, key: None)

    with pytest.raises(IntegrityError):
        [play(seed, scene, sites) for seed in range(20)]


def test_a_model_that_forgets_the_first_interval_is_found_out(scene, sites, monkeypatch):
    whole = Model.minutes.fget
    monkeypatch.setattr(
        Model, "minutes", property(lambda self: whole(replace(self, pairs=self.pairs[-1:])))
    )

    assert [line for seed in range(60) for line in play(seed, scene, sites)]
