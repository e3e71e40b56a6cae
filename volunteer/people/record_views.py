"""Pages that change one person's record."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from volunteer.core import clock
from volunteer.core.actor import Actor
from volunteer.core.forms import RefusableForm, choices
from volunteer.core.login import current_actor
from volunteer.units import queries as units

from . import access, categories, qualifying, queries, records, register, rules
from .forms import (
    AddForm,
    EditForm,
    LeaveForm,
    QualifyForm,
    ReasonForm,
    ReturnForm,
    TransferForm,
)
from .models import Person, QualificationKind

bp = Blueprint("record", __name__)

Page = tuple[str, int]

UNDONE = {
    "planned": lazy_gettext("The plan is undone; the person stays where they are."),
    "transfer": lazy_gettext("The transfer is undone; the person is in the old unit again."),
    "return": lazy_gettext("The return is undone."),
    "leave": lazy_gettext(
        "The leave is undone. Shifts and roles that ended with it are to be given again."
    ),
}


def person_for(public_id: str) -> tuple[Person, str]:
    """Return a person whom the actor keeps, and the code of the unit."""
    actor = current_actor()
    person = queries.by_public_id(public_id, under=access.readable(actor))
    _, unit = records.newest_membership(person.id)
    access.require_keep(actor, unit.path)
    return person, unit.code


def back(public_id: str) -> Response:
    return redirect(url_for("people.show", public_id=public_id), 303)


def offer_units(form: RefusableForm, actor: Actor, *, but: str = "") -> None:
    """Offer the units that the actor keeps and that go on, in the order of the tree."""
    choose = ("", lazy_gettext("Choose a unit"))
    lines = units.listing(under=access.keepable(actor))
    form["unit"].choices = choices(
        [
            choose,
            *((each.code, "　" * each.depth + each.name) for each in lines if each.code != but),
        ]
    )


@bp.get("/people/new")
def new() -> Page:
    return new_page(AddForm(from_on=clock.local_day(clock.now())))


@bp.post("/people/new")
def add() -> Response | Page:
    actor, form = current_actor(), offered_add(AddForm())
    if form.validate_on_submit():
        with form.refusals():
            person = register.add(
                name=form.name.data,
                phone=form.phone.data or None,
                unit_code=form.unit.data,
                category=form.category.data or None,
                from_on=form.from_on.data,
                another=form.another.data,
                actor=actor,
                now=clock.now(),
            )
            flash(gettext("%(name)s is in the register now.", name=person.name), "success")
            return back(person.public_id)
    return new_page(form)


def offered_add(form: AddForm) -> AddForm:
    actor = current_actor()
    access.require_import(actor)
    offer_units(form, actor)
    form.offer_categories(categories.on_offer())
    return form


def new_page(form: AddForm) -> Page:
    return render_template("people/new.html", form=offered_add(form)), form.status


@bp.get("/people/<string:public_id>/edit")
def edit(public_id: str) -> Page:
    person, _ = person_for(public_id)
    return edit_page(person, EditForm(name=person.name, category=person.category))


@bp.post("/people/<string:public_id>/edit")
def save(public_id: str) -> Response | Page:
    person, _ = person_for(public_id)
    form = EditForm()
    form.offer_categories(categories.on_offer(), person.category)
    if form.validate_on_submit():
        with form.refusals():
            register.edit(
                public_id,
                name=form.name.data,
                phone=form.phone.data or None,
                without_phone=form.without_phone.data,
                category=form.category.data or None,
                actor=current_actor(),
                now=clock.now(),
            )
            flash(gettext("The record is saved."), "success")
            return back(public_id)
    return edit_page(person, form)


def edit_page(person: Person, form: EditForm) -> Page:
    form.offer_categories(categories.on_offer(), person.category)
    masked = rules.mask_phone(person.phone)
    return render_template("people/edit.html", form=form, person=person, masked=masked), form.status


@bp.get("/people/<string:public_id>/transfer")
def move(public_id: str) -> Page:
    return move_page(public_id, TransferForm(on=clock.local_day(clock.now())))


@bp.post("/people/<string:public_id>/transfer")
def transfer(public_id: str) -> Response | Page:
    actor, form = current_actor(), TransferForm()
    _, code = person_for(public_id)
    offer_units(form, actor, but=code)
    if form.validate_on_submit():
        with form.refusals():
            register.transfer(
                public_id,
                unit_code=form.unit.data,
                on=form.on.data,
                actor=actor,
                now=clock.now(),
            )
            flash(gettext("The transfer is entered."), "success")
            return back(public_id)
    return move_page(public_id, form)


def move_page(public_id: str, form: TransferForm) -> Page:
    person, code = person_for(public_id)
    offer_units(form, current_actor(), but=code)
    belongings = queries.memberships_of(person.id)
    page = render_template("people/transfer.html", form=form, person=person, belongings=belongings)
    return page, form.status


@bp.get("/people/<string:public_id>/leave")
def go(public_id: str) -> Page:
    return leave_page(public_id, LeaveForm(on=clock.local_day(clock.now())))


@bp.post("/people/<string:public_id>/leave")
def leave(public_id: str) -> Response | Page:
    form = LeaveForm()
    person_for(public_id)
    if form.validate_on_submit():
        with form.refusals():
            register.leave(public_id, on=form.on.data, actor=current_actor(), now=clock.now())
            flash(gettext("The leave is entered. All records stay."), "success")
            return back(public_id)
    return leave_page(public_id, form)


def leave_page(public_id: str, form: LeaveForm) -> Page:
    person, _ = person_for(public_id)
    return render_template("people/leave.html", form=form, person=person), form.status


@bp.get("/people/<string:public_id>/return")
def welcome(public_id: str) -> Page:
    _, code = person_for(public_id)
    return return_page(public_id, ReturnForm(on=clock.local_day(clock.now()), unit=code))


@bp.post("/people/<string:public_id>/return")
def come_back(public_id: str) -> Response | Page:
    actor, form = current_actor(), ReturnForm()
    person_for(public_id)
    offer_units(form, actor)
    if form.validate_on_submit():
        with form.refusals():
            register.come_back(
                public_id,
                unit_code=form.unit.data,
                on=form.on.data,
                actor=actor,
                now=clock.now(),
            )
            flash(gettext("The person is back."), "success")
            return back(public_id)
    return return_page(public_id, form)


def return_page(public_id: str, form: ReturnForm) -> Page:
    person, _ = person_for(public_id)
    offer_units(form, current_actor())
    return render_template("people/return.html", form=form, person=person), form.status


@bp.post("/people/<string:public_id>/undo")
def undo(public_id: str) -> Response:
    what = register.undo(public_id, actor=current_actor(), now=clock.now())
    flash(str(UNDONE[what]), "success")
    return back(public_id)


@bp.get("/people/<string:public_id>/phone")
def phone(public_id: str) -> Page:
    return phone_page(public_id, ReasonForm())


@bp.post("/people/<string:public_id>/phone")
def show_phone(public_id: str) -> Page:
    form, number = ReasonForm(), None
    if form.validate_on_submit():
        with form.refusals():
            number = qualifying.show_phone(
                public_id, reason=form.reason.data, actor=current_actor(), now=clock.now()
            )
    return phone_page(public_id, form, number)


def phone_page(public_id: str, form: ReasonForm, number: str | None = None) -> Page:
    person = queries.by_public_id(public_id, under=access.require_readable(current_actor()))
    page = render_template(
        "people/phone.html",
        form=form,
        person=person,
        masked=rules.mask_phone(person.phone),
        number=number,
    )
    return page, form.status


@bp.get("/people/<string:public_id>/qualify")
def learn(public_id: str) -> Page:
    return qualify_page(public_id, QualifyForm(granted_on=clock.local_day(clock.now())))


@bp.post("/people/<string:public_id>/qualify")
def qualify(public_id: str) -> Response | Page:
    form = QualifyForm()
    person_for(public_id)
    if form.validate_on_submit():
        with form.refusals():
            qualifying.qualify(
                public_id,
                kind=QualificationKind(form.kind.data),
                granted_on=form.granted_on.data,
                expires_on=form.expires_on.data,
                source=form.source.data,
                actor=current_actor(),
                now=clock.now(),
            )
            flash(gettext("The qualification is entered."), "success")
            return back(public_id)
    return qualify_page(public_id, form)


def qualify_page(public_id: str, form: QualifyForm) -> Page:
    person, _ = person_for(public_id)
    return render_template("people/qualify.html", form=form, person=person), form.status


@bp.post("/people/<string:public_id>/qualifications/<id:qualification_id>/end")
def end_qualification(public_id: str, qualification_id: int) -> Response:
    qualifying.end_qualification(
        public_id, qualification_id, actor=current_actor(), now=clock.now()
    )
    flash(gettext("The qualification has ended."), "success")
    return back(public_id)
