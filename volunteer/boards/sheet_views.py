"""The roster of a unit's month or week on paper."""

from datetime import datetime, time

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext

from volunteer.core import clock
from volunteer.core.clock import Month
from volunteer.core.errors import NotFound
from volunteer.core.i18n import local_day_text, month_text
from volunteer.core.login import current_actor
from volunteer.shifts.rules import Week
from volunteer.units import queries as units
from volunteer.units.models import Unit

from . import access, months, sheets

bp = Blueprint("roster_sheet", __name__, url_prefix="/boards/<string:code>/<string:month>")

#: On paper every name is there.
ALL_NAMES = 500


def asked_for(code: str, month: str) -> tuple[Unit, Month, Week | None, datetime, datetime]:
    """Return the unit, the month, the week where one is asked for, and from when to when."""
    unit = units.by_code(code, under=access.require_reader(current_actor()))
    if unit is None:
        raise NotFound()
    try:
        whole = Month.parse(month)
        week = Week.parse(request.args["week"]) if request.args.get("week") else None
    except ValueError:
        raise NotFound() from None
    if week is None:
        return unit, whole, None, whole.start, whole.end
    since, until = clock.at(week.monday, time()), clock.at(week.next.monday, time())
    return unit, whole, week, since, until


def title_of(unit: Unit, month: Month, week: Week | None) -> str:
    when = month_text(month)
    if week:
        when = f"{local_day_text(week.monday)} – {local_day_text(week.sunday)}"
    return gettext("%(unit)s: roster, %(when)s", unit=unit.name, when=when)


@bp.get("/sheet")
def show(code: str, month: str) -> str:
    """Show the sheet, A4 or A3, to print from the browser."""
    unit, whole, week, since, until = asked_for(code, month)
    paper = request.args.get("paper", sheets.A4)
    grid = paper == sheets.A3
    under = (unit.path,)
    return render_template(
        "boards/sheet.html",
        unit=unit,
        month=whole,
        week=week,
        weeks=weeks_of(whole),
        title=title_of(unit, whole, week),
        paper=paper if paper in sheets.PAPERS else sheets.A4,
        lines=[] if grid else sheets.lines(since, until, under=under),
        board=months.board(since, until, under=under, now=since, names=ALL_NAMES, whole=True)
        if grid
        else None,
        beside=sheets.BESIDE,
    )


def weeks_of(month: Month) -> list[Week]:
    """Return the weeks that have a day of the month."""
    found = [Week.of(month.first_day)]
    while found[-1].sunday < month.last_day:
        found.append(found[-1].next)
    return found


@bp.get("/roster-<string:paper>.pdf")
def file(code: str, month: str, paper: str) -> Response:
    """Return the sheet as a PDF: `a4` is the list, `a3` the grid."""
    unit, whole, week, since, until = asked_for(code, month)
    title = title_of(unit, whole, week)
    if paper == sheets.A4:
        made = sheets.list_pdf(title, sheets.lines(since, until, under=(unit.path,)))
    elif paper == sheets.A3:
        board = months.board(
            since, until, under=(unit.path,), now=since, names=ALL_NAMES, whole=True
        )
        made = sheets.grid_pdf(title, board)
    else:
        raise NotFound()
    name = f"roster-{unit.code}-{week or whole}-{paper}.pdf"
    answer = Response(made, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
