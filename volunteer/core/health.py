"""`/healthz`: is the database there, is it migrated, does the scheduler still tick."""

from datetime import timedelta

from flask import Blueprint, Flask, Response, jsonify, make_response
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from . import clock, startup
from .db import db
from .jobs import LEASE, TICK_SECONDS
from .login import public
from .models import Lease

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def show() -> Response:
    """Answer 200 with JSON; 503 where the database or its migrations fail, or ticks stopped.

    A scheduler that has never run is told as `never` and is no failure of the web.
    """
    now = clock.now()
    try:
        db.session.execute(text("SELECT 1"))
        revision, wanted = startup.revisions()
        last = db.session.scalar(select(Lease.renewed_at).where(Lease.name == LEASE))
    except SQLAlchemyError:
        return make_response(jsonify(database="down"), 503)
    late = last is not None and now - last > timedelta(seconds=TICK_SECONDS * 4)
    facts = {
        "database": "ok",
        "migrations": "ok" if revision == wanted else "behind",
        "scheduler": "never" if last is None else "late" if late else "ok",
        "last_tick": last and last.isoformat(timespec="seconds"),
    }
    healthy = revision == wanted and not late
    return make_response(jsonify(facts), 200 if healthy else 503)


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
