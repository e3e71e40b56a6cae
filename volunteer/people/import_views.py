"""Pages of the guided import, and of the categories that its files name."""

import re
from dataclasses import replace
from io import BytesIO
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from volunteer.core import background, clock, workbooks
from volunteer.core.actor import Actor
from volunteer.core.addresses import number_asked
from volunteer.core.fragments import render
from volunteer.core.i18n import say
from volunteer.core.login import current_actor
from volunteer.units import queries as units

from . import access, categories, queries, refused, runs, staged
from .columns import ALIASES, NEEDED, Choices, masked
from .errors import REASONS, ChoiceUnknown
from .forms import CategoryForm, UploadForm
from .models import ImportRun, ImportState
from .staging import AbsenceChoice, RowAction

bp = Blueprint("imports", __name__)

#: The number of a column in a form, from 0.
COLUMN = re.compile("[0-9]{1,5}")
#: What a run tells before it has been checked.
NOTHING_COUNTED: dict[str, Any] = {
    "accepted": 0,
    "landed": 0,
    "left": 0,
    "absent": 0,
    "rejected": {},
    "skipped_duplicates": 0,
    "blank_rows": 0,
    "other_rows": 0,
    "new": 0,
    "updated": 0,
    "transferred": 0,
    "unchanged": 0,
    "rows": 0,
    "sheet": "",
    "header_row": 0,
    "titles": {},
    "unused": [],
    "flagged": {},
    "question": {},
    "reading": {},
    "unknown_units": [],
}
MEANINGS = {
    "name": lazy_gettext("Name"),
    "phone": lazy_gettext("Phone"),
    "unit": lazy_gettext("Unit"),
    "category": lazy_gettext("Category"),
    "joined": lazy_gettext("First day"),
}
FLAGS = {
    "hidden": lazy_gettext("hidden row"),
    "filled": lazy_gettext("from merged cells"),
    "formula": lazy_gettext("value of a formula"),
    "name": lazy_gettext("name written otherwise"),
    "odd": lazy_gettext("unusual name"),
    "left": lazy_gettext("has left; stays so"),
}
VIEWS = {
    RowAction.REFUSED: lazy_gettext("Wrong"),
    RowAction.NEW: lazy_gettext("New"),
    RowAction.UPDATED: lazy_gettext("Changed"),
    RowAction.TRANSFERRED: lazy_gettext("Transferred"),
    RowAction.UNCHANGED: lazy_gettext("Unchanged"),
    RowAction.DUPLICATE: lazy_gettext("There twice"),
    staged.FLAGGED: lazy_gettext("To look at"),
}
ABSENCES = {
    AbsenceChoice.STILL_HERE: lazy_gettext("Still here"),
    AbsenceChoice.LEFT: lazy_gettext("Has left"),
    AbsenceChoice.TRANSFERRED: lazy_gettext("Has been transferred"),
}


@bp.route("/people/import", methods=["GET", "POST"])
def upload() -> Response | str | tuple[str, int]:
    actor = current_actor()
    access.require_import(actor)
    form = UploadForm()
    if form.validate_on_submit():
        run = runs.upload(
            form.file.data.filename,
            form.file.data.read(),
            whole=form.whole.data,
            actor=actor,
            now=clock.now(),
            start=background.starter(actor, clock.now, runs.give_up),
        )
        return redirect(url_for(".show", public_id=run.public_id), 303)
    return render_template(
        "people/upload.html",
        form=form,
        aliases=ALIASES,
        needed=NEEDED,
        meanings=MEANINGS,
        categories=categories.on_offer(),
        may_keep_categories=access.may_keep_categories(actor),
        runs=staged.recent_runs(actor.account_id),
    ), form.status


@bp.get("/people/import/<string:public_id>")
def show(public_id: str) -> Response:
    actor = current_actor()
    access.require_import(actor)
    run = queries.import_run(public_id, account_id=actor.account_id)
    abandoned = queries.is_abandoned(run, now=clock.now())
    earlier = queries.landed_with(run.sha256)
    counts = {**NOTHING_COUNTED, **run.counts}
    view = _view(request.args.get("show", ""), counts)
    after = number_asked("after") or 0
    return render(
        "people/import.html",
        "people/_import.html",
        run=run,
        stage="failed" if abandoned else str(run.state),
        failure=failure_text(run),
        earlier=earlier if earlier and earlier.id != run.id else None,
        counts=counts,
        wrong_rows=sum(counts["rejected"].values()),
        choices=Choices.stored(run.choices),
        view=view,
        code=request.args.get("code", ""),
        after=after,
        lines=staged.page(run.id, view, code=request.args.get("code", ""), after=after),
        views={name: (words, _rows_of(name, counts)) for name, words in VIEWS.items()},
        reasons=reasons(),
        meanings=MEANINGS,
        flags=FLAGS,
        masked=masked,
    )


def _rows_of(view: str, counts: dict[str, Any]) -> int:
    match view:
        case RowAction.REFUSED:
            return sum(counts["rejected"].values())
        case RowAction.DUPLICATE:
            return counts["skipped_duplicates"]
        case staged.FLAGGED:
            return sum(counts["flagged"].values())
    return counts[view]


def _view(asked: str, counts: dict[str, Any]) -> str:
    """Return which rows to show: those asked for, else the first kind that needs a look."""
    if asked in staged.VIEWS:
        return asked
    first = (RowAction.REFUSED, RowAction.TRANSFERRED, RowAction.UPDATED, RowAction.NEW)
    return next((each.value for each in first if _rows_of(each, counts)), RowAction.UNCHANGED.value)


def reasons() -> dict[str, tuple[str, str]]:
    """Return why a row may be wrong and how to mend it, by code, in the reader's language."""
    return {code: (gettext(why), gettext(mend)) for code, (why, mend) in REASONS.items()}


@bp.post("/people/import/<string:public_id>/choose")
def choose(public_id: str) -> Response:
    actor = current_actor()
    access.require_import(actor)
    run = queries.import_run(public_id, account_id=actor.account_id)
    runs.choose(
        public_id,
        chosen(Choices.stored(run.choices)),
        actor=actor,
        now=clock.now(),
        start=background.starter(actor, clock.now, runs.give_up),
    )
    return redirect(url_for(".show", public_id=public_id), 303)


def chosen(before: Choices) -> Choices:
    """Return what the form says, over what was chosen before; raises ChoiceUnknown."""
    form = request.form
    match form.get("what"):
        case "sheet":
            return replace(before, sheet=form.get("sheet"), header=None, columns={})
        case "columns":
            means = {
                int(place): column
                for field, column in form.items()
                if COLUMN.fullmatch(place := field.removeprefix("column-")) and column in ALIASES
            }
            header = form.get("row", 0, int)
            if header < 1:
                raise ChoiceUnknown()
            return replace(before, sheet=form.get("sheet"), header=header, columns=means)
        case "units":
            pairs = zip(form.getlist("unit_key"), form.getlist("unit_code"), strict=False)
            return replace(before, units={**before.units, **{k: c for k, c in pairs if c}})
        case "whole":
            return replace(before, whole=form.get("whole") == "yes")
    raise ChoiceUnknown()


@bp.post("/people/import/<string:public_id>/confirm")
def confirm(public_id: str) -> Response:
    actor = current_actor()
    runs.confirm(
        public_id,
        accept_good_rows=request.form.get("accept_good_rows") == "yes",
        actor=actor,
        now=clock.now(),
        start=background.starter(actor, clock.now, runs.give_up),
    )
    return redirect(url_for(".show", public_id=public_id), 303)


@bp.post("/people/import/<string:public_id>/discard")
def discard(public_id: str) -> Response:
    runs.discard(public_id, actor=current_actor(), now=clock.now())
    return redirect(url_for(".upload"), 303)


@bp.get("/people/import/<string:public_id>/refused.xlsx")
def refused_rows(public_id: str) -> Response:
    """Send the refused rows as a file that is imported as it is when it is mended."""
    actor = current_actor()
    access.require_import(actor)
    run = queries.import_run(public_id, account_id=actor.account_id)
    counts = run.counts
    header = refused.named(
        counts.get("header", ()), counts.get("titles", {}), counts.get("places", {})
    )
    content = refused.workbook(header, staged.refused_rows(run.id))
    name = gettext("%(file)s refused rows.xlsx", file=run.file_name.rpartition(".")[0][:60])
    return workbooks.send(BytesIO(content), name)


@bp.get("/people/import/<string:public_id>/absences")
def absences(public_id: str) -> str:
    actor = current_actor()
    access.require_import(actor)
    run = queries.import_run(public_id, account_id=actor.account_id)
    return render_template(
        "people/import_absences.html",
        run=run,
        page=staged.absent(run.id, after=request.args.get("after", "")[:20]),
        after=request.args.get("after", "")[:20],
        chosen=staged.absent_by_choice(run.id),
        choices=ABSENCES,
        units=units.listing(under=access.keepable(actor)),
        open=run.state == ImportState.READY,
    )


@bp.post("/people/import/<string:public_id>/absences")
def choose_absent(public_id: str) -> Response:
    actor, now = current_actor(), clock.now()
    access.require_import(actor)
    runs.choose_absent(public_id, absent_chosen(actor), actor=actor, now=now)
    flash(gettext("The choices are kept; they count when the import is confirmed."), "success")
    after = request.form.get("next") or request.form.get("after") or None
    return redirect(url_for(".absences", public_id=public_id, after=after), 303)


def absent_chosen(actor: Actor) -> dict[str, tuple[AbsenceChoice, int | None]]:
    """Return what the form says of each person; raises UnitUnknown and ChoiceUnknown."""
    form = request.form
    index = units.load_index(on=clock.local_day(clock.now()), under=access.keepable(actor))
    everyone = form.get("everyone", "")
    found: dict[str, tuple[AbsenceChoice, int | None]] = {}
    for public_id in form.getlist("person"):
        word = everyone or form.get(f"choice-{public_id}", "")
        if word not in set(AbsenceChoice):
            raise ChoiceUnknown()
        choice, unit = AbsenceChoice(word), None
        if choice == AbsenceChoice.TRANSFERRED:
            unit = index.find(form.get(f"unit-{public_id}", "")).id
        found[public_id] = (choice, unit)
    return found


@bp.get("/people/categories")
def category_list() -> str | tuple[str, int]:
    return category_page(CategoryForm())


def category_page(form: CategoryForm) -> tuple[str, int]:
    access.require_categories(current_actor())
    return render_template(
        "people/categories.html",
        form=form,
        categories=categories.every(),
        people=categories.people_in(),
    ), form.status


@bp.post("/people/categories")
def add_category() -> Response | tuple[str, int]:
    form = CategoryForm()
    if form.validate_on_submit():
        with form.refusals():
            categories.add(form.name.data, actor=current_actor(), now=clock.now())
            flash(gettext("The category is offered from now on."), "success")
            return redirect(url_for(".category_list"), 303)
    return category_page(form)


@bp.post("/people/categories/<id:category_id>/end")
def end_category(category_id: int) -> Response:
    categories.end(category_id, actor=current_actor(), now=clock.now())
    flash(gettext("The category is offered no more; people keep it."), "success")
    return redirect(url_for(".category_list"), 303)


def failure_text(run: ImportRun) -> str:
    """Return why a run came to nothing or asks, and what to do, in the reader's language."""
    if "text" in run.counts:
        return say(run.counts["text"], run.counts["facts"])
    return gettext("The work on this file was interrupted; nothing was written. Upload it again.")
