"""Pages of bringing in a roster from a sheet: the preview, and the sheet to fill in."""

from io import BytesIO

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from volunteer.core import clock, workbooks
from volunteer.core.errors import NotFound
from volunteer.core.login import current_actor
from volunteer.units import queries as units
from volunteer.units.models import Unit

from . import access, importer
from .errors import ROW_TEXTS
from .forms import RosterFileForm
from .importer import ALIASES, NEEDED, Outcome

bp = Blueprint("roster_import", __name__)

#: Wrong cells, and people to be assigned, that the page shows; the shell tells more.
ERRORS_SHOWN = 100
PLACES_SHOWN = 200


@bp.route("/rosters/import", methods=["GET", "POST"])
def upload() -> Response | tuple[str, int]:
    actor = current_actor()
    unit = unit_asked(access.require_scheduler(actor))
    form, outcome = RosterFileForm(), None
    if form.validate_on_submit():
        with form.refusals():
            outcome = importer.import_roster(
                form.file.data.read(),
                unit=unit,
                dry_run=form.dry_run.data,
                accept_good_rows=form.accept_good_rows.data,
                actor=actor,
                now=clock.now(),
            )
            if outcome.written and not outcome.rejected:
                flash(told(outcome), "success")
                return redirect(url_for("rosters.index", unit=unit.code if unit else None), 303)
    status = 422 if outcome and outcome.rejected and not outcome.written else form.status
    page = render_template(
        "rosters/import.html",
        form=form,
        unit=unit,
        outcome=outcome,
        told=told(outcome) if outcome and outcome.written else "",
        errors=outcome.rejected[:ERRORS_SHOWN] if outcome else [],
        placed=outcome.placed[:PLACES_SHOWN] if outcome else [],
        reasons={code: [gettext(text) for text in texts] for code, texts in ROW_TEXTS.items()},
        columns=[(names[0], column in NEEDED) for column, names in ALIASES.items()],
    )
    return page, status


def told(outcome: Outcome) -> str:
    """Say what was written."""
    assigned = ngettext(
        "%(num)s person assigned, and everybody has a message.",
        "%(num)s people assigned, and everybody has a message.",
        outcome.assigned,
    )
    if not outcome.already:
        return assigned
    if not outcome.assigned:
        assigned = gettext("Nobody new was assigned.")
    already = ngettext(
        "%(num)s was assigned already.", "%(num)s were assigned already.", outcome.already
    )
    return f"{assigned} {already}"


def unit_asked(under: tuple[str, ...]) -> Unit | None:
    """Return the unit that the address names, None where it names none."""
    code = request.args.get("unit", "")
    unit = units.by_code(code, under=under) if code else None
    if code and unit is None:
        raise NotFound()
    return unit


@bp.get("/rosters/import.xlsx")
def pattern() -> Response:
    content = importer.pattern(
        actor=current_actor(),
        title=gettext("Roster"),
        note=gettext(
            "One row a shift. Times as in 2026-12-01 7:30-9:00 or 12月1日 早; several names with "
            "、 between them. The sample row is left out."
        ),
    )
    name = gettext("roster-pattern.xlsx")
    return workbooks.send(BytesIO(content), name)
