"""The month of everybody: against one GROUP BY person over the ledger of that month."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from volunteer.audits import census, queries
from volunteer.core.clock import Month
from volunteer.core.db import db

from .databases import application, let_go, raw
from .measure import Figure, Rounds, alternate, seconds

ROUNDS = 7
GOAL = 3
#: What each has served towards the minimum, and nothing else: neither who belongs where,
#: nor who owes how much, nor the minutes of the units.
FLOOR = """
SELECT person_id, sum(minutes) FROM ledger_entry
WHERE month = '{}' AND nature = 'voluntary' GROUP BY person_id
"""


def measure(address: str, people: int, month: Month) -> Rounds:
    """Time the census: the tally of every unit, and what everybody owes, served and is."""
    today = month.last_day + timedelta(days=10)
    with raw(address) as connection, application(address).app_context():
        floor = partial(seconds, lambda: connection.execute(FLOOR.format(month)).fetchall())
        taken = census.take(month, today=today)
        if len(taken.people) != people or not _agrees(taken, month):
            raise AssertionError("the census and the tallies disagree")
        rounds = alternate(partial(seconds, _of(month)), floor, rounds=ROUNDS)
        let_go()
    return rounds


def _of(month: Month) -> Callable[[], None]:
    def take() -> None:
        census.take(month, today=month.last_day + timedelta(days=10))
        db.session.rollback()

    return take


def _agrees(taken: census.Census, month: Month) -> bool:
    today = month.last_day + timedelta(days=10)
    told = queries.tallies(month, under=("/",), today=today)
    db.session.rollback()
    return {unit: each for unit, each in told.items() if any(each)} == dict(taken.units)


def figure(engine: str, people: int, rounds: Rounds, rows: int) -> Figure:
    return rounds.figure("month_table_vs_sql", engine, people, GOAL, ledger_rows=rows)
