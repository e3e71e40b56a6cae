"""The inbox: what a person has been told, and marking it as read."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from volunteer.core import clock
from volunteer.core.addresses import number_asked
from volunteer.core.login import current_actor

from . import access, queries, service
from .words import HEADINGS, TOLD

bp = Blueprint("reminders", __name__)

PAGE = 20


@bp.get("/inbox")
def inbox() -> str:
    person_id = access.require_self(current_actor())
    before = number_asked("before")
    lines = queries.inbox(person_id, before=before, limit=PAGE + 1)
    return render_template(
        "reminders/inbox.html",
        messages=lines[:PAGE],
        older=lines[PAGE - 1].id if len(lines) > PAGE else None,
        first=before is None,
        headings=HEADINGS,
        told=TOLD,
    )


@bp.post("/inbox/<id:reminder_id>/read")
def read(reminder_id: int) -> Response:
    service.mark_read(reminder_id, actor=current_actor(), now=clock.now())
    return redirect(url_for(".inbox"), 303)


@bp.post("/inbox/read-all")
def read_all() -> Response:
    service.mark_all_read(actor=current_actor(), now=clock.now())
    return redirect(url_for(".inbox"), 303)


blueprints = (bp,)
