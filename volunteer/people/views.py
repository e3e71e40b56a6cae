"""Pages of the register: search, one person, and the guided import."""

from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, send_file, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from volunteer.core import clock
from volunteer.core.actor import SCHEDULERS, Actor
from volunteer.core.clock import Month
from volunteer.core.fragments import render
from volunteer.core.i18n import say
from volunteer.core.login import current_actor
from volunteer.core.settings import Settings
from volunteer.units import queries as units

from . import (
    access,
    background,
    card_views,
    exports,
    hooks,
    merge_views,
    own_views,
    queries,
    record_views,
    records,
    register,
    rules,
    runs,
)
from .errors import ROW_TEXTS
from .forms import CONSENTS, QUALIFICATIONS, STATES, ExportForm, UploadForm
from .models import ImportRun, ImportState, PersonState
from .queries import Wanted

bp = Blueprint("people", __name__)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Whose records can still be changed.
KEPT = {PersonState.ACTIVE, PersonState.LEFT}

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
def index() -> tuple[str, int]:
    return people_page(ExportForm())


def people_page(form: ExportForm) -> tuple[str, int]:
    actor = current_actor()
    readable = access.require_readable(actor)
    unit = units.named(request.args.get("unit", ""), under=readable)
    under = [unit.path] if unit else readable
    wanted = Wanted.of(request.args)
    page = queries.search(
        under=under,
        wanted=wanted,
        after=request.args.get("after"),
        before=request.args.get("before"),
    )
    return render_template(
        "people/index.html",
        page=page,
        wanted=wanted,
        filters={**wanted.filters, **({"unit": unit.code} if unit else {})},
        unit=unit,
        listing=units.listing(under=readable),
        categories=queries.categories(all_=True),
        consents=CONSENTS,
        may_import=access.may_import(actor),
        may_print=access.may_print_cards(actor),
        may_take_whole=all(access.may_keep(actor, path) for path in under),
        requests=requests_waiting(actor),
        form=form,
    ), form.status


def requests_waiting(actor: Actor) -> int:
    names, deletions = access.names_decided(actor), access.deletions_seen(actor)
    return records.requests_waiting(names=names, deletions=deletions)


def settings() -> Settings:
    return current_app.extensions["settings"]


@bp.post("/people/export")
def export() -> Response | tuple[str, int]:
    actor, now = current_actor(), clock.now()
    readable = access.require_readable(actor)
    form = ExportForm()
    unit = units.named(request.args.get("unit", ""), under=readable)
    if form.validate_on_submit():
        name = unit.name if unit else gettext("All your units")
        with form.refusals():
            file = exports.save(
                exports.Stamp(settings().city_name, name, actor.name, now),
                under=[unit.path] if unit else readable,
                wanted=Wanted.of(request.args),
                whole=form.whole.data,
                reason=form.reason.data,
                actor=actor,
                now=now,
            )
            title = gettext("%(unit)s people %(day)s.xlsx", unit=name, day=clock.local_day(now))
            return send_file(file, XLSX, as_attachment=True, download_name=title.replace("/", "-"))
    return people_page(form)


@bp.get("/people/<string:public_id>")
def show(public_id: str) -> Response | str:
    actor, now = current_actor(), clock.now()
    if kept := records.kept_id(public_id):
        return redirect(url_for(".show", public_id=kept), 301)
    person = queries.by_public_id(public_id, under=access.readable(actor))
    belongings = queries.memberships_of(person.id)
    path = belongings[0].unit_path
    return render_template(
        "people/show.html",
        person=person,
        phone=rules.mask_phone(person.phone),
        belongings=belongings,
        planned=records.planned_move_of(person.id),
        undoable=register.undoable(person, belongings, now=now),
        qualifications=records.qualifications_of(person.id),
        consents=records.consents_of(person.id),
        requests=records.requests_of(person.id),
        merged=records.merged_into(person.id),
        deeds=deeds_of(person.id, now),
        states=STATES,
        consent_words=CONSENTS,
        kinds=QUALIFICATIONS,
        today=clock.local_day(now),
        month=Month.of(now),
        may_keep=access.may_keep(actor, path) and person.state in KEPT,
        may_serve=actor.holds(path, *SCHEDULERS) and person.state in KEPT,
    )


def deeds_of(person_id: int, now: datetime) -> records.Deeds:
    return next((asked(person_id, now) for asked in hooks.deeds), records.NOTHING)


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


blueprints = (bp, record_views.bp, merge_views.bp, own_views.bp, card_views.bp)
