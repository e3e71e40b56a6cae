"""The demo city: an invented city of a few months, made in one go on an empty database.

Everything in it follows from the seed, the day and the size; only the keys of the three
log-ins' passwords do not.
"""

import csv
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from random import Random

from sqlalchemy import select

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
from volunteer.units.service import UnitRow

from . import demo_people
from .demo_history import Dealer, Measure
from .demo_load import Loader
from .demo_people import CITY_OFFICE_UNIT, STREET, Calendar, Place, Register
from .demo_records import Recorder
from .demo_shifts import ASSIGNED_AHEAD, Timetable

UNITS = Path(__file__).parent / "data" / "units.csv"
SIZES = (60_000, 6_000, 600)
SEED = 20_261_123

#: Called with a step and how much of the whole is done, in percent.
Progress = Callable[[str, int], None]


def is_empty() -> bool:
    """Tell whether nobody is in the register yet."""
    return db.session.scalar(select(Person.id).limit(1)) is None


def make(
    people: int, *, now: datetime, progress: Progress, seed: int = SEED
) -> Counter[str]:
    """Make the demo city and return the number of rows by table; all of it or nothing.

    Raises NotEmpty where anybody is in the register, OtherUnits where there are units
    that are not those of the demo city.
    """
    random = Random(seed)
    calendar = Calendar.of(local_day(now))
    with transaction() as session:
        if not is_empty():
            raise NotEmpty()
        progress("单位", 0)
        places = _places(now)
        loader = Loader(session.connection())
        settings = session.get_one(CheckinSettings, shifts.standard_settings_id())
        demo_people.settle_sizes(places, people, random)
        register = Register(places, calendar, random)
        progress("人员", 1)
        register.invent(loader, log_ins=PHONES, secret=passwords.hashed(PASSWORD))
        register.appoint(loader, places[0])
        register.exempt(loader)
        progress("活动和岗点", 12)
        timetable = Timetable(register, calendar, random)
        timetable.draw_up(loader)
        timetable.write(loader, settings.id)
        _record(register, timetable, settings, loader, random, now, progress)
        loader.finish()
        counts = Counter(loader.counts)
        journal.write("demo.make", "city", seed, actor=SYSTEM, now=now, people=people)
    progress("完成", 100)
    return counts
