"""The control arm of the race for one place: the product without what keeps people in line.

Served by gunicorn as `tests.signups.unguarded:app()`. It takes no lock on the shift, and
decides on what it read before its writing transaction began; the database beneath it has
neither trigger nor constraint.
"""

import time

from flask import Flask, g
from sqlalchemy import select

from volunteer import create_app
from volunteer.core.clock import local_day
from volunteer.core.db import db
from volunteer.shifts.models import Shift
from volunteer.signups import queries, taking

#: Long enough for all who press at once to have looked.
LOOKING_SECONDS = 0.5


def app() -> Flask:
    """Take the guards off in this process and build the application."""
    take, asked_of, standing = taking.take, queries.asked_of, queries.standing

    def shift_as_it_is(public_id):
        return db.session.scalars(select(Shift).where(Shift.public_id == public_id)).one()

    def look_first(public_id, *, actor, now):
        shift = shift_as_it_is(public_id)
        g.asked = asked_of(shift, person_id=actor.person_id, now=now)
        g.mine = standing(actor.person_id, since=local_day(now))
        time.sleep(LOOKING_SECONDS)
        return take(public_id, actor=actor, now=now)

    taking.take = look_first
    queries.locked = shift_as_it_is
    queries.asked_of = lambda shift, **given: g.asked
    queries.standing = lambda person_id, **given: g.mine
    return create_app()
