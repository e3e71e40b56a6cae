"""Pages of the month: the table of units, the people, one person, and one's own hours."""

from collections.abc import Mapping
from datetime import date

from flask import Blueprint, current_app, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from volunteer.attendance import queries as attendance
from volunteer.core import clock, workbooks
from volunteer.core.clock import Month
from volunteer.core.errors import NotFound
from volunteer.core.login import current_actor
from volunteer.hours import queries as ledger
from volunteer.people.rules import mask_phone
from volunteer.targets import queries as targets
from volunteer.targets.rules import State
from volunteer.units import queries as units
from volunteer.units.models import Grid, Unit
from volunteer.units.queries import Cut

from . import access, balance, queries, service, workbook
from .listing import people_of
from .rules import Tally, total

bp = Blueprint("audits", __name__)


def asked_for(given: Mapping[str, str], under: tuple[str, ...]) -> Cut:
    """Return the grid or unit that is asked for, else the reader's own topmost unit."""
    code = "" if given.get("grid") else given.get("unit", "")
    cut = units.cut(unit=code, grid=given.get("grid", ""), under=under)
    if cut.unit or cut.grid:
        return cut
    unit = units.by_path(under[0], under=under)
    if unit is None:
        raise NotFound()
    return Cut(unit, None, (unit.path,))


def subject_of(cut: Cut) -> Unit | Grid:
    """Return the grid, else the unit, that a page is about."""
    subject = cut.grid or cut.unit
    if subject is None:
        raise NotFound()
    return subject


def place_of(cut: Cut) -> dict[str, str]:
    """Return the argument by which an address names what is shown."""
    return {"grid" if cut.grid else "unit": subject_of(cut).code}


def name_of(cut: Cut, month: Month, today: date) -> str:
    """Return the name of the grid, or of the unit at the end of the month (R32)."""
    subject = subject_of(cut)
    if isinstance(subject, Grid):
        return subject.name
    return units.name_on(subject, queries.last_day(month, today))


def neighbours(month: Month, today: date) -> tuple[Month | None, Month | None]:
    """Return the months before and after, None where there are no figures."""
    return (
        month.previous if month.year > 2000 else None,
        month.next if month < Month.of_day(today) else None,
    )


@bp.get("/months")
def months() -> str:
    """The running month."""
    return month(str(Month.of(clock.now())))


@bp.get("/months/<string:month>")
def month(month: str) -> str:
    today = clock.local_day(clock.now())
    under = access.require_reader(current_actor())
    chosen = access.require_month(month, today=today)
    cut = asked_for(request.args, under)
    day = queries.last_day(chosen, today)
    subject = subject_of(cut)
    if isinstance(subject, Grid):
        table = queries.grid_table(chosen, subject, paths=cut.paths, under=under, today=today)
        above = []
    else:
        table = queries.month_table(chosen, subject, today=today)
        above = units.ancestors_of(cut.paths[0], under=under, called=day)[:-1]
    return render_template(
        "audits/month.html",
        table=table,
        grid=cut.grid,
        place=place_of(cut),
        apart=None if cut.grid else ledger.not_scanned(chosen, under=cut.paths),
        neighbours=neighbours(chosen, today),
        is_running=chosen == Month.of_day(today),
        above=above,
        tops=queries.topmost(under=under) if len(under) > 1 else [],
    )


@bp.get("/months/<string:month>/people")
def people(month: str) -> str:
    today = clock.local_day(clock.now())
    under = access.require_reader(current_actor())
    chosen = access.require_month(month, today=today)
    cut = asked_for(request.args, under)
    own = cut.unit if request.args.get("own") == "1" else None
    wanted = State(request.args["state"]) if request.args.get("state") in set(State) else None
    policy = targets.policy_for(chosen)
    heads = queries.heads(chosen, policy, under=cut.paths, today=today)
    lines, after = people_of(
        chosen,
        policy,
        under=cut.paths,
        today=today,
        own=own.id if own else None,
        wanted=wanted,
        after=request.args.get("after"),
    )
    return render_template(
        "audits/people.html",
        month=chosen,
        name=name_of(cut, chosen, today),
        grid=cut.grid,
        place=place_of(cut),
        own=own,
        wanted=wanted,
        tally=heads.get(own.id, Tally()) if own else total(heads.values()),
        lines=[(line, mask_phone(line.phone)) for line in lines],
        states=[State.NOT_MET, State.PENDING, State.MET, State.EXEMPT, State.NO_TARGET],
        after=after,
        first=not request.args.get("after"),
    )


@bp.get("/months/<string:month>/people/<string:public_id>")
def person(month: str, public_id: str) -> str:
    today = clock.local_day(clock.now())
    under = access.require_reader(current_actor())
    chosen = access.require_month(month, today=today)
    found = balance.person_in(public_id, chosen, under=under)
    return render_template(
        "audits/person.html",
        person=found,
        phone=mask_phone(found.phone),
        belongings=balance.belongings(found.id, chosen),
        stands=queries.person_month(found.id, chosen, today=today),
        exemptions=targets.exemptions_of(found.id, chosen),
        balance=balance.balance_of(found.id, chosen),
        neighbours=neighbours(chosen, today),
    )


@bp.post("/months/<string:month>/export")
def export(month: str) -> Response:
    actor, now = current_actor(), clock.now()
    today = clock.local_day(now)
    under = access.require_reader(actor)
    chosen = access.require_month(month, today=today)
    cut = asked_for(request.form, under)
    subject = subject_of(cut)
    called = name_of(cut, chosen, today)
    city = current_app.extensions["settings"].city_name
    file = workbooks.new_file()
    stamp = workbook.Stamp(city, chosen, called, actor.name, now)
    grid_id = cut.grid.id if cut.grid else None
    rows = workbook.write_month(file, stamp, under=cut.paths, grid_id=grid_id, today=today)
    service.note_export(chosen, subject, paths=cut.paths, rows=rows, actor=actor, now=now)
    name = gettext("%(unit)s month %(month)s.xlsx", unit=called, month=str(chosen))
    return workbooks.send(file, name)


@bp.get("/hours")
def mine() -> str:
    today = clock.local_day(clock.now())
    person_id = access.require_self(current_actor())
    running = Month.of_day(today)
    chosen = access.require_month(request.args.get("month") or str(running), today=today)
    return render_template(
        "audits/mine.html",
        missed=attendance.missed_by(person_id, chosen, now=clock.now()),
        stands=queries.person_month(person_id, chosen, today=today),
        balance=balance.balance_of(person_id, chosen),
        neighbours=neighbours(chosen, today),
        is_running=chosen == running,
    )


blueprints = (bp,)
