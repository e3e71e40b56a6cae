"""The control arm of the race: the product without what keeps a person's scans in line.

Served by gunicorn as `tests.attendance.unguarded:app()`. It looks up no key, takes no lock,
and decides on what it read at the door, before the writing transaction began.
"""

import time

from flask import Flask, g

from volunteer import create_app
from volunteer.attendance import queries
from volunteer.core import clock
from volunteer.core.login import current_actor


def app() -> Flask:
    """Take the guards off in this process and build the application."""
    site_here, candidates, member = queries.site_here, queries.candidates, queries.member

    def site_and_early_look(code):
        site = site_here(code)
        g.seen = candidates(current_actor().person_id, clock.now())
        time.sleep(0.3)  # long enough for all to have looked
        return site

    queries.site_here = site_and_early_look
    queries.candidates = lambda person_id, now: g.seen
    queries.member = lambda person_id, day, lock: member(person_id, day, lock=False)
    queries.stored_answer = lambda account_id, key: None
    return create_app()
