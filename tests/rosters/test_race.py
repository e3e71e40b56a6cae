"""Eight press “publish” at the same moment, through two server processes: it is published once.

The control arm decides on what it read before, and must publish more than once, or the race
is no race.
"""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import time, timedelta

import pytest
from sqlalchemy import func, select

from tests import make
from tests.attendance.test_race import server
from tests.faults.sign_up_race import CONTROL, PRODUCT, Press, phone, send
from volunteer.core import clock
from volunteer.core.actor import Role
from volunteer.core.clock import Month
from volunteer.core.db import db
from volunteer.core.models import Journal
from volunteer.reminders.models import Reminder
from volunteer.rosters import queries, service
from volunteer.shifts.models import Assignment

UNGUARDED = CONTROL.replace("signups", "rosters")
PRESSES = 8
SHIFTS = 12


@pytest.fixture
def press(app, unit, site):
    """A draft for the next days, and what its coordinators press."""
    for _ in range(SHIFTS):
        make.person(unit=unit)
    now = clock.now()
    starts = clock.at(clock.local_day(now) + timedelta(days=3), time(9))
    for number in range(SHIFTS):
        made = {"starts": starts + timedelta(minutes=number), "unit": unit, "site": site}
        make.shift(**made, kind="post", wanted=1)
    actor = make.grant_of(Role.CITY_OFFICE, make.city())
    (drawn,) = service.draw(unit, Month.of(starts), actor=actor, now=now)
    assert drawn.filled == SHIFTS
    path = f"/rosters/{queries.by_id(drawn.roster_id).public_id}/publish"
    holder = make.person(unit=unit)
    make.grant(person=holder, role=Role.COORDINATOR, unit=unit)
    return Press(path, phone(app, holder))


def answers(application, database_url, folder, press) -> Counter[str]:
    """Let all press at once, every other one at the other server."""
    db.session.remove()
    gate = threading.Barrier(PRESSES)

    def go(port):
        gate.wait()
        return send(port, press)

    with ExitStack() as stack:
        ports = [
            stack.enter_context(server(application, database_url, folder / f"{name}.log"))
            for name in ("first", "second")
        ]
        with ThreadPoolExecutor(PRESSES) as pool:
            return Counter(pool.map(go, ports * (PRESSES // 2)))


def count(entity, **facts):
    return db.session.scalar(select(func.count()).select_from(entity).filter_by(**facts))


def test_a_draft_is_published_once_however_many_press(database_url, tmp_path, press):
    said = answers(PRODUCT, database_url, tmp_path, press)

    assert said == {"303 placed": PRESSES}
    assert count(Journal, action="rosters.publish") == 1
    assert count(Assignment, state="assigned") == SHIFTS
    assert count(Reminder) == SHIFTS


def test_the_control_arm_publishes_more_than_once(database_url, tmp_path, press, engine):
    answers(UNGUARDED, database_url, tmp_path, press)

    published = count(Journal, action="rosters.publish")
    print(f"{engine}: the control arm published {published} times")
    assert published > 1
