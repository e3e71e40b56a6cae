"""Pages of rosters: planning a month, the draft, and one place of it."""

from collections.abc import Callable, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from volunteer.core import background, clock
from volunteer.core.actor import SCHEDULERS
from volunteer.core.clock import Month
from volunteer.core.errors import NotFound
from volunteer.core.login import current_actor
from volunteer.shifts import queries as shifts
from volunteer.shifts.models import Shift
from volunteer.units import queries as units
from volunteer.units.models import Unit

from . import (
    access,
    import_views,
    planning,
    publishing,
    queries,
    reasons,
    rules,
    run_views,
    runs,
    service,
)
from .forms import PlaceForm, PlanForm
from .models import Hold, Roster, RosterState, Way
from .queries import Cell
from .run_views import month_asked, own_unit

bp = Blueprint("rosters", __name__)

VIEWS = ("days", "table")


@bp.app_template_filter()
def told_chosen(why: Sequence[dict[str, Any]]) -> str:
    return reasons.chosen_text(why)


@bp.app_template_filter()
def told_empty(why: Sequence[dict[str, Any]]) -> str:
    return reasons.empty_text(why)


@bp.get("/rosters")
def index() -> str:
    actor, now = current_actor(), clock.now()
    under = access.require_reader(actor)
    present = Month.of(now)
    month = month_asked(request.args.get("month", ""), default=present.next)
    unit = units.named(request.args.get("unit", ""), under=under)
    lines = queries.months_of(month, under=[unit.path] if unit else under, now=now)
    tops = [each for each in map(units.by_path, actor.paths(*SCHEDULERS)) if each]
    whole = unit or (tops[0] if len(tops) == 1 else None)
    if whole is not None and not access.may_schedule(actor, whole.path):
        whole = None
    return render_template(
        "rosters/index.html",
        month=month,
        months=rules.ahead(present),
        unit=unit,
        lines=lines,
        wanted=sum(line.wanted for line in lines),
        filled=sum(line.filled for line in lines),
        whole=whole,
        drafts=len(runs.drafts(whole.path, month)) if whole else 0,
        may_schedule=bool(actor.paths(*SCHEDULERS)),
    )


@bp.get("/units/<string:code>/plan")
def plan_next(code: str) -> tuple[str, int]:
    """The month after the present one, which is the one to plan."""
    return plan_page(own_unit(code), Month.of(clock.now()).next, PlanForm())


@bp.get("/units/<string:code>/plan/<string:month>")
def plan(code: str, month: str) -> tuple[str, int]:
    return plan_page(own_unit(code), month_asked(month), PlanForm())


@bp.post("/units/<string:code>/plan/<string:month>")
def fill(code: str, month: str) -> Response | tuple[str, int]:
    actor, now = current_actor(), clock.now()
    unit, chosen = own_unit(code), month_asked(month)
    form = PlanForm().offer(departments_of(unit))
    if form.validate_on_submit():
        with form.refusals():
            of = units.named(form.department.data or "", under=[unit.path])
            how = {"posts_a_week": form.posts_a_week.data, "way": Way(form.way.data), "of": of}
            if planning.outlook(unit, chosen, now=now).units > 1:
                start = background.starter(actor, clock.now, runs.give_up)
                runs.start_drawing(unit, chosen, **how, actor=actor, now=now, start=start)
                address = url_for("roster_runs.show", code=unit.code, month=chosen)
                return redirect(address, 303)
            opened = planning.open_month(unit, chosen, actor=actor, now=now)
            drawn = service.draw(unit, chosen, **how, actor=actor, now=now)
            flash(
                ngettext(
                    "%(num)s shift opened; the draft is ready.",
                    "%(num)s shifts opened; the draft is ready.",
                    opened,
                )
                if drawn
                else gettext("There is nothing to fill in this month."),
                "success" if drawn else "info",
            )
            return redirect(after_draw(unit, chosen, drawn), 303)
    return plan_page(unit, chosen, form)


def after_draw(unit: Unit, month: Month, drawn: Sequence[service.Drawn]) -> str:
    """Return the address of the one draft, or of the list of several."""
    if len(drawn) == 1:
        return url_for(".show", public_id=drawn[0].public_id)
    return url_for(".index", month=str(month), unit=unit.code)


def plan_page(unit: Unit, month: Month, form: PlanForm) -> tuple[str, int]:
    now = clock.now()
    form.offer(departments_of(unit))
    page = render_template(
        "rosters/plan.html",
        form=form,
        unit=unit,
        month=month,
        months=rules.ahead(Month.of(now)),
        outlook=planning.outlook(unit, month, now=now),
        draft=queries.draft_of(unit.id, month),
        run=runs.newest(unit, month),
    )
    return page, form.status


def departments_of(unit: Unit) -> list[tuple[str, str]]:
    return [
        (line.code, "　" * (line.depth - 1) + line.name)
        for line in units.listing(under=[unit.path], on=clock.local_day(clock.now()))
        if line.id != unit.id
    ]


@bp.get("/rosters/<string:public_id>")
def show(public_id: str) -> str:
    actor, now = current_actor(), clock.now()
    roster = queries.roster(public_id, under=access.require_reader(actor))
    cells = queries.cells(roster, now=now)
    asked = request.args.get("view", "")
    return render_template(
        "rosters/show.html",
        roster=roster,
        month=Month.parse(roster.month),
        view=asked if asked in VIEWS else VIEWS[0],
        days=by_day(cells),
        table=Table.of(cells),
        wanted=sum(cell.shift.wanted for cell in cells),
        missing=sum(cell.missing for cell in cells),
        new=sum(cell.drawn for cell in cells),
        lost=queries.lost(roster),
        lost_text=reasons.lost_text,
        burdens=queries.burdens(cells),
        is_draft=roster.state == RosterState.DRAFT,
        may_schedule=access.may_schedule(actor, roster.unit.path),
        may_undo=publishing.may_undo(roster, now=now),
    )


def by_day(cells: Sequence[Cell]) -> list[tuple[date, list[Cell]]]:
    days = groupby(cells, lambda cell: clock.local_day(cell.shift.starts_at))
    return [(day, list(these)) for day, these in days]


class Table:
    """The month as a table: a line a place and hour, a column a day."""

    def __init__(self) -> None:
        self.days: list[date] = []
        self.rows: dict[tuple[str, str, str], dict[date, Cell]] = {}

    @classmethod
    def of(cls, cells: Sequence[Cell]) -> "Table":
        table = cls()
        for cell in cells:
            starts, ends = clock.local(cell.shift.starts_at), clock.local(cell.shift.ends_at)
            day = starts.date()
            if day not in table.days:
                table.days.append(day)
            key = (cell.shift.title, f"{starts:%H:%M}", f"{ends:%H:%M}")
            table.rows.setdefault(key, {})[day] = cell
        table.rows = dict(sorted(table.rows.items()))
        return table


@bp.post("/rosters/<string:public_id>/publish")
def publish(public_id: str) -> Response:
    outcome = publishing.publish(own_roster(public_id), actor=current_actor(), now=clock.now())
    told = ngettext(
        "Published: %(num)s place assigned, and everybody has a message.",
        "Published: %(num)s places assigned, and everybody has a message.",
        outcome.assigned,
    )
    flash(told, "success")
    if outcome.lost:
        flash(
            ngettext(
                "%(num)s place could not be kept; see below why.",
                "%(num)s places could not be kept; see below why.",
                outcome.lost,
            ),
            "error",
        )
    return redirect(url_for(".show", public_id=public_id), 303)


@bp.post("/rosters/<string:public_id>/undo")
def undo(public_id: str) -> Response:
    freed = publishing.undo(own_roster(public_id), actor=current_actor(), now=clock.now())
    flash(
        ngettext(
            "Taken back: %(num)s place is free again.",
            "Taken back: %(num)s places are free again.",
            freed,
        ),
        "success",
    )
    return redirect(url_for(".show", public_id=public_id), 303)


@bp.post("/rosters/<string:public_id>/discard")
def discard(public_id: str) -> Response:
    roster = own_roster(public_id)
    service.discard(roster, actor=current_actor(), now=clock.now())
    flash(gettext("The draft is thrown away. Who was assigned stays assigned."), "success")
    return redirect(url_for(".index", month=roster.month), 303)


@bp.post("/rosters/<string:public_id>/draw")
def draw(public_id: str) -> Response:
    roster = own_roster(public_id)
    drawn = service.draw(
        roster.unit,
        Month.parse(roster.month),
        posts_a_week=roster.settings.get("posts_a_week", rules.POSTS_A_WEEK),
        only_own=True,
        actor=current_actor(),
        now=clock.now(),
    )
    if not drawn:
        return redirect(url_for(".show", public_id=public_id), 303)
    flash(gettext("Drawn again; what is fixed has stayed."), "success")
    return redirect(url_for(".show", public_id=drawn[0].public_id), 303)


@bp.get("/rosters/<string:public_id>/shifts/<string:shift>")
def place(public_id: str, shift: str) -> str:
    roster, now = own_roster(public_id), clock.now()
    at = shift_of(roster, shift)
    words = request.args.get("q", "").strip()[:60]
    cell = next((each for each in queries.cells(roster, now=now) if each.shift.id == at.id), None)
    people, leaving = cell.people if cell else [], request.args.get("replace")
    return render_template(
        "rosters/place.html",
        roster=roster,
        shift=at,
        people=people,
        missing=cell.missing if cell else 0,
        why=cell.reasons if cell else [],
        taken_off=queries.taken_off(roster, at.id),
        replaced=next((each for each in people if each.hold and each.public_id == leaving), None),
        words=words,
        verdicts=queries.verdicts(roster, at.id, words=words, now=now),
        why_text=reasons.why_text,
        limit=queries.OFFERED,
        is_draft=roster.state == RosterState.DRAFT and at.starts_at > now,
        fixed=Hold.FIXED,
    )


@bp.post("/rosters/<string:public_id>/shifts/<string:shift>/put")
def put(public_id: str, shift: str) -> Response:
    return changed(
        public_id,
        shift,
        lambda roster, at, person: service.put(
            roster,
            at.id,
            person,
            instead_of=PlaceForm().instead_of.data or None,
            actor=current_actor(),
            now=clock.now(),
        ),
    )


@bp.post("/rosters/<string:public_id>/shifts/<string:shift>/take-off")
def take_off(public_id: str, shift: str) -> Response:
    return changed(public_id, shift, verb(service.take_off))


@bp.post("/rosters/<string:public_id>/shifts/<string:shift>/fix")
def fix(public_id: str, shift: str) -> Response:
    return changed(public_id, shift, verb(service.fix))


@bp.post("/rosters/<string:public_id>/shifts/<string:shift>/unfix")
def unfix(public_id: str, shift: str) -> Response:
    return changed(public_id, shift, verb(service.unfix))


def verb(change: Callable[..., object]) -> Callable[[Roster, Shift, str], object]:
    return lambda roster, at, person: change(
        roster, at.id, person, actor=current_actor(), now=clock.now()
    )


def changed(public_id: str, shift: str, change: Callable[[Roster, Shift, str], object]) -> Response:
    """Change a place of a draft and show it again."""
    roster = own_roster(public_id)
    change(roster, shift_of(roster, shift), PlaceForm().person.data or "")
    flash(gettext("The draft is changed."), "success")
    return redirect(url_for(".place", public_id=public_id, shift=shift), 303)


def shift_of(roster: Roster, public_id: str) -> Shift:
    """Return a shift of the roster's unit and month; others do not exist here."""
    found = shifts.shift(public_id, under=[roster.unit.path])
    if found.unit_id != roster.unit_id or str(Month.of(found.starts_at)) != roster.month:
        raise NotFound()
    return found


def own_roster(public_id: str) -> Roster:
    """Return a roster that the caller schedules; those of others do not exist."""
    return queries.roster(public_id, under=current_actor().paths(*SCHEDULERS))


blueprints = (bp, run_views.bp, import_views.bp)
