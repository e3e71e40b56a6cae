"""The own data of whoever asks; the requests that wait for an answer; the notices."""

from io import BytesIO

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask import send_file as send
from flask_babel import gettext
from werkzeug.wrappers import Response

from volunteer.core import clock
from volunteer.core.db import db
from volunteer.core.errors import NotFound
from volunteer.core.login import current_actor
from volunteer.core.workbooks import XLSX

from . import access, copies, hooks, queries, records, requests
from .forms import (
    CONSENTS,
    QUALIFICATIONS,
    REFUSAL_WORDS,
    AnswerForm,
    DecideForm,
    NameForm,
    NoticeForm,
)
from .models import ConsentState, Person, RequestState

bp = Blueprint("own", __name__)

Page = tuple[str, int]
#: Requests on one page.
SHOWN = 100
TYPES = {"xlsx": XLSX, "json": "application/json"}


def myself() -> Person:
    return db.session.get_one(Person, access.require_self(current_actor()))


@bp.get("/my-data")
def data() -> Page:
    return data_page(NameForm(), AnswerForm())


def data_page(form: NameForm, answer: AnswerForm) -> Page:
    person = myself()
    asked = records.requests_of(person.id)
    page = render_template(
        "people/mine.html",
        form=form,
        answer=answer,
        person=person,
        belongings=queries.memberships_of(person.id),
        qualifications=records.qualifications_of(person.id),
        consents=records.consents_of(person.id),
        requests=asked,
        waiting={each.kind: each for each in asked if each.state == RequestState.OPEN},
        notice=records.current_notice(),
        deeds=next((ask(person.id, clock.now()) for ask in hooks.deeds), records.NOTHING),
        consent_words=CONSENTS,
        kinds=QUALIFICATIONS,
        refusals=dict(REFUSAL_WORDS),
    )
    return page, max(form.status, answer.status)


@bp.post("/my-data/copy.<string:ending>")
def copy(ending: str) -> Response:
    if ending not in TYPES:
        raise NotFound()
    actor, now = current_actor(), clock.now()
    person = myself()
    sections = copies.sections_of(person, now=now)
    city = current_app.extensions["settings"].city_name
    made = copies.as_json(sections, now) if ending == "json" else copies.as_xlsx(sections, city)
    requests.note_copy(ending, actor=actor, now=now)
    name = gettext("My data %(day)s", day=clock.local_day(now))
    name = f"{name}.{ending}"
    return send(BytesIO(made), TYPES[ending], as_attachment=True, download_name=name)


@bp.post("/my-data/name")
def ask_name() -> Response | Page:
    form = NameForm()
    if form.validate_on_submit():
        with form.refusals():
            requests.ask_name(form.name.data, actor=current_actor(), now=clock.now())
            flash(gettext("Your unit is asked to change the name."), "success")
            return back()
    return data_page(form, AnswerForm(formdata=None))


@bp.post("/my-data/deletion")
def ask_deletion() -> Response:
    requests.ask_deletion(actor=current_actor(), now=clock.now())
    flash(gettext("The city office is asked to erase your name and phone."), "success")
    return back()


@bp.post("/my-data/requests/<string:request_id>/take-back")
def take_back(request_id: str) -> Response:
    requests.take_back(request_id, actor=current_actor(), now=clock.now())
    flash(gettext("The request is taken back."), "success")
    return back()


@bp.post("/my-data/consent")
def consent() -> Response | Page:
    form = AnswerForm()
    if form.validate_on_submit():
        with form.refusals():
            requests.answer_notice(
                answer_of(form.answer.data),
                version=int(form.version.data) if (form.version.data or "").isdecimal() else 0,
                actor=current_actor(),
                now=clock.now(),
            )
            flash(gettext("Your answer is stored."), "success")
            return back()
    return data_page(NameForm(formdata=None), form)


def answer_of(word: str | None) -> ConsentState:
    """Return the answer that a button stands for; one that none does is as good as none."""
    return next((each for each in requests.ANSWERS if each == word), ConsentState.PENDING)


def back() -> Response:
    return redirect(url_for(".data"), 303)


@bp.get("/people/requests")
def waiting() -> Page:
    return requests_page(DecideForm(formdata=None))


def requests_page(form: DecideForm, about: str = "") -> Page:
    actor = current_actor()
    access.require_requests(actor)
    names, deletions = access.names_decided(actor), access.deletions_seen(actor)
    page = render_template(
        "people/requests.html",
        form=form,
        about=about,
        lines=records.open_requests(names=names, deletions=deletions, limit=SHOWN),
        total=records.requests_waiting(names=names, deletions=deletions),
        may_publish=access.may_publish(actor),
        may_decide=access.may_import(actor),
        may_erase=access.may_publish(actor),
        own=actor.person_id,
    )
    return page, form.status


@bp.post("/people/requests/<string:request_id>")
def decide(request_id: str) -> Response | Page:
    form = DecideForm()
    if form.validate_on_submit():
        with form.refusals():
            requests.decide(
                request_id,
                grant=request.form.get("grant") == "yes",
                reason=form.reason.data or None,
                actor=current_actor(),
                now=clock.now(),
            )
            flash(gettext("The request is answered."), "success")
            return redirect(url_for(".waiting"), 303)
    return requests_page(form, request_id)


@bp.get("/people/notices")
def notices() -> Page:
    return notices_page(NoticeForm(body=records.current_notice().body))


@bp.post("/people/notices")
def publish() -> Response | Page:
    form = NoticeForm()
    if form.validate_on_submit():
        with form.refusals():
            notice = requests.publish(form.body.data, actor=current_actor(), now=clock.now())
            flash(gettext("Version %(version)s holds now.", version=notice.version), "success")
            return redirect(url_for(".notices"), 303)
    return notices_page(form)


def notices_page(form: NoticeForm) -> Page:
    access.require_publish(current_actor())
    page = render_template("people/notices.html", form=form, versions=records.notices())
    return page, form.status
