"""Pages of the monthly rules and of exemptions."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from volunteer.core import clock
from volunteer.core.addresses import number_asked
from volunteer.core.clock import Month
from volunteer.core.login import current_actor
from volunteer.people import queries as people

from . import access, queries, service
from .forms import GATES, PARAMETERS, ROUNDINGS, ExemptionForm, PolicyForm
from .models import ExemptionKind, Rounding, TrainingGate

bp = Blueprint("targets", __name__)

PAGE = 50
#: How many people a search offers.
OFFERED = 20


@bp.get("/policies")
def policies() -> tuple[str, int]:
    access.require_reader(current_actor())
    running = Month.of(clock.now())
    newest = queries.policy_for(running.next)
    facts = {name: getattr(newest, name) for name in PARAMETERS}
    return policies_page(PolicyForm(data={**facts, "valid_from": str(running.next)}))


@bp.post("/policies")
def adopt_policy() -> Response | tuple[str, int]:
    actor, now = current_actor(), clock.now()
    access.require_policy(actor)
    form = PolicyForm().offer(Month.of(now).next)
    if form.validate_on_submit():
        with form.refusals():
            facts = {name: form[name].data for name in PARAMETERS}
            service.adopt_policy(
                valid_from=Month.parse(form.valid_from.data),
                document_number=form.document_number.data.strip(),
                **{
                    **facts,
                    "rounding": Rounding(form.rounding.data),
                    "training_gate": TrainingGate(form.training_gate.data),
                },
                actor=actor,
                now=now,
            )
            flash(gettext("The version is adopted. The running month keeps its rules."), "success")
            return redirect(url_for(".policies"), 303)
    return policies_page(form)


def policies_page(form: PolicyForm) -> tuple[str, int]:
    running = Month.of(clock.now())
    page = render_template(
        "targets/policies.html",
        form=form.offer(running.next),
        versions=queries.policies(),
        in_force=queries.policy_for(running),
        running=running,
        roundings=ROUNDINGS,
        gates=GATES,
        may_adopt=access.may_adopt(current_actor()),
    )
    return page, form.status


@bp.get("/exemptions")
def exemptions() -> tuple[str, int]:
    today = clock.local_day(clock.now())
    return exemptions_page(ExemptionForm.for_person(request.args.get("person", ""), today))


@bp.post("/exemptions")
def exempt() -> Response | tuple[str, int]:
    actor = current_actor()
    under = access.require_exempter(actor)
    form = ExemptionForm()
    person = people.by_public_id(form.person.data or "", under=under)
    if form.validate_on_submit():
        with form.refusals():
            service.exempt(
                person,
                kind=ExemptionKind(form.kind.data),
                from_on=form.from_on.data,
                until_on=form.until_on.data,
                actor=actor,
                now=clock.now(),
            )
            flash(gettext("The exemption holds from now on; reminders stop with it."), "success")
            return redirect(url_for(".exemptions"), 303)
    return exemptions_page(form)


def exemptions_page(form: ExemptionForm) -> tuple[str, int]:
    under = access.require_exempter(current_actor())
    words = request.args.get("q", "").strip()[:40]
    lines = queries.exemptions(under=under, before=number_asked("before"), limit=PAGE + 1)
    page = render_template(
        "targets/exemptions.html",
        form=form,
        person=people.by_public_id(form.person.data, under=under) if form.person.data else None,
        words=words,
        found=people.search(under=under, words=words, limit=OFFERED) if words else None,
        lines=lines[:PAGE],
        older=lines[PAGE - 1][0].id if len(lines) > PAGE else None,
        kinds=queries.KINDS,
    )
    return page, form.status


@bp.post("/exemptions/<id:exemption_id>/withdraw")
def withdraw(exemption_id: int) -> Response:
    service.withdraw(exemption_id, actor=current_actor(), now=clock.now())
    flash(gettext("The exemption is withdrawn; the minimum holds again."), "success")
    return redirect(url_for(".exemptions"), 303)


blueprints = (bp,)
