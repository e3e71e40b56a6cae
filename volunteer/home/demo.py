"""The demo city: an invented city of three months, made in one go on an empty database.

Everything follows from the seed, the moment and the size; only the passwords' salt does not.
"""

import csv
import gc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from random import Random
from typing import NamedTuple

from sqlalchemy import select

from volunteer.accounts import service as accounts
from volunteer.core import journal
from volunteer.core.actor import SYSTEM
from volunteer.core.clock import Month, local_day
from volunteer.core.db import db, transaction
from volunteer.people.models import Person
from volunteer.shifts import queries as shifts
from volunteer.shifts.models import CheckinSettings
from volunteer.targets import queries as targets
from volunteer.units import service as units
from volunteer.units.models import Unit

from . import demo_people
from .demo_history import Dealer, Measure
from .demo_load import Loader
from .demo_people import CITY_OFFICE_UNIT, STREET, Calendar, Place, Register
from .demo_records import Recorder
from .demo_shifts import ASSIGNED_AHEAD, Timetable
from .errors import NotEmpty, OtherUnits

UNITS = Path(__file__).parent / "data" / "units.csv"
SEED = 20_261_123

#: Known to everybody, so it opens a city that only this machine can reach.
PASSWORD = "Demo-2026"
VOLUNTEER, COORDINATOR, OFFICE = "19900000001", "19900000002", "19900000003"

#: Called with a step and how much of the whole is done, in percent.
Progress = Callable[[str, int], None]
STEPS = ("单位", "人员", "活动和岗点", "签到记录", "保存")


class LogIn(NamedTuple):
    """A log-in to try out, and what to try with it."""

    phone: str
    role: str
    advice: str


LOG_INS = (
    LogIn(VOLUNTEER, "志愿者", "签到、签退，查看本月时长"),
    LogIn(COORDINATOR, "联络员", "安排人员、点名、确认忘记的签退"),
    LogIn(OFFICE, "创建办", "全市月度汇总、导入人员、设定标准"),
)


def is_empty() -> bool:
    """Tell whether nobody is in the register yet."""
    return db.session.scalar(select(Person.id).limit(1)) is None


def make(people: int, *, now: datetime, progress: Progress, seed: int = SEED) -> Counter[str]:
    """Make the demo city of so many people; return the number of rows by table.

    All of it or nothing. Raises NotEmpty where anybody is in the register, OtherUnits
    where there are units that are not the demo city's.
    """
    with transaction() as session:
        if not is_empty():
            raise NotEmpty()
        progress(STEPS[0], 0)
        places = _places(now)
        with Loader.at_work(session.connection()) as loader, collector_at_rest():
            _fill(places, people, loader, Random(seed), now, progress)
            progress(STEPS[4], 95)
        journal.write("demo.make", "city", seed, actor=SYSTEM, now=now, people=people)
    progress(STEPS[4], 100)
    return loader.counts


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Leave out the garbage collector's rounds: a million tuples make none, only longer ones."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _fill(
    places: list[Place],
    people: int,
    loader: Loader,
    random: Random,
    now: datetime,
    progress: Progress,
) -> None:
    """Invent the people of the units, what they do every week, and what came of it."""
    calendar = Calendar.of(local_day(now))
    progress(STEPS[1], 2)
    demo_people.settle_sizes(places, people, random)
    register = Register(places, calendar, random)
    register.invent(
        loader,
        log_ins={STREET: (VOLUNTEER, COORDINATOR), CITY_OFFICE_UNIT: (OFFICE,)},
        secret=accounts.stored_password(PASSWORD),
    )
    register.appoint(loader, places[0])
    register.exempt(loader)
    progress(STEPS[2], 15)
    settings = db.session.get_one(CheckinSettings, shifts.standard_settings_id())
    timetable = Timetable(register, calendar, random)
    timetable.draw_up(loader)
    timetable.write(loader, settings.id)
    measures = _measures(calendar)
    dealer = Dealer(register, timetable, measures, random)
    for done, month in enumerate(measures):
        progress(STEPS[3], 18 + 5 * done)
        dealer.deal(month)
    policies = {month: measure.policy_id for month, measure in measures.items()}
    recorder = Recorder(register.people, policies, settings, loader, random, now)
    for percent in recorder.write(timetable.occurrences):
        progress(STEPS[3], 35 + 60 * percent // 100)


def _places(now: datetime) -> list[Place]:
    """Bring in the units of the demo city; return them in the order of their codes' file."""
    with UNITS.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))[1:]
    rows = [units.UnitRow(number, *line) for number, line in enumerate(lines, start=2)]
    if units.import_units(rows, actor=SYSTEM, now=now).errors:
        raise OtherUnits()
    found = {unit.code: unit for unit in db.session.scalars(select(Unit))}
    some = (found[row.code] for row in rows)
    return [Place(unit.id, unit.code, unit.name, unit.kind, unit.path) for unit in some]


def _measures(calendar: Calendar) -> dict[Month, Measure]:
    """Return what each month asks for; the coming one too where its first days are planned."""
    last = Month.of_day(calendar.today + ASSIGNED_AHEAD)
    measures = {}
    for month in dict.fromkeys((*calendar.months, last)):
        policy = targets.policy_for(month)
        measures[month] = Measure(
            policy.id, policy.monthly_target_minutes, policy.min_days, targets.terms_of(policy)
        )
    return measures
