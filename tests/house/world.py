"""A small city that has one of everything, for the walks through all addresses."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from flask import Flask
from werkzeug.routing import Rule

from tests import make
from tests.make import at
from volunteer.attendance.models import Attendance
from volunteer.core.actor import Role
from volunteer.hours.models import LedgerEntry
from volunteer.people.models import ImportRun, Person
from volunteer.reminders.models import Reminder
from volunteer.shifts.models import Shift, Site
from volunteer.units.models import Unit

#: The moment of the walk: half an hour into the shift.
NOW = at("2026-03-07 09:30")
#: What stands in an address when nobody looks at what it names.
ANYTHING = {"string": "abc", "int": "1", "uuid": "0b6e7f0c-8e7d-4b2a-9a55-0123456789ab"}


@dataclass
class Corner:
    """A unit with a volunteer and one of everything that the volunteer and the unit have."""

    unit: Unit
    volunteer: Person
    site: Site
    shift: Shift
    attendance: Attendance
    reminder: Reminder
    import_run: ImportRun


def corner(name: str, *, uploader: Person | None = None) -> Corner:
    unit = make.unit(name=name)
    volunteer = make.person(unit=unit)
    site = make.site(unit=unit)
    shift = make.shift(starts="2026-03-07 09:00", unit=unit, site=site)
    make.assignment(person=volunteer, shift=shift)
    attendance = make.save(
        Attendance(
            shift_id=shift.id,
            person_id=volunteer.id,
            unit_id=unit.id,
            state="open",
            arrived_at=at("2026-03-07 08:58"),
            evidence_class="C",
            review="none",
            revision=0,
        )
    )
    make.save(
        LedgerEntry(
            person_id=volunteer.id,
            unit_id=unit.id,
            month="2026-03",
            service_day=date(2026, 3, 1),
            minutes=60,
            nature="voluntary",
            source=f"test:{volunteer.id}",
            source_class="imported",
            entered_at=at("2026-03-01 12:00"),
        )
    )
    reminder = make.save(
        Reminder(
            person_id=volunteer.id,
            kind="short_day_20",
            period="2026-02",
            required_minutes=120,
            served_minutes=60,
            planned_at=at("2026-02-20 09:00"),
        )
    )
    import_run = make.save(
        ImportRun(
            public_id=f"{unit.id:016x}",
            file_name="people.csv",
            sha256="0" * 64,
            state="ready",
            done=0,
            total=1,
            counts={"accepted": 1, "rejected": {}, "skipped_duplicates": 0, "blank_rows": 0},
            errors=[],
            landed_before=0,
            account_id=make.account_of(uploader or volunteer).id,
            started_at=NOW,
            beat_at=NOW,
        )
    )
    return Corner(unit, volunteer, site, shift, attendance, reminder, import_run)


class World:
    """Two corners of a city: `own`, where the roles are held, and `foreign`."""

    def __init__(self) -> None:
        self.holders: dict[str, Person] = {}
        office = make.person(unit=make.unit(name="创建办"))
        self.own = corner("第一社区", uploader=office)
        self.foreign = corner("第二社区")
        self.holders["volunteer"] = self.own.volunteer
        for role, over in (
            (Role.COORDINATOR, self.own.unit),
            (Role.UNIT_ADMIN, self.own.unit),
        ):
            self.holders[role.value] = make.person(unit=over)
            make.grant(person=self.holders[role.value], role=role, unit=over)
        self.holders["city_office"] = office
        make.grant(person=office, role=Role.CITY_OFFICE, unit=make.city())


#: How an argument of an address is filled in, by blueprint and name; see `sample`.
SAMPLES: dict[tuple[str, str], Callable[[Corner], object]] = {
    ("accounts", "login_id"): lambda corner: corner.login_session.id,
    ("people", "public_id"): lambda corner: corner.volunteer.public_id,
    ("shifts", "public_id"): lambda corner: corner.shift.public_id,
    ("attendance", "public_id"): lambda corner: corner.shift.public_id,
    ("audits", "code"): lambda corner: corner.unit.code,
    ("units", "code"): lambda corner: corner.unit.code,
    ("*", "month"): lambda corner: "2026-03",
}


def sample(rule: Rule, name: str, corner: Corner) -> object:
    blueprint = rule.endpoint.rpartition(".")[0]
    for key in ((rule.endpoint, name), (blueprint, name), ("*", name)):
        if key in SAMPLES:
            return SAMPLES[key](corner)
    raise LookupError(f"no sample for <{name}> of {rule.rule}: add one to {__file__}")


def address(app: Flask, rule: Rule, corner: Corner | None = None) -> str:
    """Return a path that the rule matches: into the corner, or to nothing at all."""
    values = {
        name: sample(rule, name, corner) if corner else _anything(rule, name)
        for name in rule.arguments
    }
    with app.test_request_context():
        return app.url_for(rule.endpoint, **values)


def _anything(rule: Rule, name: str) -> str:
    kind = type(rule._converters[name]).__name__
    return {"IntegerConverter": ANYTHING["int"], "UUIDConverter": ANYTHING["uuid"]}.get(
        kind, ANYTHING["string"]
    )
