"""The features, lowest first: each may import only those named before it.

This one tuple is the registration order, the import law (kept by
`tests/house/test_imports.py`) and the table of contents.
"""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from click import Group
from flask import Flask

from volunteer.accounts import persons as accounts_persons
from volunteer.activities import queries as activities
from volunteer.attendance import persons as attendance_persons
from volunteer.attendance import queries as attendance
from volunteer.audits import record
from volunteer.people import hooks as people
from volunteer.posts import queries as posts
from volunteer.reminders import service as reminders
from volunteer.shifts import candidates, checkin, gate, notices
from volunteer.shifts import persons as shifts_persons
from volunteer.shifts import service as shifts
from volunteer.shifts.models import ShiftKind
from volunteer.signups import persons as signups_persons
from volunteer.signups import places as signups_places
from volunteer.signups import queries as signups
from volunteer.signups import taking, waitlist
from volunteer.targets import service as targets
from volunteer.targets import training

FEATURES = (
    "units",
    "people",
    "accounts",
    "workdays",
    "shifts",
    "hours",
    "targets",
    "activities",
    "posts",
    "signups",
    "rosters",
    "structure",
    "grids",
    "attendance",
    "audits",
    "boards",
    "exchange",
    "reminders",
    "home",
)


def init_app(app: Flask) -> None:
    """Attach every feature's tables, jobs, pages and commands."""
    for feature in FEATURES:
        load(feature, "models")
        load(feature, "jobs")
        for part in ("views", "api"):
            if module := load(feature, part):
                for blueprint in module.blueprints:
                    app.register_blueprint(blueprint)
        if module := load(feature, "commands"):
            for group in module.groups:
                add_group(app, group)
    connect_hooks()


def add_group(app: Flask, group: Group) -> None:
    """Add a group of commands; one that a lower feature has begun is carried on."""
    there = app.cli.commands.get(group.name or "")
    if isinstance(there, Group):
        there.commands.update(group.commands)
    else:
        app.cli.add_command(group)


def connect_hooks() -> None:
    """Fill the hook lists by which a lower feature reaches a higher one. A repeat is one."""
    shifts.attended_among[:] = [attendance.attended_among]
    shifts.place_freed[:] = [waitlist.place_freed]
    taking.has_checked_in[:] = [attendance.has_checked_in]
    gate.gates[:] = [training.untrained]
    gate.refusing[:] = [training.refuses]
    checkin.wishes_of_series[:] = [activities.wishes_of, posts.wishes_of]
    checkin.series_named[ShiftKind.ACTIVITY] = activities.activity
    checkin.series_named[ShiftKind.POST] = posts.post
    notices.tellers[:] = [reminders.tell]
    candidates.days_off[:] = [signups.days_off]
    candidates.waiting[:] = [signups_places.waits]
    people.phone_changed[:] = [accounts_persons.renew]
    people.leaving[:] = [accounts_persons.require_no_office]
    people.left[:] = [accounts_persons.retire, shifts_persons.release, signups_persons.release]
    people.merged[:] = [
        attendance_persons.require_gone,
        accounts_persons.take_over,
        shifts_persons.take_over,
        signups_persons.take_over,
        targets.take_over,
    ]
    people.erased[:] = [accounts_persons.forget, signups_persons.forget]
    people.serves[:] = [shifts_persons.serves_about_now]
    people.deeds[:] = [record.deeds_of]
    people.lines[:] = [record.lines_of]


def load(feature: str, part: str) -> ModuleType | None:
    """Import `volunteer.<feature>.<part>`, or return None if it has no such part."""
    name = f"volunteer.{feature}.{part}"
    return import_module(name) if find_spec(name) else None
