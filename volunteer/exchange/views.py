"""Pages of the exchange: files, what one says, its reconciliation, and our own list."""

from collections.abc import Callable, Sequence
from typing import IO

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from volunteer.core import clock, workbooks
from volunteer.core.actor import Actor
from volunteer.core.addresses import LARGEST_ID
from volunteer.core.clock import Month
from volunteer.core.errors import NotFound
from volunteer.core.forms import choices
from volunteer.core.i18n import month_text
from volunteer.core.login import current_actor
from volunteer.units import queries as units
from volunteer.units.models import Unit

from . import access, comparison, lines, queries, service, taking, workbook
from .comparison import OF_KIND, OF_NOBODY, Scope
from .errors import ROW_TEXTS, WHY_NOT, NothingToWrite, PhonesTooMany
from .forms import ExportForm, UploadForm
from .lines import Line
from .models import ExchangeFile, Kind, ValueUnit
from .obstacles import assess
from .rules import TOLERANCE, Standing
from .taking import Taken

bp = Blueprint("exchange", __name__)

#: Wrong cells shown on the page.
ERRORS_SHOWN = 100


@bp.get("/exchange")
def index() -> str:
    actor = current_actor()
    under = access.require_reader(actor)
    found, before = queries.files(under=under, before=request.args.get("before"))
    return render_template(
        "exchange/index.html",
        files=found,
        before=before,
        first=not request.args.get("before"),
        may_import=access.may_import(actor),
    )


@bp.route("/exchange/import", methods=["GET", "POST"])
def upload() -> Response | tuple[str, int]:
    actor = current_actor()
    under = access.require_importer(actor)
    form = UploadForm()
    form.unit.choices = unit_choices(under)
    if form.validate_on_submit():
        with form.refusals():
            file, _ = service.import_file(
                form.file.data.read(),
                form.file.data.filename,
                unit=chosen_unit(form.unit.data, under),
                kind=Kind(form.kind.data) if form.kind.data else None,
                value_unit=ValueUnit(form.value_unit.data) if form.value_unit.data else None,
                actor=actor,
                now=clock.now(),
            )
            return redirect(url_for(".show", public_id=file.public_id), 303)
    return render_template("exchange/upload.html", form=form), form.status


def unit_choices(under: Sequence[str]) -> list[object]:
    """Return the topmost units of the actor, and those directly below them."""
    found: list[tuple[str, str]] = []
    for path in under:
        top = units.by_path(path, under=under)
        if top is None:
            continue
        below = units.children_of(top.id, under=under)
        found += [(top.code, top.name), *((each.code, f"　{each.name}") for each in below)]
    return list(choices(found))


def chosen_unit(code: str | None, under: Sequence[str]) -> Unit:
    """Return the unit of a form; NotFound beyond the actor's own."""
    unit = units.named(code or "", under=under)
    if unit is None:
        raise NotFound()
    return unit


def the_file(public_id: str, actor: Actor) -> tuple[ExchangeFile, Scope]:
    """Return a file, and what of it the actor may see; a foreign one is not there."""
    file = queries.file_of(public_id, under=access.require_reader(actor))
    path = file.unit.path
    return file, Scope(file, access.require_scope(actor, path), access.is_whole(actor, path))


@bp.get("/exchange/<string:public_id>")
def show(public_id: str) -> str:
    """What the file says, and how it stands."""
    actor = current_actor()
    file, scope = the_file(public_id, actor)
    return render_template(
        "exchange/show.html",
        file=file,
        counts=comparison.counts(scope),
        sums=comparison.sums(scope) if file.kind == Kind.DURATIONS else None,
        whole=scope.whole,
        standings=standings_of(scope),
        spoken=workbook.STANDINGS,
        errors=file.errors[:ERRORS_SHOWN] if scope.whole else [],
        wrong_rows=sum(file.counts["rejected"].values()),
        reasons={code: gettext(text) for code, text in ROW_TEXTS.items()},
        may_keep=access.may_keep(actor, file.unit.path),
        has_takings=queries.has_takings(file.id),
        tolerance=TOLERANCE,
    )


def standings_of(scope: Scope) -> list[Standing]:
    """Return the standings whose lines the actor may see."""
    kind = Kind(scope.file.kind)
    return [each for each in OF_KIND[kind] if scope.whole or each not in OF_NOBODY]


def the_standing(scope: Scope, word: str) -> Standing:
    """Return the standing that an address names, else the first one."""
    known = standings_of(scope)
    return next((each for each in known if each.value == word), known[0])


def narrowed(scope: Scope, code: str) -> tuple[Scope, Unit | None]:
    """Return the scope cut to a unit, where one is named; the rows of nobody are not in it."""
    unit = units.named(code, under=scope.under)
    return (Scope(scope.file, (unit.path,), False), unit) if unit else (scope, None)


@bp.get("/exchange/<string:public_id>/lines")
def reconciliation(public_id: str) -> str:
    actor = current_actor()
    file, whole = the_file(public_id, actor)
    scope, unit = narrowed(whole, request.args.get("unit", ""))
    standing = the_standing(whole, request.args.get("state", ""))
    words = request.args.get("q", "")[:100]
    found, after = lines.page(scope, standing, words=words, after=request.args.get("after", ""))
    path = unit.path if unit else whole.under[0]
    top_id = int(path.strip("/").rpartition("/")[2])
    return render_template(
        "exchange/lines.html",
        file=file,
        counts=comparison.counts(scope),
        standing=standing,
        standings=standings_of(whole),
        spoken=workbook.STANDINGS,
        lines=found,
        unit_names=lines.units_of([line.person_id for line in found if line.person_id]),
        assessed=assessed(file, found, standing, actor),
        why_not={code: gettext(text) for code, text in WHY_NOT.items()},
        after=after,
        first=not request.args.get("after"),
        words=words,
        unit=unit,
        above=units.ancestors_of(path, under=whole.under)[:-1] if unit else [],
        below=units.children_of(top_id, under=whole.under),
        may_take=access.may_import(actor) and file.kind == Kind.DURATIONS,
        tolerance=TOLERANCE,
    )


def assessed(
    file: ExchangeFile, found: Sequence[Line], standing: Standing, actor: Actor
) -> dict[str, list[tuple[str, int, int, str | None]]]:
    """Return by line the records of it: activity, minutes there, takeable minutes, and why."""
    if standing not in {Standing.ONLY_THERE, Standing.DIFFERS} or not access.may_import(actor):
        return {}
    days = {(line.person_id, line.day): line.key for line in found if line.person_id and line.day}
    told: dict[str, list[tuple[str, int, int, str | None]]] = {}
    pairs = [(person, day) for person, day in days if person and day]
    for record, person_id, _, worth, _ in assess(taking.records_of(file, pairs), actor=actor):
        facts = (record.activity or "", record.minutes or 0, worth.minutes, worth.reason)
        if record.day:
            told.setdefault(days[person_id, record.day], []).append(facts)
    return told


@bp.post("/exchange/<string:public_id>/take")
def take(public_id: str) -> Response:
    actor, now = current_actor(), clock.now()
    reason = request.form.get("reason", "")
    if request.form.get("everything") == "yes":
        taken = taking.take_all(public_id, reason=reason, actor=actor, now=now)
    else:
        keys = request.form.getlist("line")
        taken = taking.take(public_id, keys, reason=reason, actor=actor, now=now)
    flash(told_of(taken), "success" if taken.records else "info")
    state = Standing.TAKEN if taken.records else Standing.ONLY_THERE
    return redirect(url_for(".reconciliation", public_id=public_id, state=state), 303)


def told_of(taken: Taken) -> str:
    """Return what was taken over, and why the rest was not."""
    told = [
        ngettext(
            "%(num)s record taken over, %(minutes)s minutes.",
            "%(num)s records taken over, %(minutes)s minutes.",
            taken.records,
            minutes=taken.minutes,
        )
    ]
    told += [
        gettext("Left out: %(num)s, %(why)s.", num=count, why=gettext(WHY_NOT[code]))
        for code, count in taken.left_out.most_common()
    ]
    if taken.more:
        told.append(gettext("There are more; press again to go on."))
    return " ".join(told)


@bp.post("/exchange/<string:public_id>/undo")
def undo(public_id: str) -> Response:
    asked = [each for each in request.form.getlist("taking") if each.isdecimal()]
    wanted = [int(each) for each in asked if len(each) <= len(str(LARGEST_ID))]
    undone = taking.undo(
        public_id,
        [each for each in wanted if each <= LARGEST_ID],
        reason=request.form.get("reason", ""),
        actor=current_actor(),
        now=clock.now(),
    )
    told = ngettext(
        "%(num)s record taken back by a correcting entry, %(minutes)s minutes.",
        "%(num)s records taken back by correcting entries, %(minutes)s minutes.",
        undone.records,
        minutes=undone.minutes,
    )
    flash(told, "success" if undone.records else "info")
    return redirect(url_for(".reconciliation", public_id=public_id, state=Standing.TAKEN), 303)


@bp.post("/exchange/<string:public_id>/match")
def match(public_id: str) -> Response:
    changed = service.match_again(public_id, actor=current_actor(), now=clock.now())
    told = ngettext(
        "Compared with the register anew: %(num)s record has changed.",
        "Compared with the register anew: %(num)s records have changed.",
        changed,
    )
    flash(told, "success" if changed else "info")
    return redirect(url_for(".show", public_id=public_id), 303)


@bp.post("/exchange/<string:public_id>/discard")
def discard(public_id: str) -> Response:
    service.discard(public_id, actor=current_actor(), now=clock.now())
    flash(gettext("The file and its records are gone."), "success")
    return redirect(url_for(".index"), 303)


@bp.post("/exchange/<string:public_id>/save")
def save(public_id: str) -> Response:
    """Save the lines of a standing as xlsx, as filtered."""
    actor, now = current_actor(), clock.now()
    file, whole = the_file(public_id, actor)
    scope, _ = narrowed(whole, request.form.get("unit", ""))
    standing = the_standing(whole, request.form.get("state", ""))
    found = lines.everything(scope, standing, words=request.form.get("q", "")[:100])
    title = gettext("Reconciliation of %(file)s", file=file.file_name)

    def write(sheet: IO[bytes]) -> int:
        return workbook.write_lines(sheet, found, title=title, by=actor.name, now=now)

    def note(rows: int) -> None:
        service.note_saved(file, standing.value, rows=rows, actor=actor, now=now)

    return sent(write, note, f"{title}.xlsx")


@bp.route("/exchange/export", methods=["GET", "POST"])
def export() -> Response | tuple[str, int]:
    """Our hours of a month in the shape of the app's list of honour hours."""
    actor, now = current_actor(), clock.now()
    under = access.require_importer(actor)
    form = ExportForm()
    form.unit.choices = unit_choices(under)
    if not form.is_submitted():
        form.month.data = str(Month.of(now).previous)
    if form.validate_on_submit():
        with form.refusals():
            unit, month = chosen_unit(form.unit.data, under), Month.parse(form.month.data)
            found = workbook.services(month, under=(unit.path,))
            if not found:
                raise NothingToWrite()
            if form.phones.data and len(found) > workbook.MOST_PHONES:
                raise PhonesTooMany(most=workbook.MOST_PHONES)
            city = current_app.extensions["settings"].city_name
            title = f"{city} {unit.name} {month_text(month)} 荣誉时数"
            phones, reason = form.phones.data, form.reason.data

            def write(sheet: IO[bytes]) -> int:
                workbook.write_services(
                    sheet, found, title=title, by=actor.name, now=now, phones=phones
                )
                return len(found)

            def note(rows: int) -> None:
                service.note_export(
                    unit,
                    month,
                    rows=rows,
                    full_phones=phones,
                    reason=reason,
                    actor=actor,
                    now=now,
                )

            return sent(write, note, f"{unit.name} {month} 荣誉时数.xlsx")
    return render_template("exchange/export.html", form=form), form.status


def sent(write: Callable[[IO[bytes]], int], note: Callable[[int], None], name: str) -> Response:
    """Write a workbook, note its rows, send it."""
    file = workbooks.new_file()
    note(write(file))
    return workbooks.send(file, name)


blueprints = (bp,)
