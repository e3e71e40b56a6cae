"""Planning reminders: against one INSERT ... SELECT of the same rows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from volunteer.core.clock import Month
from volunteer.core.db import sqlite
from volunteer.reminders import service
from volunteer.reminders.models import ReminderKind

from .databases import application, let_go, raw
from .measure import Figure, Rounds, alternate, seconds
from .world import stored

ROUNDS = 5
GOAL = 3

#: The reminders themselves and nothing else: neither their deliveries nor the exceptions.
FLOOR = """
INSERT INTO reminder (person_id, kind, period, required_minutes, served_minutes, planned_at)
SELECT person.id, 'short_day_20', '{month}', 120, coalesce(served.minutes, 0), '{now}'
FROM person LEFT JOIN (
  SELECT person_id, sum(minutes) AS minutes FROM ledger_entry
  WHERE month = '{month}' GROUP BY person_id
) AS served ON served.person_id = person.id
WHERE coalesce(served.minutes, 0) < 120
"""


def measure(address: str, month: Month) -> tuple[Rounds, int]:
    """Time both with their commits; return also how many are owed."""
    now = month.start + timedelta(days=19, hours=9)
    statement = FLOOR.format(month=month, now=stored(now))
    planned: list[int] = []

    def plan() -> None:
        planned.append(service.plan_short(month, ReminderKind.SHORT_DAY_20, now=now))

    with raw(address) as connection, application(address).app_context():
        rounds = alternate(
            lambda: _after_cleaning(connection, plan),
            lambda: _after_cleaning(connection, lambda: connection.execute(statement)),
            rounds=ROUNDS,
        )
        again = service.plan_short(month, ReminderKind.SHORT_DAY_20, now=now)
        let_go()
    if len(set(planned)) != 1 or again:
        raise AssertionError(f"planned {planned}, then {again} once more")
    return rounds, planned[0]


def figure(engine: str, people: int, rounds: Rounds, owed: int) -> Figure:
    return rounds.figure("plan_reminders_vs_floor", engine, people, GOAL, owed=owed)


def _after_cleaning(connection: Any, work: Callable[[], object]) -> float:
    """Time `work` on tables without reminders."""
    connection.execute("DELETE FROM delivery")
    connection.execute("DELETE FROM reminder")
    if not isinstance(connection, sqlite.Connection):
        connection.execute("VACUUM ANALYZE delivery, reminder")
    return seconds(work)
