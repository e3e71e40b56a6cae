"""The demo city: an invented city of three months, made in one go on an empty database.

Everything follows from the seed, the moment and the size; only the passwords' salt does not.
"""

import csv
import gc
import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from volunteer.accounts import service as accounts
from volunteer.accounts.models import Account
from volunteer.attendance import service as attendance
from volunteer.attendance.models import Attendance, AttendanceState
from volunteer.attendance.queries import SiteHere
from volunteer.core import journal
from volunteer.core.actor import SYSTEM, Actor
from volunteer.core.clock import Month, local_day
from volunteer.core.db import db, transaction
from volunteer.core.errors import NotFound
from volunteer.core.i18n import N_
from volunteer.people import queries as people_queries
from volunteer.people.models import Person
from volunteer.shifts import queries as shifts
from volunteer.shifts import service as shift_service
from volunteer.shifts.models import CheckinSettings, Shift, Site
from volunteer.targets import queries as targets
from volunteer.units import service as units
from volunteer.units.models import Unit

from . import demo_grids, demo_people, demo_posts
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

#: The shift at which check-in can be tried, and how soon after a start it begins.
SITE_CODE, SITE_NAME = "DEMO", "演示点位（新安路口）"
SHIFT_TITLE, SHIFT_CONTENT = "演示：路口文明劝导", "引导行人和非机动车各行其道，劝阻闯红灯。"
SOON, LENGTH = timedelta(minutes=10), timedelta(minutes=60)
STEP = 300  # it begins at a full five minutes

#: Called with a step and how much of the whole is done, in percent.
Progress = Callable[[str, int], None]
STEPS = ("单位", "人员", "活动和点位", "签到记录", "保存")


class LogIn(NamedTuple):
    """A log-in to try out, and what to try with it; both texts are msgids."""

    phone: str
    role: str
    advice: str


LOG_INS = (
    LogIn(
        VOLUNTEER,
        N_("Volunteer"),
        N_("Check in and out, see your minutes and what is still missing"),
    ),
    LogIn(
        COORDINATOR,
        N_("Coordinator"),
        N_("Assign people, call the roll, confirm forgotten check-outs"),
    ),
    LogIn(
        OFFICE,
        N_("City office"),
        N_("Read the month of the whole city, import people, set the minimum"),
    ),
)


def context() -> dict[str, object]:
    """Give the log-in page its demo log-ins; none anywhere but in the demo city."""
    shown = LOG_INS if current_app.extensions["settings"].demo else ()
    return {"demo_logins": shown, "demo_password": PASSWORD}


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
    demo_grids.lay_out(register, loader, random)
    register.exempt(loader)
    progress(STEPS[2], 15)
    settings = db.session.get_one(CheckinSettings, shifts.standard_settings_id())
    timetable = Timetable(register, calendar, random)
    timetable.draw_up(loader)
    demo_posts.draw_up(timetable, register, loader)
    timetable.write(loader, settings.id)
    measures = _measures(calendar)
    dealer = Dealer(register, timetable, measures, random)
    for done, month in enumerate(measures):
        progress(STEPS[3], 18 + 5 * done)
        dealer.deal(month)
    demo_posts.train(timetable, register, loader)
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


def prepare(*, now: datetime) -> Shift | None:
    """See to it that a shift of the demo volunteer begins within ten minutes; return it.

    It can be checked in at once, and the demo coordinator leads it. What the volunteer
    has elsewhere at that time is ended or freed first, by the same verbs as anybody's.
    A repeat finds the shift that is there. None where this is no demo city.
    """
    with transaction():
        volunteer, coordinator = (_account_of(phone) for phone in (VOLUNTEER, COORDINATOR))
        if volunteer is None or coordinator is None:
            return None
        site = _site(coordinator, now)
        coming = shifts.next_shifts(volunteer.person_id, now=now, limit=50)
        for shift in coming:
            if shift.site_id == site.id and now < shift.starts_at <= now + SOON:
                return shift
        _leave_elsewhere(volunteer, now)
        second = math.ceil(now.timestamp() / STEP + 1) * STEP
        starts_at = datetime.fromtimestamp(second, UTC)
        ends_at = starts_at + LENGTH
        for shift in coming:
            if shift.starts_at < ends_at and shift.ends_at > starts_at:
                public_id = volunteer.person.public_id
                shift_service.unassign(shift, public_id, is_told=False, actor=SYSTEM, now=now)
        shift = shift_service.open_shift(
            site=site,
            starts_at=starts_at,
            ends_at=ends_at,
            title=SHIFT_TITLE,
            content=SHIFT_CONTENT,
            leader_id=coordinator.person_id,
            wanted=2,
            actor=SYSTEM,
            now=now,
        )
        shift_service.assign(shift, [volunteer.person_id], actor=SYSTEM, now=now)
        return shift


def _account_of(phone: str) -> Account | None:
    found = select(Account).join(Account.person).where(Person.phone == phone)
    return db.session.scalar(found.options(joinedload(Account.person)))


def _site(coordinator: Account, now: datetime) -> Site:
    """Return the site of the demo shifts, made in the coordinator's unit when first asked for."""
    site = db.session.scalar(select(Site).where(Site.code == SITE_CODE))
    if site is not None:
        return site
    unit = people_queries.unit_on(coordinator.person_id, local_day(now))
    if unit is None:
        raise NotFound()
    return shift_service.create_site(
        code=SITE_CODE, name=SITE_NAME, unit=unit, address=None, actor=SYSTEM, now=now
    )


def _leave_elsewhere(volunteer: Account, now: datetime) -> None:
    """Check the volunteer out of where a visitor left him; what is too late the job closes."""
    still_in = (
        select(Attendance)
        .where(
            Attendance.person_id == volunteer.person_id,
            Attendance.state == AttendanceState.OPEN,
        )
        .options(joinedload(Attendance.shift).joinedload(Shift.site))
    )
    actor = Actor(volunteer.person.name, volunteer.id, volunteer.person_id)
    for each in db.session.scalars(still_in).all():
        site = each.shift.site
        if now > each.shift.ends_at + timedelta(minutes=each.shift.settings.closes_after_minutes):
            continue
        here = SiteHere(site.id, site.code, site.name, site.address, site.qr_epoch)
        key = f"demo-{each.id}-{int(now.timestamp())}"
        attendance.check_out(attendance.Request(here, key), actor=actor, now=now)
