"""A small city that has one of everything, for the walks through all addresses."""

from dataclasses import dataclass, replace
from datetime import date, time
from hashlib import sha256
from typing import Any

from flask import current_app

from tests import make
from tests.make import at
from volunteer.accounts.models import AccountGrant, ActivationCode, LoginSession
from volunteer.activities.models import Activity
from volunteer.attendance.models import Attendance, ScannerDevice
from volunteer.attendance.tokens import SiteCode, site_token
from volunteer.boards.models import CalendarAddress, Inspection
from volunteer.core.actor import Role
from volunteer.exchange.models import ExchangeFile
from volunteer.hours.models import LedgerEntry
from volunteer.people.models import ImportRun, Person, PersonRequest
from volunteer.posts.models import Post, PostSuspension, PostWindow
from volunteer.reminders.models import Reminder
from volunteer.rosters.models import Roster, RosterRun
from volunteer.shifts.models import CallOff, Shift, Site
from volunteer.targets.models import Exemption
from volunteer.units.models import Grid, Unit, UnitAlias

#: The moment of the walk: half an hour into the shift.
NOW = at("2026-03-07 09:30")


@dataclass
class Corner:
    """A unit with one of everything, and what belongs to the person who looks at it."""

    unit: Unit
    volunteer: Person
    #: A second record of the volunteer.
    double: Person
    site: Site
    #: What the printed code of the site says.
    token: str
    shift: Shift
    attendance: Attendance
    activity: Activity
    post: Post
    suspension: PostSuspension
    exemption: Exemption
    exchange_file: ExchangeFile
    alias: UnitAlias
    grid: Grid
    #: The appointment of the unit's coordinator.
    grant: AccountGrant
    reminder: Reminder
    import_run: ImportRun
    login_session: LoginSession
    link: str
    asked: PersonRequest


def corner(name: str) -> Corner:
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
    roster(unit)
    call_off(unit)
    roster_run(unit)
    keys = current_app.extensions["settings"].token_keys
    token = site_token(SiteCode(site.public_id, site.qr_epoch), keys)
    kept = post(unit, site)
    coordinator = make.grant(person=make.person(unit=unit), role=Role.COORDINATOR, unit=unit)
    scanner(unit, coordinator)
    hashed = sha256(calendar_of(unit).encode()).hexdigest()
    make.save(CalendarAddress(unit_id=unit.id, token_hash=hashed, made_at=NOW))
    return Corner(
        unit,
        volunteer,
        make.person(unit=unit, name=volunteer.name),
        site,
        token,
        shift,
        attendance,
        activity(unit, site),
        kept,
        suspension(kept),
        make.exemption(person=volunteer, from_on=date(2026, 2, 1), until_on=date(2026, 2, 28)),
        exchange_file(unit),
        make.alias(unit=unit),
        make.grid(lead=unit),
        coordinator,
        **belongings(volunteer),
    )


def scanner(unit: Unit, of: AccountGrant) -> None:
    """A phone with which the unit's coordinator scans; its public id follows from the unit."""
    make.save(
        ScannerDevice(
            public_id=f"d{unit.id:015x}",
            account_id=of.account_id,
            cookie_hash=f"{unit.id:064x}",
            browser_class="android",
            enrolled_at=NOW,
            seen_at=NOW,
            last_seq=0,
            gaps=0,
            waiting=0,
        )
    )


def activity(unit: Unit, site: Site) -> Activity:
    return make.save(
        Activity(
            public_id=f"a{unit.id:015x}",
            unit_id=unit.id,
            site_id=site.id,
            title="周五清扫",
            content="清扫街面",
            rrule="FREQ=WEEKLY;BYDAY=FR",
            holidays="keep",
            category="cleaning",
            sign_up="open",
            starts=time(15),
            minutes=120,
            first_on=date(2026, 3, 1),
            wanted=2,
            nature="voluntary",
            created_at=NOW,
        )
    )


def suspension(post: Post) -> PostSuspension:
    return make.save(
        PostSuspension(
            post_id=post.id,
            from_on=date(2026, 5, 1),
            until_on=date(2026, 5, 5),
            reason="道路施工",
            made_at=NOW,
        )
    )


def post(unit: Unit, site: Site) -> Post:
    return make.save(
        Post(
            code=f"P{unit.id}",
            name="中心路口",
            unit_id=unit.id,
            site_id=site.id,
            wanted=2,
            first_on=date(2026, 3, 1),
            created_at=NOW,
            windows=[PostWindow(starts=time(7, 30), ends=time(9), weekdays=31)],
        )
    )


def inspection() -> Inspection:
    """The only one: of the whole city, so that everybody who reads a unit sees it."""
    return make.save(
        Inspection(
            id=1,
            name="全国文明城市测评",
            unit_id=make.city().id,
            from_on=date(2026, 3, 9),
            until_on=date(2026, 3, 13),
            created_at=NOW,
        )
    )


def roster(unit: Unit) -> Roster:
    """The draft of a unit's month."""
    return make.save(
        Roster(
            public_id=f"b{unit.id:015x}",
            unit_id=unit.id,
            month="2026-03",
            state="draft",
            way="drawn",
            settings={"posts_a_week": 3},
            cost="0",
            milliseconds=0,
        )
    )


def call_off(unit: Unit) -> CallOff:
    """A day of the unit that was called off."""
    return make.save(
        CallOff(
            public_id=f"c{unit.id:015x}",
            unit_id=unit.id,
            starts_at=at("2026-03-08 00:00"),
            ends_at=at("2026-03-09 00:00"),
            reason="暴雨",
            called_off_at=NOW,
        )
    )


def roster_run(unit: Unit) -> RosterRun:
    """The month's drafts being published at this moment; asked again, it starts no other."""
    return make.save(
        RosterRun(
            unit_id=unit.id,
            month="2026-03",
            work="publish",
            way="drawn",
            settings={},
            state="running",
            step="publishing",
            done=0,
            total=1,
            counts={},
            started_at=NOW,
            beat_at=NOW,
        )
    )


def calendar_of(unit: Unit) -> str:
    """The secret of the unit's calendar."""
    return f"secret-of-{unit.code}"


def exchange_file(unit: Unit) -> ExchangeFile:
    return make.save(
        ExchangeFile(
            public_id=f"e{unit.id:015x}",
            unit_id=unit.id,
            kind="durations",
            file_name="durations.xlsx",
            sha256="0" * 64,
            value_unit="hours",
            first_on=date(2026, 3, 1),
            last_on=date(2026, 3, 5),
            counts={
                "rows": 0,
                "kept": 0,
                "rejected": {},
                "skipped_duplicates": 0,
                "blank_rows": 0,
                "other_rows": 0,
                "sheet": "",
                "titles": {},
                "unused": [],
                "sample": {},
            },
            errors=[],
            imported_at=NOW,
        )
    )


def belongings(person: Person) -> dict[str, Any]:
    """Make what only the person may look at: a message, an import, a log-in."""
    account = make.account_of(person)
    reminder = make.save(
        Reminder(
            person_id=person.id,
            kind="short_day_20",
            period="2026-02",
            required_minutes=120,
            served_minutes=60,
            planned_at=at("2026-02-20 09:00"),
        )
    )
    import_run = make.save(
        ImportRun(
            public_id=f"{account.id:016x}",
            file_name="people.csv",
            sha256="0" * 64,
            state="ready",
            done=0,
            total=1,
            counts={
                "accepted": 1,
                "landed": 0,
                "rejected": {},
                "skipped_duplicates": 0,
                "blank_rows": 0,
            },
            choices={},
            landed_before=0,
            account_id=account.id,
            started_at=NOW,
            beat_at=NOW,
        )
    )
    login_session = make.save(
        LoginSession(
            account_id=account.id,
            token_hash=f"{account.id:064x}",
            created_at=NOW,
            expires_at=make.FAR_AHEAD,
        )
    )
    asked = make.save(
        PersonRequest(
            public_id=f"r{account.id:015x}",
            person_id=person.id,
            kind="name",
            name="王芳",
            state="open",
            asked_at=NOW,
        )
    )
    link = f"link-{account.id}"
    make.save(
        ActivationCode(
            account_id=account.id,
            kind="link",
            code_hash=sha256(link.encode()).hexdigest(),
            failures=0,
            created_at=NOW,
            expires_at=make.FAR_AHEAD,
        )
    )
    return {
        "reminder": reminder,
        "import_run": import_run,
        "login_session": login_session,
        "link": link,
        "asked": asked,
    }


class World:
    """Two corners of a city: `own`, where the roles are held, and `foreign`."""

    def __init__(self) -> None:
        self._own = corner("第一社区")
        self.foreign = corner("第二社区")
        self.holders = {"volunteer": self._own.volunteer}
        self._belongings: dict[str, dict[str, Any]] = {}
        self.inspection = inspection()
        for role, over in (
            (Role.COORDINATOR, self._own.unit),
            (Role.UNIT_ADMIN, self._own.unit),
            (Role.CITY_OFFICE, make.city()),
        ):
            holder = make.person(unit=over)
            make.grant(person=holder, role=role, unit=over)
            self.holders[role.value] = holder
            self._belongings[role.value] = belongings(holder)

    def own(self, role: str) -> Corner:
        """The own corner as the holder of `role` sees it."""
        return replace(self._own, **self._belongings.get(role, {}))
