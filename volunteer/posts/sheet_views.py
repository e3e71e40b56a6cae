"""Pages of bringing in posts from a sheet, and the sheet to take away."""

from io import BytesIO

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from volunteer.core import clock, workbooks
from volunteer.core.login import current_actor

from . import access, sheets
from .columns import ALIASES, NEEDED
from .errors import ROW_TEXTS
from .forms import UploadForm

bp = Blueprint("post_sheets", __name__)

#: Wrong cells shown on the page; the shell tells more.
ERRORS_SHOWN = 100


@bp.route("/posts/import", methods=["GET", "POST"])
def upload() -> Response | tuple[str, int]:
    actor = current_actor()
    access.require_planner(actor)
    form, outcome = UploadForm(), None
    if form.validate_on_submit():
        with form.refusals():
            outcome = sheets.import_posts(
                form.file.data.read(),
                dry_run=form.dry_run.data,
                actor=actor,
                now=clock.now(),
            )
            if not (outcome.errors or form.dry_run.data):
                told_so = gettext(
                    "Imported: %(new)s new, %(updated)s changed, %(unchanged)s as before.",
                    new=outcome.new,
                    updated=outcome.updated,
                    unchanged=outcome.unchanged,
                )
                flash(told_so, "success")
                return redirect(url_for("posts.index"), 303)
    status = 422 if outcome and outcome.errors else form.status
    page = render_template(
        "posts/import.html",
        form=form,
        outcome=outcome,
        errors=outcome.errors[:ERRORS_SHOWN] if outcome else [],
        reasons={code: gettext(text) for code, text in ROW_TEXTS.items()},
        columns=[(names[0], column in NEEDED) for column, names in ALIASES.items()],
    )
    return page, status


@bp.get("/posts/export.xlsx")
def download() -> Response:
    content = sheets.export(
        actor=current_actor(),
        title=gettext("Persuasion posts"),
        note=gettext("Change it and upload it again: rows by their code, all or none."),
    )
    day = clock.local_day(clock.now())
    name = gettext("posts-%(day)s.xlsx", day=day.isoformat())
    return workbooks.send(BytesIO(content), name)
