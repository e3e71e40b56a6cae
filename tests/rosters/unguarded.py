"""The control arm of the race to publish: the product without what keeps people in line.

Served by gunicorn as `tests.rosters.unguarded:app()`. It decides on the state that it read
before its writing transaction began, and takes no lock on the roster.
"""

import time

from flask import Flask
from sqlalchemy import update

from volunteer import create_app
from volunteer.core.db import transaction
from volunteer.rosters import publishing
from volunteer.rosters.models import Roster, RosterState

#: Long enough for all who press at once to have looked.
LOOKING_SECONDS = 0.5


def app() -> Flask:
    """Take the guard off in this process and build the application."""
    publish = publishing.publish

    def look_first(roster, *, actor, now):
        roster_id, seen = roster.id, roster.state
        time.sleep(LOOKING_SECONDS)
        if seen != RosterState.DRAFT:
            return publishing.Published(0, 0)
        with transaction() as session:
            as_seen = {"state": seen, "published_at": None}
            session.execute(update(Roster).where(Roster.id == roster_id).values(as_seen))
            return publish(roster, actor=actor, now=now)

    publishing.publish = look_first
    return create_app()
