"""Pages of the register: search, one person, and the guided import."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from volunteer.core import clock
from volunteer.core.actor import SCHEDULERS
from volunteer.core.clock import Month
from volunteer.core.fragments import render
from volunteer.core.i18n import say
from volunteer.core.login import current_actor
from volunteer.units import queries as units

from . import access, background, queries, rules, runs
from .errors import ROW_TEXTS
from .forms import UploadForm
from .models import ImportRun, ImportState

bp = Blueprint("people", __name__)

#: Wrong cells shown on the page; the shell tells more.
ERRORS_SHOWN = 100
#: What a run tells before it has been checked.
NOTHING_COUNTED: dict[str, Any] = {
    "accepted": 0,
    "landed": 0,
    "rejected": {},
    "skipped_duplicates": 0,
    "blank_rows": 0,
    "other_rows": 0,
    "new": 0,
    "updated": 0,
    "transferred": 0,
    "unchanged": 0,
    "sheet": "",
    "titles": {},
    "unused": [],
}


@bp.get("/people")
def index() -> str:
    actor = current_actor()
    readable = access.require_readable(actor)
    words = request.args.get("q", "")[:100]
    cut = units.cut(
        unit=request.args.get("unit", ""), grid=request.args.get("grid", ""), under=readable
    )
    page = queries.search(
        under=cut.paths,
        words=words,
        after=request.args.get("after"),
        before=request.args.get("before"),
    )
    return render_template(
        "people/index.html",
        page=page,
        words=words,
        unit=cut.unit,
        grid=cut.grid,
        grids=units.grid_choices(under=readable),
        listing=units.listing(under=readable),
        may_import=access.may_import(actor),
    )


@bp.get("/people/<string:public_id>")
def show(public_id: str) -> str:
    actor = current_actor()
    person = queries.by_public_id(public_id, under=access.readable(actor))
    belongings = queries.memberships_of(person.id)
    return render_template(
        "people/show.html",
        person=person,
        phone=rules.mask_phone(person.phone),
        belongings=belongings,
        month=Month.of(clock.now()),
        may_serve=any(actor.holds(each.unit_path, *SCHEDULERS) for each in belongings[:1]),
    )


@bp.route("/people/import", methods=["GET", "POST"])
def upload() -> Response | str | tuple[str, int]:
    actor = current_actor()
    access.require_import(actor)
    form = UploadForm()
    if form.validate_on_submit():
        run = runs.upload(
            form.file.data.filename,
            form.file.data.read(),
            actor=actor,
            now=clock.now(),
            start=background.starter(actor, clock.now),
        )
        return redirect(url_for(".import_run", public_id=run.public_id), 303)
    return render_template("people/upload.html", form=form), form.status


@bp.get("/people/import/<string:public_id>")
def import_run(public_id: str) -> Response:
    actor = current_actor()
    access.require_import(actor)
    run = queries.import_run(public_id, account_id=actor.account_id)
    abandoned = queries.is_abandoned(run, now=clock.now())
    earlier = queries.landed_with(run.sha256)
    counts = {**NOTHING_COUNTED, **run.counts}
    return render(
        "people/import.html",
        "people/_import.html",
        run=run,
        stage="failed" if abandoned else str(run.state),
        failure=failure_text(run),
        earlier=earlier if earlier and earlier.id != run.id else None,
        errors=run.errors[:ERRORS_SHOWN],
        reasons={code: gettext(text) for code, text in ROW_TEXTS.items()},
        counts=counts,
        wrong_rows=sum(counts["rejected"].values()),
    )


@bp.post("/people/import/<string:public_id>/confirm")
def confirm(public_id: str) -> Response:
    actor = current_actor()
    runs.confirm(
        public_id,
        accept_good_rows=request.form.get("accept_good_rows") == "yes",
        actor=actor,
        now=clock.now(),
        start=background.starter(actor, clock.now),
    )
    return redirect(url_for(".import_run", public_id=public_id), 303)


@bp.post("/people/import/<string:public_id>/discard")
def discard(public_id: str) -> Response:
    runs.discard(public_id, actor=current_actor(), now=clock.now())
    return redirect(url_for(".upload"), 303)


def failure_text(run: ImportRun) -> str:
    """Return why a run came to nothing, and what to do, in the reader's language."""
    if run.state == ImportState.FAILED and "text" in run.counts:
        return say(run.counts["text"], run.counts["facts"])
    return gettext("The work on this file was interrupted; nothing was written. Upload it again.")


blueprints = (bp,)
