"""Pages of merging two records: looking for the other one, comparing, merging."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from volunteer.core import clock
from volunteer.core.actor import Actor
from volunteer.core.errors import NotFound
from volunteer.core.login import current_actor

from . import access, merging, queries, records, rules
from .forms import CONSENTS, STATES
from .models import Person

bp = Blueprint("merge", __name__)

#: How many records a search offers.
OFFERED = 20


def keepable(public_id: str, actor: Actor) -> Person:
    access.require_import(actor)
    return queries.by_public_id(public_id, under=access.keepable(actor))


@bp.get("/people/<string:public_id>/merge")
def choose(public_id: str) -> str:
    actor = current_actor()
    person = keepable(public_id, actor)
    words = request.args.get("q", person.name)[:100]
    page = queries.search(under=access.keepable(actor), words=words, limit=OFFERED)
    return render_template(
        "people/merge.html",
        person=person,
        words=words,
        lines=[line for line in page.lines if line.id != person.id],
    )


@bp.get("/people/<string:public_id>/merge/<string:other_id>")
def compare(public_id: str, other_id: str) -> str:
    actor = current_actor()
    kept, other = keepable(public_id, actor), keepable(other_id, actor)
    if kept.id == other.id:
        raise NotFound()
    return render_template(
        "people/compare.html",
        sides=[
            (each, rules.mask_phone(each.phone), queries.memberships_of(each.id))
            for each in (kept, other)
        ],
        merged=records.merged_into(kept.id),
        states=STATES,
        consent_words=CONSENTS,
    )


@bp.post("/people/<string:public_id>/merge/<string:other_id>")
def merge(public_id: str, other_id: str) -> Response:
    person = merging.merge(public_id, other_id, actor=current_actor(), now=clock.now())
    flash(gettext("The two records are one now; both numbers and cards go on working."), "success")
    return redirect(url_for("people.show", public_id=person.public_id), 303)
